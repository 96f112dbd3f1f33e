"""E-mail: over one kept SMTP connection, or into the demonstration's folder. Opens connections."""

import smtplib
import ssl
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from django.conf import settings
from environ import Env

from notifications.channels import kept
from notifications.channels.letters import Letter, Result, build
from notifications.enums import Outcome

WANTS_LOGIN = {530, 534, 535, 538}  # the server takes nothing from us, whoever it is for
GOES_AWAY = 421


class Mailbox(Protocol):
    """Something that takes letters one by one while it is open."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: Any) -> None: ...
    def send(self, letter: Letter) -> Result: ...


class Server(NamedTuple):
    """Where the mail server is and how it is spoken to."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = ""  # "": plain; "start": by STARTTLS; "whole": from the first byte


def is_configured() -> bool:
    """Say whether letters can leave: a mail server is named, or the demonstration keeps them."""
    return bool(settings.EMAIL_URL) or settings.DEMO


def is_kept() -> bool:
    """Say whether letters are kept in the demonstration's folder instead of sent."""
    return settings.DEMO and not settings.EMAIL_URL


def mailbox() -> Mailbox | None:
    """Return the way by which letters leave; None: e-mail is not configured."""
    if settings.EMAIL_URL:
        return Smtp(server_of(settings.EMAIL_URL))
    if settings.DEMO:
        return kept.Folder(kept.folder())
    return None


def server_of(url: str) -> Server:
    """Return the server that EMAIL_URL names, e.g. `smtp+tls://user:password@host:587`."""
    found = Env.email_url_config(url)
    whole, start = found.get("EMAIL_USE_SSL"), found.get("EMAIL_USE_TLS")
    if url.startswith("smtps:"):  # the library starts TLS there, too; the name means the whole
        whole, start = True, False
    return Server(
        host=found["EMAIL_HOST"],
        port=found["EMAIL_PORT"] or (465 if whole else 587 if start else 25),
        user=found["EMAIL_HOST_USER"] or "",
        password=found["EMAIL_HOST_PASSWORD"] or "",
        tls="whole" if whole else "start" if start else "",
    )


class Smtp:
    """One connection, opened with the first letter, opened again when it breaks.

    The steps of a delivery are taken one by one, for what a failure means depends on the step: up
    to the last byte nothing has arrived; after it nobody knows until the server says yes.
    """

    def __init__(self, server: Server, *, timeout: float | None = None) -> None:
        self._server = server
        self._timeout = settings.EMAIL_TIMEOUT if timeout is None else timeout
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            try:
                self._open.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()
            self._open = None

    def send(self, letter: Letter) -> Result:
        """Hand one letter over; never raises for what the network or the server does."""
        try:
            message = build(letter, sender=settings.DEFAULT_FROM_EMAIL, domain=settings.MAIL_DOMAIN)
        except ValueError as error:
            return Result(Outcome.REFUSED, str(error))
        sender = message["From"].addresses[0].addr_spec
        recipient = message["To"].addresses[0].addr_spec
        kept = self._open is not None
        stopped = self._introduce(sender)
        if stopped is not None and kept:  # servers close a connection that has served enough
            stopped = self._introduce(sender)
        if stopped is not None:
            return stopped
        try:
            server = self._connected()
            code, answer = server.rcpt(recipient)
            if code not in {250, 251, 252}:
                return self._stop(_outcome_of(code), code, answer)
            code, answer = server.docmd("DATA")
            if code != 354:
                return self._stop(_outcome_of(code), code, answer)
            server.send(_stuffed(message.as_bytes()))
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Result(Outcome.DEFERRED, _said(error))
        try:
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Result(Outcome.LOST, _said(error))
        if 200 <= code < 300:
            return Result(Outcome.ACCEPTED, _text(code, answer))
        if code < 200:  # no answer of a mail server: nobody knows
            self._drop()
            return Result(Outcome.LOST, _text(code, answer))
        return self._stop(_outcome_of(code), code, answer)

    def _introduce(self, sender: str) -> Result | None:
        """Connect if need be and name the sender; return None when the recipient may be named.

        Nothing up to here concerns the recipient: what fails is the channel.
        """
        try:
            code, answer = self._connected().mail(sender)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Result(Outcome.BROKEN, _said(error))
        if code == 250:
            return None
        return self._stop(Outcome.BROKEN, code, answer)

    def _connected(self) -> smtplib.SMTP:
        if self._open is not None:
            return self._open
        place = self._server
        if place.tls == "whole":
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                place.host,
                place.port,
                timeout=self._timeout,
                context=ssl.create_default_context(),
            )
        else:
            opened = smtplib.SMTP(place.host, place.port, timeout=self._timeout)
        self._open = opened
        opened.ehlo_or_helo_if_needed()
        if place.tls == "start":
            opened.starttls(context=ssl.create_default_context())
        if place.user:
            opened.login(place.user, place.password)
        return opened

    def _stop(self, outcome: Outcome, code: int, answer: bytes) -> Result:
        """Leave this letter and make the connection ready for the next one, or give it up."""
        try:
            if code == GOES_AWAY or outcome == Outcome.BROKEN:
                self._drop()
            elif self._open is not None:
                self._open.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()
        return Result(outcome, _text(code, answer))

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _outcome_of(code: int) -> Outcome:
    """Return what an answer to one recipient means; 421: the server is going away, try later."""
    if code in WANTS_LOGIN:
        return Outcome.BROKEN
    return Outcome.REFUSED if code >= 500 else Outcome.DEFERRED


def _stuffed(content: bytes) -> bytes:
    """Return `content` as SMTP wants it: a leading dot doubled, a single one at the end."""
    lines = content.split(b"\r\n")
    dotted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return dotted + (b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n")


def _text(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode('utf-8', 'replace')}"[:300]


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
