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
    assert rules.together([False] * 5) == []
    assert rules.together([False] * 6) == [0, 1, 2, 3, 4, 5]
    assert rules.together([True, False]) == []  # one alone is no collection


@pytest.mark.parametrize("chosen", [True, False])
def test_a_step_that_names_a_pace_has_the_first_word_and_requests_never_wait(chosen):
    for kind in NoticeKind:
        waits = kind in {"reminder", "result"}
        assert rules.is_daily(kind, pace="", chosen=chosen) == (waits and chosen)
        assert rules.is_daily(kind, pace="daily", chosen=chosen) == waits
        assert not rules.is_daily(kind, pace="instant", chosen=chosen)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0912345678", "+84912345678"),
        (" (091) 234-5678 ", "+84912345678"),
        ("+84 912 345 678", "+84912345678"),
        ("0084912345678", "+84912345678"),
        ("+39 320 1234567", "+393201234567"),
    ],
)
def test_a_number_is_one_number_however_it_is_written(typed, number):
    assert rules.international(typed, country="84") == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "912345678",  # neither 0 nor a country
        "0243 825 1234",  # a desk: no text message arrives
        "091234567",
        "09123456789",
        "+0912345678",
        "+84912345678x",
        "+8491234567８",  # a digit of another alphabet
        "+1234567",
        "+1234567890123456",
    ],
)
def test_what_no_text_message_reaches_is_no_number(typed):
    with pytest.raises(ValueError, match="no telephone number"):
        rules.international(typed, country="84")


def test_a_code_has_six_digits_and_belongs_to_one_number_and_one_key():
    code = rules.six_digits("key", key="a", number="+84912345678")
    assert (len(code), code.isdigit()) == (6, True)
    others = [
        rules.six_digits("key", key="a", number="+84912345679"),
        rules.six_digits("key", key="b", number="+84912345678"),
        rules.six_digits("another", key="a", number="+84912345678"),
    ]
    assert code not in others
