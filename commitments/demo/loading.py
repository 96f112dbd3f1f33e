"""Loading the demonstration once, its clock, and who can log in to it."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings

from commitments.demo.ceremony import secret_of
from commitments.demo.district import PASSWORD
from commitments.demo.offices import PERSONAS
from commitments.demo.year import NOW, Year
from commitments.models import Commitment
from units import clock
from units.actions import checkpoints, clients, register
from units.enums import Provenance, Scope
from units.models import ApiClient, ApiToken, DemonstrationClock, OrgUnit, User

CLIENT = "dong-bo-tinh"
TOKEN_DAYS = 365


class OtherData(Exception):
    """The database holds what the demonstration did not load."""


def load(tell: Callable[[str], object] = str) -> bool:
    """Load the demonstration into an empty database; return whether anything was loaded.

    `tell`: is called with each month that is played, as YYYY-MM: it takes a minute or more. Runs in the caller's transaction. Raises OtherData where somebody else's data are: a
    demonstration clock beside live deadlines would move them.
    """
    if DemonstrationClock.objects.exists():
        return False
    if User.objects.exists() or OrgUnit.objects.exists():
        raise OtherData(
            "This database holds data that the demonstration did not load. Start it with another "
            "DATA_DIR, or with DEMO=0."
        )
    real_now = clock.real_now()
    DemonstrationClock.objects.create(offset_seconds=(real_now - NOW).total_seconds())
    year = Year(real_now=real_now)
    year.play(tell)
    clients.create_client(
        ref=CLIENT,
        name="Đồng bộ tỉnh (minh họa)",
        owner_unit_id=year.district.units["bx"].pk,
        unit_scope_id=year.district.units["bx"].pk,
        scopes=[scope for scope in Scope.values if scope.endswith(":read")],
        by=year.district.founder,
        at=NOW,
    )
    User.objects.update(provenance=Provenance.SYNTHETIC)
    return True


def close_register() -> None:
    """Close what the year left in the register under a first checkpoint, so that there is one to see."""
    while register.sequence():
        pass
    checkpoints.make(at=clock.real_now(), now=True)


def move_clock(by: timedelta) -> None:
    """Let business time jump ahead, so that ladders climb while somebody watches."""
    row = DemonstrationClock.objects.select_for_update().get()
    row.offset_seconds -= by.total_seconds()
    row.save(update_fields=["offset_seconds"])


def counts() -> dict[str, int]:
    """Return how many commitments stand in each state, by their newest version."""
    found: dict[str, int] = {}
    for commitment in Commitment.objects.with_latest():
        found[commitment.state] = found.get(commitment.state, 0) + 1
    return found


def api_token() -> str:
    """Return the demonstration client's token: it follows from the installation's pepper, so it can
    be printed again although only its hash is stored."""
    client = ApiClient.objects.get(ref=CLIENT)
    digest = hmac.new(settings.TOKEN_PEPPER.encode(), b"demonstration token", hashlib.sha256)
    text = digest.hexdigest()
    token = f"cs_{text[:8]}_{text[8:51]}"
    now = clock.real_now()
    row, created = ApiToken.objects.get_or_create(
        client=client,
        prefix=text[:8],
        defaults={
            "token_hash": clients.hash_of(token),
            "created_at": now,
            "expires_at": now + timedelta(days=TOKEN_DAYS),
        },
    )
    if not created and row.expires_at < now:
        row.created_at, row.expires_at = now, now + timedelta(days=TOKEN_DAYS)
        row.save(update_fields=["created_at", "expires_at"])
    return token


def personas() -> list[dict[str, str]]:
    """Return who can log in: user name, password, authenticator secret, role, unit, name, hint."""
    people = {
        person.username: person
        for person in User.objects.filter(username__in=[row[0] for row in PERSONAS])
    }
    units = {unit.ref: unit.name for unit in OrgUnit.objects.with_names()}
    return [
        {
            "username": username,
            "password": PASSWORD,
            "totp_secret": secret_of(username),
            "role": role,
            "unit": units.get(unit, ""),
            "name": people[username].full_name,
            "hint": hint,
        }
        for username, role, unit, hint in PERSONAS
        if username in people  # nobody is there before the demonstration is loaded
    ]


def as_data() -> dict[str, Any]:
    """Return personas and API token, as `demo --json` prints them."""
    keys = ("username", "password", "totp_secret", "role", "unit", "name")
    return {
        "personas": [{key: row[key] for key in keys} for row in personas()],
        "api_token": api_token(),
    }


def as_text() -> str:
    """Return who can log in and what to try first, and what the district looks like."""
    people = personas()
    wide = max(len(row["username"]) for row in people)
    lines = [
        "",
        "Log in as any of these people. None of them exists; everybody's password is",
        f"{PASSWORD}, and the page that asks for a code shows it (demonstration only).",
        "",
    ]
    for row in people:
        who = " · ".join(filter(None, (row["name"], row["role"], row["unit"])))
        lines += [f"  {row['username']:<{wide}}  {who}", f"  {'':<{wide}}  try: {row['hint']}"]
    states = [f"{count} {state.replace('_', ' ')}" for state, count in sorted(counts().items())]
    day = clock.local_date(clock.business_now())
    lines += ["", f"It is {day.day} {day:%B %Y} in the district. Commitments: {', '.join(states)}."]
    lines.append("A token to read by REST: manage.py demo --json prints it (docs/api.md).")
    return "\n".join(lines)
