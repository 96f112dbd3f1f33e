"""The one way into the register, and the one way from an entry to its place in the sequence."""

import json
import logging
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from units import clock, origin
from units.enums import ReachMoment
from units.models import (
    OrgUnit,
    Position,
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPending,
    RegisterPrivate,
    RegisterReach,
    User,
)
from units.rules import canonical
from units.rules import register as chain

log = logging.getLogger(__name__)
SEQUENCER_LOCK = 0x5E9  # the advisory lock of the one sequencer
PRIVATE = ("ip", "user_agent")  # of the origin: hashed in the text, readable beside it


class Draft(NamedTuple):
    """An entry that is to be written. See `append` for what each part means."""

    kind: str
    subject: str
    subject_version: int | None
    reach: Iterable[int | OrgUnit]
    by: User | None
    at: datetime
    office: Position | None = None
    data: Mapping[str, Any] | None = None
    reach_before: Iterable[int | OrgUnit] | None = None
    published: bool = False


def append(
    *,
    kind: str,
    subject: str,
    subject_version: int | None,
    reach: Iterable[int | OrgUnit],
    by: User | None,
    at: datetime,
    office: Position | None = None,
    data: Mapping[str, Any] | None = None,
    reach_before: Iterable[int | OrgUnit] | None = None,
    published: bool = False,
) -> RegisterEntry:
    """Write one entry inside the caller's transaction; return it.

    `kind`: "<noun>.<act>". `subject`: "<noun>/<ref>". `subject_version`: the object's version
    after the act, None for subjects without one; the same version twice is refused by the
    database. `by` None: the system itself. `office`: in which office the person acted.
    `reach`: units that may see the object after the act; `reach_before`: before it (default: the
    same). `data`: canonical-safe values (text, integers, null). Raises TransactionManagementError
    outside a transaction.
    """
    draft = Draft(
        kind=kind,
        subject=subject,
        subject_version=subject_version,
        reach=reach,
        by=by,
        at=at,
        office=office,
        data=data,
        reach_before=reach_before,
        published=published,
    )
    return append_all([draft])[0]


def append_all(drafts: Sequence[Draft]) -> list[RegisterEntry]:
    """Write these entries as `append` writes one, in their order; return them. A constant number of queries.

    Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "A register entry belongs to the act's transaction."
        )
    if not drafts:
        return []
    came = origin.current()
    told = {name: value for name in PRIVATE if (value := getattr(came, name))}
    salts = [{name: secrets.token_hex(16) for name in told} for _draft in drafts]
    entries = RegisterEntry.objects.bulk_create(
        _entry(draft, came, told, salted) for draft, salted in zip(drafts, salts, strict=True)
    )
    RegisterPending.objects.bulk_create(RegisterPending(entry=entry) for entry in entries)
    RegisterPrivate.objects.bulk_create(
        RegisterPrivate(entry=entry, field=name, salt=salted[name], value=value)
        for entry, salted in zip(entries, salts, strict=True)
        for name, value in told.items()
    )
    RegisterReach.objects.bulk_create(
        RegisterReach(entry=entry, unit_id=pk, moment=moment)
        for entry, draft in zip(entries, drafts, strict=True)
        for moment, units in _reached(draft)
        for pk in units
    )
    transaction.on_commit(_sequence_quietly)
    return entries


def _entry(
    draft: Draft, came: origin.Origin, told: Mapping[str, str], salts: Mapping[str, str]
) -> RegisterEntry:
    """Return the entry of `draft` with its text; `told`: private values, kept in it as salted hashes."""
    entry_id = uuid.uuid4()
    subject_kind, subject_ref = draft.subject.split("/", 1)
    text = canonical.text(
        {
            "v": 1,
            "alg": "sha256",
            "id": str(entry_id),
            "kind": draft.kind,
            "subject": draft.subject,
            "subject_version": draft.subject_version,
            "at": draft.at.astimezone(UTC).isoformat(),
            "actor": draft.by.username if draft.by else None,
            "office": draft.office.ref if draft.office else None,
            "auth": {"door": came.door, "method": came.auth},
            "data": dict(draft.data or {}),
            "private": {
                name: canonical.sha256_hex(salts[name] + value) for name, value in told.items()
            },
            "request": came.request_id,
        }
    )
    return RegisterEntry(
        uuid=entry_id,
        kind=draft.kind,
        subject_kind=subject_kind,
        subject_ref=subject_ref,
        subject_version=draft.subject_version,
        published=draft.published,
        actor=draft.by,
        office=draft.office,
        at=draft.at,
        request_id=came.request_id,
        text=text,
    )


def _reached(draft: Draft) -> Iterator[tuple[ReachMoment, list[int]]]:
    """Give the units that may see the object after and before the act."""
    after = {_id(unit) for unit in draft.reach}
    before = after if draft.reach_before is None else {_id(unit) for unit in draft.reach_before}
    yield ReachMoment.AFTER, sorted(after)
    yield ReachMoment.BEFORE, sorted(before)


def _id(unit: int | OrgUnit) -> int:
    return unit if isinstance(unit, int) else unit.pk


def data_of(entry: RegisterEntry) -> dict[str, Any]:
    """Return what the act left in `data`, read back from the entry's own text."""
    return json.loads(entry.text)["data"]


