"""When a message may disturb somebody, and when a failed one is tried again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.enums import NoticeKind
from units.rules.calendars import instant

QUIET_FROM, QUIET_TO = time(20), time(7)
MORNING = time(8)  # when the one letter of a day comes, for whoever wants it so
LONGEST_QUIET = timedelta(hours=16)  # a day must leave room for what cannot wait
CAN_WAIT = frozenset({NoticeKind.REMINDER, NoticeKind.RESULT})  # nobody waits for an answer to them
MOST_SINGLE = 5  # letters that may leave for one person at once; more become one
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


def next_morning(at: datetime, *, is_open: Callable[[date], bool], zone: ZoneInfo) -> datetime:
    """Return the first MORNING of an open day that is not before `at`: when a day's letter leaves.

    Raises ValueError where a year has no open day. Source: a house rule.

    >>> from datetime import UTC
    >>> friday = datetime(2024, 5, 17, 3, tzinfo=UTC)  # 10:00
    >>> zone = ZoneInfo("Asia/Ho_Chi_Minh")
    >>> next_morning(friday, is_open=lambda day: day.weekday() < 5, zone=zone)
    datetime.datetime(2024, 5, 20, 1, 0, tzinfo=datetime.timezone.utc)
    """
    day = at.astimezone(zone).date()
    for _ in range(LONGEST_CLOSURE):
        if is_open(day) and (morning := instant(day, MORNING, zone)) >= at:
            return morning
        day += DAY
    raise ValueError(f"The calendar has no open day for {LONGEST_CLOSURE} days, up to {day}.")


def quiet_span(quiet_from: time, quiet_to: time) -> timedelta:
    """Return how long the half-open quiet span `[quiet_from, quiet_to)` is; equal ends: none.

    >>> quiet_span(time(20), time(7))
    datetime.timedelta(seconds=39600)
    """
    begins, ends = (timedelta(hours=one.hour, minutes=one.minute) for one in (quiet_from, quiet_to))
    return (ends - begins) % DAY


def together(kinds: Sequence[str], *, daily: bool) -> list[int]:
    """Return which of the notices that may leave now for one person go in one letter, by their
    places in `kinds`; [] where each goes alone.

    `daily`: the person wants one letter a day of what can wait. Whatever they want, nobody gets more
    than MOST_SINGLE letters at once: after an outage all of it is one. Source: a house rule.

    >>> together(["request", "reminder", "result"], daily=True)
    [1, 2]
    >>> together(["request", "reminder", "result"], daily=False)
    []
    """
    if len(kinds) > MOST_SINGLE:
        return list(range(len(kinds)))
    waiting = [place for place, kind in enumerate(kinds) if daily and kind in CAN_WAIT]
    return waiting if len(waiting) > 1 else []


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
