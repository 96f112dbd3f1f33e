"""What stands inside the installation that HEADS asks: `python -m tests.benchmarks.installation HEADS`.

Makes a body with one head for each commune and a draft for each head, asks that all be issued, and
prints one line of JSON with the heads. Then it answers lines: `issued` with the references that may be
signed since the last answer, `counted` with what is in the database.
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count

from commitments.actions import drafts, issuing
from commitments.enums import Comparator, TargetState, VersionAct, VersionState
from commitments.models import (
    CommitmentVersion,
    DocumentRevision,
    IssueRun,
    RevisionCheck,
    SignatureAct,
    Target,
    TargetRevision,
)
from tests.factories.body import Body, enrol, make_body, office, secret_of, unit
from units import clock
from units.models import RegisterEntry, RegisterPending, User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def fill(heads: int) -> list[dict[str, str]]:
    """Make the body; return each head's secret, session and commitment."""
    body = make_body()
    made = [_head(body, n) for n in range(heads)]
    issuing.begin(period_id=body.plan.pk, by=body.planner, at=clock.business_now())
    return made


def _head(body: Body, n: int) -> dict[str, str]:
    at = clock.business_now()
    commune = unit(f"hx-{n}", f"Commune {n}", parent=body.committee)
    who = User.objects.create_user(f"h{n:06}", None, full_name=f"Head {n}")
    enrol(who)
    like = body.targets[0]
    target = Target.objects.create(
        ref=f"h-{n}",
        period=body.plan,
        code=f"N01.{n + 100}",
        group=like.group,
        indicator=like.indicator,
        unit=commune,
        assigner=body.committee,
    )
    TargetRevision.objects.create(
        target=target, comparator=Comparator.GE, value=20, effective_from=body.plan.starts_on
    )
    target.state = TargetState.ASSIGNED
    target.save(update_fields=["state"])
    draft = drafts.begin(
        period_id=body.plan.pk,
        unit_id=commune.pk,
        assigner_id=body.assigning.pk,
        first_undertaker_id=office(commune, "Secretary", who).pk,
        second_undertaker_id=None,
        sign_by=clock.local_date(at) + timedelta(days=20),
        by=body.planner,
        at=at,
    )
    return {"secret": secret_of(who), "session": _session(who), "ref": draft.commitment.ref}


def _session(who: User) -> str:
    """Return the key of a session as a login a moment ago leaves it."""
    now = clock.real_now().timestamp()
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(who.pk), BACKEND
    session[HASH_SESSION_KEY] = who.get_session_auth_hash()
    session["account_authentication_methods"] = [{"method": "password", "at": now}]
    session["account_authentication_methods_user"] = str(who.pk)
    session.create()
    return str(session.session_key)


def issued(known: set[str]) -> list[str]:
    """Return the references of what was issued and is not in `known`, and put them there."""
    rows = CommitmentVersion.objects.filter(state=VersionState.ISSUED)
    new = set(rows.values_list("commitment__ref", flat=True)) - known
    known |= new
    return sorted(new)


def counted() -> dict[str, Any]:
    """Return what has come of it, and how much the jobs have left to do."""
    acts = SignatureAct.objects.filter(act=VersionAct.SIGN)
    twice = acts.values("slot").annotate(n=Count("pk")).filter(n__gt=1)
    sealed = DocumentRevision.objects.filter(no__gt=0)
    unchecked = sealed.exclude(pk__in=RevisionCheck.objects.values("revision"))
    return {
        "acts": acts.count(),
        "twice": twice.count(),
        "signed": CommitmentVersion.objects.filter(state=VersionState.SIGNED).count(),
        "revisions": DocumentRevision.objects.filter(no=2).count(),
        "entries": RegisterEntry.objects.filter(kind="commitment.sign").count(),
        "left": RegisterPending.objects.count()
        + unchecked.count()
        + IssueRun.objects.filter(ended_at=None).count(),
    }


def main(heads: int) -> None:
    """Fill, then answer until nothing is asked any more."""
    print(json.dumps(fill(heads)), flush=True)
    known: set[str] = set()
    for line in sys.stdin:
        answer = issued(known) if line.strip() == "issued" else counted()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
