"""When a message may disturb somebody, and when a failed one is tried again."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.enums import NoticeKind
from units.rules.calendars import instant

QUIET_FROM, QUIET_TO = time(20), time(7)
DAY = timedelta(days=1)
LONGEST_CLOSURE = 366  # days
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
URGENCY: Mapping[str, int] = {kind: place for place, kind in enumerate(NoticeKind)}


def first_allowed(
    at: datetime,
    *,
    quiet_from: time,
    quiet_to: time,
    is_open: Callable[[date], bool],
    zone: ZoneInfo,
) -> datetime:
    """Return the first instant from `at` on that lies on an open day and outside quiet hours.

    The quiet span is half-open, `[quiet_from, quiet_to)`, and may cross midnight; equal ends mean
    that there is none. Raises ValueError where a year has no open day. Source: a house rule.

    >>> from datetime import UTC
    >>> first_allowed(
    ...     datetime(2024, 5, 15, 14, tzinfo=UTC),  # 21:00
    ...     quiet_from=time(20),
    ...     quiet_to=time(7),
    ...     is_open=lambda day: day.weekday() < 5,
    ...     zone=ZoneInfo("Asia/Ho_Chi_Minh"),
    ... )
    datetime.datetime(2024, 5, 16, 0, 0, tzinfo=datetime.timezone.utc)
    """
    day = at.astimezone(zone).date()
    for _ in range(LONGEST_CLOSURE):
        if is_open(day):
            for begins, ends in _loud_spans(day, quiet_from, quiet_to, zone):
                if max(at, begins) < ends:  # a span may be empty: quiet from midnight on
                    return max(at, begins)
        day += DAY
    raise ValueError(f"The calendar has no open day for {LONGEST_CLOSURE} days, up to {day}.")


def _loud_spans(
    day: date, quiet_from: time, quiet_to: time, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the half-open spans of `day`, in UTC, in which a message may come."""
    midnight, next_midnight = instant(day, time(0), zone), instant(day + DAY, time(0), zone)
    if quiet_from == quiet_to:
        yield midnight, next_midnight
    elif quiet_from > quiet_to:
        yield instant(day, quiet_to, zone), instant(day, quiet_from, zone)
    else:
        yield midnight, instant(day, quiet_from, zone)
        yield instant(day, quiet_to, zone), next_midnight


def retry_after(attempts: int) -> timedelta | None:
    """Return how long to wait after the `attempts`-th failure (from 1); None: this channel gives up.

    >>> retry_after(1), retry_after(5)
    (datetime.timedelta(seconds=60), None)
    """
    return RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None


def ignores_closed_days(kind: str, level: int | None) -> bool:
    """Say whether a message of `kind` about a step of `level` (None: about no step) may come on a
    closed day, too: the highest level and the system's own. Nights are quiet for all."""
    return kind == NoticeKind.SYSTEM or level == 4
