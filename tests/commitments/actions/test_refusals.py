"""What stands in the way of the planner and the assigner: one code each, and nothing is written."""

from datetime import date
from decimal import Decimal

import pytest

from commitments.actions import allocations, commitments, drafts, plans, scoring, targets
from commitments.enums import Comparator, PeriodState, TargetState, VersionAct
from tests.commitments.actions.test_allocations import split
from tests.commitments.actions.test_moves import settle
from tests.commitments.actions.test_moves_of_plans import PLAN_ACTS, TARGET_ACTS, ready_to_close
from tests.constraints import change
from tests.factories.body import NOW, SIGN_BY, make_body
from units.errors import Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
A = VersionAct
WANTED = targets.Wanted(Comparator.GE, Decimal(99))


def plan_in(body, state):
    change(body.plan, state=state)
    body.plan.refresh_from_db()
    return body.plan


def target_act(name, body, **more):
    target = body.targets[0]
    asked = {"target_id": target.pk, "by": body.planner, "expected": 1, "at": NOW}
    return getattr(targets, f"{name}_target")(**(asked | more))


def verdict(body, **more):
    asked = {
        "target_id": body.targets[0].pk,
        "verdict": "met",
        "as_of": date(2024, 12, 31),
        "source_ref": "Minutes",
        "by": body.assigner,
        "at": NOW,
    }
    return scoring.assert_verdict(**(asked | more))


def amended(body, version, reason="Revised."):
    return commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason=reason,
        sign_by=SIGN_BY,
    )


def answered(body, version, text="No."):
    version.refresh_from_db()
    return commitments.answer(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        answers={None: text},
        sign_by=SIGN_BY,
    )


def plan_of_another(body):
    change(body.plan, state=PeriodState.PLANNING)
    return plans.open_period(period_id=body.plan.pk, by=body.planner, expected=1, at=NOW)


def closing_before_its_targets(body):
    plan_in(body, PeriodState.CLOSING)
    return PLAN_ACTS["close"](body)


def closing_before_its_commitments(body):
    body.in_force()
    plan_in(body, PeriodState.CLOSING)
    ready_to_close(body)
    return PLAN_ACTS["close"](body)


def opening_without_a_target(body):
    for target in body.targets:
        change(target, state=TargetState.PLANNED)
    plan_in(body, PeriodState.PLANNING)
    return PLAN_ACTS["open"](body)


def verdict_twice(body):
    plan_in(body, PeriodState.CLOSING)
    verdict(body)
    return verdict(body)


def sourceless_verdict(body):
    plan_in(body, PeriodState.CLOSING)
    return verdict(body, source_ref=" ")


def refused_and_answered_twice(body):
    version = body.issued()
    body.act(A.REFUSE, version, body.secretary)
    following = answered(body, version)
    drafts.discard(
        version_id=following.pk, by=body.planner, expected=following.etag_version, at=NOW
    )
    return answered(body, version)


def refused_and_answered_with_nothing(body):
    version = body.issued()
    body.act(A.REFUSE, version, body.secretary)
    return answered(body, version, " ")


def refused_and_drafted_again(body):
    body.act(A.REFUSE, body.issued(), body.secretary)
    return body.draft()


def in_force_and_drafted_again(body):
    body.in_force()
    return body.draft()


def amended_twice(body):
    version = body.in_force()
    amended(body, version)
    version.refresh_from_db()
    return amended(body, version)


def a_part_that_is_assigned_is_left_out(body):
    whole = split(body, 150, 100)
    return allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(250)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )


def parts_of_what_is_no_number(body):
    change(body.targets[0].indicator, kind="boolean")
    target = body.targets[0]
    target.refresh_from_db()
    return allocations.allocate(
        target_id=target.pk,
        parts={body.other.pk: Decimal(1)},
        by=body.planner,
        expected=target.etag_version,
        at=NOW,
    )


