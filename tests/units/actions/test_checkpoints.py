"""Stretches of the register closed under a signed root, published, and each entry proved by it."""

import json
import stat
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.factories.register import AT, closed, entries, entry
from tests.placeserver import web_place
from tests.units.actions.test_register import in_threads
from units.actions import checkpoints, register
from units.models import (
    RegisterCheckpoint,
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPublication,
)
from units.querysets.checkpoints import RegisterCheckpointQuerySet
from units.rules import checkpoints as rules
from units.rules import merkle
from units.rules import register as chain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]
LATER = AT + timedelta(hours=1)


@pytest.fixture
def small(monkeypatch):
    """A stretch is full with three entries."""
    monkeypatch.setattr(rules, "LARGEST", 3)


def stretches() -> list[tuple[int, int, int, int]]:
    rows = RegisterCheckpoint.objects.order_by("last_seq")
    return list(rows.values_list("epoch", "number", "first_seq", "last_seq"))


# --- closing ----------------------------------------------------------------------------------


def test_nothing_is_closed_where_nothing_is():
    assert checkpoints.make(at=LATER, now=True) == 0


def test_what_is_left_is_closed_within_the_hour(small):
    entries(2)
    begun = RegisterEpoch.objects.get().started_at
    assert checkpoints.make(at=begun + timedelta(minutes=54)) == 0
    assert checkpoints.make(at=begun + timedelta(minutes=55)) == 1
    made = RegisterCheckpoint.objects.get().made_at
    assert checkpoints.make(at=made + timedelta(hours=9)) == 0  # nothing new
    entry()
    register.sequence()
    assert checkpoints.make(at=made + timedelta(minutes=54)) == 0
    assert checkpoints.make(at=made + timedelta(minutes=55)) == 1
    assert stretches() == [(1, 1, 1, 2), (1, 2, 3, 3)]


def test_full_stretches_are_closed_at_once(small):
    entries(8)
    assert checkpoints.make(at=RegisterEpoch.objects.get().started_at) == 2
    assert stretches() == [(1, 1, 1, 3), (1, 2, 4, 6)]
    assert checkpoints.make(at=AT, now=True) == 1
    assert stretches()[-1] == (1, 3, 7, 8)


def test_a_checkpoint_says_what_it_covers_and_is_signed(small):
    entries(5)
    checkpoints.make(at=AT, now=True)
    first, second = RegisterCheckpoint.objects.order_by("number")
    links = list(RegisterLink.objects.order_by("seq"))
    assert second.signed.said == {
        "v": 1,
        "alg": "ed25519-sha256",
        "origin": "commitments.example.org",
        "epoch": 1,
        "number": 2,
        "first_seq": 4,
        "last_seq": 5,
        "root": merkle.root([bytes(link.leaf_hash) for link in links[3:]]).hex(),
        "last_link": bytes(links[4].link_hash).hex(),
        "previous": first.sha256,
        "key": checkpoints.fingerprint(),
        "time": "2024-02-02T02:00:00+00:00",
    }
    epoch = RegisterEpoch.objects.get()
    assert first.signed.said["previous"] == chain.epoch_hash(epoch.text).hex()
    assert rules.is_signed(first.signed)
    assert rules.is_signed(second.signed)
    assert not rules.is_signed(first.signed._replace(text=second.text))
    assert not rules.is_signed(first.signed._replace(public_key=b"x" * 32))
    assert not rules.is_signed(first.signed._replace(signature=b""))


def test_a_new_epoch_names_what_was_published_and_counts_anew():
    entries(2)
    first, tail = closed(), entries(1)
    last = RegisterLink.objects.latest("seq")
    epoch = checkpoints.open_epoch(reason="put back from the copy of 2 February", at=LATER)
    said = json.loads(epoch.text)
    assert (said["epoch"], said["after_seq"], said["checkpoint"]) == (2, 3, first.sha256)
    assert said["last_link"] == bytes(last.link_hash).hex()
    after = entries(1)
    link = RegisterLink.objects.get(entry=after[0])
    assert (link.seq, link.epoch_id) == (4, 2)
    assert bytes(link.prev_hash) == chain.epoch_hash(epoch.text)
    assert checkpoints.make(at=AT, now=True) == 1
    assert stretches() == [(1, 1, 1, 2), (2, 1, 3, 4)]
    assert RegisterCheckpoint.objects.latest("pk").previous == chain.epoch_hash(epoch.text).hex()
    assert checkpoints.receipt_of(tail[0])["index"] == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql_only
def test_an_epoch_waits_for_the_sequencer():
    entries(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [register.SEQUENCER_LOCK])
        (found,) = in_threads(lambda: checkpoints.open_epoch(reason="x", at=AT))
        cursor.execute("SELECT pg_advisory_unlock(%s)", [register.SEQUENCER_LOCK])
    assert isinstance(found, checkpoints.RegisterBusy)


