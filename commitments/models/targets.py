"""What is to be reached: the indicator, the target, its revisions and its roadmap."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.enums import (
    Comparator,
    IndicatorKind,
    InputBasis,
    MaintainRule,
    Nature,
    RollUp,
    TargetMode,
    TargetOrigin,
    TargetState,
    ValueBasis,
)
from commitments.querysets.targets import TargetQuerySet
from units.enums import Provenance


class QuantityField(models.DecimalField):
    """A quantity: 18 digits before the decimal sign, 6 after it; NULL is "not known", never 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 24)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Stand in migrations as what the column is."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class UnitOfMeasure(models.Model):
    """What a number counts. Conversion goes only through the same `base`, by `factor`."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    label_vi = models.CharField(_("label in Vietnamese"), max_length=40)
    label_en = models.CharField(_("label in English"), max_length=40, blank=True)
    base = models.SlugField(max_length=20)
    factor = models.DecimalField(max_digits=24, decimal_places=6, default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(name="unitofmeasure_factor_positive", condition=Q(factor__gt=0))
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The label in the reader's language."""
        return self.label_en if get_language() == "en" and self.label_en else self.label_vi


class GradeScale(models.Model):
    """Grades in one order, e.g. of an evaluation: "completed well or better" needs the order."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class GradeLevel(models.Model):
    """One grade of a scale. `rank`: 1 is the lowest; a target's value is a rank."""

    scale = models.ForeignKey(GradeScale, models.PROTECT, related_name="levels")
    rank = models.PositiveSmallIntegerField(_("rank"))
    label_vi = models.CharField(_("label in Vietnamese"), max_length=80)
    label_en = models.CharField(_("label in English"), max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="gradelevel_rank_once", fields=["scale", "rank"]),
            models.UniqueConstraint(name="gradelevel_label_once", fields=["scale", "label_vi"]),
            models.CheckConstraint(name="gradelevel_rank_positive", condition=Q(rank__gt=0)),
        ]

    def __str__(self) -> str:
        return self.label_en if get_language() == "en" and self.label_en else self.label_vi


