"""What people hold of how a target stands, beside the light that is computed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.enums import JudgedLight, LightColour
from units.enums import Provenance


class Judgement(models.Model):
    """What one person held of how a target stands, and why. It stands beside the computed light and
    never in its place; the one with the highest `n` is shown. Kept for ever.

    `light` "": the judgement before it is taken back. `computed`: the light beside which it was given.
    """

    target = models.ForeignKey("commitments.Target", models.PROTECT, related_name="judgements")
    n = models.PositiveSmallIntegerField()
    light = models.CharField(_("judgement"), max_length=5, choices=JudgedLight, blank=True)
    reason = models.TextField(_("reason"))
    computed = models.CharField(max_length=5, choices=LightColour)
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LIVE)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="judgement_once", fields=["target", "n"]),
            models.CheckConstraint(name="judgement_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="judgement_is_a_light_or_takes_back",
                condition=Q(light__in=["green", "amber", "red"]) | Q(light="", n__gt=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.n}: {self.light}"
