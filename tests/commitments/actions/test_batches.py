"""Countersigning many by one factor: each proves itself, one that fails stops nobody."""

import json
from datetime import timedelta

import pytest

from commitments.actions import batches, commitments, signatures
from commitments.enums import VersionAct, VersionState
from commitments.models import CommitmentVersion, SignatureAct, StepUpBatch, StepUpBatchUse
from tests.commitments.actions.test_issuing import make_drafts
from tests.constraints import change
from tests.factories.body import NOW, REAL, code_of, make_body, person
from tests.factories.passkeys import SoftPasskey
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import Appointment, RegisterEntry
from units.rules import canonical, merkle

pytestmark = pytest.mark.django_db
LATER = REAL + timedelta(minutes=30)  # codes of the undertakers have been used before
S = VersionState


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def signed(body):
    """Three commitments that await the countersignature."""
    made = []
    for place, draft in enumerate(make_drafts(body, 3)):
        head = person(f"head{place}")
        Appointment.objects.create(
            ref=f"ap-{place}",
            person=head,
            position=draft.first_undertaker,
            valid_from=draft.first_undertaker.valid_from,
        )
        version = commitments.issue(
            version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=NOW
        )
        body.act(VersionAct.SIGN, version, head)
        made.append(version)
    return made


def opened(body, versions, by=None):
    return [
        (
            signatures.open_reading(
                version_id=version.pk,
                act=VersionAct.COUNTERSIGN,
                by=by or body.assigner,
                at=NOW,
                language="en",
            ).uuid,
            version.etag_version,
        )
        for version in versions
    ]


def prepare(body, versions, **changes):
    asked = {
        "read": opened(body, versions),
        "by": body.assigner,
        "at": NOW,
        "real_at": LATER,
        "session_key": "session",
        "agreed": True,
    }
    return batches.prepare(**asked | changes)


def confirm(body, batch, **changes):
    asked = {
        "batch_uuid": batch.uuid,
        "by": body.assigner,
        "at": NOW,
        "real_at": LATER,
        "session_key": "session",
        "code": code_of(body.assigner, LATER),
    }
    return batches.confirm(**asked | changes)


def code_of_refusal(error, do, *args, **changes) -> str:
    with pytest.raises(error) as caught:
        do(*args, **changes)
    return caught.value.code


def states() -> list[str]:
    return list(CommitmentVersion.objects.order_by("pk").values_list("state", flat=True))


def test_one_factor_puts_three_in_force(body, signed):
    results = confirm(body, prepare(body, signed))
    assert [result.version for result in results] == signed
    assert all(result.act is not None for result in results)
    assert states() == [S.IN_FORCE] * 3
    assert RegisterEntry.objects.filter(kind="commitment.countersign").count() == 3


def test_each_act_proves_itself_by_its_path_to_the_root(body, signed):
    batch = prepare(body, signed)
    for result in confirm(body, batch):
        use = result.act.step_up_use
        proof = json.loads(use.proof)
        leaf = merkle.leaf_hash(use.step_up.statement)
        steps = [bytes.fromhex(step) for step in proof["path"]]
        root = merkle.leads_to(leaf, proof["leaf_index"], proof["leaves"], steps)
        assert root.hex() == proof["root_sha256"] == batch.root_sha256
        assert json.loads(use.step_up.statement)["content_sha256"] == (
            result.version.document.content_sha256
        )


def test_a_passkey_signs_the_root(body, signed):
    key = SoftPasskey().enrol(body.assigner)
    batch = prepare(body, signed)
    wrong = json.dumps(key.answer(bytes.fromhex(batch.statements.first().statement_sha256)))
    asked = {"code": "", "credential": wrong}
    assert code_of_refusal(Invalid, confirm, body, batch, **asked) == "passkey-wrong"
    answer = json.dumps(key.answer(bytes.fromhex(batch.root_sha256)))
    results = confirm(body, batch, code="", credential=answer)
    assert [result.refused for result in results] == [None] * 3


def test_one_that_moved_meanwhile_stops_nobody(body, signed):
    batch = prepare(body, signed)
    change(signed[1], etag_version=signed[1].etag_version + 1)
    first, second, third = confirm(body, batch)
    assert (first.act is None, third.act is None) == (False, False)
    assert second.refused.code == "revision-moved"
    assert states() == [S.IN_FORCE, S.SIGNED, S.IN_FORCE]


def test_authority_is_asked_again_for_each(body, signed):
    batch = prepare(body, signed)
    Appointment.objects.filter(person=body.assigner).update(valid_to=NOW.date())
    results = confirm(body, batch)
    assert {result.refused.code for result in results} == {"countersign-not-allowed"}
    assert states() == [S.SIGNED] * 3


def test_the_same_answer_again_does_nothing_again(body, signed):
    batch = prepare(body, signed)
    acts = [result.act for result in confirm(body, batch)]
    assert [result.act for result in confirm(body, batch)] == acts
    assert SignatureAct.objects.filter(act="countersign").count() == 3
    assert StepUpBatchUse.objects.count() == 1


def test_a_code_serves_one_batch(body, signed):
    confirm(body, prepare(body, signed[:1]))
    other = prepare(body, signed[1:])
    assert code_of_refusal(Conflict, confirm, body, other) == "code-used"
    assert states() == [S.IN_FORCE, S.SIGNED, S.SIGNED]


def test_five_wrong_codes_spend_the_batch(body, signed):
    batch = prepare(body, signed)
    for _try in range(5):
        assert code_of_refusal(Invalid, confirm, body, batch, code="000000") == "code-wrong"
    assert code_of_refusal(Conflict, confirm, body, batch) == "step-up-spent"
    assert states() == [S.SIGNED] * 3


def test_a_batch_lasts_as_long_as_one_confirmation(body, signed, settings):
    batch = prepare(body, signed)
    late = LATER + timedelta(seconds=settings.STEP_UP_TTL + 1)
    asked = {"real_at": late, "code": code_of(body.assigner, late)}
    assert code_of_refusal(Conflict, confirm, body, batch, **asked) == "step-up-expired"


def test_a_batch_belongs_to_its_person_and_login(body, signed):
    batch = prepare(body, signed)
    assert code_of_refusal(NotFound, confirm, body, batch, by=body.leader) == "batch-not-found"
    asked = {"session_key": "another"}
    assert code_of_refusal(Conflict, confirm, body, batch, **asked) == "step-up-elsewhere"


def test_what_cannot_be_prepared(body, signed):
    assert code_of_refusal(Invalid, prepare, body, []) == "nothing-chosen"
    assert code_of_refusal(Invalid, prepare, body, signed, agreed=False) == "consent-missing"
    crowd = opened(body, signed[:1]) * 51
    assert code_of_refusal(Invalid, prepare, body, signed, read=crowd) == "too-many-chosen"
    with pytest.raises(NotAllowed):
        opened(body, signed, by=body.planner)
    assert not StepUpBatch.objects.exists()


def test_the_statement_is_about_what_was_read(body, signed):
    batch = prepare(body, signed)
    statement = json.loads(batch.statements.get(leaf_index=0).statement)
    assert statement["act"] == "countersign"
    assert statement["consent_sha256"] == canonical.sha256_hex(
        batch.statements.get(leaf_index=0).consent.body
    )
