"""How far one target is: its verified rows, or its parts, made into one figure with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import (
    FigureName,
    IndicatorKind,
    InputBasis,
    Nature,
    Qualifier,
    RollUp,
    TargetMode,
    VerdictValue,
)
from commitments.rules import rollups, verdicts
from commitments.rules.figures import (
    Figure,
    Interval,
    Number,
    added,
    exact,
    figure,
    growth_of,
    interval_of,
    point,
    ratio,
)
from commitments.rules.verdicts import Demand
from units.enums import Provenance

N = FigureName
MET, UNMET = VerdictValue.MET, VerdictValue.UNMET


class Row(NamedTuple):
    """One verified figure, or one that a source states, about the time up to `ends_on`.

    Of a ratio numerator and denominator; of growth this and last year's level, or the growth itself
    as `value`. `source`: the reference of the report or the publication.
    """

    ends_on: date
    period: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    is_true: bool | None = None
    nothing_to_report: bool = False
    qualifier: str = Qualifier.EXACT
    about_width: Decimal | None = None
    source: str = ""
    provenance: str = ""
    share: Decimal | None = None  # of the plan in percent, as it was published
    counted: Figure | None = None  # the units that records count, of a share of distinct units


class Point(NamedTuple):
    """A checkpoint of the roadmap: the cumulative value expected by `ends_on`."""

    ends_on: date
    value: Decimal
    period: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one target demands, as its newest revision says it.

    `checkpoints`: the last days of the periods in which it is reported, of the whole year.
    """

    kind: str
    demand: Demand
    nature: str = Nature.FLOW
    input_basis: str = InputBasis.YTD
    mode: str = TargetMode.REACH
    maintain_rule: str = ""
    maintain_share: Decimal | None = None
    baseline: Decimal | None = None
    roadmap: tuple[Point, ...] = ()
    checkpoints: tuple[date, ...] = ()
    unit_agg: str = RollUp.NONE


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one target is by its rows: `actual` with its reasons, and all that it may mean.

    `first` and `second`: the parts of a ratio or of growth. `as_of` None: nothing is known.
    """

    actual: Figure
    reach: Interval | None = None
    first: Fraction | None = None
    second: Fraction | None = None
    as_of: date | None = None


def adds_up(terms: Terms) -> bool:
    """Say whether figures count one period alone and add up. Source: F-12."""
    return terms.input_basis == InputBasis.PERIOD and terms.nature == Nature.FLOW


def needs_every_row(terms: Terms) -> bool:
    """Say whether a result rests on every row: a sum over the periods, or what is to be kept in each.

    All others rest on the last row by the day asked about, and the last by each checkpoint of the
    roadmap, on which the light depends.
    """
    return adds_up(terms) or terms.mode == TargetMode.MAINTAIN


def stands(terms: Terms, rows: Sequence[Row]) -> Standing:
    """Return how far a target is by `rows`, in the order of their periods.

    Figures that count one period alone and add up are summed; a month missing in between makes the
    sum a lower bound. All others: the last one counts. Source: F-10 to F-12.
    """
    if not rows:
        return Standing(figure(N.ACTUAL, None))
    last = rows[-1]
    sums = adds_up(terms)
    if sums and terms.kind in {IndicatorKind.NUMBER, IndicatorKind.COUNT}:
        return _summed(terms, rows)
    if sums and terms.kind in {IndicatorKind.RATIO, IndicatorKind.GROWTH}:
        parted = [row for row in rows if row.numerator is not None and row.denominator is not None]
        if parted:
            first = sum((Fraction(row.numerator or 0) for row in parted), Fraction(0))
            second = sum((Fraction(row.denominator or 0) for row in parted), Fraction(0))
            whole = last._replace(
                numerator=None, denominator=None, value=None, nothing_to_report=False
            )
            reach = _of_parts(terms.kind, point(first), second)
            parts = tuple(_read(row, terms, meaning(row, terms)) for row in parted)
            value = None if reach is None else reach.low
            actual = Figure(N.ACTUAL, value, parts, about=whole.period)
            return Standing(actual, reach, first, second, last.ends_on)
    return _of_row(terms, last)


def _of_row(terms: Terms, row: Row) -> Standing:
    first = None if row.numerator is None else exact(row.numerator)
    second = None if row.denominator is None else exact(row.denominator)
    reach = meaning(row, terms)
    return Standing(_read(row, terms, reach), reach, first, second, row.ends_on)


def _summed(terms: Terms, rows: Sequence[Row]) -> Standing:
    """Return the sum of what single periods brought."""
    meanings = [meaning(row, terms) for row in rows]
    known = [one for one in meanings if one is not None]
    last = rows[-1].ends_on
    due = [day for day in terms.checkpoints if day <= last]
    gap = len(known) < len(due)
    low = sum((one.low or Fraction(0) for one in known), Fraction(0))
    high = None if gap else sum((one.high or Fraction(0) for one in known), Fraction(0))
    open_low = any(one.low_open for one in known)
    reach = Interval(low, high, open_low, any(one.high_open for one in known) and not gap)
    parts = tuple(_read(row, terms, one) for row, one in zip(rows, meanings, strict=True))
    stated = sum((part.value or Fraction(0) for part in parts), Fraction(0))
    actual = Figure(N.YEAR_TO_DATE, stated, parts, said="≥" if gap else "")
    return Standing(actual, reach, as_of=last)


def meaning(row: Row, terms: Terms) -> Interval | None:
    """Return all that one row may mean in the unit of its target; None: it has no value."""
    if row.nothing_to_report:
        value = verdicts.nothing_to_report(kind=terms.kind, nature=terms.nature)
        return None if value is None else point(value)
    if row.is_true is not None:
        return point(int(row.is_true))
    if row.numerator is not None and row.denominator is not None:
        first = interval_of(row.numerator, row.qualifier, width=row.about_width)
        return _of_parts(terms.kind, first, Fraction(row.denominator))
    if row.value is None:
        return None
    return interval_of(row.value, row.qualifier, width=row.about_width)


def _of_parts(kind: str, first: Interval, second: Fraction) -> Interval | None:
    if kind == IndicatorKind.GROWTH:
        return growth_of(first, point(second))
    low, high = first.low, first.high
    if low is None or high is None or second <= 0:
        return None
    return Interval(ratio(low, second), ratio(high, second), first.low_open, first.high_open)


def _read(row: Row, terms: Terms, reach: Interval | None) -> Figure:
    """Return what one row says, as a figure: the stated number, whatever its qualifier. `reach`: what
    the row may mean."""
    exactly = reach
    if row.qualifier != Qualifier.EXACT:
        exactly = meaning(row._replace(qualifier=Qualifier.EXACT, about_width=None), terms)
    parts: tuple[Figure, ...] = ()
    if row.numerator is not None and row.denominator is not None:
        names = (
            (N.ACTUAL, N.LAST_YEAR)
            if terms.kind == IndicatorKind.GROWTH
            else (N.NUMERATOR, N.DENOMINATOR)
        )
        counted = () if row.counted is None else (row.counted,)
        parts = (figure(names[0], row.numerator, *counted), figure(names[1], row.denominator))
    said = "" if row.qualifier == Qualifier.EXACT else row.qualifier
    name = N.GROWTH if terms.kind == IndicatorKind.GROWTH and parts else N.ACTUAL
    name = N.RATIO if terms.kind == IndicatorKind.RATIO and parts else name
    value = None if exactly is None else exactly.low
    return Figure(name, value, parts, said, row.period, row.source, row.provenance)


class Part(NamedTuple):
    """What one part brings into its whole, as `rollups.Child`, and as of when (`as_of` None: nothing is
    known of it). `weight`: in a mean; 1 where nobody has declared another. `actual`: its figure
    with all reasons; None where only its numbers were read, whose `provenance` stands beside."""

    value: Number | None = None
    first: Number | None = None
    second: Number | None = None
    weight: Decimal = Decimal(1)
    as_of: date | None = None
    provenance: str = ""
    name: str = ""
    actual: Figure | None = None


def part_of(name: str, standing: Standing, weight: Decimal = Decimal(1)) -> Part:
    """Return the part of that name which stands so."""
    actual = standing.actual
    return Part(
        actual.value,
        standing.first,
        standing.second,
        weight,
        standing.as_of,
        actual.provenance,
        name,
        actual,
    )


def plain_part(terms: Terms, row: Row | None, weight: Decimal = Decimal(1)) -> Part:
    """Return what a part brings in whose last row alone counts (`needs_every_row`), without reasons;
    `row` None: nothing is known of it.

    The same numbers as `part_of` its standing. One value, as most rows have it, is taken as it is.
    """
    if row is None:
        return Part(weight=weight)
    is_plain = row.numerator is None and row.denominator is None and row.is_true is None
    if is_plain and row.value is not None and not row.nothing_to_report:
        return Part(row.value, None, None, weight, row.ends_on, row.provenance)
    return part_of("", stands(terms, (row,)), weight)._replace(actual=None)


def rolled(terms: Terms, children: Sequence[Part]) -> tuple[Standing, int]:
    """Return how the whole stands by its parts, and how many of them are known.

    A sum from which a part is missing is a lower
    bound; so is one in which a part is a period behind the others. Source: F-16.
    """
    found = rollups.worth(children, terms.unit_agg, comparator=terms.demand.comparator)
    if found is None or found.value is None:
        return Standing(figure(N.ACTUAL, None)), 0 if found is None else found.known
    days = [part.as_of for part in children if part.as_of]
    latest = max(days) if days else None
    known = sum(day == latest for day in days)  # the others are behind: what they brought counts
    parts = tuple(
        Figure(N.ACTUAL, part.actual.value, (part.actual,), part.actual.said, about=part.name)
        for part in children
        if part.actual is not None
    )
    partly = known < len(children)
    is_sum = terms.unit_agg == RollUp.SUM
    actual = Figure(
        found.name,
        found.value,
        parts,
        "≥" if partly and is_sum else "",
        provenance="" if parts else _least_real(children),
    )
    reach = Interval(actual.value, None if partly else actual.value)
    if partly and not is_sum:
        reach = Interval(None, None)  # what is missing may turn a rate either way
    first = added(part.first for part in children if part.first)
    second = added(part.second for part in children if part.second)
    return Standing(actual, reach, first, second, latest), known


def _least_real(parts: Sequence[Part]) -> str:
    """Return the mark that all of these parts together carry: anything invented makes it invented."""
    marks = {part.provenance for part in parts}
    return Provenance.SYNTHETIC if Provenance.SYNTHETIC in marks else ""


def history(
    terms: Terms,
    rows: Sequence[Row],
    children: Sequence[tuple[str, Terms, Sequence[Row], Decimal]] = (),
    *,
    on: date,
) -> list[tuple[date, Standing]]:
    """Return how far a target was at each checkpoint due by `on`, in order; those at which nothing new
    was known are left out. `children`: of a whole without rows of its own, each with its weight."""
    found = []
    for day in (day for day in terms.checkpoints if day <= on):
        upto = [row for row in rows if row.ends_on <= day]
        if rows or not children:
            standing = stands(terms, upto)
        else:
            parts = [
                part_of(name, stands(of, [row for row in its if row.ends_on <= day]), weight)
                for name, of, its, weight in children
            ]
            standing, _known = rolled(terms, parts)
        if standing.as_of == day:
            found.append((day, standing))
    return found
