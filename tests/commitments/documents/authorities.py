"""Certificates, revocation lists and answers made in code: a state, an agency, its officers.

Keys are made once for the whole session; certificates are cheap.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNING = ("content_commitment",)  # the newer name of non-repudiation
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def key_of(name: str) -> Any:
    """Return the key of `name`: P-256, or RSA of the bits that the name ends with ("x-rsa-2048")."""
    if "-rsa-" in name:
        return rsa.generate_private_key(65537, int(name.rsplit("-", 1)[1]))
    return ec.generate_private_key(ec.SECP192R1() if name.endswith("-p192") else ec.SECP256R1())


class Holder(NamedTuple):
    """A certificate with its key, and those above it."""

    key: Any
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain(self) -> list[bytes]:
        return [row.public_bytes(serialization.Encoding.DER) for row in self.above]

    def issue(
        self,
        name: str,
        *,
        key: str = "",
        usages: Sequence[str] = SIGNING,
        authority: bool = False,
        since: datetime = NOW - 300 * DAY,
        until: datetime = NOW + 2900 * DAY,
        stamps: bool = False,
        crl: str = "",
        responder: str = "",
    ) -> "Holder":
        """Return a certificate for `name` under this one."""
        held = key_of(key or name)
        own = _named(name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(self.certificate.subject)
            .public_key(held.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
        )
        return Holder(
            held,
            _with_extensions(builder, self.key, usages, authority, stamps, crl, responder),
            (self.certificate, *self.above),
        )

    def revocation_list(
        self, *revoked: tuple["Holder", datetime], at: datetime, days: int = 7
    ) -> bytes:
        """Return the DER of this authority's list, issued at `at`."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + days * DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        for holder, when in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(holder.certificate.serial_number)
                .revocation_date(when)
                .build()
            )
        made = builder.sign(self.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.DER)

    def answer(self, about: "Holder", *, at: datetime, revoked_at: datetime | None = None) -> bytes:
        """Return the DER of this authority's OCSP answer about one of its certificates."""
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about.certificate,
            issuer=self.certificate,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + DAY,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        made = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate).sign(
            self.key, hashes.SHA256()
        )
        return made.public_bytes(serialization.Encoding.DER)

    def signer(self) -> SimpleSigner:
        """Return this holder as the signing library wants it."""
        private = self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        registry = SimpleCertificateStore()
        for row in self.chain[:-1]:  # the root is known to whoever checks
            registry.register(asn1_x509.Certificate.load(row))
        return SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(self.der),
            signing_key=asn1_keys.PrivateKeyInfo.load(private),
            cert_registry=registry,
            embed_roots=False,
        )


def root(name: str, *, key: str = "") -> Holder:
    """Return an authority above which there is none."""
    held = key_of(key or name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(name))
        .public_key(held.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3000 * DAY)
        .not_valid_after(NOW + 3000 * DAY)
    )
    usages = ("key_cert_sign", "crl_sign")
    return Holder(held, _with_extensions(builder, held, usages, True, False, "", ""))


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cơ quan mẫu"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _with_extensions(
    builder: x509.CertificateBuilder,
    signing_key: Any,
    usages: Sequence[str],
    authority: bool,
    stamps: bool,
    crl: str,
    responder: str,
) -> x509.Certificate:
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        .add_extension(x509.KeyUsage(**{name: name in usages for name in USAGES}), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(builder._public_key), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), False
        )
    )
    if stamps:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True
        )
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), False)
    if responder:
        access = x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), False)
    return builder.sign(signing_key, hashes.SHA256())


class Cast(NamedTuple):
    """Everybody who appears in the tests of signing outside."""

    state: Holder  # the root that is trusted
    agency: Holder  # under it
    seal: Holder  # of the organisation, under a root of its own
    head: Holder  # whose turn it is
    colleague: Holder  # under the same agency
    stamper: Holder  # a timestamp service under the state


@cache
def cast() -> Cast:
    """Return the people and authorities of the tests, the same ones all session long."""
    authorities = ("key_cert_sign", "crl_sign")
    state = root("Gốc nhà nước")
    agency = state.issue("Cơ quan cấp chứng thư", usages=authorities, authority=True)
    return Cast(
        state=state,
        agency=agency,
        seal=root("Gốc con dấu").issue("Con dấu", usages=("digital_signature", *SIGNING)),
        head=agency.issue("Trưởng đơn vị"),
        colleague=agency.issue("Đồng nghiệp"),
        stamper=state.issue(
            "Dịch vụ dấu thời gian",
            key="stamper-rsa-2048",  # the library's stamper knows no other kind
            usages=("digital_signature",),
            stamps=True,
        ),
    )
