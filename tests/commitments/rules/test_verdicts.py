from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import Comparator, Keeping, MaintainRule, Qualifier
from commitments.rules.figures import interval_of, point, ratio
from commitments.rules.targets import format_beside, format_quantity
from commitments.rules.verdicts import (
    Demand,
    concluded,
    exceeded,
    keep,
    keeping_light,
    nothing_to_report,
    steps_done,
    verdict,
)

D, F = Decimal, Fraction
quantities = st.decimals(-(10**9), 10**9, allow_nan=False, places=3)
YEAR = [True] * 4 + [False] + [True] * 7  # one breach, in May


@pytest.mark.parametrize(
    ("numerator", "denominator", "found", "shown"),
    [(80, 100, "unmet", "80"), (81, 100, "met", "81"), (4001, 5000, "met", "80,02")],
)
def test_more_than_80_percent(numerator, denominator, found, shown):  # G-01
    actual = ratio(numerator, denominator)
    assert verdict(point(actual), Demand("gt", D(80))) == found
    decimal = D(actual.numerator) / D(actual.denominator)
    assert format_beside(decimal, against=D(80), decimals=0, language="vi") == shown


@pytest.mark.parametrize(
    ("comparator", "target", "figure", "found"),
    [
        ("ge", 3400, (3400, Qualifier.NEARLY), "indeterminate"),
        ("ge", 3300, (3400, Qualifier.NEARLY), "met"),
        ("ge", 3350, (3400, Qualifier.NEARLY), "indeterminate"),
        ("ge", 230000, (230000, Qualifier.OVER), "met"),
        ("gt", 230000, (230000, Qualifier.OVER), "indeterminate"),
    ],
)
def test_nearly_and_over(comparator, target, figure, found):  # G-05
    assert verdict(interval_of(D(figure[0]), figure[1]), Demand(comparator, D(target))) == found


@pytest.mark.parametrize(
    ("demand", "actual", "by"),
    [
        (Demand("ge", D(250)), 251, 1),  # G-06
        (Demand("ge", D(250)), 250, None),
        (Demand("le", D("0.57")), 0, F("0.57")),
        (Demand("gt", D(80)), 99, None),
        (Demand("gt", D(80), stretch=D(90)), 99, 9),
        (Demand("lt", D(5), stretch=D(3)), 2, 1),
        (Demand("eq", D(5), tolerance=D(1)), 5, None),
        (Demand("ge", None), 5, None),
    ],
)
def test_exceeded_only_where_a_kind_knows_it(demand, actual, by):  # F-3
    assert exceeded(point(actual), demand) == by


def test_certificates_are_met_and_exceeded_by_one():  # G-06
    assert verdict(point(251), Demand("ge", D(250))) == "met"
    assert exceeded(point(251), Demand("ge", D(250))) == 1


@pytest.mark.parametrize("demand", [Demand("ge", None), Demand("ge", D(1))])
def test_what_is_not_known_decides_nothing(demand):
    assert verdict(None, demand) == "indeterminate"
    assert verdict(point(5), Demand("ge", None)) == "indeterminate"


def test_a_true_zero_is_a_figure():  # G-13
    assert verdict(point(0), Demand("ge", D(1))) == "unmet"
    assert verdict(point(0), Demand("le", D(0))) == "met"


@pytest.mark.parametrize(
    ("kind", "nature", "value"),
    [("count", "flow", 0), ("number", "flow", 0), ("count", "stock", 0), ("ratio", "stock", None)],
)
def test_nothing_to_report_is_zero_or_no_value_and_never_missing(kind, nature, value):  # G-13
    assert nothing_to_report(kind=kind, nature=nature) == value


@pytest.mark.parametrize(
    ("rule", "share", "found"),
    [
        (MaintainRule.ALL, None, "unmet"),
        (MaintainRule.SHARE, D(95), "unmet"),
        (MaintainRule.SHARE, D(90), "met"),
        (MaintainRule.LAST, None, "met"),
    ],
)
def test_one_breach_in_twelve_months(rule, share, found):  # G-09
    kept = keep(YEAR, total=12, rule=rule, share=share, ended=True)
    assert kept.verdict == found
    assert round(kept.share, 2) == F("91.67")
    assert (kept.status, kept.breached_at) == (Keeping.HOLDING, None)


@pytest.mark.parametrize(
    ("rule", "share", "light"),
    [(MaintainRule.ALL, None, "red"), (MaintainRule.SHARE, D(90), "amber")],
)
def test_the_light_in_june_after_the_breach_of_may(rule, share, light):  # G-09
    assert keeping_light(YEAR[:6], total=12, rule=rule, share=share) == light
    assert keeping_light(YEAR[:4], total=12, rule=rule, share=share) == "green"
    assert keeping_light(YEAR[:5], total=12, rule=rule, share=share) == "red"


