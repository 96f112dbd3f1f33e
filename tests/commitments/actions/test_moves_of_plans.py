"""Plans and targets: every act in every state; a refusal has its code and leaves nothing behind."""

from datetime import date
from decimal import Decimal

import pytest

from commitments.actions import commitments, plans, scoring, targets
from commitments.enums import Comparator, PeriodState, TargetState
from tests.constraints import change
from tests.factories.body import NOW, make_body
from units.errors import Conflict, WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
WANTED = targets.Wanted(Comparator.GE, Decimal(99))


def plan_act(act):
    def do(body):
        plan = body.plan
        return act(period_id=plan.pk, by=body.assigner, expected=plan.etag_version, at=NOW)

    return do


PLAN_ACTS = {
    "open": plan_act(plans.open_period),
    "start_closing": plan_act(plans.start_closing),
    "close": plan_act(plans.close),
}


def ready_to_close(body):
    """Let every target have ended: what closing asks for beside the state."""
    for target in body.targets:
        change(target, state=TargetState.WITHDRAWN, end_reason="Ended.")


@pytest.mark.parametrize("state", PeriodState)
@pytest.mark.parametrize("act", PLAN_ACTS)
def test_every_act_on_a_plan_in_every_state(act, state):
    body = make_body()
    change(body.plan, state=state)
    body.plan.refresh_from_db()
    if act == "close":
        ready_to_close(body)
    entries = RegisterEntry.objects.count()
    source, target = plans.MOVES[act]
    if state == source:
        assert PLAN_ACTS[act](body).state == target
        assert RegisterEntry.objects.count() == entries + 1
        entry = RegisterEntry.objects.latest("pk")
        assert (entry.kind, entry.subject_version) == (f"period.{act}", 2)
        return
    with pytest.raises(WrongState) as refused:
        PLAN_ACTS[act](body)
    assert refused.value.code == f"{act}-not-from-{state}".replace("_", "-")
    assert RegisterEntry.objects.count() == entries
    body.plan.refresh_from_db()
    assert (body.plan.state, body.plan.etag_version) == (state, 1)


def target_act(act, who="planner", **more):
    def do(body, target):
        return act(
            target_id=target.pk,
            by=getattr(body, who),
            expected=target.etag_version,
            at=NOW,
            **more,
        )

    return do


TARGET_ACTS = {
    "edit": target_act(targets.edit_target, wanted=WANTED),
    "assign": target_act(targets.assign_target),
    "revise": target_act(targets.revise_target, wanted=WANTED, reason="More."),
    "withdraw": target_act(targets.withdraw_target, "assigner", reason="Not theirs."),
    "conclude": target_act(targets.conclude_target, "assigner"),
}


def test_the_matrix_knows_every_act():
    assert set(PLAN_ACTS) == set(plans.MOVES)
    assert set(TARGET_ACTS) == set(targets.MOVES)


@pytest.mark.parametrize("state", TargetState)
@pytest.mark.parametrize("act", TARGET_ACTS)
def test_every_act_on_a_target_in_every_state(act, state):
    body = make_body()
    target = body.targets[0]
    if act == "conclude":
        change(body.plan, state=PeriodState.CLOSING)
        scoring.assert_verdict(
            target_id=target.pk,
            verdict="met",
            as_of=date(2024, 12, 31),
            source_ref="Minutes",
            by=body.assigner,
            at=NOW,
        )
    change(target, state=state, end_reason="Ended." if state == TargetState.WITHDRAWN else "")
    target.refresh_from_db()
    entries, version = RegisterEntry.objects.count(), target.etag_version
    source, after = targets.MOVES[act]
    if state == source:
        assert TARGET_ACTS[act](body, target).state == after
        assert RegisterEntry.objects.count() == entries + 1
        entry = RegisterEntry.objects.latest("pk")
        assert (entry.kind, entry.subject_version) == (f"target.{act}", version + 1)
        return
    with pytest.raises(WrongState) as refused:
        TARGET_ACTS[act](body, target)
    assert refused.value.code == f"{act}-not-from-{state}"
    assert RegisterEntry.objects.count() == entries
    target.refresh_from_db()
    assert (target.state, target.etag_version) == (state, version)


def test_a_revised_target_is_concluded_by_two_verdicts_and_another_one_by_one():
    body = make_body()
    target = targets.revise_target(
        target_id=body.targets[0].pk,
        wanted=WANTED,
        reason="More.",
        by=body.planner,
        expected=body.targets[0].etag_version,
        at=NOW,
    )
    change(body.plan, state=PeriodState.CLOSING)
    told = {"verdict": "met", "as_of": date(2024, 12, 31), "source_ref": "Minutes"}
    told |= {"target_id": target.pk, "by": body.assigner, "at": NOW}
    conclude = target_act(targets.conclude_target, "assigner")
    for against in ("adjusted", "original"):
        with pytest.raises(Conflict) as refused:
            conclude(body, target)
        assert refused.value.code == "verdict-missing"
        scoring.assert_verdict(against=against, **told)
    assert conclude(body, target).state == TargetState.CLOSED


@pytest.mark.parametrize("state", [PeriodState.CLOSING, PeriodState.CLOSED])
def test_nothing_is_amended_in_a_plan_that_closes(state):
    body = make_body()
    version = body.in_force()
    change(body.plan, state=state)
    entries = RegisterEntry.objects.count()
    with pytest.raises(WrongState) as refused:
        commitments.amend(
            version_id=version.pk,
            by=body.planner,
            expected=version.etag_version,
            at=NOW,
            reason="Late.",
            sign_by=date(2024, 12, 31),
        )
    assert refused.value.code == f"amend-not-from-{state}"
    assert RegisterEntry.objects.count() == entries
