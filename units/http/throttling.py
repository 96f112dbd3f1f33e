"""How many requests one holder may make in a minute, over all processes of this machine.

A database row for each read would make readers wait for writers, and the broker is not for web
processes. So a count is the size of a file: an append is atomic, and whoever appends sees how many
came before. A full disk or a missing folder lets people in: the limit protects, it decides nothing.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from units import clock, origin
from units.errors import NotFound, TooMany

if TYPE_CHECKING:  # REST framework loads this module while it loads its views
    from rest_framework.views import APIView

log = logging.getLogger(__name__)
SECONDS = 60


class Left(NamedTuple):
    """What a holder may still do: `most` requests of the kind `name` in a minute, `left` of them in
    this one, which ends in `seconds`."""

    name: str
    most: int
    left: int
    seconds: int


class PerMinute(BaseThrottle):
    """API_READS_PER_MINUTE reads and API_WRITES_PER_MINUTE writes, counted apart, in each minute of
    the clock for each machine or person."""

    seconds_left = SECONDS

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return True
        name, most = self.kind_of(request)
        minute, second = divmod(int(clock.real_now().timestamp()), SECONDS)
        self.seconds_left = SECONDS - second
        made = count(f"{request.user.pk}{SUFFIXES[name]}", minute)
        if made:
            left = Left(name, most, max(0, most - made), self.seconds_left)
            request._request.limit_left = left
        return made <= most

    def kind_of(self, request: Request) -> tuple[str, int]:
        """Return what kind of request it is, and how many of them one minute takes."""
        if request.method in SAFE_METHODS:
            return "reads", settings.API_READS_PER_MINUTE
        return "writes", settings.API_WRITES_PER_MINUTE

    def wait(self) -> float:
        return self.seconds_left


class FeedPerMinute(PerMinute):
    """API_FEED_PER_MINUTE questions for changes, counted apart from other reads."""

    def kind_of(self, request: Request) -> tuple[str, int]:
        return "feed", settings.API_FEED_PER_MINUTE


SUFFIXES = {"reads": "", "writes": "-writes", "feed": "-feed"}  # of the name of the count


class LimitHeaders:
    """Say with each answer that was counted how many more the minute takes.

    `RateLimit` and `RateLimit-Policy` as the draft of the HTTP working group has them: for
    information; what counts is a 429 with `Retry-After`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if limit := getattr(request, "limit_left", None):
            answer["RateLimit-Policy"] = f'"{limit.name}";q={limit.most};w={SECONDS}'
            answer["RateLimit"] = f'"{limit.name}";r={limit.left};t={limit.seconds}'
        return answer


def count(holder: str, minute: int) -> int:
    """Note one request of `holder` in `minute`; return how many there are now, 0 if unknown."""
    folder = Path(settings.DATA_DIR) / "throttle"
    try:
        made = _append(folder, holder, minute)
    except OSError:
        log.exception("Requests cannot be counted in %s.", folder)
        return 0
    if made == 1:
        _forget_others(folder, holder, minute)
    return made


def _append(folder: Path, holder: str, minute: int) -> int:
    path = folder / f"{holder}.{minute}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        file = os.open(path, flags, 0o600)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(path, flags, 0o600)
    try:
        os.write(file, b".")
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _forget_others(folder: Path, holder: str, minute: int) -> None:
    """Remove the counts of this holder's other minutes."""
    for path in folder.glob(f"{holder}.*"):
        if path.suffix != f".{minute}":
            with suppress(OSError):  # another process was faster
                path.unlink()


# --- strangers ----------------------------------------------------------------------------------

PLACES = 4096  # as many counts as there can be; two addresses that share one share its limit


def place_of(purpose: str, address: str) -> str:
    """Return under which name the requests of an unknown client are counted.

    A place out of 4096, from a keyed hash of its address (of an IPv6 one, its network): nothing
    that is written says who asked, and never more files are made than there are places.
    """
    network = ":".join(address.split(":")[:4]) if ":" in address else address
    digest = salted_hmac("units.http.throttling", f"{purpose}|{network}", algorithm="sha256")
    return f"{purpose}-{int.from_bytes(digest.digest()[:4]) % PLACES:03x}"


@contextmanager
def calm(purpose: str, *, most: int, most_misses: int) -> Iterator[None]:
    """Let a client that nobody knows ask one question; NotFound raised inside is a miss.

    Raises TooMany (too-many-requests) beyond `most` questions in this minute of the clock, or after
    `most_misses` that hit nothing: whoever tries out codes misses.
    """
    place = place_of(purpose, origin.current().ip)
    minute, second = divmod(int(clock.real_now().timestamp()), SECONDS)
    if count(place, minute) > most or _made(f"{place}-missed", minute) >= most_misses:
        raise _too_many(SECONDS - second)
    try:
        yield
    except NotFound:
        count(f"{place}-missed", minute)
        raise


def _too_many(wait: int) -> TooMany:
    return TooMany(
        ngettext(
            "Too many questions in this minute. Wait %(wait)d second, then ask again.",
            "Too many questions in this minute. Wait %(wait)d seconds, then ask again.",
            wait,
        )
        % {"wait": wait},
        code="too-many-requests",
        wait=wait,
    )


def _made(holder: str, minute: int) -> int:
    try:
        return (Path(settings.DATA_DIR) / "throttle" / f"{holder}.{minute}").stat().st_size
    except OSError:
        return 0
