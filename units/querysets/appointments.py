"""Named sets of appointments and oversights."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Value, When

from units.enums import AppointmentMode
from units.querysets.organisation import in_force

if TYPE_CHECKING:
    from units.models import User


class AppointmentQuerySet(models.QuerySet):
    def visible_to(self, user: "User", *, at: datetime):
        """Appointments to the offices of units that `user` may see at `at`."""
        units = self.model.position.field.related_model.unit.field.related_model.objects
        return self.filter(position__unit__in=units.within_reach_of(user, at=at))

    def in_force(self, day: date):
        """Appointments that hold on `day`."""
        return self.filter(in_force(day))

    def holders(self, day: date):
        """Appointments that make somebody the holder of an office on `day`, acting ones first.

        Several rows may come for one office; the first is the holder (the rule:
        acting in force, else titular in force, else nobody).
        """
        first = Case(When(mode=AppointmentMode.ACTING, then=Value(0)), default=Value(1))
        return (
            self.in_force(day)
            .exclude(mode=AppointmentMode.DELEGATE)
            .order_by("position_id", first, "-valid_from", "pk")
        )

    def for_api(self):
        """Everything that one body about an appointment reads, in one query."""
        return self.select_related("person", "position__unit")

    def for_rows(self):
        """Everything that one line about an appointment reads, in constant queries."""
        return self.select_related("person", "position", "position__unit").prefetch_related(
            "position__unit__versions"
        )


class OversightQuerySet(models.QuerySet):
    def in_force(self, day: date):
        """Oversights that hold on `day`."""
        return self.filter(in_force(day))
