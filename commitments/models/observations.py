"""Known figures that nobody had to report: published totals, last year's values, peer figures."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import Qualifier, Stage
from commitments.models.targets import QuantityField
from units.enums import Provenance


class Observation(models.Model):
    """One figure of an indicator, a unit and a period, as its source states it.

    `percent_of_plan` and `growth` are kept as they were published, beside the value, and not
    computed; they are compared with it (F-25).
    """

    indicator = models.ForeignKey(
        "commitments.IndicatorDefinition", models.PROTECT, related_name="observations"
    )
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="observations")
    period = models.ForeignKey("commitments.Period", models.PROTECT, related_name="observations")
    value = QuantityField(_("value"), null=True, blank=True)
    numerator = QuantityField(_("numerator"), null=True, blank=True)
    denominator = QuantityField(_("denominator"), null=True, blank=True)
    qualifier = models.CharField(
        _("how exact"), max_length=8, choices=Qualifier, default=Qualifier.EXACT
    )
    about_width = QuantityField(_("give or take"), null=True, blank=True)
    stage = models.CharField(
        _("status of the data"), max_length=12, choices=Stage, default=Stage.FINAL
    )
    percent_of_plan = QuantityField(_("percent of plan, as published"), null=True, blank=True)
    growth = QuantityField(_("growth on last year in percent, as published"), null=True, blank=True)
    note_vi = models.TextField(_("note in Vietnamese"), blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    source_ref = models.CharField(_("source"), max_length=400)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    recorded_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="observation_once", fields=["indicator", "unit", "period", "source_ref"]
            ),
            models.CheckConstraint(
                name="observation_has_source",
                condition=~Q(source_ref=""),
                violation_error_message=_("Name the source of the figure."),
            ),
            models.CheckConstraint(
                name="observation_one_figure",
                condition=Q(value__isnull=False, numerator=None, denominator=None)
                | Q(value=None, numerator__isnull=False, denominator__isnull=False),
                violation_error_message=_(
                    "A figure is a value, or a numerator with its denominator."
                ),
            ),
            models.CheckConstraint(
                name="observation_denominator_positive",
                condition=Q(denominator=None) | Q(denominator__gt=0),
                violation_error_message=_("A denominator is above 0."),
            ),
            models.CheckConstraint(
                name="observation_about_has_width",
                condition=Q(qualifier="about", about_width__isnull=False, about_width__gt=0)
                | (~Q(qualifier="about") & Q(about_width=None)),
                violation_error_message=_("“About”, and nothing else, says how far it may be off."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.unit_id} {self.period_id}: {self.value}"
