"""Second factors at the moment of an act: codes by the RFC's own vectors, passkeys by a soft key."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData

from tests.factories.body import REAL, code_of, enrol, secret_of
from tests.factories.passkeys import PRESENT, VERIFIED, SoftPasskey
from tests.factories.units import UserFactory
from units.actions import factors
from units.actions.factors import Code
from units.rules import canonical
from units.rules import factors as rules

pytestmark = pytest.mark.django_db
CHALLENGE = bytes(range(32))
STEP = timedelta(seconds=30)
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_6238 = [  # appendix B, SHA-1: seconds since 1970, the last six of the eight digits
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.fixture
def person():
    made = UserFactory(username="signatory")
    enrol(made)
    return made


# --- codes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_codes_are_those_of_rfc_6238(seconds, code):
    at = datetime.fromtimestamp(seconds, UTC)
    step = rules.totp_step_at(at)
    assert step == seconds // 30
    assert rules.totp_code(RFC_SECRET, step) == code
    assert rules.totp_steps_of(RFC_SECRET, code, at=at) == [step]


def test_a_secret_is_read_without_padding_and_in_small_letters():
    assert rules.totp_code(RFC_SECRET.rstrip("=").lower(), 1) == "287082"
    assert rules.totp_code("MFRGG", 1) == rules.totp_code("MFRGG===", 1)


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_good_for_one_step_to_either_side(steps, right, person):
    code = code_of(person, REAL + steps * STEP)
    found = factors.check_code(user=person, code=code, real_at=REAL)
    authenticator = factors.authenticators_of(person)[0]
    step = rules.totp_step_at(REAL) + steps
    assert found == ([Code(authenticator, step)] if right else [])


def test_the_present_step_comes_first_when_two_have_the_same_code(monkeypatch, person):
    monkeypatch.setattr(rules, "totp_code", lambda _secret, _step: "123456")
    now = rules.totp_step_at(REAL)
    found = factors.check_code(user=person, code="123456", real_at=REAL)
    assert [row.time_step for row in found] == [now, now - 1, now + 1]


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}\u00a0{2}"])
def test_spaces_in_a_code_do_not_count(typed, person):
    code = code_of(person)
    typed = typed.format(code, code[:3], code[3:])
    assert factors.check_code(user=person, code=typed, real_at=REAL)


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "٠٠٠٠٠٠", "\0"]
)
def test_what_is_no_code_is_wrong(typed, person):
    assert factors.check_code(user=person, code=typed, real_at=REAL) == []


def test_a_code_of_somebody_else_is_wrong(person):
    other = UserFactory(username="another")
    enrol(other)
    assert factors.check_code(user=person, code=code_of(other), real_at=REAL) == []
    assert factors.check_code(user=UserFactory(), code=code_of(other), real_at=REAL) == []


def test_methods_are_those_enrolled_and_allowed(person, settings):
    both = UserFactory(username="both")
    enrol(both)
    SoftPasskey().enrol(both)
    assert factors.methods_of(UserFactory()) == []
    assert factors.methods_of(person) == ["totp"]
    assert factors.methods_of(both) == ["passkey", "totp"]
    settings.STEP_UP_METHODS = ["passkey"]
    assert factors.methods_of(person) == []
    assert factors.methods_of(both) == ["passkey"]


def test_a_code_is_shown_in_a_demonstration_alone(person, settings):
    asked = {"user": person, "real_at": REAL}
    with pytest.raises(RuntimeError, match="demonstration mode only"):
        factors.code_for_demonstration(**asked, skip_steps=frozenset())
    settings.DEMO = True
    now = rules.totp_step_at(REAL)
    shown = [
        factors.code_for_demonstration(**asked, skip_steps=frozenset(used))
        for used in ([], [now], [now, now + 1])
    ]
    secret = secret_of(person)
    assert shown == [rules.totp_code(secret, now), rules.totp_code(secret, now + 1), ""]
    without = UserFactory()
    assert factors.code_for_demonstration(user=without, real_at=REAL, skip_steps=frozenset()) == ""


# --- passkeys ---------------------------------------------------------------------------------


@pytest.fixture
def passkey(person):
    return SoftPasskey().enrol(person)


def check(user, answer, *, challenge=CHALLENGE):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return factors.check_passkey(user=user, challenge=challenge, credential=text)


def test_the_browser_is_asked_to_sign_the_challenge_with_the_own_key(person, passkey):
    asked = factors.passkey_options(user=person, challenge=CHALLENGE)["publicKey"]
    assert websafe_decode(asked["challenge"]) == CHALLENGE
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    names = [websafe_decode(row["id"]) for row in asked["allowCredentials"]]
    assert names == [passkey.credential_id]
    assert json.loads(json.dumps(asked)) == asked


def test_without_a_passkey_there_is_nothing_to_ask_or_to_check(person):
    assert factors.passkey_options(user=person, challenge=CHALLENGE) is None
    assert check(person, SoftPasskey().answer(CHALLENGE)) is None


def test_a_right_answer_leaves_a_proof_that_anybody_checks_again(person, passkey):
    found = check(person, passkey.answer(CHALLENGE))
    proof = json.loads(canonical.text(found.proof))
    answer = {name: websafe_decode(text) for name, text in proof["answer"].items()}
    key = AttestedCredentialData(websafe_decode(proof["public_key_data"]))
    assert key == passkey.credential_data
    assert websafe_decode(proof["credential_id"]) == passkey.credential_id
    assert websafe_decode(json.loads(answer["clientDataJSON"])["challenge"]) == CHALLENGE
    signed = answer["authenticatorData"] + sha256(answer["clientDataJSON"])
    passkey.key.public_key().verify(answer["signature"], signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        passkey.key.public_key().verify(answer["signature"], b"else", ec.ECDSA(hashes.SHA256()))
    assert found.credential.startswith("passkey/")


def test_a_proof_names_the_site_and_the_pages_that_may_ask(person, passkey, settings):
    settings.SITE_URL = "https://Commitments.example.org:443"
    there = {"origin": "https://commitments.example.org", "rp_id": "commitments.example.org"}
    proof = check(person, passkey.answer(CHALLENGE, **there)).proof
    assert (proof["rp_id"], proof["origins"]) == (there["rp_id"], [there["origin"]])
    for near in ("https://sub.commitments.example.org", "https://commitments.example.org:8443"):
        assert check(person, passkey.answer(CHALLENGE, **there | {"origin": near})) is None


def test_a_factor_has_one_name_in_proofs_and_in_the_register(person, passkey):
    totp, key = sorted(Authenticator.objects.filter(user=person), key=lambda one: one.type)
    assert factors.name_of(key) == check(person, passkey.answer(CHALLENGE)).credential
    assert factors.name_of(totp) == factors.authenticators_of(person)[0]


def test_the_second_of_two_passkeys_is_as_good(person, passkey):
    second = SoftPasskey(b"second").enrol(person)
    first_found, found = (
        check(person, passkey.answer(CHALLENGE)),
        check(person, second.answer(CHALLENGE)),
    )
    assert websafe_decode(found.proof["credential_id"]) == b"second"
    assert found.credential != first_found.credential


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost.evil.example"},
        {"origin": ""},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"flags": 0},
        {"flags": PRESENT | VERIFIED | 0x40},  # says that a credential follows; none does
        {"flags": PRESENT | VERIFIED | 0x80},  # says that extensions follow
        {"kind": "webauthn.create"},
        {"spoil": True},
        {"signature": "AAAA"},
        {"signature": ""},
        {"authenticatorData": ""},
        {"authenticatorData": "AAAA"},
        {"authenticatorData": None},
        {"clientDataJSON": "AAAA"},
        {"clientDataJSON": 7},
        {"clientDataJSON": "é"},
        {"clientDataJSON": websafe_encode(b"[" * 100_000)},
        {"clientDataJSON": websafe_encode(b"[]")},
        {"authenticatorData": websafe_encode(bytes(32) + b"\x85" + bytes(4) + b"\x1b\0")},
        {"clientDataJSON": websafe_encode(b"\xff")},
        {"authenticatorData": websafe_encode(bytes(32) + b"\x85" + bytes(4) + b"\x81" * 5000)},
    ],
)
def test_an_answer_that_is_wrong_in_one_thing_proves_nothing(wrong, person, passkey):
    assert check(person, passkey.answer(CHALLENGE)) is not None
    assert check(person, passkey.answer(CHALLENGE, **wrong)) is None


def test_an_answer_to_another_challenge_proves_nothing(person, passkey):
    assert check(person, passkey.answer(b"\1" * 32)) is None
    assert check(person, passkey.answer(CHALLENGE), challenge=b"\1" * 32) is None


def test_somebody_elses_passkey_proves_nothing(person, passkey):
    other = UserFactory()
    theirs = SoftPasskey(b"theirs").enrol(other)
    assert check(person, theirs.answer(CHALLENGE)) is None
    assert check(other, theirs.answer(CHALLENGE)) is not None
    same_name = SoftPasskey(passkey.credential_id)
    assert check(person, same_name.answer(CHALLENGE)) is None


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "no json",
        "null",
        "7",
        '"text"',
        "[]",
        "{}",
        '{"response": null}',
        '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}',
        '{"id": 1, "rawId": 2, "type": 3, "response": {"clientDataJSON": 4}}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_garbage_proves_nothing(garbage, person, passkey):
    assert check(person, garbage) is None


@pytest.mark.parametrize("extra", [{"more": 1.5}, {"more": "e\u0301"}, {"more": {"deep": [None]}}])
def test_what_a_browser_adds_to_its_answer_is_not_kept(extra, person, passkey):
    found = check(person, passkey.answer(CHALLENGE, **extra))
    assert set(found.proof["answer"]) == {"clientDataJSON", "authenticatorData", "signature"}
    assert canonical.text(found.proof)


def test_the_host_of_the_site_is_the_one_that_counts(person, passkey, settings):
    settings.SITE_URL = "https://commitments.example.org"
    assert check(person, passkey.answer(CHALLENGE)) is None
    there = {"origin": settings.SITE_URL, "rp_id": "commitments.example.org"}
    assert check(person, passkey.answer(CHALLENGE, **there)) is not None
    plain = there | {"origin": "http://commitments.example.org"}
    assert check(person, passkey.answer(CHALLENGE, **plain)) is None
