"""Putting a row of the queue aside until a day, taking it back, and being told again.

Nothing here touches a clock: the ladder goes on whoever has looked away.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.enums import ClockKind, ReminderState, VersionState
from commitments.models import BacklogCase, CaseClock, CommitmentVersion, Reminder, ReportRound
from units import clock
from units.actions import register
from units.actions.guards import require_text
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import User
from units.rules import texts
from units.rules.calendars import instant
from units.rules.dates import day_text

LONGEST = timedelta(days=30)
MORNING = time(8)  # of the day on which the row comes back
NOUNS: Mapping[type, tuple[str, str]] = {  # of what may be put aside: its column, its register noun
    CommitmentVersion: ("version", "commitment_version"),
    BacklogCase: ("case", "backlog_case"),
    ReportRound: ("round", "report_round"),
}


def last_day(about: Any, *, on: date) -> date:
    """Return the last day until which `about` may be put aside on the day `on`.

    The day on which what it waits for is due, at most LONGEST ahead; before `on` for what is late.
    """
    clocks = CaseClock.objects.open().filter(**_as_column(about))
    if isinstance(about, ReportRound):  # what was handed in of it is not put aside
        clocks = clocks.exclude(kind=ClockKind.VERIFY)
    return last_day_by(clocks.order_by("due_on").first(), about, on=on)


def last_day_by(waiting: CaseClock | None, about: Any, *, on: date) -> date:
    """Return `last_day` where the clock that waits for `about` was read already; None: none does."""
    due = waiting.due_on if waiting else None
    if due is None and isinstance(about, CommitmentVersion) and about.state == VersionState.ISSUED:
        due = about.sign_by
    return min(due, on + LONGEST) if due else on + LONGEST


@transaction.atomic
def snooze(*, about: Any, until: date, reason: str, by: User, at: datetime) -> Reminder:
    """Hide a row from the queue of `by` until the morning of `until`; everybody else sees who did.

    `about`: a version, a backlog case or a round of reports, of which the caller has asked whether `by`
    sees it. Raises NotFound, NotAllowed (human-only), Invalid (snooze-needs-reason,
    snooze-in-the-past, snooze-too-long: behind the day on which it is due, or LONGEST), Conflict
    (snoozed-already).
    """
    require_text(reason.strip(), field="reason", code="snooze-needs-reason", most=texts.NOTE)
    if by.kind != "human":
        raise NotAllowed(
            _("A queue belongs to a person. Log in as one, then put the row aside."),
            code="human-only",
        )
    rows = type(about).objects.select_for_update(of=("self",), no_key=True)
    locked = rows.filter(pk=about.pk).first()
    if locked is None:
        raise NotFound(_("It is not there any more."), code="not-found")
    today = clock.local_date(at)
    _require_day(until, today=today, last=last_day(locked, on=today))
    its = _as_column(locked)
    if Reminder.objects.hiding(at=at).filter(**its, person=by).exists():
        raise Conflict(
            _("You have put it aside already. Take it back first."), code="snoozed-already"
        )
    _end(Reminder.objects.due(at=at).filter(**its, person=by), ReminderState.DONE, at=at)
    row = Reminder.objects.create(
        **its,
        person=by,
        made_at=at,
        remind_at=instant(until, MORNING, clock.body_zone()),
        reason=reason.strip(),
    )
    _enter("desk.snooze", locked, by=by, at=at, until=until.isoformat(), reason=row.reason)
    return row


def _require_day(until: date, *, today: date, last: date) -> None:
    def refuse(text: Any, code: str) -> NoReturn:
        raise Invalid(text, code=code, fields={"until": [text]})

    if last <= today:
        text = _("It is due today or late already. What is late is not put aside.")
        refuse(text, "snooze-too-long")
    if until <= today:
        refuse(_("Choose a day that is still to come."), "snooze-in-the-past")
    if until > last:
        text = _("At most until %(day)s: then it is due, or 30 days are over.")
        refuse(text % {"day": day_text(last)}, "snooze-too-long")


@transaction.atomic
def take_back(*, about: Any, by: User, at: datetime) -> None:
    """Let a row stand in the queue of `by` again. Raises Conflict (not-snoozed)."""
    rows = Reminder.objects.waiting().filter(**_as_column(about), person=by)
    row = rows.select_for_update(of=("self",), no_key=True).first()
    if row is None:
        raise Conflict(
            _("You have not put it aside, or it has come back by itself."), code="not-snoozed"
        )
    _end(rows, ReminderState.CANCELLED, at=at)
    _enter("desk.unsnooze", row.subject, by=by, at=at)


def cancel(*about: Any, at: datetime) -> int:
    """End what is put aside of things that move on, all of one kind, in the transaction and under the
    locks of the move; return how many there were. The entry of the move says why."""
    its = {f"{NOUNS[type(about[0])][0]}__in": about}
    return _end(Reminder.objects.waiting().filter(**its), ReminderState.CANCELLED, at=at)


def wake(*, at: datetime, limit: int = 200) -> int:
    """Tell again up to `limit` people whose time has come; return how many reminders were ended.

    Any number may run at once: rows are shared by SKIP LOCKED. The entry that each one leaves is what
    the person is told of.
    """
    if not Reminder.objects.due(at=at).exists():
        return 0
    return _wake(at=at, limit=limit)


@transaction.atomic
def _wake(*, at: datetime, limit: int) -> int:
    due = Reminder.objects.due(at=at).select_related(
        "version__commitment", "case", "round", "person"
    )
    rows = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    for row in rows:
        _enter("desk.wake", row.subject, by=None, at=at, to=row.person.username, reason=row.reason)
    _end(Reminder.objects.filter(pk__in=[row.pk for row in rows]), ReminderState.DONE, at=at)
    return len(rows)


def _end(rows: QuerySet[Reminder], state: ReminderState, *, at: datetime) -> int:
    return rows.update(state=state, ended_at=at)


def _enter(kind: str, about: Any, *, by: User | None, at: datetime, **data: str) -> None:
    register.append(
        kind=kind,
        subject=f"{NOUNS[type(about)][1]}/{about.ref}",
        subject_version=None,
        reach=[assigner_of(about)],
        by=by,
        at=at,
        data=data,
    )


def _as_column(about: Any) -> dict[str, Any]:
    return {NOUNS[type(about)][0]: about}


def assigner_of(about: Any) -> int:
    """Return the key of the unit whose side reads the reason; the unit that owes it never does."""
    if isinstance(about, CommitmentVersion):
        return about.commitment.assigner_unit_id
    return about.assigner_unit_id if isinstance(about, BacklogCase) else about.assigner_id
