from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import Comparator, TargetMode
from commitments.rules.targets import (
    BadQuantity,
    format_beside,
    format_quantity,
    parse_quantity,
    revision_problems,
    roadmap_problems,
    satisfies,
)
from commitments.rules.words import comparator_words, target_words

D = Decimal
LANGUAGES = ["vi", "en"]
REACH = {"mode": "reach", "comparator": "ge", "value": D(21)}

quantities = st.decimals(-(10**17), 10**17, allow_nan=False, places=6)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("comparator", Comparator)
def test_every_comparison_has_words(comparator, language):
    assert comparator_words(comparator, language=language)


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        ("1234.5", 1, "1.234,5", "1,234.5"),
        ("1234.5", 2, "1.234,50", "1,234.50"),
        ("1234567", 0, "1.234.567", "1,234,567"),
        ("999", 0, "999", "999"),
        ("0", 2, "0,00", "0.00"),
        ("-0.4", 0, "0", "0"),
        ("-1234.25", 1, "-1.234,3", "-1,234.3"),  # halves go away from zero
        ("2.5", 0, "3", "3"),
        ("1E+3", 0, "1.000", "1,000"),
        ("123456789012345678.123456", 6, "123.456.789.012.345.678,123456", None),
    ],
)
def test_numbers_as_people_write_them(value, decimals, vi, en):
    assert format_quantity(D(value), decimals=decimals, language="vi") == vi
    assert en is None or format_quantity(D(value), decimals=decimals, language="en") == en


def test_a_number_for_a_field_is_not_grouped():
    assert format_quantity(D("1234.5"), decimals=1, language="vi", grouping=False) == "1234,5"


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_what_is_no_number_is_not_written(value):
    with pytest.raises(ValueError, match="no quantity"):
        format_quantity(D(value), decimals=0, language="vi")


@pytest.mark.parametrize(
    ("value", "against", "shown"),
    [("80.02", "80", "80,02"), ("80", "80", "80"), ("81", "80", "81"), ("79.96", "80", "79,96")],
)
def test_rounding_never_hides_a_difference(value, against, shown):  # G-01
    assert format_beside(D(value), against=D(against), decimals=0, language="vi") == shown


@pytest.mark.parametrize(
    ("terms", "vi", "en"),
    [
        (("reach", "ge", D(21), None), "ít nhất 21 km", "at least 21 km"),
        (("reach", "gt", D("80.0000"), None), "trên 80 km", "more than 80 km"),
        (("reach", "le", D("0.57"), None), "không quá 0,57 km", "at most 0.57 km"),
        (("reach", "lt", D(1200), None), "dưới 1.200 km", "less than 1,200 km"),
        (("reach", "between", D(5), D("7.5")), "từ 5 đến 7,5 km", "from 5 to 7.5 km"),
        (("maintain", "ge", D(100), None), "duy trì ít nhất 100 km", "maintain at least 100 km"),
    ],
)
def test_a_target_in_words(terms, vi, en):
    assert target_words(*terms, "km", 0, "vi") == vi
    assert target_words(*terms, "km", 0, "en") == en


def test_a_target_in_words_shows_its_decimals_and_never_rounds():
    assert target_words("reach", "ge", D("16.8"), None, "%", 2, "vi") == "ít nhất 16,80 %"
    assert target_words("reach", "ge", D("16.85"), None, "%", 1, "vi") == "ít nhất 16,85 %"


def test_a_tolerance_is_printed_and_an_exact_one_is_not():
    terms = ("reach", "eq", D(5), None, "", 0, "vi")
    assert target_words(*terms, tolerance=D("0.5")) == "bằng 5 (± 0,5)"
    assert target_words(*terms, tolerance=D(0)) == "bằng 5"


def test_between_without_an_upper_value_is_not_printed():
    with pytest.raises(ValueError, match="upper"):
        target_words("reach", "between", D(5), None, "km", 0, "vi")


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("45", "45", "45"),
        ("45,7", "45.7", "45.7"),  # one reading, whichever convention
        ("45.7", "45.7", "45.7"),
        ("1234.567", "1234.567", "1234.567"),
        ("1.234.567", "1234567", "1234567"),
        ("1,234.5", "1234.5", "1234.5"),
        ("1.234,5", "1234.5", "1234.5"),
        ("0.234", "0.234", "0.234"),  # a group never begins with 0
        ("1.234", None, "1.234"),
        ("1,234", "1.234", None),
        ("1 234", "1234", "1234"),
        ("1\u00a0234,5", "1234.5", "1234.5"),
        (" \u22121.5 ", "-1.5", "-1.5"),
        ("-0", "0", "0"),
        ("007", "7", "7"),
    ],
)
def test_what_has_one_reading_is_taken(text, vi, en):
    for language, expected in [("vi", vi), ("en", en)]:
        if expected is None:
            with pytest.raises(BadQuantity) as refused:
                parse_quantity(text, language=language)
            assert refused.value.code == "two-readings"
            assert refused.value.readings == (D(1234), D("1.234"))
        else:
            assert str(parse_quantity(text, language=language)) == expected


@pytest.mark.parametrize(
    ("text", "language", "decimals", "value"),
    [
        ("4.060", "vi", 0, "4060"),
        ("4,060", "en", 2, "4060"),
        ("16,825", "vi", 3, "16.825"),
        ("45,70", "vi", 1, "45.7"),
        ("12,00", "vi", 0, "12"),
    ],
)
def test_the_decimals_of_the_indicator_settle_the_reading(text, language, decimals, value):
    assert parse_quantity(text, language=language, decimals=decimals) == D(value)


