"""How letters leave here, and what the demonstration has kept of them."""

from typing import Literal

from notifications.channels import email, kept, texts
from notifications.channels.kept import Kept


def way() -> Literal["sent", "kept", "none"]:
    """Return what becomes of letters: sent by a server, kept for the demonstration, or not written."""
    if email.is_kept():
        return "kept"
    return "sent" if email.is_configured() else "none"


def way_of_texts() -> Literal["sent", "kept", "none"]:
    """Return what becomes of short texts: handed to a gateway, kept, or not written."""
    if texts.is_kept():
        return "kept"
    return "sent" if texts.is_configured() else "none"


def newest(*, limit: int) -> list[Kept]:
    """Return the `limit` letters kept last, the newest first."""
    return kept.newest(limit=limit)


def letter(name: str) -> Kept | None:
    """Return one kept letter with its text; None: there is none of that name."""
    return kept.letter(name)
