"""A case is paused for an objective cause and taken up again, by a leader in charge."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from commitments import permissions
from commitments.actions import backlog, cases, evidence
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct, CaseFileUse
from commitments.models import BacklogCase
from units import clock
from units.actions.guards import require_seen, require_text
from units.models import User


def suspend(
    *,
    case_id: int,
    reason: str,
    by: User,
    expected: int,
    at: datetime,
    attached: Sequence[evidence.Sent] = (),
) -> BacklogCase:
    """Pause a case for an objective cause that a leader in charge confirms; its age goes on.

    `reason`: the cause and what proves it; `attached`: what proves it. Raises NotAllowed
    (suspend-not-allowed), StaleVersion (case-changed), WrongState, Invalid (reason-missing; those of
    `evidence.kept`).
    """
    with evidence.kept(attached) as held, transaction.atomic():
        case = backlog.lock(case_id)
        backlog.require(permissions.leads(by, case.unit_id, at=at), "suspend", case)
        require_seen(case, expected, noun="case")
        backlog.require_state(CaseAct.SUSPEND, case)
        require_text(reason.strip(), field="reason", code="reason-missing")
        shown = evidence.attach(held, case, CaseFileUse.SUSPEND, by=by, at=at)
        backlog.move(
            case,
            CaseAct.SUSPEND,
            by=by,
            at=at,
            data={"reason": reason.strip()} | shown,
            suspended_cause=reason.strip(),
            suspended_on=clock.local_date(at),
        )
        cases.pause(subject=case, kind=ClockKind.CASE)
    return case


@transaction.atomic
def resume(*, case_id: int, new_due_on: date, by: User, expected: int, at: datetime) -> BacklogCase:
    """Take a paused case up again with a new day; a leader in charge sets it.

    `new_due_on`: today or later, not before the day that stood. Raises NotAllowed
    (resume-not-allowed), StaleVersion (case-changed), WrongState, Invalid (due-not-later, due-too-far).
    """
    case = backlog.lock(case_id)
    backlog.require(permissions.leads(by, case.unit_id, at=at), "resume", case)
    require_seen(case, expected, noun="case")
    backlog.require_state(CaseAct.RESUME, case)
    backlog.require_due(new_due_on, case, at=at, same_day=True)
    backlog.move(
        case,
        CaseAct.RESUME,
        by=by,
        at=at,
        data={"old_due_on": case.current_due_on.isoformat()},
        current_due_on=new_due_on,
        suspended_cause="",
        suspended_on=None,
    )
    backlog.start_clock(case, at=at)
    return case
