"""A new version of a ladder: one administrator proposes it, another publishes it.

What runs keeps the version with which it began; what begins from the day on which the new one is
in force takes that (source: jobs.md 3).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import ladders
from commitments.enums.policies import LadderKey, PolicyProposalState
from commitments.models import EscalationPolicy, EscalationStep, PolicyProposal
from commitments.rules import policies as rules
from commitments.rules.cases import Step
from units import clock
from units.actions import register
from units.actions.guards import require_administrator, require_within, unique_or
from units.errors import Conflict, Invalid, NotFound
from units.models import User

PROBLEMS: Mapping[str, Any] = {
    "ladder-empty": _("A ladder has at least one level. Give one of them its days."),
    "level-too-far": _("More than 400 days from the due date. Choose fewer."),
    "level-late": _("Level 0 reminds before the due date or on it: 0 or less."),
    "level-early": _("From level 1 on something is late: 0 days or more after the due date."),
    "level-waits": _("From level 2 on a message comes at once. Choose another pace."),
    "level-not-rising": _("Each step comes later than the one before it, and each day once."),
}


@transaction.atomic
def propose(
    *,
    kind: LadderKey,
    steps: Sequence[Step],
    ack_days: int,
    legal_basis: str,
    in_force_from: date,
    reason: str,
    base_version: int,
    by: User,
    at: datetime,
) -> PolicyProposal:
    """Propose the version of a ladder that follows `base_version`, the newest one when it was read.

    `ack_days`: working days, 1 or more. `in_force_from`: today or later. Raises NotAllowed
    (propose-policy-not-allowed), Invalid (reason-missing, policy-in-the-past, policy-unchanged and
    the codes of PROBLEMS), Conflict (policy-proposed: one of this kind waits; policy-moved-on).
    """
    require_administrator(by, None, at=at, act="propose-policy")
    newest = _newest(kind, on=clock.local_date(at))
    _require_base(newest, base_version)
    if not reason.strip():
        raise _invalid("reason", "reason-missing", _("Say why the ladder changes."))
    require_within(reason.strip(), field="reason")
    if in_force_from < clock.local_date(at):
        raise _invalid("in_force_from", "policy-in-the-past", _("Choose today or a later day."))
    if found := rules.problems(steps):
        fields: dict[str, list[Any]] = {}
        for level, code in found:
            field = "pace" if code == "level-waits" else "offsets"
            fields.setdefault(f"{field}_{level}", []).append(PROBLEMS[code])
        raise Invalid(PROBLEMS[found[0][1]], code=found[0][1], fields=fields)
    before = ladders.of(newest).policy
    same = not rules.changed_levels(before.steps, steps) and before.ack_days == ack_days
    if same and newest.legal_basis == legal_basis.strip():
        raise Invalid(
            _("This is the ladder as it is. Change something, or leave it."),
            code="policy-unchanged",
        )
    waits = Conflict(
        _("A new version of this ladder waits already. Publish or withdraw that one first."),
        code="policy-proposed",
    )
    with unique_or(waits):
        proposal = PolicyProposal.objects.create(
            kind=kind,
            base_version=base_version,
            steps=[ladders.columns_of(step) for step in sorted(steps, key=lambda step: step.level)],
            ack_days=ack_days,
            legal_basis=legal_basis.strip(),
            in_force_from=in_force_from,
            reason=reason.strip(),
            proposed_by=by,
            proposed_at=at,
        )
    _enter("propose", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def withdraw(*, proposal_id: int, by: User, at: datetime) -> PolicyProposal:
    """Take a proposal back; any administrator of the whole body may, and it stays in the register.

    Raises NotAllowed (withdraw-policy-not-allowed), NotFound, Conflict (policy-decided).
    """
    require_administrator(by, None, at=at, act="withdraw-policy")
    proposal = _lock(proposal_id)
    _decide(proposal, PolicyProposalState.WITHDRAWN, by=by, at=at)
    _enter("withdraw", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def publish(*, proposal_id: int, by: User, at: datetime) -> EscalationPolicy:
    """Make the proposal the next version of its ladder; return it. Running clocks keep theirs.

    In force on the day that was proposed, or today if that has passed. Raises NotAllowed
    (publish-policy-not-allowed), NotFound, Invalid (publish-own-policy), Conflict (policy-decided,
    policy-moved-on).
    """
    require_administrator(by, None, at=at, act="publish-policy")
    proposal = _lock(proposal_id)
    if proposal.proposed_by_id == by.pk:
        raise Invalid(
            _("Another administrator publishes the ladder that you proposed. Ask one."),
            code="publish-own-policy",
        )
    today = clock.local_date(at)
    newest = _newest(LadderKey(proposal.kind), on=today)
    _require_base(newest, proposal.base_version)
    moved = Conflict(_moved_on(newest), code="policy-moved-on")
    with unique_or(moved):
        policy = EscalationPolicy.objects.create(
            key=newest.key,
            version=newest.version + 1,
            subject_kind=newest.subject_kind,
            calendar=newest.calendar,
            legal_basis=proposal.legal_basis,
            ack_days=proposal.ack_days,
            in_force_from=max(proposal.in_force_from, today),
        )
    EscalationStep.objects.bulk_create(
        EscalationStep(policy=policy, **row) for row in proposal.steps
    )
    proposal.policy = policy
    _decide(proposal, PolicyProposalState.PUBLISHED, by=by, at=at)
    _enter("publish", proposal, by=by, at=at)
    return policy


def steps_of(proposal: PolicyProposal) -> tuple[Step, ...]:
    """Return the rungs of a proposal, as the rules have them."""
    return tuple(ladders.step_of(row) for row in proposal.steps)


def _newest(kind: LadderKey, *, on: date) -> EscalationPolicy:
    """Return the highest version of a ladder; the default becomes version 1 when there is none."""
    first = ladders.in_force(kind, on=on)
    rows = EscalationPolicy.objects.filter(key=first.key).select_related("calendar")
    return rows.prefetch_related("steps", "calendar__days").order_by("-version")[0]


def _moved_on(newest: EscalationPolicy) -> Any:
    return _(
        "Version %(n)d of this ladder has been published meanwhile. Propose your change to it."
    ) % {"n": newest.version}


def _require_base(newest: EscalationPolicy, base_version: int) -> None:
    if newest.version != base_version:
        raise Conflict(_moved_on(newest), code="policy-moved-on")


def _invalid(field: str, code: str, text: Any) -> Invalid:
    return Invalid(text, code=code, fields={field: [text]})


def _lock(proposal_id: int) -> PolicyProposal:
    rows = PolicyProposal.objects.select_for_update(of=("self",), no_key=True)
    proposal = rows.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound(
            _("There is no such proposal. Look at the ladders."), code="policy-not-found"
        )
    if proposal.state != PolicyProposalState.WAITING:
        raise Conflict(
            _("This proposal has been decided already. Look at the ladders."),
            code="policy-decided",
        )
    return proposal


def _decide(
    proposal: PolicyProposal, state: PolicyProposalState, *, by: User, at: datetime
) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, at
    proposal.save(update_fields=["state", "decided_by", "decided_at", "policy"])


def _enter(act: str, proposal: PolicyProposal, *, by: User, at: datetime) -> None:
    register.append(
        kind=f"policy.{act}",
        subject=f"policy/{proposal.kind}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={
            "version": proposal.base_version + 1,
            "in_force_from": proposal.in_force_from.isoformat(),
            "steps": proposal.steps,
            "ack_days": proposal.ack_days,
            "legal_basis": proposal.legal_basis,
            "reason": proposal.reason,
        },
    )
