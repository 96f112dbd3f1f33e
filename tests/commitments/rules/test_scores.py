from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import FigureName
from commitments.rules import discipline, rollups
from commitments.rules.consistency import check_triple
from commitments.rules.figures import Figure
from commitments.rules.rollups import Child, roll_up
from commitments.rules.scores import Count, Part, Standing, completion, composite, count, ranks

D, F = Decimal, Fraction


def test_the_scoreboard_of_2023():  # G-14
    whole, party, rest = Count(30, 2, 0), Count(14, 0, 0), Count(16, 2, 0)
    assert (whole.assigned, whole.share) == (32, F("93.75"))
    assert (party.assigned, party.share) == (14, 100)
    assert (rest.assigned, round(rest.share, 2)) == (18, F("88.89"))
    own = count(["indeterminate"] * 3)
    assert (own.met, own.assigned, own.coverage) == (0, 3, 0)


def test_two_scopes_do_not_add_up():  # G-14: no 33/35
    with pytest.raises(TypeError):
        Count(30, 2, 0) + Count(3, 0, 0)


def test_what_is_undecided_is_an_interval():  # G-15
    counted = Count(30, 1, 1)
    assert counted.share == F("93.75")
    assert round(counted.coverage, 2) == F("96.88")
    assert (counted.interval.low, round(counted.interval.high, 2)) == (F("93.75"), F("96.88"))


def test_an_empty_scope_has_no_share():
    assert (Count(0, 0, 0).share, Count(0, 0, 0).coverage, Count(0, 0, 0).interval) == (None,) * 3


def test_a_count_names_the_verdicts_it_rests_on():
    verdicts = [Figure(FigureName.VERDICT, None, said=said) for said in ("met", "unmet")]
    found = completion(verdicts)
    assert (found.said, found.value, found.parts) == ("1/2", 50, tuple(verdicts))


def test_tasks_done_and_done_in_time():  # G-16
    found = discipline.tasks(done=16051, done_on_time=14068, overdue=223)
    assert [round(share, 2) for share in found] == [F("98.63"), F("86.44"), F("87.65")]
    assert discipline.tasks(done=0, done_on_time=0, overdue=0) == (None, None, None)


def test_completeness_and_timeliness():  # G-17
    found = discipline.reporting(expected=211, on_time=190, late=16)
    assert [round(share, 2) for share in found] == [F("97.63"), F("90.05")]
    assert discipline.reporting(expected=0, on_time=0, late=0) == (None, None)


def test_no_extension_makes_a_case_younger():  # G-19
    found = discipline.age_of(
        original_due=date(2023, 12, 31), current_due=date(2024, 9, 30), on=date(2024, 10, 1)
    )
    assert found == (275, 1)


@pytest.mark.parametrize(
    ("growth", "implied", "reach", "contradiction"),
    [("9.3", "16.72", ("16.66", "16.78"), False), ("19.3", "27.40", ("27.34", "27.46"), True)],
)
def test_three_published_figures_fit_or_contradict(growth, implied, reach, contradiction):  # G-04
    found = check_triple(percent_of_plan=D("93.64"), growth=D(growth), growth_target=D("16.8"))
    assert round(found.implied, 2) == F(implied)
    assert (round(found.reach.low, 2), round(found.reach.high, 2)) == tuple(map(F, reach))
    assert (found.stated.low, found.stated.high) == (F("16.75"), F("16.85"))
    assert (found.is_contradiction, found.is_at_edge) == (contradiction, not contradiction)


def test_figures_that_fit_are_not_at_the_edge():
    found = check_triple(percent_of_plan=D("93.58"), growth=D("9.3"), growth_target=D("16.8"))
    assert (found.is_contradiction, found.is_at_edge) == (False, False)


def test_a_percent_of_plan_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        check_triple(percent_of_plan=D(0), growth=D(1), growth_target=D(1))


def test_a_composite_keeps_what_is_missing_in_sight():  # G-30
    found = composite(
        [
            Part(D(40), D(100)),
            Part(D(30), D(80)),
            Part(D(20), None),
            Part(D(10), None, applies=False),
        ]
    )
    assert round(found.score, 1) == F("91.4")
    assert (round(found.interval.low, 1), round(found.interval.high, 1)) == (F("71.1"), F("93.3"))
    assert round(found.coverage, 1) == F("77.8")
    standing = Standing(1, found.score, found.coverage)
    assert ranks([standing], minimum_coverage=80) == {1: None}


