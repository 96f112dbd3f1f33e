"""Items that heads propose before their commitment is issued; the planner answers each."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions.plans import require_planner
from commitments.enums import PeriodState, ProposalState, TargetState
from commitments.models import Period, Proposal, Target
from units.actions import register
from units.actions.guards import require_seen, require_text, require_within
from units.errors import Conflict, Invalid, NotAllowed, WrongState
from units.models import Position, User
from units.permissions import holder_at

DECISIONS = {ProposalState.ACCEPTED, ProposalState.CHANGED, ProposalState.DECLINED}


@transaction.atomic
def make(
    *,
    period_id: int,
    office_id: int,
    title: str,
    wanted: str,
    by: User,
    at: datetime,
    reason: str = "",
) -> Proposal:
    """Propose an item for the plan, as the head of a unit, before its commitment is issued.

    `office_id`: the head's position. Raises NotAllowed (propose-not-allowed), WrongState
    (propose-not-from-<state of the plan>), Conflict (commitment-issued), Invalid
    (proposal-incomplete).
    """
    period = Period.objects.select_for_update(no_key=True).get(pk=period_id)
    office = Position.objects.select_related("unit").get(pk=office_id)
    holder = holder_at(office, at=at)
    if not office.is_head or holder is None or holder.person_id != by.pk or not by.is_active:
        raise NotAllowed(
            _("Only whoever heads the unit proposes items for it."), code="propose-not-allowed"
        )
    if period.state not in {PeriodState.PLANNING, PeriodState.OPEN}:
        raise WrongState(
            _("Nothing can be proposed for %(plan)s: it is “%(state)s”.")
            % {"plan": period.name, "state": PeriodState(period.state).label},
            code=f"propose-not-from-{period.state}",
        )
    if permissions.is_issued_to(office.unit_id, period):
        raise Conflict(
            _(
                "The commitment of %(unit)s for %(plan)s is issued. Return it for correction and "
                "say there what should change."
            )
            % {"unit": office.unit.name, "plan": period.name},
            code="commitment-issued",
        )
    if office not in permissions.may_propose(by, period, at=at):
        raise NotAllowed(
            _("%(unit)s is no unit to which %(plan)s assigns targets.")
            % {"unit": office.unit.name, "plan": period.name},
            code="propose-not-allowed",
        )
    require_text(title.strip(), field="title", code="proposal-incomplete")
    require_text(wanted.strip(), field="wanted", code="proposal-incomplete")
    require_within(reason.strip(), field="reason")
    proposal = Proposal(
        period=period,
        unit=office.unit,
        office=office,
        proposed_by=by,
        proposed_at=at,
        title=title.strip(),
        wanted=wanted.strip(),
        reason=reason.strip(),
    )
    proposal.full_clean(exclude=["answer", "answered_by", "answered_at", "target"])
    proposal.save()
    _enter(proposal, "make", by=by, at=at, office=office)
    return proposal


def _lock(proposal_id: int) -> Proposal:
    rows = Proposal.objects.select_related("period", "unit", "office")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=proposal_id)


def _require_open(proposal: Proposal, act: str) -> None:
    if proposal.state != ProposalState.OPEN:
        raise WrongState(
            _("The proposal “%(title)s” is answered already: %(state)s.")
            % {"title": proposal.title, "state": ProposalState(proposal.state).label},
            code=f"{act}-not-from-{proposal.state}",
        )


@transaction.atomic
def withdraw(*, proposal_id: int, by: User, expected: int, at: datetime) -> Proposal:
    """Take a proposal back that nobody has answered. Raises NotAllowed, StaleVersion, WrongState."""
    proposal = _lock(proposal_id)
    holder = holder_at(proposal.office_id, at=at)
    if holder is None or holder.person_id != by.pk:
        raise NotAllowed(
            _("Only whoever heads the unit takes its proposal back."),
            code="withdraw-proposal-not-allowed",
        )
    require_seen(proposal, expected, noun="proposal")
    _require_open(proposal, "withdraw")
    proposal.state = ProposalState.WITHDRAWN
    _save(proposal, "withdraw", by=by, at=at)
    return proposal


@transaction.atomic
def answer(
    *,
    proposal_id: int,
    decision: ProposalState,
    by: User,
    expected: int,
    at: datetime,
    text: str = "",
    target_id: int | None = None,
) -> Proposal:
    """Accept a proposal, accept it with changes, or decline it.

    `decision`: ACCEPTED, CHANGED or DECLINED. `target_id`: the target of the same unit and plan that
    carries it, for the first two. `text`: needed for the last two. Raises NotAllowed, StaleVersion,
    WrongState, Invalid (decision-unknown, answer-missing, target-missing).
    """
    proposal = _lock(proposal_id)
    require_planner(by, proposal.period.owner_id, at=at, act="answer-proposal", in_person=True)
    if by.pk == proposal.proposed_by_id:
        raise NotAllowed(
            _("Nobody answers a proposal of one's own. Ask another planner."),
            code="answer-proposal-not-allowed",
        )
    require_seen(proposal, expected, noun="proposal")
    _require_open(proposal, "answer")
    if decision not in DECISIONS:
        raise Invalid(
            _("Accept it, accept it with changes, or decline it."), code="decision-unknown"
        )
    require_within(text.strip(), field="text")
    if decision != ProposalState.ACCEPTED:
        require_text(text.strip(), field="text", code="answer-missing")
    if decision != ProposalState.DECLINED:
        own = Target.objects.filter(period=proposal.period, unit=proposal.unit)
        chosen = own.exclude(state=TargetState.WITHDRAWN).filter(pk=target_id or 0)
        proposal.target = chosen.first()
        if proposal.target is None:
            fault = _("Choose the target that carries it. Add it to the plan first.")
            raise Invalid(fault, code="target-missing", fields={"target": [fault]})
    proposal.state, proposal.answer = decision, text.strip()
    proposal.answered_by, proposal.answered_at = by, at
    _save(proposal, "answer", by=by, at=at)
    return proposal


def _save(proposal: Proposal, act: str, *, by: User, at: datetime) -> None:
    proposal.etag_version += 1
    fields = ["state", "answer", "answered_by", "answered_at", "target", "etag_version"]
    proposal.save(update_fields=fields)
    _enter(proposal, act, by=by, at=at)


def _enter(
    proposal: Proposal, act: str, *, by: User, at: datetime, office: Position | None = None
) -> None:
    register.append(
        kind=f"proposal.{act}",
        subject=f"proposal/{proposal.pk}",
        subject_version=proposal.etag_version,
        reach=[proposal.period.owner_id, proposal.unit_id],
        by=by,
        at=at,
        office=office,
        data={
            "state": proposal.state,
            "unit": proposal.unit.ref,
            "title": proposal.title,
            "target": proposal.target.ref if proposal.target else None,
        },
    )
