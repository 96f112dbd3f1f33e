"""What a checkpoint says and how it is proved: a signed root over a stretch of the register.

Whoever holds a checkpoint that was published elsewhere can tell whether the register still says
what it said then. The form is signing's own: canonical JSON, a tree of RFC 9162, Ed25519.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from units.rules import canonical

LARGEST = 10_000  # entries under one root
EVERY = timedelta(minutes=55)  # with a job each five minutes: every entry within the hour
RECEIPT, CHECKPOINT = "register-receipt", "register-checkpoint"  # `type` of what is handed out


class Signed(NamedTuple):
    """A checkpoint as it is handed out: its canonical text, who signed it, and the signature."""

    text: str
    signature: bytes
    public_key: bytes

    @property
    def said(self) -> dict[str, Any]:
        """What the text says; empty where it is no JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def at(self) -> datetime:
        """When it says that it was signed. Raises ValueError, KeyError where it says none."""
        return datetime.fromisoformat(self.said["time"])

    @property
    def sha256(self) -> bytes:
        return sha256(self.text.encode()).digest()

    def as_json(self) -> dict[str, str]:
        return {
            "text": self.text,
            "signature": self.signature.hex(),
            "public_key": self.public_key.hex(),
        }


def from_hex(text: str) -> bytes:
    """Return the bytes that `text` writes; none where it writes none, which no signature then fits."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def text_of(
    *,
    origin: str,
    epoch: int,
    number: int,
    first_seq: int,
    last_seq: int,
    root: bytes,
    last_link: bytes,
    previous: bytes,
    key: str,
    at: datetime,
) -> str:
    """Return the canonical text that is signed.

    `origin`: whose register this is. `number` counts from 1 in each epoch. `root`: over the leaves
    from `first_seq` to `last_seq`, both included. `last_link`: the link hash at `last_seq`.
    `previous`: SHA-256 of the checkpoint before, of the epoch for its first. `key`: fingerprint of
    the signing key. `at`: aware, real time.
    """
    said = {
        "v": 1,
        "alg": "ed25519-sha256",
        "origin": origin,
        "epoch": epoch,
        "number": number,
        "first_seq": first_seq,
        "last_seq": last_seq,
        "root": root.hex(),
        "last_link": last_link.hex(),
        "previous": previous.hex(),
        "key": key,
        "time": at.astimezone(UTC).isoformat(),
    }
    return canonical.text(said)


def fingerprint(public_key: bytes) -> str:
    """Return what people compare: SHA-256 of the 32 bytes of the key, in hexadecimal."""
    return sha256(public_key).hexdigest()


def is_signed(one: Signed) -> bool:
    """Say whether the signature is that of the key over the text, and the text names that key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(one.public_key)
        key.verify(one.signature, one.text.encode())
        return bool(one.said["key"] == fingerprint(one.public_key))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False


def document(one: Signed) -> str:
    """Return the file that is published: one line of canonical JSON."""
    return canonical.text({"v": 1, "type": CHECKPOINT, "checkpoint": one.as_json()}) + "\n"


def read(document: str) -> Signed:
    """Return the checkpoint in a published file; what it says is not yet proved.

    Raises ValueError for anything else.
    """
    try:
        one = read_parts(json.loads(document)["checkpoint"])
        for name in ("epoch", "number", "first_seq", "last_seq"):
            if not isinstance(one.said[name], int):
                raise ValueError(f"{name} is no number.")
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"This is no checkpoint: {error!r}.") from error
    return one


def read_parts(found: dict[str, str]) -> Signed:
    """Return the checkpoint that `Signed.as_json` has written. Raises ValueError, KeyError, TypeError."""
    return Signed(
        found["text"], bytes.fromhex(found["signature"]), bytes.fromhex(found["public_key"])
    )


def name_of(epoch: int, number: int) -> str:
    """Return the name of the published file; names sort as the checkpoints follow each other.

    >>> name_of(1, 42)
    '0001-00000042.json'
    """
    return f"{epoch:04}-{number:08}.json"


def spans(first: int, last: int, *, due: bool) -> Iterator[tuple[int, int]]:
    """Yield the stretches to close among the places `first` to `last`, both included, in order.

    Full stretches are closed at once, what is left only when it is `due`.

    >>> list(spans(1, 25_000, due=False))
    [(1, 10000), (10001, 20000)]
    >>> list(spans(7, 9, due=True))
    [(7, 9)]
    """
    while last - first + 1 >= LARGEST:
        yield first, first + LARGEST - 1
        first += LARGEST
    if due and first <= last:
        yield first, last
