"""The body's working days, and the offset of a demonstration's clock."""

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units.enums import DayKind


class WorkingCalendar(models.Model):
    """Which weekdays are worked, and from when to when. `version` grows with every approved day."""

    key = models.SlugField(max_length=20, unique=True)
    week_mask = models.CharField(max_length=7, default="1111100")  # Monday first, 1 = worked
    opens_at = models.TimeField(default=time(8))
    closes_at = models.TimeField(default=time(17))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="workingcalendar_mask_has_an_open_day",
                condition=Q(week_mask__contains="1"),
            )
        ]

    def __str__(self) -> str:
        return self.key


class CalendarDay(models.Model):
    """A day that differs from the week mask. It counts once somebody has approved it."""

    calendar = models.ForeignKey(WorkingCalendar, models.PROTECT, related_name="days")
    date = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=6, choices=DayKind)
    label = models.CharField(_("occasion"), max_length=120)
    source = models.CharField(_("source"), max_length=200, blank=True)
    proposed_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="calendarday_once", fields=["calendar", "date"])
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class DemonstrationClock(models.Model):
    """One row: how many seconds business time lies behind real time in a demonstration."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    offset_seconds = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="demonstrationclock_is_one_row", condition=Q(id=1))
        ]

    def __str__(self) -> str:
        return f"{self.offset_seconds} s"