class IndicatorDefinition(models.Model):
    """What is measured and how. A change of meaning is a new `version`, never an edit."""

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=300)
    name_en = models.CharField(_("name in English"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=IndicatorKind)
    nature = models.CharField(_("nature"), max_length=6, choices=Nature, default=Nature.FLOW)
    uom = models.ForeignKey(
        UnitOfMeasure, models.PROTECT, related_name="indicators", verbose_name=_("unit of measure")
    )
    decimals = models.PositiveSmallIntegerField(_("decimals shown"), default=0)
    scale = models.ForeignKey(
        GradeScale,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name=_("scale of grades"),
    )
    numerator = models.CharField(_("numerator in words"), max_length=300, blank=True)
    denominator = models.CharField(_("denominator in words"), max_length=300, blank=True)
    data_source = models.CharField(_("source of the data"), max_length=300, blank=True)
    input_basis = models.CharField(
        _("what a report counts"), max_length=6, choices=InputBasis, default=InputBasis.YTD
    )
    unit_agg = models.CharField(  # of several units; only what is declared is computed
        _("how units become one figure"), max_length=14, choices=RollUp, default=RollUp.NONE
    )
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="indicator_version_once", fields=["code", "version"]),
            models.CheckConstraint(
                name="indicator_ratio_has_parts",
                condition=~Q(kind="ratio") | (~Q(numerator="") & ~Q(denominator="")),
                violation_error_message=_("A ratio names its numerator and its denominator."),
            ),
            models.CheckConstraint(
                name="indicator_grade_has_scale",
                condition=(Q(kind="grade") & Q(scale__isnull=False))
                | (~Q(kind="grade") & Q(scale=None)),
                violation_error_message=_("Grades, and nothing else, have a scale of grades."),
            ),
            models.CheckConstraint(name="indicator_decimals_fit", condition=Q(decimals__lte=6)),
            models.CheckConstraint(
                name="indicator_agg_fits_kind",
                condition=(~Q(unit_agg="sum") | Q(kind__in=["number", "count"]))
                & (~Q(unit_agg="ratio_of_sums") | Q(kind="ratio"))
                & (~Q(unit_agg="growth_of_sums") | Q(kind="growth"))
                & (~Q(unit_agg="count_true") | Q(kind="boolean"))
                & (~Q(kind="percent") | Q(unit_agg__in=["none", "weighted_mean", "last", "worst"])),
                violation_error_message=_(
                    "Only amounts are summed, only ratios and growth are taken of sums."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi

    def grades(self, language: str) -> dict[int, str]:
        """Return the name of each grade by its rank; {} of an indicator without grades.

        Lists prefetch `scale__levels`.
        """
        if self.scale is None:
            return {}
        levels = sorted(self.scale.levels.all(), key=lambda level: level.rank)
        return {
            level.rank: (language == "en" and level.label_en) or level.label_vi for level in levels
        }


class Target(models.Model):
    """One target or task of one unit in one plan. What is to be reached stands in its revisions."""

    ref = models.SlugField(max_length=60, unique=True)
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="targets")
    code = models.CharField(_("code"), max_length=30)
    group = models.ForeignKey(
        "commitments.TaskGroup",
        models.PROTECT,
        related_name="targets",
        verbose_name=_("task group"),
    )
    indicator = models.ForeignKey(
        IndicatorDefinition, models.PROTECT, related_name="targets", verbose_name=_("indicator")
    )
    unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="targets", verbose_name=_("accountable unit")
    )
    assigner = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="targets_assigned")
    origin = models.CharField(
        _("origin"), max_length=10, choices=TargetOrigin, default=TargetOrigin.OWN
    )
    is_new = models.BooleanField(_("new"), default=False)
    is_difficult = models.BooleanField(_("difficult"), default=False)
    needs_evidence = models.BooleanField(_("each report shows a file"), default=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    clause = models.CharField(_("clause of the mandate"), max_length=60, blank=True)
    weight = models.DecimalField(_("weight"), max_digits=8, decimal_places=3, default=1)
    state = models.CharField(max_length=10, choices=TargetState, default=TargetState.PLANNED)
    end_reason = models.TextField(blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="target_code_once",
                fields=["period", "code"],
                violation_error_message=_("This plan already has a target with that code."),
            ),
            models.CheckConstraint(name="target_weight_positive", condition=Q(weight__gt=0)),
            models.CheckConstraint(
                name="target_withdrawn_has_reason",
                condition=~Q(state="withdrawn") | ~Q(end_reason=""),
            ),
            models.CheckConstraint(
                name="target_is_not_its_own_parent", condition=Q(parent=None) | ~Q(parent=F("id"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.indicator.name}"

    @property
    def current(self) -> "TargetRevision | None":
        """The latest revision; lists prefetch `revisions`."""
        revisions = sorted(self.revisions.all(), key=lambda revision: revision.n)
        return revisions[-1] if revisions else None


class TargetRevision(models.Model):
    """What the target said from `effective_from` on. Revision 1 is the original and stays for ever.

    Frozen once the target is assigned: later wishes are the next revision.
    """

    target = models.ForeignKey(Target, models.PROTECT, related_name="revisions")
    n = models.PositiveSmallIntegerField(default=1)
    mode = models.CharField(
        _("manner"), max_length=10, choices=TargetMode, default=TargetMode.REACH
    )
    comparator = models.CharField(_("comparison"), max_length=8, choices=Comparator)
    value_basis = models.CharField(
        _("where the value comes from"),
        max_length=9,
        choices=ValueBasis,
        default=ValueBasis.STATED,
    )
    value = QuantityField(_("value"), null=True, blank=True)
    upper = QuantityField(_("upper value"), null=True, blank=True)
    tolerance = QuantityField(_("tolerance"), null=True, blank=True)
    baseline = QuantityField(_("baseline"), null=True, blank=True)
    baseline_period = models.CharField(_("period of the baseline"), max_length=20, blank=True)
    maintain_rule = models.CharField(
        _("rule of maintaining"), max_length=6, choices=MaintainRule, blank=True
    )
    maintain_share = models.DecimalField(
        _("share of checkpoints in percent"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    reason = models.TextField(_("reason"), blank=True)
    mandate = models.ForeignKey(
        "commitments.Mandate", models.PROTECT, null=True, blank=True, related_name="+"
    )
    effective_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="revision_once", fields=["target", "n"]),
            models.CheckConstraint(
                name="revision_value_stated_or_marked",
                condition=(Q(value_basis="stated") & Q(value__isnull=False))
                | (~Q(value_basis="stated") & Q(value=None, upper=None) & ~Q(comparator="between")),
                violation_error_message=_(
                    "State a value, or say where it comes from and leave it empty."
                ),
            ),
            models.CheckConstraint(
                name="revision_between_has_upper",
                condition=(  # NULL > value is NULL, which a CHECK takes
                    Q(comparator="between") & Q(upper__isnull=False) & Q(upper__gt=F("value"))
                )
                | (~Q(comparator="between") & Q(upper=None)),
                violation_error_message=_(
                    "“Between” needs an upper value above the lower one; other comparisons have none."
                ),
            ),
            models.CheckConstraint(
                name="revision_eq_has_tolerance",
                condition=(  # NULL >= 0 is NULL, which a CHECK takes
                    Q(comparator="eq") & Q(tolerance__isnull=False) & Q(tolerance__gte=0)
                )
                | (~Q(comparator="eq") & Q(tolerance=None)),
                violation_error_message=_(
                    "“Equal to” needs a tolerance of 0 or more; other comparisons have none."
                ),
            ),
            models.CheckConstraint(
                name="revision_maintain_has_rule",
                condition=(Q(mode="maintain") & ~Q(maintain_rule=""))
                | (Q(mode="reach") & Q(maintain_rule="")),
                violation_error_message=_("“Maintain” says by which rule; “reach” has none."),
            ),
            models.CheckConstraint(
                name="revision_share_has_share",
                condition=Q(
                    maintain_rule="share",
                    maintain_share__isnull=False,
                    maintain_share__gt=0,
                    maintain_share__lte=100,
                )
                | (~Q(maintain_rule="share") & Q(maintain_share=None)),
            ),
            models.CheckConstraint(
                name="revision_reach_differs_from_baseline",
                condition=Q(mode="maintain") | Q(baseline=None) | ~Q(baseline=F("value")),
                violation_error_message=_(
                    "A target equal to its baseline is to be maintained, not reached."
                ),
            ),
            models.CheckConstraint(
                name="revision_later_has_reason",
                condition=Q(n=1) | ~Q(reason=""),
                violation_error_message=_("A revision of a target has a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} r{self.n}: {self.comparator} {self.value}"


class RevisionShare(models.Model):
    """One part of a whole, in percent of it; all shares of a revision add up to 100."""

    revision = models.ForeignKey(TargetRevision, models.PROTECT, related_name="shares")
    ordinal = models.PositiveSmallIntegerField(_("place"))
    label_vi = models.CharField(_("label in Vietnamese"), max_length=120)
    label_en = models.CharField(_("label in English"), max_length=120, blank=True)
    value = QuantityField(_("share in percent"))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="share_once", fields=["revision", "ordinal"]),
            models.UniqueConstraint(name="share_label_once", fields=["revision", "label_vi"]),
            models.CheckConstraint(
                name="share_in_whole",
                condition=Q(value__gt=0) & Q(value__lte=100),
                violation_error_message=_("A share is above 0 and at most 100 %."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} {self.label_vi}: {self.value}"


class Milestone(models.Model):
    """One step of a task, promised with the revision and frozen with it; weights add up to 100."""

    revision = models.ForeignKey(TargetRevision, models.PROTECT, related_name="steps")
    ordinal = models.PositiveSmallIntegerField(_("place"))
    title_vi = models.CharField(_("title in Vietnamese"), max_length=300)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    due_on = models.DateField(_("due on"))
    weight = models.DecimalField(_("weight in percent"), max_digits=6, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="milestone_once", fields=["revision", "ordinal"]),
            models.CheckConstraint(
                name="milestone_weight_in_whole",
                condition=Q(weight__gt=0) & Q(weight__lte=100),
                violation_error_message=_("The weight of a step is above 0 and at most 100 %."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} {self.due_on}: {self.title_vi}"


class TrajectoryPoint(models.Model):
    """A checkpoint of the roadmap: what is expected by the end of a part of the year."""

    revision = models.ForeignKey(TargetRevision, models.PROTECT, related_name="roadmap")
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="+")
    value = QuantityField(_("expected value"))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="trajectory_once", fields=["revision", "period"])
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} {self.period_id}: {self.value}"
