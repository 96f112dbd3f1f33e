"""Named sets of rounds of reports."""

from datetime import datetime

from django.apps import apps
from django.db import models
from django.db.models import Prefetch

from units.models import User
from units.querysets.organisation import Reach, reach_of


class ReportRoundQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Rounds of which `user` sees the unit that reports or the one that has assigned."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Rounds that whoever has this reach may see."""
        return self.filter(reach.on("assigner") | reach.on("unit"))

    def with_owed(self):
        """Prefetch as `owed` what has not come, as `reviewed` what awaits a decision, and all that words
        about a round read."""
        duties = apps.get_model("commitments", "ReportingDuty").objects
        return self.select_related("unit", "period").prefetch_related(
            "unit__versions",
            Prefetch("duties", duties.owed(), to_attr="owed"),
            Prefetch("duties", duties.under_review(), to_attr="reviewed"),
        )
