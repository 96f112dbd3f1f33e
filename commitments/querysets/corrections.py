"""Named sets of corrective actions."""

from datetime import date, datetime

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from commitments.enums.backlog import CorrectionState
from units.models import User
from units.querysets.organisation import Reach, reach_of


class CorrectiveActionQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Those of targets whose unit or whose assigner `user` sees."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Those that whoever has this reach may see."""
        return self.filter(reach.on("target__unit") | reach.on("target__assigner"))

    def owed(self):
        """Those that are to be done: neither said to be done, nor of a verdict that asks no more."""
        asking = apps.get_model("commitments", "Verdict").objects.asking()
        return self.filter(
            Exists(asking.filter(target=OuterRef("target"))), state=CorrectionState.OPEN
        )

    def late(self, *, on: date):
        """Those owed whose day lies before the day `on`."""
        return self.owed().filter(due_on__lt=on)

    def to_look_at(self, *, on: date):
        """What a supervisor looks at: those that are late, and those said to be done."""
        late = self.late(on=on).values("pk")
        return self.filter(Q(pk__in=late) | Q(state=CorrectionState.DONE))

    def for_rows(self):
        """Everything that a row about one reads, in constant queries."""
        return self.select_related(
            "office", "target__indicator", "target__unit", "target__period", "done_by"
        ).prefetch_related("target__unit__versions")