def closed_by_two(monkeypatch) -> list[int | Exception]:
    """Let two close the same stretch, both held between reading and writing; return what came of each."""
    entries(3)
    checkpoints.open_key()
    meet, write = Barrier(2), RegisterCheckpointQuerySet.create

    def write_when_both_have_read(self, **values):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=0.5)
        return write(self, **values)

    monkeypatch.setattr(RegisterCheckpointQuerySet, "create", write_when_both_have_read)
    return in_threads(*[lambda: checkpoints.make(at=AT, now=True)] * 2)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_close_a_stretch_once(monkeypatch):
    assert sorted(closed_by_two(monkeypatch)) == [0, 1]
    assert stretches() == [(1, 1, 1, 3)]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_without_the_one_lock_two_close_the_same_stretch(monkeypatch):
    """The guard's guard: both sign a root over the same entries, and a unique key stops one."""
    monkeypatch.setattr(register, "take_turn", lambda _lock: True)
    results = closed_by_two(monkeypatch)
    assert [type(result) for result in results].count(IntegrityError) == 1
    assert stretches() == [(1, 1, 1, 3)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": 1}, "number_once|registercheckpoint.number"),
        ({"previous": None}, "follows_one|registercheckpoint.previous"),
        ({"last_seq": None}, "covers_once|registercheckpoint.last_seq"),
        ({"first_seq": 8}, "registercheckpoint_covers_something"),
        ({"first_seq": 0}, "registercheckpoint_covers_something"),
    ],
)
def test_the_database_refuses_two_histories(changes, words):
    entries(2)
    one = closed()
    told = {"number": 2, "first_seq": 3, "last_seq": 4, "previous": "0" * 64} | {
        name: getattr(one, name) if value is None else value for name, value in changes.items()
    }
    if "last_seq" in changes:
        told["first_seq"] = one.first_seq
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        RegisterCheckpoint.objects.create(
            epoch=one.epoch, text="{}", sha256="0" * 64, signature="", public_key="", made_at=AT,
            **told,
        )  # fmt: skip


def test_what_was_signed_and_published_stays():
    entries(1)
    one = closed()
    for row in (one, RegisterPublication.objects.first()):
        table = row._meta.db_table
        with pytest.raises(DatabaseError, match=f"{table} is append-only"), transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(id=99)


# --- the key ----------------------------------------------------------------------------------


def test_the_key_is_drawn_once_for_its_owner_alone(settings):
    path = settings.REGISTER_KEY_FILE
    first = checkpoints.fingerprint()
    assert checkpoints.fingerprint() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.glob("*key*")] == [path.name]


def test_a_key_kept_apart_is_never_made_up(settings):
    settings.REGISTER_KEY_APART = True
    entries(1)
    with pytest.raises(checkpoints.KeyUnusable, match=r"register_key\.pem: No such file"):
        checkpoints.make(at=AT, now=True)
    assert not settings.REGISTER_KEY_FILE.exists()
    assert stretches() == []


