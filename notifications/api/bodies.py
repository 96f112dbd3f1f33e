"""Bodies about addresses of programs, their secrets and what was sent there."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from notifications.actions.webhooks import LIVES_ON, LONGEST_URL
from notifications.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from units.http.fields import Instant
from units.http.parsers import StrictSerializer
from units.http.serializers import TAG, ReadSerializer, address

HOURS = int(LIVES_ON.total_seconds() // 3600)
ENDPOINT = {
    "ref": "wh-5f0c7d3e4c0e4f0e",
    "client": "province-sync",
    "url": "https://warehouse.example.org/hints",
    "types": ["target", "report"],
    "state": "active",
    "reason": "",
    "failing_since": None,
    "secrets": [{"created_at": "2024-02-06T03:00:00Z", "retires_at": None}],
    "created_at": "2024-02-06T03:00:00Z",
    "etag": '"webhook-wh-5f0c7d3e4c0e4f0e-1-0"',
    "links": {
        "self": "https://commitments.example/api/v1/webhooks/wh-5f0c7d3e4c0e4f0e/",
        "deliveries": "https://commitments.example/api/v1/webhooks/wh-5f0c7d3e4c0e4f0e/deliveries/",
    },
}
NEW = {"url": "https://warehouse.example.org/hints", "types": ["target", "report"]}
SECRET = {
    "ref": "wh-5f0c7d3e4c0e4f0e",
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "etag": '"webhook-wh-5f0c7d3e4c0e4f0e-2-0"',
}
DELIVERY = {
    "id": "0f0c7d3e-4c0e-4f0e-9a55-0a8f3f3a3b11",
    "type": "webhook",
    "ref": "wh-5f0c7d3e4c0e4f0e",
    "seq": 0,
    "run": 1,
    "at": "2024-02-06T03:12:45Z",
    "state": "pending",
    "attempts": 0,
    "next_try_at": "2024-02-06T03:12:45Z",
    "last_outcome": "",
    "last_status": None,
    "created_at": "2024-02-06T03:12:45Z",
}
REPLAYED = {"hints": 12}


def example(name: str, value: dict[str, Any], *, sent: bool = False) -> OpenApiExample:
    """Return an example of what is answered, or of what is `sent`."""
    return OpenApiExample(name, value=value, request_only=sent, response_only=not sent)


ENDPOINTS = [example("address", ENDPOINT)]
DELIVERIES = [example("hint", DELIVERY)]


def tag_of(row: WebhookEndpoint) -> str:
    """Return the strong tag: also when it began to fail is shown, and is written by no act."""
    failing = int(row.failing_since.timestamp()) if row.failing_since else 0
    return f'"webhook-{row.ref}-{row.etag_version}-{failing}"'


class SecretStateSerializer(ReadSerializer):
    about = _("A secret that signs, without itself. “retires_at” null: the newest.")

    created_at = Instant()
    retires_at = Instant(allow_null=True)

    class Meta:
        model = WebhookSecret
        fields = ["created_at", "retires_at"]


class WebhookLinksSerializer(serializers.Serializer):
    self = serializers.URLField()
    deliveries = serializers.URLField()


class WebhookSerializer(ReadSerializer):
    about = _(
        "An address that is told of changes. “reason”: why nothing is sent, empty while it is active. "
        "“failing_since”: of a receiver that has answered no call well since; null: it is well."
    )

    client = serializers.SlugField(source="client.ref")
    types = serializers.ListField(child=serializers.CharField())
    failing_since = Instant(allow_null=True)
    secrets = serializers.SerializerMethodField()
    created_at = Instant()
    etag = serializers.SerializerMethodField(help_text=TAG)
    links = serializers.SerializerMethodField()

    class Meta:
        model = WebhookEndpoint
        fields = [
            "ref",
            "client",
            "url",
            "types",
            "state",
            "reason",
            "failing_since",
            "secrets",
            "created_at",
            "etag",
            "links",
        ]

    @extend_schema_field(SecretStateSerializer(many=True))
    def get_secrets(self, row: WebhookEndpoint) -> Any:
        found = sorted(row.secrets.all(), key=lambda one: one.place)
        return SecretStateSerializer(found, many=True).data

    def get_etag(self, row: WebhookEndpoint) -> str:
        return tag_of(row)

    @extend_schema_field(WebhookLinksSerializer)
    def get_links(self, row: WebhookEndpoint) -> dict[str, str]:
        return {
            "self": address(self, "webhooks-detail", row.ref),
            "deliveries": address(self, "webhooks-deliveries", row.ref),
        }


class DeliverySerializer(ReadSerializer):
    about = _(
        "One hint and what became of it. “id” is its header webhook-id; “run” 0: as the register told "
        "it, else the number of a replay or test; “seq” 0: a test."
    )

    id = serializers.UUIDField(source="uuid")
    at = Instant()
    next_try_at = Instant()
    created_at = Instant()

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "type",
            "ref",
            "seq",
            "run",
            "at",
            "state",
            "attempts",
            "next_try_at",
            "last_outcome",
            "last_status",
            "created_at",
        ]


class TypesField(serializers.ListField):
    """Types of the feed; which ones the program may read, its action asks."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.CharField(max_length=40)
        super().__init__(child=child, max_length=40, **kwargs)


class NewWebhookSerializer(StrictSerializer):
    about = _("Where to be told, and of what. Without “types”: of all that the program may read.")

    url = serializers.CharField(
        max_length=LONGEST_URL, help_text=_("https://…, of the open network.")
    )
    types = TypesField(required=False, allow_null=True)


class ChangedWebhookSerializer(StrictSerializer):
    about = _("What is to change; what is left out stays.")

    url = serializers.CharField(max_length=LONGEST_URL, required=False)
    types = TypesField(required=False)
    active = serializers.BooleanField(required=False)


class RotateSerializer(StrictSerializer):
    about = _("For how many hours the secret of before signs beside the new one.")

    old_lives_hours = serializers.IntegerField(
        min_value=0, max_value=HOURS, required=False, default=HOURS
    )


class SecretSerializer(serializers.Serializer):
    about = _("The new secret, shown this once.")

    ref = serializers.CharField()
    secret = serializers.CharField()
    etag = serializers.CharField(help_text=TAG)


class ReplaySerializer(StrictSerializer):
    about = _("The place of the register from which on hints are sent anew.")

    from_seq = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class ReplayedSerializer(serializers.Serializer):
    about = _("How many hints will be sent.")

    hints = serializers.IntegerField()
