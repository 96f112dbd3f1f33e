"""The evidence of a commitment, checked in an empty folder by a program that knows nothing of us."""

import hashlib
import io
import json
import zipfile
from datetime import date
from functools import cache

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from django.db import transaction

from commitments.actions import batches, bundles
from commitments.documents import bundle as packing
from commitments.enums import VersionAct
from commitments.standalone import verify_bundle as verifier
from tests import seals
from tests.factories.body import NOW, REAL, make_body
from tests.factories.evidence import FLIPS, Evidence, bad, evidence_of, run
from tests.factories.evidence import flipped as flipped_in
from tests.factories.passkeys import SoftPasskey
from units.actions import accounts, factors

A = VersionAct


def enrol(person, name: bytes) -> SoftPasskey:
    """Give a person a passkey, as the account pages do, with its entry."""
    passkey = SoftPasskey(name).enrol(person)
    stored = Authenticator.objects.get(user=person, type="webauthn")
    accounts.note_factor(
        person_id=person.pk,
        act="enrol",
        kind="webauthn",
        credential=factors.name_of(stored),
        at=NOW,
    )
    return passkey


def act_by_passkey(body, act, version, person, passkey) -> None:
    step_up = body.prepare(act, version, person)
    answer = passkey.answer(bytes.fromhex(step_up.statement_sha256))
    body.confirm(step_up, person, code="", credential=json.dumps(answer))
    version.refresh_from_db()


def in_force_by_passkeys(**terms):
    """Bring a commitment in force by passkeys alone; `terms`: what it says otherwise."""
    body = make_body()
    secretary, assigner = enrol(body.secretary, b"one"), enrol(body.assigner, b"two")
    version = body.issued(second=False, **terms)
    act_by_passkey(body, A.SIGN, version, body.secretary, secretary)
    act_by_passkey(body, A.COUNTERSIGN, version, body.assigner, assigner)
    return version


@cache
def whole() -> Evidence:
    """Return the evidence of a commitment in force, built once: what is tested is its bytes."""
    with transaction.atomic():
        made = evidence_of(in_force_by_passkeys())
        transaction.set_rollback(True)  # a test may build its own beside it
    return made


@pytest.fixture
def evidence(db) -> Evidence:
    return whole()


def found(files: dict[str, bytes], *keys: str) -> list[str]:
    """Return what the program says of these files, in this process."""
    lines: list[str] = []
    verifier.check(files, set(keys), None, verifier.Report(lines.append))
    return lines


