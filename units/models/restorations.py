"""Copies of the database that were put back, and the epochs that own up to what was lost."""

from django.db import models
from django.db.models import F, Q


class Restoration(models.Model):
    """The database was put back from an old copy. While `epoch` is None, nothing is sent.

    `restore` writes the row into the copy itself, so no host and no operator can forget it. All
    instants are real time.
    """

    put_back_at = models.DateTimeField()
    backup_made_at = models.DateTimeField(null=True)  # None: put back by other means than ours
    backup_seq = models.BigIntegerField(null=True)  # the last place of the register in it
    epoch = models.ForeignKey(  # None: `after_restore` is still to come
        "units.RegisterEpoch", models.PROTECT, null=True, related_name="restorations"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="restoration_knows_its_backup_or_not",
                condition=Q(backup_made_at=None, backup_seq=None)
                | Q(backup_made_at__isnull=False, backup_seq__isnull=False, backup_seq__gte=0),
            ),
            models.CheckConstraint(
                name="restoration_comes_after_its_backup",
                condition=Q(backup_made_at=None) | Q(put_back_at__gte=F("backup_made_at")),
            ),
        ]
        indexes = [
            models.Index(name="restoration_open", fields=["id"], condition=Q(epoch=None)),
        ]

    def __str__(self) -> str:
        return f"put back at {self.put_back_at:%Y-%m-%d %H:%M}"
