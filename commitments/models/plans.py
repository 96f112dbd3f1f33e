"""A plan: the period it is for, the documents that order it, and its groups of tasks."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.enums import Field, MandateKind, PeriodKind, PeriodState
from commitments.querysets.plans import PeriodQuerySet
from units.enums import Provenance


class Period(models.Model):
    """A year and its parts. A plan is the YEAR row with what hangs on it; only a year has a state."""

    code = models.SlugField(_("code"), max_length=20, unique=True)  # 2024, 2024-q1, 2024-03
    kind = models.CharField(max_length=8, choices=PeriodKind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    owner = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="plans")  # whose plan
    name_vi = models.CharField(_("name in Vietnamese"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))  # inclusive, as people say it
    state = models.CharField(max_length=10, choices=PeriodState, blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    etag_version = models.PositiveIntegerField(default=1)
    objects = PeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="period_once",
                fields=["owner", "kind", "starts_on"],
                violation_error_message=_("This unit already has a plan for that period."),
            ),
            models.CheckConstraint(
                name="period_state_on_year_only",
                condition=(Q(kind="year") & ~Q(state="")) | (~Q(kind="year") & Q(state="")),
            ),
            models.CheckConstraint(
                name="period_range_not_empty",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A period ends on its first day or later."),
            ),
            models.CheckConstraint(
                name="period_year_has_no_parent",
                condition=(Q(kind="year") & Q(parent=None))
                | (~Q(kind="year") & Q(parent__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class Mandate(models.Model):
    """The document by which targets are given. A number that is not known stays empty."""

    ref = models.SlugField(max_length=40, unique=True)
    issuer = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="mandates")
    kind = models.CharField(_("kind"), max_length=12, choices=MandateKind)
    number = models.CharField(_("number"), max_length=60, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=300)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    is_classified = models.BooleanField(_("classified"), default=False)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_not_classified",
                condition=Q(is_classified=False),
                violation_error_message=_("Classified documents stay outside this system."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if get_language() == "en" and self.title_en else self.title_vi


class TaskGroup(models.Model):
    """A group of targets of one plan."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="groups")
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="groups")
    code = models.CharField(_("code"), max_length=12)
    ordinal = models.PositiveSmallIntegerField(_("place"), default=1)
    title_vi = models.CharField(_("title in Vietnamese"), max_length=300)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    field = models.CharField(_("field"), max_length=16, choices=Field)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="taskgroup_code_once",
                fields=["period", "code"],
                violation_error_message=_("This plan already has a group with that code."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_en if get_language() == "en" and self.title_en else self.title_vi
