"""The ceremony of every act of a signatory: open, declare, confirm with a factor.

`open_reading` leaves a receipt of what was shown, `prepare` a statement to be confirmed, `confirm`
checks the factor, has the bytes sealed outside every lock, and commits the act with them. What each act does to the version stands in `outcomes`.
"""

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import (
    checks,
    documents,
    outcomes,
    reasons,
    revocations,
    sealing,
    slots,
    stepups,
    versions,
)
from commitments.actions.documents import Addition
from commitments.actions.slots import Place
from commitments.enums import FactorMethod, Grade, ReadForm, RevisionKind, VersionAct
from commitments.models import (
    CommitmentVersion,
    DocumentRevision,
    ExternalUpload,
    SignatureAct,
    StepUp,
    StepUpUse,
    ViewReceipt,
)
from units.errors import Conflict, Invalid, NotFound
from units.models import User
from units.rules import canonical


@transaction.atomic
def open_reading(
    *,
    version_id: int,
    act: VersionAct,
    by: User,
    at: datetime,
    language: str,
    form: ReadForm = ReadForm.PAGE,
) -> ViewReceipt:
    """Note that `by` is shown the content now, in order to `act`; return the receipt.

    Raises NotAllowed, WrongState, Conflict (see `slots.place_for`).
    """
    version = versions.lock(version_id)
    _require_ceremony(act, version)
    slots.place_for(act, version, by=by, at=at)
    document = version.sealed
    return ViewReceipt.objects.create(
        uuid=uuid.uuid4(),
        person=by,
        document=document,
        content_sha256=document.content_sha256,
        revision_sha256=documents.last_revision(document).sha256,
        form=form,
        language=language,
        at=at,
    )


@transaction.atomic
def require_possible(*, version_id: int, act: VersionAct, by: User, at: datetime) -> None:
    """Raise what `open_reading` would raise now; write nothing."""
    version = versions.lock(version_id)
    _require_ceremony(act, version)
    slots.place_for(act, version, by=by, at=at)


def _require_ceremony(act: VersionAct, version: CommitmentVersion) -> None:
    if act not in slots.CEREMONY:
        raise NotFound(
            _("There is no such act. Open the commitment to see what you can do."),
            code="act-not-found",
        )
    versions.require_state(act, version)


@transaction.atomic
def prepare(
    *,
    receipt_uuid: uuid.UUID,
    act: VersionAct,
    by: User,
    expected: int,
    at: datetime,
    real_at: datetime,
    session_key: str,
    agreed: bool = False,
    reason: Mapping[str, Any] | None = None,
    outside: bool = False,
) -> StepUp:
    """Write the statement that a factor will confirm, valid for STEP_UP_TTL seconds; return it.

    `expected`: version of the row that was read. `agreed`: the box under the declaration was
    ticked, needed to sign or countersign. `reason`: for a return {"items": [{"ordinal": int or
    None, "code", "text"}]}, for a refusal {"code", "text"}, for a void {"text", "mandate": ref or
    ""}. `outside`: the file is taken away to be signed, see `uploads`. `session_key`: of the login; the step-up is useless in any other. Raises as `slots.place_for`,
    StaleVersion, WrongState, Invalid (consent-missing, reason-missing, text-too-long), Conflict (grade-required).
    """
    step_up = stated(
        receipt_uuid=receipt_uuid,
        act=act,
        by=by,
        expected=expected,
        at=at,
        real_at=real_at,
        session_key=session_key,
        agreed=agreed,
        reason=reason,
        outside=outside,
    )
    step_up.save()
    return step_up


def stated(
    *,
    receipt_uuid: uuid.UUID,
    act: VersionAct,
    by: User,
    expected: int,
    at: datetime,
    real_at: datetime,
    session_key: str,
    agreed: bool,
    reason: Mapping[str, Any] | None = None,
    outside: bool = False,
) -> StepUp:
    """Return the step-up that `prepare` writes, not yet written; the version is locked."""
    receipt = (
        ViewReceipt.objects.filter(uuid=receipt_uuid, person=by)
        .select_related("document__version")
        .first()
    )
    if receipt is None:
        raise NotFound(
            _("Open the commitment again: this page was not shown to you."),
            code="receipt-not-found",
        )
    version = versions.lock(receipt.document.version.pk)
    versions.require_move(act, version, expected)
    place = slots.place_for(act, version, by=by, at=at)
    slots.require_grade(place.slot, act, Grade.PERSONAL if outside else Grade.ONLINE)
    consent = stepups.consent_in_force(stepups.consent_key(act, version), receipt.language, at=at)
    if consent is not None and not agreed:
        raise Invalid(
            _("Tick the box to say that you have read the commitment and undertake it."),
            code="consent-missing",
            fields={"agreed": [_("Tick this box to go on.")]},
        )
    typed = canonical.text(reasons.checked(act, version, reason or {}, at=at))
    issued_at = real_at.isoformat()
    statement = stepups.statement_of(
        act,
        version,
        place,
        by,
        receipt,
        consent,
        typed,
        nonce=secrets.token_hex(32),
        issued_at=issued_at,
        outside=outside,
    )
    return StepUp(
        uuid=uuid.uuid4(),
        user=by,
        session_key_sha256=canonical.sha256_hex(session_key),
        act=act,
        slot=place.slot,
        receipt=receipt,
        consent=consent,
        statement=statement,
        statement_sha256=canonical.sha256_hex(statement),
        reason=typed,
        created_at=real_at,
        expires_at=real_at + timedelta(seconds=settings.STEP_UP_TTL),
    )


