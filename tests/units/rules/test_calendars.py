from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from units.rules.calendars import (
    Calendar,
    add_working_days,
    instant,
    step_date,
    working_days_between,
)

WEEK = frozenset(range(5))
TET = Calendar(WEEK, closed=frozenset(date(2024, 2, day) for day in range(8, 15)))
MAY = Calendar(
    WEEK,
    closed=frozenset({date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}),
    opened=frozenset({date(2024, 5, 4)}),
)
ZONES = ["Asia/Ho_Chi_Minh", "Europe/Rome", "Asia/Kolkata", "America/St_Johns"]

days = st.dates(date(2000, 1, 1), date(2099, 12, 1))
counts = st.integers(0, 40)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, date]:
    """A calendar and a day near which it is irregular, 29 February and long closures included."""
    day = draw(st.one_of(days, st.sampled_from([date(2024, 2, 29), date(2023, 12, 31)])))
    near = st.builds(lambda n: day + timedelta(days=n), st.integers(-30, 60))
    run = draw(st.integers(-10, 40))
    closed = draw(st.frozensets(near, max_size=15)) | {
        day + timedelta(days=run + n) for n in range(draw(st.integers(0, 20)))
    }
    mask = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Calendar(mask, closed, draw(st.frozensets(near, max_size=5))), day


def test_a_day_is_open_by_the_week_or_by_decision():
    calendar = Calendar(WEEK, closed=frozenset({date(2024, 5, 1)}), opened=MAY.opened)

    assert [calendar.is_open(date(2024, 5, day)) for day in (1, 2, 3, 4, 5)] == [
        False,  # closed on a Wednesday
        True,
        True,
        True,  # opened on a Saturday
        False,
    ]


def test_a_day_closed_and_opened_is_open():
    both = frozenset({date(2024, 5, 1)})
    assert Calendar(WEEK, closed=both, opened=both).is_open(date(2024, 5, 1))


@pytest.mark.parametrize("mask", [frozenset(), frozenset({7}), frozenset({-1, 0})])
def test_a_week_names_at_least_one_weekday(mask):
    with pytest.raises(ValueError, match="at least one weekday"):
        Calendar(mask)


def test_five_working_days_around_the_new_year_festival():  # G-20
    assert add_working_days(date(2024, 2, 5), 5, is_open=TET.is_open) == date(2024, 2, 19)


def test_working_days_with_a_saturday_worked_in_exchange():  # G-21
    reached = [add_working_days(date(2024, 4, 26), n, is_open=MAY.is_open) for n in (1, 2, 3, 4)]
    assert reached == [date(2024, 5, day) for day in (2, 3, 4, 6)]


def test_no_working_days_later_is_the_day_itself_even_if_closed():
    assert add_working_days(date(2024, 2, 10), 0, is_open=TET.is_open) == date(2024, 2, 10)


def test_working_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="counted forward"):
        add_working_days(date(2024, 2, 5), -1, is_open=TET.is_open)


def test_a_calendar_without_an_open_day_is_an_error_not_a_loop():
    with pytest.raises(ValueError, match="no open day"):
        add_working_days(date(2024, 2, 5), 1, is_open=lambda _: False)
    with pytest.raises(ValueError, match="no open day"):
        step_date(date(2024, 2, 5), -3, level=0, is_open=lambda _: False)


@pytest.mark.parametrize(
    ("end", "count"),
    [
        (date(2024, 4, 20), 0),
        (date(2024, 4, 26), 0),
        (date(2024, 5, 1), 0),
        (date(2024, 5, 2), 1),
        (date(2024, 5, 5), 3),
        (date(2024, 5, 6), 4),
    ],
)
def test_working_days_between(end, count):
    assert working_days_between(date(2024, 4, 26), end, is_open=MAY.is_open) == count


@pytest.mark.parametrize(
    ("due_on", "steps"),
    [
        (date(2026, 6, 18), [date(2026, 6, 11), date(2026, 6, 19)]),  # Thursday: both open
        (date(2026, 6, 19), [date(2026, 6, 12), date(2026, 6, 22)]),  # level 1 waits for Monday
        (date(2026, 6, 20), [date(2026, 6, 12), date(2026, 6, 22)]),  # level 0 comes on Friday
    ],
)
def test_steps_around_a_weekend(due_on, steps):
    is_open = Calendar(WEEK).is_open
    assert [
        step_date(due_on, offset, level=level, is_open=is_open)
        for level, offset in [(0, -7), (1, 1)]
    ] == steps


