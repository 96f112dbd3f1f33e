"""The extra proof at the moment of an act: the statement, the factor over it, its single use."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import documents, slots, versions
from commitments.actions.slots import Place
from commitments.enums import FactorMethod, VersionAct
from commitments.models import (
    CommitmentVersion,
    ConsentText,
    StepUp,
    StepUpFailure,
    StepUpUse,
    TotpStepUsed,
    ViewReceipt,
)
from commitments.rules.signatures import CONSENT, GUESSES_WITHIN, MAX_FAILURES, MAX_GUESSES
from units import clock
from units.actions import factors, register
from units.errors import Conflict, Invalid, NotFound, Refused
from units.models import User
from units.rules import canonical

Done = TypeVar("Done")


def consent_key(act: VersionAct, version: CommitmentVersion) -> str:
    """Return under which key CONSENT has the declaration for `act` on `version`."""
    return "takeover" if act == VersionAct.SIGN and version.is_takeover else act.value


def declaration(key: str, language: str, *, at: datetime) -> ConsentText | None:
    """Return the declaration under `key` in `language` to be shown; None for acts without one. Nothing
    is written: a text that was never agreed to is stored with the first statement."""
    body = CONSENT.get((key, language))
    if body is None:
        return None
    stored = ConsentText.objects.filter(key=key, language=language).order_by("-number")
    newest = stored.first()
    if newest is not None and newest.body == body:
        return newest
    return ConsentText(
        key=key,
        language=language,
        number=newest.number + 1 if newest else 1,
        body=body,
        sha256=canonical.sha256_hex(body),
        in_force_from=clock.local_date(at),
    )


def consent_in_force(key: str, language: str, *, at: datetime) -> ConsentText | None:
    """Return the stored declaration under `key` in `language`; None for acts without one.

    A text that differs from the newest stored one is stored under the next number.
    """
    shown = declaration(key, language, at=at)
    if shown is None or not shown._state.adding:
        return shown
    kept, _created = ConsentText.objects.get_or_create(
        key=shown.key,
        language=shown.language,
        number=shown.number,
        defaults={
            "body": shown.body,
            "sha256": shown.sha256,
            "in_force_from": shown.in_force_from,
        },
    )
    return kept


def statement_of(
    act: VersionAct,
    version: CommitmentVersion,
    place: Place,
    by: User,
    receipt: ViewReceipt,
    consent: ConsentText | None,
    typed: str,
    *,
    nonce: str,
    issued_at: str,
    outside: bool = False,
) -> str:
    """Return what a factor confirms, from present data: who does what, where, to which bytes.

    `outside`: they are taken away, to be signed with the person's own certificate.
    """
    document = version.sealed
    revision = documents.last_revision(document)
    return canonical.text(
        {
            "v": 1,
            "act": act.value,
            "commitment": version.commitment.ref,
            "version": version.n,
            "row_version": version.etag_version,
            "content_sha256": document.content_sha256,
            "revision_no": revision.no,
            "revision_sha256": revision.sha256,
            "slot": place.slot.ordinal,
            "user": by.username,
            "office": place.office.position.ref,
            "appointment": place.office.ref,
            "form": place.office.form,
            "consent_sha256": consent.sha256 if consent else None,
            "receipt": str(receipt.uuid),
            "reason_sha256": canonical.sha256_hex(typed),
            "nonce": nonce,
            "issued_at": issued_at,
            **({"outside": True} if outside else {}),
        }
    )


def refusals_noted(name: str) -> Callable[[Callable[..., Done]], Callable[..., Done]]:
    """Return a decorator: a proof that comes too late, again, from elsewhere or for what has moved on
    leaves its entry. `name`: the argument that names it, "step_up_uuid" or "batch_uuid".

    Wrong answers are entered where they are counted, and want of a right at the door.
    """

    def decorated(confirm: Callable[..., Done]) -> Callable[..., Done]:
        @wraps(confirm)
        def confirmed(**asked: Any) -> Done:
            try:
                return confirm(**asked)
            except (Conflict, NotFound) as refused:
                _note_refusal(name, asked, refused)
                raise

        return confirmed

    return decorated


def _note_refusal(name: str, asked: Mapping[str, Any], refused: Refused) -> None:
    field = "uuid" if name == "step_up_uuid" else "batch__uuid"
    step_up = StepUp.objects.filter(**{field: asked[name]}).order_by("pk").first()
    if step_up is not None:  # else somebody has typed an address: nothing to enter it under
        _record_failure(step_up, refused.code, by=asked["by"], at=asked["at"])


def find(step_up_uuid: UUID, *, by: User, session_key: str) -> StepUp:
    rows = StepUp.objects.select_related("receipt__document", "consent", "slot__office")
    step_up = rows.filter(uuid=step_up_uuid, user=by).first()
    if step_up is None:
        raise NotFound(
            _("This confirmation is not yours or does not exist. Start again."),
            code="step-up-not-found",
        )
    if step_up.session_key_sha256 != canonical.sha256_hex(session_key):
        raise Conflict(
            _("This confirmation was begun in another login. Start again here."),
            code="step-up-elsewhere",
        )
    return step_up


def require_usable(step_up: StepUp, *, real_at: datetime) -> None:
    if step_up.failures.count() >= MAX_FAILURES:
        raise Conflict(
            _("Too many wrong answers: this confirmation is spent. Start again."),
            code="step-up-spent",
        )
    lately = StepUpFailure.objects.filter(
        step_up__user=step_up.user_id, at__gt=real_at - GUESSES_WITHIN
    )
    if lately.count() >= MAX_GUESSES:
        raise Conflict(
            _(
                "Too many wrong answers in a quarter of an hour. Wait, then start again; if it was not you, tell the administrator."
            ),
            code="factor-rests",
        )
    if real_at > step_up.expires_at:
        raise Conflict(
            _("The time to confirm has passed. Start again and confirm."),
            code="step-up-expired",
        )


def place_as_stated(
    step_up: StepUp, version: CommitmentVersion, *, by: User, at: datetime
) -> Place:
    """Return the place, if the statement rebuilt from present data equals the stored one."""
    act = VersionAct(step_up.act)
    versions.require_state(act, version)
    place = slots.place_for(act, version, by=by, at=at)
    stored = json.loads(step_up.statement)
    kept = {name: stored[name] for name in ("nonce", "issued_at", "outside") if name in stored}
    read, said = step_up.receipt, step_up.reason
    now = statement_of(act, version, place, by, read, step_up.consent, said, **kept)
    if now != step_up.statement:
        raise Conflict(
            _(
                "Something happened to %(what)s while you were confirming. Its text is unchanged; look and confirm again."
            )
            % {"what": versions.what(version)},
            code="revision-moved",
        )
    return place


class Answers(NamedTuple):
    """Ways in which the given answer is right; the first that has not served is taken."""

    method: FactorMethod
    candidates: list[tuple[str, dict[str, Any], int | None]]  # credential, proof, time step


def checked_factor(
    step_up: StepUp,
    *,
    by: User,
    at: datetime,
    real_at: datetime,
    code: str,
    credential: str,
    over: str = "",
) -> Answers:
    """Return the answers that are right. `over`: hex hash that is confirmed, "" for the statement's.

    Wrong ones are counted at `step_up`.
    """
    if credential and "passkey" in settings.STEP_UP_METHODS:
        challenge = bytes.fromhex(over or step_up.statement_sha256)
        passkey = factors.check_passkey(user=by, challenge=challenge, credential=credential)
        if passkey is not None:
            return Answers(FactorMethod.PASSKEY, [(passkey.credential, passkey.proof, None)])
        _record_failure(
            step_up, "passkey-wrong", by=by, at=at, method=FactorMethod.PASSKEY, real_at=real_at
        )
        raise Invalid(
            _("The passkey's answer is not valid for this confirmation. Try again."),
            code="passkey-wrong",
            fields={"credential": [_("Try again, or use a code.")]},
        )
    if code.strip() and "totp" in settings.STEP_UP_METHODS:
        found = factors.check_code(user=by, code=code, real_at=real_at)
        if found:
            return Answers(
                FactorMethod.TOTP,
                [(row.authenticator, {"time_step": row.time_step}, row.time_step) for row in found],
            )
        _record_failure(
            step_up, "code-wrong", by=by, at=at, method=FactorMethod.TOTP, real_at=real_at
        )
        left = MAX_FAILURES - step_up.failures.count()
        raise Invalid(
            _("That code is wrong. Attempts left: %(left)s.") % {"left": left},
            code="code-wrong",
            fields={"code": [_("Type the six digits that your authenticator shows now.")]},
        )
    raise Invalid(
        _(
            "Confirm with the code of your authenticator, or with a passkey. A password alone is no proof."
        ),
        code="factor-missing",
        fields={"code": [_("Type the code.")]},
    )


@transaction.atomic
def _record_failure(
    step_up: StepUp,
    code: str,
    *,
    by: User,
    at: datetime,
    method: FactorMethod | None = None,
    real_at: datetime | None = None,
) -> None:
    """Count a wrong answer and leave its entry; both stay although the act is refused."""
    version = versions.lock(CommitmentVersion.objects.get(document=step_up.receipt.document_id).pk)
    if method is not None and real_at is not None:
        number = step_up.failures.count() + 1
        if number > MAX_FAILURES:
            raise Conflict(
                _("Too many wrong answers: this confirmation is spent. Start again."),
                code="step-up-spent",
            )
        StepUpFailure.objects.create(step_up=step_up, number=number, method=method, at=real_at)
    register.append(
        kind="audit.factor_failed",
        subject=f"commitment_version/{version.ref}",
        subject_version=None,
        reach=versions.reach(version),
        by=by,
        at=at,
        data={"act": step_up.act, "code": code, "step_up": str(step_up.uuid)},
    )


def spend(step_up: StepUp, answers: Answers, *, real_at: datetime) -> StepUpUse:
    """Use the step-up, and the code's time step, up; both only once, by unique keys."""
    credential, proof = spend_answer(answers)
    return StepUpUse.objects.create(
        step_up=step_up,
        method=answers.method,
        credential=credential,
        proof=canonical.text(proof),
        used_at=real_at,
        expires_at=step_up.expires_at,
    )


def spend_answer(answers: Answers) -> tuple[str, dict[str, Any]]:
    """Take the first answer that has not served; return its credential and proof.

    Raises Conflict (code-used).
    """
    for credential, proof, time_step in answers.candidates:
        if time_step is not None:
            try:
                with transaction.atomic():
                    TotpStepUsed.objects.create(authenticator=credential, time_step=time_step)
            except IntegrityError:
                continue
        return credential, proof
    raise Conflict(
        _("That code has been used already. Wait for the next one, at most 30 seconds."),
        code="code-used",
    )
