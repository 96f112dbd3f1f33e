"""Named sets of inspections."""

from datetime import date, datetime

from django.apps import apps
from django.db import models
from django.db.models import Q

from units.models import User
from units.querysets.organisation import Reach, reach_of


class InspectionQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Records of targets that `user` sees."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Records of targets that whoever has this reach sees."""
        targets = apps.get_model("commitments", "Target").objects.within(reach)
        return self.filter(target__in=targets)

    def counting(self, *, at: datetime | None = None):
        """Records that count: the last word, and it says that the unit was inspected. `at`: as it was
        known at that instant."""
        if at is None:
            return self.filter(took_place=True, corrected_by=None)
        known = self.filter(took_place=True, recorded_at__lte=at)
        return known.filter(Q(corrected_by=None) | Q(corrected_by__recorded_at__gt=at))

    def upto(self, day: date):
        """Records of inspections made by the end of `day`."""
        return self.filter(inspected_on__lte=day)

    def for_rows(self):
        """Everything that a line about a record reads, in constant queries."""
        return self.select_related(
            "unit", "target", "recorded_by", "corrects", "corrected_by"
        ).prefetch_related("unit__versions", "evidence")
