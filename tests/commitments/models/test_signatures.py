"""What the database itself refuses of declarations, confirmations, codes, acts and returns."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from commitments.actions import documents
from commitments.enums import RevisionKind, VersionAct
from commitments.models import (
    ConsentText,
    DocumentRevision,
    SignatureAct,
    StepUpBatchUse,
    StepUpUse,
    TotpStepUsed,
    signatures,
)
from tests.commitments.models.rows import AT, batch_of
from tests.constraints import again, named, refused
from tests.factories.commitments_versions import CommitmentVersionFactory, act_at_slot

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def act_of(**traits) -> SignatureAct:
    """Return the last act done to a version in that state."""
    version = CommitmentVersionFactory(**traits)
    return SignatureAct.objects.filter(slot__document=version.document).order_by("-pk")[0]


def consent(**changes):
    def rows():
        act_of(signed=True)
        first = ConsentText.objects.get()
        return lambda: again(first, **changes)

    return rows


def step_up_lasting(span):
    def rows():
        first = act_of(signed=True).step_up_use.step_up
        return lambda: again(first, statement_sha256="0" * 64, expires_at=first.created_at + span)

    return rows


def unused_step_up():
    first = act_of(signed=True).step_up_use.step_up
    return again(first, statement_sha256="0" * 64)


def failure(number, *, twice=False):
    def rows():
        step_up = unused_step_up()
        told = {"method": "totp", "at": step_up.created_at}
        if twice:
            step_up.failures.create(number=number, **told)
        return lambda: step_up.failures.create(number=number, **told)

    return rows


def use_after_its_end(span):
    def rows():
        use = act_of(signed=True).step_up_use
        step_up = again(use.step_up, statement_sha256="0" * 64)
        return lambda: StepUpUse.objects.create(
            step_up=step_up,
            method="totp",
            credential="totp/0",
            proof="{}",
            used_at=use.expires_at + span,
            expires_at=use.expires_at,
        )

    return rows


def batch(**changes):
    def rows():
        first = act_of(signed=True)
        return lambda: batch_of(first, **changes)

    return rows


def leaf(place, *, in_batch=True, twice=False):
    def rows():
        first = act_of(signed=True)
        told = {"batch": batch_of(first) if in_batch else None, "leaf_index": place}
        if twice:
            again(first.step_up_use.step_up, statement_sha256="1" * 64, **told)
        return lambda: again(first.step_up_use.step_up, statement_sha256="0" * 64, **told)

    return rows


def batch_use_after_its_end(span):
    def rows():
        made = batch_of(act_of(signed=True))
        return lambda: StepUpBatchUse.objects.create(
            batch=made,
            method="totp",
            credential="totp/0",
            proof="{}",
            used_at=made.expires_at + span,
            expires_at=made.expires_at,
        )

    return rows


def code(*, step):
    def rows():
        TotpStepUsed.objects.create(authenticator="totp/1", time_step=7)
        return lambda: TotpStepUsed.objects.create(authenticator="totp/1", time_step=step)

    return rows


def one_more(first: SignatureAct, **changes):
    """Write the act once more with a confirmation of its own."""
    step_up = again(first.step_up_use.step_up, statement_sha256="0" * 64)
    use = StepUpUse.objects.create(
        step_up=step_up,
        method="totp",
        credential="totp/0",
        proof="{}",
        used_at=first.at,
        expires_at=step_up.expires_at,
    )
    own = {"revision": next_revision(first)} if first.revision else {}
    return lambda: again(first, **({"step_up_use": use} | own | changes))


def next_revision(act: SignatureAct) -> DocumentRevision:
    """Add one more revision, of bytes that nobody reads, to the document of `act`."""
    document = act.slot.document
    base = documents.bytes_of(document)
    no = documents.last_revision(document).no
    added = documents.addition(no, base, base + b" more", asked="B-B", reached="B-B")
    return documents.append_revision(document, added, kind=RevisionKind.ACT)


def act_with_revision(*, shared=False, **traits):
    """An act with the revision of a signature, where it has or ought to have none."""

    def rows():
        first = act_of(**traits)
        signed = act_of(signed=True)
        own = signed.revision if shared else next_revision(signed)
        return one_more(first, revision=own, slot=again_slot(first))

    return rows


def again_slot(first: SignatureAct):
    return again(first.slot, ordinal=9, field_name="another", office=other_office(first))


def act_before_seals():
    """Since the migration nobody can say so any more: a trigger refuses it, not a constraint."""
    first = act_of(signed=True)
    return one_more(first, before_seals=True, revision=None, slot=again_slot(first))


def act(*, at_another_slot=True, changes=None, **traits):
    def rows():
        first = act_of(**traits)
        told = dict(changes or {})
        if at_another_slot:
            told["slot"] = again_slot(first)
        return one_more(first, **told)

    return rows


def other_office(first: SignatureAct):
    return CommitmentVersionFactory().assigner


def return_item(**changes):
    def rows():
        item = act_of(returned=True).return_items.get()
        return lambda: again(item, **changes)

    return rows


REFUSED = [
    ("consenttext_once", consent()),
    ("stepup_expires", step_up_lasting(0 * SECOND)),
    ("stepupbatch_expires", batch(expires_at=AT)),
    ("stepupbatch_holds_at_most_fifty", batch(count=0)),
    ("stepupbatch_holds_at_most_fifty", batch(count=51)),
    ("stepupbatchuse_in_time", batch_use_after_its_end(SECOND)),
    ("stepup_has_its_place_in_the_batch", leaf(None)),
    ("stepup_has_its_place_in_the_batch", leaf(0, in_batch=False)),
    ("stepup_leaf_once", leaf(0, twice=True)),
    ("stepupfailure_once", failure(1, twice=True)),
    ("stepupfailure_at_most_five", failure(0)),
    ("stepupfailure_at_most_five", failure(6)),
    ("stepupuse_in_time", use_after_its_end(SECOND)),
    ("totpstep_used_once", code(step=7)),
    ("signatureact_one_signature_per_slot", act(at_another_slot=False, signed=True)),
    ("signatureact_one_signature_per_slot", act(at_another_slot=False, in_force=True)),
    ("signatureact_objection_has_reason", act(changes={"reason": ""}, refused=True)),
    ("signatureact_objection_has_reason", act(changes={"reason": ""}, voided=True)),
    ("signatureact_signing_has_consent", act(changes={"consent": None}, signed=True)),
    ("signatureact_signing_has_consent", act(changes={"consent": None}, in_force=True)),
    ("signatureact_personal_has_its_upload", act(changes={"grade": "personal"}, signed=True)),
    ("signatureact_signing_has_its_revision", act(changes={"revision": None}, signed=True)),
    ("signatureact_signing_has_its_revision", act(changes={"revision": None}, in_force=True)),
    ("signatureact_signing_has_its_revision", act_with_revision(refused=True)),
    ("returnitem_once", return_item()),
    ("returnitem_has_text", return_item(item_ordinal=2, text="")),
]
TAKEN = [
    batch(count=50),
    batch_use_after_its_end(0 * SECOND),
    leaf(0),
    leaf(None, in_batch=False),
    consent(number=2),
    consent(language="en"),
    step_up_lasting(SECOND),
    failure(1),
    failure(5),
    use_after_its_end(0 * SECOND),
    code(step=8),
    act(signed=True),
    act(at_another_slot=False, refused=True),
    return_item(item_ordinal=2),
    return_item(item_ordinal=None),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(signatures))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)


def test_one_confirmation_serves_one_use_and_one_act():
    first = act_of(signed=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        again(first.step_up_use, pk=first.step_up_use.pk)
    other = act_at_slot(first.slot, VersionAct.RETURN, at=first.at)
    with pytest.raises(IntegrityError), transaction.atomic():
        again(other, step_up_use=first.step_up_use)


def test_the_same_statement_is_never_confirmed_twice():
    step_up = act_of(signed=True).step_up_use.step_up
    with pytest.raises(IntegrityError), transaction.atomic():
        again(step_up)


def test_no_act_is_dated_before_documents_were_sealed():
    do = act_before_seals()
    with pytest.raises(DatabaseError, match="is frozen: INSERT refused"), transaction.atomic():
        do()


def test_two_acts_do_not_share_a_revision():
    do = act_with_revision(shared=True, signed=True)()
    with pytest.raises(IntegrityError, match="revision_id"), transaction.atomic():
        do()