@pytest.mark.parametrize("text", ["", "a password", "-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(settings, text):
    settings.REGISTER_KEY_FILE.write_text(text)
    with pytest.raises(checkpoints.KeyUnusable, match="is no private key in PEM"):
        checkpoints.open_key()


def test_a_key_of_another_kind_is_refused(settings):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    settings.REGISTER_KEY_FILE.write_bytes(pem)
    with pytest.raises(checkpoints.KeyUnusable, match="checkpoints need Ed25519"):
        checkpoints.open_key()


# --- publishing -------------------------------------------------------------------------------


def test_each_place_gets_each_checkpoint_once_and_its_answer_is_kept(small, register_places):
    entries(4)
    assert checkpoints.make_and_publish(at=RegisterEpoch.objects.get().started_at) == 1 + 2
    checkpoints.make(at=LATER, now=True)
    assert checkpoints.publish(at=LATER) == 2
    assert checkpoints.publish(at=LATER) == 0
    for folder in ("beside", "outside"):
        names = sorted(path.name for path in (register_places / folder).iterdir())
        assert names == ["0001-00000001.json", "0001-00000002.json"]
    one = RegisterCheckpoint.objects.latest("pk")
    copy = (register_places / "outside" / "0001-00000002.json").read_text()
    assert rules.read(copy) == one.signed
    said = RegisterPublication.objects.filter(checkpoint=one).values_list("place", "ok", "at")
    assert set(said) == {
        (str(register_places / folder), True, LATER) for folder in ("beside", "outside")
    }


def test_a_place_that_fails_is_asked_again_and_its_failure_kept_once(settings, register_places):
    (register_places / "outside").write_text("not a folder")
    entries(1)
    one = closed()
    checkpoints.publish(at=LATER)
    rows = RegisterPublication.objects.filter(place=settings.REGISTER_PUBLISH[0])
    assert list(rows.values_list("checkpoint", "ok", "answer")) == [(one.pk, False, "File exists")]
    (register_places / "outside").unlink()
    assert checkpoints.publish(at=LATER) == 1
    assert list(rows.order_by("pk").values_list("ok", flat=True)) == [False, True]


def test_a_place_that_holds_another_checkpoint_of_that_name_keeps_it(register_places):
    other = register_places / "outside" / "0001-00000001.json"
    other.parent.mkdir()
    other.write_text("another history")
    entries(1)
    closed()
    said = RegisterPublication.objects.get(ok=False)
    assert said.answer == "another checkpoint of that name is there"
    assert other.read_text() == "another history"


def test_what_is_there_already_counts(register_places):
    entries(1)
    checkpoints.make(at=AT, now=True)
    one = RegisterCheckpoint.objects.get()
    (register_places / "outside").mkdir()
    (register_places / "outside" / "0001-00000001.json").write_text(rules.document(one.signed))
    assert checkpoints.publish(at=AT) == 2
    assert RegisterPublication.objects.filter(answer="it was there already").count() == 1


def test_a_web_address_gets_it_too_and_no_password_is_kept(settings):
    entries(1)
    with web_place() as web:
        settings.REGISTER_PUBLISH = [web.url.replace("//", "//us%65r:secret@")]
        one = closed()
        name = f"/register/{rules.name_of(1, 1)}"
        assert web.kept[name].decode() == rules.document(one.signed)
        assert web.asked == [("PUT", name, "Basic dXNlcjpzZWNyZXQ=")]
        said = RegisterPublication.objects.get(place=web.url)
        assert (said.ok, said.answer) == (True, '201 "1" kept')
        (place,) = checkpoints.outside()
        assert place.get(rules.name_of(1, 1)) == rules.document(one.signed)
        assert place.get(rules.name_of(1, 2)) is None
        assert place.put(rules.name_of(1, 1), rules.document(one.signed)).ok
        assert not place.put(rules.name_of(1, 1), "another").ok


@pytest.mark.parametrize("status", [302, 403, 500])
def test_a_web_address_that_refuses_is_no_success(settings, status):
    entries(1)
    with web_place() as web:
        settings.REGISTER_PUBLISH, web.status = [web.url], status
        closed()
        said = RegisterPublication.objects.get(place=web.url)
        assert (said.ok, said.answer) == (False, f"{status} not now")
        assert web.kept == {}


def test_a_web_address_that_is_silent_is_no_success(settings):
    entries(1)
    with web_place() as web:
        settings.REGISTER_PUBLISH = [web.url]
    closed()
    assert "Connection refused" in RegisterPublication.objects.get(place=web.url).answer


@pytest.mark.parametrize("address", ["folder", "ftp://example.org", "https://", "mailto:a@b"])
def test_what_is_no_place_is_refused(settings, address):
    settings.REGISTER_PUBLISH = [address]
    with pytest.raises(ValueError, match="is no place to publish at"):
        checkpoints.outside()


# --- proving ----------------------------------------------------------------------------------


def test_a_receipt_says_where_an_entry_stands_and_proves_it():
    rows = entries(5)
    one = closed()
    for place, row in enumerate(rows):
        receipt = json.loads(json.dumps(checkpoints.receipt_of(row)))
        link = RegisterLink.objects.get(entry=row)
        assert (receipt["v"], receipt["type"]) == (1, "register-receipt")
        assert (receipt["entry"], receipt["seq"], receipt["epoch"]) == (row.text, place + 1, 1)
        assert receipt["link"] == bytes(link.link_hash).hex()
        assert (receipt["index"], receipt["count"]) == (place, 5)
        path = [bytes.fromhex(step) for step in receipt["path"]]
        root = merkle.leads_to(chain.leaf_hash(row.text), place, 5, path)
        assert root.hex() == one.signed.said["root"]
        assert receipt["checkpoint"] == one.signed.as_json()


def test_before_the_hour_is_closed_a_receipt_has_the_link_alone():
    entries(1)
    closed()
    row = entry()
    assert checkpoints.receipt_of(row)["seq"] is None
    register.sequence()
    receipt = checkpoints.receipt_of(row)
    assert receipt["seq"] == 2
    assert len(receipt["link"]) == 64
    assert receipt["checkpoint"] is receipt["path"] is None


@pytest.mark.parametrize("count", [1, 3])
def test_receipts_cost_the_same_for_one_and_three(count, django_assert_num_queries):
    rows = entries(count)
    closed()
    with django_assert_num_queries(4):  # newest checkpoint, links, the checkpoint, its leaves
        assert len(checkpoints.receipts_of(rows)) == count


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_who_finds_somebody_closing_goes_on():
    entries(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [checkpoints.CHECKPOINT_LOCK])
        assert in_threads(lambda: checkpoints.make(at=AT, now=True)) == [0]
        cursor.execute("SELECT pg_advisory_unlock(%s)", [checkpoints.CHECKPOINT_LOCK])
    assert RegisterEntry.objects.count() == 1
