"""What was concluded about a target. Computing it comes with reports; a source may state it."""

from django.db import models
from django.db.models import Q

from commitments.enums import VerdictAgainst, VerdictBasis, VerdictValue


class Verdict(models.Model):
    """Met, unmet or undecided, against the original or the adjusted target."""

    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="verdicts")
    against = models.CharField(
        max_length=8, choices=VerdictAgainst, default=VerdictAgainst.ADJUSTED
    )
    verdict = models.CharField(max_length=13, choices=VerdictValue)
    basis = models.CharField(max_length=8, choices=VerdictBasis)
    as_of = models.DateField()
    source_ref = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="verdict_once", fields=["target", "against"]),
            models.CheckConstraint(
                name="verdict_asserted_has_source",
                condition=~Q(basis="asserted") | ~Q(source_ref=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.verdict}"
