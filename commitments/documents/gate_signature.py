"""Rules G21 to G29 of the gate: is the one new signature good, and is its certificate ours to trust?

Runs in the child of `gate`; knows nothing of the product and opens no connection: roots and
revocation data come in as bytes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from asn1crypto import cms, core, crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.validation import async_validate_pdf_signature, generic_cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from commitments.documents.gate_difference import at
from commitments.documents.gate_fields import Refusal, hashed
from commitments.documents.gate_file import Signed

MIN_RSA_BITS = 2048
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
HASHES = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
SLACK = timedelta(minutes=5)  # clocks differ; source: rule G29
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


class Trust(NamedTuple):
    """What the parent vouches for: trust anchors, helpers of paths, revocation data."""

    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate]
    crls: Sequence[crl.CertificateList]
    ocsps: Sequence[ocsp.OCSPResponse]


class Times(NamedTuple):
    """The file was handed out, and the signed one received, at these instants (real time)."""

    handed_out: datetime
    received: datetime


async def examine(
    signed: Signed, trust: Trust, times: Times, *, key_usage: frozenset[str]
) -> dict[str, Any]:
    """Return the facts of the signature for the report; raise Refusal (G21 to G29).

    "state" is "confirmed" if revocation data newer than the signature clear it, else "received".
    `key_usage`: all of these usages must stand in the certificate, by their names in RFC 5280 with
    underscores. Source of the order: signing.md 5.2.
    """
    embedded = signed.embedded
    info, signer = _require_whole_cms(embedded)
    _require_strong(info, signer)
    _require_valid(embedded, info, signer)
    others = list(embedded.other_embedded_certs)
    said = _claimed_times(embedded, info)
    claimed = min(said, default=None)
    token, token_fault = await _token(info, trust, others, times)
    proved = token or times.received
    path, time_fault = await _path(signer, trust, others, claimed or proved, proved)
    _require_usage(signer, key_usage)
    if time_fault:
        raise Refusal("G26", time_fault)
    confirmed, missing = await _revocation(path, trust, others, proved)
    if token_fault:
        raise Refusal("G28", token_fault)
    for stamp in signed.evidence:
        await _require_document_timestamp(stamp, trust, times)
    _require_possible_time(said, token, times)
    await _require_verdict_of_library(embedded, trust, others, times, key_usage)
    return {
        "state": "confirmed" if confirmed else "received",
        "missing": missing,
        "certificate": signer.dump().hex(),
        "fingerprint": signer.sha256.hex(),
        "subject": signer.subject.human_friendly,
        "issuer": signer.issuer.human_friendly,
        "serial": format(signer.serial_number, "x"),
        "valid_from": signer.not_valid_before.isoformat(),
        "valid_until": signer.not_valid_after.isoformat(),
        "chain": [certificate.dump().hex() for certificate in path],
        "addresses": _addresses(path),
        "digest": info["digest_algorithm"]["algorithm"].native,
        "claimed_at": claimed.astimezone(UTC).isoformat() if claimed else None,
        "token_at": token.astimezone(UTC).isoformat() if token else None,
    }


def _require_whole_cms(embedded: EmbeddedPdfSignature) -> tuple[cms.SignerInfo, x509.Certificate]:
    """Return the one SignerInfo and its certificate; raise Refusal (G21)."""
    raw = bytes(embedded.pkcs7_content)
    message = cms.ContentInfo.load(raw)
    if raw[len(message.dump()) :].strip(b"\0"):
        raise Refusal("G21", "bytes follow the signature in its place")
    if message["content_type"].native != "signed_data":
        raise Refusal("G21", "no signed data")
    data = embedded.signed_data
    if len(data["signer_infos"]) != 1:
        raise Refusal("G21", f"{len(data['signer_infos'])} signers in one signature")
    inside = data["encap_content_info"]
    if inside["content_type"].native != "data" or not isinstance(inside["content"], core.Void):
        raise Refusal("G21", "the signature holds a content of its own")
    info = data["signer_infos"][0]
    if not isinstance(info["signed_attrs"], cms.CMSAttributes) or not len(info["signed_attrs"]):
        raise Refusal("G21", "no signed attributes")
    for name in ("content_type", "message_digest", "signing_certificate_v2"):
        values = [row["values"] for row in info["signed_attrs"] if row["type"].native == name]
        if len(values) != 1 or len(values[0]) != 1:
            raise Refusal("G21", f"the attribute {name} does not stand there once")
    try:
        signer = embedded.signer_cert
    except (CMSStructuralError, CMSExtractionError, SignatureValidationError) as error:
        raise Refusal("G21", f"the signer's certificate: {error}") from error
    named = next(
        row["values"][0]["certs"][0]
        for row in info["signed_attrs"]
        if row["type"].native == "signing_certificate_v2"
    )
    algorithm = named["hash_algorithm"]["algorithm"].native
    if algorithm not in HASHES:
        raise Refusal("G22", f"the certificate is named by its {algorithm}")
    if named["cert_hash"].native != hashed(algorithm, signer.dump()):
        raise Refusal("G21", "the signature names another certificate")
    return info, signer


def _require_strong(info: cms.SignerInfo, signer: x509.Certificate) -> None:
    """Raise Refusal (G22) for an outdated hash, or a key that is too short."""
    used = info["digest_algorithm"]["algorithm"].native
    if used not in HASHES:
        raise Refusal("G22", f"hash {used}")
    mechanism = info["signature_algorithm"]
    try:
        implied = mechanism.hash_algo
    except ValueError:  # the mechanism names none: that of the digest serves
        implied = used
    if implied not in HASHES:
        raise Refusal("G22", f"hash {implied}")
    _require_strong_key(signer)


def _require_strong_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key
    if key.algorithm == "rsa" and key.bit_size >= MIN_RSA_BITS:
        return
    if key.algorithm == "ec" and key.curve[0] == "named" and key.curve[1] in CURVES:
        return
    raise Refusal("G22", f"a key of {key.algorithm} with {key.bit_size} bits")


def _require_valid(
    embedded: EmbeddedPdfSignature, info: cms.SignerInfo, signer: x509.Certificate
) -> None:
    try:
        intact, valid = generic_cms.validate_sig_integrity(
            info,
            signer,
            expected_content_type="data",
            actual_digest=embedded.compute_digest(),
        )
    except (SignatureValidationError, CMSStructuralError) as error:
        raise Refusal("G23", str(error)) from error
    if not intact:
        raise Refusal("G23", "the signed digest is not that of the file")
    if not valid:
        raise Refusal("G23", "the value does not belong to the certificate's key")


def _claimed_times(embedded: EmbeddedPdfSignature, info: cms.SignerInfo) -> list[datetime]:
    """Return the times that the signer's computer wrote: in the signature, in the file, or both."""
    said = []
    if (attribute := generic_cms.extract_self_reported_ts(info)) is not None:
        said.append(attribute)
    if (written := at(embedded.sig_object, "/M")) is not None:
        said.append(generic.parse_pdf_date(written, strict=True))
    if any(moment.tzinfo is None for moment in said):
        raise Refusal("G29", "the signature says a time without its zone")
    return said


