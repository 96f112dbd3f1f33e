"""A passkey's answer is bound to who signs what, where and when: anywhere else it proves nothing."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import DatabaseError, transaction
from fido2.cose import CoseKey
from fido2.utils import websafe_decode
from fido2.webauthn import AttestedCredentialData

from commitments.enums import VersionAct
from commitments.models import SignatureAct, StepUpUse
from tests.constraints import change
from tests.factories.body import NOW, REAL, make_body, office
from tests.factories.passkeys import PRESENT, SoftPasskey
from units.errors import Refused
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
A = VersionAct


@pytest.fixture
def body():
    made = make_body()
    made.passkey = SoftPasskey().enrol(made.secretary)
    return made


def challenge_of(step_up) -> bytes:
    return hashlib.sha256(step_up.statement.encode()).digest()


def confirm(body, step_up, answer, *, by=None, **changes):
    credential = answer if isinstance(answer, str) else json.dumps(answer)
    return body.confirm(step_up, by or body.secretary, code="", credential=credential, **changes)


def refused(body, step_up, answer, **changes) -> str:
    """Return the code by which the answer is refused; it left an entry with that code, and no act."""
    before = StepUpUse.objects.count()
    with pytest.raises(Refused) as caught:
        confirm(body, step_up, answer, **changes)
    assert StepUpUse.objects.count() == before
    assert not SignatureAct.objects.filter(step_up_use__step_up=step_up).exists()
    noted = RegisterEntry.objects.filter(kind="audit.factor_failed").order_by("pk").last()
    assert noted is not None
    data = json.loads(noted.text)["data"]
    assert (data["code"], data["step_up"]) == (caught.value.code, str(step_up.uuid))
    return caught.value.code


def test_the_challenge_is_the_hash_of_the_statement(body):
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    assert challenge_of(step_up).hex() == step_up.statement_sha256
    said = json.loads(step_up.statement)
    assert said["content_sha256"] == version.document.content_sha256
    assert (said["user"], said["act"], said["slot"]) == (body.secretary.username, "sign", 1)
    assert len(bytes.fromhex(said["nonce"])) == 32
    act = confirm(body, step_up, body.passkey.answer(challenge_of(step_up)))
    assert act.step_up_use.method == "passkey"


def test_an_answer_serves_once(body):
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    act = confirm(body, step_up, answer)
    assert confirm(body, step_up, answer) == act  # the same form again: the same act
    assert SignatureAct.objects.count() == 1


def elsewhere(body, version):
    """Return a statement of the same person about something else, by what differs."""
    yield "act", body.prepare(A.REFUSE, version, body.secretary)
    yield "reading", body.prepare(A.SIGN, version, body.secretary)
    Appointment.objects.filter(position=body.second).update(person=body.secretary)
    body.act(A.SIGN, version, body.secretary)  # with a code: the other slot and revision are next
    yield "slot", body.prepare(A.SIGN, version, body.secretary)


def test_an_answer_for_another_act_reading_slot_or_state_is_wrong(body):
    version = body.issued()
    for what, other in elsewhere(body, version):
        step_up = body.prepare(A.SIGN, version, body.secretary)
        assert (
            refused(body, step_up, body.passkey.answer(challenge_of(other))) == "passkey-wrong"
        ), what


def test_an_answer_for_another_document_is_wrong(body):
    first = body.issued()
    other = make_other(body)
    step_up, foreign = (body.prepare(A.SIGN, version, body.secretary) for version in (first, other))
    assert refused(body, step_up, body.passkey.answer(challenge_of(foreign))) == "passkey-wrong"


def make_other(body):
    """Issue the neighbour's commitment, whose head is the same secretary by a second office."""
    post = office(body.other, "Secretary", body.secretary)
    return body.issued(unit_id=body.other.pk, first_undertaker_id=post.pk, second=False)


def test_an_answer_for_the_state_before_serves_no_later_one(body):
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    body.act(A.SIGN, version, body.chair)
    assert refused(body, step_up, answer) == "revision-moved"


def test_an_answer_from_another_login_or_person_is_refused(body):
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    assert refused(body, step_up, answer, session_key="stolen") == "step-up-elsewhere"
    assert refused(body, step_up, answer, by=body.chair) == "step-up-not-found"


@pytest.mark.parametrize(("after", "code"), [(120, None), (121, "step-up-expired")])
def test_an_answer_is_good_for_two_minutes(after, code, body):
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    late = {"real_at": REAL + timedelta(seconds=after)}
    if code is None:
        assert confirm(body, step_up, answer, **late).act == A.SIGN
    else:
        assert refused(body, step_up, answer, **late) == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
        {"kind": "webauthn.create"},
        {"spoil": True},
    ],
)
def test_a_foreign_page_or_an_unverified_person_proves_nothing(wrong, body):
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    assert refused(body, step_up, body.passkey.answer(challenge_of(step_up), **wrong)) == (
        "passkey-wrong"
    )


def test_a_swapped_statement_is_neither_stored_nor_believed(body):
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    swapped = step_up.statement.replace('"slot":1', '"slot":2')
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(step_up, statement=swapped)
    answer = body.passkey.answer(hashlib.sha256(swapped.encode()).digest())
    assert refused(body, step_up, answer) == "passkey-wrong"


def test_a_key_that_was_removed_meanwhile_proves_nothing(body):
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    Authenticator.objects.filter(user=body.secretary, type="webauthn").delete()
    assert refused(body, step_up, answer) == "passkey-wrong"


def test_a_term_that_ended_meanwhile_is_refused(body):
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    answer = body.passkey.answer(challenge_of(step_up))
    Appointment.objects.filter(person=body.secretary).update(valid_to=NOW.date())
    with pytest.raises(Refused) as caught:  # the door enters it as an attempt without the right
        confirm(body, step_up, answer)
    assert caught.value.code == "sign-not-allowed"


def test_a_stored_proof_is_checked_again_without_account_and_key(body):
    """All that is read is the use and its statement: what was enrolled may be gone for ever."""
    step_up = body.prepare(A.SIGN, body.issued(), body.secretary)
    confirm(body, step_up, body.passkey.answer(challenge_of(step_up)))
    Authenticator.objects.filter(user=body.secretary).delete()
    change(body.secretary, is_active=False)
    use = StepUpUse.objects.get()
    proof = json.loads(use.proof)
    answer = {name: websafe_decode(text) for name, text in proof["answer"].items()}
    told, data = json.loads(answer["clientDataJSON"]), answer["authenticatorData"]
    held = AttestedCredentialData(websafe_decode(proof["public_key_data"]))
    assert websafe_decode(told["challenge"]) == challenge_of(use.step_up)
    assert (told["type"], told["origin"] in proof["origins"]) == ("webauthn.get", True)
    assert data[:32] == hashlib.sha256(proof["rp_id"].encode()).digest()
    assert data[32] & 0b101 == 0b101  # present and verified
    signed = data + hashlib.sha256(answer["clientDataJSON"]).digest()
    CoseKey.for_alg(held.public_key[3])(held.public_key).verify(signed, answer["signature"])
    key = held.public_key
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(key[-2]), int.from_bytes(key[-3]), ec.SECP256R1()
    )
    with pytest.raises(InvalidSignature):
        numbers.public_key().verify(answer["signature"], signed + b"!", ec.ECDSA(hashes.SHA256()))
    digest = base64.urlsafe_b64encode(hashlib.sha256(bytes(held)).digest()).rstrip(b"=").decode()
    assert use.credential == f"passkey/{digest}"
