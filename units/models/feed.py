"""What the feed keeps ready: the finished line of each object, and which acts have touched it.

Nothing here is true by itself. It is made from the register and the collections by one job, may be
deleted whenever one likes, and is then made again; whoever reads beyond it asks the collections.
"""

from django.db import models
from django.db.models import F, Q


class FeedLine(models.Model):
    """One object that clients keep copies of. `body`: its JSON as all who see it read it, as of the last
    act in `FeedTouch`; None: there is none, or it differs from reader to reader.

    `day`: the only day on which the body holds; None: every day.
    """

    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=80)
    body = models.TextField(null=True)  # noqa: DJ001  # no body is not an empty one
    day = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="feedline_once", fields=["kind", "ref"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class FeedTouch(models.Model):
    """An act, by its place in the register, may have changed this object.

    `at`: when it was done, as the feed writes it. `kind`: as its line has it, so that a page is counted
    without the lines.
    """

    link = models.ForeignKey("units.RegisterLink", models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(FeedLine, models.CASCADE, related_name="touches", db_index=False)
    kind = models.CharField(max_length=20)
    at = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(name="feedtouch_once", fields=["link", "line"])]
        indexes = [models.Index(name="feedtouch_later", fields=["line", "link"])]

    def __str__(self) -> str:
        return f"{self.link_id} touches {self.line_id}"


class FeedKept(models.Model):
    """How far lines and touches are kept: one row. `form`: a digest of how bodies are made, or empty.

    `floor`: the feed tells what was done behind this place; what lies before it is too old (ADR 34).
    """

    seq = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    form = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="feedkept_is_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="feedkept_forgets_what_was_kept",
                condition=Q(floor__gte=0, floor__lte=F("seq")),
            ),
        ]

    def __str__(self) -> str:
        return f"up to {self.seq}"
