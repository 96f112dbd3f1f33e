"""The working calendar: days proposed by a library or a person, counting once approved."""

from datetime import date, datetime
from importlib import import_module

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from units.actions import register
from units.actions.guards import require_administrator, unique_or
from units.enums import DayKind
from units.errors import Conflict, Invalid, NotFound
from units.models import CalendarDay, User, WorkingCalendar
from units.rules import refs
from units.rules.dates import day_text

BODY = "body"


def ensure_calendar() -> WorkingCalendar:
    """Return the body's calendar: Monday to Friday, 08:00 to 17:00, until somebody adds days."""
    return WorkingCalendar.objects.get_or_create(key=BODY)[0]


@transaction.atomic
def propose_days(*, year: int, by: User, at: datetime) -> list[CalendarDay]:
    """Propose the public holidays that the library knows for `year`; return those that are new.

    They count once approved: the library misses days that are swapped. Raises NotAllowed, Conflict
    (day-exists).
    """
    require_administrator(by, None, at=at, act="propose-days")
    calendar = ensure_calendar()
    there = set(calendar.days.filter(date__year=year).values_list("date", flat=True))
    library = import_module("holidays")  # 5 MB in each process, for one act a year
    known = library.country_holidays("VN", years=year, language="vi")
    meanwhile = Conflict(
        _("Somebody has just proposed days of %(year)d. Look at the calendar again.")
        % {"year": year},
        code="day-exists",
    )
    with unique_or(meanwhile):
        return CalendarDay.objects.bulk_create(
            CalendarDay(
                calendar=calendar,
                date=day,
                kind=DayKind.CLOSED,
                label=refs.tidy(label)[:120],
                source="holidays",
            )
            for day, label in sorted(known.items())
            if day not in there
        )


@transaction.atomic
def propose_day(
    *, day: date, kind: DayKind, label: str, by: User, at: datetime, source: str = ""
) -> CalendarDay:
    """Propose one day off, or one working day in exchange; another administrator approves it.

    Raises NotAllowed, Conflict (day-exists).
    """
    require_administrator(by, None, at=at, act="propose-day")
    exists = Conflict(
        _("%(day)s stands in the calendar already. Withdraw it first.") % {"day": day_text(day)},
        code="day-exists",
    )
    with unique_or(exists):
        return CalendarDay.objects.create(
            calendar=ensure_calendar(),
            date=day,
            kind=kind,
            label=refs.tidy(label),
            source=source,
            proposed_by=by,
        )


@transaction.atomic
def approve_day(*, day_id: int, by: User, at: datetime) -> CalendarDay:
    """Let a proposed day count. What a person proposed, another person approves.

    Raises NotAllowed, NotFound (day-not-found), Invalid (approve-own-day), Conflict (day-approved).
    """
    require_administrator(by, None, at=at, act="approve-day")
    day = _lock(day_id)
    if day.approved_by_id is not None:
        raise Conflict(
            _("This day is approved already. Nothing is left to do."), code="day-approved"
        )
    if day.proposed_by_id == by.pk:
        raise Invalid(
            _("Another administrator approves the day that you proposed. Ask one."),
            code="approve-own-day",
        )
    day.approved_by = by
    day.save(update_fields=["approved_by"])
    _raise_version(day, "approve", by=by, at=at)
    return day


@transaction.atomic
def withdraw_day(*, day_id: int, by: User, at: datetime) -> None:
    """Take a day out of the calendar; clocks that it had moved move back.

    Raises NotAllowed, NotFound (day-not-found).
    """
    require_administrator(by, None, at=at, act="withdraw-day")
    day = _lock(day_id)
    if day.approved_by_id is not None:
        _raise_version(day, "withdraw", by=by, at=at)
    day.delete()


def _lock(day_id: int) -> CalendarDay:
    rows = CalendarDay.objects.select_for_update(of=("self",), no_key=True)
    day = rows.filter(pk=day_id).first()
    if day is None:
        raise NotFound(_("This day is no longer in the calendar."), code="day-not-found")
    return day


def _raise_version(day: CalendarDay, act: str, *, by: User, at: datetime) -> None:
    """Count the change: whoever computed with the older version computes again."""
    WorkingCalendar.objects.filter(pk=day.calendar_id).update(version=F("version") + 1)
    register.append(
        kind=f"calendar.{act}",
        subject=f"calendar/{BODY}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={"day": day.date.isoformat(), "kind": day.kind, "label": day.label},
    )
