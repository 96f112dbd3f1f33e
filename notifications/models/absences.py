"""Who is away from when to when, and to whom messages go meanwhile."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.querysets import AbsenceQuerySet


class Absence(models.Model):
    """A person is away on the days from `from_on` to `to_on`, both included, in the body's time.

    It moves messages to the deputy, never the duty nor the right to sign: that takes an appointment.
    """

    person = models.ForeignKey("units.User", models.PROTECT, related_name="absences")
    from_on = models.DateField(_("first day"))
    to_on = models.DateField(_("last day"))
    deputy = models.ForeignKey("units.User", models.PROTECT, related_name="stands_in")
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # before its last day; None: it lasts as it says
    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="absence_range_not_empty", condition=Q(to_on__gte=F("from_on"))
            ),
            models.CheckConstraint(
                name="absence_deputy_is_another", condition=~Q(deputy=F("person"))
            ),
            models.CheckConstraint(
                name="absence_ended_after_entered",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("entered_at")),
            ),
            models.UniqueConstraint(  # that others do not overlap, the lock of the person says
                name="absence_begins_once",
                fields=["person", "from_on"],
                condition=Q(ended_at=None),
            ),
        ]
        indexes = [
            models.Index(name="absence_open", fields=["to_on"], condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} away {self.from_on} – {self.to_on}"
