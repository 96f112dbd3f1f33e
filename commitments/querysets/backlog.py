"""Named sets of backlog cases."""

from datetime import datetime

from django.db import models

from commitments.enums.backlog import CaseState
from units.models import User
from units.querysets.organisation import Reach, reach_of

ENDED = (CaseState.CLOSED, CaseState.CANCELLED)


class BacklogCaseQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Cases of which `user` sees the unit that holds them or the one that assigns them."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Cases that whoever has this reach may see."""
        return self.filter(reach.on("assigner_unit") | reach.on("unit"))

    def open(self):
        """Cases that have not ended."""
        return self.exclude(state__in=ENDED)
