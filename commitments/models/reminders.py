"""“Not now, tell me again”: a row of the queue put aside by one reader, for that reader alone."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import ReminderState
from commitments.querysets.reminders import ReminderQuerySet


class Reminder(models.Model):
    """One person has put a row aside until `remind_at`, for a reason. No clock knows of it.

    While it waits, the row is hidden from that person's queue; everybody else sees it, with whose it
    is. It ends when it is due, when the person takes it back, and when what it is about moves on.
    """

    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.CASCADE, related_name="reminders"
    )
    person = models.ForeignKey("units.User", models.PROTECT, related_name="reminders")
    made_at = models.DateTimeField()
    remind_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.WAITING)
    ended_at = models.DateTimeField(null=True)
    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="reminder_one_waiting",
                fields=["version", "person"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(name="reminder_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="reminder_lies_ahead", condition=Q(remind_at__gt=F("made_at"))
            ),
            models.CheckConstraint(
                name="reminder_waits_or_has_ended",
                condition=Q(state="waiting", ended_at=None)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                name="reminder_due", fields=["remind_at", "id"], condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} about {self.version_id} ({self.state})"
