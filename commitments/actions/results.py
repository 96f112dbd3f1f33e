"""How targets stand, read and computed: the board, the target's page and the API all ask here."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from commitments.actions import inspections, lookback
from commitments.actions.inspections import Tally
from commitments.enums import IndicatorKind, PeriodState, RollUp, TargetState, ValueBasis
from commitments.models import Report, RuleSet, Target
from commitments.querysets import board as rows
from commitments.rules import results as rules
from commitments.rules.board import Entry
from commitments.rules.consistency import Consistency, check_triple
from commitments.rules.inspections import Record, why
from commitments.rules.judgements import Judged
from commitments.rules.lights import Thresholds
from commitments.rules.results import Result, Stored
from commitments.rules.standings import Point, Row, Standing, Terms, history, stands
from commitments.rules.targets import threshold
from commitments.rules.verdicts import Demand
from units import clock
from units.enums import Provenance

PLAIN = (  # what reports and observations have in common
    "ends_on",
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "about_width",
    "provenance",
)


@dataclass(frozen=True)
class Line:
    """One target on a board: what it is called, what it demands and how it stands.

    `said`: the columns of `querysets.board.lines`. `rows`: what it rests on, in order.
    """

    said: dict[str, Any]
    terms: Terms
    result: Result
    rows: tuple[Row, ...] = ()

    def named(self, field: str, language: str) -> str:
        """Return a name (`name`, `group`, `unit`, `uom`) in `language`, else in Vietnamese."""
        english = self.said[f"{field}_en"] if language == "en" else ""
        return english or self.said[f"{field}_vi"] or ""

    @property
    def judgement(self) -> Judged | None:
        """What a person holds of it beside the light; None: nobody has said, or it was taken back."""
        told = self.said["judged"]
        return Judged.read(told) if told and told["light"] else None

    @property
    def check(self) -> Consistency | None:
        """How published growth and percent of plan fit the growth target; None: not all are known."""
        last = self.rows[-1] if self.rows else None
        if self.terms.kind != IndicatorKind.GROWTH or last is None:
            return None
        if last.share is None or last.value is None or self.terms.demand.value is None:
            return None
        return check_triple(
            percent_of_plan=last.share, growth=last.value, growth_target=self.terms.demand.value
        )

    @property
    def is_synthetic(self) -> bool:
        """Say whether anything of it is invented: what it demands, what is known, or its verdict."""
        marks = {one.provenance for one in self.result.verdict} | {self.said["provenance"]}
        return Provenance.SYNTHETIC in marks


def rules_in_force(*, on: date) -> RuleSet | None:
    """Return the newest version of the thresholds in force on `on`; None: those of the house hold."""
    return RuleSet.objects.filter(in_force_from__lte=on).order_by("-version").first()


def thresholds_of(found: RuleSet | None) -> Thresholds:
    """Return the thresholds of one version of the rules; None: those of the house."""
    return Thresholds(found.green, found.amber, found.margin) if found else Thresholds()


@dataclass(frozen=True)
class Standings:
    """Targets as they stand, and what sources state about their units beside (`observed`: columns of
    `querysets.board.observed`)."""

    lines: list[Line]
    observed: list[dict[str, Any]]


def of(
    targets: QuerySet[Target],
    *,
    at: datetime,
    thresholds: Thresholds | None = None,
    revision: int | None = None,
    known_at: datetime | None = None,
) -> Standings:
    """Return how each of these targets stands at `at`, in the order of their groups.

    A whole without figures of its own is rolled up from those of its parts that are among
    `targets`. `revision`: by the demand of this revision and without the stored verdict; None: by
    the newest. `known_at`: as it was known at that past instant, which is then `at`; None: as it is
    known now. A constant number of queries, whatever their number.
    """
    on = clock.local_date(at)
    said = rows.lines(targets, on=on, at=known_at)
    if known_at is not None:
        said = lookback.restore(said, at=known_at)
    observed = rows.observed(said, at=known_at)
    demanded = rows.terms(targets, on=None if known_at is None else on)
    if revision is not None:
        demanded = [row for row in demanded if row["n"] == revision]
    terms, stored = _terms(said, demanded), {} if revision else _stored(said)
    reports = Report.objects.values_of(targets.values_list("pk", flat=True), at=known_at)
    found = _rows(said, observed, reports)
    _count_units(said, found, on=on, known_at=known_at)
    parts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in said:
        if line["parent_id"] and line["state"] != TargetState.WITHDRAWN:
            parts[line["parent_id"]].append(line)
    made = []
    for line in said:
        pk = line["pk"]
        children = []
        if terms[pk].unit_agg != RollUp.NONE and not found[pk]:
            children = [
                (part["code"], stands(terms[part["pk"]], _past(found[part["pk"]], on)))
                for part in parts[pk]
            ]
        result = rules.judge(
            terms[pk],
            found[pk],
            on=on,
            ends_on=line["year_ends_on"],
            children=children,
            stored=stored.get(pk),
            closing=line["year_state"] in {PeriodState.CLOSING, PeriodState.CLOSED},
            thresholds=thresholds or Thresholds(),
        )
        made.append(Line(line, terms[pk], result, tuple(found[pk])))
    return Standings(made, observed)


def _past(found: Sequence[Row], on: date) -> list[Row]:
    return [row for row in found if row.ends_on <= on]


def _stored(said: Iterable[dict[str, Any]]) -> dict[int, Stored]:
    return {
        line["pk"]: Stored(
            line["concluded"],
            line["verdict_source"],
            line["verdict_provenance"],
            line["low"],
            line["high"],
        )
        for line in said
        if line["concluded"]
    }


def _terms(said: Sequence[dict[str, Any]], revisions: Sequence[dict[str, Any]]) -> dict[int, Terms]:
    """Return what each target demands by the last revision among `revisions`."""
    newest: dict[int, list[dict[str, Any]]] = {}
    for row in revisions:
        held = newest.get(row["target_id"])
        if held is None or held[0]["n"] < row["n"]:
            newest[row["target_id"]] = [row]
        elif held[0]["n"] == row["n"]:
            held.append(row)
    return {line["pk"]: terms_of(line, newest.get(line["pk"], [])) for line in said}


def terms_of(line: dict[str, Any], revision: Sequence[dict[str, Any]]) -> Terms:
    """Return what a target demands. `revision`: its rows, one for each checkpoint and step; [] where
    nothing is demanded yet."""
    if not revision:
        return Terms(line["kind"], Demand("ge", None), line["nature"])
    first = revision[0]
    demanded = threshold(
        value_basis=first["value_basis"], value=first["value"], baseline=first["baseline"]
    )
    is_last_year = first["value_basis"] == ValueBasis.LAST_YEAR
    return Terms(
        kind=line["kind"],
        demand=Demand(first["comparator"], demanded, first["upper"], first["tolerance"]),
        nature=line["nature"],
        input_basis=line["input_basis"],
        mode=first["mode"],
        maintain_rule=first["maintain_rule"],
        maintain_share=first["maintain_share"],
        baseline=None if is_last_year else first["baseline"],
        roadmap=_steps(revision) if line["kind"] == IndicatorKind.MILESTONE else _points(revision),
        checkpoints=_months(line["year_starts_on"], line["year_ends_on"]),
        unit_agg=line["unit_agg"],
    )


def _points(revision: Sequence[dict[str, Any]]) -> tuple[Point, ...]:
    points = {
        row["point_on"]: Point(row["point_on"], row["point"], row["point_period"])
        for row in revision
        if row["point_on"]
    }
    return tuple(points[day] for day in sorted(points))


def _steps(revision: Sequence[dict[str, Any]]) -> tuple[Point, ...]:
    """Return the roadmap of a task: the weight of the steps due by each day."""
    steps = {row["step"]: (row["step_on"], row["step_weight"]) for row in revision if row["step"]}
    points: dict[date, Point] = {}
    total = Decimal(0)
    for day, weight in sorted(steps.values()):
        total += weight
        points[day] = Point(day, total)
    return tuple(points.values())


def _months(starts_on: date, ends_on: date) -> tuple[date, ...]:
    """Return the last day of each month of a year."""
    days, year, month = [], starts_on.year, starts_on.month
    while (day := date(year, month, monthrange(year, month)[1])) <= ends_on:
        days.append(day)
        year, month = year + month // 12, month % 12 + 1
    return tuple(days)


def _rows(
    said: Sequence[dict[str, Any]],
    observed: Iterable[dict[str, Any]],
    reports: Iterable[dict[str, Any]],
) -> dict[int, list[Row]]:
    """Return what is known of each target: its verified reports, else what sources state."""
    found: dict[int, list[Row]] = {line["pk"]: [] for line in said}
    for row in reports:
        if row["target"] not in found:  # not assigned yet, of a day that is looked back to
            continue
        found[row["target"]].append(
            Row(
                **{name: row[name] for name in PLAIN},
                period=row["period_code"],
                is_true=row["is_true"],
                nothing_to_report=row["nothing_to_report"],
                source=f"report/{row['report']}",
            )
        )
    stated: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
    for row in observed:
        stated[row["indicator_id"], row["unit_id"], row["period_id"]].append(
            Row(
                **{name: row[name] for name in PLAIN},
                period=row["period_code"],
                source=row["source_ref"],
                share=row["percent_of_plan"],
            )
        )
    for line in said:
        if not found[line["pk"]]:
            found[line["pk"]] = stated[line["indicator_id"], line["unit_id"], line["period_id"]]
    return found


def _count_units(
    said: Sequence[dict[str, Any]],
    found: dict[int, list[Row]],
    *,
    on: date,
    known_at: datetime | None,
) -> None:
    """Lead what is known of a share of distinct units down to the records behind it.

    Where nobody reports on it the records themselves are what is known, from the month of the first
    one on: before that nothing is, which is not 0.
    """
    counting = [line["pk"] for line in said if line["counts_units"]]
    tallies = inspections.tallies(counting, on=on, known_at=known_at) if counting else {}
    for line in said:
        tally = tallies.get(line["pk"])
        if tally is None:
            continue
        if found[line["pk"]] or tally.reported:
            found[line["pk"]] = [
                row._replace(counted=why(tally.upto(row.ends_on))) for row in found[line["pk"]]
            ]
            continue
        for day in _months(line["year_starts_on"], line["year_ends_on"]):
            if day <= on and (counted := tally.upto(day)):
                found[line["pk"]].append(_of_records(counted, tally, day))


def _of_records(counted: Sequence[Record], tally: Tally, day: date) -> Row:
    """Return how far a share of distinct units is at the end of a month, by the records alone."""
    marks = {record.provenance for record in counted}
    return Row(
        day,
        f"{day.year}-{day.month:02}",
        numerator=Decimal(len(counted)),
        denominator=Decimal(len(tally.among)),
        provenance=Provenance.SYNTHETIC if Provenance.SYNTHETIC in marks else Provenance.LIVE,
        counted=why(counted),
    )


@dataclass(frozen=True)
class Portrait:
    """One target with how it came to stand: at each checkpoint of its year and of the year before.

    `history` and `last_year` leave out checkpoints at which nothing new was known.
    """

    line: Line
    history: list[tuple[date, Standing]]
    last_year: list[tuple[date, Standing]]


def portrait(target: Target, *, at: datetime) -> Portrait:
    """Return how `target` stands at `at` and came to, beside the same indicator and unit last year."""
    line, course = _with_history(target, at=at)
    before = Target.objects.filter(
        indicator__code=target.indicator.code,
        unit=target.unit_id,
        period__ends_on=target.period.starts_on - timedelta(days=1),
    ).exclude(state__in=[TargetState.PLANNED, TargetState.WITHDRAWN])
    found = before.select_related("indicator", "period").order_by("pk").first()
    return Portrait(line, course, _with_history(found, at=at)[1] if found else [])


def of_one(target: Target, *, at: datetime) -> Line:
    """Return how one target stands at `at`, with all of its parts."""
    return _with_history(target, at=at)[0]


def _with_history(target: Target, *, at: datetime) -> tuple[Line, list[tuple[date, Standing]]]:
    parts = Q(parent=target.pk) & ~Q(state=TargetState.PLANNED)
    on = clock.local_date(at)
    used = thresholds_of(rules_in_force(on=on))
    found = of(Target.objects.filter(Q(pk=target.pk) | parts), at=at, thresholds=used).lines
    line = next(line for line in found if line.said["pk"] == target.pk)
    children = [
        (part.said["code"], part.terms, part.rows)
        for part in found
        if part.said["parent_id"] == target.pk and part.said["state"] != TargetState.WITHDRAWN
    ]
    if line.terms.unit_agg == RollUp.NONE:
        children = []
    return line, history(line.terms, line.rows, children, on=on)


def subject_of(lines: Sequence[Line]) -> int | None:
    """Return the unit whose counts stand above a board: the one that carries most targets which are
    no part of another; of equal ones the one that was there first. None without lines."""
    seen = {line.said["pk"] for line in lines}
    whole: dict[int, int] = {}
    for line in lines:
        stands_alone = line.said["parent_id"] not in seen
        whole[line.said["unit_id"]] = whole.get(line.said["unit_id"], 0) + stands_alone
    return max(whole, key=lambda unit: (whole[unit], -unit)) if whole else None


def entries(lines: Iterable[Line], *, language: str) -> list[Entry]:
    """Return what the counts read of these lines, named in `language`."""
    return [
        Entry(
            f"{line.said['code']} {line.named('name', language)}",
            line.said["ref"],
            line.said["origin"],
            line.said["assigner_id"],
            line.said["field"],
            line.said["state"],
            line.result,
        )
        for line in lines
    ]
