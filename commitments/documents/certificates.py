"""Certificates of people and authorities: text or bytes in, plain values out."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

PEM = b"-----BEGIN CERTIFICATE-----"
MAX_BYTES = 64 * 1024  # of one file; a chain of certificates needs less


class Unreadable(ValueError):
    """The bytes are no certificate."""


class Certificate(NamedTuple):
    """What a certificate says of itself. `fingerprint`: SHA-256 of `der`. `serial`: hex."""

    der: bytes
    fingerprint: str
    subject: str
    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime
    is_authority: bool
    for_signing: bool  # non-repudiation stands in its key usage


def read(data: bytes) -> Certificate:
    """Return the certificate in `data`, DER or PEM; of several the first. Raises Unreadable."""
    try:
        if PEM in data:
            found = x509.load_pem_x509_certificates(data)[0]
        else:
            found = x509.load_der_x509_certificate(data)
        return _plain(found)
    except (ValueError, TypeError) as error:
        raise Unreadable(str(error)) from error


def read_all(text: str) -> list[Certificate]:
    """Return the certificates of a text in PEM, [] for an empty one. Raises Unreadable."""
    if not text.strip():
        return []
    try:
        return [_plain(row) for row in x509.load_pem_x509_certificates(text.encode())]
    except (ValueError, TypeError) as error:
        raise Unreadable(str(error)) from error


def as_pem(certificates: Sequence[Certificate]) -> str:
    """Return certificates as one text in PEM, in their one form."""
    rows = [x509.load_der_x509_certificate(row.der) for row in certificates]
    return "".join(row.public_bytes(Encoding.PEM).decode() for row in rows)


def _plain(found: x509.Certificate) -> Certificate:
    extensions = found.extensions
    try:
        authority = bool(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        authority = False
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        signing = usage.content_commitment
    except x509.ExtensionNotFound:
        signing = False
    return Certificate(
        der=found.public_bytes(Encoding.DER),
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        subject=found.subject.rfc4514_string()[:300],
        issuer=found.issuer.rfc4514_string()[:300],
        serial=format(found.serial_number, "x"),
        valid_from=found.not_valid_before_utc,
        valid_until=found.not_valid_after_utc,
        is_authority=authority,
        for_signing=signing,
    )
