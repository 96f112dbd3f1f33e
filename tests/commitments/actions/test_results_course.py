"""A board reads only what its results rest on, and of parts that it does not show their numbers alone:
the results are those of the whole course and of every part."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from commitments.actions import lookback, results
from commitments.enums import IndicatorKind, PeriodState, Qualifier, RollUp, TargetState
from commitments.enums.reports import DutyState, ReportState, Timeliness
from commitments.models import (
    IndicatorDefinition,
    Observation,
    Period,
    Report,
    ReportingDuty,
    ReportingRule,
    Target,
    TargetRevision,
    TrajectoryPoint,
)
from tests.factories.body import make_body
from tests.factories.reports import months_of
from units.enums import Provenance

pytestmark = pytest.mark.django_db
D = Decimal
KINDS = {
    RollUp.SUM: IndicatorKind.COUNT,
    RollUp.RATIO_OF_SUMS: IndicatorKind.RATIO,
    RollUp.GROWTH_OF_SUMS: IndicatorKind.GROWTH,
    RollUp.LAST: IndicatorKind.NUMBER,
    RollUp.WEIGHTED_MEAN: IndicatorKind.PERCENT,
    RollUp.WORST: IndicatorKind.PERCENT,
    RollUp.COUNT_TRUE: IndicatorKind.BOOLEAN,
    RollUp.NONE: IndicatorKind.NUMBER,
}
SHAPES = {  # of a whole and its parts
    "last": {},
    "roadmap": {"roadmap": True},
    "sums": {"input_basis": "period"},
    "maintain": {"mode": "maintain"},
}
ASKED = [datetime(2024, 6, 29, 2, tzinfo=UTC), datetime(2025, 1, 2, 2, tzinfo=UTC)]


class Scene:
    """Wholes of each shape, with parts that report with gaps, zeros, nothing, or never."""

    def __init__(self, rule: RollUp) -> None:
        self.chance = random.Random(rule.value)
        self.rule, self.kind, self.body = rule, KINDS[rule], make_body()
        self.months = months_of(self.body.plan)
        self.reporting = ReportingRule.objects.create(
            plan=self.body.plan, version=1, period_kind="month"
        )
        for shape, given in SHAPES.items():
            self._whole(shape, **given)

    def _whole(self, shape, *, input_basis="ytd", mode="reach", roadmap=False):
        parted = {"numerator": "a", "denominator": "b"} if self.kind == IndicatorKind.RATIO else {}
        indicator = IndicatorDefinition.objects.create(
            code=shape,
            name_vi=shape,
            kind=self.kind,
            uom=self.body.targets[0].indicator.uom,
            unit_agg=self.rule,
            input_basis=input_basis,
            **parted,
        )
        whole = self._target(shape, indicator, None, mode, roadmap=roadmap)
        for place in range(5):
            part = self._target(f"{shape}-{place}", indicator, whole, mode, roadmap=roadmap)
            if place:  # the first one never reports
                self._reports(part)
        Target.objects.filter(ref=f"{shape}-4").update(
            state=TargetState.WITHDRAWN, end_reason="It moved."
        )

    def _target(self, ref, indicator, parent, mode, *, roadmap):
        target = Target.objects.create(
            ref=ref,
            period=self.body.plan,
            code=ref,
            group=self.body.targets[0].group,
            indicator=indicator,
            unit=self.body.commune,
            assigner=self.body.committee,
            parent=parent,
            weight=D(self.chance.choice([1, 2, 5])),
            state=TargetState.ASSIGNED,
        )
        revision = TargetRevision.objects.create(
            target=target,
            comparator="ge",
            value=D(1) if self.kind == IndicatorKind.BOOLEAN else D(50),
            effective_from=date(2024, 1, 1),
            mode=mode,
            maintain_rule="all" if mode == "maintain" else "",
        )
        for place in (2, 5, 8) if roadmap else ():
            TrajectoryPoint.objects.create(
                revision=revision, period=self.months[place], value=D(10 * place)
            )
        return target

    def _reports(self, target):
        for month in self.months:
            if self.chance.random() < 0.35:  # a gap, also at the end
                continue
            decided = datetime.combine(month.ends_on, datetime.min.time(), tzinfo=UTC)
            decided += timedelta(days=self.chance.choice([-2, 4, 40]), hours=3)
            duty = ReportingDuty.objects.create(
                ref=f"{target.ref}-{month.starts_on.month:02}",
                target=target,
                period=month,
                unit=target.unit,
                rule=self.reporting,
                opens_on=month.ends_on - timedelta(days=5),
                due_on=month.ends_on + timedelta(days=5),
                locks_on=month.ends_on + timedelta(days=20),
                state=DutyState.VERIFIED,
                first_submitted_at=decided,
                timeliness=Timeliness.ON_TIME,
            )
            restated = decided + timedelta(days=9) if self.chance.random() < 0.3 else None
            if restated:
                self._report(duty, 1, decided, state=ReportState.RESTATED, restated_at=restated)
            self._report(duty, 2, restated or decided, state=ReportState.VERIFIED)

    def _report(self, duty, n, decided, **state):
        Report.objects.create(
            ref=f"{duty.ref}-r{n}",
            duty=duty,
            n=n,
            author=self.body.secretary,
            submitted_at=decided,
            decided_by=self.body.leader,
            decided_at=decided,
            **self._answer(),
            **state,
        )

    def _answer(self):
        amount = D(self.chance.choice([0, 0, 7, 60])) + D(self.chance.randrange(100)) / 100
        if self.chance.random() < 0.15:
            return {"nothing_to_report": True}
        if self.kind == IndicatorKind.BOOLEAN:
            return {"is_true": amount > 7}
        if self.kind in {IndicatorKind.RATIO, IndicatorKind.GROWTH}:
            return {"numerator": amount, "denominator": D(self.chance.choice([3, 40, 100]))}
        how = self.chance.choice([{}, {}, {"qualifier": Qualifier.OVER}])
        return {"value": self.chance.choice([D(0), amount]), **how}


@pytest.mark.parametrize("rule", KINDS)
def test_results_are_those_of_the_whole_course(rule):
    scene = Scene(rule)
    read = []
    for state in (PeriodState.OPEN, PeriodState.CLOSING):
        Period.objects.filter(pk=scene.body.plan.pk).update(state=state)
        for at in ASKED:
            for known_at in (None, lookback.end_of(at.date())):
                asked = {"at": known_at or at, "known_at": known_at}
                targets = Target.objects.exclude(state=TargetState.PLANNED)
                whole = results.of(targets, **asked).lines
                found = results.of(targets, **asked, with_course=False).lines
                assert [line.result for line in found] == [line.result for line in whole]
                assert [line.check for line in found] == [line.check for line in whole]
                assert [line.rows[-1:] for line in found] == [line.rows[-1:] for line in whole]
                read.append([sum(len(line.rows) for line in lines) for lines in (found, whole)])
    assert all(few < all_of_them for few, all_of_them in read)
    assert any(line.result.standing.actual.value is not None for line in whole)


def test_where_nothing_else_counts_the_last_report_alone_is_read(django_assert_num_queries):
    Scene(RollUp.SUM)
    targets = Target.objects.filter(ref__startswith="last")
    with django_assert_num_queries(4):
        lines = results.of(targets, at=ASKED[-1], with_course=False).lines
    assert {len(line.rows) for line in lines} == {0, 1}


def test_what_is_summed_over_the_months_is_read_in_full():
    Scene(RollUp.SUM)
    targets = Target.objects.filter(ref__startswith="sums")
    whole, found = (
        results.of(targets, at=ASKED[-1], with_course=kept).lines for kept in (True, False)
    )
    assert [list(line.rows) for line in found] == [list(line.rows) for line in whole]
    assert max(len(line.rows) for line in found) > 1


def numbers_of(result):
    """Return all of a result but the reasons of its figures."""
    stands = result.standing
    figures = (stands.actual, result.verdict, result.headline, result.expected)
    return (
        [(figure.name, figure.value, figure.said) for figure in figures],
        (stands.reach, stands.first, stands.second, stands.as_of),
        (result.light, result.concluded, result.hatched, result.kept, result.known, result.of),
    )


@pytest.mark.parametrize("rule", KINDS)
def test_wholes_stand_as_they_do_beside_their_parts(rule):
    Scene(rule)
    wholes, parts = (
        Target.objects.filter(parent__isnull=alone).exclude(state=TargetState.PLANNED)
        for alone in (True, False)
    )
    for at in ASKED:
        for known_at in (None, lookback.end_of(at.date())):
            asked = {"at": known_at or at, "known_at": known_at, "with_course": False}
            both = results.of(wholes | parts, **asked).lines
            found = results.of(wholes, **asked, parts=parts).lines
            beside = [line for line in both if line.said["parent_id"] is None]
            assert len(both) > len(found) > 0
            assert [line.said["ref"] for line in found] == [line.said["ref"] for line in beside]
            for mine, theirs in zip(found, beside, strict=True):
                assert numbers_of(mine.result) == numbers_of(theirs.result), mine.said["ref"]
                assert mine.is_synthetic == theirs.is_synthetic


def test_a_part_that_a_source_alone_knows_counts_in_its_whole():
    scene = Scene(RollUp.SUM)
    part = Target.objects.get(ref="last-0")  # it never reports
    Target.objects.filter(pk=part.pk).update(unit=scene.body.other)
    wholes, parts = Target.objects.filter(ref="last"), Target.objects.filter(parent__ref="last")
    before = results.of(wholes, at=ASKED[-1], parts=parts).lines[0].result.standing.actual
    Observation.objects.create(
        indicator=part.indicator,
        unit=scene.body.other,
        period=scene.body.plan,
        value=D("7.5"),
        source_ref="yearbook",
        provenance=Provenance.SYNTHETIC,
        recorded_by=scene.body.leader,
        recorded_at=ASKED[0],
    )
    line = results.of(wholes, at=ASKED[-1], parts=parts).lines[0]
    assert line.result.standing.actual.value == before.value + Fraction(15, 2)
    assert line.is_synthetic


@pytest.mark.parametrize("places", [("last-1",), ("last-1", "last-2", "last-3")])
def test_parts_that_are_not_shown_cost_as_many_queries_as_one(places, django_assert_num_queries):
    Scene(RollUp.SUM)
    whole, parts = Target.objects.filter(ref="last"), Target.objects.filter(ref__in=places)
    asked = {"at": ASKED[-1], "with_course": False, "parts": parts}
    december = ReportingDuty.objects.filter(target__in=parts, period__ends_on=date(2024, 12, 31))
    lacking = parts.count() - december.count()
    with django_assert_num_queries(13 if lacking else 12):  # who has none there is asked apart
        assert results.of(whole, **asked).lines[0].result.of == len(places)
