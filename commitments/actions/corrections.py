"""Corrective actions: to each target that was not met, or of which nobody can say, its own side or a
planner writes the cause, the remedy, who answers for it and by when.

From then on it is a duty with a clock of its own. Whoever answers says that it is done, with a note;
a supervisor or whoever assigned confirms that or takes it back, and the clock goes on where it stood.
Until they do, another clock reminds them.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import cases
from commitments.enums import ClockKind, PeriodState
from commitments.enums.backlog import CorrectionAct, CorrectionState
from commitments.enums.policies import LadderKey
from commitments.models import CaseClock, CorrectiveAction, Target, Verdict
from commitments.rules.corrections import MOVES
from units import clock
from units.actions import register
from units.actions.guards import require_within
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion, WrongState
from units.models import Position, User


@transaction.atomic
def write(
    *,
    target_id: int,
    cause: str,
    reason: str,
    remedy: str,
    office_id: int,
    due_on: date,
    by: User,
    expected: int,
    at: datetime,
    provenance: Provenance = Provenance.LIVE,
) -> CorrectiveAction:
    """Write the corrective action of a target, or write it anew; return it.

    `expected`: the version that was read, 0 where none was written. `office_id`: an office of the
    unit that carries the target; `due_on`: today or later. Its clock runs anew towards that day.
    Raises NotAllowed (write-correction-not-allowed), Conflict (correction-not-asked: no verdict asks
    for it; correction-late: its day has passed, so only a planner sets another one), StaleVersion
    (correction-changed), WrongState (revise-not-from-<state>), Invalid (correction-incomplete,
    office-elsewhere, due-past).
    """
    target = _lock(target_id)
    if not permissions.may_correct(by, target, at=at):
        raise NotAllowed(
            _(
                "The corrective action for %(code)s is written by the unit that carries it, or by a planner."
            )
            % {"code": target.code},
            code="write-correction-not-allowed",
        )
    require_asked(target)
    held = CorrectiveAction.objects.filter(target=target).first()
    _require_unchanged(target, held, expected)
    if held is not None:
        held.target = target
        _require_move(held, CorrectionAct.REVISE)
        _require_in_time(held, target, by=by, at=at)
    said = {"cause": cause, "reason": reason.strip(), "remedy": remedy.strip()}
    _require_complete(said)
    row = held or CorrectiveAction(target=target, etag_version=0)
    row.cause, row.reason, row.remedy = said.values()
    row.office = _office_of(target, office_id, at=at)
    row.due_on, row.written_on = due_on, clock.local_date(at)
    row.written_by, row.provenance = by, provenance
    if row.due_on < row.written_on:
        text = _("Choose today or a later day: what is past cannot be promised.")
        raise Invalid(text, code="due-past", fields={"due_on": [text]})
    row.etag_version += 1
    row.full_clean(exclude=["target"])
    row.save()
    cases.start(subject=row, kind=ClockKind.CORRECTION, at=at, due_on=row.due_on)
    act = CorrectionAct.REVISE if held else "write"
    _enter(row, act, by=by, at=at, office=row.office.ref, due_on=row.due_on.isoformat(), **said)
    return row


@transaction.atomic
def finish(*, target_id: int, note: str, by: User, expected: int, at: datetime) -> CorrectiveAction:
    """Say that the corrective action of a target is done, and by `note` what was done; return it.

    Its clock ends, and one of whoever confirms it or takes it back begins. Raises NotFound (correction-not-found),
    NotAllowed (finish-correction-not-allowed), StaleVersion (correction-changed), WrongState
    (finish-not-from-<state>), Invalid (note-missing).
    """
    row = _of(target_id)
    if not permissions.may_finish_correction(by, row, at=at):
        raise NotAllowed(
            _(
                "That the corrective action for %(code)s is done is said by the office that answers for it, or by who reports for its unit."
            )
            % {"code": row.target.code},
            code="finish-correction-not-allowed",
        )
    _require_unchanged(row.target, row, expected)
    _require_move(row, CorrectionAct.FINISH)
    row.note = _required(
        note, "note", _("Write what was done, so that somebody else can check it.")
    )
    row.done_by, row.done_at = by, at
    row.answer, row.decided_by, row.decided_at = "", None, None
    _move(row, CorrectionAct.FINISH, by=by, at=at, note=row.note)
    cases.finish(subject=row, at=at, reason="done", kinds=[ClockKind.CORRECTION])
    _await_decision(row, at=at)
    return row


@transaction.atomic
def take_back(
    *, target_id: int, reason: str, by: User, expected: int, at: datetime
) -> CorrectiveAction:
    """Say why what was said to be done is not; return the corrective action, to be done again.

    Its day stays, and its clock goes on where it stood. Raises NotFound (correction-not-found),
    NotAllowed (decide-correction-not-allowed), StaleVersion (correction-changed), WrongState
    (take-back-not-from-<state>), Invalid (reason-missing).
    """
    row = _to_decide(target_id, CorrectionAct.TAKE_BACK, by=by, expected=expected, at=at)
    row.answer = _required(reason, "reason", _("Say what is still to be done, or is not shown."))
    row.decided_by, row.decided_at = by, at
    said_by = _username_of(row.done_by)
    _move(row, CorrectionAct.TAKE_BACK, by=by, at=at, done_by=said_by, reason=row.answer)
    cases.finish(subject=row, at=at, reason="taken-back", kinds=[ClockKind.VERIFY])
    follow(row.target_id, at=at)
    return row


@transaction.atomic
def confirm(*, target_id: int, by: User, expected: int, at: datetime) -> CorrectiveAction:
    """Confirm that a corrective action is done; return it. That ends it.

    Raises as `take_back`, but for the reason: WrongState (confirm-not-from-<state>).
    """
    row = _to_decide(target_id, CorrectionAct.CONFIRM, by=by, expected=expected, at=at)
    row.decided_by, row.decided_at = by, at
    _move(row, CorrectionAct.CONFIRM, by=by, at=at, done_by=_username_of(row.done_by))
    cases.finish(subject=row, at=at, reason="confirmed", kinds=[ClockKind.VERIFY])
    return row


def follow(target_id: int, *, at: datetime) -> None:
    """Let the clock of a target's corrective action run while its verdict asks for it, and stand still
    otherwise, inside the caller's transaction and lock of the target.

    What is asked for again goes on where it stood.
    """
    rows = CorrectiveAction.objects.filter(target=target_id, state=CorrectionState.OPEN)
    row = rows.first()
    if row is None:
        return
    if CorrectiveAction.objects.owed().filter(pk=row.pk).exists():
        cases.keep_running(subjects={row: row.due_on}, kind=ClockKind.CORRECTION, at=at)
    else:
        cases.finish(subject=row, at=at, reason="not-asked", kinds=[ClockKind.CORRECTION])


@transaction.atomic
def catch_up(*, at: datetime, limit: int = 500) -> int:
    """Start the clocks of those that are owed, or await a decision, and never had one: written, or done,
    before there were such clocks; return how many. What awaits a decision has the full time from now
    on. The system acts."""
    rows = CorrectiveAction.objects
    found = _without_clock(rows.owed(), ClockKind.CORRECTION, limit=limit)
    subjects = {row: row.due_on for row in found}
    cases.keep_running(subjects=subjects, kind=ClockKind.CORRECTION, at=at)
    done = _without_clock(rows.filter(state=CorrectionState.DONE), ClockKind.VERIFY, limit=limit)
    for row in done:
        _await_decision(row, at=at)
    return len(found) + len(done)


def _without_clock(
    rows: QuerySet[CorrectiveAction], kind: ClockKind, *, limit: int
) -> list[CorrectiveAction]:
    clocks = CaseClock.objects.filter(correction=OuterRef("pk"), kind=kind)
    bare = rows.filter(~Exists(clocks)).order_by("pk")
    return list(bare.select_for_update(of=("self",), no_key=True, skip_locked=True)[:limit])


def _await_decision(row: CorrectiveAction, *, at: datetime) -> None:
    """Start the clock of whoever confirms that it is done, or takes it back."""
    cases.start(subject=row, kind=ClockKind.VERIFY, at=at, by=LadderKey.CONFIRM)


def _lock(target_id: int) -> Target:
    """Lock a target, which stands for its corrective action too while that is not written yet."""
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("period", "unit").get(pk=target_id)


def _of(target_id: int) -> CorrectiveAction:
    target = _lock(target_id)
    row = CorrectiveAction.objects.filter(target=target).select_related("office").first()
    if row is None:
        raise NotFound(
            _("No corrective action is written for %(code)s.") % {"code": target.code},
            code="correction-not-found",
        )
    row.target = target
    return row


def _to_decide(
    target_id: int, act: CorrectionAct, *, by: User, expected: int, at: datetime
) -> CorrectiveAction:
    row = _of(target_id)
    if not permissions.may_decide_correction(by, row, at=at):
        raise NotAllowed(
            _(
                "Whether the corrective action for %(code)s is done is decided by a supervisor or by whoever assigned it, of another unit than the one that says so."
            )
            % {"code": row.target.code},
            code="decide-correction-not-allowed",
        )
    _require_unchanged(row.target, row, expected)
    _require_move(row, act)
    return row


def _move(
    row: CorrectiveAction, act: CorrectionAct, *, by: User, at: datetime, **data: Any
) -> None:
    row.state = MOVES[act].target
    row.etag_version += 1
    row.save()
    _enter(row, act, by=by, at=at, **data)


def _enter(row: CorrectiveAction, act: str, *, by: User, at: datetime, **data: Any) -> None:
    target = row.target
    register.append(
        kind=f"correction.{act}",
        subject=f"correction/{target.ref}",
        subject_version=row.etag_version,
        reach={target.unit_id, target.assigner_id},
        by=by,
        at=at,
        data={"target": target.ref} | data,
    )


def _require_unchanged(target: Target, held: CorrectiveAction | None, expected: int) -> None:
    if expected != (held.etag_version if held else 0):
        raise StaleVersion(
            _(
                "The corrective action for %(code)s has changed since you opened it. Read it, then write yours."
            )
            % {"code": target.code},
            code="correction-changed",
        )


def _require_move(row: CorrectiveAction, act: CorrectionAct) -> None:
    """Raise WrongState (<act>-not-from-<state>) unless the table of moves lists `act`."""
    if row.state != MOVES[act].source:
        state = CorrectionState(row.state)
        raise WrongState(
            _("The corrective action for %(code)s is “%(state)s”: “%(act)s” is not possible now.")
            % {"code": row.target.code, "state": state.label, "act": act.label},
            code=f"{act}-not-from-{state}".replace("_", "-"),
        )


def _require_in_time(held: CorrectiveAction, target: Target, *, by: User, at: datetime) -> None:
    """Raise Conflict (correction-late) where its own side would move a day that has passed."""
    late = held.due_on < clock.local_date(at)
    if late and not permissions.plans_in_person(by, target.assigner_id, at=at):
        raise Conflict(
            _(
                "The corrective action for %(code)s is late. Its day is set anew by a planner, not by the unit that owes it. Do it and say so, or ask a planner."
            )
            % {"code": target.code},
            code="correction-late",
        )


def _username_of(person: User | None) -> str:
    return person.username if person else ""


def _required(text: str, field: str, missing: Any) -> str:
    """Return `text` without the blanks around it. Raises Invalid (<field>-missing) for none."""
    if not text.strip():
        raise Invalid(missing, code=f"{field}-missing", fields={field: [missing]})
    require_within(text.strip(), field=field)
    return text.strip()


def require_asked(target: Target) -> None:
    """Raise Conflict (correction-not-asked) unless a recorded verdict on `target` asks for one."""
    closing = target.period.state in {PeriodState.CLOSING, PeriodState.CLOSED}
    if not closing or not Verdict.objects.asking().filter(target=target).exists():
        raise Conflict(
            _(
                "%(code)s asks for no corrective action: it has no verdict “unmet” or “indeterminate” of a year that is being settled."
            )
            % {"code": target.code},
            code="correction-not-asked",
        )


def _require_complete(said: dict[str, str]) -> None:
    missing = [name for name, value in said.items() if not value]
    if missing:
        text = _("This must not be empty. Fill it in, then send again.")
        raise Invalid(
            _("A corrective action says the cause, what stood in the way, and the remedy."),
            code="correction-incomplete",
            fields={name: [text] for name in missing},
        )
    for name, value in said.items():
        require_within(value, field=name)


def _office_of(target: Target, office_id: int, *, at: datetime) -> Position:
    offices = Position.objects.in_force(clock.local_date(at)).filter(unit=target.unit_id)
    office = offices.filter(pk=office_id).first()
    if office is None:
        text = _("Choose an office of the unit that carries the target.")
        raise Invalid(text, code="office-elsewhere", fields={"office": [text]})
    return office
