"""Putting a row of the queue aside until a day, taking it back, and being told again.

Nothing here touches a clock: the ladder goes on whoever has looked away.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.enums import ReminderState, VersionState
from commitments.models import CaseClock, CommitmentVersion, Reminder
from units import clock
from units.actions import register
from units.actions.guards import require_text
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import User
from units.rules.calendars import instant
from units.rules.dates import day_text

LONGEST = timedelta(days=30)
MORNING = time(8)  # of the day on which the row comes back


def last_day(version: CommitmentVersion, *, on: date) -> date:
    """Return the last day until which `version` may be put aside on the day `on`.

    The day on which what it waits for is due, at most LONGEST ahead; before `on` for what is late.
    """
    row = CaseClock.objects.open().filter(version=version).order_by("due_on").first()
    due = row.due_on if row else None
    if due is None and version.state == VersionState.ISSUED:
        due = version.sign_by
    return min(due, on + LONGEST) if due else on + LONGEST


@transaction.atomic
def snooze(*, version_id: int, until: date, reason: str, by: User, at: datetime) -> Reminder:
    """Hide a row from the queue of `by` until the morning of `until`; everybody else sees who did.

    The caller has asked whether `by` sees the version. Raises NotFound, NotAllowed (human-only),
    Invalid (snooze-needs-reason, snooze-in-the-past, snooze-too-long: behind the day on which it is
    due, or LONGEST), Conflict (snoozed-already).
    """
    require_text(reason.strip(), field="reason", code="snooze-needs-reason")
    if by.kind != "human":
        raise NotAllowed(
            _("A queue belongs to a person. Log in as one, then put the row aside."),
            code="human-only",
        )
    rows = CommitmentVersion.objects.select_for_update(of=("self",), no_key=True)
    version = rows.filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("No such commitment."), code="not-found")
    today = clock.local_date(at)
    _require_day(until, today=today, last=last_day(version, on=today))
    if Reminder.objects.hiding(at=at).filter(version=version, person=by).exists():
        raise Conflict(
            _("You have put it aside already. Take it back first."), code="snoozed-already"
        )
    _end(Reminder.objects.due(at=at).filter(version=version, person=by), ReminderState.DONE, at=at)
    row = Reminder.objects.create(
        version=version,
        person=by,
        made_at=at,
        remind_at=instant(until, MORNING, clock.body_zone()),
        reason=reason.strip(),
    )
    _enter("desk.snooze", version, by=by, at=at, until=until.isoformat(), reason=row.reason)
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
def take_back(*, version_id: int, by: User, at: datetime) -> None:
    """Let a row stand in the queue of `by` again. Raises Conflict (not-snoozed)."""
    rows = Reminder.objects.waiting().filter(version=version_id, person=by)
    row = rows.select_for_update(of=("self",), no_key=True).select_related("version").first()
    if row is None:
        raise Conflict(
            _("You have not put it aside, or it has come back by itself."), code="not-snoozed"
        )
    _end(rows, ReminderState.CANCELLED, at=at)
    _enter("desk.unsnooze", row.version, by=by, at=at)


def cancel(version: CommitmentVersion, *, at: datetime) -> int:
    """End what is put aside of a version that moves on, in the transaction and under the lock of the
    move; return how many there were. The entry of the move says why."""
    return _end(Reminder.objects.waiting().filter(version=version), ReminderState.CANCELLED, at=at)


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
    due = Reminder.objects.due(at=at).select_related("version__commitment", "person")
    rows = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    for row in rows:
        _enter("desk.wake", row.version, by=None, at=at, to=row.person.username, reason=row.reason)
    _end(Reminder.objects.filter(pk__in=[row.pk for row in rows]), ReminderState.DONE, at=at)
    return len(rows)


def _end(rows: QuerySet[Reminder], state: ReminderState, *, at: datetime) -> int:
    return rows.update(state=state, ended_at=at)


def _enter(
    kind: str, version: CommitmentVersion, *, by: User | None, at: datetime, **data: str
) -> None:
    register.append(
        kind=kind,
        subject=f"commitment_version/{version.ref}",
        subject_version=None,
        reach=[version.commitment.assigner_unit_id],
        by=by,
        at=at,
        data=data,
    )
