"""The supervisors' desk: who works on which row of the queue, what they noted, views they keep."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Hold(models.Model):
    """Somebody works on a row, so that two do not telephone the same head. It gives no right."""

    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.PROTECT, related_name="holds"
    )
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    handed_over_by = models.ForeignKey("units.User", models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)  # None: still at it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="hold_one_open", fields=["version"], condition=Q(released_at=None)
            ),
            models.CheckConstraint(
                name="hold_released_after_taken",
                condition=Q(released_at=None) | Q(released_at__gte=F("taken_at")),
            ),
            models.CheckConstraint(
                name="hold_handed_over_by_another",
                condition=Q(handed_over_by=None) | ~Q(handed_over_by=F("person")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} held by {self.person_id}"


class Note(models.Model):
    """What a supervisor noted about a row: for those who steer, never for the unit. Kept for ever."""

    version = models.ForeignKey(
        "commitments.CommitmentVersion", models.PROTECT, related_name="notes"
    )
    person = models.ForeignKey("units.User", models.PROTECT, related_name="+")
    text = models.TextField(_("note"))
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="note_has_text", condition=~Q(text=""))]
        indexes = [models.Index(name="note_of_version", fields=["version", "-id"])]

    def __str__(self) -> str:
        return f"note on {self.version_id}"


class SavedView(models.Model):
    """Bucket, filters and order of the queue under a name of one's own."""

    person = models.ForeignKey("units.User", models.PROTECT, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=500)  # of the address, without the page

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="savedview_name_once",
                fields=["person", "name"],
                violation_error_message=_("You already have a view of that name."),
            ),
            models.CheckConstraint(name="savedview_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
