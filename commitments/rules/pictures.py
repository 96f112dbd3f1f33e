"""Where the lines of a chart run: values to coordinates, exactly enough for a screen."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.rules.figures import Number

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 32  # room for the words at the edges


class Tick(NamedTuple):
    """A line across the chart at `value`, drawn at the height `y`."""

    value: Fraction
    y: str


class Chart(NamedTuple):
    """What is drawn. `lines`: the points of each series as SVG writes them, "" for an empty one;
    `dots`: their coordinates; `band`: the outline of the forecast, "" without one; `places`: the
    x of each period."""

    lines: tuple[str, ...]
    dots: tuple[tuple[tuple[str, str], ...], ...]
    band: str
    ticks: tuple[Tick, ...]
    places: tuple[str, ...]


def chart(
    series: Sequence[Sequence[tuple[int, Number]]],
    *,
    periods: int,
    band: tuple[tuple[int, Number], tuple[int, Number, Number]] | None = None,
) -> Chart:
    """Return the chart of these series over `periods` places.

    Each point is a place from 0 and a value. `band`: from a point to a place with the lowest and the
    highest value. The scale begins at 0 unless a value is below it. Raises ValueError without a
    place.
    """
    if periods < 1:
        raise ValueError("A chart has a period.")
    values = [Fraction(value) for points in series for _place, value in points]
    if band is not None:
        values += [Fraction(band[0][1]), Fraction(band[1][1]), Fraction(band[1][2])]
    ticks = scale(values)
    low, high = ticks[0], ticks[-1]

    def x(place: int) -> str:
        step = Fraction(WIDTH - LEFT - RIGHT, max(1, periods - 1))
        return _text(LEFT + step * place)

    def y(value: Number) -> str:
        share = (Fraction(value) - low) / (high - low)
        return _text(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))

    dots = tuple(tuple((x(place), y(value)) for place, value in points) for points in series)
    outline = ""
    if band is not None:
        (place, value), (end, least, most) = band
        corners = [(x(place), y(value)), (x(end), y(most)), (x(end), y(least))]
        outline = _joined(corners)
    return Chart(
        tuple(_joined(points) for points in dots),
        dots,
        outline,
        tuple(Tick(tick, y(tick)) for tick in ticks),
        tuple(x(place) for place in range(periods)),
    )


def scale(values: Sequence[Fraction]) -> list[Fraction]:
    """Return four to seven round values that hold all of `values` and 0.

    >>> [int(tick) for tick in scale([Fraction(300)])]
    [0, 50, 100, 150, 200, 250, 300]
    """
    low, high = min([Fraction(0), *values]), max([Fraction(0), *values])
    if low == high:
        high = low + 1
    step = Fraction(10) ** (len(str(int((high - low) / 5 * 10**6))) - 1 - 6)
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 6:
            step *= factor
            break
    first = (low / step).__floor__()
    last = (high / step).__ceil__()
    return [step * place for place in range(first, last + 1)]


def _text(value: Fraction) -> str:
    return f"{Decimal(round(value * 10)) / 10:f}"


def _joined(points: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
