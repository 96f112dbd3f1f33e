"""Signing with one's own certificate: the file is handed out, signed elsewhere, and let in again.

A factor confirms that the person takes exactly this revision away to sign it. What comes back is
judged by the gate outside every lock; a good one is committed like an online act, and the file is
the document's next revision, byte for byte. A refused one leaves rule, report and its bytes.
"""

import hashlib
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import (
    checks,
    documents,
    outcomes,
    revocations,
    sealing,
    signatures,
    slots,
    stepups,
    trust,
    versions,
)
from commitments.actions.revocations import Judged
from commitments.documents import gate
from commitments.enums import Grade, RevisionKind, SignatureLevel, VersionAct
from commitments.enums.uploads import GateRule
from commitments.models import (
    CommitmentVersion,
    ExternalUpload,
    HandOut,
    RefusedFile,
    SealUse,
    SignerCertificateConfirmation,
    StepUp,
    TrustSet,
)
from units.actions import register
from units.errors import Conflict, Invalid, NotFound, Refused
from units.models import User

OPEN_FOR = timedelta(minutes=30)  # from handing out to the last upload
KEPT = timedelta(days=90)  # bytes of a refused file
MAX_REFUSALS, REFUSED_WITHIN = 10, timedelta(days=1)  # of one slot, then a pause
MAX_BYTES = 32 * 1024 * 1024  # read of any upload; the gate's own bound is far lower


def can_sign_outside(act: VersionAct, *, by: User) -> bool:
    """Say whether `by` may take files away to sign them: somebody is trusted, a certificate known."""
    return act in slots.SIGNING and trust.in_force() is not None and bool(trust.certificates_of(by))


def _require_set_up(act: VersionAct, *, by: User) -> TrustSet:
    trust_set = trust.in_force()
    if act not in slots.SIGNING or trust_set is None or not trust.certificates_of(by):
        raise Conflict(
            _(
                "You cannot sign with a certificate of your own yet. Ask two administrators to register it."
            ),
            code="certificate-not-registered",
        )
    return trust_set


@stepups.refusals_noted("step_up_uuid")
def hand_out(
    *,
    step_up_uuid: uuid.UUID,
    by: User,
    at: datetime,
    real_at: datetime,
    session_key: str,
    code: str = "",
    credential: str = "",
) -> HandOut:
    """Check the factor and let `by` take the newest revision away; return the row. The same answer
    again returns the same row.

    Raises what `signatures.confirm` raises, and Conflict (certificate-not-registered).
    """
    step_up = stepups.find(step_up_uuid, by=by, session_key=session_key)
    if not step_up.is_outside:
        raise Conflict(
            _("This confirmation signs here and takes no file away. Start again."),
            code="step-up-elsewhere",
        )
    act = VersionAct(step_up.act)
    version = CommitmentVersion.objects.get(document=step_up.receipt.document_id)
    with transaction.atomic():
        locked = versions.lock(version.pk)
        if (done := _hand_out_of(step_up)) is not None:
            return done
        _require_set_up(act, by=by)
        stepups.require_usable(step_up, real_at=real_at)
        stepups.place_as_stated(step_up, locked, by=by, at=at)
    answers = stepups.checked_factor(
        step_up, by=by, at=at, real_at=real_at, code=code, credential=credential
    )
    with transaction.atomic():
        version = versions.lock(version.pk)
        if (done := _hand_out_of(step_up)) is not None:
            return done
        stepups.require_usable(step_up, real_at=real_at)
        place = stepups.place_as_stated(step_up, version, by=by, at=at)
        use = stepups.spend(step_up, answers, real_at=real_at)
        last = documents.last_revision(version.sealed)
        if last.no == 0:
            raise documents.not_sealed(version.sealed)
        row = HandOut.objects.create(
            uuid=uuid.uuid4(),
            slot=place.slot,
            person=by,
            step_up_use=use,
            base_no=last.no,
            base_sha256=last.sha256,
            handed_out_at=real_at,
            expires_at=real_at + OPEN_FOR,
        )
        data = {"revision_no": last.no, "revision_sha256": last.sha256, "slot": place.slot.ordinal}
        _enter("hand_out", version, data, by=by, at=at)
        return row


def _hand_out_of(step_up: StepUp) -> HandOut | None:
    return HandOut.objects.filter(step_up_use__step_up=step_up).first()


