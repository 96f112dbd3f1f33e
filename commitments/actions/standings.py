"""What is known of targets: what they demand, the rows that speak of each, and how far it is by them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, overload

from django.db.models import QuerySet

from commitments.actions import demands, inspections, lookback
from commitments.actions.inspections import Tally
from commitments.enums import Comparator, TargetState
from commitments.models import IndicatorDefinition, Report, Target
from commitments.querysets import board as rows
from commitments.rules.inspections import Record, why
from commitments.rules.standings import (
    Part,
    Row,
    Standing,
    Terms,
    adds_up,
    needs_every_row,
    part_of,
    plain_part,
    stands,
)
from commitments.rules.verdicts import Demand
from units import clock
from units.enums import Provenance

ONE = Decimal(1)  # what a part weighs where no mean is made
CHUNK = 2_000  # rows of reports at a time
MOST_DAYS = 16  # on which a result may rest; with more of them everything is read
PLAIN = (  # of an observation
    "ends_on",
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "about_width",
    "provenance",
)


class Told(Sequence[Row]):
    """Rows as the database gives them (`ReportQuerySet.values_of`), each made when it is read.

    A plan holds hundreds of thousands. Plain tuples of plain values are no business of the garbage
    collector, which else would go through all of them again and again.
    """

    __slots__ = ("_told",)

    def __init__(self, told: list[tuple[Any, ...]]) -> None:
        self._told = told

    def __len__(self) -> int:
        return len(self._told)

    def __iter__(self) -> Iterator[Row]:
        return map(_row, self._told)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [_row(one) for one in self._told[place]]
        return _row(self._told[place])


def _row(told: tuple[Any, ...]) -> Row:
    _target, on, period, value, above, below, true, none, how, width, ref, mark = told
    return Row(on, period, value, above, below, true, none, how, width, f"report/{ref}", mark)


@dataclass(frozen=True, slots=True)
class Known:
    """Targets with all that is known of them, by the key of each.

    `said`: columns of `querysets.board.lines`, in order. `rows`: what speaks of each, in the order of
    its periods. `observed`: columns of `querysets.board.observed`.
    """

    said: list[dict[str, Any]]
    terms: dict[int, Terms]
    rows: dict[int, Sequence[Row]]
    observed: list[dict[str, Any]]


def known_of(
    targets: QuerySet[Target],
    *,
    at: datetime,
    revision: int | None = None,
    known_at: datetime | None = None,
    with_course: bool = True,
) -> Known:
    """Return what is known of these targets at `at`; everything else as in `results.of`."""
    on = clock.local_date(at)
    said = rows.lines(targets, on=on, at=known_at)
    if known_at is not None:
        said = lookback.restore(said, at=known_at)
    observed = rows.observed(said, at=known_at)
    demanded = rows.terms(targets, on=None if known_at is None else on)
    if revision is not None:
        demanded = [row for row in demanded if row["n"] == revision]
    terms = demands.of_lines(said, demanded)
    days, in_full = (None, set()) if with_course else _days(said, terms, on=on)
    reports = Report.objects.values_of(
        targets.values_list("pk", flat=True), at=known_at, days=days, in_full=in_full
    )
    found = _rows(said, observed, reports.iterator(chunk_size=CHUNK))
    _count_units(said, found, on=on, known_at=known_at)
    return Known(said, terms, found, observed)


def parts_in(known: Known, standings: Mapping[int, Standing]) -> dict[int, list[Part]]:
    """Return the parts of each whole that are among these targets, in their order; a withdrawn one is
    none. `standings`: how each of them stands by its rows."""
    found: dict[int, list[Part]] = defaultdict(list)
    for line in known.said:
        if line["parent_id"] and line["state"] != TargetState.WITHDRAWN:
            part = part_of(line["code"], standings[line["pk"]], line["weight"])
            found[line["parent_id"]].append(part)
    return found


def of_parts(
    targets: QuerySet[Target], *, at: datetime, known_at: datetime | None = None
) -> dict[int, list[Part]]:
    """Return what the parts of each whole among these targets bring in, in no order but where a whole
    takes the last: the numbers without their reasons.

    There may be thousands, of most of which a whole asks but the last report. Only what adds up over
    the periods, counts units one by one or is known from a source alone is read like any other
    target. `known_at`: as in `results.of`, and then all of them are.
    """
    on = clock.local_date(at)
    if known_at is not None:
        known = known_of(targets, at=at, known_at=known_at, with_course=False)
        return parts_in(known, _standings(known, on=on))
    parts = targets.exclude(state__in=[TargetState.PLANNED, TargetState.WITHDRAWN])
    said = list(rows.parts(parts))
    plans = {part[-1] for part in said}
    last = {told[0]: told for told in Report.objects.last_of(parts, plans=plans, on=on)}
    terms = _terms({part[2] for part in said})
    stated, counting = set(rows.stated(plans)), set(rows.counting_units(plans))
    summed = {indicator for indicator, one in terms.items() if adds_up(one)}
    apart = {
        pk
        for pk, _whole, indicator, *more in said
        if indicator in summed
        or pk in counting
        or (pk not in last and (indicator, *more) in stated)
    }
    by_rows = _in_full(targets.filter(pk__in=apart), at=at) if apart else {}
    weights = dict(rows.placed(parts))
    if weights:
        places = {pk: place for place, pk in enumerate(weights)}
        said.sort(key=lambda part: places.get(part[0], 0))
    found: dict[int, list[Part]] = defaultdict(list)
    for pk, whole, indicator, *_more in said:
        weight = weights.get(pk, ONE)
        if pk in by_rows:
            part = part_of("", by_rows[pk], weight)._replace(actual=None)
        else:
            told = last.get(pk)
            part = plain_part(terms[indicator], None if told is None else _row(told), weight)
        found[whole].append(part)
    return found


def _terms(indicators: Iterable[int]) -> dict[int, Terms]:
    """Return what a figure needs of what its target demands, by the key of its indicator."""
    demand = Demand(Comparator.GE, None)
    return {
        one.pk: Terms(one.kind, demand, one.nature, one.input_basis)
        for one in IndicatorDefinition.objects.filter(pk__in=indicators)
    }


def _in_full(targets: QuerySet[Target], *, at: datetime) -> dict[int, Standing]:
    known = known_of(targets, at=at, with_course=False)
    return _standings(known, on=clock.local_date(at))


def _standings(known: Known, *, on: date) -> dict[int, Standing]:
    """Return how each of these targets is by its rows up to the day `on`."""
    return {
        pk: stands(known.terms[pk], [row for row in found if row.ends_on <= on])
        for pk, found in known.rows.items()
    }


def _days(
    said: Sequence[dict[str, Any]], terms: dict[int, Terms], *, on: date
) -> tuple[set[date] | None, set[int]]:
    """Return the days by whose last rows these targets are judged, and the keys of the indicators of
    which every row counts. None for days: everything is to be read."""
    in_full = {
        line["indicator_id"]
        for line in said
        if line["counts_units"] or needs_every_row(terms[line["pk"]])
    }
    rest = [line for line in said if line["indicator_id"] not in in_full]
    days = {on} | {line["year_ends_on"] for line in rest}
    days.update(point.ends_on for line in rest for point in terms[line["pk"]].roadmap)
    return (days if rest and len(days) <= MOST_DAYS else None), in_full


def _rows(
    said: Sequence[dict[str, Any]],
    observed: Iterable[dict[str, Any]],
    reports: Iterable[tuple[Any, ...]],
) -> dict[int, Sequence[Row]]:
    """Return what is known of each target: its verified reports, else what sources state."""
    found: dict[int, Sequence[Row]] = {line["pk"]: () for line in said}
    told: dict[int, list[tuple[Any, ...]]] = {pk: [] for pk in found}
    for report in reports:
        if report[0] in told:  # else not assigned yet, of a day that is looked back to
            told[report[0]].append(report)
    found.update((pk, Told(its)) for pk, its in told.items() if its)
    stated: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
    for one in observed:
        stated[one["indicator_id"], one["unit_id"], one["period_id"]].append(
            Row(
                **{name: one[name] for name in PLAIN},
                period=one["period_code"],
                source=one["source_ref"],
                share=one["percent_of_plan"],
            )
        )
    for line in said:
        if not found[line["pk"]]:
            found[line["pk"]] = stated[line["indicator_id"], line["unit_id"], line["period_id"]]
    return found


def _count_units(
    said: Sequence[dict[str, Any]],
    found: dict[int, Sequence[Row]],
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
        found[line["pk"]] = [
            _of_records(counted, tally, day)
            for day in demands.months(line["year_starts_on"], line["year_ends_on"])
            if day <= on and (counted := tally.upto(day))
        ]


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
