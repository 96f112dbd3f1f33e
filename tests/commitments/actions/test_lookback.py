"""Looking back: what was known at the end of a day, whatever was written over since."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import lookback, plans, results, scoring, targets, verifications
from commitments.actions.revisions import wanted_of
from commitments.enums import PeriodState, TargetState, VerdictValue
from commitments.models import Observation, Target
from commitments.rules.reports import Answer
from tests.factories.reports import LATE, make_desk

pytestmark = pytest.mark.django_db
MAY = datetime(2024, 5, 10, 2, tzinfo=UTC)
CLOSING = datetime(2024, 12, 31, 9, tzinfo=UTC)
ASSERTED = datetime(2025, 1, 5, 2, tzinfo=UTC)
CORRECTED = datetime(2025, 1, 10, 2, tzinfo=UTC)


@pytest.fixture
def desk():
    return make_desk()


def at_end_of(desk, year, month, day):
    """Return the lines of the plan as known at the end of a day, by reference."""
    at = lookback.end_of(date(year, month, day))
    seen = Target.objects.filter(period=desk.body.plan).exclude(state=TargetState.PLANNED)
    return {line.said["ref"]: line for line in results.of(seen, at=at, known_at=at).lines}


def actual(line):
    return line.result.standing.actual.value


def test_a_day_of_the_body_ends_at_its_own_midnight():
    assert lookback.end_of(date(2024, 3, 31)) == datetime(
        2024, 3, 31, 16, 59, 59, 999999, tzinfo=UTC
    )


def test_a_figure_counts_from_when_it_was_verified_and_stays_after_it_was_restated(desk):
    duty = desk.duty("restating")  # 7 is verified on 2 April, and to be restated
    report = desk.filed(duty, Answer(value=Decimal(5)), at=LATE)
    verifications.verify(
        report_id=report.pk, by=desk.verifier, expected=report.etag_version, at=LATE
    )
    ref = desk.body.targets[0].ref
    assert actual(at_end_of(desk, 2024, 4, 1)[ref]) is None  # not 0
    assert actual(at_end_of(desk, 2024, 4, 2)[ref]) == 7
    assert actual(at_end_of(desk, 2024, 4, 7)[ref]) == 7
    assert actual(at_end_of(desk, 2024, 4, 8)[ref]) == 5


def test_what_was_revised_withdrawn_or_assigned_later_stood_as_it_was(desk):
    body = desk.body
    first, second, third = body.targets[:3]
    targets.revise_target(
        target_id=first.pk,
        wanted=wanted_of(first.revisions.get(), value=Decimal(99)),
        reason="Bổ sung",
        by=body.planner,
        expected=first.etag_version,
        at=MAY,
    )
    targets.withdraw_target(
        target_id=second.pk,
        reason="Thôi",
        by=body.assigner,
        expected=second.etag_version,
        at=MAY,
    )
    third.duties.all().delete()
    Target.objects.filter(pk=third.pk).update(state="planned")
    targets.assign_target(target_id=third.pk, by=body.planner, expected=third.etag_version, at=MAY)
    Observation.objects.create(
        indicator=first.indicator,
        unit=first.unit,
        period=body.plan,
        value=3,
        source_ref="Thống kê",
        recorded_by=body.planner,
        recorded_at=MAY,
    )
    before, after = at_end_of(desk, 2024, 5, 9), at_end_of(desk, 2024, 5, 10)
    assert (before[first.ref].terms.demand.value, after[first.ref].terms.demand.value) == (21, 99)
    assert (before[second.ref].said["state"], after[second.ref].said["state"]) == (
        "assigned",
        "withdrawn",
    )
    assert (third.ref in before, third.ref in after) == (False, True)
    held = [bool(one.rows) for one in (before[first.ref], at_end_of(desk, 2025, 1, 1)[first.ref])]
    assert held == [False, True]


def test_settlement_is_seen_as_it_was_before_it_was_corrected(desk):
    body, target = desk.body, desk.body.targets[0]
    plans.start_closing(
        period_id=body.plan.pk, by=body.assigner, expected=body.plan.etag_version, at=CLOSING
    )
    told = {"target_id": target.pk, "by": body.assigner}
    scoring.assert_verdict(
        verdict=VerdictValue.UNMET,
        as_of=date(2024, 12, 31),
        source_ref="Biên bản",
        at=ASSERTED,
        **told,
    )
    scoring.correct_verdict(
        verdict=VerdictValue.MET, source_ref="Kiểm tra lại", at=CORRECTED, **told
    )
    seen = [
        at_end_of(desk, *day)[target.ref]
        for day in ((2024, 12, 30), (2024, 12, 31), (2025, 1, 4), (2025, 1, 9), (2025, 1, 10))
    ]
    assert [line.said["year_state"] for line in seen] == [PeriodState.OPEN] + [
        PeriodState.CLOSING
    ] * 4
    assert [line.said["concluded"] for line in seen] == [None, None, None, "unmet", "met"]
    assert seen[3].result.verdict.source == "Biên bản"
    assert [line.result.verdict.said for line in seen[3:]] == ["unmet", "met"]
    assert [line.result.concluded for line in seen] == [False, True, True, True, True]


def test_looking_back_costs_three_queries_more_whatever_there_is(desk):
    costs = []
    for number in (1, 3):
        seen = Target.objects.filter(pk__in=[target.pk for target in desk.body.targets[:number]])
        at = lookback.end_of(date(2024, 4, 30))
        for known_at in (None, at):
            with CaptureQueriesContext(connection) as queries:
                results.of(seen, at=at, known_at=known_at)
            costs.append(len(queries))
    assert costs[:2] == costs[2:]
    assert costs[1] - costs[0] == 3