def file_of(row: HandOut) -> bytes:
    """Return exactly the bytes that were handed out."""
    return documents.bytes_of(row.slot.document, no=row.base_no)


def find(hand_out_uuid: uuid.UUID, *, by: User) -> HandOut:
    """Return what was handed out to `by`. Raises NotFound (hand-out-not-found)."""
    rows = HandOut.objects.select_related(
        "slot__document", "slot__office", "step_up_use__step_up__receipt"
    )
    row = rows.filter(uuid=hand_out_uuid, person=by).first()
    if row is None:
        raise NotFound(
            _("Nothing was handed out to you here. Open the commitment and start again."),
            code="hand-out-not-found",
        )
    return row


def offer(
    *, hand_out_uuid: uuid.UUID, data: bytes, by: User, at: datetime, real_at: datetime
) -> ExternalUpload:
    """Judge a file that `by` has signed and, if it is good, commit the act; return what became of it.

    `data`: the whole file. The same good file again returns the same row. Takes seconds: never call
    it inside a transaction. Raises NotFound (hand-out-not-found), Invalid (upload-missing), Conflict
    (uploads-pause), Unavailable (gate-busy).
    """
    row = find(hand_out_uuid, by=by)
    if not data:
        text = _("Choose the signed file.")
        raise Invalid(text, code="upload-missing", fields={"file": [text]})
    if (done := _accepted(row, data)) is not None:
        return done
    _require_no_pause(row, real_at=real_at)
    trust_set = trust.in_force()
    try:
        if real_at > row.expires_at or trust_set is None:
            raise _Shut(GateRule.LINK, "")
        _require_unmoved(row, by=by, at=at)
        found = revocations.judge(row, data, trust_set=trust_set, received=real_at)
        if not found.verdict.accepted:
            raise _Shut(GateRule(found.verdict.rule), found.verdict.why)
        _require_own(found.verdict.facts["fingerprint"], by=by)
        return _commit(row, data, found, trust_set, by=by, at=at, real_at=real_at)
    except _Shut as shut:
        return _refuse(row, data, shut, trust_set, by=by, at=at, real_at=real_at)


class _Shut(Exception):
    """The file is refused by a rule. `said`: for the person, where the rule alone says too little."""

    def __init__(self, rule: GateRule, why: str, said: str = "") -> None:
        self.rule, self.why, self.said = rule, why, said
        super().__init__(f"{rule}: {why}")


def _accepted(row: HandOut, data: bytes) -> ExternalUpload | None:
    return row.uploads.filter(rule="", sha256=hashlib.sha256(data).hexdigest()).first()


def _require_no_pause(row: HandOut, *, real_at: datetime) -> None:
    lately = ExternalUpload.objects.filter(
        hand_out__slot=row.slot_id, received_at__gt=real_at - REFUSED_WITHIN
    ).exclude(rule="")
    if lately.count() >= MAX_REFUSALS:
        raise Conflict(
            _(
                "Ten files were refused here within a day. Wait until tomorrow, or ask the administrator what is wrong with them."
            ),
            code="uploads-pause",
        )


def _require_unmoved(row: HandOut, *, by: User, at: datetime) -> None:
    """Raise _Shut (G33) where something has happened since; the lock is asked again at the end."""
    step_up = row.step_up_use.step_up
    with transaction.atomic():
        version = versions.lock(CommitmentVersion.objects.get(document=row.slot.document_id).pk)
        _place(step_up, version, by=by, at=at)
    if step_up.act == VersionAct.COUNTERSIGN:
        try:
            checks.require_valid(row.slot.document)
        except Refused as error:
            raise _Shut(GateRule.MOVED, error.code, str(error.message)) from error


def _place(step_up: StepUp, version: CommitmentVersion, *, by: User, at: datetime) -> slots.Place:
    try:
        checks.refuse_invalid(version.sealed)
        if step_up.act == VersionAct.COUNTERSIGN:
            revocations.require_clear(version.sealed)
        return stepups.place_as_stated(step_up, version, by=by, at=at)
    except Refused as error:
        raise _Shut(GateRule.MOVED, error.code, str(error.message)) from error


