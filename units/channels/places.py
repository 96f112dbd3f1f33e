"""Where checkpoints are published: folders and web addresses that others look after.

A place never overwrites: the second copy of a name must equal the first. Whoever runs the place
makes that true against us, too (a mount that only appends, a bucket whose objects are locked).
"""

import os
import tempfile
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

SECONDS = 10  # for a web address to answer
LONGEST_ANSWER = 500  # characters of it that are kept
LONGEST_COPY = 64 * 1024  # bytes read back


class Answer(NamedTuple):
    """What a place said. `ok`: it now holds exactly what was sent."""

    ok: bool
    text: str


class PlaceSilent(Exception):
    """The place does not answer, or not with what was asked for."""


class Place(Protocol):
    """`label` names the place on pages and in the register's tables; it holds no password."""

    label: str

    def put(self, name: str, document: str) -> Answer: ...

    def get(self, name: str) -> str | None:
        """Return the copy called `name`; None: there is none. Raises PlaceSilent."""


class Folder:
    """A folder, best on another machine."""

    def __init__(self, path: Path) -> None:
        self.path, self.label = path, str(path)

    def put(self, name: str, document: str) -> Answer:
        target = self.path / name
        if not self.path.is_dir():
            try:
                self.path.mkdir(mode=0o755, parents=True)
            except OSError as error:
                return Answer(False, error.strerror or type(error).__name__)
        try:
            handle, draft = tempfile.mkstemp(dir=self.path, prefix=f".{name}-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(document)
                    file.flush()
                    os.fchmod(file.fileno(), 0o444)
                    os.fsync(file.fileno())
                os.link(draft, target)
            finally:
                Path(draft).unlink()
        except FileExistsError:
            return _compared(self, name, document)
        except OSError as error:
            return Answer(False, error.strerror or type(error).__name__)
        return Answer(True, f"written: {len(document.encode())} bytes")

    def get(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise PlaceSilent(str(error)) from error

    def names(self) -> list[str]:
        """Return the names of all checkpoints here, in order; none where the folder is missing.

        Raises PlaceSilent where it cannot be read.
        """
        try:
            return sorted(path.name for path in self.path.glob("[0-9]*.json"))
        except OSError as error:
            raise PlaceSilent(str(error)) from error

    def newest(self) -> str | None:
        """Return the name of the last checkpoint here; None: there is none, or no such folder."""
        return max(self.names(), default=None)


class WebAddress:
    """An address that takes PUT of `<address>/<name>` and gives the same back."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        self.label = f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/")
        self._user = (
            f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        )

    def put(self, name: str, document: str) -> Answer:
        try:
            status, text, tag = self._ask("PUT", name, document.encode())
        except PlaceSilent as error:
            return Answer(False, str(error))
        if status in {200, 201, 204}:
            return Answer(True, f"{status} {tag} {text}"[:LONGEST_ANSWER].strip())
        if status in {409, 412}:  # it has one of that name
            return _compared(self, name, document)
        return Answer(False, f"{status} {text}"[:LONGEST_ANSWER].strip())

    def get(self, name: str) -> str | None:
        status, text, _tag = self._ask("GET", name)
        if status in {404, 410}:
            return None
        if status != 200:
            raise PlaceSilent(f"{status} {text}"[:LONGEST_ANSWER])
        return text

    def _ask(self, method: str, name: str, body: bytes | None = None) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/json", "If-None-Match": "*"} if body else {}
        if self._user:
            headers["Authorization"] = "Basic " + _base64(self._user)
        request = urllib.request.Request(  # noqa: S310  # http and https alone come here
            f"{self.label}/{name}", data=body, headers=headers, method=method
        )
        try:
            with _OPENER.open(request, timeout=SECONDS) as answer:
                raw, tag = answer.read(LONGEST_COPY), answer.headers.get("ETag", "")
                return answer.status, raw.decode("utf-8", "replace"), tag
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(LONGEST_ANSWER).decode("utf-8", "replace"), ""
        except (OSError, ValueError) as error:
            raise PlaceSilent(str(getattr(error, "reason", error))[:LONGEST_ANSWER]) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None  # a place is the address that was configured


_OPENER = urllib.request.build_opener(_NoRedirect)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _compared(place: Place, name: str, document: str) -> Answer:
    try:
        there = place.get(name)
    except PlaceSilent as error:
        return Answer(False, str(error))
    if there == document:
        return Answer(True, "it was there already")
    return Answer(False, "another checkpoint of that name is there")


def place_of(address: str) -> Place:
    """Return the place at `address`: an absolute path, `file:///path`, `https://` or `http://`.

    Raises ValueError for anything else.
    """
    if address.startswith("/"):
        return Folder(Path(address))
    parts = urlsplit(address)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return Folder(Path(unquote(parts.path)))
    if parts.scheme in {"http", "https"} and parts.hostname:
        return WebAddress(address)
    raise ValueError(
        f"{address!r} is no place to publish at: write /a/folder, file:///a/folder or https://host/path."
    )