def test_nothing_that_applies_has_no_score():
    assert composite([Part(D(1), None, applies=False)])[:3] == (None, None, None)
    assert composite([Part(D(1), None)]).score is None


def test_equal_scores_share_the_last_of_their_places():  # F-19, ADR 27
    standings = [
        Standing(1, F(90), F(100)),
        Standing(2, F(95), F(100)),
        Standing(3, F(90), F(80)),
        Standing(4, F(80), F(100)),
        Standing(5, F(99), F(79)),
        Standing(6, None, None),
    ]
    assert ranks(standings, minimum_coverage=80) == {2: 1, 1: 3, 3: 3, 4: 4, 5: None, 6: None}


def test_growth_of_two_units_is_no_mean_of_rates():  # G-29
    found = roll_up([Child(first=110, second=100), Child(first=300, second=200)], "growth_of_sums")
    assert round(found.figure.value, 2) == F("36.67")


@pytest.mark.parametrize(
    ("rule", "children", "value", "known", "lower"),
    [
        ("sum", [Child(3), Child(None), Child(0)], 3, 2, True),
        ("sum", [Child(3), Child(4)], 7, 2, False),
        ("sum", [Child(None)], None, 0, True),
        ("ratio_of_sums", [Child(first=1, second=2), Child(first=3, second=3)], 80, 2, False),
        ("ratio_of_sums", [Child(first=1, second=2), Child(first=3)], 50, 1, False),
        ("ratio_of_sums", [Child(first=0, second=0)], None, 1, False),
        ("weighted_mean", [Child(10, weight=1), Child(20, weight=3)], F("17.5"), 2, False),
        ("weighted_mean", [Child(10, weight=0)], None, 1, False),
        ("last", [Child(10), Child(20), Child(None)], 20, 2, False),
        ("worst", [Child(10), Child(20)], 10, 2, False),
        ("count_true", [Child(1), Child(0), Child(None)], 50, 2, False),
    ],
)
def test_rolled_up_as_declared(rule, children, value, known, lower):  # F-16
    found = roll_up(children, rule)
    assert (found.figure.value, found.known, found.expected, found.is_lower_bound) == (
        value,
        known,
        len(children),
        lower,
    )


def test_the_worst_of_at_most_is_the_highest():
    assert roll_up([Child(10), Child(20)], "worst", comparator="le").figure.value == 20


def test_what_declares_no_roll_up_has_none():
    assert roll_up([Child(1)], "none") is None


def test_a_mean_without_weights_is_refused():
    with pytest.raises(ValueError, match="weight"):
        roll_up([Child(1)], "weighted_mean")


children = st.lists(
    st.one_of(st.none(), st.decimals(-(10**12), 10**12, allow_nan=False, places=6)), max_size=20
)


@given(children=children)
def test_sums_are_exact_and_missing_never_becomes_zero(children):
    """With and without a missing child the sum is the same; the coverage tells them apart."""
    rows = [Child(value) for value in children]
    found = roll_up(rows, "sum")
    known = [F(value) for value in children if value is not None]
    assert found.figure.value == (sum(known, F(0)) if known else None)
    assert (found.known, found.is_lower_bound) == (len(known), len(known) < len(children))
    worst = roll_up(rows, "worst").figure.value
    assert worst == (min(known) if known else None)


@given(children=children.filter(bool))
def test_every_known_child_stands_in_the_explanation(children):
    found = rollups.roll_up(
        [Child(value, source=str(n)) for n, value in enumerate(children)], "sum"
    )
    assert [part.source for part in found.figure.parts] == [
        str(n) for n, value in enumerate(children) if value is not None
    ]


@given(verdicts=st.lists(st.sampled_from(["met", "unmet", "indeterminate"])))
def test_a_count_loses_nobody(verdicts):
    counted = count(verdicts)
    assert counted.assigned == len(verdicts)
    if verdicts:
        assert counted.interval.low <= counted.interval.high
        assert 0 <= counted.share <= counted.coverage <= 100
