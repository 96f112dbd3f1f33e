"""Named sets of rows put aside."""

from datetime import datetime

from django.db import models

from commitments.enums import ReminderState


class ReminderQuerySet(models.QuerySet):
    def waiting(self):
        """Those that are neither due nor taken back, as far as anybody has written it."""
        return self.filter(state=ReminderState.WAITING)

    def hiding(self, *, at: datetime):
        """Those that hide a row at `at`: whose time has come hides nothing, woken or not."""
        return self.waiting().filter(remind_at__gt=at)

    def due(self, *, at: datetime):
        """Those whose time has come, the oldest first."""
        return self.waiting().filter(remind_at__lte=at).order_by("remind_at", "pk")