def test_in_january_it_holds_and_nothing_is_concluded():  # G-09
    kept = keep([True], total=12, rule=MaintainRule.ALL)
    assert (kept.status, kept.verdict) == (Keeping.HOLDING, None)


def test_a_breach_is_dated_from_its_first_checkpoint():
    kept = keep([True, False, True, False, False], total=12, rule=MaintainRule.ALL)
    assert (kept.status, kept.breached_at) == (Keeping.BREACHED, 3)
    assert keep([False, False], total=12, rule=MaintainRule.ALL).breached_at == 0


@pytest.mark.parametrize(
    ("checkpoints", "rule", "share", "found"),
    [
        ([True] * 11 + [None], MaintainRule.ALL, None, "indeterminate"),
        ([False] + [None] * 11, MaintainRule.ALL, None, "unmet"),  # it cannot matter
        ([True] * 11 + [None], MaintainRule.SHARE, D(90), "met"),
        ([True] * 10 + [None, False], MaintainRule.SHARE, D(90), "indeterminate"),
        ([None] * 11 + [True], MaintainRule.LAST, None, "met"),
        ([True] * 11, MaintainRule.LAST, None, "indeterminate"),
        ([], MaintainRule.ALL, None, "indeterminate"),
    ],
)
def test_a_missing_checkpoint_is_unknown_unless_it_cannot_matter(checkpoints, rule, share, found):
    assert keep(checkpoints, total=12, rule=rule, share=share, ended=True).verdict == found


def test_nothing_known_is_grey():
    assert keeping_light([None], total=12, rule=MaintainRule.ALL) == "grey"
    assert keep([None], total=12, rule=MaintainRule.ALL).status == Keeping.UNKNOWN


def test_steps_by_weight():  # F-11
    assert steps_done([(30, True), (30, False), (D("40"), True)]) == 70


def test_a_conclusion_names_target_and_spread():
    found = concluded(interval_of(D(3400), Qualifier.NEARLY), Demand("ge", D(3350)))
    assert found.said == "indeterminate"
    assert [(part.name, part.value) for part in found.parts] == [
        ("target", 3350),
        ("lowest", 3300),
        ("highest", 3400),
    ]


RANK = {"unmet": 0, "indeterminate": 1, "met": 2}


@given(
    figures=st.tuples(quantities, quantities),
    target=quantities,
    comparator=st.sampled_from([Comparator.GE, Comparator.GT]),
    qualifier=st.sampled_from([Qualifier.EXACT, Qualifier.ABOUT]),
    width=st.decimals(0, 1000, places=2),
)
def test_more_is_never_worse(figures, target, comparator, qualifier, width):
    """Verdicts are monotone in the value, upwards for “at least” and downwards for “at most”."""
    less, more = sorted(figures)
    mirrored = {Comparator.GE: Comparator.LE, Comparator.GT: Comparator.LT}
    up = [
        RANK[verdict(interval_of(one, qualifier, width=width), Demand(comparator, target))]
        for one in (less, more)
    ]
    down = [
        RANK[
            verdict(interval_of(one, qualifier, width=width), Demand(mirrored[comparator], target))
        ]
        for one in (less, more)
    ]
    assert up[0] <= up[1]
    assert down[0] >= down[1]


@given(
    actual=quantities,
    target=quantities,
    decimals=st.integers(0, 3),
    comparator=st.sampled_from([Comparator.GE, Comparator.GT, Comparator.LE, Comparator.LT]),
)
def test_no_display_contradicts_a_verdict(actual, target, decimals, comparator):
    """Rounded as it is shown, a figure equals its target only if it really does (F-26)."""
    shown = format_beside(actual, against=target, decimals=decimals, language="en")
    places = len(shown.partition(".")[2])
    beside = format_quantity(target, decimals=places, language="en")
    assert (shown == beside) == (actual == target)
    demand = Demand(comparator, target)
    assert verdict(point(actual), demand) == verdict(point(F(actual)), demand)


@given(
    checkpoints=st.lists(st.sampled_from([True, False, None]), max_size=12),
    rule=st.sampled_from(list(MaintainRule)),
    place=st.integers(0, 11),
)
def test_missing_is_never_a_breach_and_never_kept(checkpoints, rule, place):
    """Whatever a missing checkpoint turns out to be, a verdict that was given stands."""
    share = D(90) if rule == MaintainRule.SHARE else None
    before = keep(checkpoints, total=12, rule=rule, share=share, ended=True).verdict
    if before == "indeterminate" or place >= len(checkpoints) or checkpoints[place] is not None:
        return
    for turned_out in (True, False):
        filled = [*checkpoints[:place], turned_out, *checkpoints[place + 1 :]]
        assert keep(filled, total=12, rule=rule, share=share, ended=True).verdict == before
