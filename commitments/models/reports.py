"""What is owed for each target and period, what was reported, who looked at it, and the proof."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import PeriodKind, Qualifier, Stage
from commitments.enums.backlog import CaseCause, CaseFileUse
from commitments.enums.reports import (
    CheckDecision,
    DutyState,
    EvidenceKind,
    ReportState,
    RollOver,
    Timeliness,
)
from commitments.models.targets import QuantityField
from commitments.querysets.reports import ReportingDutyQuerySet, ReportQuerySet
from units.enums import Provenance

OPEN = ["draft", "submitted"]


class ReportingRule(models.Model):
    """One version of when the targets of a plan are reported. A changed rule is a new version;
    duties keep the one by which they were made.

    Days count from the last day of the reported period, which is day 0.
    """

    plan = models.ForeignKey("commitments.Period", models.PROTECT, related_name="reporting_rules")
    version = models.PositiveSmallIntegerField()
    period_kind = models.CharField(_("reported"), max_length=8, choices=PeriodKind)
    opens_after = models.SmallIntegerField(_("opens after days"), default=-5)
    due_after = models.PositiveSmallIntegerField(_("due after days"), default=5)
    locks_after = models.PositiveSmallIntegerField(_("locked after days"), default=20)
    roll_over = models.CharField(
        _("a day that is closed"), max_length=8, choices=RollOver, default=RollOver.FORWARD
    )
    resubmit_days = models.PositiveSmallIntegerField(_("working days to mend"), default=3)
    levels = models.PositiveSmallIntegerField(_("levels of verification"), default=1)
    exempt_unit = models.ForeignKey(  # its targets are the whole that others carry and report
        "units.OrgUnit", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reportingrule_once", fields=["plan", "version"]),
            models.CheckConstraint(
                name="reportingrule_days_in_order",
                condition=Q(opens_after__lte=F("due_after"), due_after__lte=F("locks_after")),
                violation_error_message=_("A report opens, falls due and is locked in this order."),
            ),
            models.CheckConstraint(
                name="reportingrule_one_or_two_levels",
                condition=Q(levels__in=[1, 2]),
                violation_error_message=_("Reports are verified at one level or at two."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} v{self.version}: {self.period_kind}"


class ReportingDuty(models.Model):
    """A report that a unit owes: of one target, for one period. It is there before anything arrives.

    The state moves through `commitments.actions`, together with that of its reports.
    """

    ref = models.SlugField(max_length=90, unique=True)
    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="duties")
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="duties")
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="duties")
    rule = models.ForeignKey(ReportingRule, models.PROTECT, related_name="duties")
    round = models.ForeignKey(  # None: of before there were rounds; the next catching up gives one
        "commitments.ReportRound", models.PROTECT, null=True, blank=True, related_name="duties"
    )
    opens_on = models.DateField()
    due_on = models.DateField()
    locks_on = models.DateField()  # the last day; the lock falls behind it
    state = models.CharField(max_length=10, choices=DutyState, default=DutyState.AWAITED)
    first_submitted_at = models.DateTimeField(null=True, blank=True)
    timeliness = models.CharField(max_length=8, choices=Timeliness, blank=True)
    resubmit_by = models.DateField(null=True, blank=True)  # of what was returned
    waiver_reason = models.TextField(blank=True)
    etag_version = models.PositiveIntegerField(default=1)
    objects = ReportingDutyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="duty_once", fields=["target", "period"]),
            models.CheckConstraint(
                name="duty_dates_in_order",
                condition=Q(opens_on__lte=F("due_on"), due_on__lte=F("locks_on")),
            ),
            models.CheckConstraint(
                name="duty_timeliness_with_first_submission",
                condition=Q(first_submitted_at=None, timeliness="")
                | (Q(first_submitted_at__isnull=False) & ~Q(timeliness="")),
            ),
            models.CheckConstraint(
                name="duty_missing_means_nothing_came",
                condition=~Q(state="missing") | Q(first_submitted_at=None),
            ),
            models.CheckConstraint(
                name="duty_reviewed_means_something_came",
                condition=~Q(state__in=["in_review", "verified"])
                | Q(first_submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="duty_waived_has_reason", condition=~Q(state="waived") | ~Q(waiver_reason="")
            ),
        ]
        indexes = [
            models.Index(name="duty_of_unit", fields=["unit", "period"]),
            models.Index(  # serves the lock, nothing else
                name="duty_to_lock",
                fields=["locks_on"],
                condition=Q(state="awaited", first_submitted_at=None),
            ),
            models.Index(  # serves the catching up with rounds, and is empty behind it
                name="duty_without_round",
                fields=["locks_on"],
                condition=Q(state="awaited", round=None),
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Report(models.Model):
    """What a unit says it has reached on one target in one reporting period.

    The state moves through `commitments.actions.reports`, never through `save()`. A draft may be
    incomplete; what was submitted has exactly one answer.
    """

    ref = models.SlugField(max_length=96, unique=True)
    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="reports")
    n = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.DRAFT)
    author = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    value = QuantityField(_("value"), null=True, blank=True)  # None: unknown, not 0
    numerator = QuantityField(_("numerator"), null=True, blank=True)
    denominator = QuantityField(_("denominator"), null=True, blank=True)
    is_true = models.BooleanField(_("yes or no"), null=True, blank=True)
    nothing_to_report = models.BooleanField(_("nothing to report"), default=False)
    qualifier = models.CharField(
        _("how exact"), max_length=8, choices=Qualifier, default=Qualifier.EXACT
    )
    about_width = QuantityField(_("give or take"), null=True, blank=True)
    stage = models.CharField(
        _("status of the data"), max_length=12, choices=Stage, default=Stage.FINAL
    )
    narrative = models.TextField(_("note"), blank=True)
    cause = models.CharField(_("obstacle"), max_length=12, choices=CaseCause, blank=True)
    next_steps = models.TextField(_("next steps"), blank=True)
    decided_by = models.ForeignKey(
        "units.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    return_reason = models.TextField(blank=True)
    restate_reason = models.TextField(blank=True)  # why this one follows a verified one
    restated_at = models.DateTimeField(null=True, blank=True)  # until then its value counted
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="report_once", fields=["duty", "n"]),
            models.UniqueConstraint(
                name="report_one_open", fields=["duty"], condition=Q(state__in=OPEN)
            ),
            models.UniqueConstraint(
                name="report_one_verified", fields=["duty"], condition=Q(state="verified")
            ),
            models.CheckConstraint(
                name="report_exactly_one_answer",
                condition=Q(state="draft")
                | Q(
                    value__isnull=False,
                    numerator=None,
                    denominator=None,
                    is_true=None,
                    nothing_to_report=False,
                )
                | Q(
                    value=None,
                    numerator__isnull=False,
                    denominator__isnull=False,
                    is_true=None,
                    nothing_to_report=False,
                )
                | Q(
                    value=None,
                    numerator=None,
                    denominator=None,
                    is_true__isnull=False,
                    nothing_to_report=False,
                )
                | Q(
                    value=None,
                    numerator=None,
                    denominator=None,
                    is_true=None,
                    nothing_to_report=True,
                ),
                violation_error_message=_("A report gives exactly one answer."),
            ),
            models.CheckConstraint(
                name="report_denominator_positive",
                condition=Q(denominator=None) | Q(denominator__gt=0),
                violation_error_message=_(
                    "The denominator is above 0. Where there is nothing to divide by, there is "
                    "nothing to report."
                ),
            ),
            models.CheckConstraint(
                name="report_about_has_width",
                condition=(  # NULL > 0 is NULL, which a CHECK takes
                    Q(qualifier="about", about_width__isnull=False, about_width__gt=0)
                )
                | (~Q(qualifier="about") & Q(about_width=None))
                | Q(state="draft"),
                violation_error_message=_("“About” says how far the figure may be off."),
            ),
            models.CheckConstraint(
                name="report_submitted_has_time",
                condition=Q(state="draft", submitted_at=None)
                | (~Q(state="draft") & Q(submitted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="report_decider_is_not_author",
                condition=Q(decided_by=None) | ~Q(decided_by=F("author")),
                violation_error_message=_("Nobody decides on a report of their own."),
            ),
            models.CheckConstraint(
                name="report_decided_together",
                condition=Q(state__in=OPEN, decided_by=None, decided_at=None)
                | (~Q(state__in=OPEN) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="report_returned_has_reason",
                condition=~Q(state="returned") | ~Q(return_reason=""),
            ),
            models.CheckConstraint(
                name="report_restated_has_time",
                condition=Q(state="restated", restated_at__isnull=False)
                | (~Q(state="restated") & Q(restated_at=None)),
            ),
        ]
        indexes = [  # serves undecided(), nothing else
            models.Index(
                name="report_undecided",
                fields=["submitted_at", "id"],
                condition=Q(state="submitted"),
            )
        ]

    def __str__(self) -> str:
        return self.ref


class ReportCheck(models.Model):
    """What one person decided about a report, at one level of verification. Kept for ever."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="checks")
    level = models.PositiveSmallIntegerField()
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=CheckDecision)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reportcheck_once", fields=["report", "level"]),
            models.UniqueConstraint(name="reportcheck_person_once", fields=["report", "person"]),
            models.CheckConstraint(
                name="reportcheck_return_has_reason",
                condition=Q(decision="pass") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="reportcheck_one_or_two_levels", condition=Q(level__in=[1, 2])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} level {self.level}: {self.decision}"


