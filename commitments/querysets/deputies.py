"""Named sets of deputies."""

from django.db import models
from django.db.models import F, Q

from commitments.enums import ClockState
from commitments.rules.cases import EXHAUSTED


class DeputyQuerySet(models.QuerySet):
    def in_force(self):
        """Those whose duty is still waited for, in the generation for which they were named."""
        over = Q(clock__state=ClockState.DONE) & ~Q(clock__end_reason=EXHAUSTED)
        return self.filter(~over, ended_at=None, generation=F("clock__generation"))
