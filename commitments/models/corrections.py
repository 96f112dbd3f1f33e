"""What follows from a verdict: how it will be put right, and how the item goes on."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums.backlog import CaseCause
from units.enums import Provenance


class CorrectiveAction(models.Model):
    """Why a target was not met, or why nobody can say, and what will be done, by whom and by when.

    Written anew it keeps its row; what stood before is in the register.
    """

    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="corrections")
    cause = models.CharField(_("cause"), max_length=14, choices=CaseCause)
    reason = models.TextField(_("what stood in the way"))
    remedy = models.TextField(_("remedy"))
    office = models.ForeignKey(
        "units.Position", models.PROTECT, related_name="+", verbose_name=_("office that answers")
    )
    due_on = models.DateField(_("to be done by"))
    written_on = models.DateField()
    written_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="correction_once", fields=["target"]),
            models.CheckConstraint(
                name="correction_is_complete",
                condition=~Q(cause="") & ~Q(reason="") & ~Q(remedy=""),
            ),
            models.CheckConstraint(
                name="correction_due_not_past", condition=Q(due_on__gte=F("written_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id}: {self.remedy[:60]}"


class Carryover(models.Model):
    """An unmet target that goes on: as a backlog case, as a target of the next plan, or as both.

    `first_due_on`: the last day of the plan in which the chain began; its age counts from there. A
    case may be that of an earlier link of the same chain.
    """

    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="carried_on")
    first_due_on = models.DateField(_("first due on"))
    case = models.ForeignKey(
        "commitments.BacklogCase",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="carryovers",
        verbose_name=_("backlog case"),
    )
    next_target = models.ForeignKey(
        "commitments.Target",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="carried_from",
        verbose_name=_("target of the next plan"),
    )
    accepted_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="carryover_once", fields=["target"]),
            models.UniqueConstraint(
                name="carryover_next_takes_one",
                fields=["next_target"],
                condition=Q(next_target__isnull=False),
            ),
            models.CheckConstraint(
                name="carryover_leads_on",
                condition=Q(case__isnull=False) | Q(next_target__isnull=False),
            ),
            models.CheckConstraint(
                name="carryover_not_to_itself",
                condition=Q(next_target=None) | ~Q(next_target=F("target")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} → {self.next_target_id or self.case_id}"
