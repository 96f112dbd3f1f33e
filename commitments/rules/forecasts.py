"""What the year may come to, if the rest of it is like what is known."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import FigureName
from commitments.rules.figures import Figure, Number, figure

MONTHS = 12


class Band(NamedTuple):
    """Where the year may end: every remaining month like the lowest, or the highest so far."""

    low: Fraction
    high: Fraction


def required_rate(actual: Number, target: Number, *, months_left: int) -> Figure:
    """Return what each remaining month must bring; 0 once it is reached.

    Without a value when no month is left and the target is not reached: not reachable in the period.
    Source: F-15.
    """
    parts = figure(FigureName.ACTUAL, actual), figure(FigureName.TARGET, target)
    missing = Fraction(target) - Fraction(actual)
    if missing <= 0:
        return figure(FigureName.REQUIRED_RATE, 0, *parts)
    rate = missing / months_left if months_left > 0 else None
    return figure(FigureName.REQUIRED_RATE, rate, *parts)


def projection(actual: Number, *, months_reported: int) -> Figure:
    """Return actual / months reported × 12: the year at the pace so far, of what adds up.

    Without a value before the first month. Source: F-15.
    """
    part = figure(FigureName.ACTUAL, actual, about=str(months_reported))
    value = Fraction(actual) / months_reported * MONTHS if months_reported else None
    return figure(FigureName.PROJECTION, value, part)


def band(monthly: Sequence[Number]) -> Band | None:
    """Return the band of what adds up, from the figures of single months so far; None without one.

    Source: F-15.
    """
    if not monthly:
        return None
    months = [Fraction(month) for month in monthly]
    left = MONTHS - len(months)
    total = sum(months, Fraction(0))
    return Band(total + left * min(months), total + left * max(months))
