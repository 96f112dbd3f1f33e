"""A throw-away certificate authority and seal for demonstrations and tests; DEMO in every name."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

AUTHORITY = "DEMO authority, of no value"
SEAL = "DEMO organisation seal, of no value"
EARLIEST = timedelta(days=5 * 365)  # before its making: demonstrations play in years gone by


def make(path: Path, password_file: Path, *, real_at: datetime, years: int = 10) -> None:
    """Write the seal, its password and beside it the authority's certificate, for this user alone.

    The authority's key is thrown away: it certifies this one seal, good for `years` from `real_at`.
    Raises FileExistsError where there is a seal already.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _which in range(2))
    span = (real_at - EARLIEST, real_at + timedelta(days=365 * years))
    authority = (
        _certificate(AUTHORITY, AUTHORITY, authority_key, span)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    own = (
        _certificate(SEAL, AUTHORITY, key, span)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    password = secrets.token_urlsafe(24).encode()
    files = {
        password_file: password + b"\n",
        path: pkcs12.serialize_key_and_certificates(
            SEAL.encode(), key, own, [authority], BestAvailableEncryption(password)
        ),
        path.with_name("authority.pem"): authority.public_bytes(Encoding.PEM),
    }
    for target, data in files.items():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(target, "xb", opener=_private) as file:
            file.write(data)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _certificate(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    span: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    """Return a certificate for `key` that still wants its extensions and its signature."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