def _sequence_quietly() -> None:
    """Number what was just committed; an error is delay, never the writer's trouble."""
    try:
        for _round in range(3):
            if sequence() == 0:
                return
    except Exception:
        log.exception("Numbering the register failed; the job will do it.")


@transaction.atomic
def sequence(*, limit: int = 1000) -> int:
    """Give the oldest `limit` entries without a place their dense, chained places; return how many.

    One sequencer at a time: on PostgreSQL by an advisory lock that whoever finds it taken leaves
    alone (0), on SQLite by the IMMEDIATE transaction. Under READ COMMITTED the next statement sees
    what the last holder committed, so places are dense and rising as they become visible, and each
    is hashed onto the one before it. Should two ever write at once, UNIQUE(prev_hash) stops one.
    """
    if not take_turn(SEQUENCER_LOCK):
        return 0
    # As a subquery, not joined: a planner whose statistics are old would walk the whole register.
    oldest = RegisterPending.objects.order_by("entry_id").values("entry_id")[:limit]
    pending = list(
        RegisterEntry.objects.filter(pk__in=oldest).order_by("pk").values_list("pk", "text")
    )
    if not pending:
        return 0
    seq, prev, epoch = _end_of_chain()
    links = []
    for entry, text in pending:
        seq += 1
        leaf = chain.leaf_hash(text)
        link = chain.link_hash(seq, prev, leaf)
        links.append(
            RegisterLink(
                seq=seq,
                epoch_id=epoch,
                entry_id=entry,
                leaf_hash=leaf,
                prev_hash=prev,
                link_hash=link,
            )
        )
        prev = link
    RegisterLink.objects.bulk_create(links)
    RegisterPending.objects.filter(entry_id__in=[entry for entry, _text in pending]).delete()
    return len(pending)


def take_turn(lock: int) -> bool:
    """Take the one turn of this `lock` for this transaction; False: somebody else has it."""
    if connection.vendor != "postgresql":
        return True  # the IMMEDIATE transaction is the turn
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


def _end_of_chain() -> tuple[int, bytes, int]:
    """Return the last place, the hash that the next one stands on, and its epoch.

    The first sequencer of a new register opens its first epoch.
    """
    epoch = RegisterEpoch.objects.order_by("-number").first()
    if epoch is None:
        epoch = open_epoch(checkpoint=None, reason=chain.FIRST_REASON, at=clock.real_now())
    last = RegisterLink.objects.order_by("-seq").values_list("seq", "link_hash", "epoch").first()
    if last is None or last[2] != epoch.number:
        return epoch.after_seq, chain.epoch_hash(epoch.text), epoch.number
    return last[0], bytes(last[1]), epoch.number


def open_epoch(*, checkpoint: str | None, reason: str, at: datetime) -> RegisterEpoch:
    """Begin the next epoch behind the last place; the caller has the sequencer's turn.

    `checkpoint`: SHA-256 of the last published one, hexadecimal; None: there was none. `at`: real.
    """
    newest = RegisterEpoch.objects.order_by("-number").first()
    last = RegisterLink.objects.order_by("-seq").first()
    number, after = newest.number + 1 if newest else 1, last.seq if last else 0
    text = chain.epoch_text(
        ident=str(uuid.uuid4()),
        number=number,
        after_seq=after,
        last_link=bytes(last.link_hash) if last else None,
        checkpoint=checkpoint,
        reason=reason,
        at=at,
    )
    return RegisterEpoch.objects.create(
        number=number, after_seq=after, started_at=at, reason=reason, text=text
    )
