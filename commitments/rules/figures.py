"""Figures that carry their explanation, and how exactly a figure is meant.

Computed numbers are exact (fractions) until they are shown: a third is a third, and no rounding
decides anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from commitments.enums import FigureName, Qualifier

Number = Decimal | Fraction | int
HUNDRED = Fraction(100)  # percent
DIGITS = 40  # of a fraction that becomes a decimal: far more than is stored or shown


def as_decimal(value: Number) -> Decimal:
    """Return `value` as a decimal with 40 significant digits, exactly where it has an end.

    >>> as_decimal(Fraction(1, 8))
    Decimal('0.125')
    """
    if isinstance(value, Decimal):
        return value
    with localcontext(prec=DIGITS):
        exact = Fraction(value)
        return Decimal(exact.numerator) / Decimal(exact.denominator)


@lru_cache(maxsize=4096)
def _of_decimal(value: Decimal) -> Fraction:
    return Fraction(*value.as_integer_ratio())


def exact(value: Number) -> Fraction:
    """Return `value` as a fraction. A plan asks this a million times, mostly of the same numbers."""
    if type(value) is Fraction:
        return value
    return _of_decimal(value) if isinstance(value, Decimal) else Fraction(value)


def added(values: Iterable[Number]) -> Fraction:
    """Return the exact sum; 0 of nothing. Of whole numbers it costs no more than adding them."""
    by_denominator: dict[int, int] = {}
    for value in values:
        above, below = value.as_integer_ratio()
        by_denominator[below] = by_denominator.get(below, 0) + above
    return sum((Fraction(*pair[::-1]) for pair in by_denominator.items()), Fraction(0))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and why it is what it is: its name, the figures it was made of, its source.

    `value` None: not known, or not defined; never 0 for what is missing. `said`: a word in the
    place of a number, such as a verdict. `about`: what it is about, for people: a code, a name or
    a period. `source`: the row or publication that states it, "" for what was computed.
    `provenance`: the mark of the row, "" for what was computed. `ref`: the object it belongs to, as
    the register calls it, such as target/2024-h17-1; "" where it is the source itself.
    """

    name: FigureName
    value: Fraction | None = None
    parts: tuple["Figure", ...] = ()
    said: str = ""
    about: str = ""
    source: str = ""
    provenance: str = ""
    ref: str = ""

    def __iter__(self) -> Iterator["Figure"]:
        """Go through this figure and all it rests on, the whole before its parts."""
        yield self
        for part in self.parts:
            yield from part


def figure(
    name: FigureName, value: Number | None, *parts: Figure, about: str = "", source: str = ""
) -> Figure:
    """Return a figure; `value` None stays None."""
    return Figure(name, None if value is None else exact(value), parts, "", about, source)


class Interval(NamedTuple):
    """All points that a figure may mean. None: without end. `open`: the end itself is no point."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high

    def within(self, other: "Interval") -> bool:
        """Say whether every point of this one is a point of `other`."""
        if not _reaches(other.low, other.low_open, self.low, self.low_open):
            return False
        if other.high is None:
            return True
        negated = _negated(other), _negated(self)
        return _reaches(negated[0].low, negated[0].low_open, negated[1].low, negated[1].low_open)

    def misses(self, other: "Interval") -> bool:
        """Say whether no point of this one is a point of `other`."""
        return _ends_before(self, other) or _ends_before(other, self)


def point(value: Number) -> Interval:
    """Return the interval of one exact figure."""
    end = exact(value)
    return Interval(end, end)


def place_value(value: Decimal) -> Fraction:
    """Return the place of the last digit of `value` that is not 0, as it is written; of 0 it is 1.

    Source: F-1.

    >>> place_value(Decimal(3400))
    Fraction(100, 1)
    """
    if not value:
        return Fraction(1)
    exponent = value.normalize().as_tuple().exponent
    return Fraction(10) ** int(exponent)


def interval_of(
    value: Decimal, qualifier: str = Qualifier.EXACT, *, width: Decimal | None = None
) -> Interval:
    """Return what a figure may mean: “over 230,000” is at least that and below 240,000.

    `width`: of ABOUT, in both directions, stated by whoever reports; without it ValueError.
    Source: F-1.
    """
    end = exact(value)
    match qualifier:
        case Qualifier.EXACT:
            return Interval(end, end)
        case Qualifier.OVER:
            return Interval(end, end + place_value(value), high_open=True)
        case Qualifier.NEARLY:
            return Interval(end - place_value(value), end, low_open=True)
        case Qualifier.ABOUT if width is not None:
            return Interval(end - exact(width), end + exact(width))
    raise ValueError(f"{qualifier!r} with width={width} says nothing about {value}.")


def growth_of(actual: Interval, last_year: Interval) -> Interval | None:
    """Return the growth in percent; None where last year's figure may be 0 or less.

    Both are bounded. Source: F-8.
    """
    low, high = last_year.low, last_year.high
    if low is None or high is None or low <= 0 or (actual.low is None or actual.high is None):
        return None
    smallest = (actual.low / (high if actual.low >= 0 else low) - 1) * HUNDRED
    largest = (actual.high / (low if actual.high >= 0 else high) - 1) * HUNDRED
    return Interval(
        smallest,
        largest,
        actual.low_open or (last_year.high_open if actual.low >= 0 else last_year.low_open),
        actual.high_open or (last_year.low_open if actual.high >= 0 else last_year.high_open),
    )


def ratio(numerator: Number, denominator: Number) -> Fraction:
    """Return numerator / denominator in percent. Raises ValueError unless the denominator is above 0.

    Source: F-10.
    """
    if denominator <= 0:
        raise ValueError("A ratio has a denominator above 0; else there is nothing to report.")
    return Fraction(numerator) / Fraction(denominator) * HUNDRED


def distinct_ratio(inspected: Sequence[int], among: frozenset[int]) -> Fraction:
    """Return the share in percent of the units `among` that occur in `inspected`, each counted once.

    `among`: the units as they stood on the first day of the period; one that ends later stays, one
    that begins later is not counted. Source: F-10, G-10.
    """
    return ratio(len(among.intersection(inspected)), len(among))


def _negated(interval: Interval) -> Interval:
    low = None if interval.high is None else -interval.high
    high = None if interval.low is None else -interval.low
    return Interval(low, high, interval.high_open, interval.low_open)


def _reaches(
    outer: Fraction | None, outer_open: bool, inner: Fraction | None, inner_open: bool
) -> bool:
    """Say whether a lower end `outer` leaves out nothing that begins at `inner`."""
    if outer is None:
        return True
    if inner is None:
        return False
    return outer < inner or (outer == inner and (inner_open or not outer_open))


def _ends_before(first: Interval, second: Interval) -> bool:
    if first.high is None or second.low is None:
        return False
    touches = first.high == second.low
    return first.high < second.low or (touches and (first.high_open or second.low_open))
