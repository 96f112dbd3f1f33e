"""The picture of one target: roadmap, actual, last year and forecast, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from commitments.actions.portraits import Portrait
from commitments.actions.results import Line
from commitments.enums import Comparator, FigureName, IndicatorKind, Nature, TargetMode
from commitments.rules import forecasts
from commitments.rules.figures import Figure, as_decimal, figure
from commitments.rules.pictures import HEIGHT, LEFT, RIGHT, WIDTH, chart
from commitments.rules.standings import Standing
from commitments.web import figures
from commitments.web.figures import Reason

ADDS_UP = frozenset({IndicatorKind.NUMBER, IndicatorKind.COUNT})


@dataclass(frozen=True)
class Month:
    """One row of the table under the picture; "" where nothing is known."""

    name: str
    expected: str
    actual: str
    last_year: str


@dataclass(frozen=True)
class Picture:
    """The picture and its numbers. `drawn`: the geometry; `forecast`: Reasons, in their order;
    `band`: lowest and highest end of the year in words, "" without one."""

    drawn: Any
    months: list[Month]
    forecast: list[Reason]
    band: str
    lines: list[tuple[str, str, Sequence[tuple[str, str]]]]
    labels: list[tuple[str, str]]
    ticks: list[tuple[str, str]]
    size: tuple[int, int, int, int]


def of(portrait: Portrait, *, on: date) -> Picture | None:
    """Return the picture of a target on the day `on`; None while there is no line to draw."""
    line = portrait.line
    places = {day: place for place, day in enumerate(line.terms.checkpoints)}
    roadmap = [
        (places[point.ends_on], Fraction(point.value))
        for point in line.terms.roadmap
        if point.ends_on in places
    ]
    actual = _placed(portrait.history, places)
    before = _placed(_a_year_on(portrait.last_year, line), places)
    if max(len(roadmap), len(actual), len(before)) < 2:
        return None
    band = _band(line, actual)
    end = len(places) - 1
    drawn = chart(
        [roadmap, before, actual],
        periods=max(1, len(places)),
        band=(actual[-1], (end, band.low, band.high)) if band and actual else None,
    )
    names = ("roadmap", "before", "actual")
    by_day = (dict(roadmap), dict(actual), dict(before))
    return Picture(
        drawn=drawn,
        months=[
            Month(
                f"{day.month:02d}/{day.year}",
                *(_text(column.get(place), line) for column in by_day),
            )
            for day, place in places.items()
            if any(place in column for column in by_day)
        ],
        forecast=_forecast(line, actual, on=on),
        band=f"{_text(band.low, line)} – {_text(band.high, line)}" if band else "",
        lines=list(zip(names, drawn.lines, drawn.dots, strict=True)),
        labels=[(x, str(day.month)) for x, day in zip(drawn.places, places, strict=True)],
        ticks=[(figures.number(tick.value), tick.y) for tick in drawn.ticks],
        size=(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT),
    )


def _a_year_on(
    last_year: Sequence[tuple[date, Standing]], line: Line
) -> list[tuple[date, Standing]]:
    """Return last year's checkpoints at the places of this year's months."""
    months = {day.month: day for day in line.terms.checkpoints}
    return [(months[day.month], standing) for day, standing in last_year if day.month in months]


def _placed(
    history: Sequence[tuple[date, Standing]], places: dict[date, int]
) -> list[tuple[int, Fraction]]:
    return [
        (places[day], standing.actual.value)
        for day, standing in history
        if day in places and standing.actual.value is not None
    ]


def _text(value: Fraction | None, line: Line) -> str:
    if value is None:
        return ""
    return figures.number(as_decimal(value), most=max(2, line.said["decimals"]))


def _monthly(actual: Sequence[tuple[int, Fraction]]) -> list[Fraction]:
    """Return what each month brought, from cumulative figures without a gap; [] with one."""
    if [place for place, _value in actual] != list(range(len(actual))):
        return []
    values = [value for _place, value in actual]
    return [later - sooner for sooner, later in zip([Fraction(0), *values], values, strict=False)]


def _projects(line: Line) -> bool:
    terms = line.terms
    adds_up = terms.kind in ADDS_UP and terms.nature == Nature.FLOW
    upwards = terms.demand.comparator in {Comparator.GE, Comparator.GT}
    return adds_up and upwards and terms.mode == TargetMode.REACH and not line.result.concluded


def _band(line: Line, actual: Sequence[tuple[int, Fraction]]) -> forecasts.Band | None:
    return forecasts.band(_monthly(actual)) if _projects(line) else None


def _forecast(line: Line, actual: Sequence[tuple[int, Fraction]], *, on: date) -> list[Reason]:
    """Return what the year may come to and what the rest of it must bring, where that has a sense."""
    if not _projects(line) or not actual or line.terms.demand.value is None:
        return []
    place, value = actual[-1]
    left = len(line.terms.checkpoints) - place - 1
    found: list[Figure] = [
        forecasts.required_rate(value, line.terms.demand.value, months_left=left),
        forecasts.projection(value, months_reported=place + 1),
    ]
    return [figures.reason(one) for one in found if one.value is not None]


def why(line: Line) -> list[Reason]:
    """Return the figures of a target with their reasons: verdict, headline, roadmap."""
    result = line.result
    found = [result.verdict, result.headline]
    if result.expected.value is not None and not result.concluded:
        parts = (result.expected, result.standing.actual)
        found.append(figure(FigureName.EXPECTED, result.expected.value, *parts))
    return [figures.reason(one) for one in found if one.value is not None or one.said]
