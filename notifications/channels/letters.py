"""A letter: plain data that becomes one e-mail, the same in every attempt."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from notifications.enums import DeadReason, Outcome

PLAIN = SMTP.clone(cte_type="7bit")  # no server on the way needs to know more than ASCII


class Letter(NamedTuple):
    """`key`: permanent; every attempt carries it, so mail programs fold a double."""

    key: str
    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    language: str
    at: datetime


class Result(NamedTuple):
    """What one attempt came to. `answer`: what the other side said, for people."""

    outcome: Outcome
    answer: str = ""


def build(letter: Letter, *, sender: str, domain: str) -> EmailMessage:
    """Return `letter` as a message of text and HTML.

    Raises ValueError (with a DeadReason) for a line break in anything that becomes a header, and
    for an address that is none: nobody writes headers of ours.
    """
    for value in (letter.subject, letter.to_name, letter.to_address, letter.key):
        if any(sign in value for sign in "\r\n\0"):
            raise ValueError(DeadReason.LINE_BREAK.value)
    local, at_sign, host = letter.to_address.rpartition("@")
    if not (local.isascii() and local and at_sign and host):
        raise ValueError(DeadReason.BAD_ADDRESS.value)
    message = EmailMessage(policy=PLAIN)
    message["Subject"] = letter.subject
    message["From"] = sender
    message["To"] = Address(letter.to_name, local, host.encode("idna").decode("ascii"))
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = letter.language  # last: new content takes such headers away
    return message
