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
    added,
    exact,
    figure,
    growth_of,
    interval_of,
    point,
    ratio,
)
from commitments.rules.verdicts import Demand

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
            parts = tuple(_read(row, terms) for row in parted)
            value = None if reach is None else reach.low
            actual = Figure(N.ACTUAL, value, parts, about=whole.period)
            return Standing(actual, reach, first, second, last.ends_on)
    return _of_row(terms, last)


def _of_row(terms: Terms, row: Row) -> Standing:
    first = None if row.numerator is None else exact(row.numerator)
    second = None if row.denominator is None else exact(row.denominator)
    return Standing(_read(row, terms), meaning(row, terms), first, second, row.ends_on)


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
    parts = tuple(_read(row, terms) for row in rows)
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


def _read(row: Row, terms: Terms) -> Figure:
    """Return what one row says, as a figure: the stated number, whatever its qualifier."""
    plain = row
    if row.qualifier != Qualifier.EXACT:
        plain = row._replace(qualifier=Qualifier.EXACT, about_width=None)
    exactly = meaning(plain, terms)
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
    """One part of a whole: what it is called, how it stands, and what it weighs in a mean (`weight` of
    its target, 1 where nobody has declared another)."""

    name: str
    standing: Standing
    weight: Decimal = Decimal(1)


def rolled(terms: Terms, children: Sequence[Part]) -> tuple[Standing, int]:
    """Return how the whole stands by its parts, and how many of them are known.

    A sum from which a part is missing is a lower
    bound; so is one in which a part is a period behind the others. Source: F-16.
    """
    found = rollups.worth(
        [
            rollups.Child(child.actual.value, child.first, child.second, weight)
            for _name, child, weight in children
        ],
        terms.unit_agg,
        comparator=terms.demand.comparator,
    )
    if found is None or found.value is None:
        return Standing(figure(N.ACTUAL, None)), 0 if found is None else found.known
    days = [part.standing.as_of for part in children if part.standing.as_of]
    latest = max(days) if days else None
    known = sum(day == latest for day in days)  # the others are behind: what they brought counts
    parts = tuple(
        Figure(N.ACTUAL, child.actual.value, (child.actual,), child.actual.said, about=name)
        for name, child, _weight in children
    )
    partly = known < len(children)
    is_sum = terms.unit_agg == RollUp.SUM
    actual = Figure(found.name, found.value, parts, "≥" if partly and is_sum else "")
    reach = Interval(actual.value, None if partly else actual.value)
    if partly and not is_sum:
        reach = Interval(None, None)  # what is missing may turn a rate either way
    first = added(part.standing.first or 0 for part in children)
    second = added(part.standing.second or 0 for part in children)
    return Standing(actual, reach, first, second, latest), known


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
                Part(name, stands(of, [row for row in its if row.ends_on <= day]), weight)
                for name, of, its, weight in children
            ]
            standing, _known = rolled(terms, parts)
        if standing.as_of == day:
            found.append((day, standing))
    return found
