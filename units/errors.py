"""How an action says no: one exception, whose children differ in the HTTP status they become."""

from collections.abc import Mapping, Sequence
from typing import Any


class Refused(Exception):
    """An act that did not happen, with a sentence for the person and a stable code for programs.

    `message`: a whole translated sentence: what was asked, on what, what stands in the way, what
    to do. `code`: English kebab-case, never changed (an act or state in it has its `_` replaced).
    `fields`: messages per form field. `members`: what a program may want beside the code; it
    becomes members of the problem document.
    """

    status = 400

    def __init__(
        self,
        message: Any,
        *,
        code: str,
        fields: Mapping[str, Sequence[Any]] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code.replace("_", "-")
        self.fields = dict(fields or {})
        self.members = members

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class Invalid(Refused):
    """Well-formed, but a rule of the trade forbids these values."""

    status = 422


class NotAuthenticated(Refused):
    """Nobody known asks: the token is wrong or no longer good."""

    status = 401


class NotAllowed(Refused):
    """This person may not do this."""

    status = 403


class NotFound(Refused):
    """Absent, or not visible to this person: the answer is the same."""

    status = 404


class Conflict(Refused):
    """Something that happened meanwhile, or stands beside it, forbids the act."""

    status = 409


class Gone(Refused):
    """What the request stands on is there no more; `restart`: the address to begin again."""

    status = 410


class WrongState(Conflict):
    """The table of moves does not list this act in this state."""


class TooLarge(Refused):
    """More was sent than is read at once."""

    status = 413


class StaleVersion(Refused):
    """The object changed after the person read it."""

    status = 412


class VersionMissing(Refused):
    """A write that does not say which version it has seen."""

    status = 428


class TooMany(Refused):
    """More was asked in this minute than one client may; `wait`: seconds until the next."""

    status = 429


class Unavailable(Refused):
    """A part that the act needs does not answer; nothing was written."""

    status = 503
