"""Who stands where: the composite score of each unit inside one scope, and its place among the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import FigureName, IndicatorKind, NoPlace, VerdictValue
from commitments.rules import progress
from commitments.rules.figures import HUNDRED, Figure, Number
from commitments.rules.results import Result
from commitments.rules.scores import Composite, Part, Standing, composite, ranks
from commitments.rules.standings import Terms

N = FigureName
SHARES = frozenset(  # headlines that say in percent how far a target is
    {
        N.PERCENT_OF_PLAN,
        N.PLAN_INDEX,
        N.PROGRESS,
        N.WITHIN_LIMIT,
        N.MAINTAINED,
        N.STEPS_DONE,
    }
)
CAP = HUNDRED  # a target that is exceeded makes up for no other


class Item(NamedTuple):
    """One target of the scope. `whole`: the unit whose target it is a part of; None: of none."""

    unit: int
    weight: Decimal
    score: Figure
    met: bool
    whole: int | None = None


@dataclass(frozen=True)
class Place:
    """Where one unit stands. `place` None: it has none, and `without` says why; else `without` None.

    `targets`: how many are scored; `known`, `met`: how many of them have a figure, are met.
    """

    unit: int
    place: int | None
    without: NoPlace | None
    composite: Composite
    targets: int
    known: int
    met: int


def score_of(result: Result, terms: Terms, *, about: str = "", ref: str = "") -> Figure:
    """Return how far one target is, from 0 to 100; its value is None where that is not known.

    Met is 100. Before, or if not: the headline, held between 0 and 100; of rates, whose headline is
    a difference, the percent of plan; of what is only kept or not, such as a grade, 0 where it was
    concluded as unmet on a known figure. “Unmet, as a source says” without a figure says nothing of
    how far. Sources: F-4, F-13, F-19.
    """
    parts = (result.verdict, result.headline)
    return Figure(N.SCORE, _score(result, terms), parts, about=about, ref=ref)


def _score(result: Result, terms: Terms) -> Fraction | None:
    if result.verdict.said == VerdictValue.MET:
        return CAP
    if result.headline.name in SHARES:
        return _held(result.headline.value)
    actual = result.standing.actual.value
    if terms.kind in {IndicatorKind.RATIO, IndicatorKind.PERCENT} and (
        terms.demand.comparator in progress.ASCENDING
    ):
        return _held(progress.percent_of_plan(actual, terms.demand.value).value)
    is_unmet = result.concluded and result.verdict.said == VerdictValue.UNMET
    return Fraction(0) if is_unmet and actual is not None else None


def _held(value: Fraction | None) -> Fraction | None:
    return None if value is None else min(max(value, Fraction(0)), CAP)


def league(items: Sequence[Item], *, minimum_coverage: Number, seen_whole: bool) -> list[Place]:
    """Return the units of one scope, those with a place first, the best on top.

    A unit whose targets are split among others is no rival of its own parts and does not appear.
    `minimum_coverage`: in percent; below it there is no place. `seen_whole`: the reader sees every
    unit of the scope; else nobody has a place, for there is no place among some. Source: F-19.
    """
    wholes = {item.whole for item in items if item.whole not in {None, item.unit}}
    found: dict[int, list[Item]] = {}
    for item in items:
        if item.unit not in wholes:
            found.setdefault(item.unit, []).append(item)
    scored = {
        unit: composite(
            [
                Part(
                    one.weight,
                    None if one.score.value is None else one.score.value,
                    about=one.score.about,
                    why=one.score,
                )
                for one in own
            ],
            cap=CAP,
        )
        for unit, own in found.items()
    }
    standings = [Standing(unit, one.score, one.coverage) for unit, one in scored.items()]
    places = ranks(standings, minimum_coverage=minimum_coverage) if seen_whole else {}
    made = [
        Place(
            unit,
            places.get(unit),
            _without(scored[unit], places.get(unit), seen_whole),
            scored[unit],
            len(own),
            sum(one.score.value is not None for one in own),
            sum(one.met for one in own),
        )
        for unit, own in found.items()
    ]
    return sorted(
        made,
        key=lambda one: (
            one.place is None,
            one.place or 0,
            -(one.composite.coverage or 0),
            -(one.composite.score or 0),
            one.unit,
        ),
    )


def _without(found: Composite, place: int | None, seen_whole: bool) -> NoPlace | None:
    if place is not None:
        return None
    if not seen_whole:
        return NoPlace.PARTIAL
    return NoPlace.UNKNOWN if found.score is None else NoPlace.COVERAGE