@pytest.mark.parametrize(
    ("text", "decimals", "code", "readings"),
    [
        ("", 6, "not-a-number", ()),
        ("abc", 6, "not-a-number", ()),
        ("1.2.3", 6, "not-a-number", ()),
        ("1.23,4", 6, "not-a-number", ()),
        (",5", 6, "not-a-number", ()),
        ("5,", 6, "not-a-number", ()),
        ("1e3", 6, "not-a-number", ()),
        ("12 %", 6, "not-a-number", ()),
        ("12 34", 6, "not-a-number", ()),
        ("\u0661", 6, "not-a-number", ()),  # a digit, but not one of ours
        ("--1", 6, "not-a-number", ()),
        ("4.060", 3, "two-readings", (D(4060), D("4.060"))),
        ("4,060", 0, "two-readings", (D("4.060"), D(4060))),
        ("45,75", 1, "too-many-decimals", (D("45.75"),)),
        ("45.75", 1, "too-many-decimals", (D("45.75"),)),
        ("0,0000001", 6, "too-many-decimals", (D("0.0000001"),)),
        ("1" + "0" * 18, 0, "too-large", (D(10) ** 18,)),
    ],
)
def test_what_cannot_be_taken_says_why(text, decimals, code, readings):
    with pytest.raises(BadQuantity) as refused:
        parse_quantity(text, language="vi", decimals=decimals)
    assert (refused.value.code, refused.value.readings) == (code, readings)
    assert code in str(refused.value)


@given(quantities, st.integers(0, 6), st.sampled_from(LANGUAGES), st.booleans())
def test_what_is_written_is_read_back(value, decimals, language, grouping):
    rounded = value.quantize(D(1).scaleb(-decimals))
    text = format_quantity(rounded, decimals=decimals, language=language, grouping=grouping)
    assert parse_quantity(text, language=language, decimals=decimals) == rounded


@pytest.mark.parametrize(
    ("comparator", "below", "at", "above"),
    [
        ("ge", False, True, True),
        ("gt", False, False, True),
        ("le", True, True, False),
        ("lt", True, False, False),
        ("eq", False, True, False),
    ],
)
def test_satisfied_below_at_and_above_the_value(comparator, below, at, above):
    assert [
        satisfies(comparator, D(actual), value=D(80)) for actual in ("79.999999", "80", "80.000001")
    ] == [below, at, above]


def test_satisfied_within_a_tolerance_and_between_two_ends():
    equal = {"value": D(80), "tolerance": D("0.5")}
    between = {"value": D(5), "upper": D(7)}

    assert [satisfies("eq", D(a), **equal) for a in ("79.4", "79.5", "80.5", "80.6")] == [
        False,
        True,
        True,
        False,
    ]
    assert [satisfies("between", D(a), **between) for a in ("4.9", "5", "7", "7.1")] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("comparator", ["between", "approximately"])
def test_a_comparison_that_lacks_something_is_an_error(comparator):
    with pytest.raises(ValueError, match="compares nothing"):
        satisfies(comparator, D(5), value=D(5))


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({}, []),
        ({"baseline": D(19)}, []),
        ({"comparator": "between", "upper": D(22)}, []),
        ({"comparator": "between", "upper": D(21)}, ["revision-between-has-upper"]),
        ({"comparator": "between"}, ["revision-between-has-upper"]),
        ({"upper": D(22)}, ["revision-between-has-upper"]),
        ({"comparator": "eq", "tolerance": D(0)}, []),
        ({"comparator": "eq", "tolerance": D(-1)}, ["revision-eq-has-tolerance"]),
        ({"comparator": "eq"}, ["revision-eq-has-tolerance"]),
        ({"tolerance": D(0)}, ["revision-eq-has-tolerance"]),
        ({"mode": "maintain", "maintain_rule": "all", "baseline": D(21)}, []),
        ({"mode": "maintain"}, ["revision-maintain-has-rule"]),
        ({"maintain_rule": "all"}, ["revision-maintain-has-rule"]),
        ({"mode": "maintain", "maintain_rule": "share", "maintain_share": D(100)}, []),
        ({"mode": "maintain", "maintain_rule": "share"}, ["revision-share-has-share"]),
        (
            {"mode": "maintain", "maintain_rule": "share", "maintain_share": D(0)},
            ["revision-share-has-share"],
        ),
        (
            {"mode": "maintain", "maintain_rule": "all", "maintain_share": D(90)},
            ["revision-share-has-share"],
        ),
        ({"baseline": D("21.000")}, ["revision-reach-differs-from-baseline"]),  # G-12
        ({"n": 2, "reason": "new figures"}, []),
        ({"n": 2}, ["revision-later-has-reason"]),
        (
            {"upper": D(1), "baseline": D(21)},
            ["revision-between-has-upper", "revision-reach-differs-from-baseline"],
        ),
    ],
)
def test_contradictions_of_a_revision(changed, problems):
    assert revision_problems(**(REACH | changed)) == problems


@pytest.mark.parametrize(
    ("points", "nature", "problems"),
    [
        ([], "flow", []),
        ([50, 120, 190, 250], "flow", []),
        ([50, 50, 250], "flow", []),
        ([50, 120, 240], "flow", ["roadmap-ends-at-value"]),
        ([50, 40, 250], "flow", ["roadmap-flow-never-falls"]),
        ([50, 40, 250], "stock", []),
        ([300, 240], "flow", ["roadmap-ends-at-value", "roadmap-flow-never-falls"]),
    ],
)
def test_contradictions_of_a_roadmap(points, nature, problems):
    given_points = [D(point) for point in points]
    assert roadmap_problems(given_points, value=D(250), nature=nature) == problems


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", TargetMode)
def test_every_mode_can_be_printed(mode, language):
    assert target_words(mode, "ge", D(1), None, "", 0, language)
