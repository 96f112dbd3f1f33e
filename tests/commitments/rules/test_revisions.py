"""Shares and steps as people type them, and what is wrong with them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules.revisions import (
    BadLine,
    read_day,
    read_shares,
    read_steps,
    write_shares,
    write_steps,
)
from commitments.rules.targets import Share, Step, kind_problems, revision_problems, threshold

D = Decimal
names = st.text(
    st.characters(categories=["L", "N", "P"], exclude_characters="|"), min_size=1, max_size=20
)
percents = st.decimals(D("0.001"), 100, places=3)
shares = st.lists(st.builds(Share, names, percents, st.just("") | names), max_size=5)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
steps = st.lists(st.builds(Step, names, days, percents, st.just("") | names), max_size=5)
languages = st.sampled_from(["vi", "en"])


@given(shares, languages)
def test_shares_are_read_back(rows, language):
    assert read_shares(write_shares(rows, language=language), language=language) == rows


@given(steps, languages)
def test_steps_are_read_back(rows, language):
    assert read_steps(write_steps(rows, language=language), language=language) == rows


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("Công nghiệp", "parts-missing", 1),
        ("A | 60\n\nB | | C", "parts-missing", 3),
        ("A | nhiều", "not-a-number", 1),
        ("A | 60\nB | 1.234", "two-readings", 2),
        ("A | 60 | B | C", "parts-missing", 1),
    ],
)
def test_a_bad_share_is_named_by_its_line(text, code, line):
    with pytest.raises(BadLine) as refused:
        read_shares(text, language="vi")
    assert (refused.value.code, refused.value.line) == (code, line)


@pytest.mark.parametrize("text", ["31/02/2024 | 40 | A", "soon | 40 | A", "2024-13-01 | 40 | A"])
def test_a_step_begins_with_a_day(text):
    with pytest.raises(BadLine) as refused:
        read_steps(text, language="vi")
    assert refused.value.code == "not-a-day"


def test_days_are_read_as_people_write_them():
    assert read_day(" 5/6/2024 ") == read_day("2024-06-05") == date(2024, 6, 5)


HALVES = [Share("A", D(60)), Share("B", D(40))]
STEPS = [Step("A", date(2024, 6, 30), D(60)), Step("B", date(2024, 9, 30), D(40))]


@pytest.mark.parametrize(
    ("kind", "given_parts", "problems"),
    [
        ("shares", {"shares": HALVES}, []),
        ("shares", {}, ["shares-missing"]),
        ("shares", {"shares": HALVES[:1]}, ["shares-missing"]),
        ("shares", {"shares": [*HALVES, Share("C", D("0.5"))]}, ["shares-add-up"]),
        ("shares", {"shares": [Share("A", D(60)), Share("a", D(40))]}, ["share-label-once"]),
        ("shares", {"shares": [Share("A", D(110)), Share("B", D(-10))]}, ["share-in-whole"]),
        ("count", {"shares": HALVES}, ["shares-of-another-kind"]),
        ("milestone", {"steps": STEPS}, []),
        ("milestone", {}, []),
        ("milestone", {"steps": STEPS[:1]}, ["steps-add-up"]),
        ("milestone", {"steps": [*STEPS, Step("C", date(2024, 1, 1), D(0))]}, ["step-in-whole"]),
        ("count", {"steps": STEPS}, ["steps-of-another-kind"]),
        ("grade", {"value": D(2)}, []),
        ("grade", {"value": None}, []),
        ("grade", {"value": D("2.5")}, ["grade-unknown"]),
        ("grade", {"value": D(2), "baseline": D(9)}, ["grade-unknown"]),
    ],
)
def test_what_does_not_fit_the_kind(kind, given_parts, problems):
    asked = {"value": D(1), "grades": [1, 2, 3]} | given_parts
    assert kind_problems(kind, **asked) == problems


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({}, True),
        ({"value": None}, False),
        ({"value": None, "value_basis": "superior"}, True),
        ({"value_basis": "superior"}, False),
        ({"value": None, "value_basis": "last_year", "comparator": "between"}, False),
        ({"value": None, "value_basis": "last_year", "baseline": D(19)}, True),
    ],
)
def test_a_value_is_stated_or_marked(changes, sound):
    asked = {"mode": "reach", "comparator": "ge", "value": D(21)} | changes
    found = revision_problems(**asked)
    assert found == ([] if sound else ["revision-value-stated-or-marked"])


@pytest.mark.parametrize(
    ("basis", "value", "baseline", "known"),
    [
        ("stated", D(21), D(19), D(21)),
        ("last_year", None, D(19), D(19)),
        ("last_year", None, None, None),
        ("superior", None, D(19), None),
    ],
)
def test_a_result_is_compared_with(basis, value, baseline, known):
    assert threshold(value_basis=basis, value=value, baseline=baseline) == known
