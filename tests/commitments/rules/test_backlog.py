from datetime import date, timedelta

import pytest

from commitments.enums.backlog import CaseAct, CaseState
from commitments.rules.backlog import (
    BUCKETS,
    CLEARS,
    MOVES,
    age,
    allowed_acts,
    bucket_of,
    overdue,
    unclear,
)

ORIGINAL = date(2023, 12, 31)
CLEAR = dict.fromkeys((*CLEARS, "competence"), "clear")


def test_extending_moves_the_due_date_and_never_the_age():  # G-19
    seen = date(2024, 10, 1)
    assert (age(ORIGINAL, on=seen), overdue(date(2024, 9, 30), on=seen)) == (275, 1)


@pytest.mark.parametrize(("day", "days"), [(-1, 0), (0, 0), (1, 1)])
def test_the_due_day_itself_is_in_time(day, days):
    on = ORIGINAL + timedelta(days=day)
    assert (age(ORIGINAL, on=on), overdue(ORIGINAL, on=on)) == (days, days)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "30"),
        (30, "30"),
        (31, "90"),
        (90, "90"),
        (91, "180"),
        (180, "180"),
        (181, "365"),
        (365, "365"),
        (366, "older"),
        (5000, "older"),
    ],
)
def test_every_age_has_its_bucket(days, bucket):
    low, high = BUCKETS[bucket]
    assert bucket_of(days) == bucket
    assert low <= days <= (high or 5000)


@pytest.mark.parametrize("name", CLEARS)
def test_each_of_the_six_clears_is_missed(name):
    assert unclear(CLEAR | {name: ""}) == [name]


def test_authority_is_clear_when_it_is_said_where_it_lies_and_who_decides():
    assert unclear(CLEAR) == []
    assert unclear(CLEAR | {"competence": ""}) == ["authority"]


def test_what_has_been_cancelled_stays_so_and_a_closed_case_can_only_be_reopened():
    assert allowed_acts(CaseState.CANCELLED) == []
    assert allowed_acts(CaseState.CLOSED) == [CaseAct.REOPEN]
    assert set(MOVES) == set(CaseAct)
