"""A level that is acknowledged is not repeated for some days; the next one comes all the same."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules.cases import (
    DEFAULT_POLICIES,
    Clock,
    Due,
    Policy,
    Step,
    StepAt,
    acknowledged,
    advanced,
    next_action_at,
    schedule,
)
from units.rules.calendars import Calendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = Calendar(frozenset(range(5)))
PLACE = {"calendar": WEEK, "zone": ZONE, "opens_at": time(8)}
SIGN = DEFAULT_POLICIES["sign"]
NAGGING = Policy(
    "nagging",
    (Step(1, (1,), "holder", repeat_days=1), Step(2, (8,), "supervisor", repeat_days=2)),
)
CLOCK = Clock(due_on=date(2024, 1, 31), started_on=date(2024, 1, 1))  # a Wednesday


def days(policy: Policy, clock: Clock) -> list[tuple[int, date]]:
    return [(step.level, step.on) for step in schedule(policy, clock, **PLACE)]


def next_on(policy: Policy, clock: Clock) -> date:
    at = next_action_at(policy, clock, **PLACE)
    assert at is not None
    return at.astimezone(ZONE).date()


@pytest.mark.parametrize(
    ("on", "until"),
    [
        (date(2024, 2, 1), date(2024, 2, 6)),  # Thursday: Friday, Monday, Tuesday
        (date(2024, 2, 2), date(2024, 2, 7)),
        (date(2024, 2, 3), date(2024, 2, 7)),  # a Saturday
    ],
)
def test_it_keeps_repeats_away_for_three_working_days(on, until):
    heard = acknowledged(NAGGING, replace(CLOCK, level=1), on=on, calendar=WEEK)
    assert heard.ack_until == until


def test_repeats_resume_by_themselves_on_the_day_after():
    clock = replace(CLOCK, level=1)  # fired on Thursday 1 February
    assert next_on(NAGGING, clock) == date(2024, 2, 2)
    heard = acknowledged(NAGGING, clock, on=date(2024, 2, 1), calendar=WEEK)
    assert next_on(NAGGING, heard) == date(2024, 2, 7)


def test_the_days_are_those_of_the_policy():
    policy = replace(NAGGING, ack_days=1)
    heard = acknowledged(policy, replace(CLOCK, level=1), on=date(2024, 2, 1), calendar=WEEK)
    assert next_on(policy, heard) == date(2024, 2, 5)


def test_the_next_level_is_never_put_off_and_is_not_acknowledged_with_it():
    clock = replace(CLOCK, level=1, repeat_no=4)
    heard = acknowledged(NAGGING, clock, on=date(2024, 2, 7), calendar=WEEK)
    assert days(NAGGING, heard)[0] == (2, date(2024, 2, 8))
    at = datetime(2024, 2, 8, 8, tzinfo=ZONE)
    fired = StepAt(2, 0, date(2024, 2, 8), at, "supervisor", ("remind",))
    later = advanced(heard, Due(fired))
    assert (later.level, later.ack_until) == (2, None)
    assert next_on(NAGGING, later) == date(2024, 2, 12)  # the 10th is a Saturday


def test_a_step_of_the_same_level_leaves_the_word_as_it_is():
    heard = replace(CLOCK, level=1, ack_until=date(2024, 2, 6))
    at = datetime(2024, 2, 7, 8, tzinfo=ZONE)
    fired = StepAt(1, 6, date(2024, 2, 7), at, "holder", ("remind",))
    assert advanced(heard, Due(fired)).ack_until == date(2024, 2, 6)


def test_reminders_before_the_day_are_repeats_of_level_0():
    clock = replace(CLOCK, level=0, repeat_no=1)  # seven days before, on 24 January
    assert next(on for level, on in days(SIGN, clock) if level == 0) == date(2024, 1, 26)
    heard = acknowledged(SIGN, clock, on=date(2024, 1, 24), calendar=WEEK)
    assert heard.ack_until == date(2024, 1, 29)
    assert days(SIGN, heard)[:3] == [
        (0, date(2024, 1, 30)),
        (0, date(2024, 1, 31)),
        (1, date(2024, 2, 1)),
    ]


def test_before_anything_has_fired_there_is_nothing_to_acknowledge():
    with pytest.raises(ValueError, match="Nothing has fired"):
        acknowledged(SIGN, CLOCK, on=date(2024, 1, 2), calendar=WEEK)


@given(
    level=st.sampled_from([0, 1, 2, 3, 4]),
    repeat=st.integers(0, 4),
    on=st.dates(date(2024, 1, 1), date(2024, 4, 1)),
)
def test_whatever_is_acknowledged_no_other_level_moves(level, repeat, on):
    clock = replace(CLOCK, level=level, repeat_no=repeat if level in {0, 4} else 0)
    heard = acknowledged(SIGN, clock, on=on, calendar=WEEK)
    before = [step for step in schedule(SIGN, clock, **PLACE) if step.level != level]
    after = [step for step in schedule(SIGN, heard, **PLACE) if step.level != level]
    assert before == after
