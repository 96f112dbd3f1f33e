"""What leaves by which channel: the letter or the short text of a notice, and who takes it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, Self

from django.conf import settings
from django.urls import reverse

from commitments.enums.policies import Channel
from notifications import messages, rules
from notifications.actions import digests, telephones
from notifications.actions.facts import code_of, facts_of
from notifications.channels import email, texts
from notifications.channels.letters import Letter, Result
from notifications.channels.texts import ShortMessage
from notifications.enums import DeadReason
from notifications.messages import short
from notifications.models import Notice, Telephone
from units import clock
from units.models import User

UNREACHABLE: Mapping[str, DeadReason] = {
    Channel.EMAIL: DeadReason.NO_ADDRESS,
    Channel.SMS: DeadReason.NO_NUMBER,
}


class Outlet(Protocol):
    """Something that takes messages one by one while it is open."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: Any) -> None: ...
    def send(self, message: Any, /) -> Result: ...


def gateway() -> Outlet | None:
    """Return the way out for short texts; None: no gateway is set up."""
    if settings.SMS_GATEWAY_URL:
        return texts.Gateway(settings.SMS_GATEWAY_URL, way=texts.way(), sign=_signed)
    return texts.folder() if texts.is_kept() else None


def fault_of_gateway() -> str:
    """Return what is wrong with the settings of the gateway, for programmers; "" where nothing is."""
    if not rules.is_secret(settings.SMS_GATEWAY_SECRET):
        return "the secret is not whsec_<base64>, or too short"
    return texts.fault()


def _signed(key: str, body: str) -> Mapping[str, str]:
    """Return the headers by which the gateway knows us and the instant of the call."""
    return rules.call_headers(
        [settings.SMS_GATEWAY_SECRET], key=key, at=clock.real_now(), text=body
    )


OUTLETS: Mapping[str, Callable[[], Outlet | None]] = {
    Channel.EMAIL: email.mailbox,
    Channel.SMS: gateway,
}


def opened(channel: str) -> Outlet | None:
    """Return the way out of `channel`; None: none is set up."""
    return OUTLETS[channel]()


def can_carry(channel: str, person: User) -> bool:
    """Say whether a message for `person` could leave by `channel` at all; "": there is no such one."""
    if channel == Channel.EMAIL:
        return bool(person.email) and email.is_configured()
    return channel == Channel.SMS and texts.is_configured() and bool(number_of(person))


def number_of(person: User) -> str:
    """Return the telephone number that `person` has proved to have; "" for none."""
    found = Telephone.objects.filter(person=person).values_list("number", flat=True).first()
    return found or ""


def write(notice: Notice, led: Sequence[Notice], *, at: datetime) -> Letter | ShortMessage:
    """Return what the recipient will read by the channel of `notice`, in their language: the notice
    alone or with those that it leads. Its `to_address` is "" where they have none."""
    if notice.channel == Channel.SMS:
        return _short(notice, led, at=at)
    return _letter(notice, led, at=at)


def _letter(notice: Notice, led: Sequence[Notice], *, at: datetime) -> Letter:
    language = notice.recipient.language
    if led:
        message = digests.write([notice, *led], at=at, language=language)
    else:
        facts = facts_of(notice, at=at, language=language)
        message = messages.compose(notice.message, facts, language=language)
    return Letter(
        key=str(notice.uuid),
        to_name=notice.recipient.full_name,
        to_address=notice.recipient.email,
        subject=message.subject,
        text=message.text,
        html=message.html,
        language=language,
        at=notice.created_at,
    )


def _short(notice: Notice, led: Sequence[Notice], *, at: datetime) -> ShortMessage:
    """Return a text that names the matter, says why it came, and leads to the page or to the inbox."""
    language = notice.recipient.language
    facts = facts_of(notice, at=at, language=language, with_step=False)
    if notice.message == "telephone-code":
        return _code(notice, facts, language=language)
    path = reverse("notifications:inbox")
    if not led:
        path = reverse("notifications:notice", args=[notice.pk])
    said = short.compose(
        notice.message, facts, url=settings.SITE_URL + path, more=len(led), language=language
    )
    return ShortMessage(
        key=str(notice.uuid),
        to_address=number_of(notice.recipient),
        text=said.text,
        plain=said.plain,
        language=language,
        at=notice.created_at,
    )


def _code(notice: Notice, facts: dict[str, str], *, language: str) -> ShortMessage:
    """Return the text that brings a code to the number that is to be proved by it."""
    row = code_of(notice)
    said = short.code_text(telephones.code_of(row) if row else "", facts["url"], language=language)
    return ShortMessage(
        key=str(notice.uuid),
        to_address=row.number if row else "",
        text=said.text,
        plain=said.plain,
        language=language,
        at=notice.created_at,
    )
