"""Answers that are kept, so that a request may be sent again. Instants are real time."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual


class IdempotencyRecord(models.Model):
    """What one request of one holder was answered, under the key that the holder chose for it.

    Written in the transaction of the effect: whoever sees a row sees the effect too. `status` is
    None inside that transaction alone, until the answer is there. `path`: for people; what counts is
    the `fingerprint` of the whole request.
    """

    holder = models.ForeignKey(
        "units.User", models.PROTECT, related_name="+", db_index=False
    )  # the key of both has its index
    key = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.TextField()
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="idempotency_key_has_one_answer_per_holder",
                fields=["holder", "key"],
            ),
            models.CheckConstraint(
                name="idempotency_key_has_16_to_64_signs",
                condition=GreaterThanOrEqual(Length("key"), 16)
                & LessThanOrEqual(Length("key"), 64),
            ),
            models.CheckConstraint(
                name="idempotency_keeps_effects_and_lasting_refusals",
                condition=Q(status=None)
                | Q(status__gte=200, status__lt=300)
                | Q(status__in=[409, 412, 422]),
            ),
        ]
        indexes = [  # serves the job that forgets, nothing else
            models.Index(name="idempotency_expired", fields=["expires_at"])
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} [{self.key}]"
