"""A plan from the empty year to its first revision, by the ordinary acts."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from commitments.actions import allocations, plans, targets
from commitments.enums import Comparator, TargetState
from tests.factories.body import NOW, make_body
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def test_a_plan_is_built_allocated_assigned_opened_and_revised():
    body = make_body()
    plan = plans.create_period(owner_id=body.committee.pk, year=2025, by=body.planner, at=NOW)
    assert plan.children.count() == 16
    mandate = plans.create_mandate(
        issuer_id=body.committee.pk,
        kind="resolution",
        title_vi="Nghị quyết năm",
        by=body.planner,
        at=NOW,
    )
    group = plans.create_group(
        period_id=plan.pk,
        mandate_id=mandate.pk,
        code="A",
        title_vi="Nhóm A",
        field="security",
        by=body.planner,
        at=NOW,
    )
    uom = targets.define_unit_of_measure(code="km", label_vi="km", by=body.planner, at=NOW)
    ind = targets.define_indicator(
        code="roads", name_vi="Đường", kind="count", uom_id=uom.pk, by=body.planner, at=NOW
    )
    whole = targets.create_target(
        period_id=plan.pk,
        group_id=group.pk,
        indicator_id=ind.pk,
        unit_id=body.committee.pk,
        code="A.1",
        wanted=targets.Wanted(Comparator.GE, Decimal(250)),
        by=body.planner,
        at=NOW,
    )
    allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(140), body.other.pk: Decimal(100)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert allocations.gaps(targets=[whole]) == {whole.pk: Decimal(10)}
    whole.refresh_from_db()
    allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(150), body.other.pk: Decimal(100)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert allocations.gaps(targets=[whole]) == {}
    done = targets.assign_targets(
        target_ids=[whole.pk, *whole.children.values_list("pk", flat=True)], by=body.planner, at=NOW
    )
    assert {row.state for row in done} == {TargetState.ASSIGNED}
    plan.refresh_from_db()  # a group is a part of it
    opened = plans.open_period(
        period_id=plan.pk, by=body.assigner, expected=plan.etag_version, at=NOW
    )
    assert opened.state == "open"
    whole.refresh_from_db()
    whole = targets.revise_target(
        target_id=whole.pk,
        wanted=targets.wanted_of(whole.current, value=Decimal(300)),
        reason="More",
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(180), body.other.pk: Decimal(120)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert allocations.gaps(targets=[whole]) == {}
    assert date(2024, 2, 2) == whole.revisions.get(n=2).effective_from


@pytest.mark.parametrize(
    ("day", "state"), [(date(2024, 12, 31), "open"), (date(2025, 1, 1), "closing")]
)
def test_a_plan_begins_to_close_after_its_last_day(day, state):
    body = make_body()
    at = datetime.combine(day, time(12), tzinfo=UTC)
    plans.advance(at=at)
    plans.advance(at=at)
    body.plan.refresh_from_db()
    assert body.plan.state == state
    entries = RegisterEntry.objects.filter(kind="period.start_closing")
    assert entries.count() == (state == "closing")
