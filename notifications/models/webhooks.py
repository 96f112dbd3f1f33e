"""Where programs want to be told that something has changed, and what became of each hint."""

from django.db import models
from django.db.models import F, Q

from notifications.enums import (
    WebhookDeliveryState,
    WebhookOutcome,
    WebhookReason,
    WebhookState,
)
from notifications.querysets import (
    WebhookDeliveryQuerySet,
    WebhookEndpointQuerySet,
    WebhookSecretQuerySet,
)


class WebhookEndpoint(models.Model):
    """An address of a program. The row's lock is the turn of whoever reads the register for it.

    `seq`: how far the register was read for it. `failures`: calls in a row that failed; `rests_until`:
    a receiver that fails is one fact, so nothing else is tried there before. `last_called_at`: when the
    newest call ended, `last_outcome` and `last_status` what it came to. Instants are real time.
    """

    ref = models.SlugField(max_length=40, unique=True)
    client = models.ForeignKey("units.ApiClient", models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    types = models.JSONField(default=list)  # of the feed's types, in their order
    state = models.CharField(max_length=8, choices=WebhookState, default=WebhookState.ACTIVE)
    reason = models.CharField(max_length=8, choices=WebhookReason, blank=True)
    seq = models.BigIntegerField()
    runs = models.PositiveIntegerField(default=0)  # replays and tests so far
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    last_called_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=9, choices=WebhookOutcome, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    etag_version = models.PositiveIntegerField(default=1)
    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="webhookendpoint_that_was_called_says_what_came_of_it",
                condition=Q(last_called_at=None, last_outcome="", last_status=None)
                | (Q(last_called_at__isnull=False) & ~Q(last_outcome="")),
            ),
            models.CheckConstraint(
                name="webhookendpoint_that_is_silent_has_a_reason",
                condition=Q(state="active", reason="") | (~Q(state="active") & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="webhookendpoint_is_encrypted", condition=Q(url__startswith="https://")
            ),
            models.CheckConstraint(
                name="webhookendpoint_that_fails_says_since_when",
                condition=Q(failures=0, failing_since=None, rests_until=None)
                | Q(failures__gt=0, failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} ({self.state})"


class WebhookSecret(models.Model):
    """One secret that signs, encrypted with a key outside the database. `place`: at most two live.

    `retires_at` None: the newest; else until when it signs beside the newest. Instants are real time.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="secrets")
    place = models.PositiveSmallIntegerField()  # 0: the newest, 1: the one before
    sealed = models.TextField()
    created_at = models.DateTimeField()
    retires_at = models.DateTimeField(null=True)
    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="webhooksecret_once", fields=["endpoint", "place"]),
            models.CheckConstraint(
                name="webhooksecret_is_the_newest_or_retires",
                condition=Q(place=0, retires_at=None)
                | Q(place=1, retires_at__isnull=False, retires_at__gt=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.place}"


class WebhookDelivery(models.Model):
    """One hint: that an object of `type` has changed with the act at `seq`. Instants are real time,
    but `at`, when the act was done. `run` 0: as the register told it; else the number of the replay
    or test. `uuid`: the same in every try, so that a receiver knows what it has had.
    """

    uuid = models.UUIDField(unique=True)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    seq = models.BigIntegerField()  # 0: a test
    type = models.CharField(max_length=40)
    ref = models.CharField(max_length=120)
    run = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    state = models.CharField(
        max_length=9, choices=WebhookDeliveryState, default=WebhookDeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True)
    last_outcome = models.CharField(max_length=9, choices=WebhookOutcome, blank=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="webhookdelivery_once", fields=["endpoint", "seq", "type", "ref", "run"]
            ),
            models.CheckConstraint(
                name="webhookdelivery_leased_has_token",
                condition=Q(state="leased", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_token=None, lease_until=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="webhookdelivery_to_send",
                fields=["next_try_at", "id"],
                condition=Q(state="pending"),
            ),
            models.Index(
                name="webhookdelivery_abandoned",
                fields=["lease_until"],
                condition=Q(state="leased"),
            ),
            models.Index(name="webhookdelivery_of_address", fields=["endpoint", "-id"]),
            models.Index(
                name="webhookdelivery_to_forget",
                fields=["created_at"],
                condition=Q(state__in=["delivered", "failed", "cancelled"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.ref} at {self.seq} ({self.state})"


class WebhookAttempt(models.Model):
    """One call. Written before it begins; its outcome is written once. Instants are real time."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    lease_token = models.UUIDField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=9, choices=WebhookOutcome, blank=True)
    status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="webhookattempt_once", fields=["delivery", "number"]),
            models.CheckConstraint(
                name="webhookattempt_that_ended_has_an_outcome",
                condition=Q(outcome="", duration_ms=None, status=None)
                | (~Q(outcome="") & Q(duration_ms__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number} {self.outcome}"
