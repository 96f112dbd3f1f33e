"""The evidence of one commitment version: everything that somebody needs who trusts neither us nor
our database. Read only; what is missing is named, never left out in silence.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from commitments.actions import documents
from commitments.documents import bundle, certificates
from commitments.enums.uploads import GateRule
from commitments.models import (
    CommitmentVersion,
    ExternalUpload,
    SealCertificate,
    SealUse,
    SignatureAct,
    SignerCertificate,
    TrustSet,
)
from units.actions import checkpoints, register
from units.models import RegisterEntry
from units.rules import canonical

REPORT = "commitments/bundles/report.html"
LANGUAGES = ("vi", "en")
FACTORS = ("account.enrol_factor", "account.remove_factor", "account.reset_factor")


def bundle_of(version: CommitmentVersion) -> bytes:
    """Return the evidence of an issued version as one archive; equal state gives equal bytes.

    What can be checked in it and how is written in `commitments/standalone/verify_bundle.py`, which
    travels along. Raises ValueError for a draft.
    """
    return bundle.pack(files_of(version))


def files_of(version: CommitmentVersion) -> dict[str, bytes]:
    """Return the files of the evidence by name, less the manifest. Raises ValueError for a draft."""
    document = version.sealed
    acts = [_act(act) for act in _acts(version)]
    seals, uploads = _seals(version), _uploads(version)
    proofs = checkpoints.receipts_of(_entries(version, acts, uploads))
    revisions = [_revision(row) for row in document.revisions.defer("tail").order_by("no")]
    is_sealed = any(row["kind"] != "rendered" for row in revisions)
    said: dict[str, Any] = {
        "commitment.json": _commitment(version),
        "revisions.json": revisions,
        "slots.json": documents.read_content(document)["slots"],
        "receipts.json": [_receipt(row) for row in document.receipts.order_by("pk")],
        "absent.json": ["certificate of the seal"] if is_sealed and not seals else [],
        **{f"acts/{n:02}-{act['act']}.json": act for n, act in enumerate(acts, start=1)},
        **{f"uploads/{n:02}-{row.rule or 'accepted'}.json": _upload(row) for n, row in uploads},
        **{f"register/{_place(proof)}.json": proof for proof in proofs},
    }
    files = {name: canonical.text(value).encode() for name, value in said.items()}
    files["document.pdf"] = documents.bytes_of(document)
    files["content.json"] = document.content.encode()
    files |= seals | _trusted(uploads)
    for act in _acts(version):
        if act.consent is not None:
            files[f"consents/{act.consent.sha256}.txt"] = act.consent.body.encode()
    for program in Path(settings.BASE_DIR).glob("*/standalone/verify_*.py"):
        files[program.name] = program.read_bytes()
    for language in LANGUAGES:
        files[f"report.{language}.html"] = _report(version, acts, uploads, said, language)
    return files


class Proved(NamedTuple):
    """An act and what proves its entry, as `checkpoints.receipt_of` says it."""

    act: SignatureAct
    receipt: dict[str, Any]


def receipts_of(version: CommitmentVersion) -> list[Proved]:
    """Return each act on `version` that the register knows, oldest first, with its receipt."""
    if version.document_id is None:
        return []
    rows = SignatureAct.objects.filter(slot__document=version.document_id).order_by("pk")
    acts = list(rows.select_related("slot", "step_up_use__step_up"))
    told = {
        register.data_of(entry).get("statement_sha256"): entry
        for entry in RegisterEntry.objects.about("commitment_version", version.ref)
    }
    known = [
        (act, told[statement])
        for act in acts
        if (statement := act.step_up_use.step_up.statement_sha256) in told
    ]
    proofs = checkpoints.receipts_of(entry for _act, entry in known)
    return [Proved(act, proof) for (act, _entry), proof in zip(known, proofs, strict=True)]


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _commitment(version: CommitmentVersion) -> dict[str, Any]:
    content = documents.read_content(version.sealed)
    return {
        "v": 1,
        "ref": version.commitment.ref,
        "number": content["number"],
        "version": version.n,
        "code": version.sealed.code,
        "state": version.state,
        "content_sha256": version.sealed.content_sha256,
        "terms_sha256": version.sealed.terms_sha256,
        "demonstration": content["demonstration"],
    }


def _revision(row: Any) -> dict[str, Any]:
    fields = ("no", "kind", "length", "sha256", "prev_sha256", "level_asked", "level_reached")
    return {name: getattr(row, name) for name in fields}


def _receipt(row: Any) -> dict[str, Any]:
    return {
        "uuid": str(row.uuid),
        "content_sha256": row.content_sha256,
        "revision_sha256": row.revision_sha256,
        "form": row.form,
        "language": row.language,
        "at": _instant(row.at),
    }


def _acts(version: CommitmentVersion) -> list[SignatureAct]:
    rows = SignatureAct.objects.filter(slot__document=version.sealed).select_related(
        "slot", "consent", "receipt", "revision", "upload", "step_up_use__step_up"
    )
    return list(rows.order_by("pk"))


def _act(act: SignatureAct) -> dict[str, Any]:
    use = act.step_up_use
    return {
        "uuid": str(act.uuid),
        "act": act.act,
        "slot": act.slot.ordinal,
        "field": act.slot.field_name,
        "grade": act.grade,
        "at": _instant(act.at),
        "as_printed": act.as_printed,
        "receipt": str(act.receipt.uuid),
        "consent_sha256": act.consent.sha256 if act.consent else None,
        "reason": use.step_up.reason,
        "statement": use.step_up.statement,
        "statement_sha256": use.step_up.statement_sha256,
        "method": use.method,
        "credential": use.credential,
        "proof": json.loads(use.proof),
        "used_at": _instant(use.used_at),
        "expires_at": _instant(use.expires_at),
        "revision": act.revision.no if act.revision else None,
        "upload": str(act.upload.uuid) if act.upload else None,
    }


def _uploads(version: CommitmentVersion) -> list[tuple[int, ExternalUpload]]:
    """Return every file that came back from outside, accepted or refused, numbered from 1."""
    rows = ExternalUpload.objects.filter(hand_out__slot__document=version.sealed)
    rows = rows.select_related(
        "hand_out__slot", "hand_out__step_up_use__step_up", "trust_set", "certificate"
    )
    found = rows.select_related("revision").defer("revision__tail").prefetch_related("checks")
    return list(enumerate(found.order_by("pk"), start=1))


def _upload(row: ExternalUpload) -> dict[str, Any]:
    """Return the gate's verdict on one file. The bytes of an accepted one are those of its revision;
    those of a refused one stay out: they may be anything, and only their hash was recorded."""
    taken = row.hand_out
    return {
        "uuid": str(row.uuid),
        "slot": taken.slot.ordinal,
        "base_no": taken.base_no,
        "base_sha256": taken.base_sha256,
        "handed_out_at": _instant(taken.handed_out_at),
        "statement_sha256": taken.step_up_use.step_up.statement_sha256,
        "received_at": _instant(row.received_at),
        "sha256": row.sha256,
        "length": row.length,
        "rule": row.rule,
        "report": row.report,
        "gate_version": row.gate_version,
        "trust_set_sha256": row.trust_set.sha256 if row.trust_set else None,
        "revision": row.revision.no if row.revision else None,
        "certificate_sha256": row.certificate.fingerprint if row.certificate else None,
        "cms_sha256": row.cms_sha256,
        "checks": [
            {"state": check.state, "report": check.report, "at": _instant(check.at)}
            for check in sorted(row.checks.all(), key=lambda check: check.pk)
        ],
    }


def _trusted(uploads: list[tuple[int, ExternalUpload]]) -> dict[str, bytes]:
    """Return the certificates that signed outside, and whom they had to lead to, by their hashes."""
    signers = {row.certificate for _n, row in uploads if row.certificate}
    files = {
        f"signers/{row.fingerprint}.pem": certificates.as_pem(
            [certificates.read(bytes(row.der))]
        ).encode()
        for row in signers
    }
    for trust_set in {row.trust_set for _n, row in uploads if row.trust_set}:
        parts = ("roots", "intermediates", "hosts")
        text = canonical.text({name: getattr(trust_set, name) for name in parts})
        files[f"trust/{trust_set.sha256}.json"] = text.encode()
    return files


def _seals(version: CommitmentVersion) -> dict[str, bytes]:
    """Return the chains of the seals that closed and signed this document, by their fingerprint."""
    uses = SealUse.objects.filter(out_sha256__in=version.sealed.revisions.values("sha256"))
    found = SealCertificate.objects.filter(uses__in=uses).distinct()
    return {f"certificates/{row.fingerprint}.pem": row.chain.encode() for row in found}


def _entries(
    version: CommitmentVersion,
    acts: list[dict[str, Any]],
    uploads: list[tuple[int, ExternalUpload]],
) -> list[RegisterEntry]:
    """Return what the register says of this version, of the passkeys that confirmed its acts, and of
    files that came back from outside with the certificates in them."""
    about = list(RegisterEntry.objects.about("commitment_version", version.ref))
    about += RegisterEntry.objects.about("document", version.sealed.code)
    signers: set[SignerCertificate] = {row.certificate for _n, row in uploads if row.certificate}
    trusted: set[TrustSet] = {row.trust_set for _n, row in uploads if row.trust_set}
    for kind, rows in (("certificate", signers), ("trust_set", trusted)):
        about += RegisterEntry.objects.about(kind, *sorted(str(row.pk) for row in rows))
    keys = {act["credential"] for act in acts if act["method"] == "passkey"}
    people = {json.loads(act["statement"])["user"] for act in acts if act["credential"] in keys}
    told = RegisterEntry.objects.about("person", *people).filter(kind__in=FACTORS)
    return about + [entry for entry in told if _keys_in(entry) & keys]


def _keys_in(entry: RegisterEntry) -> set[str]:
    data = register.data_of(entry)
    return {data.get("credential", ""), *data.get("credentials", "").split(", ")}


def _place(proof: dict[str, Any]) -> str:
    if proof["seq"] is None:
        return "pending-" + json.loads(proof["entry"])["id"]
    return f"{proof['seq']:012}"


def _report(
    version: CommitmentVersion,
    acts: list[dict[str, Any]],
    uploads: list[tuple[int, ExternalUpload]],
    said: dict[str, Any],
    language: str,
) -> bytes:
    context = {
        "language": language,
        "version": version,
        "content": documents.read_content(version.sealed),
        "revisions": said["revisions.json"],
        "acts": [
            act | {"printed": json.loads(row.as_printed), "row": row}
            for act, row in zip(acts, _acts(version), strict=True)
        ],
        "uploads": [
            {"row": row, "rule": GateRule(row.rule) if row.rule else None} for _n, row in uploads
        ],
        "proofs": [
            {"said": json.loads(value["entry"]), **value}
            for name, value in sorted(said.items())
            if name.startswith("register/")
        ],
    }
    with translation.override(language):
        return render_to_string(REPORT, context).encode()
