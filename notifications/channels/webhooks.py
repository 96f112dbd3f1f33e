"""One call to the address of a program: encrypted, to a checked address, never elsewhere, never long.

The address comes from outside, and we stand inside the network. So the name is resolved once, every
address that it has is judged, and the connection goes to the very address that was judged; the name
only serves to check the certificate. Nothing of the answer is used but its head.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from http.client import HTTPException, parse_headers
from io import BytesIO
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

from notifications.enums import WebhookOutcome

CONNECT_SECONDS, SECONDS = 5, 10  # for the connection with its encryption; for everything
READ = 16 * 1024  # bytes of an answer, at most
PLAIN = re.compile(r"[!-~]+")  # no space, no line break, nothing that a header could end with
NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?")
NAT64, NAT64_LOCAL = ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48")
TEREDO = ip_network("2001::/32")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Collection[str]]  # a host's name -> its addresses; OSError: none


class Forbidden(Exception):
    """The address is not one that we call. The text says why, for programmers."""


class Way(NamedTuple):
    """What an installation allows: further ports, private networks, and whom it trusts besides."""

    ports: frozenset[int]
    networks: tuple[IPv4Network | IPv6Network, ...]
    ca_file: Path | None


class Place(NamedTuple):
    """The parts of an address that has the right form."""

    host: str
    port: int
    path: str


class Result(NamedTuple):
    """What came of a call. `status`: of the answer, None without one; `wait`: its Retry-After;
    `handed`: the receiver was given the whole of it, whatever it made of that."""

    outcome: WebhookOutcome
    status: int | None = None
    wait: timedelta | None = None
    handed: bool = False


def way_of(*, ports: Collection[str], networks: Collection[str], ca_file: str) -> Way:
    """Return what the settings allow. Raises ValueError for a port or a network that is none."""
    return Way(
        frozenset({443, *map(int, ports)}),
        tuple(ip_network(text) for text in networks),
        Path(ca_file) if ca_file else None,
    )


def resolve(host: str) -> Collection[str]:
    """Return the addresses that the system knows for `host`. Raises OSError where there are none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def place_of(url: str, way: Way) -> Place:
    """Return the parts of `url`. Raises Forbidden unless it is https, without user, on a known port."""
    if not PLAIN.fullmatch(url):
        raise Forbidden("has signs that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise Forbidden("is no address") from error
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or "@" in parts.netloc or "#" in url or "\\" in url:
        raise Forbidden("is not https://host/path without user and fragment")
    if port not in way.ports:
        raise Forbidden(f"port {port} is not listed")
    if not NAME.fullmatch(host) and not _is_address(host):
        raise Forbidden("names no host")
    return Place(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def checked(url: str, way: Way, *, resolver: Resolve = resolve) -> tuple[Place, str]:
    """Return the parts of `url` and the address to connect to.

    Raises Forbidden where any address of the host is not one to call, OSError where it has none or
    nobody says so within CONNECT_SECONDS.
    """
    place = place_of(url, way)
    found = [place.host] if _is_address(place.host) else _resolved(place.host, resolver)
    if not found:
        raise OSError("no address")
    for text in found:
        if not is_allowed(text, way.networks):
            raise Forbidden(f"{text} is not an address of the open network")
    return place, found[0]


def is_allowed(text: str, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    """Say whether `text` is an address of the open network, or of one of `networks`.

    What carries an IPv4 address inside (mapped, NAT64, 6to4) is judged by that one as well.

    >>> [is_allowed(one, ()) for one in ("93.184.215.14", "::ffff:169.254.169.254", "64:ff9b::a00:1")]
    [True, False, False]
    """
    try:
        address: Address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _inside(address)
    if any(one in network for network in networks for one in (address, inner)):
        return True
    if isinstance(address, IPv6Address) and (
        address in TEREDO or address in NAT64_LOCAL or address.is_site_local
    ):
        return False
    return inner.is_global and not (inner.is_multicast or inner.is_reserved)


def _inside(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolved(host: str, resolver: Resolve) -> list[str]:
    """Ask `resolver`, but not for longer than CONNECT_SECONDS: a name server may be the receiver's."""
    answers: Queue[list[str] | OSError] = Queue()

    def ask() -> None:
        try:
            answers.put(list(resolver(host)))
        except OSError as error:
            answers.put(error)
        except UnicodeError as error:
            answers.put(OSError(str(error)))

    Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=CONNECT_SECONDS)
    except Empty:
        raise OSError("the name server does not answer") from None
    if isinstance(found, OSError):
        raise found
    return found


# --- the call -------------------------------------------------------------------------------------


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, way: Way, resolver: Resolve = resolve
) -> Result:
    """Send `body` to `url` and return what came of it; nothing is raised. It lasts SECONDS at most."""
    until = time.monotonic() + SECONDS
    try:
        place, address = checked(url, way, resolver=resolver)
    except Forbidden:
        return Result(WebhookOutcome.ADDRESS)
    except OSError:
        return Result(WebhookOutcome.NAME)
    handed = False
    try:
        with _connected(place, address, way, until) as stream:
            stream.settimeout(_left(until))
            stream.sendall(_request(place, headers, body))
            handed = True
            return _judged(_head(stream, until))._replace(handed=True)
    except TimeoutError:
        return Result(WebhookOutcome.TIMEOUT, handed=handed)
    except (ssl.SSLError, ssl.CertificateError):
        return Result(WebhookOutcome.TLS, handed=handed)
    except OSError:
        return Result(WebhookOutcome.CONNECT, handed=handed)
    except (ValueError, HTTPException):
        return Result(WebhookOutcome.MALFORMED, handed=handed)


def _connected(place: Place, address: str, way: Way, until: float) -> ssl.SSLSocket:
    """Connect to `address` and nowhere else; the certificate must be that of the name."""
    until = min(until, time.monotonic() + CONNECT_SECONDS)
    context = ssl.create_default_context()
    if way.ca_file is not None:
        context.load_verify_locations(cafile=way.ca_file)
    plain = socket.create_connection((address, place.port), timeout=_left(until))
    try:
        plain.settimeout(_left(until))  # the handshake as a whole, however it drips
        return context.wrap_socket(plain, server_hostname=place.host.rstrip("."))
    except BaseException:
        plain.close()
        raise


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{place.host}]" if ":" in place.host else place.host
    lines = {
        "Host": host if place.port == 443 else f"{host}:{place.port}",
        "User-Agent": "commitments-webhooks/1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {place.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _head(stream: ssl.SSLSocket, until: float) -> bytes:
    """Return the head of the answer, without its body. Raises ValueError for one without an end."""
    got = b""
    while len(got) < READ:
        stream.settimeout(_left(until))
        piece = stream.recv(READ - len(got))
        if not piece:
            break
        got += piece
        head, end, rest = got.partition(b"\r\n\r\n")
        while end and head.startswith(b"HTTP/1.1 1"):  # a word in between: the answer comes after
            got = rest
            head, end, rest = got.partition(b"\r\n\r\n")
        if end:
            return head + end
    raise ValueError("no head of an answer")


def _judged(head: bytes) -> Result:
    line, _end, rest = head.partition(b"\r\n")
    form = re.fullmatch(rb"HTTP/1\.[01] ([2-5][0-9]{2})(?: .*)?", line)
    if form is None:
        return Result(WebhookOutcome.MALFORMED)
    status = int(form[1])
    if status < 300:
        return Result(WebhookOutcome.OK, status)
    outcome = WebhookOutcome.REDIRECT if status < 400 else WebhookOutcome.STATUS
    asked = parse_headers(BytesIO(rest)).get("Retry-After", "")
    wait = timedelta(seconds=int(asked)) if re.fullmatch(r"[0-9]{1,7}", asked) else None
    return Result(outcome, status, wait)
