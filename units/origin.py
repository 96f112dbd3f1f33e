"""Where an act comes from. Set at the edge (web, API, job), read when the register is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    """`door`: web, api, job or command. `auth`: how the actor proved to be the actor."""

    door: str = "command"
    request_id: str = ""
    ip: str = ""
    user_agent: str = ""
    auth: str = ""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current() -> Origin:
    """Return the origin of what this thread is doing; a bare command where nobody has said."""
    return _current.get() or Origin()


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Name the origin of everything written inside the block."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def proven_by(auth: str) -> None:
    """Note how the actor of this request proved to be it, once that is known: the edge forgets it
    when the request ends."""
    _current.set(current()._replace(auth=auth))
