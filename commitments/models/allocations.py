"""How a target of the whole is split among units."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import AllocationMode


class Allocation(models.Model):
    """The split of one revision of a target. ADDITIVE: parts = whole − reserve + overage, exactly."""

    revision = models.OneToOneField(
        "commitments.TargetRevision", models.PROTECT, related_name="allocation"
    )
    mode = models.CharField(
        _("manner"), max_length=14, choices=AllocationMode, default=AllocationMode.ADDITIVE
    )
    key_used = models.CharField(_("key used"), max_length=120, blank=True)
    reserve = models.DecimalField(_("reserve"), max_digits=24, decimal_places=6, default=0)
    overage = models.DecimalField(_("overage"), max_digits=24, decimal_places=6, default=0)
    etag_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="allocation_reserve_or_overage",
                condition=Q(reserve__gte=0) & Q(overage__gte=0) & (Q(reserve=0) | Q(overage=0)),
                violation_error_message=_(
                    "Reserve and overage are 0 or more, and not both above 0."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"allocation of {self.revision_id}"


class AllocationLine(models.Model):
    """One part: the child target that carries it."""

    allocation = models.ForeignKey(Allocation, models.PROTECT, related_name="lines")
    child = models.ForeignKey("commitments.Target", models.PROTECT, related_name="allocation_lines")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="allocationline_child_once", fields=["allocation", "child"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.allocation_id} -> {self.child_id}"
