"""The tables of notices, absences and hints to programs; one module per noun."""

from notifications.models.absences import Absence
from notifications.models.notices import (
    ABOUT_NOTHING,
    ChannelState,
    DeliveryAttempt,
    FeedPosition,
    Notice,
    Preference,
    SetAside,
)
from notifications.models.telephones import Telephone, TelephoneCode
from notifications.models.webhooks import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)

__all__ = [
    "ABOUT_NOTHING",
    "Absence",
    "ChannelState",
    "DeliveryAttempt",
    "FeedPosition",
    "Notice",
    "Preference",
    "SetAside",
    "Telephone",
    "TelephoneCode",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