async def _path(
    signer: x509.Certificate,
    trust: Trust,
    others: list[x509.Certificate],
    claimed: datetime,
    proved: datetime,
) -> tuple[ValidationPath, str]:
    """Return a path to a root, and what is wrong with its times ("": nothing).

    Raises Refusal (G24, or G22 for an outdated certificate on the way).
    """
    fault, found = "", None
    for moment in (claimed, proved):
        context = _context(trust, others, moment)
        try:
            paths = await context.path_builder.async_build_paths(signer)
        except PathBuildingError as error:
            raise Refusal("G24", str(error)) from error
        good, reasons, late = None, [], None
        for path in paths:
            try:
                await async_validate_path(context, path)
                good = path
                break
            except (ExpiredError, NotYetValidError) as error:
                late, fault = path, fault or str(error)
            except DisallowedAlgorithmError as error:
                raise Refusal("G22", str(error)) from error
            except (PathValidationError, ValidationError) as error:
                reasons.append(str(error))
        found = good or late
        if found is None:
            raise Refusal("G24", "; ".join(reasons) or "no path")
    if found is None:
        raise Refusal("G24", "no path")
    for certificate in found:
        _require_strong_key(certificate)
    return found, fault


def _context(
    trust: Trust,
    others: list[x509.Certificate],
    at: datetime,
    *,
    policy: CertRevTrustPolicy | None = None,
    signed_at: datetime | None = None,
) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(trust.roots),
        other_certs=[*trust.intermediates, *others],
        moment=at,
        best_signature_time=signed_at,
        crls=list(trust.crls),
        ocsps=list(trust.ocsps),
        allow_fetching=False,
        revinfo_policy=policy or CertRevTrustPolicy(NO_REVOCATION),
        weak_hash_algos={"md2", "md5", "sha1"},
    )


def _require_usage(signer: x509.Certificate, wanted: frozenset[str]) -> None:
    value = signer.key_usage_value
    present = set(value.native) if value is not None else set()
    if missing := wanted - present:
        raise Refusal("G25", f"the certificate lacks {', '.join(sorted(missing))}")
    if signer.ca:
        raise Refusal("G25", "the certificate is that of an authority")


