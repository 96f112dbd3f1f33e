from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules import forecasts, progress
from commitments.rules.lights import (
    Thresholds,
    against_roadmap,
    concluded_light,
    light,
)
from commitments.rules.progress import Subject, headline

D, F = Decimal, Fraction


def test_production_value_of_2023():  # G-02
    grown = progress.growth(230000, 210430).value
    assert round(grown, 2) == F("9.30")
    assert round(progress.plan_index(230000, 210430, D("16.8")).value, 2) == F("93.58")
    assert round(progress.points_ratio(grown, D("16.8")).value, 2) == F("55.36")
    first = headline(Subject("growth", "ge", target=D("16.8")), 230000, last_year=210430)
    assert (first.name, round(first.value, 1)) == ("plan_index", F("93.6"))
    assert light(grown, D("16.8")) == "red"
    assert round(against_roadmap(grown, D("16.8")).value, 2) == F("0.55")


def test_the_plan_index_needs_only_the_growth():
    whole = progress.plan_index(230000, 210430, D("16.8")).value
    grown = progress.growth(230000, 210430).value
    assert progress.plan_index_of_growth(grown, D("16.8")).value == whole


@pytest.mark.parametrize(
    ("actual", "expected", "colour", "share"),
    [(40, 50, "amber", "0.80"), (110, 120, "amber", "0.92"), (190, 190, "green", "1.00")],
)
def test_certificates_against_their_roadmap(actual, expected, colour, share):  # G-06
    assert light(actual, expected) == colour
    assert round(against_roadmap(actual, expected).value, 2) == F(share)


def test_the_lights_of_certificates_in_2024():  # scenario, section 6
    colours, before = [], None
    for actual, expected in [(31, 40), (62, 70), (96, 100)]:
        before = light(actual, expected, before=before)
        colours.append(before)
    assert colours == ["red", "amber", "green"]


@pytest.mark.parametrize(
    ("before", "actual", "colour"),
    [
        (None, 95, "green"),
        ("green", 95, "green"),
        ("amber", 95, "amber"),  # not past the threshold by the margin
        ("amber", 96, "green"),
        ("green", 94, "amber"),  # worse at once
        ("red", 80, "red"),
        ("red", 81, "amber"),
        ("red", 95, "amber"),
        ("red", 99, "green"),
        ("grey", 95, "green"),
    ],
)
def test_a_light_does_not_flicker(before, actual, colour):  # F-14 with hysteresis
    assert light(actual, 100, before=before) == colour


@pytest.mark.parametrize(
    ("terms", "colour"),
    [
        ((None, 5), "grey"),
        ((5, None), "grey"),
        ((0, 0), "green"),
        ((1, 0), "green"),
        ((-1, 0), "red"),
        ((0, 100), "red"),
    ],
)
def test_nothing_due_nothing_verified_and_a_true_zero(terms, colour):
    assert light(*terms) == colour


@pytest.mark.parametrize(
    ("actual", "expected", "baseline", "colour"),
    [
        ("0.60", "0.60", "0.80", "green"),
        ("0.64", "0.60", "0.80", "amber"),
        ("0.75", "0.60", "0.80", "red"),
        ("0.60", "0.57", None, "amber"),  # F-6: 94.7
        ("0.57", "0.57", None, "green"),
        ("0.90", "0.80", "0.80", "red"),  # no way expected: worse than the checkpoint
        ("0.70", "0.80", "0.80", "green"),
    ],
)
def test_at_most_with_and_without_a_baseline(actual, expected, baseline, colour):
    found = light(
        D(actual), D(expected), comparator="le", baseline=None if baseline is None else D(baseline)
    )
    assert found == colour


def test_a_comparison_without_direction_has_no_light():
    assert light(5, 5, comparator="between") == "grey"


@pytest.mark.parametrize(
    ("verdict", "colour"), [("met", "blue"), ("unmet", "red"), ("indeterminate", "grey")]
)
def test_what_is_concluded_shows_its_verdict(verdict, colour):
    assert concluded_light(verdict) == colour


@pytest.mark.parametrize(
    ("actual", "limit", "kept"),
    [
        ("0", "0.57", "100"),
        ("0.57", "0.57", "100"),
        ("0.60", "0.57", "94.7"),
        ("0.1", "0", "0"),
        ("0", "0", "100"),
        ("9", "1", "0"),
    ],
)
def test_at_most(actual, limit, kept):  # G-11
    found = progress.within_limit(D(actual), D(limit))
    assert round(found.value, 1) == F(kept)
    shown = [part.value for part in found.parts if part.name == "difference"]
    assert shown == ([F(actual) - F(limit)] if D(actual) > D(limit) else [])


