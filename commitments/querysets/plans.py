"""Named sets of periods."""

from datetime import datetime

from django.db import models

from commitments.enums import PeriodKind
from units.models import User
from units.querysets.organisation import Reach, reach_of


class PeriodQuerySet(models.QuerySet):
    def years(self):
        """The rows that are plans."""
        return self.filter(kind=PeriodKind.YEAR)

    def for_api(self):
        """Everything that one body about a plan reads, in constant queries."""
        groups = self.model.groups.rel.related_model.objects
        ordered = groups.select_related("mandate").order_by("ordinal", "code")
        parts = self.model.objects.order_by("starts_on", "-ends_on")
        return self.select_related("owner").prefetch_related(
            models.Prefetch("groups", ordered), models.Prefetch("children", parts)
        )

    def visible_to(self, user: User, *, at: datetime):
        """Plans of units in reach of `user`, and plans in which such a unit has a target or a
        commitment."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Plans that whoever has this reach may see."""
        return self.filter(
            reach.on("owner")
            | models.Exists(
                self.model.targets.rel.related_model.objects.filter(
                    reach.on("unit"), period=models.OuterRef("pk")
                )
            )
            | models.Exists(
                self.model.commitments.rel.related_model.objects.filter(
                    reach.on("unit"), period=models.OuterRef("pk")
                )
            )
        )
