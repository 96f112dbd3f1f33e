"""A timestamp service on loopback (RFC 3161), true or misbehaving in a named way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from units import clock

FAULTS = ("http-error", "junk", "slow", "wrong-nonce", "wrong-imprint", "refused", "late-clock")


class Authority:
    """The key and the certificate of a service, certified by itself."""

    def __init__(self, name: str = "Time of the suite") -> None:
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = clock.real_now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM)
        self.certificate = asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
        plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self.key = keys.PrivateKeyInfo.load(plain)

    def roots_in(self, folder: Path) -> str:
        """Write the certificate into `folder` as a file of roots; return its path."""
        path = folder / "roots.pem"
        path.write_bytes(self.pem)
        return str(path)

    def answer(self, asked: bytes, fault: str) -> bytes:
        request = tsp.TimeStampReq.load(asked)
        if fault == "wrong-nonce":
            request["nonce"] = request["nonce"].native + 1
        if fault == "wrong-imprint":
            request["message_imprint"]["hashed_message"] = b"\0" * 32
        moment = clock.real_now() - timedelta(minutes=10) if fault == "late-clock" else None
        stamper = DummyTimeStamper(self.certificate, self.key, fixed_dt=moment)
        answer = stamper.request_tsa_response(request)
        if fault == "refused":
            answer = tsp.TimeStampResp({"status": {"status": "rejection"}})
        return answer.dump()


@contextmanager
def service(authority: Authority, fault: str = "") -> Iterator[tuple[str, list[bytes]]]:
    """Serve on loopback; yield the address and the requests that came."""
    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            came.append(asked)
            if fault == "slow":
                time.sleep(2)
            body = b"junk" if fault == "junk" else authority.answer(asked, fault)
            self.send_response(500 if fault == "http-error" else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                return  # whoever asked has left

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
