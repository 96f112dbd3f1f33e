from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules.figures import Interval, point
from commitments.rules.results import Stored, judge
from commitments.rules.standings import Point, Row, Terms, part_of, rolled, stands
from commitments.rules.verdicts import Demand

D, F = Decimal, Fraction
ENDS = date(2024, 12, 31)
MONTHS = tuple(
    date(2024, month, day)
    for month, day in zip(
        range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True
    )
)
JUNE = date(2024, 6, 30)
COUNT = {"kind": "count", "demand": Demand("ge", D(250)), "checkpoints": MONTHS}
ROADMAP = tuple(
    Point(MONTHS[place], D(value), f"q{n}")
    for n, (place, value) in enumerate([(2, 50), (5, 120), (8, 190), (11, 250)], start=1)
)


def row(month, value=None, **more):
    return Row(MONTHS[month - 1], f"2024-{month:02d}", None if value is None else D(value), **more)


def light(rows, *, on, **more):
    return judge(Terms(**(COUNT | more)), rows, on=on, ends_on=ENDS).light


def test_certificates_over_the_year():  # G-06
    terms = Terms(**COUNT, roadmap=ROADMAP)
    rows = [row(3, 40), row(6, 110), row(9, 190), row(12, 251)]
    found = [judge(terms, rows[: n + 1], on=rows[n].ends_on, ends_on=ENDS).light for n in range(3)]
    assert found == ["amber", "amber", "green"]
    last = judge(terms, rows, on=date(2025, 1, 10), ends_on=ENDS)
    assert (last.verdict.said, last.light, last.concluded) == ("met", "blue", True)


def test_an_old_figure_is_compared_with_its_own_checkpoint_and_hatched():
    terms = Terms(**COUNT, roadmap=ROADMAP)
    found = judge(terms, [row(3, 50)], on=date(2024, 7, 10), ends_on=ENDS)
    assert (found.light, found.expected.value, found.hatched) == ("green", 50, True)


def test_nothing_known_is_grey_and_not_zero():
    found = judge(Terms(**COUNT, roadmap=ROADMAP), [], on=JUNE, ends_on=ENDS)
    assert (found.light, found.standing.actual.value, found.hatched) == ("grey", None, False)
    assert found.verdict.said == "indeterminate"


def test_a_reported_zero_is_red():
    found = judge(Terms(**COUNT, roadmap=ROADMAP), [row(3, 0)], on=MONTHS[2], ends_on=ENDS)
    assert (found.light, found.headline.value) == ("red", 0)


def test_what_is_reached_without_a_roadmap_is_green():
    assert light([row(3, 250)], on=MONTHS[2]) == "green"
    assert light([row(3, 249)], on=MONTHS[2]) == "grey"


def test_months_are_summed_and_a_gap_makes_a_lower_bound():  # F-12
    terms = Terms(**COUNT, input_basis="period")
    whole = stands(terms, [row(1, 100), row(2, 100)])
    assert (whole.actual.value, whole.reach) == (200, point(200))
    gap = stands(terms, [row(1, 100), row(3, 160)])
    assert (gap.actual.value, gap.actual.said) == (260, "≥")
    assert gap.reach == Interval(F(260), None)
    assert (
        judge(terms, [row(1, 100), row(3, 160)], on=ENDS, ends_on=ENDS, closing=True).verdict.said
        == "met"
    )
    few = judge(terms, [row(1, 100), row(3, 10)], on=ENDS, ends_on=ENDS, closing=True)
    assert few.verdict.said == "indeterminate"


def test_cumulative_figures_are_not_summed():
    assert stands(Terms(**COUNT), [row(1, 100), row(2, 150)]).actual.value == 150


def test_ratios_of_months_are_a_ratio_of_sums():
    terms = Terms("ratio", Demand("ge", D(50)), input_basis="period", checkpoints=MONTHS)
    rows = [row(1, numerator=D(1), denominator=D(2)), row(2, numerator=D(3), denominator=D(3))]
    assert stands(terms, rows).actual.value == 80


def test_growth_from_levels_has_the_plan_index_as_headline():  # G-02
    terms = Terms("growth", Demand("ge", D("16.8")), checkpoints=MONTHS)
    levels = row(12, numerator=D(230000), denominator=D(210430))
    found = judge(terms, [levels], on=date(2025, 1, 5), ends_on=ENDS)
    assert (found.verdict.said, found.headline.name) == ("unmet", "plan_index")
    assert round(found.headline.value, 1) == F("93.6")
    over = judge(terms, [levels._replace(qualifier="over")], on=date(2025, 1, 5), ends_on=ENDS)
    assert over.verdict.said == "unmet"  # G-03
    assert over.standing.reach.high_open


def test_a_published_percent_of_plan_stands_first_and_the_computed_one_under_it():
    terms = Terms("growth", Demand("ge", D("16.8")), checkpoints=MONTHS)
    found = judge(terms, [row(12, "9.3", share=D("93.64"), source="s")], on=ENDS, ends_on=ENDS)
    assert (found.headline.value, found.headline.source) == (F("93.64"), "s")
    assert round(found.headline.parts[0].value, 2) == F("93.58")


@pytest.mark.parametrize(
    ("rule", "share", "colour", "verdict"),
    [
        ("all", None, "red", "unmet"),
        ("share", D(90), "amber", "met"),
        ("last", None, "amber", "met"),
    ],
)
def test_roads_that_were_breached_once(rule, share, colour, verdict):  # G-09
    terms = Terms(
        "ratio",
        Demand("ge", D(100)),
        nature="stock",
        mode="maintain",
        maintain_rule=rule,
        maintain_share=share,
        checkpoints=MONTHS,
    )
    rows = [row(month, "97.5" if month == 5 else 100) for month in range(1, 13)]
    assert judge(terms, rows[:6], on=JUNE, ends_on=ENDS).light == colour
    assert judge(terms, rows[:1], on=MONTHS[0], ends_on=ENDS).light == "green"
    closed = judge(terms, rows, on=date(2025, 1, 5), ends_on=ENDS)
    assert closed.verdict.said == verdict
    missing = judge(terms, rows[:3], on=date(2025, 1, 5), ends_on=ENDS)
    assert missing.verdict.said == "indeterminate"


def test_a_stored_verdict_stands_before_what_would_be_computed():
    found = judge(
        Terms(**COUNT),
        [row(12, 1)],
        on=date(2025, 2, 1),
        ends_on=ENDS,
        stored=Stored("met", "Biên bản", "sourced"),
    )
    assert (found.verdict.said, found.verdict.source, found.light) == ("met", "Biên bản", "blue")
    assert found.verdict.parts[1].value == 1


def children(*values):
    terms = Terms(**COUNT)
    return [
        part_of(f"c{n}", stands(terms, [] if value is None else [row(3, value)]))
        for n, value in enumerate(values)
    ]


def test_a_whole_is_rolled_up_from_its_parts():  # F-16
    terms = Terms(**COUNT, unit_agg="sum", roadmap=ROADMAP)
    found = judge(terms, [], on=MONTHS[2], ends_on=ENDS, children=children(20, 20))
    assert (found.standing.actual.value, found.light, found.known, found.of) == (40, "amber", 2, 2)
    partly = judge(terms, [], on=MONTHS[2], ends_on=ENDS, children=children(20, None))
    assert (partly.standing.actual.said, partly.known, partly.of) == ("≥", 1, 2)
    assert partly.standing.reach == Interval(F(20), None)


def test_a_rate_of_some_of_the_parts_decides_nothing():
    terms = Terms("ratio", Demand("ge", D(50)), nature="stock", unit_agg="ratio_of_sums")
    full = stands(terms, [row(3, numerator=D(9), denominator=D(10))])
    standing, known = rolled(terms, [part_of("a", full), part_of("b", stands(terms, []))])
    assert (standing.actual.value, known, standing.reach) == (90, 1, Interval(None, None))


def test_a_mean_takes_the_weights_that_the_parts_declare():
    terms = Terms("percent", Demand("ge", D(50)), nature="stock", unit_agg="weighted_mean")
    heavy, light = (stands(terms, [row(3, value)]) for value in (90, 30))
    standing, known = rolled(terms, [part_of("a", heavy, D(3)), part_of("b", light)])
    assert (standing.actual.value, known) == (75, 2)


def test_own_figures_of_a_whole_stand_before_its_parts():
    terms = Terms(**COUNT, unit_agg="sum")
    found = judge(terms, [row(3, 7)], on=MONTHS[2], ends_on=ENDS, children=children(20))
    assert found.standing.actual.value == 7


@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 10**9)), min_size=1, max_size=12),
    basis=st.sampled_from(["ytd", "period"]),
)
def test_missing_never_becomes_zero(values, basis):
    """Rows that are not there leave no trace in the sum, and without any there is no figure."""
    terms = Terms(**COUNT, input_basis=basis)
    rows = [row(n, value) for n, value in enumerate(values, start=1) if value is not None]
    found = stands(terms, rows)
    known = [value for value in values if value is not None]
    if not known:
        assert found.actual.value is None
    elif basis == "period":
        assert found.actual.value == sum(known)
    else:
        assert found.actual.value == known[-1]
