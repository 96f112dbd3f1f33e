"""Named sets of lines of an issue run."""

from datetime import datetime

from django.db import models
from django.db.models import Count, Q

from commitments.enums import IssueOutcome


class IssueLineQuerySet(models.QuerySet):
    def waiting(self):
        """Not issued and not refused yet."""
        return self.filter(outcome=IssueOutcome.WAITING)

    def free(self, *, real_at: datetime):
        """Waiting, and nobody is at work on it at the real instant `real_at`; in their order."""
        idle = Q(lease_until=None) | Q(lease_until__lte=real_at)
        return self.waiting().filter(idle, run__ended_at=None).order_by("run_id", "pk")

    def counted(self) -> dict[str, int]:
        """Return how many lines there are of each outcome; one query."""
        return self.aggregate(
            **{outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in IssueOutcome}
        )
