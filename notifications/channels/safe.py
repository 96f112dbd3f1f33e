"""Secrets that the service itself must be able to read again, locked with a key outside the database."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken


class Unreadable(Exception):
    """Another key has locked the secret."""


def _safe(key: str) -> Fernet:
    """Return the safe of the installation's `key`; what is derived from it serves this alone."""
    own = hmac.new(key.encode(), b"secrets of webhooks", sha256).digest()
    return Fernet(urlsafe_b64encode(own))


def lock(text: str, key: str) -> str:
    """Return `text` encrypted; the same text never looks the same twice."""
    return _safe(key).encrypt(text.encode()).decode()


def unlock(locked: str, key: str) -> str:
    """Return what `lock` has locked. Raises Unreadable."""
    try:
        return _safe(key).decrypt(locked.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error
