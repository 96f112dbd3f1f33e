"""How far along a target is: one headline by its kind, and the others by their own names."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import Comparator, FigureName, IndicatorKind, Nature, TargetMode
from commitments.rules.figures import HUNDRED, Figure, Number, exact, figure

ASCENDING = frozenset({Comparator.GE, Comparator.GT})
DESCENDING = frozenset({Comparator.LE, Comparator.LT})
N = FigureName


class Total(NamedTuple):
    """A sum over the months so far. `is_lower_bound`: a month in between is missing, shown “≥”."""

    value: Fraction | None
    is_lower_bound: bool


def percent_of_plan(actual: Number | None, target: Number | None) -> Figure:
    """Return actual / target in percent; without a value unless the target is above 0.

    Only for “at least” and “more than”. Source: F-4.
    """
    parts = figure(N.ACTUAL, actual), figure(N.TARGET, target)
    if actual is None or target is None or target <= 0:
        return figure(N.PERCENT_OF_PLAN, None, *parts)
    return figure(N.PERCENT_OF_PLAN, exact(actual) / exact(target) * HUNDRED, *parts)


def from_baseline(actual: Number | None, target: Number, baseline: Number) -> Figure:
    """Return the way done from the baseline to the target in percent, below 0 and above 100 as it is.

    Raises ValueError if both are equal: such a target is to be maintained. Source: F-5.
    """
    way = Fraction(target) - Fraction(baseline)
    if not way:
        raise ValueError("A target that equals its baseline is to be maintained, not reached.")
    done = None if actual is None else (Fraction(actual) - Fraction(baseline)) / way * HUNDRED
    parts = figure(N.ACTUAL, actual), figure(N.BASELINE, baseline), figure(N.TARGET, target)
    return figure(N.PROGRESS, done, *parts)


def within_limit(actual: Number | None, limit: Number) -> Figure:
    """Return 100 while “at most” is kept, less by the share of the excess, never below 0.

    Never target / actual. A limit of 0 is kept or not: its excess is the difference that stands
    beside it. Source: F-6, G-11.
    """
    value = None
    parts = [figure(N.ACTUAL, actual), figure(N.TARGET, limit)]
    if actual is not None:
        excess = Fraction(actual) - Fraction(limit)
        value = HUNDRED if excess <= 0 else Fraction(0)
        if excess > 0:
            parts.append(figure(N.DIFFERENCE, excess))
            if limit:
                value = max(Fraction(0), HUNDRED * (1 - excess / abs(Fraction(limit))))
    return figure(N.WITHIN_LIMIT, value, *parts)


def growth(actual: Number | None, last_year: Number | None) -> Figure:
    """Return the growth on last year in percent; without a value unless last year's is above 0.

    Source: F-8.
    """
    parts = figure(N.ACTUAL, actual), figure(N.LAST_YEAR, last_year)
    if actual is None or last_year is None or last_year <= 0:
        return figure(N.GROWTH, None, *parts)
    return figure(N.GROWTH, (Fraction(actual) / Fraction(last_year) - 1) * HUNDRED, *parts)


def plan_index(actual: Number | None, last_year: Number | None, target: Number) -> Figure:
    """Return the actual level as a share, in percent, of the level that the planned growth comes to.

    This is what an administration calls “percent of plan” of a growth target. Source: F-8 (G2).
    """
    if actual is None or last_year is None or last_year <= 0 or HUNDRED + Fraction(target) <= 0:
        parts = figure(N.ACTUAL, actual), figure(N.LAST_YEAR, last_year)
        return figure(N.PLAN_INDEX, None, *parts, figure(N.TARGET, target))
    planned = Fraction(last_year) * (1 + Fraction(target) / HUNDRED)
    level = figure(
        N.PLANNED_LEVEL, planned, figure(N.LAST_YEAR, last_year), figure(N.TARGET, target)
    )
    return figure(
        N.PLAN_INDEX, Fraction(actual) / planned * HUNDRED, figure(N.ACTUAL, actual), level
    )


def plan_index_of_growth(reached: Number | None, target: Number) -> Figure:
    """Return the plan index where only the growth is known: the levels cancel out. Source: F-8."""
    if reached is None or HUNDRED + Fraction(target) <= 0:
        return figure(N.PLAN_INDEX, None, figure(N.GROWTH, reached), figure(N.TARGET, target))
    value = (HUNDRED + Fraction(reached)) / (HUNDRED + Fraction(target)) * HUNDRED
    return figure(N.PLAN_INDEX, value, figure(N.GROWTH, reached), figure(N.TARGET, target))


def points_ratio(reached: Number | None, target: Number) -> Figure:
    """Return growth reached / growth planned in percent, under its own name and no other's.

    Source: F-8 (G1).
    """
    parts = figure(N.GROWTH, reached), figure(N.TARGET, target)
    if reached is None or target == 0:
        return figure(N.POINTS_RATIO, None, *parts)
    return figure(N.POINTS_RATIO, Fraction(reached) / Fraction(target) * HUNDRED, *parts)


def difference(actual: Number | None, target: Number | None) -> Figure:
    """Return the difference of two rates in percentage points, never in percent. Source: F-9."""
    parts = figure(N.ACTUAL, actual), figure(N.TARGET, target)
    if actual is None or target is None:
        return figure(N.DIFFERENCE, None, *parts)
    return figure(N.DIFFERENCE, Fraction(actual) - Fraction(target), *parts)


def year_to_date(months: Sequence[Number | None]) -> Total:
    """Return the sum of what was reported month by month, up to the last month that is known.

    None: not known. A month missing before it makes the sum a lower bound; with none known there is
    no sum, and never 0. Source: F-12.
    """
    known = [place for place, month in enumerate(months) if month is not None]
    if not known:
        return Total(None, False)
    reached = months[: known[-1] + 1]
    total = sum((Fraction(month) for month in reached if month is not None), Fraction(0))
    return Total(total, len(known) < len(reached))


class Subject(NamedTuple):
    """What a headline is about. `kept`: the share of checkpoints kept, of what is maintained;
    `last_year`: of GROWTH, together with `actual` as levels, or None with `actual` as growth."""

    kind: str
    comparator: str
    mode: str = TargetMode.REACH
    nature: str = Nature.FLOW
    target: Number | None = None
    baseline: Number | None = None


def headline(
    subject: Subject,
    actual: Number | None,
    *,
    last_year: Number | None = None,
    kept: Number | None = None,
) -> Figure:
    """Return the one figure that stands first for a target; its value is None where nothing is known.

    Amounts: percent of plan. Rates: the difference in points, or the way done from a baseline. At
    most: the way done, or kept within the limit. Maintained: share of checkpoints kept. Growth: the
    plan index. Milestones, yes or no: done in percent. Source: F-13.
    """
    if subject.mode == TargetMode.MAINTAIN:
        return figure(N.MAINTAINED, kept)
    if subject.kind in {IndicatorKind.MILESTONE, IndicatorKind.BOOLEAN}:
        whole = HUNDRED if subject.kind == IndicatorKind.BOOLEAN else Fraction(1)
        return figure(N.STEPS_DONE, None if actual is None else Fraction(actual) * whole)
    if subject.target is None:
        return figure(N.ACTUAL, actual)
    if subject.kind == IndicatorKind.GROWTH:
        if last_year is None:
            return plan_index_of_growth(actual, subject.target)
        return plan_index(actual, last_year, subject.target)
    has_way = subject.baseline is not None and subject.baseline != subject.target
    if subject.comparator in DESCENDING:
        if subject.baseline is not None and has_way:
            return from_baseline(actual, subject.target, subject.baseline)
        return within_limit(actual, subject.target)
    if subject.kind in {IndicatorKind.RATIO, IndicatorKind.PERCENT}:
        if subject.baseline is not None and has_way:
            return from_baseline(actual, subject.target, subject.baseline)
        return difference(actual, subject.target)
    if subject.kind in {IndicatorKind.NUMBER, IndicatorKind.COUNT} and (
        subject.comparator in ASCENDING
    ):
        return percent_of_plan(actual, subject.target)
    return figure(N.ACTUAL, actual)