@pytest.mark.parametrize(
    ("actual", "target", "share"),
    [(230, 250, 92), (0, 250, 0), (5, 0, None), (5, -1, None), (None, 5, None), (5, None, None)],
)
def test_percent_of_plan(actual, target, share):  # F-4
    assert progress.percent_of_plan(actual, target).value == share


@pytest.mark.parametrize(
    ("actual", "target", "baseline", "way"),
    [(90, 100, 80, 50), (70, 100, 80, -50), (110, 100, 80, 150), (6, 4, 8, 50), (None, 4, 8, None)],
)
def test_the_way_from_a_baseline(actual, target, baseline, way):  # F-5
    assert progress.from_baseline(actual, target, baseline).value == way


def test_a_target_that_equals_its_baseline_is_not_reached_but_maintained():  # G-12
    with pytest.raises(ValueError, match="maintained"):
        progress.from_baseline(5, 5, 5)


@pytest.mark.parametrize(("actual", "last_year"), [(5, 0), (5, -1), (5, None), (None, 5)])
def test_growth_is_defined_on_a_positive_year_before(actual, last_year):
    assert progress.growth(actual, last_year).value is None


@pytest.mark.parametrize(
    ("months", "total"),
    [
        ([40, 70, 80], (190, False)),
        ([40, None, 80], (120, True)),
        ([40, 70, None], (110, False)),
        ([None, None], (None, False)),
        ([], (None, False)),
        ([0, 0], (0, False)),
    ],
)
def test_a_gap_makes_the_sum_a_lower_bound(months, total):  # F-12
    assert progress.year_to_date(months) == total


@pytest.mark.parametrize(
    ("subject", "actual", "more", "name", "value"),
    [
        (Subject("count", "ge", target=250), 100, {}, "percent_of_plan", 40),
        (Subject("ratio", "ge", nature="stock", target=80), 82, {}, "difference", 2),
        (Subject("ratio", "ge", target=80, baseline=70), 75, {}, "progress", 50),
        (Subject("percent", "le", target=D("0.5")), D("0.5"), {}, "within_limit", 100),
        (Subject("percent", "le", target=4, baseline=8), 6, {}, "progress", 50),
        (Subject("ratio", "ge", mode="maintain", target=100), 100, {"kept": 75}, "maintained", 75),
        (Subject("milestone", "ge", target=100), 30, {}, "steps_done", 30),
        (Subject("boolean", "ge", target=1), 1, {}, "steps_done", 100),
        (Subject("boolean", "ge", target=1), 0, {}, "steps_done", 0),
        (Subject("growth", "ge", target=10), 21, {}, "plan_index", 110),
        (Subject("grade", "ge", target=3), 2, {}, "actual", 2),
        (Subject("count", "between", target=3), 2, {}, "actual", 2),
        (Subject("number", "ge"), 3400, {}, "actual", 3400),
        (Subject("count", "ge", target=250), None, {}, "percent_of_plan", None),
    ],
)
def test_one_headline_by_kind(subject, actual, more, name, value):  # F-13
    found = headline(subject, actual, **more)
    assert (found.name, found.value) == (name, value)


def test_what_each_remaining_month_must_bring():  # F-15
    assert forecasts.required_rate(96, 300, months_left=8).value == F("25.5")
    assert forecasts.required_rate(300, 300, months_left=0).value == 0
    assert forecasts.required_rate(299, 300, months_left=0).value is None


def test_the_year_at_the_pace_so_far():  # F-15
    assert forecasts.projection(96, months_reported=4).value == 288
    assert forecasts.projection(0, months_reported=0).value is None
    assert forecasts.band([31, 31, 34]) == (96 + 9 * 31, 96 + 9 * 34)
    assert forecasts.band([]) is None


@given(
    months=st.lists(st.integers(0, 100), min_size=1, max_size=12),
)
def test_the_projection_lies_in_the_band(months):
    low, high = forecasts.band(months)
    assert low <= forecasts.projection(sum(months), months_reported=len(months)).value <= high


@given(
    actuals=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    expected=st.integers(1, 1000),
    before=st.sampled_from([None, "green", "amber", "red"]),
)
def test_more_never_makes_a_light_worse(actuals, expected, before):
    order = {"red": 0, "amber": 1, "green": 2}
    less, more = (
        order[light(one, expected, before=before, thresholds=Thresholds())]
        for one in sorted(actuals)
    )
    assert less <= more
