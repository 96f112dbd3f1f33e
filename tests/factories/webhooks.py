"""Programs with an address, and a way to them that leads to the receiver of the test."""

from typing import Any

from notifications.actions import calls, webhooks
from notifications.models import WebhookDelivery, WebhookEndpoint
from tests import receiver
from tests.factories.units import ApiClientFactory
from tests.receiver import Receiver
from units import clock
from units.models import ApiClient


def allow(settings: Any, there: Receiver) -> None:
    """Let the installation call the receiver: its port, its network, its authority."""
    settings.WEBHOOK_PORTS = [str(there.port)]
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_CA_FILE = str(there.ca_file)


def endpoint_of(client: ApiClient, url: str, **fields: Any) -> WebhookEndpoint:
    """Return an address of `client`; `fields`: of its row, changed afterwards."""
    now = clock.real_now()
    made = webhooks.create(
        url=url, types=None, by=client.user, at=now, real_at=now, resolver=receiver.here
    )
    WebhookEndpoint.objects.filter(pk=made.endpoint.pk).update(**fields)
    made.endpoint.refresh_from_db()
    made.endpoint.secret = made.secret  # type: ignore[attr-defined]
    return made.endpoint


def told(there: Receiver, path: str = "/ok", **fields: Any) -> WebhookDelivery:
    """Return a hint that is due at a path of the receiver."""
    client = fields.pop("client", None) or ApiClientFactory()
    endpoint = endpoint_of(client, there.url(path), **fields)
    return hint(endpoint)


def hint(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Return a test hint to `endpoint`, which is due."""
    now = clock.real_now()
    row = webhooks.test(ref=endpoint.ref, by=endpoint.client.user, at=now, real_at=now)
    row.endpoint = endpoint
    return row


def send(**more: Any) -> int:
    """Call whoever is due, with the name server of the tests."""
    return calls.send(at=clock.real_now(), resolver=more.pop("resolver", receiver.here), **more)


def make_due(**fields: Any) -> None:
    """Let the time pass that hints and receivers wait for."""
    now = clock.real_now()
    WebhookDelivery.objects.update(next_try_at=now)
    WebhookEndpoint.objects.update(rests_until=None, **fields)
