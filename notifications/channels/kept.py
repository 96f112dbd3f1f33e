"""The demonstration's post: letters are kept as .eml files instead of leaving the machine."""

import email
import os
import re
import tempfile
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import NamedTuple, Self

from django.conf import settings

from notifications.channels.letters import Letter, Result, build
from notifications.enums import Outcome

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*\.(eml|log)")  # .log: Django's own, of accounts
TELEPHONE = "X-Telephone"  # of a text message, in place of an address
NOWHERE = ".invalid"  # such hosts never exist (RFC 6761): a mail server refuses them
BETWEEN = b"\n" + b"-" * 79  # behind each letter in a file of Django's


class Kept(NamedTuple):
    """One kept letter as people read it. `text`: "" in a list."""

    name: str
    to: str
    subject: str
    sent: datetime | None
    message_id: str
    text: str = ""


class Folder:
    """A mailbox that keeps what it is given. A file is there as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, letter: Letter) -> Result:
        """Keep one letter, unless it is for nowhere: that is refused, as a mail server would. What a
        folder that refuses means is that the channel is broken."""
        try:
            message = build(letter, sender=settings.DEFAULT_FROM_EMAIL, domain=settings.MAIL_DOMAIN)
        except ValueError as error:
            return Result(Outcome.REFUSED, str(error))
        if letter.to_address.lower().endswith(NOWHERE):
            return Result(Outcome.REFUSED, f"550 5.1.2 <{letter.to_address}>: no such host")
        return self._keep(_name_of(letter.at, letter.key), message)

    def keep_text(self, *, key: str, at: datetime, to: str, text: str) -> Result:
        """Keep a text message to the telephone number `to`, as a letter that names it."""
        message = EmailMessage(policy=default)
        message["Subject"] = text
        message[TELEPHONE] = to
        message["Date"] = at
        message["Message-ID"] = f"<{key}@{settings.MAIL_DOMAIN}>"
        message.set_content(text)
        return self._keep(_name_of(at, key), message)

    def _keep(self, name: str, message: EmailMessage) -> Result:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self.path, prefix=".draft-")
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
            Path(draft).replace(self.path / name)
        except OSError as error:
            return Result(Outcome.BROKEN, f"{type(error).__name__}: {error.strerror}")
        return Result(Outcome.ACCEPTED, "kept")


def _name_of(at: datetime, key: str) -> str:
    return f"{_stamp(at)}-{key}.eml"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S%f")


def folder() -> Path:
    """Return where the demonstration's letters lie."""
    return Path(settings.DATA_DIR) / "mail"


def newest(*, limit: int) -> list[Kept]:
    """Return the `limit` letters kept last, the newest first."""
    found = (path.name for path in folder().iterdir()) if folder().is_dir() else ()
    names = sorted((name for name in found if NAME.fullmatch(name)), reverse=True)
    return [_read(folder() / name, with_text=False) for name in names[:limit]]


def letter(name: str) -> Kept | None:
    """Return the letter kept under `name`; None: there is none, or that is no name of ours."""
    path = folder() / name
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    return _read(path, with_text=True)


def _read(path: Path, *, with_text: bool) -> Kept:
    message = email.message_from_bytes(path.read_bytes().split(BETWEEN)[0], policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 what the policy makes
    body = message.get_body(("plain",)) if with_text else None
    return Kept(
        name=path.name,
        to=str(message[TELEPHONE] or message["To"]),
        subject=str(message["Subject"]),
        sent=message["Date"].datetime if message["Date"] else None,
        message_id=str(message["Message-ID"]),
        text=body.get_content() if body else "",
    )
