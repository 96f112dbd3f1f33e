"""Strict readers of flags and secrets: a misspelt value stops the start instead of meaning something."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

KEPT_SECRET_BYTES = 48
DATABASES = {"postgresql", "postgres", "pgsql", "sqlite"}
MAIL_SERVERS = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}


class Env(environ.Env):
    def flag(self, name: str, *, default: bool) -> bool:
        """Return NAME as a boolean; accepts true/false and 1/0 in any case.

        Raises ImproperlyConfigured for any other value.
        """
        raw = os.environ.get(name, str(default)).lower()
        if raw not in {"true", "false", "1", "0"}:
            raise ImproperlyConfigured(f"{name}={raw!r}: write 'true' or 'false'.")
        return raw in {"true", "1"}

    def number(self, name: str, *, default: int) -> int:
        """Return NAME as a whole number from 0 upwards. Raises ImproperlyConfigured otherwise."""
        raw = os.environ.get(name, str(default))
        if not (raw.isascii() and raw.isdigit()):
            raise ImproperlyConfigured(f"{name}={raw!r}: write a whole number.")
        return int(raw)

    def pairs(self, name: str) -> dict[str, str]:
        """Return NAME, written `a=b,c=d`, as a mapping; empty where it is not set.

        Raises ImproperlyConfigured for any other form, and where a name stands twice.
        """
        parts = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
        found = {
            key.strip(): value.strip() for key, _is, value in (p.partition("=") for p in parts)
        }
        if len(found) != len(parts) or not all(key and value for key, value in found.items()):
            raise ImproperlyConfigured(f"{name}={os.environ[name]!r}: write name=value, once each.")
        return found

    def secret(self, name: str, *, default: str = "") -> str:
        """Return NAME, or the text of the file that NAME_FILE points to, less its last newline."""
        if path := os.environ.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").removesuffix("\n")
            except OSError as error:
                raise ImproperlyConfigured(f"{name}_FILE={path!r}: {error.strerror}.") from error
        return os.environ.get(name, default)

    def zone(self, name: str, *, default: str) -> str:
        """Return NAME, a time zone such as Asia/Ho_Chi_Minh. Raises ImproperlyConfigured otherwise."""
        raw = os.environ.get(name, default)
        if raw not in available_timezones():
            raise ImproperlyConfigured(
                f"{name}={raw!r}: write the name of a time zone, for example Asia/Ho_Chi_Minh."
            )
        return raw

    def database(self, name: str) -> dict[str, Any]:
        """Return what Django connects to by the address NAME; empty where there is none.

        Raises ImproperlyConfigured for an address of another kind, without repeating it: it may
        hold a password.
        """
        if not (url := self.secret(name)):
            return {}
        try:
            if urlsplit(url).scheme in DATABASES:
                return self.db_url_config(url)
        except ValueError:
            pass
        raise ImproperlyConfigured(
            f"{name} is no address of a database: write postgresql://user:password@host/name."
        )

    def mail(self, name: str) -> dict[str, Any]:
        """Return the settings of mail by the address NAME; empty where there is none.

        Raises ImproperlyConfigured for an address of another kind, without repeating it.
        """
        if not (url := self.secret(name)):
            return {}
        try:
            if urlsplit(url).scheme in MAIL_SERVERS:
                return self.email_url_config(url)
        except ValueError:
            pass
        raise ImproperlyConfigured(
            f"{name} is no address of a mail server: write smtp+tls://user:password@host:587."
        )

    def kept_secret(self, name: str, *, folder: Path) -> str:
        """Return the secret NAME; where none is set, the one that `folder` keeps for itself.

        The first process that asks draws it and keeps it with mode 0600, so every installation has
        its own and no secret is known to others. Raises ImproperlyConfigured where the folder
        cannot keep it.
        """
        if value := self.secret(name):
            return value
        path = folder / name.lower()
        try:
            if not path.exists():
                _keep_once(path, secrets.token_urlsafe(KEPT_SECRET_BYTES))
            value = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"DATA_DIR={str(folder)!r} cannot keep {name}: {error.strerror}. "
                f"Name a folder that you may write to, or set {name} and the other secrets."
            ) from error
        if not value:
            raise ImproperlyConfigured(f"{path} is empty: restore it from a backup, or remove it.")
        return value


def _keep_once(path: Path, text: str) -> None:
    """Write `text` to `path` unless somebody else has: complete and for its owner alone, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its secret counts
            os.link(draft, path)
    finally:
        Path(draft).unlink()
