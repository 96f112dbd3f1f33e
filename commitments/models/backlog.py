"""Backlog: what should have been done long ago, who must now do it, and what became of it."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.enums.backlog import (
    CaseCause,
    CaseKind,
    CaseProposalAct,
    CaseProposalState,
    CaseState,
    Competence,
    Resolvable,
)
from commitments.querysets.backlog import BacklogCaseQuerySet
from units.enums import Provenance


class CaseRule(models.Model):
    """One version of the rule by which the system itself registers cases.

    What fell before the first version came into force is nobody's case by rule.
    """

    version = models.PositiveSmallIntegerField(unique=True)
    in_force_from = models.DateField(_("in force from"))
    red_periods = models.PositiveSmallIntegerField(_("verified periods in a row that are red"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="caserule_waits_for_one_period", condition=Q(red_periods__gte=1)
            )
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class BacklogCase(models.Model):
    """One thing that is overdue. Its age counts from `original_due_on`, which nobody can change.

    The "six clears" say who (`office`), what (`task`), in which responsibility, with which product,
    by when (`current_due_on`) and with whose authority; only a case that has all six is assigned.
    """

    ref = models.SlugField(max_length=60, unique=True)
    number = models.CharField(_("number"), max_length=30)
    kind = models.CharField(_("kind"), max_length=12, choices=CaseKind)
    title = models.CharField(_("title"), max_length=300)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("unit that holds it")
    )
    assigner_unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("unit that assigns it")
    )
    origin_period = models.ForeignKey(
        "commitments.Period",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("plan that it comes from"),
    )
    target = models.ForeignKey(
        "commitments.Target",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="backlog_cases",
        verbose_name=_("target carried over"),
    )
    original_due_on = models.DateField(_("originally due on"))
    current_due_on = models.DateField(_("now due on"))
    cause = models.CharField(_("cause"), max_length=14, choices=CaseCause, blank=True)
    resolvable = models.CharField(
        _("how it can be resolved"), max_length=8, choices=Resolvable, blank=True
    )
    # the six clears: these four, the office and the current due date
    office = models.ForeignKey(
        "units.Position",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("office that resolves it"),
    )
    task = models.TextField(_("task"), blank=True)
    responsibility = models.TextField(_("responsibility"), blank=True)
    product = models.TextField(_("product"), blank=True)
    competence = models.CharField(_("competence"), max_length=10, choices=Competence, blank=True)
    authority = models.TextField(_("authority"), blank=True)
    state = models.CharField(max_length=12, choices=CaseState, default=CaseState.REGISTERED)
    suspended_cause = models.TextField(_("objective cause"), blank=True)
    suspended_on = models.DateField(null=True)
    outcome = models.TextField(_("outcome"), blank=True)  # what was delivered, or why it ended
    outcome_reference = models.CharField(_("number or address"), max_length=300, blank=True)
    resolved_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    ended_on = models.DateField(null=True)  # closed or cancelled; the age stops here
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    rule = models.ForeignKey(CaseRule, models.PROTECT, null=True, related_name="cases")
    opened_for = models.CharField(
        max_length=120, blank=True
    )  # "": by hand; else see rules.openings
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    source_ref = models.CharField(max_length=300, blank=True)
    etag_version = models.PositiveIntegerField(default=1)
    objects = BacklogCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="case_number_once", fields=["assigner_unit", "number"]),
            models.UniqueConstraint(
                name="case_once_per_cause",
                fields=["opened_for"],
                condition=~Q(opened_for=""),
            ),
            models.CheckConstraint(
                name="case_opened_by_rule_has_cause",
                condition=Q(rule=None, opened_for="")
                | (Q(rule__isnull=False, registered_by=None) & ~Q(opened_for="")),
            ),
            models.CheckConstraint(name="case_says_what", condition=~Q(title="") & ~Q(number="")),
            models.CheckConstraint(
                name="case_due_not_before_original",
                condition=Q(current_due_on__gte=F("original_due_on")),
                violation_error_message=_("It cannot be due before it was originally due."),
            ),
            models.CheckConstraint(
                name="case_assigned_is_six_clear",
                condition=Q(state__in=["registered", "cancelled"])
                | (
                    Q(office__isnull=False)
                    & ~Q(task="")
                    & ~Q(responsibility="")
                    & ~Q(product="")
                    & ~Q(competence="")
                    & ~Q(authority="")
                ),
            ),
            models.CheckConstraint(
                name="case_suspended_has_cause",
                condition=(
                    Q(state="suspended", suspended_on__isnull=False) & ~Q(suspended_cause="")
                )
                | (~Q(state="suspended") & Q(suspended_on=None, suspended_cause="")),
            ),
            models.CheckConstraint(
                name="case_resolved_has_product",
                condition=Q(
                    state__in=["resolved", "closed"],
                    resolved_by__isnull=False,
                    resolved_at__isnull=False,
                )
                | (~Q(state__in=["resolved", "closed"]) & Q(resolved_by=None, resolved_at=None)),
            ),
            models.CheckConstraint(
                name="case_ended_has_outcome",
                condition=~Q(state__in=["resolved", "closed", "cancelled"]) | ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="case_ended_has_its_day",
                condition=Q(state__in=["closed", "cancelled"], ended_on__isnull=False)
                | (~Q(state__in=["closed", "cancelled"]) & Q(ended_on=None)),
            ),
            models.CheckConstraint(
                name="case_closed_has_verifier",
                condition=Q(state="closed", verified_by__isnull=False)
                | (~Q(state="closed") & Q(verified_by=None)),
            ),
            models.CheckConstraint(
                name="case_verified_by_another",
                condition=Q(verified_by=None) | ~Q(verified_by=F("resolved_by")),
            ),
            models.CheckConstraint(
                name="case_sourced_has_ref",
                condition=~Q(provenance__in=["sourced", "derived"]) | ~Q(source_ref=""),
            ),
        ]
        indexes = [
            models.Index(name="case_by_age", fields=["original_due_on", "id"]),
            models.Index(name="case_by_due", fields=["current_due_on", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def name(self) -> str:
        """The title in the reader's language; one that a person wrote is the same in both."""
        return self.title_en if get_language() == "en" and self.title_en else self.title

    def last_day(self, *, today: date) -> date:
        """Return the day at which its age is read: the day it ended, else `today`."""
        return self.ended_on or today


class CaseProposal(models.Model):
    """An extension or a reopening that a supervisor proposes, and what was decided about it."""

    case = models.ForeignKey(BacklogCase, models.PROTECT, related_name="proposals")
    act = models.CharField(max_length=8, choices=CaseProposalAct)
    new_due_on = models.DateField(_("new due date"), null=True)  # of an extension
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=CaseProposalState, default=CaseProposalState.OPEN
    )
    answer = models.TextField(_("answer"), blank=True)
    decided_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="caseproposal_one_open", fields=["case"], condition=Q(state="open")
            ),
            models.CheckConstraint(name="caseproposal_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="caseproposal_extension_has_day",
                condition=Q(act="extend", new_due_on__isnull=False)
                | Q(act="reopen", new_due_on=None),
            ),
            models.CheckConstraint(
                name="caseproposal_decided_together",
                condition=Q(state__in=["open", "lapsed"], decided_by=None, decided_at=None)
                | Q(
                    state__in=["granted", "declined"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="caseproposal_decided_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="caseproposal_declined_has_answer",
                condition=~Q(state="declined") | ~Q(answer=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.case_id} ({self.state})"


class CaseExtension(models.Model):
    """One extension that was granted: counted, with its reason, and never taken back."""

    case = models.ForeignKey(BacklogCase, models.PROTECT, related_name="extensions")
    ordinal = models.PositiveSmallIntegerField()
    old_due_on = models.DateField()
    new_due_on = models.DateField()
    reason = models.TextField()
    proposed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    granted_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="extension_once", fields=["case", "ordinal"]),
            models.CheckConstraint(
                name="extension_moves_forward", condition=Q(new_due_on__gt=F("old_due_on"))
            ),
            models.CheckConstraint(
                name="extension_granted_by_another",
                condition=~Q(granted_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"extension {self.ordinal} of {self.case_id} to {self.new_due_on}"
