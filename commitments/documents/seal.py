"""The organisation's seal: the only module that opens a key.

A file gets all its places for signatures at once, is closed by a certifying seal before anybody
signs, and grows by one PAdES revision for each act. Every function here returns the whole file, which
begins with the file that it was given. Slow (tens of milliseconds): never call it inside a transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from asn1crypto import keys, x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, SimpleBoxLayoutRule
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
)
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from commitments.documents.render import Place

SEAL_FIELD = "seal"
DIGEST = "sha256"
SHORTEST_RSA = 2048  # bits
ROOM_FOR_TOKEN = 12_000  # bytes that a timestamp token with its chain may need
ROOM_FOR_CMS = 2_000  # bytes of a CMS without its certificates
DEMO = "DEMO"  # stands in the name of every certificate that proves nothing
FILLED = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID)  # no margins


class KeyUnfit(ValueError):
    """The seal's file cannot be opened, or its key or certificate is none that we may seal with."""


class FieldTaken(LookupError):
    """Somebody has signed in the field already."""


class Key(NamedTuple):
    """An opened seal. `chain`: DER, the seal's own certificate first."""

    signer: signers.SimpleSigner
    certificate: Certificate
    chain: tuple[bytes, ...]

    @property
    def id(self) -> str:
        """The SHA-256 of the certificate, hex."""
        return self.signer.signing_cert.sha256.hex()  # type: ignore[union-attr]

    @property
    def chain_pem(self) -> str:
        """The chain as it is kept: PEM, the seal's own first."""
        rows = map(load_der_x509_certificate, self.chain)
        return "".join(row.public_bytes(Encoding.PEM).decode() for row in rows)

    def is_good_at(self, at: datetime) -> bool:
        """Whether `at` lies within the days of the certificate."""
        return self.certificate.not_valid_before_utc <= at <= self.certificate.not_valid_after_utc

    @property
    def is_demo(self) -> bool:
        return DEMO in self.certificate.subject.rfc4514_string()


def open_key(path: Path, password_file: Path) -> Key:
    """Return the seal of a PKCS#12 file; opened once for as long as neither file changes.

    `password_file`: its first line. Raises KeyUnfit where a file is missing, the password is wrong,
    there is no key or certificate, or the key is neither ECDSA P-256 or P-384 nor RSA of 2048 bits.
    """
    try:
        marks = (path.stat().st_mtime_ns, password_file.stat().st_mtime_ns)
    except OSError as error:
        raise KeyUnfit(f"{error.filename}: {error.strerror}.") from error
    return _open(path, password_file, marks)


@lru_cache(maxsize=4)
def _open(path: Path, password_file: Path, _marks: tuple[int, int]) -> Key:
    try:
        password = password_file.read_bytes().split(b"\n", 1)[0].rstrip(b"\r")
        key, certificate, others = pkcs12.load_key_and_certificates(path.read_bytes(), password)
    except OSError as error:
        raise KeyUnfit(f"{error.filename}: {error.strerror}.") from error
    except ValueError as error:  # its text names no secret
        raise KeyUnfit(f"{path} cannot be opened: {error}") from error
    if key is None or certificate is None:
        raise KeyUnfit(f"{path} holds no key with its certificate.")
    curve = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in {
        "secp256r1",
        "secp384r1",
    }
    if not curve and not (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SHORTEST_RSA):
        raise KeyUnfit(f"{path}: the key is neither ECDSA P-256 nor RSA of {SHORTEST_RSA} bits.")
    chain = tuple(row.public_bytes(Encoding.DER) for row in (certificate, *others))
    own, *rest = (x509.Certificate.load(der) for der in chain)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        own, keys.PrivateKeyInfo.load(plain), SimpleCertificateStore.from_certs(rest)
    )
    return Key(signer, certificate, chain)


def place_fields(pdf: bytes, places: Sequence[Place]) -> bytes:
    """Return `pdf` with an empty signature field at each place and an invisible one for the seal.

    The last of `places` closes the document for good once it is signed.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    fields.append_signature_field(writer, SigFieldSpec(SEAL_FIELD))
    for place in places:
        last = place is places[-1]
        spec = SigFieldSpec(
            place.field,
            on_page=place.page,
            box=place.box,
            readable_field_name=place.label,
            field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL) if last else None,
            doc_mdp_update_value=MDPPerm.NO_CHANGES if last else None,
        )
        fields.append_signature_field(writer, spec)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def certify(pdf: bytes, key: Key, *, timestamper: TimeStamper | None = None) -> bytes:
    """Return `pdf` closed by the certifying seal: from now on only its fields may be filled."""
    meta = signers.PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    return _signed(IncrementalPdfFileWriter(BytesIO(pdf)), meta, key, None, timestamper)


def sign(
    pdf: bytes,
    key: Key,
    *,
    field: str,
    draw: Callable[..., bytes],
    reason: str,
    timestamper: TimeStamper | None = None,
) -> bytes:
    """Return `pdf` with one more signature of the seal, in an existing field.

    `draw`: is given `width` and `height` of the field in points and returns the PDF of one page that
    it shows. `reason`: who approved what; a text of the PDF signature. Raises FieldTaken for a field that
    is signed already, KeyError for one that is not there.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))  # read once: reading is half of the work
    empty = _empty_field(writer, field)
    left, low, right, high = (int(edge) for edge in empty["/Rect"])
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        docmdp_permissions=MDPPerm.NO_CHANGES if "/Lock" in empty else MDPPerm.FILL_FORMS,
    )
    with NamedTemporaryFile(suffix=".pdf") as page:
        page.write(draw(width=right - left, height=high - low))
        page.flush()
        style = StaticStampStyle(
            background=ImportedPdfPage(page.name), background_layout=FILLED, border_width=0
        )
        return _signed(writer, meta, key, style, timestamper)


def _signed(
    writer: IncrementalPdfFileWriter,
    meta: signers.PdfSignatureMetadata,
    key: Key,
    style: StaticStampStyle | None,
    timestamper: TimeStamper | None,
) -> bytes:
    signer = signers.PdfSigner(meta, key.signer, timestamper=timestamper, stamp_style=style)
    room = ROOM_FOR_CMS + sum(map(len, key.chain)) + (ROOM_FOR_TOKEN if timestamper else 0)
    output = signer.sign_pdf(
        writer,
        existing_fields_only=True,
        bytes_reserved=2 * room,  # written as hex digits
    )
    return output.getvalue()


def _empty_field(writer: IncrementalPdfFileWriter, name: str) -> DictionaryObject:
    for _name, value, reference in fields.enumerate_sig_fields(writer, with_name=name):
        if value is not None:
            raise FieldTaken(name)
        return reference.get_object()
    raise KeyError(name)
