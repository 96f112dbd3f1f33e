"""Is a revision what it claims to be? A cheap look before it is stored, a full one soon after."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from asn1crypto import x509
from asn1crypto.cms import ContentInfo
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates
from pyhanko.pdf_utils.generic import IndirectObject, PdfObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

DETACHED = "/ETSI.CAdES.detached"
TOKEN = "signature_time_stamp_token"  # noqa: S105 the name of an attribute
# Either bit will do: seals of authorities differ in it.
USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)


class Broken(ValueError):
    """The bytes are not what was asked for: a fault of ours, never to be stored."""


class Added(NamedTuple):
    """What one new signature brought. `level`: "B-B" or "B-T", as measured. `chain`: DER."""

    field: str
    level: str
    cms_sha256: str
    certificate_sha256: str


def check_addition(base: bytes, output: bytes, *, field: str, certificate: bytes) -> Added:
    """Return what `output` adds to `base`; look at the new bytes alone, in a few milliseconds.

    It begins with `base`; there is one new signature, in `field`; it covers everything but the hole
    for itself; digest and value are right under the public key of `certificate` (DER). Raises Broken.
    """
    if not output.startswith(base) or len(output) == len(base):
        raise Broken("The output does not continue the file that was to be signed.")
    try:
        new = _signatures_after(len(base), PdfFileReader(BytesIO(output)))
    except (PdfError, SigningError, SignatureValidationError) as error:
        raise Broken(f"The output cannot be read: {error}") from error
    if [signature.field_name for signature in new] != [field]:
        raise Broken(f"Not one new signature in {field}: {[row.field_name for row in new]}.")
    _check_range(new[0], output)
    _check_value(new[0], output, certificate)
    der = bytes(new[0].pkcs7_content)
    return Added(
        field,
        level_of(new[0]),
        hashlib.sha256(der).hexdigest(),
        hashlib.sha256(certificate).hexdigest(),
    )


def _signatures_after(length: int, reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Return the signatures that cover bytes beyond `length`; the others are not even read."""
    filled = enumerate_sig_fields(reader, filled_status=True)
    return [
        EmbeddedPdfSignature(reader, field.get_object(), name)
        for name, value, field in filled
        if not _stands_before(length, value, reader)
        and sum(int(number) for number in list(value.get_object()["/ByteRange"])[-2:]) > length
    ]


def _stands_before(length: int, value: PdfObject, reader: PdfFileReader) -> bool:
    """Say whether a signature stands in the first `length` bytes, unchanged since: it was there before.

    Half of the time would go into reading those, digit by digit.
    """
    if not isinstance(value, IndirectObject):
        return False
    place = reader.xrefs[value.reference]
    return isinstance(place, int) and place < length


def _end_of(signature: EmbeddedPdfSignature) -> int:
    return sum(int(number) for number in list(signature.byte_range)[-2:])


def _check_range(signature: EmbeddedPdfSignature, output: bytes) -> None:
    start, first, second, rest = map(int, signature.byte_range)
    hole = output[first:second]
    if start != 0 or second + rest != len(output) or hole[:1] != b"<" or hole[-1:] != b">":
        raise Broken(f"The signature in {signature.field_name} does not cover the whole file.")
    if bytes.fromhex(hole[1:-1].decode()).rstrip(b"\0") != bytes(signature.pkcs7_content).rstrip(
        b"\0"
    ):
        raise Broken(f"The hole of {signature.field_name} holds something else.")


def _check_value(signature: EmbeddedPdfSignature, output: bytes, certificate: bytes) -> None:
    if signature.sig_object.raw_get("/SubFilter") != DETACHED:
        raise Broken(f"The signature in {signature.field_name} is no PAdES signature.")
    _start, first, second, _rest = map(int, signature.byte_range)
    digest = hashlib.sha256(output[:first] + output[second:]).digest()
    signers = ContentInfo.load(bytes(signature.pkcs7_content))["content"]["signer_infos"]
    if len(signers) != 1:
        raise Broken(f"{len(signers)} signers in {signature.field_name}.")
    attributes = signers[0]["signed_attrs"]
    said = {row["type"].native: row["values"][0].native for row in attributes}
    if said.get("message_digest") != digest:
        raise Broken(f"The digest in {signature.field_name} is that of other bytes.")
    value, key = signers[0]["signature"].native, load_der_x509_certificate(certificate).public_key()
    signed = attributes.untag().dump()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, signed, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise Broken(f"{signature.field_name}: an unknown kind of key.")
    except InvalidSignature as error:
        raise Broken(f"The value in {signature.field_name} is not the seal's.") from error


def level_of(signature: EmbeddedPdfSignature) -> str:
    """Return the level that a signature has reached: "B-T" with a timestamp token, else "B-B"."""
    attributes = signature.signer_info["unsigned_attrs"]
    return "B-T" if any(row["type"].native == TOKEN for row in attributes) else "B-B"


def authority_in(chain: str) -> bytes:
    """Return the last certificate of a chain in PEM, as DER: whom the chain leads to."""
    return load_pem_x509_certificates(chain.encode())[-1].public_bytes(Encoding.DER)


class Finding(NamedTuple):
    """What a full validation found. `faults`: sentences for an administrator, [] if it is valid."""

    faults: list[str]
    signatures: int


def certificates_in(pem: str) -> list[bytes]:
    """Return the certificates of a PEM text, DER."""
    rows = load_pem_x509_certificates(pem.encode())
    return [row.public_bytes(Encoding.DER) for row in rows]


def _context(roots: Sequence[bytes], helpers: Sequence[bytes]) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        other_certs=[x509.Certificate.load(helper) for helper in helpers],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def validate(
    pdf: bytes,
    *,
    roots: Sequence[bytes],
    last: str | None,
    timestamp_roots: Sequence[bytes] = (),
    helpers: Sequence[bytes] = (),
) -> Finding:
    """Validate every signature of a file against `roots` (DER): bytes, chain, later changes.

    `last`: the field that covers the whole file; None: the file has no signature yet.
    `timestamp_roots`: whom timestamp tokens must lead to. `helpers`: authorities on the way to a root,
    DER, that a signature need not bring along. Opens no connection: revocation is not asked here.
    Takes about 60 ms a signature.
    """
    faults = []
    try:
        found = PdfFileReader(BytesIO(pdf)).embedded_signatures
        for signature in found:
            status = validate_pdf_signature(
                signature,
                _context(roots, helpers),
                ts_validation_context=_context(timestamp_roots, helpers),
                key_usage_settings=USAGE,
            )
            if not status.bottom_line:
                faults.append(f"{signature.field_name}: {status.summary()}")
    except (PdfError, SigningError, SignatureValidationError, ValueError) as error:
        return Finding([f"{type(error).__name__}: {error}"], 0)
    covering = [row.field_name for row in found if _end_of(row) == len(pdf)]
    if covering != ([last] if last else []):
        faults.append(f"The whole file is covered by {covering}, not by {last}.")
    return Finding(faults, len(found))
