"""Reports in figures: their days, their answers, and discipline."""

from datetime import date
from decimal import Decimal

import pytest

from commitments.enums import IndicatorKind
from commitments.enums.reports import DutyState, ReportAct, ReportState
from commitments.rules.reports import (
    MOVES,
    Answer,
    days_of,
    draft_problems,
    duty_after,
    is_listed,
    submit_problems,
)
from units.rules.calendars import Calendar

OF_2024 = Calendar(
    frozenset(range(5)),
    closed=frozenset({date(2024, 4, 18), date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}),
    opened=frozenset({date(2024, 5, 4)}),
)
HOUSE = {"opens_after": -5, "due_after": 5, "locks_after": 20, "roll_over": "forward"}


@pytest.mark.parametrize(
    ("ends_on", "due_on", "locks_on"),
    [
        (date(2024, 2, 29), date(2024, 3, 5), date(2024, 3, 20)),
        (date(2024, 3, 31), date(2024, 4, 5), date(2024, 4, 22)),  # the 20th is a Saturday
        (date(2024, 4, 30), date(2024, 5, 6), date(2024, 5, 20)),  # the 5th is a Sunday
    ],
)
def test_days_move_on_from_closed_ones(ends_on, due_on, locks_on):
    assert days_of(ends_on, **HOUSE, is_open=OF_2024.is_open)[1:] == (due_on, locks_on)


def test_days_stay_where_the_rule_says_so():
    stays = HOUSE | {"roll_over": "none"}
    assert days_of(date(2024, 4, 30), **stays, is_open=OF_2024.is_open).due_on == date(2024, 5, 5)


def test_a_calendar_without_an_open_day_is_refused():
    with pytest.raises(ValueError, match="no open day"):
        days_of(date(2024, 4, 30), **HOUSE, is_open=lambda _day: False)


VALUE, HALF = Answer(value=Decimal(7)), Answer(numerator=Decimal(3))
RATIO = Answer(numerator=Decimal(3), denominator=Decimal(4))
NOTHING = Answer(nothing_to_report=True)


@pytest.mark.parametrize(
    ("kind", "answer", "draft", "submit"),
    [
        ("count", VALUE, [], []),
        ("count", Answer(), [], [("value", "answer-missing")]),
        ("count", Answer(value=Decimal(-1)), [("value", "negative")], [("value", "negative")]),
        ("count", NOTHING, [], []),
        ("ratio", RATIO, [], []),
        ("growth", RATIO, [], []),
        ("ratio", HALF, [], [("denominator", "answer-missing")]),
        ("ratio", NOTHING, [], []),
        ("boolean", Answer(is_true=False), [], []),
        ("boolean", Answer(), [], [("is_true", "answer-missing")]),
        ("grade", Answer(value=Decimal(2)), [], []),
        ("percent", Answer(value=Decimal("0.5")), [], []),
    ],
)
def test_answers_that_are_sound_or_not_complete(kind, answer, draft, submit):
    asked = {"kind": kind, "decimals": 2, "grades": (1, 2, 3)}
    assert draft_problems(answer, **asked) == draft
    assert submit_problems(answer, **asked) == submit


@pytest.mark.parametrize(
    ("kind", "answer", "problem"),
    [
        ("ratio", VALUE, ("value", "answer-of-another-kind")),
        ("boolean", VALUE, ("value", "answer-of-another-kind")),
        ("count", RATIO, ("numerator", "answer-of-another-kind")),
        ("count", Answer(is_true=True), ("is_true", "answer-of-another-kind")),
        ("count", Answer(value=Decimal("7.5")), ("value", "too-many-decimals")),
        ("grade", Answer(value=Decimal(4)), ("value", "grade-unknown")),
        ("milestone", Answer(value=Decimal(101)), ("value", "not-in-whole")),
        ("ratio", Answer(denominator=Decimal(0)), ("denominator", "denominator-not-positive")),
        ("count", Answer(value=Decimal(1), nothing_to_report=True),
         ("nothing_to_report", "two-answers")),
        ("count", Answer(qualifier="about", about_width=Decimal(0)),
         ("about_width", "width-not-positive")),
        ("count", Answer(about_width=Decimal(1)), ("about_width", "width-without-about")),
    ],
)  # fmt: skip
def test_answers_that_contradict_themselves(kind, answer, problem):
    assert problem in draft_problems(answer, kind=kind, decimals=0, grades=(1, 2, 3))


def test_about_says_how_far_it_may_be_off():
    about = Answer(value=Decimal(7), qualifier="about")
    asked = {"kind": IndicatorKind.COUNT, "decimals": 0}
    assert submit_problems(about, **asked) == [("about_width", "width-missing")]


def test_the_table_starts_a_first_report_and_restates_a_verified_one():
    assert is_listed(ReportAct.SAVE, DutyState.AWAITED, None)
    assert not is_listed(ReportAct.SAVE, DutyState.VERIFIED, None)
    assert is_listed(ReportAct.RESTATE, DutyState.VERIFIED, None)
    assert not is_listed(ReportAct.RESTATE, DutyState.VERIFIED, ReportState.DRAFT)
    assert set(MOVES) == set(ReportAct)


@pytest.mark.parametrize("act", [ReportAct.SUBMIT, ReportAct.RECALL, ReportAct.RETURN])
def test_a_verified_value_stands_while_its_successor_is_looked_at(act):
    assert duty_after(act, DutyState.VERIFIED, has_verified=True) == DutyState.VERIFIED
