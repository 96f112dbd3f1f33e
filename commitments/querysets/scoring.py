"""Named sets of verdicts, and of what follows from them."""

from datetime import datetime

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef

from commitments.enums import TargetState, VerdictAgainst, VerdictValue
from units.models import User
from units.querysets.organisation import Reach, reach_of

ASKING = (VerdictValue.UNMET, VerdictValue.INDETERMINATE)


class VerdictQuerySet(models.QuerySet):
    def visible_to(self, user: User, *, at: datetime):
        """Verdicts on targets whose unit or whose assigner `user` sees."""
        return self.within(reach_of(user, at=at))

    def within(self, reach: Reach):
        """Verdicts that whoever has this reach may see."""
        return self.filter(reach.on("target__unit") | reach.on("target__assigner"))

    def asking(self):
        """Those that ask for a corrective action: the adjusted target is unmet or indeterminate.

        A target that was withdrawn asks for nothing.
        """
        found = self.filter(against=VerdictAgainst.ADJUSTED, verdict__in=ASKING)
        return found.exclude(target__state=TargetState.WITHDRAWN)

    def unanswered(self):
        """Of those that ask, the ones to which nobody has written a corrective action."""
        written = apps.get_model("commitments", "CorrectiveAction").objects
        return self.asking().filter(~Exists(written.filter(target=OuterRef("target"))))
