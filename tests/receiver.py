"""A receiver of hints on loopback: real https, with a certificate of an authority made for the test.

What it does with a call is told by the path; what came is kept in `calls`.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from units import clock

NAME = "receiver.example.org"


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`release`: set when the test is over, so that nothing that hangs outlives it."""

    port: int
    ca_file: Path
    calls: list[Call] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/ok", *, host: str = NAME) -> str:
        return f"https://{host}:{self.port}{path}"


def here(host: str) -> list[str]:
    """Resolve every name to this machine, as a name server of the tests."""
    del host
    return ["127.0.0.1"]


def names(**_known: list[str]) -> Callable[[str], list[str]]:
    """Return a name server that knows these hosts: its dots are written as underscores."""
    known = {name.replace("_", "."): found for name, found in _known.items()}

    def ask(host: str) -> list[str]:
        if host not in known:
            raise OSError("not known")
        return known[host]

    return ask


@contextmanager
def running(folder: Path, *, name: str = NAME) -> Iterator[Receiver]:
    """Run a receiver whose certificate is for `name` and this machine's address."""
    ca_file, chain = certificates(folder, name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    receiver = Receiver(server.server_address[1], ca_file)
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.calls.append(Call(self.path, headers, body))
        with suppress(OSError):
            getattr(self, "_" + self.path.strip("/").replace("-", "_"))(receiver)

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _ok(self, _receiver: Receiver) -> None:
        self._answer(204)

    def _gone(self, _receiver: Receiver) -> None:
        self._answer(410)

    def _busy(self, _receiver: Receiver) -> None:
        self._answer(503, Retry_After="8")

    def _limits(self, _receiver: Receiver) -> None:
        self._answer(429, Retry_After="120")

    def _fails(self, _receiver: Receiver) -> None:
        self._answer(500)

    def _refuses(self, _receiver: Receiver) -> None:
        self._answer(422)

    def _knows_us_not(self, _receiver: Receiver) -> None:
        self._answer(401)

    def _drops(self, _receiver: Receiver) -> None:
        """Take the whole of it and go away without a word."""
        self.close_connection = True

    def _elsewhere(self, _receiver: Receiver) -> None:
        self._answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def _hangs(self, receiver: Receiver) -> None:
        receiver.release.wait(60)

    def _drips(self, receiver: Receiver) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not receiver.release.is_set():
            self.wfile.write(b"a")
            time.sleep(0.05)

    def _large(self, _receiver: Receiver) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"a" * 10_000_000)

    def _large_head(self, _receiver: Receiver) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000_000)

    def _nonsense(self, _receiver: Receiver) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    def log_message(self, *_args: Any) -> None:
        """Say nothing: the calls are kept."""


def certificates(folder: Path, name: str = NAME) -> tuple[Path, Path]:
    """Make an authority and a certificate; return the authority's file, and chain with key."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = _certificate(ca_name, ca_name, ca_key.public_key())
    authority = authority.add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    ca = authority.sign(ca_key, hashes.SHA256())
    names_of = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    own = _certificate(own_name, ca_name, key.public_key()).add_extension(names_of, critical=False)
    signed = own.sign(ca_key, hashes.SHA256())
    ca_file, chain = folder / "ca.pem", folder / "chain.pem"
    ca_file.write_bytes(ca.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return ca_file, chain


def _certificate(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = clock.real_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )
