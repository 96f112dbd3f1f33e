"""Named sets of clocks."""

from datetime import datetime

from django.db import models
from django.db.models import F

from commitments.enums import ClockState


class CaseClockQuerySet(models.QuerySet):
    def open(self):
        """Clocks that are not done."""
        return self.filter(
            state__in=[ClockState.RUNNING, ClockState.PAUSED, ClockState.QUARANTINED]
        )

    def due(self, *, at: datetime):
        """Running clocks whose next step is due at `at`, in the order of their dates."""
        return self.filter(state=ClockState.RUNNING, next_action_at__lte=at).order_by(
            "next_action_at", "pk"
        )

    def behind_their_calendar(self):
        """Running clocks computed from an older version of their calendar, oldest first."""
        return self.filter(
            state=ClockState.RUNNING, calendar_version__lt=F("policy__calendar__version")
        ).order_by("pk")

    def with_ladder(self):
        """Everything that `cases.next_step` reads, in constant queries."""
        return self.select_related("policy__calendar").prefetch_related(
            "policy__steps", "policy__calendar__days"
        )
