"""Parts that must add up: nothing is issued over a gap, whichever way the gap came about."""

from decimal import Decimal

import pytest

from commitments.actions import allocations, commitments, drafts, targets
from commitments.enums import Comparator, TargetState
from tests.constraints import change
from tests.factories.body import NOW, SIGN_BY, make_body
from tests.factories.reports import months_of
from units.errors import Invalid, StaleVersion, WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def allocate(body, whole, *parts, **more):
    """Split `whole` among the commune and its neighbour; return the split."""
    whole.refresh_from_db()
    asked = {
        "target_id": whole.pk,
        "parts": {
            unit.pk: Decimal(part)
            for unit, part in zip((body.commune, body.other), parts, strict=True)
        },
        "by": body.planner,
        "expected": whole.etag_version,
        "at": NOW,
    }
    return allocations.allocate(**(asked | more))


def split(body, *parts, value=250, assigned=True, roadmap=(), **more):
    """Return a target of the whole district that is split into `parts`."""
    plan, group = body.plan, body.targets[0].group
    whole = targets.create_target(
        period_id=plan.pk,
        group_id=group.pk,
        indicator_id=body.targets[0].indicator_id,
        unit_id=body.committee.pk,
        code="W.1",
        wanted=targets.Wanted(Comparator.GE, Decimal(value), roadmap=roadmap),
        by=body.planner,
        at=NOW,
    )
    allocate(body, whole, *parts, **more)
    if assigned:
        pks = [whole.pk, *whole.children.values_list("pk", flat=True)]
        targets.assign_targets(target_ids=pks, by=body.planner, at=NOW)
    whole.refresh_from_db()
    return whole


def issue(version, body):
    return commitments.issue(
        version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
    )


@pytest.mark.parametrize(
    ("parts", "more", "gap"),
    [
        ((140, 100), {}, "10"),
        ((148, 100), {}, "2"),
        ((148, 100), {"reserve": Decimal(2)}, None),
        ((152, 100), {}, "-2"),
        ((152, 100), {"overage": Decimal(2)}, None),
        ((150, 100), {}, None),
    ],
)
def test_a_gap_stops_the_issue_and_is_named(parts, more, gap):  # G-08
    body = make_body()
    whole = split(body, *parts, **more)
    version = body.draft()
    if gap is None:
        assert issue(version, body).state == "issued"
        return
    entries = RegisterEntry.objects.count()
    with pytest.raises(Invalid) as refused:
        issue(version, body)
    assert refused.value.code == "allocation-gap"
    assert refused.value.members == {"target": whole.ref, "gap": gap}
    assert RegisterEntry.objects.count() == entries


def test_a_planned_part_of_an_earlier_split_can_be_left_out():
    body = make_body()
    whole = split(body, 150, 100, assigned=False)
    targets.assign_target(target_id=whole.pk, by=body.planner, expected=whole.etag_version, at=NOW)
    whole.refresh_from_db()
    targets.revise_target(
        target_id=whole.pk,
        wanted=targets.wanted_of(whole.current, value=Decimal(260)),
        reason="More was asked.",
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    dropped = whole.children.get(unit=body.other)
    whole.refresh_from_db()
    allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(260)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert list(whole.children.values_list("unit", flat=True)) == [body.commune.pk]
    entry = RegisterEntry.objects.get(kind="target.drop")
    assert entry.subject_ref == dropped.ref


def test_a_revised_whole_is_a_gap_until_it_is_split_anew():
    body = make_body()
    whole = split(body, 150, 100)
    targets.revise_target(
        target_id=whole.pk,
        wanted=targets.wanted_of(whole.current, value=Decimal(260)),
        reason="More was asked.",
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert allocations.gaps(targets=[whole]) == {whole.pk: Decimal(10)}
    with pytest.raises(Invalid) as refused:
        issue(body.draft(), body)
    assert refused.value.code == "allocation-gap"

    allocate(body, whole, 160, 100)
    assert allocations.gaps(targets=[whole]) == {}


def test_a_withdrawn_part_no_longer_counts():
    body = make_body()
    whole = split(body, 150, 100)
    part = whole.children.get(unit=body.other)
    targets.withdraw_target(
        target_id=part.pk,
        reason="Not theirs.",
        by=body.assigner,
        expected=part.etag_version,
        at=NOW,
    )
    assert allocations.gaps(targets=[whole]) == {whole.pk: Decimal(100)}


def test_two_planners_on_one_split_are_told():
    body = make_body()
    whole = split(body, 140, 100, assigned=False)
    seen = whole.etag_version
    allocate(body, whole, 150, 100)
    with pytest.raises(StaleVersion) as refused:
        allocate(body, whole, 145, 100, expected=seen)
    assert refused.value.code == "target-changed"
    assert allocations.gaps(targets=[whole]) == {}


@pytest.mark.parametrize("state", [TargetState.WITHDRAWN, TargetState.CLOSED])
def test_what_has_ended_is_not_split_any_more(state):
    body = make_body()
    whole = split(body, 150, 100)
    change(whole, state=state, end_reason="Ended.")
    entries = RegisterEntry.objects.count()
    with pytest.raises(WrongState) as refused:
        allocate(body, whole, 140, 110)
    assert refused.value.code == f"allocate-not-from-{state}"
    assert RegisterEntry.objects.count() == entries


def test_parts_of_a_uniform_target_all_demand_the_same():
    body = make_body()
    whole = split(body, 250, 200, mode="uniform")
    with pytest.raises(Invalid) as refused:
        issue(body.draft(), body)
    assert refused.value.code == "allocation-not-uniform"
    assert whole.code in str(refused.value.message)
    allocate(body, whole, 250, 250, mode="uniform")
    draft = body.commune.commitments.get().versions.get()
    draft.refresh_from_db()
    part = whole.children.get(unit=body.commune)
    drafts.edit(
        version_id=draft.pk,
        by=body.planner,
        expected=draft.etag_version,
        at=NOW,
        sign_by=SIGN_BY,
        first_undertaker_id=body.first.pk,
        second_undertaker_id=None,
        assigner_id=body.assigning.pk,
        items=[(part.current.pk, "lead")],
    )
    draft.refresh_from_db()
    assert issue(draft, body).state == "issued"


def expected_of(part):
    """Return the roadmap of a part, month by month."""
    return [point.value for point in part.current.roadmap.order_by("period")]


def test_a_part_takes_over_the_roadmap_in_its_proportion():
    body = make_body()
    months = months_of(body.plan)
    roadmap = [(months[2].pk, Decimal(40)), (months[11].pk, Decimal(250))]
    whole = split(body, 150, 100, roadmap=roadmap)
    first, second = whole.children.order_by("pk")
    assert expected_of(first) == [24, 150]
    assert expected_of(second) == [16, 100]
    allocate(body, whole, 200, 50)
    whole.refresh_from_db()
    first = whole.children.order_by("pk")[0]
    assert expected_of(first) == [32, 200]
