"""The only module that reads time.

Business time drives what the body does: due dates, acts, reminders. Real time drives what
machines do: logins, one-time codes, leases, tokens. They differ only in a demonstration, whose
business time starts on a fixed day and runs on from there.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import connection


def real_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  # the one place


def database_now() -> datetime:
    """Return the present instant by the database's clock, on which all hosts of jobs agree."""
    if connection.vendor != "postgresql":
        return real_now()  # SQLite lives on the host: its clock is the host's
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (found,) = cursor.fetchone()
    return found.astimezone(UTC)


def job_now() -> datetime:
    """Return the business instant at which a job acts: as `business_now`, by the database's clock."""
    return database_now() - demonstration_offset()


def business_now() -> datetime:
    """Return the instant at which the body acts: real time less the demonstration's offset."""
    return real_now() - demonstration_offset()


def demonstration_offset() -> timedelta:
    """Return how far business time lies behind real time; zero outside demonstration mode."""
    if not settings.DEMO:
        return timedelta(0)
    row = apps.get_model("units", "DemonstrationClock").objects.first()
    return timedelta(seconds=row.offset_seconds) if row else timedelta(0)


@cache
def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def body_zone() -> ZoneInfo:
    """Return the zone in which the body's days begin and end."""
    return _zone(settings.BODY_TIME_ZONE)


def local_date(at: datetime) -> date:
    """Return the body's calendar day at the aware instant `at`."""
    return at.astimezone(body_zone()).date()


def local_time(at: datetime) -> datetime:
    """Return the aware instant `at` as the body's clocks show it."""
    return at.astimezone(body_zone())
