"""“See to this for me”: whom the messages about one duty go to beside its holder."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.models.cases import CaseClock
from commitments.querysets.deputies import DeputyQuerySet


class Deputy(models.Model):
    """A holder has handed one duty to a person of the own unit, who is told of it as well.

    It moves messages, never the duty nor a right. It ends with the wait that the clock runs for, with
    the generation of the clock (another day, another office), and when the holder takes it back.
    """

    clock = models.ForeignKey(CaseClock, models.PROTECT, related_name="deputies")
    generation = models.PositiveSmallIntegerField()
    holder = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    deputy = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    task = models.CharField(_("what is to be done"), max_length=500)
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken back; None: as long as the duty
    objects = DeputyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="deputy_is_another", condition=~Q(deputy=F("holder"))),
            models.CheckConstraint(name="deputy_has_task", condition=~Q(task="")),
            models.CheckConstraint(
                name="deputy_ended_after_named",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("named_at")),
            ),
            models.UniqueConstraint(
                name="deputy_one_for_a_duty",
                fields=["clock", "generation", "holder"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.holder_id} on {self.clock_id}"
