"""Named sets of checkpoints."""

from django.db import models


class RegisterCheckpointQuerySet(models.QuerySet):
    def covering(self, seq: int):
        """The checkpoint over the place `seq`, if it is closed already."""
        return self.filter(first_seq__lte=seq, last_seq__gte=seq)

    def wanted_at(self, place: str):
        """Checkpoints that the place of this label does not have yet, the oldest first."""
        return self.exclude(
            pk__in=self.model.objects.filter(
                publications__place=place, publications__ok=True
            ).values("pk")
        ).order_by("pk")
