"""What one unit owes by one day: the reports that one clock reminds of together."""

from typing import Any

from django.db import models

from commitments.querysets.rounds import ReportRoundQuerySet


class ReportRound(models.Model):
    """The reports about one period that a unit owes one assigner by one day.

    A duty stands in the round of the day by which it is owed now; returned or unlocked it goes over
    into the round of its new day. Who owes forty reports is reminded once, not forty times.
    """

    ref = models.SlugField(max_length=120, unique=True)
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")
    assigner = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="+")
    due_on = models.DateField()
    objects = ReportRoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="reportround_once", fields=["unit", "assigner", "period", "due_on"]
            )
        ]

    def __str__(self) -> str:
        return self.ref

    def still_owed(self) -> list[Any]:
        """Return the duties that have not come, by their targets; no query after `with_owed`."""
        if "owed" in self.__dict__:
            return self.__dict__["owed"]
        return list(self.duties.owed())

    def under_review(self) -> list[Any]:
        """Return the duties of which a report awaits a decision, by their targets; no query after
        `with_owed`."""
        if "reviewed" in self.__dict__:
            return self.__dict__["reviewed"]
        return list(self.duties.under_review())
