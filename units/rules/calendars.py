"""Working days, the dates of a ladder's steps, and the instants they become."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
LONGEST_CLOSURE = 366  # days; a longer run of closed days is a mistake in the calendar


@dataclass(frozen=True)
class Calendar:
    """The approved working days of a body.

    `week_mask`: weekdays that are worked, 0 = Monday. `closed`, `opened`: days that differ from
    it; a day in both is open. Raises ValueError when no weekday is worked.
    """

    week_mask: frozenset[int]
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.week_mask or not self.week_mask <= frozenset(range(7)):
            raise ValueError(
                f"week_mask={sorted(self.week_mask)}: name at least one weekday from 0 to 6."
            )

    def is_open(self, day: date) -> bool:
        """Say whether `day` is worked."""
        return day in self.opened or (day.weekday() in self.week_mask and day not in self.closed)


def add_working_days(day: date, n: int, *, is_open: Callable[[date], bool]) -> date:
    """Return the `n`-th open day strictly after `day`; `day` itself, open or not, for n = 0.

    Raises ValueError for n < 0 and where a year passes without an open day. Source: F-22.

    >>> add_working_days(date(2026, 6, 19), 1, is_open=lambda day: day.weekday() < 5)
    datetime.date(2026, 6, 22)
    """
    if n < 0:
        raise ValueError(f"n={n}: working days are counted forward, from 0.")
    for _ in range(n):
        day = _first_open(day + DAY, DAY, is_open)
    return day


def working_days_between(start: date, end: date, *, is_open: Callable[[date], bool]) -> int:
    """Return how many open days lie after `start` and up to `end` inclusive.

    0 when `end` is not after `start`. The inverse of `add_working_days`.

    >>> working_days_between(
    ...     date(2026, 6, 19), date(2026, 6, 22), is_open=lambda day: day.weekday() < 5
    ... )
    1
    """
    return sum(is_open(start + DAY * k) for k in range(1, (end - start).days + 1))


def step_date(
    due_on: date, offset_days: int, *, level: int, is_open: Callable[[date], bool]
) -> date:
    """Return the open day on which a step falls that stands `offset_days` from `due_on`.

    A closed day gives way to the next open one; at level 0, which reminds before it is too late,
    to the previous one. Always counted from the due date, never from when somebody looked.
    Raises ValueError where a year passes without an open day. Source: F-23, a house rule.

    >>> step_date(date(2026, 6, 19), 1, level=1, is_open=lambda day: day.weekday() < 5)
    datetime.date(2026, 6, 22)
    """
    return _first_open(due_on + DAY * offset_days, DAY if level > 0 else -DAY, is_open)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which clocks in `zone` show `at` on `day`.

    A local time that occurs twice means the first. One that clocks skip becomes the first that
    exists after it; only a skip that reaches midnight leaves `day`.

    >>> instant(date(2024, 1, 31), time(8), ZoneInfo("Asia/Ho_Chi_Minh"))
    datetime.datetime(2024, 1, 31, 1, 0, tzinfo=datetime.timezone.utc)
    """
    wall = datetime.combine(day, at, tzinfo=zone).replace(fold=0)  # the first of two
    found = wall.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return found
    # Skipped: fold=1 reads it with the offset after the change and so lies before the change.
    after = found.astimezone(zone).utcoffset()
    seconds = range(int(wall.replace(fold=1).timestamp()), int(found.timestamp()) + 1)
    change = bisect_left(
        seconds, True, key=lambda second: datetime.fromtimestamp(second, zone).utcoffset() == after
    )
    return datetime.fromtimestamp(seconds[change], UTC)


def _first_open(day: date, way: timedelta, is_open: Callable[[date], bool]) -> date:
    """Return `day` or, going `way` day by day, the first open day."""
    for _ in range(LONGEST_CLOSURE):
        if is_open(day):
            return day
        day += way
    raise ValueError(f"The calendar has no open day for {LONGEST_CLOSURE} days, up to {day}.")
