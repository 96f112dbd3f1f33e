"""Units that a target counts one by one, and the inspections of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.querysets.inspections import InspectionQuerySet
from units.enums import Provenance


class CountedScope(models.Model):
    """The units among which a target counts, frozen: as they stood on `counted_on`. Kept for ever.

    A later revision of the target may count others; until it does, these hold.
    """

    revision = models.OneToOneField(
        "commitments.TargetRevision", models.PROTECT, related_name="counted_scope"
    )
    counted_on = models.DateField(_("as of"))
    fixed_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    fixed_at = models.DateTimeField()
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.counted_on}"


class CountedUnit(models.Model):
    """One unit of a scope. That it ends later changes nothing."""

    scope = models.ForeignKey(CountedScope, models.PROTECT, related_name="units")
    unit = models.ForeignKey("units.OrgUnit", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="countedunit_once", fields=["scope", "unit"])]

    def __str__(self) -> str:
        return f"{self.scope_id}: {self.unit_id}"


class Inspection(models.Model):
    """That a unit was inspected, and what came out. Kept for ever: what was wrong is corrected by
    another record, which names it and says why; the last one of such a chain counts.

    A correction that `took_place` False ends the chain: there was no such inspection.
    """

    ref = models.SlugField(max_length=80, unique=True)
    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="inspections")
    unit = models.ForeignKey(
        "units.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("unit inspected")
    )
    inspected_on = models.DateField(_("day of the inspection"))
    conclusion = models.TextField(_("conclusion"))
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    correction_reason = models.TextField(_("reason to correct it"), blank=True)
    took_place = models.BooleanField(default=True)
    recorded_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)
    objects = InspectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="inspection_has_conclusion", condition=~Q(conclusion="")),
            models.CheckConstraint(
                name="inspection_correction_has_reason",
                condition=Q(corrects=None, correction_reason="")
                | (Q(corrects__isnull=False) & ~Q(correction_reason="")),
            ),
            models.CheckConstraint(
                name="inspection_is_taken_back_by_correction",
                condition=Q(took_place=True) | Q(corrects__isnull=False),
            ),
            models.CheckConstraint(
                name="inspection_corrects_another",
                condition=Q(corrects=None) | ~Q(corrects=F("id")),
            ),
        ]
        indexes = [
            models.Index(name="inspection_of_target", fields=["target", "inspected_on", "unit"])
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def is_corrected(self) -> bool:
        """Say whether another record stands in its place."""
        return hasattr(self, "corrected_by")

    @property
    def counts(self) -> bool:
        """Say whether it is the last word, and says that the unit was inspected."""
        return self.took_place and not self.is_corrected

    @property
    def etag_version(self) -> int:
        """1, and 2 once it is corrected: nothing else ever changes."""
        return 2 if self.is_corrected else 1
