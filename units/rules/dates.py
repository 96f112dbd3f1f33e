"""Days and instants as text: dd/mm/yyyy in both languages, instants always with their zone."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def day_text(day: date) -> str:
    """Return the day as people here write it.

    >>> day_text(date(2024, 5, 4))
    '04/05/2024'
    """
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def instant_text(at: datetime, zone: ZoneInfo) -> str:
    """Return the aware instant `at` as clocks in `zone` show it, with the offset that then holds.

    >>> from datetime import UTC
    >>> instant_text(datetime(2024, 5, 15, 2, tzinfo=UTC), ZoneInfo("Asia/Ho_Chi_Minh"))
    '15/05/2024 09:00 (UTC+7)'
    """
    local = at.astimezone(zone)
    return f"{day_text(local)} {local.hour:02}:{local.minute:02} ({offset_text(local)})"


def offset_text(local: datetime) -> str:
    """Return how far the aware `local` lies from UTC: "UTC", "UTC+7", "UTC-3:30"."""
    offset = local.utcoffset() or timedelta(0)
    minutes = round(abs(offset).total_seconds() / 60)
    if not minutes:
        return "UTC"
    sign = "-" if offset < timedelta(0) else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def last_day(valid_to: date) -> date:
    """Return the last day of a half-open range that ends at `valid_to`."""
    return valid_to - timedelta(days=1)


def read_day(text: str) -> date:
    """Return the day that a person wrote, `30/06/2024` or `2024-06-30`. Raises ValueError."""
    plain = text.strip()
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", plain, re.ASCII):
        day, month, year = map(int, found.groups())
        return date(year, month, day)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain, re.ASCII):
        return date.fromisoformat(plain)
    raise ValueError(f"{text!r} is no day.")
