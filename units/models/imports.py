"""An uploaded workbook of units and people, kept until it is applied or dropped."""

from django.db import models
from django.db.models import Q

from units.enums import ImportState


class OrganisationImport(models.Model):
    """One workbook. It is checked anew whenever it is looked at; the bytes go when it has ended."""

    ref = models.UUIDField(unique=True)
    file_name = models.CharField(max_length=200)
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.WAITING)
    uploaded_by = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    ended_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="organisationimport_one_waiting",
                fields=["uploaded_by"],
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                name="organisationimport_kept_while_waiting",
                condition=(Q(state="waiting") & Q(content__isnull=False))
                | (~Q(state="waiting") & Q(content=None)),
            ),
            models.CheckConstraint(
                name="organisationimport_ended_has_time",
                condition=(Q(state="waiting") & Q(ended_at=None, ended_by=None))
                | (~Q(state="waiting") & Q(ended_at__isnull=False, ended_by__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
