"""What the head of a unit would add to the plan before the commitment is issued."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import ProposalState


class Proposal(models.Model):
    """One item that a head proposes, in own words, and the planner's answer to it.

    The words stay as they were proposed; what became of them is the answer and the target.
    """

    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="proposals")
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="proposals")
    office = models.ForeignKey("units.Position", models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    title = models.CharField(_("what is to be reached"), max_length=300)
    wanted = models.CharField(_("how much, by when"), max_length=300)
    reason = models.TextField(_("why"), blank=True)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    target = models.ForeignKey(
        "commitments.Target", models.PROTECT, null=True, related_name="proposals"
    )
    etag_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="proposal_says_what_and_how_much", condition=~Q(title="") & ~Q(wanted="")
            ),
            models.CheckConstraint(
                name="proposal_answered_together",
                condition=Q(state__in=["open", "withdrawn"], answered_by=None, answered_at=None)
                | (
                    ~Q(state__in=["open", "withdrawn"])
                    & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="proposal_accepted_has_its_target",
                condition=Q(state__in=["accepted", "changed"], target__isnull=False)
                | (~Q(state__in=["accepted", "changed"]) & Q(target=None)),
            ),
            models.CheckConstraint(
                name="proposal_not_taken_as_it_is_has_an_answer",
                condition=~Q(state__in=["changed", "declined"]) | ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="proposal_answered_by_another",
                condition=Q(answered_by=None) | ~Q(answered_by=F("proposed_by")),
                violation_error_message=_("Nobody answers a proposal of one's own."),
            ),
        ]
        indexes = [
            models.Index(name="proposal_open", fields=["period", "id"], condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return self.title