def _require_own(fingerprint: str, *, by: User) -> int:
    """Return the id of the registered certificate; raise _Shut (G30, G31)."""
    found = SignerCertificateConfirmation.objects.filter(fingerprint=fingerprint).first()
    if found is None:
        raise _Shut(GateRule.UNREGISTERED, fingerprint)
    if found.person_id != by.pk:
        raise _Shut(GateRule.NOT_YOURS, "registered for somebody else")
    if found.certificate_id not in {row.pk for row in trust.certificates_of(by)}:
        raise _Shut(GateRule.NOT_YOURS, "its use has ended")
    return int(found.certificate_id)


@transaction.atomic
def _commit(
    row: HandOut,
    data: bytes,
    found: Judged,
    trust_set: TrustSet,
    *,
    by: User,
    at: datetime,
    real_at: datetime,
) -> ExternalUpload:
    """Write upload, revision and act; raise _Shut (G30 to G33) for what happened meanwhile."""
    facts, step_up, document = found.verdict.facts, row.step_up_use.step_up, row.slot.document
    version = versions.lock(CommitmentVersion.objects.get(document=document.pk).pk)
    if (done := _accepted(row, data)) is not None:
        return done
    place = _place(step_up, version, by=by, at=at)
    certificate = _require_own(facts["fingerprint"], by=by)
    cms = facts["cms_sha256"]
    known = ExternalUpload.objects.filter(cms_sha256=cms)
    if known.exists() or SealUse.objects.filter(cms_sha256=cms).exists():
        raise _Shut(GateRule.REUSED, cms)
    level = SignatureLevel.B_T if facts["token_at"] else SignatureLevel.B_B
    base = file_of(row)
    added = documents.addition(row.base_no, base, data, asked=level, reached=level)
    try:
        revision = documents.append_revision(document, added, kind=RevisionKind.ACT)
    except Conflict as error:
        raise _Shut(GateRule.MOVED, error.code, str(error.message)) from error
    upload = ExternalUpload.objects.create(
        uuid=uuid.uuid4(),
        hand_out=row,
        sha256=added.sha256,
        length=added.length,
        report=_report("", "", facts),
        gate_version=gate.VERSION,
        trust_set=trust_set,
        revision=revision,
        certificate_id=certificate,
        cms_sha256=cms,
        received_at=real_at,
    )
    revocations.note(upload, revocations.state_after(found.verdict), found)
    shown = signatures.Shown(sealing.printed_of(place.office, by), added)
    act = signatures.write_act(
        step_up,
        place,
        row.step_up_use,
        shown,
        revision,
        by=by,
        at=at,
        grade=Grade.PERSONAL,
        upload=upload,
    )
    outcomes.OF[VersionAct(step_up.act)](version, act, by, at)
    return upload


@transaction.atomic
def _refuse(
    row: HandOut,
    data: bytes,
    shut: _Shut,
    trust_set: TrustSet | None,
    *,
    by: User,
    at: datetime,
    real_at: datetime,
) -> ExternalUpload:
    version = versions.lock(CommitmentVersion.objects.get(document=row.slot.document_id).pk)
    upload = ExternalUpload.objects.create(
        uuid=uuid.uuid4(),
        hand_out=row,
        sha256=hashlib.sha256(data).hexdigest(),
        length=len(data),
        rule=shut.rule,
        report=_report(shut.why, shut.said, {}),
        gate_version=gate.VERSION,
        trust_set=trust_set,
        received_at=real_at,
    )
    RefusedFile.objects.create(upload=upload, data=data, keep_until=real_at + KEPT)
    said = {"rule": shut.rule.value, "upload_sha256": upload.sha256, "slot": row.slot.ordinal}
    _enter("refuse_upload", version, said, by=by, at=at)
    return upload


def _report(why: str, said: str, facts: dict[str, Any]) -> str:
    return json.dumps({"why": why, "said": said, "facts": facts}, sort_keys=True)


def _enter(
    act: str, version: CommitmentVersion, data: dict[str, Any], *, by: User, at: datetime
) -> None:
    register.append(
        kind=f"document.{act}",
        subject=f"document/{version.sealed.code}",
        subject_version=None,
        reach=versions.reach(version),
        by=by,
        at=at,
        data=data,
    )


def forget_refused(*, real_at: datetime) -> int:
    """Delete the bytes of refused files that were kept long enough; their verdicts stay."""
    deleted, _rows = RefusedFile.objects.filter(keep_until__lt=real_at).delete()
    return deleted
