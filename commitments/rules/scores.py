"""Counting what is met, inside one scope; composite scores; who stands where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import FigureName, VerdictValue
from commitments.rules.figures import HUNDRED, Figure, Interval, Number, figure


@dataclass(frozen=True)
class Count:
    """How many targets of one scope are met, unmet and indeterminate.

    A scope is one origin, assigner, period and set of fields; counts of two scopes are never added
    under one label, so there is no addition here. Source: F-18.
    """

    met: int
    unmet: int
    open: int

    @property
    def assigned(self) -> int:
        """Return n: withdrawn targets are not in it."""
        return self.met + self.unmet + self.open

    @property
    def share(self) -> Fraction | None:
        """Return K, met of all in percent; None of an empty scope, shown “–”."""
        return _percent(self.met, self.assigned)

    @property
    def coverage(self) -> Fraction | None:
        """Return C, decided of all in percent; None of an empty scope."""
        return _percent(self.met + self.unmet, self.assigned)

    @property
    def interval(self) -> Interval | None:
        """Return where K may end, in percent: none or all of the undecided met; None: empty scope."""
        low, high = self.share, _percent(self.met + self.open, self.assigned)
        return None if low is None else Interval(low, high)


def count(verdicts: Iterable[str]) -> Count:
    """Return how many of these verdicts are met, unmet and indeterminate."""
    found = list(verdicts)
    return Count(
        found.count(VerdictValue.MET.value),
        found.count(VerdictValue.UNMET.value),
        found.count(VerdictValue.INDETERMINATE.value),
    )


def completion(verdicts: Sequence[Figure], *, about: str = "") -> Figure:
    """Return the share met of one scope in percent with the verdicts it rests on. Source: F-18."""
    counted = count(one.said for one in verdicts)
    return Figure(
        FigureName.COMPLETION,
        counted.share,
        tuple(verdicts),
        said=f"{counted.met}/{counted.assigned}",
        about=about,
    )


class Part(NamedTuple):
    """One part of a composite. `score` None: missing. `applies` False: leaves the denominator."""

    weight: Decimal
    score: Number | None
    applies: bool = True
    about: str = ""
    why: Figure | None = None  # the score with its reasons; None: the bare score


class Composite(NamedTuple):
    """`score`: over what is known; `interval`: with what is missing at 0 and at the cap;
    `coverage`: weight known in percent. All None if nothing applies (`score` also if none known)."""

    score: Fraction | None
    interval: Interval | None
    coverage: Fraction | None
    why: Figure


def composite(parts: Sequence[Part], *, cap: Number = HUNDRED) -> Composite:
    """Return the weighted score of `parts`, with what is missing kept in sight.

    What does not apply leaves the denominator, what is missing never does. Scores lie between 0 and
    `cap`. Source: F-19, G-30.
    """
    applying = [part for part in parts if part.applies]
    whole = sum((Fraction(part.weight) for part in applying), Fraction(0))
    known = [part for part in applying if part.score is not None]
    weight = sum((Fraction(part.weight) for part in known), Fraction(0))
    total = sum((Fraction(part.weight) * Fraction(part.score or 0) for part in known), Fraction(0))
    reasons = [
        part.why or figure(FigureName.SCORE, part.score, about=part.about) for part in applying
    ]
    if not whole:
        return Composite(None, None, None, figure(FigureName.SCORE, None, *reasons))
    score = total / weight if weight else None
    reach = Interval(total / whole, (total + (whole - weight) * Fraction(cap)) / whole)
    coverage = weight / whole * HUNDRED
    reasons.append(figure(FigureName.COVERAGE, coverage))
    return Composite(score, reach, coverage, figure(FigureName.SCORE, score, *reasons))


class Standing(NamedTuple):
    """What a place in the league rests on: a score and the coverage behind it, in percent."""

    key: int
    score: Fraction | None
    coverage: Fraction | None


def ranks(standings: Sequence[Standing], *, minimum_coverage: Number) -> dict[int, int | None]:
    """Return the place of each key, 1 for the highest score; None below the minimum coverage.

    Equal scores share the last of the places that they take together: of two at the top both are
    second, and nobody is first. Source: F-19, with ties as ADR 27 has them.
    """
    ranked = [
        standing
        for standing in standings
        if standing.score is not None
        and standing.coverage is not None
        and standing.coverage >= minimum_coverage
    ]
    scores = [standing.score for standing in ranked if standing.score is not None]
    found: dict[int, int | None] = {standing.key: None for standing in standings}
    for standing in ranked:
        score = standing.score or Fraction(0)
        found[standing.key] = sum(other >= score for other in scores)
    return found


def _percent(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) * HUNDRED if whole else None
