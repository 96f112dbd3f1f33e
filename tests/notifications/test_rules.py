"""When a message may come, and when a failed one is tried again; every edge once."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules
from notifications.enums import NoticeKind
from tests.factories.clocks import local

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
ROME = ZoneInfo("Europe/Rome")
DAY = timedelta(days=1)
THURSDAY, FRIDAY, SATURDAY, MONDAY = (date(2024, 5, day) for day in (16, 17, 18, 20))
HALVES = [time(hour, minute) for hour in range(24) for minute in (0, 30)]


def weekday(day: date) -> bool:
    return day.weekday() < 5


def allowed(at, *, quiet_from=time(20), quiet_to=time(7), is_open=weekday, zone=VIETNAM):
    return rules.first_allowed(
        at, quiet_from=quiet_from, quiet_to=quiet_to, is_open=is_open, zone=zone
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(THURSDAY, 7), local(THURSDAY, 7)),  # the quiet span ends: half-open
        (local(THURSDAY, 6, 59), local(THURSDAY, 7)),
        (local(THURSDAY, 0), local(THURSDAY, 7)),
        (local(THURSDAY, 19, 59), local(THURSDAY, 19, 59)),
        (local(THURSDAY, 20), local(FRIDAY, 7)),  # it begins
        (local(FRIDAY, 20), local(MONDAY, 7)),  # over the weekend
        (local(SATURDAY, 12), local(MONDAY, 7)),
    ],
)
def test_nights_and_closed_days_are_quiet(at, expected):
    assert allowed(at) == expected


def test_a_quiet_span_inside_the_day_leaves_morning_and_evening():
    siesta = {"quiet_from": time(12), "quiet_to": time(14)}
    assert allowed(local(THURSDAY, 11, 59), **siesta) == local(THURSDAY, 11, 59)
    assert allowed(local(THURSDAY, 12), **siesta) == local(THURSDAY, 14)
    assert allowed(local(THURSDAY, 23), **siesta) == local(THURSDAY, 23)


def test_equal_ends_mean_no_quiet_hours_but_closed_days_stay_closed():
    never = {"quiet_from": time(9), "quiet_to": time(9)}
    assert allowed(local(THURSDAY, 3), **never) == local(THURSDAY, 3)
    assert allowed(local(SATURDAY, 3), **never) == local(MONDAY, 0)


def test_a_run_of_holidays_is_waited_out():
    tet = {date(2024, 2, day) for day in range(8, 15)}
    expected = local(date(2024, 2, 15), 7)
    assert allowed(local(date(2024, 2, 7), 21), is_open=lambda day: day not in tet) == expected


def test_an_hour_that_the_clocks_skip_moves_to_the_first_that_exists():
    night = datetime(2024, 3, 31, 0, 0, tzinfo=UTC)  # 01:00 in Rome; at two it becomes three
    found = allowed(
        night, quiet_from=time(22), quiet_to=time(2, 30), is_open=lambda _day: True, zone=ROME
    )
    assert found == datetime(2024, 3, 31, 1, 0, tzinfo=UTC)


def test_a_calendar_without_open_days_is_an_error_not_a_loop():
    with pytest.raises(ValueError, match="no open day for 366 days"):
        allowed(local(THURSDAY), is_open=lambda _day: False)


@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
    quiet_from=st.sampled_from(HALVES),
    quiet_to=st.sampled_from(HALVES),
    zone=st.sampled_from([VIETNAM, ROME, ZoneInfo("America/St_Johns")]),
)
def test_the_found_instant_is_the_first_allowed_one(at, quiet_from, quiet_to, zone):
    asked = {"quiet_from": quiet_from, "quiet_to": quiet_to, "zone": zone}
    found = allowed(at, **asked)
    assert found >= at
    assert weekday(found.astimezone(zone).date())
    assert allowed(found, **asked) == found
    if found > at:  # whoever asks a moment before waits, too
        assert allowed(max(at, found - timedelta(seconds=1)), **asked) == found


def test_four_more_tries_ever_later_and_then_none():
    minutes = [rules.retry_after(n) for n in range(1, 6)]
    assert minutes == [*(timedelta(minutes=n) for n in (1, 5, 15, 60)), None]


@pytest.mark.parametrize(
    ("kind", "level", "expected"),
    [
        (NoticeKind.ESCALATION, 4, True),
        (NoticeKind.ESCALATION, 3, False),
        (NoticeKind.REQUEST, None, False),
        (NoticeKind.SYSTEM, None, True),
    ],
)
def test_what_may_come_on_a_closed_day(kind, level, expected):
    assert rules.ignores_closed_days(kind, level) is expected


def test_the_most_urgent_kind_goes_first():
    assert sorted(NoticeKind, key=lambda kind: rules.URGENCY[kind])[:2] == [
        NoticeKind.ESCALATION,
        NoticeKind.REQUEST,
    ]


def test_more_than_five_at_once_go_together():
    assert rules.together(["escalation"] * 5, daily=False) == []
    assert rules.together(["escalation"] * 6, daily=False) == [0, 1, 2, 3, 4, 5]
    assert rules.together(["reminder", "request"], daily=True) == []  # one alone is no collection
