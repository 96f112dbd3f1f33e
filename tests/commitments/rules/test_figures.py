from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import Comparator, FigureName, Qualifier
from commitments.rules.figures import (
    Interval,
    as_decimal,
    distinct_ratio,
    figure,
    growth_of,
    interval_of,
    place_value,
    point,
    ratio,
)
from commitments.rules.targets import satisfies
from commitments.rules.verdicts import Demand, verdict

D, F = Decimal, Fraction
quantities = st.decimals(-(10**9), 10**9, allow_nan=False, places=3)


@pytest.mark.parametrize(
    ("value", "place"),
    [("3400", 100), ("230000", 10000), ("0.57", F(1, 100)), ("230000.000000", 10000), ("0", 1)],
)
def test_the_place_of_the_last_digit_as_written(value, place):  # F-1
    assert place_value(D(value)) == place


@pytest.mark.parametrize(
    ("qualifier", "interval"),
    [
        (Qualifier.EXACT, point(3400)),
        (Qualifier.OVER, Interval(F(3400), F(3500), high_open=True)),
        (Qualifier.NEARLY, Interval(F(3300), F(3400), low_open=True)),
        (Qualifier.ABOUT, Interval(F(3350), F(3450))),
    ],
)
def test_what_a_figure_may_mean(qualifier, interval):  # F-1
    assert interval_of(D(3400), qualifier, width=D(50)) == interval


def test_about_without_a_width_says_nothing():
    with pytest.raises(ValueError, match="says nothing"):
        interval_of(D(3400), Qualifier.ABOUT)


def test_over_230_000_on_an_exact_year_before():  # G-03
    grown = growth_of(interval_of(D(230000), Qualifier.OVER), point(210430))
    assert (round(grown.low, 2), round(grown.high, 2)) == (F("9.30"), F("14.05"))
    assert (grown.low_open, grown.high_open) == (False, True)
    assert verdict(grown, Demand("ge", D("16.8"))) == "unmet"


@pytest.mark.parametrize("last_year", [point(0), point(-5), Interval(F(-1), F(3))])
def test_growth_on_nothing_is_undefined(last_year):  # F-8
    assert growth_of(point(10), last_year) is None


def test_growth_of_a_loss_on_an_uncertain_year_before():
    grown = growth_of(point(-10), Interval(F(5), F(10), low_open=True))
    assert grown == Interval(F(-300), F(-200), low_open=True)


def test_an_inspection_counts_a_unit_once_and_among_those_of_the_first_day():  # G-10
    sixty = frozenset(range(60))
    inspected = [*range(15), 3, 99]  # one twice, and one that did not exist yet
    assert distinct_ratio(inspected, sixty) == 25
    assert verdict(point(distinct_ratio(inspected, sixty)), Demand("ge", D(25))) == "met"
    assert distinct_ratio(range(14), sixty) < 25


def test_nothing_divided_by_nothing_is_refused():  # F-10
    with pytest.raises(ValueError, match="nothing to report"):
        ratio(0, 0)


def test_a_fraction_becomes_a_decimal():
    assert as_decimal(F(1, 8)) == D("0.125")
    assert as_decimal(D("1.50")) == D("1.50")
    assert str(as_decimal(F(1, 3))) == "0." + "3" * 40


def test_a_figure_goes_down_to_what_it_rests_on():
    leaf = figure(FigureName.ACTUAL, D(3), source="report/x")
    whole = figure(
        FigureName.SUM, 3, figure(FigureName.SUM, 3, leaf), figure(FigureName.ACTUAL, None)
    )
    assert [one.value for one in whole] == [3, 3, 3, None]
    assert list(whole)[2].source == "report/x"


@given(
    comparator=st.sampled_from(list(Comparator)),
    value=quantities,
    width=st.decimals(0, 100, places=2),
    actual=quantities,
)
def test_a_point_meets_what_the_comparison_says(comparator, value, width, actual):
    """Two ways to say the same: the test of one figure, and that of its interval."""
    upper = value + width if comparator == Comparator.BETWEEN else None
    tolerance = width if comparator == Comparator.EQ else None
    said = satisfies(comparator, actual, value=value, upper=upper, tolerance=tolerance)
    found = verdict(point(actual), Demand(comparator, value, upper, tolerance))
    assert found == ("met" if said else "unmet")


@given(value=quantities, qualifier=st.sampled_from(list(Qualifier)), width=quantities.map(abs))
def test_a_figure_itself_is_among_what_it_may_mean(value, qualifier, width):
    assert point(value).within(interval_of(value, qualifier, width=width))


@given(
    low=quantities, high=quantities, target=quantities, comparator=st.sampled_from(list(Comparator))
)
def test_an_interval_is_met_or_unmet_only_if_both_its_ends_are(low, high, target, comparator):
    low, high = sorted((low, high))
    demand = Demand(comparator, target, target + 1, D(1))
    found = verdict(Interval(F(low), F(high)), demand)
    ends = {verdict(point(low), demand), verdict(point(high), demand)}
    if found != "indeterminate":
        assert ends == {found}
