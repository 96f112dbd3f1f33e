"""Issuing every draft of a plan in one act: who asked, and what became of each."""

from django.db import models
from django.db.models import Q

from commitments.enums import IssueOutcome
from commitments.querysets.issuing import IssueLineQuerySet


class IssueRun(models.Model):
    """One wish to issue all drafts of a plan, carried out one by one in the name of who asked.

    `asked_at` is business time: every commitment of the run is issued at that instant or later.
    """

    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="issue_runs")
    asked_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # None: lines are waiting
    stopped_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="issuerun_one_under_way", fields=["period"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="issuerun_stopped_has_ended",
                condition=Q(stopped_by=None) | Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"issue run of {self.period_id}"


class IssueLine(models.Model):
    """One draft of a run: claimed for a while by whoever works on it, then what became of it.

    A lease that ran out is taken over: the table of moves refuses a second issue, so a kill between
    the issue and this row costs one look and repeats nothing. Leases are real time.
    """

    run = models.ForeignKey(IssueRun, models.PROTECT, related_name="lines")
    version = models.ForeignKey(  # None: the draft was discarded before its turn
        "commitments.CommitmentVersion", models.SET_NULL, null=True, related_name="issue_lines"
    )
    number = models.CharField(max_length=40)  # of the commitment, for people
    seen_version = models.PositiveIntegerField()  # of the draft when it was asked
    outcome = models.CharField(max_length=8, choices=IssueOutcome, default=IssueOutcome.WAITING)
    code = models.CharField(max_length=60, blank=True)  # of the refusal
    message = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)

    objects = IssueLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="issueline_once", fields=["run", "version"]),
            models.CheckConstraint(
                name="issueline_refused_has_code",
                condition=Q(outcome="refused") & ~Q(code="") | ~Q(outcome="refused") & Q(code=""),
            ),
            models.CheckConstraint(
                name="issueline_leased_while_waiting",
                condition=Q(outcome="waiting") | Q(lease_until=None),
            ),
        ]
        indexes = [
            models.Index(
                name="issueline_waiting", fields=["run", "id"], condition=Q(outcome="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"
