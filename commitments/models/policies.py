"""A new version of a ladder that somebody has proposed and somebody else publishes."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums.policies import LadderKey, PolicyProposalState


class PolicyProposal(models.Model):
    """The first of the two people that a new version of a ladder takes.

    `steps`: rungs as `actions.ladders.columns_of` writes them, by level. `base_version`: the version that was
    read when it was proposed. `policy`: the version it became.
    """

    kind = models.CharField(max_length=12, choices=LadderKey)
    base_version = models.PositiveSmallIntegerField()
    steps = models.JSONField()
    ack_days = models.PositiveSmallIntegerField()
    legal_basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    in_force_from = models.DateField(_("in force from"))
    reason = models.TextField(_("why"))
    state = models.CharField(
        max_length=10, choices=PolicyProposalState, default=PolicyProposalState.WAITING
    )
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    policy = models.OneToOneField(
        "commitments.EscalationPolicy", models.PROTECT, null=True, related_name="proposal"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="policyproposal_one_waiting", fields=["kind"], condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                name="policyproposal_published_by_another",
                condition=~Q(state="published") | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="policyproposal_published_has_policy",
                condition=Q(state="published", policy__isnull=False)
                | (~Q(state="published") & Q(policy=None)),
            ),
            models.CheckConstraint(
                name="policyproposal_decided_together",
                condition=Q(state="waiting", decided_by=None, decided_at=None)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(name="policyproposal_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="policyproposal_acknowledged_for_days", condition=Q(ack_days__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} after v{self.base_version}"
