"""Scores of targets and places of units, by the formulas and ADR 27."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from commitments.enums import Comparator, FigureName, IndicatorKind, NoPlace, TargetMode
from commitments.rules.figures import figure
from commitments.rules.league import Item, league, score_of
from commitments.rules.results import Stored, judge
from commitments.rules.standings import Row, Terms
from commitments.rules.verdicts import Demand

D, F = Decimal, Fraction
ENDS = date(2024, 12, 31)


def score(kind, comparator, target, actual, *, on=date(2025, 1, 2), stored=None, **more):
    """Return the score of one target with one row about the whole year; `actual` None: no row."""
    ratio = {"numerator": actual, "denominator": D(100)} if kind == IndicatorKind.RATIO else {}
    rows = [Row(ENDS, "2024", **(ratio or {"value": actual}))] if actual is not None else []
    terms = Terms(kind, Demand(comparator, target), **more)
    return score_of(judge(terms, rows, on=on, ends_on=ENDS, stored=stored), terms).value


K, C = IndicatorKind, Comparator


@pytest.mark.parametrize(
    ("kind", "comparator", "target", "actual", "expected"),
    [
        (K.COUNT, C.GE, D(250), D(251), 100),  # exceeded: capped
        (K.COUNT, C.GE, D(250), D(200), 80),
        (K.COUNT, C.GE, D(250), D(0), 0),  # a true 0 is known
        (K.COUNT, C.GE, D(250), None, None),  # and nothing is not 0
        (K.RATIO, C.GE, D(80), D(60), 75),  # the headline is a difference: percent of plan
        (K.PERCENT, C.LE, D("0.57"), D("0.60"), F(100) * (1 - F("0.03") / F("0.57"))),  # F-6
        (K.GRADE, C.GE, D(3), D(2), 0),  # kept or not
        (K.GRADE, C.GE, D(3), D(3), 100),
        (K.BOOLEAN, C.GE, D(1), D(0), 0),
    ],
)
def test_how_far_one_target_is(kind, comparator, target, actual, expected):
    assert score(kind, comparator, target, actual) == expected


def test_what_a_source_says_without_a_figure():
    met, unmet = Stored("met", "Biên bản"), Stored("unmet", "Biên bản")
    assert score(K.COUNT, C.GE, D(10), None, stored=met) == 100
    assert score(K.COUNT, C.GE, D(10), None, stored=unmet) is None  # how far, nobody says
    assert score(K.GRADE, C.GE, D(3), D(2), stored=unmet) == 0


def test_what_is_maintained_counts_its_checkpoints_and_a_grade_waits_for_the_end():
    kept = {"mode": TargetMode.MAINTAIN, "maintain_rule": "all"}
    assert score(K.PERCENT, C.GE, D(95), D(90), checkpoints=(ENDS,), **kept) == 0
    assert score(K.GRADE, C.GE, D(3), D(2), on=ENDS) is None


def items(unit, *scores, whole=None, weight=1):
    return [
        Item(
            unit,
            D(weight),
            figure(FigureName.SCORE, one, about=f"{unit}.{place}"),
            one == 100,
            whole,
        )
        for place, one in enumerate(scores)
    ]


def places(found):
    return [(one.unit, one.place) for one in found]


def test_places_ties_last_and_none_below_the_minimum():
    found = league(
        [
            *items(1, 100, 100),
            *items(2, 100, None, None, None),  # a quarter is known
            *items(3, 100, 100),
            *items(4, None),
            *items(5, 50, 100),
        ],
        minimum_coverage=80,
        seen_whole=True,
    )
    assert places(found) == [(1, 2), (3, 2), (5, 3), (2, None), (4, None)]
    second, nothing = found[3], found[4]
    assert (second.without, second.composite.coverage, second.composite.score) == (
        NoPlace.COVERAGE,
        25,
        100,
    )
    assert (second.composite.interval.low, second.composite.interval.high) == (25, 100)
    assert (nothing.without, nothing.composite.score) == (NoPlace.UNKNOWN, None)
    assert (found[2].targets, found[2].known, found[2].met) == (2, 2, 1)
    why = found[2].composite.why
    assert [(part.about, part.value) for part in why.parts[:2]] == [("5.0", 50), ("5.1", 100)]


def test_at_the_minimum_itself_there_is_a_place():
    (found,) = league(items(1, 60, 60, 60, 60, None), minimum_coverage=80, seen_whole=True)
    assert (found.place, found.composite.coverage) == (1, 80)


def test_weights_count():
    (found,) = league(
        [*items(1, 100, weight=3), *items(1, 20)], minimum_coverage=80, seen_whole=True
    )
    assert found.composite.score == 80


def test_a_whole_does_not_compete_with_its_parts():
    found = league(
        [*items(9, 100, 100), *items(1, 40, whole=9), *items(2, 50, whole=9)],
        minimum_coverage=0,
        seen_whole=True,
    )
    assert places(found) == [(2, 1), (1, 2)]


def test_among_some_there_is_no_place():
    found = league([*items(1, 100), *items(2, 90)], minimum_coverage=0, seen_whole=False)
    assert [(one.place, one.without) for one in found] == [(None, NoPlace.PARTIAL)] * 2
    assert league([], minimum_coverage=0, seen_whole=True) == []
