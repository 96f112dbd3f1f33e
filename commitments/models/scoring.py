"""What was concluded about a target, and the rules by which figures become lights and verdicts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import VerdictAgainst, VerdictBasis, VerdictValue
from commitments.models.targets import QuantityField
from commitments.querysets.scoring import VerdictQuerySet
from units.enums import Provenance


class RuleSet(models.Model):
    """One version of the thresholds. Changed thresholds are a new version; what was concluded names
    the version by which it was."""

    version = models.PositiveSmallIntegerField(unique=True)
    in_force_from = models.DateField(_("in force from"))
    green = models.DecimalField(_("green from"), max_digits=5, decimal_places=4)
    amber = models.DecimalField(_("amber from"), max_digits=5, decimal_places=4)
    margin = models.DecimalField(_("margin to get better"), max_digits=5, decimal_places=4)
    minimum_coverage = models.DecimalField(  # in percent; below it a unit has no place (F-19)
        _("minimum coverage in percent"), max_digits=6, decimal_places=3
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="ruleset_amber_below_green",
                condition=Q(amber__gt=0, amber__lt=F("green"), margin__gte=0),
                violation_error_message=_("Amber begins above 0 and below green."),
            ),
            models.CheckConstraint(
                name="ruleset_coverage_in_whole",
                condition=Q(minimum_coverage__gte=0, minimum_coverage__lte=100),
                violation_error_message=_("A coverage lies between 0 and 100 %."),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class Verdict(models.Model):
    """Met, unmet or undecided, against the original or the adjusted target.

    `actual_low` and `actual_high`: what the figure may mean, equal for an exact one; None: unknown,
    or without end. An asserted verdict may stand without a figure.
    """

    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="verdicts")
    against = models.CharField(
        max_length=8, choices=VerdictAgainst, default=VerdictAgainst.ADJUSTED
    )
    verdict = models.CharField(max_length=13, choices=VerdictValue)
    basis = models.CharField(max_length=8, choices=VerdictBasis)
    as_of = models.DateField()
    actual_low = QuantityField(null=True, blank=True)
    actual_high = QuantityField(null=True, blank=True)
    exceeded_by = QuantityField(null=True, blank=True)
    rule_set = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, blank=True, related_name="verdicts"
    )
    source_ref = models.CharField(max_length=500, blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    recorded_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    objects = VerdictQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="verdict_once", fields=["target", "against"]),
            models.CheckConstraint(
                name="verdict_asserted_has_source",
                condition=~Q(basis="asserted") | ~Q(source_ref=""),
            ),
            models.CheckConstraint(
                name="verdict_computed_has_rule_set",
                condition=~Q(basis="computed") | Q(rule_set__isnull=False),
            ),
            models.CheckConstraint(
                name="verdict_sourced_has_ref",
                condition=Q(provenance__in=["live", "synthetic"]) | ~Q(source_ref=""),
            ),
            models.CheckConstraint(
                name="verdict_exceeded_is_met",
                condition=Q(exceeded_by=None) | Q(exceeded_by__gt=0, verdict="met"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.verdict}"