@given(calendars(), counts, counts)
def test_working_days_add_up_and_end_on_an_open_day(given_calendar, a, b):
    calendar, day = given_calendar
    reached = add_working_days(day, a + 1, is_open=calendar.is_open)

    assert calendar.is_open(reached)
    assert add_working_days(reached, b, is_open=calendar.is_open) == add_working_days(
        day, a + 1 + b, is_open=calendar.is_open
    )


@given(calendars(), counts, st.integers(0, 10), st.integers(0, 10))
def test_working_days_are_monotone(given_calendar, n, more, later):
    calendar, day = given_calendar
    start = add_working_days(day, n, is_open=calendar.is_open)

    assert start <= add_working_days(day, n + more, is_open=calendar.is_open)
    assert start <= add_working_days(day + timedelta(days=later), n, is_open=calendar.is_open)


@given(calendars(), counts)
def test_counting_between_is_the_inverse_of_adding(given_calendar, n):
    calendar, day = given_calendar
    reached = add_working_days(day, n, is_open=calendar.is_open)
    assert working_days_between(day, reached, is_open=calendar.is_open) == n


@given(calendars(), st.integers(-30, 60), st.integers(-40, 80))
def test_a_step_is_on_an_open_day_and_a_closed_day_more_never_hastens_it(given_calendar, offset, n):
    calendar, due_on = given_calendar
    more = Calendar(
        calendar.week_mask, calendar.closed | {due_on + timedelta(days=n)}, calendar.opened
    )
    pressing, reminding = (
        step_date(due_on, offset, level=level, is_open=calendar.is_open) for level in (1, 0)
    )

    assert calendar.is_open(pressing)
    assert calendar.is_open(reminding)
    assert reminding <= due_on + timedelta(days=offset) <= pressing
    assert pressing <= step_date(due_on, offset, level=1, is_open=more.is_open)
    assert reminding >= step_date(due_on, offset, level=0, is_open=more.is_open)


@pytest.mark.parametrize("name", ZONES)
@given(day=days, at=st.times())
@example(day=date(2024, 3, 31), at=time(2, 30))  # skipped in Rome
@example(day=date(2024, 3, 31), at=time(2, 0))
@example(day=date(2024, 3, 31), at=time(2, 59, 59, 999_999))
@example(day=date(2024, 10, 27), at=time(2, 30))  # twice in Rome
@example(day=date(2006, 4, 2), at=time(0, 1))  # skipped in St. John's, to 01:01
@example(day=date(2006, 10, 28), at=time(23, 30))  # twice in St. John's
@example(day=date(2006, 10, 29), at=time(0, 0, 30))
def test_an_instant_is_the_first_of_its_local_day_that_is_not_before_its_time(name, day, at):
    zone = ZoneInfo(name)
    found = instant(day, at, zone)
    local = found.astimezone(zone).replace(tzinfo=None)
    just_before = (found - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)

    assert found.tzinfo is UTC
    assert local.date() == day
    assert just_before < datetime.combine(day, at) <= local
    assert local == datetime.combine(day, at) or _skips(found, zone)


def _skips(found: datetime, zone: ZoneInfo) -> bool:
    """Say whether clocks in `zone` are put forward at `found`."""
    before = (found - timedelta(seconds=1)).astimezone(zone).utcoffset()
    return found.astimezone(zone).utcoffset() > before


@pytest.mark.parametrize(
    ("name", "day", "at", "expected"),
    [
        ("Asia/Ho_Chi_Minh", date(2024, 1, 31), time(8), datetime(2024, 1, 31, 1, tzinfo=UTC)),
        ("Europe/Rome", date(2024, 3, 31), time(2, 30), datetime(2024, 3, 31, 1, tzinfo=UTC)),
        ("Europe/Rome", date(2024, 10, 27), time(2, 30), datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        (  # the first of the two, whatever `fold` says
            "Europe/Rome",
            date(2024, 10, 27),
            time(2, 30, fold=1),
            datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
        ),
        ("Pacific/Apia", date(2011, 12, 30), time(8), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_instants_at_changes_of_the_clock(name, day, at, expected):
    assert instant(day, at, ZoneInfo(name)) == expected
