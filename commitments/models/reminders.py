"""“Not now, tell me again”: a row of the queue put aside by one reader, for that reader alone."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import ReminderState
from commitments.models.cases import set_among
from commitments.querysets.reminders import ReminderQuerySet

PUT_ASIDE = ("version", "case", "round")  # of what clocks run for, what a reader may put aside


class Reminder(models.Model):
    """One person has put a row aside until `remind_at`, for a reason. No clock knows of it.

    While it waits, the row is hidden from that person's queue; everybody else sees it, with whose it
    is. It ends when it is due, when the person takes it back, and when what it is about moves on.
    """

    # what it is about, in one column of PUT_ASIDE
    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.CASCADE, null=True, related_name="reminders"
    )
    case = models.ForeignKey(
        "commitments.BacklogCase", models.CASCADE, null=True, related_name="reminders"
    )
    round = models.ForeignKey(
        "commitments.ReportRound", models.CASCADE, null=True, related_name="reminders"
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
            models.UniqueConstraint(
                name="reminder_one_waiting_about_case",
                fields=["case", "person"],
                condition=Q(state="waiting"),
            ),
            models.UniqueConstraint(
                name="reminder_one_waiting_about_round",
                fields=["round", "person"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                name="reminder_about_one_thing", condition=reduce(or_, set_among(PUT_ASIDE))
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
        return f"{self.person_id} about {self.column} {self.subject.pk} ({self.state})"

    @property
    def column(self) -> str:
        """Which of PUT_ASIDE is set."""
        return next(name for name in PUT_ASIDE if getattr(self, f"{name}_id") is not None)

    @property
    def subject(self) -> Any:
        """What was put aside."""
        return getattr(self, self.column)
