"""A letter: plain data that becomes one e-mail, the same in every attempt."""

from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any, NamedTuple

from notifications.enums import DeadReason, Outcome


class WholeSubjects(EmailPolicy):
    """Folds a subject by the older way: the newer one loses a blank where it breaks a line."""

    def _fold(self, name: str, value: Any, refold_binary: bool = False) -> str:
        if name.lower() != "subject" or str(value).isascii():
            return super()._fold(name, value, refold_binary)  # type: ignore[misc]  # not in its stubs
        words = Header(str(value), "utf-8", header_name=name)
        return f"{name}: {words.encode(linesep=self.linesep)}{self.linesep}"


# No server on the way needs to know more than ASCII.
PLAIN = WholeSubjects(linesep=SMTP.linesep, cte_type="7bit")


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
    """What one attempt came to. `answer`: what the other side said, for people; `wait`: for how long
    it wants to be left alone, None where it does not say."""

    outcome: Outcome
    answer: str = ""
    wait: timedelta | None = None


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
