"""The verifier that needs nothing of ours: in an empty folder, by a bare Python, it finds the same."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.register import AT, closed, entries
from units.actions import checkpoints, drill, register_exports, verification
from units.models import RegisterCheckpoint, RegisterLink
from units.rules import checkpoints as rules
from units.rules import merkle
from units.rules import register as chain
from units.standalone import verify_register as alone

VECTORS = [  # RFC 8032, section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
GOOD, BAD, OPEN = 0, 1, 2


# --- Ed25519 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_vectors_of_rfc_8032(key, message, signature):
    key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
    assert alone.signature_is_valid(key, message, signature)
    assert not alone.signature_is_valid(key, message + b"x", signature)
    for place in (0, 31, 32, 63):
        flipped = bytearray(signature)
        flipped[place] ^= 1
        assert not alone.signature_is_valid(key, message, bytes(flipped))


def test_what_rfc_8032_forbids_is_refused():
    key, message, signature = (bytes.fromhex(text) for text in VECTORS[1])
    scalar = int.from_bytes(signature[32:], "little") + alone.L  # the same point, a second form
    assert not alone.signature_is_valid(
        key, message, signature[:32] + scalar.to_bytes(32, "little")
    )
    assert not alone.signature_is_valid(key, message, signature[:63])
    assert not alone.signature_is_valid(key[:31], message, signature)
    for bad in (alone.P, alone.P + 1, 2, 1 | 1 << 255):  # not reduced, not on the curve, minus zero
        assert not alone.signature_is_valid(bad.to_bytes(32, "little"), message, signature)
        assert not alone.signature_is_valid(
            key, message, bad.to_bytes(32, "little") + signature[32:]
        )


@settings(max_examples=10)
@given(st.binary(max_size=200))
def test_it_agrees_with_the_library(message):
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert alone.signature_is_valid(public, message, key.sign(message))
    assert not alone.signature_is_valid(public, message + b"!", key.sign(message))


# --- the same hashes ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, 34))
def test_its_hashes_are_those_of_the_product(count):
    texts = [f"Xã số {n}" for n in range(count)]
    leaves = [merkle.leaf_hash(text) for text in texts]
    assert [alone.leaf_of(text) for text in texts] == leaves
    assert alone.root_of(leaves) == merkle.root(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.path(leaves, index)
        assert alone.led_to(leaf, index, count, path) == merkle.root(leaves)
        with pytest.raises(ValueError, match="wrong length"):
            alone.led_to(leaf, index, count, [*path, b"x" * 32])
    assert alone.link_of(7, leaves[0], leaves[-1]) == chain.link_hash(7, leaves[0], leaves[-1])


# --- files --------------------------------------------------------------------------------------


class Desk:
    """An empty folder with the verifier alone, and what somebody was handed."""

    def __init__(self, folder: Path, key: str, published: Path) -> None:
        folder.mkdir()
        self.folder, self.key, self.published = folder, key, published
        shutil.copy(alone.__file__, folder)

    def check(self, text: str, *asked: str) -> tuple[int, list[str]]:
        """Check `text` in the folder by a bare Python; return exit code and lines."""
        (self.folder / "handed").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify_register.py", "handed", *asked],
            cwd=self.folder,
            env={"PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()

    def fully(self, text: str) -> tuple[int, list[str]]:
        return self.check(text, "--key", self.key, "--checkpoints", str(self.published))


@pytest.fixture
def desk(db, register_places, tmp_path, monkeypatch):
    monkeypatch.setattr(rules, "LARGEST", 4)
    entries(10)
    closed()
    return Desk(tmp_path / "desk", checkpoints.fingerprint(), register_places / "outside")


def export() -> str:
    return "\n".join(register_exports.lines()) + "\n"


def receipt(seq: int) -> dict:
    return checkpoints.receipt_of(RegisterLink.objects.get(seq=seq).entry)


def inside(text: str, *asked: str) -> tuple[int, list[str]]:
    """Check within this process: quicker, for the many cases."""
    path = Path(text) if text.startswith("/") else None
    report = alone.Report(write=(lines := []).append)
    alone.check(path, {asked[0]} if asked else set(), asked[1:], report)
    return report.code, lines


def test_a_receipt_is_good_by_a_bare_python(desk):
    code, lines = desk.fully(json.dumps(receipt(6)))
    assert (code, len(lines)) == (GOOD, 1)
    assert lines[0].startswith(
        "GOOD seq 6: unit.rename of unit/xa-5, 2024-02-02T02:00:00+00:00 by the system, signed in "
        "checkpoint 1.2 (seq 5 to 8) at "
    )


def test_an_export_is_good_by_a_bare_python(desk):
    assert desk.fully(export()) == (GOOD, ["GOOD seq 1 to 10: 10 entries, 3 checkpoints"])


def test_without_a_key_from_outside_nothing_is_good(desk):
    code, lines = desk.check(export())
    assert code == OPEN
    assert lines[0].startswith("OPEN no fingerprint was given")


def test_a_key_of_somebody_else_is_refused(desk):
    code, lines = desk.check(json.dumps(receipt(1)), "--key", "0" * 64)
    assert code == BAD
    assert "signed by a key that is not ours" in lines[0]


@pytest.mark.parametrize("text", ["", "{}", "[]", "not JSON", '{"type":"invoice"}'])
def test_what_is_neither_is_not_good(desk, text):
    code, lines = desk.check(text, "--key", desk.key)
    assert code == OPEN
    assert "cannot be checked" in lines[-1]


def test_help_says_how(desk):
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(desk.folder / "verify_register.py"), "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--key FINGERPRINT" in done.stdout


def of(tmp_path: Path, value: object) -> str:
    path = tmp_path / "file"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entry": '{"kind":"x","subject":"y","at":"z","actor":"w"}'}, "is not the one that was"),
        ({"leaf": "00" * 32}, "is not the one that was"),
        ({"prev": "00" * 32}, "the link is not that of this entry"),
        ({"seq": 5}, "the path does not lead to the signed root"),
        ({"seq": 9}, "outside its stretch"),
        ({"path": []}, "wrong length"),
        ({"path": ["00" * 32] * 2}, "the path does not lead to the signed root"),
        ({"epoch": 2}, "the checkpoint is of an earlier epoch"),
    ],
)
def test_a_receipt_that_was_changed_is_bad(desk, tmp_path, changes, said):
    code, lines = inside(of(tmp_path, receipt(6) | changes), desk.key)
    assert code == BAD
    assert any(line.startswith("BAD  seq ") and said in line for line in lines), lines
    assert not any(line.startswith("GOOD") for line in lines)


def test_a_receipt_forged_whole_with_a_fresh_key_is_bad(desk, tmp_path):
    found = receipt(6)
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    said = json.loads(found["checkpoint"]["text"]) | {"key": rules.fingerprint(public)}
    text = json.dumps(said)
    found["checkpoint"] = rules.Signed(text, key.sign(text.encode()), public).as_json()
    assert inside(of(tmp_path, found))[0] == OPEN  # it fits together; only the key tells
    assert inside(of(tmp_path, found), desk.key)[0] == BAD


def test_a_receipt_before_its_hour_is_open(desk, tmp_path):
    (last,) = entries(1, subject="unit/late")
    code, lines = inside(of(tmp_path, checkpoints.receipt_of(last)), desk.key)
    assert (code, lines) == (
        OPEN,
        ["OPEN seq 11: not closed under a checkpoint yet; ask again within the hour"],
    )


def changed(line: int, **changes) -> str:
    rows = export().splitlines()
    rows[line] = json.dumps(json.loads(rows[line]) | changes)
    return "\n".join(rows)


ENTRY_6, CHECKPOINT_2, END = 8, 11, -1  # lines of the export


@pytest.mark.parametrize(
    ("line", "changes", "said"),
    [
        (ENTRY_6, {"text": "{}"}, "seq 6: the entry is not the one that was registered"),
        (ENTRY_6, {"leaf": "00" * 32}, "seq 6: the entry is not the one that was registered"),
        (ENTRY_6, {"prev": "00" * 32}, "seq 6: does not stand on the place before it"),
        (ENTRY_6, {"link": "00" * 32}, "seq 6: the link is not that of this entry"),
        (ENTRY_6, {"epoch": 2}, "seq 6: there is no epoch 2"),
        (ENTRY_6, {"seq": 7}, "seq 6: missing or out of order; 7 comes next"),
        (CHECKPOINT_2, {"signature": "00" * 64}, "seq 5: the signature of checkpoint 1.2"),
        (CHECKPOINT_2, {"text": "{}"}, "behind seq 8, cannot be read"),
        (
            1,
            {"text": '{"epoch":1,"after_seq":0,"last_link":null,"checkpoint":null}'},
            "seq 1: does",
        ),
        (END, {"entries": 9}, "does not hold what its last line counts"),
    ],
)
def test_an_export_that_was_changed_is_bad_at_its_place(desk, tmp_path, line, changes, said):
    code, lines = inside(of(tmp_path, changed(line, **changes)), desk.key)
    assert code == BAD
    assert said in next(found for found in lines if found.startswith("BAD")), lines


def test_an_export_cut_short_is_bad(desk, tmp_path):
    rows = export().splitlines()
    code, lines = inside(of(tmp_path, "\n".join(rows[:-1])), desk.key, desk.published)
    assert (code, "it is incomplete behind seq 10" in lines[0]) == (BAD, True)
    shorter = [*rows[:12], json.dumps({"type": "end", "entries": 8, "checkpoints": 2})]
    assert inside(of(tmp_path, "\n".join(shorter)), desk.key)[0] == GOOD  # it fits together
    code, lines = inside(of(tmp_path, "\n".join(shorter)), desk.key, desk.published)
    assert (code, lines) == (
        BAD,
        ["BAD  seq 9: checkpoint 1.3 (seq 9 to 10) was published and is not here: cut, or an old copy put back"],
    )  # fmt: skip


def test_a_tail_that_is_not_closed_yet_is_said_to_be_exposed(desk, tmp_path):
    entries(2)
    code, lines = inside(of(tmp_path, export()), desk.key, desk.published)
    assert code == OPEN
    assert lines[0].startswith("OPEN seq 11: from here to seq 12 newer than the last checkpoint")


def test_an_unpublished_checkpoint_is_not_said_to_be_checked(desk, tmp_path):
    next(desk.published.glob("*3.json")).unlink()
    code, lines = inside(of(tmp_path, export()), desk.key, desk.published)
    assert (code, "is not among the published ones" in lines[0]) == (OPEN, True)
    code, lines = inside(of(tmp_path, receipt(10)), desk.key, desk.published)
    assert (code, "is not among the published ones" in lines[0]) == (OPEN, True)


def test_it_finds_what_the_product_finds(desk, tmp_path):
    """Each step of the drill, judged by both."""
    entries(3, subject="unit/more")
    closed()
    for name, tamper in drill.STEPS.items():
        if name in {"switch a trigger off", "cut what is exposed"}:
            continue  # an export shows neither
        with transaction.atomic():
            drill._lift("default")
            tamper(drill._scene("default"))
            ours = verification.verify()
            code, lines = inside(of(tmp_path, export()), desk.key, desk.published)
            transaction.set_rollback(True)
        assert (code, ours.good) == (BAD, False), name
        bad = [line for line in lines if line.startswith("BAD  seq ")]
        places = {int(line.removeprefix("BAD  seq ").partition(":")[0]) for line in bad}
        assert ours.first_bad is not None
        assert ours.first_bad.seq in places, (name, lines)


def test_a_register_that_began_anew_owns_up_to_its_loss(desk, tmp_path):
    drill._lift("default")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM units_registerpublication")
    last = RegisterCheckpoint.objects.latest("last_seq")
    drill._old_dump(drill.Scene("default", last, 9, 10))
    assert inside(of(tmp_path, export()), desk.key, desk.published)[0] == BAD
    checkpoints.open_epoch(reason="put back from last night", at=AT)
    entries(3)
    closed()
    code, lines = inside(of(tmp_path, export()), desk.key, desk.published)
    assert code == OPEN
    assert lines[0].startswith("OPEN seq 9: checkpoint 1.3 (seq 9 to 10) was lost when a copy was")
    assert lines[-1] == "GOOD seq 1 to 11: 11 entries, 3 checkpoints"
