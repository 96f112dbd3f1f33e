"""Seals of the suite: the throw-away one that every test may use, and others made to measure.

`python -m tests.seals FOLDER` makes one that no check minds, for `check --deploy` in `make lint`.
"""

import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from commitments.documents import demo_seal
from units import clock


def make(path: Path, password_file: Path) -> None:
    """Make the throw-away seal of a run unless there is one."""
    with suppress(FileExistsError):
        demo_seal.make(path, password_file, real_at=clock.real_now())


def make_own(
    folder: Path,
    *,
    name: str = "Huyện ủy Bình Xuyên",
    days: int = 1000,
    curve: ec.EllipticCurve | None = None,
) -> tuple[Path, Path]:
    """Write a seal without DEMO in its name, certified by itself; return it and its password's file.

    `days`: how long it is good from now. `curve`: by default P-256.
    """
    key = ec.generate_private_key(curve or ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.real_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    path, password_file = folder / "seal.p12", folder / "password"
    password_file.write_bytes(b"known to everybody\n")
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", key, certificate, None, BestAvailableEncryption(b"known to everybody")
        )
    )
    return path, password_file


if __name__ == "__main__":
    make_own(Path(sys.argv[1]))