class Evidence(models.Model):
    """A file that proves what a report says, or what was said of a case or found by an inspection,
    where it stays for ever.

    Its bytes lie outside the database, under `file`.
    """

    report = models.ForeignKey(
        Report, models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    case = models.ForeignKey(
        "commitments.BacklogCase", models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    shown_for = models.CharField(max_length=8, choices=CaseFileUse, blank=True)  # of a case
    inspection = models.ForeignKey(
        "commitments.Inspection",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
    )
    file = models.UUIDField()  # two reports may show the same one: a returned one and its draft
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    name = models.CharField(_("file name"), max_length=200)
    kind = models.CharField(max_length=80, choices=EvidenceKind)
    captured_on = models.DateField(_("day of the picture"), null=True, blank=True)
    added_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evidence_one_subject",
                condition=Q(report__isnull=False, case=None, inspection=None, shown_for="")
                | (Q(report=None, case__isnull=False, inspection=None) & ~Q(shown_for=""))
                | Q(report=None, case=None, inspection__isnull=False, shown_for=""),
            ),
            models.UniqueConstraint(name="evidence_file_once_on_case", fields=["case", "sha256"]),
            models.UniqueConstraint(
                name="evidence_file_once_on_inspection", fields=["inspection", "sha256"]
            ),
            models.UniqueConstraint(
                name="evidence_file_once",
                fields=["report", "sha256"],
                violation_error_message=_("This report shows that file already."),
            ),
            models.CheckConstraint(name="evidence_is_not_empty", condition=Q(size__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class Unlock(models.Model):
    """Leave to report after the lock: one person asks, another grants, and it runs out."""

    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="unlocks")
    reason = models.TextField(_("reason"))
    requested_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    declined_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="unlock_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="unlock_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")),
                violation_error_message=_("Another person grants what you asked for."),
            ),
            models.CheckConstraint(
                name="unlock_expires",
                condition=Q(approved_at=None, expires_at=None)
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    expires_at__isnull=False,
                    expires_at__gt=F("approved_at"),
                ),
            ),
            models.UniqueConstraint(
                name="unlock_one_asked",
                fields=["duty"],
                condition=Q(approved_at=None, declined_at=None),
                violation_error_message=_("Somebody has asked for this already."),
            ),
        ]

    def __str__(self) -> str:
        return f"unlock of {self.duty_id}"