@stepups.refusals_noted("step_up_uuid")
def confirm(
    *,
    step_up_uuid: uuid.UUID,
    by: User,
    at: datetime,
    real_at: datetime,
    session_key: str,
    code: str = "",
    credential: str = "",
) -> SignatureAct:
    """Check the factor and commit the act; return it. The same answer again returns the same act.

    `code`: of an authenticator; `credential`: a passkey's answer, JSON. Nothing is written when the
    answer is wrong but the failure itself. Raises NotFound (step-up-not-found), Conflict
    (step-up-expired, step-up-spent, factor-rests, step-up-elsewhere, revision-moved, code-used and those of
    `slots.place_for`), Invalid (code-wrong, passkey-wrong, factor-missing), WrongState, StaleVersion.
    """
    step_up = stepups.find(step_up_uuid, by=by, session_key=session_key)
    if step_up.is_outside:
        raise Conflict(
            _("This confirmation takes the file away and signs nothing. Start again."),
            code="step-up-elsewhere",
        )
    version = CommitmentVersion.objects.get(document=step_up.receipt.document_id)
    with transaction.atomic():  # the cheap look before the factor: nothing is spent on a lost cause
        locked = versions.lock(version.pk)
        if (done := _act_of(step_up)) is not None:
            return done
        stepups.require_usable(step_up, real_at=real_at)
        place = stepups.place_as_stated(step_up, locked, by=by, at=at)
    answers = stepups.checked_factor(
        step_up, by=by, at=at, real_at=real_at, code=code, credential=credential
    )
    shown = sealed(step_up, place, by=by, method=answers.method, at=at)
    with transaction.atomic():
        version = versions.lock(version.pk)
        if (done := _act_of(step_up)) is not None:
            return done
        stepups.require_usable(step_up, real_at=real_at)  # others may have guessed meanwhile
        place = stepups.place_as_stated(step_up, version, by=by, at=at)
        use = stepups.spend(step_up, answers, real_at=real_at)
        return commit(version, step_up, place, use, shown, by=by, at=at)


class Shown(NamedTuple):
    """What an act leaves to be seen. `added`: None for acts that leave the file alone."""

    printed: dict[str, Any]
    added: Addition | None


def sealed(step_up: StepUp, place: Place, *, by: User, method: str, at: datetime) -> Shown:
    """Return what the act shows, its bytes sealed already.

    Slow; outside every transaction. Raises what `sealing.sign` and `checks.require_valid` raise.
    """
    act, document = VersionAct(step_up.act), step_up.receipt.document
    printed = sealing.printed_of(place.office, by)
    if act not in slots.SIGNING:
        return Shown(printed, None)
    if act == VersionAct.COUNTERSIGN:
        revocations.require_clear(document)
        checks.require_valid(document)
    stamped = sealing.Act(
        field=place.slot.field_name,
        grade=Grade.ONLINE,
        printed=printed,
        method=FactorMethod(method),
        at=at,
    )
    return Shown(printed, sealing.sign(document, stamped))


def commit(
    version: CommitmentVersion,
    step_up: StepUp,
    place: Place,
    use: StepUpUse,
    shown: Shown,
    *,
    by: User,
    at: datetime,
) -> SignatureAct:
    """Write the act of a confirmed statement, its bytes and what it does to the locked version.

    Raises Conflict: revision-moved when the bytes continue a revision that is no longer the last,
    revision-invalid when one was found wrong meanwhile.
    """
    revision = None
    if shown.added is not None:
        checks.refuse_invalid(version.sealed)
        if step_up.act == VersionAct.COUNTERSIGN:
            revocations.require_clear(version.sealed)
        revision = documents.append_revision(version.sealed, shown.added, kind=RevisionKind.ACT)
    act = write_act(step_up, place, use, shown, revision, by=by, at=at)
    outcomes.OF[VersionAct(step_up.act)](version, act, by, at)
    return act


def _act_of(step_up: StepUp) -> SignatureAct | None:
    return SignatureAct.objects.filter(step_up_use__step_up=step_up).first()


def write_act(
    step_up: StepUp,
    place: Place,
    use: StepUpUse,
    shown: Shown,
    revision: DocumentRevision | None,
    *,
    by: User,
    at: datetime,
    grade: Grade = Grade.ONLINE,
    upload: ExternalUpload | None = None,
) -> SignatureAct:
    """Write an act inside the caller's transaction; return it. `upload`: of a personal signature.

    Raises Conflict (grade-required).
    """
    slots.require_grade(place.slot, step_up.act, grade)
    typed = json.loads(step_up.reason)
    return SignatureAct.objects.create(
        uuid=uuid.uuid4(),
        slot=place.slot,
        act=step_up.act,
        grade=grade,
        person=by,
        appointment=place.office,
        as_printed=canonical.text(shown.printed),
        receipt=step_up.receipt,
        consent=step_up.consent,
        step_up_use=use,
        reason=typed.get("text", ""),
        reason_code=typed.get("code", ""),
        revision=revision,
        upload=upload,
        at=at,
    )
