"""Named sets of targets."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from commitments.enums import TargetState
from units.models import User
from units.querysets.organisation import Reach, reach_of


class TargetQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Targets of units in reach of `user`; planned ones only for the assigning side."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Targets that whoever has this reach may see."""
        return self.filter(
            reach.on("assigner") | (reach.on("unit") & ~Q(state=TargetState.PLANNED))
        )

    def standing_alone(self):
        """Those of these targets that are no part of another one among them."""
        return self.filter(Q(parent=None) | ~Q(parent__in=self.order_by()))

    def for_rows(self):
        """Everything that a line about a target reads, in constant queries."""
        return self.select_related(
            "period", "group", "indicator__uom", "indicator__scale", "unit", "assigner", "parent"
        ).prefetch_related(
            "unit__versions",
            "assigner__versions",
            "indicator__scale__levels",
            "revisions__roadmap__period",
            "revisions__shares",
            "revisions__steps",
        )

    def for_api(self):
        """Everything that one body about a target reads, in constant queries; revisions by number."""
        revisions = self.model.revisions.rel.related_model
        points = revisions.roadmap.rel.related_model.objects
        roadmap = points.select_related("period").order_by("period__ends_on", "pk")
        numbered = (
            revisions.objects.select_related("mandate")
            .prefetch_related(
                models.Prefetch("roadmap", roadmap), "shares", "steps", "allocation__lines__child"
            )
            .order_by("n")
        )
        return self.select_related(
            "period", "group", "indicator__uom", "indicator__scale", "unit", "assigner", "parent"
        ).prefetch_related(models.Prefetch("revisions", numbered), "indicator__scale__levels")