def concluded_without_a_verdict(body):
    plan_in(body, PeriodState.CLOSING)
    return TARGET_ACTS["conclude"](body, body.targets[0])


def a_target_in_a_plan_that_closes(body):
    plan_in(body, PeriodState.CLOSING)
    return split(body, 150, 100)


def items_of_another_plan(body):
    return body.draft(items=[(0, "lead")])


REFUSALS = {
    "create-plan-not-allowed": lambda body: plans.create_period(
        owner_id=body.committee.pk, year=2025, by=body.secretary, at=NOW
    ),
    "open-not-allowed": plan_of_another,
    "period-changed": lambda body: plans.start_closing(
        period_id=body.plan.pk, by=body.assigner, expected=9, at=NOW
    ),
    "no-target-assigned": opening_without_a_target,
    "targets-not-concluded": closing_before_its_targets,
    "commitments-not-settled": closing_before_its_commitments,
    "assert-verdict-not-allowed": lambda body: verdict(body, by=body.planner),
    "period-not-closing": verdict,
    "source-missing": sourceless_verdict,
    "verdict-exists": verdict_twice,
    "define-uom-not-allowed": lambda body: targets.define_unit_of_measure(
        code="x", label_vi="x", by=body.secretary, at=NOW
    ),
    "define-indicator-not-allowed": lambda body: targets.define_indicator(
        code="x",
        name_vi="x",
        kind="count",
        uom_id=body.targets[0].indicator.uom_id,
        by=body.secretary,
        at=NOW,
    ),
    "create-target-not-from-closing": a_target_in_a_plan_that_closes,
    "target-changed": lambda body: target_act(
        "revise", body, wanted=WANTED, reason="x", expected=9
    ),
    "revise-target-not-allowed": lambda body: target_act(
        "revise", body, wanted=WANTED, reason="x", by=body.secretary
    ),
    "nothing-changed": lambda body: target_act(
        "revise",
        body,
        wanted=targets.wanted_of(body.targets[0].revisions.get()),
        reason="x",
    ),
    "withdraw-target-not-allowed": lambda body: target_act("withdraw", body, reason="x"),
    "conclude-target-not-allowed": lambda body: target_act("conclude", body),
    "verdict-missing": concluded_without_a_verdict,
    "part-assigned": a_part_that_is_assigned_is_left_out,
    "not-additive": parts_of_what_is_no_number,
    "item-of-another-plan": items_of_another_plan,
    "office-of-another-unit": lambda body: body.draft(first_undertaker_id=body.assigning.pk),
    "amend-instead": in_force_and_drafted_again,
    "answer-first": refused_and_drafted_again,
    "already-answered": refused_and_answered_twice,
    "answer-missing": refused_and_answered_with_nothing,
    "version-open": amended_twice,
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_obstacle_has_its_code(code):
    body = make_body()
    with pytest.raises(Refused) as refused:
        REFUSALS[code](body)
    assert refused.value.code == code
    assert str(refused.value.message)


@pytest.mark.parametrize(
    ("name", "more"),
    [("revise", {"wanted": WANTED}), ("withdraw", {"by": "assigner"})],
)
def test_a_target_does_not_change_without_a_reason(name, more):
    body = make_body()
    more = more | {"by": getattr(body, more.get("by", "planner"))}
    with pytest.raises(Refused) as refused:
        target_act(name, body, reason=" ", **more)
    assert (refused.value.code, list(refused.value.fields)) == ("reason-missing", ["reason"])


def test_an_amendment_has_a_reason():
    body = make_body()
    version = body.issued()
    with pytest.raises(Refused) as refused:
        amended(body, version, " ")
    assert refused.value.code == "reason-missing"


def test_nothing_is_settled_before_its_plan_closes():
    body = make_body()
    version = body.in_force()
    entries = RegisterEntry.objects.count()
    with pytest.raises(Refused) as refused:
        settle(version, body)
    assert refused.value.code == "period-not-closing"
    assert RegisterEntry.objects.count() == entries