def signed_anew(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with a manifest that lists them as they are: what a forger would do first."""
    rest = {name: data for name, data in files.items() if name != packing.MANIFEST}
    with zipfile.ZipFile(io.BytesIO(packing.pack(rest))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


# --- what is good ---------------------------------------------------------------------------------


def test_it_checks_in_another_folder_without_any_package(evidence, tmp_path):
    code, lines = run(tmp_path, evidence, "--key", evidence.key)
    assert bad(lines) == []
    assert [line for line in lines if line.startswith("OPEN")] == [
        "OPEN document.pdf: signatures and levels were not checked (the package pyHanko is not at hand)"
    ]
    assert code == 2
    assert any("2 acts are confirmed by a passkey" in line for line in lines)
    assert any("state: in_force" in line for line in lines)


def test_with_the_package_and_the_roots_nothing_stays_open(evidence, tmp_path):
    (tmp_path / "roots.pem").write_text(evidence.roots)
    code, lines = run(
        tmp_path, evidence, "--key", evidence.key, "--seal-roots", "roots.pem", flags=()
    )
    assert (code, [line for line in lines if not line.startswith("GOOD")]) == (0, [])
    code, lines = run(tmp_path, evidence, "--key", evidence.key, flags=())
    assert (code, bad(lines)) == (2, [])  # whose the signatures are was not asked


def test_without_a_fingerprint_nothing_is_proven(evidence):
    lines = found(evidence.files)
    assert bad(lines) == []
    assert any("no --key was given" in line for line in lines)
    assert not any("stand in the register" in line for line in lines)
    assert "OPEN register, acts, text and file agree, but the register is not proven" in lines


def test_equal_state_gives_equal_bytes(db):
    version = in_force_by_passkeys()
    first = evidence_of(version)
    assert bundles.bundle_of(version) == first.data
    names = list(first.files)
    assert names == [packing.MANIFEST, *sorted(names[1:])]
    assert {"content.json", "document.pdf", "verify_bundle.py", "report.vi.html"} <= set(names)


def test_codes_and_missing_checkpoints_stay_open(db):
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    lines = found(evidence_of(version, closed=False).files, "00" * 32)
    assert bad(lines) == []
    assert sum("confirmed by a one-time code" in line for line in lines) == 1
    assert sum("no checkpoint covers it yet" in line for line in lines) >= 2
    assert not any("stand in the register" in line for line in lines)


def test_an_objection_is_evidence_too(db):
    body = make_body()
    version = body.issued()
    body.act(A.REFUSE, version, body.secretary)
    proof = evidence_of(version)
    lines = found(proof.files, proof.key)
    assert bad(lines) == []
    assert any("state: refused" in line for line in lines)


def test_one_of_many_countersigned_at_once_proves_itself_alone(db):
    body = make_body()
    passkey = enrol(body.assigner, b"two")
    version = body.signed()
    step_up = body.prepare(A.COUNTERSIGN, version, body.assigner)
    batch = batches.prepare(
        read=[(step_up.receipt.uuid, version.etag_version)],
        by=body.assigner,
        at=NOW,
        real_at=REAL,
        session_key="s",
        agreed=True,
    )
    answer = passkey.answer(bytes.fromhex(batch.root_sha256))
    batches.confirm(
        batch_uuid=batch.uuid,
        by=body.assigner,
        at=NOW,
        real_at=REAL,
        session_key="s",
        credential=json.dumps(answer),
    )
    version.refresh_from_db()
    proof = evidence_of(version)
    lines = found(proof.files, proof.key)
    assert bad(lines) == []
    assert any("1 acts are confirmed by a passkey" in line for line in lines)


# --- what is not ----------------------------------------------------------------------------------


def test_one_flipped_byte_of_any_file_is_named(evidence):
    for name, data in evidence.files.items():
        lines = found(evidence.files | {name: flipped(data)}, evidence.key)
        assert bad(lines), name
        assert all(name in line or name == packing.MANIFEST for line in bad(lines)), name


def test_a_file_that_is_missing_or_added_is_named(evidence):
    files = evidence.files
    assert bad(found({name: files[name] for name in files if name != "slots.json"})) == [
        "BAD  slots.json is missing"
    ]
    assert bad(found(files | {"more.txt": b""})) == ["BAD  more.txt is not in manifest.json"]


def test_a_cut_archive_is_named(evidence, tmp_path):
    cut = evidence._replace(data=evidence.data[: len(evidence.data) // 2])
    (tmp_path / "bundle.zip").write_bytes(cut.data)
    with pytest.raises(verifier.Wrong, match="no whole archive"):
        verifier.read(tmp_path / "bundle.zip")


def test_who_lists_the_changed_file_anew_is_found_out_all_the_same(evidence):
    """The manifest proves nothing: hashes, bindings and the signed root do."""
    files = evidence.files
    bound = [
        name
        for name in files
        if name.startswith(("acts/", "register/", "consents/"))
        or name in {"document.pdf", "content.json", "slots.json"}
    ]
    assert len(bound) > 10
    for name in bound:
        lines = found(signed_anew(files | {name: flipped(files[name])}), evidence.key)
        assert bad(lines), name


@pytest.mark.parametrize("what", FLIPS)
def test_one_flipped_byte_is_named_though_every_list_was_made_anew(what, evidence):
    lines = found(flipped_in(evidence, FLIPS[what]).files, evidence.key)
    assert any(FLIPS[what].said in line for line in bad(lines)), lines


@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        ("acts/01-sign.json", {"slot": 2}, "another slot"),
        ("acts/01-sign.json", {"act": "refuse"}, "another act"),
        ("acts/01-sign.json", {"as_printed": "{}"}, "another name"),
        ("acts/01-sign.json", {"at": "2024-02-03T02:00:00+00:00"}, "another time"),
        ("acts/01-sign.json", {"grade": "personal"}, "another grade"),
        ("acts/01-sign.json", {"credential": "passkey/else"}, "another passkey"),
        ("acts/01-sign.json", {"revision": 3}, "does not continue"),
        ("commitment.json", {"state": "settled"}, "another state"),
        ("commitment.json", {"number": "99/CK"}, "another number"),
        ("commitment.json", {"terms_sha256": "00" * 32}, "other terms"),
    ],
)
def test_one_changed_value_is_named(what, change, said, evidence):
    files = evidence.files
    changed = json.dumps(json.loads(files[what]) | change).encode()
    lines = found(signed_anew(files | {what: changed}), evidence.key)
    assert any(said in line for line in bad(lines)), bad(lines)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("act", "BAD  revisions.json: revision 4 is not known to the register"),
        (
            "evidence",
            "OPEN revisions.json: revision 4 adds evidence that the register does not know",
        ),
    ],
)
def test_bytes_that_were_added_behind_the_last_act_are_never_good(kind, line, evidence):
    files = evidence.files
    pdf, rows = files["document.pdf"] + b"% more", json.loads(files["revisions.json"])
    more = {
        "no": len(rows),
        "kind": kind,
        "length": len(pdf),
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "prev_sha256": rows[-1]["sha256"],
    }
    changed = {"document.pdf": pdf, "revisions.json": json.dumps([*rows, rows[-1] | more]).encode()}
    assert line in found(signed_anew(files | changed), evidence.key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"length": 7}, "its first 7 bytes"),
        ({"sha256": "00" * 32}, "are not revision 1"),
        ({"prev_sha256": "00" * 32}, "does not follow"),
        ({"kind": "act"}, "another kind"),
    ],
)
def test_one_changed_revision_is_named(change, said, evidence):
    files = evidence.files
    rows = json.loads(files["revisions.json"])
    rows[1] |= change
    lines = found(signed_anew(files | {"revisions.json": json.dumps(rows).encode()}), evidence.key)
    assert any(said in line or "adds nothing" in line for line in bad(lines)), bad(lines)


def test_an_act_that_was_left_out_or_taken_twice_is_found_out(evidence):
    files = evidence.files
    without = {name: data for name, data in files.items() if name != "acts/01-sign.json"}
    assert any(
        "knows other acts" in line for line in bad(found(signed_anew(without), evidence.key))
    )
    again = signed_anew(files | {"acts/03-sign.json": files["acts/01-sign.json"]})
    assert any("knows other acts" in line for line in bad(found(again, evidence.key)))
    names = [name for name in files if name.startswith("register/")]
    twice = signed_anew(files | {"register/999999999999.json": files[names[0]]})
    assert any("stands twice" in line for line in bad(found(twice, evidence.key)))


def test_a_whole_forgery_under_fresh_keys_is_refused(db, settings, tmp_path):
    """Everything made anew and consistent, one value changed: only the fingerprint tells."""
    ours = whole()
    settings.REGISTER_KEY_FILE = tmp_path / "register_key.pem"
    path, password = seals.make_own(tmp_path / "seal")
    settings.SEAL_PKCS12_FILE, settings.SEAL_PASSWORD_FILE = str(path), str(password)
    theirs = evidence_of(in_force_by_passkeys(sign_by=date(2024, 3, 20)))
    assert theirs.key != ours.key
    assert bad(found(theirs.files, theirs.key)) == []
    refused = bad(found(theirs.files, ours.key))
    assert len(refused) == 1
    assert theirs.key in refused[0]
    assert "which you do not trust" in refused[0]


# --- the arithmetic that is written out -----------------------------------------------------------


@pytest.mark.parametrize("message", [b"", b"abc", bytes(1000)])
def test_signatures_are_those_of_a_known_library(message):
    curve = ec.generate_private_key(ec.SECP256R1())
    point = curve.public_key().public_numbers()
    signature = curve.sign(message, ec.ECDSA(hashes.SHA256()))
    assert verifier.p256_is_valid(point.x, point.y, message, signature)
    assert not verifier.p256_is_valid(point.x, point.y, message + b"!", signature)
    assert not verifier.p256_is_valid(point.y, point.x, message, signature)

    edwards = ed25519.Ed25519PrivateKey.generate()
    public, signature = edwards.public_key().public_bytes_raw(), edwards.sign(message)
    assert verifier.ed25519_is_valid(public, message, signature)
    assert not verifier.ed25519_is_valid(public, message + b"!", signature)
    assert not verifier.ed25519_is_valid(public, message, flipped(signature))

    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = pair.public_key().public_numbers()
    signature = pair.sign(message, padding.PKCS1v15(), hashes.SHA256())
    assert verifier.rsa_is_valid(numbers.n, numbers.e, message, signature)
    assert not verifier.rsa_is_valid(numbers.n, numbers.e, message, flipped(signature))
