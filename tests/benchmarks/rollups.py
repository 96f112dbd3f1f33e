"""P8: the wholes of a plan rolled up from their parts, against one SQL aggregate over the same rows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Sum
from django.test.utils import CaptureQueriesContext

from commitments.actions import results
from commitments.enums import Comparator, IndicatorKind, RollUp, TargetState
from commitments.enums.reports import DutyState, ReportState, Timeliness
from commitments.models import (
    IndicatorDefinition,
    Period,
    Report,
    ReportingDuty,
    ReportingRule,
    Target,
    TargetRevision,
)
from tests.benchmarks.measuring import Pair, Result, by_turns, exponent
from tests.factories.body import Body, make_body
from tests.factories.parts import make_parts
from tests.factories.reports import months_of
from units.models import OrgUnit, OrgUnitVersion, User

TITLE = "wholes rolled up from their parts, and one SQL aggregate over the same rows"
SIZES = {"small": (30, 100, 300), "full": (300, 1_000, 3_321)}  # units
TARGETS = 40
BATCH = 2_000
DEMAND: dict[str, Any] = {
    "comparator": Comparator.GE,
    "value": Decimal(120),
    "effective_from": date(2024, 1, 1),
}
AFTER = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def _batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield `rows` in lists of `size`, the last one shorter."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


class Scene:
    """A plan with its wholes; `grow` lets more units carry a part of each, reported every month."""

    def __init__(self, targets: int) -> None:
        self.body: Body = make_body()
        self.months: list[Period] = months_of(self.body.plan)
        self.verifier: User = self.body.leader
        self.rule = ReportingRule.objects.create(
            plan=self.body.plan, version=1, period_kind="month"
        )
        self.wholes = [self._whole(place) for place in range(targets)]
        self.units = 0

    def _whole(self, place: int) -> Target:
        first = self.body.targets[0]
        indicator = IndicatorDefinition.objects.create(
            code=f"whole-{place}",
            name_vi=f"Chỉ tiêu {place}",
            kind=IndicatorKind.COUNT,
            uom=first.indicator.uom,
            unit_agg=RollUp.SUM,
        )
        whole = Target.objects.create(
            ref=f"whole-{place}",
            period=self.body.plan,
            code=f"W{place:02}",
            group=first.group,
            indicator=indicator,
            unit=self.body.committee,
            assigner=self.body.committee,
            state=TargetState.ASSIGNED,
        )
        TargetRevision.objects.create(target=whole, **DEMAND)
        return whole

    def grow(self, units: int) -> None:
        """Let `units` units carry a part of each target."""
        since = date(2023, 1, 1)
        added = OrgUnit.objects.bulk_create(
            OrgUnit(ref=f"many-{n}", kind="commune", valid_from=since)
            for n in range(self.units, units)
        )
        OrgUnitVersion.objects.bulk_create(
            OrgUnitVersion(unit=unit, name_vi=f"Xã {unit.ref}", valid_from=since) for unit in added
        )
        for few in _batched(added, max(1, BATCH // len(self.wholes))):
            self._add_parts(few)
        self.units = units
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _add_parts(self, units: list[OrgUnit]) -> None:
        parts = make_parts(self.wholes, units, **DEMAND)
        for rows in _batched(self._duties(parts), BATCH):
            duties = ReportingDuty.objects.bulk_create(rows)
            Report.objects.bulk_create(self._report(duty) for duty in duties)

    def _duties(self, parts: list[Target]) -> Iterator[ReportingDuty]:
        for part in parts:
            for month in self.months:
                yield ReportingDuty(
                    ref=f"{part.ref}-{month.starts_on.month:02}",
                    target=part,
                    period=month,
                    unit=part.unit,
                    rule=self.rule,
                    opens_on=month.ends_on - timedelta(days=5),
                    due_on=month.ends_on + timedelta(days=5),
                    locks_on=month.ends_on + timedelta(days=20),
                    state=DutyState.VERIFIED,
                    first_submitted_at=THEN,
                    timeliness=Timeliness.ON_TIME,
                )

    def _report(self, duty: ReportingDuty) -> Report:
        return Report(
            ref=f"{duty.ref}-r1",
            duty=duty,
            n=1,
            state=ReportState.VERIFIED,
            author=self.body.secretary,
            submitted_at=THEN,
            value=Decimal(duty.period.starts_on.month * 10),
            decided_by=self.verifier,
            decided_at=THEN,
        )

    def floor(self) -> list[dict[str, object]]:
        """Ask the database alone: the sums of every whole and month over all parts."""
        verified = Report.objects.filter(
            state=ReportState.VERIFIED, duty__target__parent__in=self.wholes
        )
        return list(
            verified.order_by()
            .values("duty__target__parent", "duty__period")
            .annotate(sum=Sum("value"), known=Count("pk"), latest=Max("decided_at"))
        )

    def ours(self) -> results.Standings:
        """Ask how every whole stands by its parts, as the board of a plan of thousands asks."""
        wholes = [whole.pk for whole in self.wholes]
        return results.of(
            Target.objects.filter(pk__in=wholes),
            at=AFTER,
            with_course=False,
            parts=Target.objects.filter(parent__in=wholes),
        )

    def with_each_part(self) -> results.Standings:
        """Ask how every whole and every part stands, each with its light and its reasons."""
        wholes = [whole.pk for whole in self.wholes]
        both = Target.objects.filter(pk__in=wholes) | Target.objects.filter(parent__in=wholes)
        return results.of(both, at=AFTER, with_course=False)


def measure(*, sizes: tuple[int, ...], rounds: int, targets: int = TARGETS) -> Result:
    """Measure both at each number of units."""
    result, scene = Result("P8", TITLE), Scene(targets)
    costs: list[float] = []
    queries = set()
    for units in sizes:
        scene.grow(units)
        scene.ours()  # the first question of a process asks the database what it can do
        with CaptureQueriesContext(connection) as asked:
            found = scene.ours().lines
        queries.add(len(asked))
        whole = next(line for line in found if line.said["ref"] == "whole-0")
        if whole.result.standing.actual.value != units * 120:
            raise AssertionError(f"{whole.result.standing} is not the sum of its parts.")
        floor, ours = by_turns(scene.floor, scene.ours, rounds=rounds)
        costs.append(sorted(ours)[len(ours) // 2])
        rows = units * targets * len(scene.months)
        result.pairs.append(Pair(f"{units} units, {rows:,} reports", "ms", floor, ours))
    floor, ours = by_turns(scene.floor, scene.with_each_part, rounds=rounds)
    result.pairs.append(Pair(f"{units} units, with each part judged", "ms", floor, ours))
    result.exponent = exponent(sizes, costs)
    told = f"all {queries.pop()}" if len(queries) == 1 else f"they differ: {sorted(queries)}"
    result.notes.append(f"Queries at each size: {told}.")
    result.notes.append(
        f"{targets} targets and 12 months; the floor sums all months, ours reads of each part its last "
        "report and gives every whole its value, coverage, verdict and light, as the board of a plan of "
        "more than 2,000 targets shows it. Goal: at most 2."
    )
    result.notes.append(
        "With each part judged: every one of them is a line with its own verdict, light and reasons, as in "
        "a downloaded file."
    )
    return result
