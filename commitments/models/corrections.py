"""What follows from a verdict: how it will be put right, and how the item goes on."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums.backlog import CaseCause, CorrectionState
from commitments.querysets.corrections import CorrectiveActionQuerySet
from units.enums import Provenance


class CorrectiveAction(models.Model):
    """Why a target was not met, or why nobody can say, and what will be done, by whom and by when.

    Written anew it keeps its row; what stood before is in the register. It is a duty: whoever answers
    for it says that it is done, and somebody else confirms that or takes it back. Taken back it is to
    be done again; what was said stays beside the answer until something else is said.
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
    state = models.CharField(max_length=10, choices=CorrectionState, default=CorrectionState.OPEN)
    note = models.TextField(_("what was done"), blank=True)
    done_by = models.ForeignKey(
        "units.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(_("reason to take it back"), blank=True)
    decided_by = models.ForeignKey(
        "units.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    etag_version = models.PositiveIntegerField(default=1)
    objects = CorrectiveActionQuerySet.as_manager()

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
            models.CheckConstraint(
                name="correction_has_a_known_state", condition=Q(state__in=CorrectionState.values)
            ),
            models.CheckConstraint(
                name="correction_done_with_a_note",
                condition=Q(note="", done_by=None, done_at=None)
                | (~Q(note="") & Q(done_by__isnull=False, done_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="correction_decided_together",
                condition=Q(decided_by=None, decided_at=None, answer="")
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_decided_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=F("done_by")),
            ),
            models.CheckConstraint(
                name="correction_open_was_not_done_or_taken_back_with_a_reason",
                condition=~Q(state="open")
                | Q(done_by=None, decided_by=None)
                | (Q(done_by__isnull=False, decided_by__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="correction_done_awaits_a_decision",
                condition=~Q(state="done") | Q(done_by__isnull=False, decided_by=None),
            ),
            models.CheckConstraint(
                name="correction_confirmed_was_done_and_decided",
                condition=~Q(state="confirmed")
                | Q(done_by__isnull=False, decided_by__isnull=False, answer=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id}: {self.remedy[:60]}"

    @property
    def ref(self) -> str:
        """That of its target, which has one: by it register, pages and clocks name it."""
        return self.target.ref


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