async def _revocation(
    path: ValidationPath, trust: Trust, others: list[x509.Certificate], proved: datetime
) -> tuple[bool, list[str]]:
    """Say whether the path is cleared by data newer than `proved`, and which data are missing.

    Raises Refusal (G27) if the certificate, or one above it, was revoked by then.
    """
    rules, missing = RevocationCheckingRule, []
    needed, declared, no = rules.CRL_OR_OCSP_REQUIRED, rules.CHECK_IF_DECLARED, rules.NO_CHECK
    looks = [  # (the signer's certificate, those above it, data newer than)
        (needed, no, LONG_AGO, "any data on the certificate"),
        (no, declared, LONG_AGO, "data on an authority"),
        (needed, no, proved, "newer data on the certificate"),
    ]
    for own, above, newer_than, what in looks:
        policy = CertRevTrustPolicy(
            RevocationCheckingPolicy(own, above),
            freshness=timedelta(0),
            freshness_req_type=FreshnessReqType.TIME_AFTER_SIGNATURE,
        )
        context = _context(trust, others, proved, policy=policy, signed_at=newer_than)
        try:
            await async_validate_path(context, path)
        except RevokedError as error:
            if error.revocation_dt <= proved:
                raise Refusal("G27", str(error)) from error
        except InsufficientRevinfoError:
            missing.append(what)
    return not missing, missing


async def _token(
    info: cms.SignerInfo, trust: Trust, others: list[x509.Certificate], times: Times
) -> tuple[datetime | None, str]:
    """Return the time of the signature's timestamp, and what is wrong with it ("": nothing)."""
    found = list(generic_cms.extract_tst_data_iter(info, signed=False))
    if not found:
        return None, ""
    if len(found) > 1:
        return None, f"{len(found)} timestamps"
    return await _checked_token(
        found[0], generic_cms.message_imprint_checker(info), trust, others, times
    )


async def _checked_token(
    data: cms.SignedData, imprint: Any, trust: Trust, others: list[x509.Certificate], times: Times
) -> tuple[datetime | None, str]:
    context = _context(trust, others, times.received)
    try:
        facts = await generic_cms.validate_tst_signed_data(data, context, imprint)
    except (SignatureValidationError, CMSStructuralError, ValidationError, ValueError) as error:
        return None, f"the timestamp: {error}"
    if not (facts["intact"] and facts["valid"]):
        return None, "the timestamp is of something else, or broken"
    if facts.get("trust_problem_indic") is not None or facts.get("validation_path") is None:
        return None, "nobody known here vouches for the timestamp"
    if data["signer_infos"][0]["digest_algorithm"]["algorithm"].native not in HASHES:
        return None, "the timestamp uses an outdated hash"
    stamped: datetime = facts["timestamp"]
    return stamped, ""


async def _require_document_timestamp(
    stamp: EmbeddedPdfSignature, trust: Trust, times: Times
) -> None:
    _at, fault = await _checked_token(
        stamp.signed_data,
        stamp.compute_digest,
        trust,
        list(stamp.other_embedded_certs),
        times,
    )
    if fault:
        raise Refusal("G28", f"{stamp.fq_name}: {fault}")


def _require_possible_time(said: list[datetime], token: datetime | None, times: Times) -> None:
    first, last = times.handed_out - SLACK, times.received + SLACK
    known = [*said, *([token] if token else [])]
    if not known:
        raise Refusal("G29", "the signature says no time")
    for moment in known:
        if not first <= moment <= last:
            raise Refusal("G29", f"{moment.isoformat()}, allowed {first} to {last}")


async def _require_verdict_of_library(
    embedded: EmbeddedPdfSignature,
    trust: Trust,
    others: list[x509.Certificate],
    times: Times,
    key_usage: frozenset[str],
) -> None:
    """Ask the library for its whole verdict as well: a second opinion can only refuse (G23)."""
    context = _context(trust, others, times.received)
    status = await async_validate_pdf_signature(
        embedded,
        context,
        key_usage_settings=KeyUsageConstraints(key_usage=set(key_usage), match_all_key_usages=True),
    )
    if not status.bottom_line:
        raise Refusal("G23", f"the library's own verdict: {status.summary()}")


def _addresses(path: ValidationPath) -> list[dict[str, list[str]]]:
    """Return where each certificate of a good path says that revocation data are to be had."""
    return [
        {
            "crl": [point.url for point in row.crl_distribution_points if point.url],
            "ocsp": list(row.ocsp_urls),
        }
        for row in path
    ]
