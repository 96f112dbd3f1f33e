"""Countersigning many: one factor over the root of all statements, each act carried out alone.

Each commitment was read on its own and has its own receipt, statement, lock and register entry; what
they share is the answer of the factor. An act keeps the path from its statement to the root, so it
proves itself without the others.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from commitments.actions import signatures, slots, stepups, versions
from commitments.enums import Grade, SlotRole, VersionAct
from commitments.models import (
    CommitmentVersion,
    SignatureAct,
    StepUp,
    StepUpBatch,
    StepUpBatchUse,
    StepUpUse,
)
from units.errors import Conflict, Invalid, NotFound, Refused
from units.models import User
from units.rules import canonical, merkle

MOST = 50
ACT = VersionAct.COUNTERSIGN  # the only act that is ever done in a batch


class Result(NamedTuple):
    """What became of one commitment of a batch: `act`, or why not."""

    version: CommitmentVersion
    act: SignatureAct | None
    refused: Refused | None


def require_online(version: CommitmentVersion) -> None:
    """Raise Conflict (grade-required) where the assigner's place needs a personal signature: no factor
    makes many of those."""
    for slot in version.sealed.slots.filter(role=SlotRole.ASSIGNER).select_related("office"):
        slots.require_grade(slot, ACT, Grade.ONLINE)


@transaction.atomic
def prepare(
    *,
    read: Sequence[tuple[uuid.UUID, int]],
    by: User,
    at: datetime,
    real_at: datetime,
    session_key: str,
    agreed: bool,
) -> StepUpBatch:
    """Write the statements of several countersignatures, to be confirmed by one factor.

    `read`: receipt of each reading and the row version that was read; 1 to 50 of them, in the order
    in which they will be carried out. Raises Invalid (nothing-chosen, too-many-chosen,
    consent-missing) and what `signatures.prepare` raises for the first one that stands in the way.
    """
    if not read:
        raise Invalid(
            _("Tick each commitment that you have read and countersign."),
            code="nothing-chosen",
        )
    if len(read) > MOST:
        raise Invalid(
            _("At most %(most)d are countersigned at once. Choose fewer.") % {"most": MOST},
            code="too-many-chosen",
        )
    statements = [
        signatures.stated(
            receipt_uuid=receipt,
            act=ACT,
            by=by,
            expected=expected,
            at=at,
            real_at=real_at,
            session_key=session_key,
            agreed=agreed,
        )
        for receipt, expected in dict(read).items()
    ]
    root = merkle.root([merkle.leaf_hash(step_up.statement) for step_up in statements])
    batch = StepUpBatch.objects.create(
        uuid=uuid.uuid4(),
        user=by,
        session_key_sha256=canonical.sha256_hex(session_key),
        act=ACT,
        root_sha256=root.hex(),
        count=len(statements),
        created_at=real_at,
        expires_at=real_at + timedelta(seconds=settings.STEP_UP_TTL),
    )
    for place, step_up in enumerate(statements):
        step_up.batch, step_up.leaf_index = batch, place
    StepUp.objects.bulk_create(statements)
    return batch


@stepups.refusals_noted("batch_uuid")
def confirm(
    *,
    batch_uuid: uuid.UUID,
    by: User,
    at: datetime,
    real_at: datetime,
    session_key: str,
    code: str = "",
    credential: str = "",
) -> list[Result]:
    """Check the factor once and carry every statement out alone; return what became of each.

    One that cannot be done stops nobody. The same answer again returns the same acts and tries no
    other one anew. Raises NotFound (batch-not-found), Conflict (step-up-elsewhere, step-up-expired,
    step-up-spent, code-used), Invalid (code-wrong, passkey-wrong, factor-missing).
    """
    batch = _find(batch_uuid, by=by, session_key=session_key)
    statements = list(statements_of(batch))
    if not StepUpBatchUse.objects.filter(batch=batch).exists():
        stepups.require_usable(statements[0], real_at=real_at)  # where wrong answers are counted
        answers = stepups.checked_factor(
            statements[0],
            by=by,
            at=at,
            real_at=real_at,
            code=code,
            credential=credential,
            over=batch.root_sha256,
        )
        if not _spend(batch, answers, real_at=real_at):
            return results_of(batch)  # the same form, sent twice: the other one carries it out
        leaves = [merkle.leaf_hash(step_up.statement) for step_up in statements]
        return [_carry_out(step_up, leaves, by=by, at=at) for step_up in statements]
    return results_of(batch)


def _find(batch_uuid: uuid.UUID, *, by: User, session_key: str) -> StepUpBatch:
    batch = StepUpBatch.objects.filter(uuid=batch_uuid, user=by).first()
    if batch is None:
        raise NotFound(
            _("This confirmation is not yours or does not exist. Start again."),
            code="batch-not-found",
        )
    if batch.session_key_sha256 != canonical.sha256_hex(session_key):
        raise Conflict(
            _("This confirmation was begun in another login. Start again here."),
            code="step-up-elsewhere",
        )
    return batch


def statements_of(batch: StepUpBatch) -> "QuerySet[StepUp]":
    """Return the statements of a batch in the order in which they are carried out."""
    rows = batch.statements.select_related("receipt__document__version__commitment__unit")
    return rows.order_by("leaf_index")


@transaction.atomic
def _spend(batch: StepUpBatch, answers: stepups.Answers, *, real_at: datetime) -> bool:
    """Use the batch up; return whether it was us."""
    rows = StepUp.objects.select_for_update(of=("self",))
    first = rows.get(batch=batch, leaf_index=0)
    if StepUpBatchUse.objects.filter(batch=batch).exists():
        return False
    stepups.require_usable(first, real_at=real_at)  # others may have guessed meanwhile
    credential, proof = stepups.spend_answer(answers)
    StepUpBatchUse.objects.create(
        batch=batch,
        method=answers.method,
        credential=credential,
        proof=canonical.text(proof),
        used_at=real_at,
        expires_at=batch.expires_at,
    )
    return True


def _carry_out(step_up: StepUp, leaves: list[bytes], *, by: User, at: datetime) -> Result:
    version = step_up.receipt.document.version
    use = StepUpBatchUse.objects.get(batch=step_up.batch_id)
    index = step_up.leaf_index or 0
    try:
        with transaction.atomic():
            place = stepups.place_as_stated(step_up, versions.lock(version.pk), by=by, at=at)
        shown = signatures.sealed(step_up, place, by=by, method=use.method, at=at)
        with transaction.atomic():
            locked = versions.lock(version.pk)
            place = stepups.place_as_stated(step_up, locked, by=by, at=at)
            own_use = StepUpUse.objects.create(
                step_up=step_up,
                method=use.method,
                credential=use.credential,
                proof=canonical.text(
                    {
                        "batch": str(step_up.batch.uuid) if step_up.batch else "",
                        "root_sha256": merkle.root(leaves).hex(),
                        "leaf_index": index,
                        "leaves": len(leaves),
                        "path": [step.hex() for step in merkle.path(leaves, index)],
                        "answer": json.loads(use.proof),
                    }
                ),
                used_at=use.used_at,
                expires_at=use.expires_at,
            )
            act = signatures.commit(locked, step_up, place, own_use, shown, by=by, at=at)
    except Refused as refused:
        return Result(version, None, refused)
    return Result(version, act, None)


def results_of(batch: StepUpBatch) -> list[Result]:
    """Return what became of each commitment of a batch, from what is stored."""
    acts = {
        act.step_up_use.step_up_id: act
        for act in SignatureAct.objects.filter(step_up_use__step_up__batch=batch).select_related(
            "step_up_use"
        )
    }
    return [
        Result(step_up.receipt.document.version, acts.get(step_up.pk), None)
        for step_up in statements_of(batch)
    ]
