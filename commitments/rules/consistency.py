"""Published figures that contradict each other, and those that only look as if they did."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.rules.figures import HUNDRED, Interval, place_value


class Consistency(NamedTuple):
    """What a published percent of plan and a growth imply for the planned growth, in percent.

    `implied`: from the figures as they stand; `reach`: with each widened by half of its last digit;
    `stated`: the stated target, widened alike; `is_at_edge`: it fits only because of rounding.
    """

    implied: Fraction
    reach: Interval
    stated: Interval
    is_contradiction: bool
    is_at_edge: bool


def check_triple(
    *, percent_of_plan: Decimal, growth: Decimal, growth_target: Decimal
) -> Consistency:
    """Say whether a published percent of plan, growth on last year and growth target fit together.

    All in percent, each as it was published: its last digit says how far it was rounded. Raises
    ValueError unless the percent of plan is above 0. Source: F-25, G-04.
    """
    plan, grown = widened(percent_of_plan), widened(growth)
    if plan.low is None or plan.low <= 0:
        raise ValueError("A percent of plan is above 0.")

    def implied(year: Fraction | None, share: Fraction | None) -> Fraction:
        return ((HUNDRED + (year or 0)) / (share or HUNDRED) - 1) * HUNDRED

    reach = Interval(implied(grown.low, plan.high), implied(grown.high, plan.low))
    stated = widened(growth_target)
    value = Fraction(growth_target)
    inside = reach.low is not None and reach.high is not None and reach.low <= value <= reach.high
    contradiction = reach.misses(stated)
    return Consistency(
        implied(Fraction(growth), Fraction(percent_of_plan)),
        reach,
        stated,
        contradiction,
        not contradiction and not inside,
    )


def widened(value: Decimal) -> Interval:
    """Return what a rounded figure may have been: half of its last digit in both directions.

    A figure that is a whole number was rounded to whole numbers: trailing zeros count as digits.
    """
    last = min(place_value(value), Fraction(1))
    return Interval(Fraction(value) - last / 2, Fraction(value) + last / 2)
