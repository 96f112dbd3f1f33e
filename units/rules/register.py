"""How the register is chained: what is hashed for an entry, for its place, and for a new beginning.

Each kind of hash has a first byte of its own, so none can pass for another: a leaf 0, a node of the
tree 1 (`units.rules.merkle`), a link 2. An epoch is hashed as plain text: it begins with a brace.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from units.rules import canonical
from units.rules.merkle import leaf_hash

__all__ = ["FIRST_REASON", "epoch_hash", "epoch_text", "leaf_hash", "link_hash"]
FIRST_REASON = "the register begins"


def link_hash(seq: int, prev: bytes, leaf: bytes) -> bytes:
    """Return the hash of a place: SHA-256 of 2, `seq` in 8 bytes, the hash before it, its leaf.

    `seq` from 1; `prev` is the link hash of `seq` - 1, or the epoch's hash where one begins.
    """
    return sha256(b"\2" + seq.to_bytes(8, "big") + prev + leaf).digest()


def epoch_hash(text: str) -> bytes:
    """Return what stands before the first place of an epoch."""
    return sha256(text.encode()).digest()


def epoch_text(
    *,
    ident: str,
    number: int,
    after_seq: int,
    last_link: bytes | None,
    checkpoint: str | None,
    reason: str,
    at: datetime,
) -> str:
    """Return the canonical text of an epoch.

    `ident`: drawn anew, so two registers that begin alike differ. `after_seq`, `last_link`: the
    last place before it and its hash; 0 and None in a new register. `checkpoint`: SHA-256 of the
    last published checkpoint, in hexadecimal; None: there was none. `at`: aware, real time.
    """
    said: dict[str, Any] = {
        "v": 1,
        "alg": "sha256",
        "id": ident,
        "epoch": number,
        "after_seq": after_seq,
        "last_link": last_link.hex() if last_link else None,
        "checkpoint": checkpoint,
        "reason": reason,
        "started_at": at.astimezone(UTC).isoformat(),
    }
    return canonical.text(said)
