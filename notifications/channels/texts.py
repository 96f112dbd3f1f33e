"""Short texts to telephones, through a gateway that speaks our one way: a signed call by https.

What a provider of text messages or of a chat wants to hear is the business of an adapter beside it
(`docs/examples/text_gateway.py`). We only know whether the gateway has taken the message. The guards
of the call are those of `webhooks`: a checked address, no redirects, never long.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from django.conf import settings

from notifications.channels import kept, webhooks
from notifications.channels.letters import Result
from notifications.channels.webhooks import Resolve, Way
from notifications.enums import Outcome, WebhookOutcome

Sign = Callable[[str, str], Mapping[str, str]]  # key and body -> the headers that prove who sent it
ONE_RECIPIENT = frozenset({400, 409, 413, 422})  # the gateway cannot carry this one; others it can
NOT_NOW = frozenset({408, 425, 500, 502, 504})  # perhaps the next time


class ShortMessage(NamedTuple):
    """`key`: permanent; every attempt carries it, so the gateway sends a double once.

    `to_address`: a number such as +84912345678. `text`: whole; `plain`: for one text message.
    """

    key: str
    to_address: str
    text: str
    plain: str
    language: str
    at: datetime

    def body(self) -> str:
        """Return what the gateway is sent: the same in every attempt."""
        said = {
            "type": "text.send",
            "timestamp": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": {
                "id": self.key,
                "to": self.to_address,
                "text": self.text,
                "plain": self.plain,
                "language": self.language,
            },
        }
        return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def is_configured() -> bool:
    """Say whether texts can leave: a gateway is named, or the demonstration keeps them."""
    return bool(settings.SMS_GATEWAY_URL) or settings.DEMO


def is_kept() -> bool:
    """Say whether texts are kept in the demonstration's folder instead of sent."""
    return settings.DEMO and not settings.SMS_GATEWAY_URL


def way() -> Way:
    """Return what the gateway's settings allow. Raises ValueError where they are wrong.

    The port that the operator wrote into the address is allowed with it; an address inside the own
    network only where it is listed.
    """
    port = urlsplit(settings.SMS_GATEWAY_URL).port or 443
    return webhooks.way_of(
        ports=[str(port)],
        networks=settings.SMS_GATEWAY_NETWORKS,
        ca_file=settings.WEBHOOK_CA_FILE,
    )


def fault() -> str:
    """Return what is wrong with the gateway's address, for programmers; "" where nothing is."""
    try:
        webhooks.place_of(settings.SMS_GATEWAY_URL, way())
    except (ValueError, webhooks.Forbidden) as error:
        return str(error)
    return ""


class Gateway:
    """Hands texts over, one call each."""

    def __init__(
        self, url: str, *, way: Way, sign: Sign, resolver: Resolve = webhooks.resolve
    ) -> None:
        self._url, self._way, self._sign, self._resolver = url, way, sign, resolver

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def send(self, message: ShortMessage) -> Result:
        """Hand one text over; never raises for what the network or the gateway does."""
        body = message.body()
        headers = {**self._sign(message.key, body), "Idempotency-Key": message.key}
        said = webhooks.post(
            self._url,
            headers=headers,
            body=body.encode(),
            way=self._way,
            resolver=self._resolver,
        )
        return Result(outcome_of(said), _text(said), said.wait)


class Texts(kept.Folder):
    """Keeps texts beside the demonstration's letters."""

    def send(self, message: ShortMessage) -> Result:  # type: ignore[override]
        """Keep one text; what a folder that refuses means is that the channel is broken."""
        return self.keep_text(
            key=message.key, at=message.at, to=message.to_address, text=message.plain
        )


def folder() -> Texts:
    """Return the demonstration's way out."""
    return Texts(Path(kept.folder()))


def outcome_of(said: webhooks.Result) -> Outcome:
    """Return what an answer of the gateway, or none, means for the message.

    Taken: 2xx. This recipient alone: a few of 4xx. Perhaps the next time: it was handed over, and the
    gateway says that it failed. Unknown: it was handed over whole, and no answer came. All else, a
    gateway that is not there, knows us not, or has had too much, is no fault of the message.
    """
    status = said.status
    if said.outcome == WebhookOutcome.OK:
        return Outcome.ACCEPTED
    if status is not None:
        if status in ONE_RECIPIENT:
            return Outcome.REFUSED
        return Outcome.DEFERRED if status in NOT_NOW else Outcome.BROKEN
    return Outcome.LOST if said.handed else Outcome.BROKEN


def _text(said: webhooks.Result) -> str:
    label = str(WebhookOutcome(said.outcome).name).lower()
    return f"HTTP {said.status}" if said.status is not None else label
