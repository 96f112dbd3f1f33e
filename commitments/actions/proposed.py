"""Extending and reopening a case: the supervisor proposes, somebody else decides."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import backlog
from commitments.actions.resolutions import UNPROVED
from commitments.enums.backlog import CaseAct, CaseProposalAct, CaseProposalState
from commitments.models import BacklogCase, CaseExtension, CaseProposal
from units.actions.guards import require_seen, require_text, require_within
from units.errors import Conflict
from units.models import User
from units.rules import texts

ACT_OF = {CaseProposalAct.EXTEND: CaseAct.EXTEND, CaseProposalAct.REOPEN: CaseAct.REOPEN}


@transaction.atomic
def propose(
    *,
    case_id: int,
    act: CaseProposalAct,
    reason: str,
    by: User,
    expected: int,
    at: datetime,
    new_due_on: date | None = None,
) -> CaseProposal:
    """Propose that a case be extended to `new_due_on`, or be reopened (then None); return it.

    Raises NotAllowed (propose-not-allowed), StaleVersion (case-changed), WrongState
    (extend-not-from-..., reopen-not-from-...), Conflict (proposal-open), Invalid (reason-missing,
    due-not-later, due-too-far).
    """
    case = backlog.lock(case_id)
    backlog.require(permissions.supervises(by, case.unit_id, at=at), "propose", case)
    require_seen(case, expected, noun="case")
    backlog.require_state(ACT_OF[act], case)
    if case.proposals.filter(state=CaseProposalState.OPEN).exists():
        raise Conflict(
            _("%(what)s has a proposal that nobody has decided yet. Wait for the decision.")
            % {"what": backlog.what(case)},
            code="proposal-open",
        )
    require_text(reason.strip(), field="reason", code="reason-missing")
    if act == CaseProposalAct.EXTEND:
        backlog.require_due(new_due_on or date.min, case, at=at)
    else:
        new_due_on = None
    proposal = CaseProposal.objects.create(
        case=case,
        act=act,
        new_due_on=new_due_on,
        reason=reason.strip(),
        proposed_by=by,
        proposed_at=at,
    )
    _touch(case)
    backlog.enter(
        case,
        f"propose_{act}",
        by=by,
        at=at,
        data={
            "reason": proposal.reason,
            "new_due_on": new_due_on.isoformat() if new_due_on else None,
        },
    )
    return proposal


@transaction.atomic
def decide(
    *, case_id: int, granted: bool, by: User, expected: int, at: datetime, answer: str = ""
) -> CaseProposal:
    """Grant or decline what is proposed for a case; return the proposal.

    An extension is decided by the assigning side, a reopening by a leader in charge, and never by
    who proposed it. `answer`: needed to decline. Raises NotAllowed (decide-not-allowed),
    StaleVersion (case-changed), Conflict (no-proposal), WrongState, Invalid (answer-missing,
    due-not-later, due-too-far).
    """
    case = backlog.lock(case_id)
    proposal = case.proposals.filter(state=CaseProposalState.OPEN).first()
    if proposal is None:
        raise Conflict(
            _("Nothing is proposed for %(what)s. Somebody may have decided it already.")
            % {"what": backlog.what(case)},
            code="no-proposal",
        )
    backlog.require(may_decide(by, proposal, at=at), "decide", case)
    require_seen(case, expected, noun="case")
    backlog.require_state(ACT_OF[CaseProposalAct(proposal.act)], case)
    if not granted:
        require_text(answer.strip(), field="answer", code="answer-missing")
    require_within(answer.strip(), field="answer", most=texts.ACCOUNT)
    proposal.state = CaseProposalState.GRANTED if granted else CaseProposalState.DECLINED
    proposal.answer, proposal.decided_by, proposal.decided_at = answer.strip(), by, at
    proposal.save(update_fields=["state", "answer", "decided_by", "decided_at"])
    if not granted:
        _touch(case)
        backlog.enter(
            case,
            "decline",
            by=by,
            at=at,
            data={"act": proposal.act, "answer": proposal.answer},
        )
    elif proposal.act == CaseProposalAct.EXTEND:
        _extend(case, proposal, by=by, at=at)
    else:
        _reopen(case, proposal, by=by, at=at)
    return proposal


def may_decide(user: User, proposal: CaseProposal, *, at: datetime) -> bool:
    """Say whether `user` decides this proposal: another than who proposed it, of the right level."""
    if user.pk == proposal.proposed_by_id:
        return False
    if proposal.act == CaseProposalAct.EXTEND:
        return permissions.may_extend(user, proposal.case, at=at)
    return permissions.leads(user, proposal.case.unit_id, at=at)


def _touch(case: BacklogCase) -> None:
    case.etag_version += 1
    case.save(update_fields=["etag_version"])


def _extend(case: BacklogCase, proposal: CaseProposal, *, by: User, at: datetime) -> None:
    new_due_on = proposal.new_due_on or date.min
    backlog.require_due(new_due_on, case, at=at)
    extension = CaseExtension.objects.create(
        case=case,
        ordinal=case.extensions.count() + 1,
        old_due_on=case.current_due_on,
        new_due_on=new_due_on,
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
        granted_by=by,
        granted_at=at,
    )
    backlog.move(
        case,
        CaseAct.EXTEND,
        by=by,
        at=at,
        data={
            "ordinal": extension.ordinal,
            "old_due_on": extension.old_due_on.isoformat(),
            "reason": extension.reason,
            "proposed_by": proposal.proposed_by.username,
        },
        current_due_on=new_due_on,
    )
    backlog.start_clock(case, at=at)


def _reopen(case: BacklogCase, proposal: CaseProposal, *, by: User, at: datetime) -> None:
    backlog.move(
        case,
        CaseAct.REOPEN,
        by=by,
        at=at,
        data={"reason": proposal.reason, "proposed_by": proposal.proposed_by.username},
        verified_by=None,
        ended_on=None,
        **UNPROVED,
    )
    backlog.start_clock(case, at=at)
