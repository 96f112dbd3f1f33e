"""Every act once, with the act, in a fixed form; and later in one dense row, whoever numbers."""

import json
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, BrokenBarrierError, Thread
from time import sleep

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState

from tests.factories.units import AppointmentFactory, OrgUnitFactory
from units.actions import register
from units.append_only import FrozenOnce
from units.models import (
    RegisterEntry,
    RegisterEpoch,
    RegisterLink,
    RegisterPending,
    RegisterPrivate,
    RegisterReach,
)
from units.origin import Origin, acting_from
from units.querysets.register import RegisterLinkQuerySet
from units.rules import canonical
from units.rules import register as chain

AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)
WEB = Origin(
    door="web", request_id="r-1", ip="192.0.2.7", user_agent="Trình duyệt/1.0", auth="totp"
)


def append(**changes) -> RegisterEntry:
    told = {
        "kind": "unit.rename",
        "subject": "unit/bx-first",
        "subject_version": None,
        "reach": [],
        "by": None,
        "at": AT,
    }
    return register.append(**(told | changes))


def written(**changes) -> RegisterEntry:
    with transaction.atomic():
        return append(**changes)


def everything() -> list[int]:
    tables = (RegisterEntry, RegisterPending, RegisterPrivate, RegisterReach, RegisterLink)
    return [table.objects.count() for table in tables]


def places() -> list[int]:
    return list(RegisterLink.objects.order_by("seq").values_list("seq", flat=True))


# --- writing ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written():
    with pytest.raises(transaction.TransactionManagementError, match="act's transaction"):
        append()
    assert everything() == [0] * 5


@pytest.mark.django_db
def test_an_entry_says_who_what_when_in_which_office_and_how():
    held = AppointmentFactory()
    with acting_from(WEB):
        entry = written(
            subject_version=3, by=held.person, office=held.position, data={"to": "Xã Nhất", "n": 1}
        )
    said = json.loads(entry.text)
    assert {name: said[name] for name in said if name != "private"} == {
        "v": 1,
        "alg": "sha256",
        "id": str(entry.uuid),
        "kind": "unit.rename",
        "subject": "unit/bx-first",
        "subject_version": 3,
        "at": "2024-02-02T02:00:00+00:00",
        "actor": held.person.username,
        "office": held.position.ref,
        "auth": {"door": "web", "method": "totp"},
        "data": {"to": "Xã Nhất", "n": 1},
        "request": "r-1",
    }
    assert register.data_of(entry) == {"to": "Xã Nhất", "n": 1}
    assert (entry.actor, entry.office, entry.at) == (held.person, held.position, AT)
    assert (entry.subject_kind, entry.subject_ref, entry.subject_version) == ("unit", "bx-first", 3)
    assert (entry.request_id, entry.published) == ("r-1", False)


@pytest.mark.django_db
def test_the_text_is_canonical_and_the_instant_in_utc():
    local = AT.astimezone(timezone(timedelta(hours=7)))
    entry = written(at=local, data={"b": None, "a": ["ạ", 1]})
    stored = RegisterEntry.objects.get(pk=entry.pk)
    assert canonical.text(json.loads(stored.text)) == stored.text
    assert json.loads(stored.text)["at"] == "2024-02-02T02:00:00+00:00"
    assert stored.text == entry.text


@pytest.mark.django_db
@pytest.mark.parametrize("data", [{"x": 1.5}, {"x": AT}, {"x": "e\u0301"}, {"x": {1: 2}}])
def test_what_has_no_fixed_form_is_refused_and_leaves_nothing(data):
    with pytest.raises(ValueError, match="x"):
        written(data=data)
    assert everything() == [0] * 5


@pytest.mark.django_db
def test_private_values_stand_beside_the_entry_as_salted_hashes():
    with acting_from(WEB):
        first, second = written(), written()
    hashes = json.loads(first.text)["private"]
    rows = list(first.private.order_by("field"))
    told = [("ip", WEB.ip), ("user_agent", WEB.user_agent)]
    assert [(row.field, row.value) for row in rows] == told
    assert hashes == {row.field: canonical.sha256_hex(row.salt + row.value) for row in rows}
    assert WEB.ip not in first.text
    assert json.loads(second.text)["private"]["ip"] != hashes["ip"]  # another salt
    first.private.all().delete()  # may be erased; the entry stands
    assert RegisterEntry.objects.filter(pk=first.pk).exists()


@pytest.mark.django_db
def test_without_an_origin_it_is_a_command_of_the_system():
    said = json.loads(written().text)
    assert (said["actor"], said["office"], said["private"], said["request"]) == (None, None, {}, "")
    assert said["auth"] == {"door": "command", "method": ""}


@pytest.mark.django_db
def test_the_reach_is_kept_before_and_after_units_or_keys_each_once():
    first, second = OrgUnitFactory(), OrgUnitFactory()
    same, moved = written(reach=[first, first.pk]), written(reach=[second], reach_before=[first])
    rows = RegisterReach.objects.order_by("moment").values_list("moment", "unit")
    assert list(rows.filter(entry=same)) == [("after", first.pk), ("before", first.pk)]
    assert list(rows.filter(entry=moved)) == [("after", second.pk), ("before", first.pk)]
    assert not RegisterReach.objects.filter(entry=written(reach=[], reach_before=[])).exists()


@pytest.mark.django_db
def test_a_version_of_a_subject_is_said_once_and_none_as_often_as_wanted():
    written(subject_version=1)
    words = "subject_version|registerentry_subject_version_once"
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        append(subject_version=1)
    written(subject_version=2)
    written(subject_version=1, subject="unit/bx-other")
    written()
    written()
    assert RegisterEntry.objects.about("unit", "bx-first").count() == 4


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_leaves_nothing_and_no_gap():
    with acting_from(WEB):
        written(reach=[OrgUnitFactory()])
        before = everything()
        with suppress(RuntimeError), transaction.atomic():
            append(reach=[OrgUnitFactory()])
            raise RuntimeError("the act fails after its entry")
        with transaction.atomic(), suppress(RuntimeError), transaction.atomic():
            append()
            raise RuntimeError("a part of the act fails")
        assert everything() == before
        written()
    assert places() == [1, 2]


# --- numbering --------------------------------------------------------------------------------


@pytest.fixture
def not_numbered(monkeypatch):
    """As after a crash right behind the commit: what was written waits for the job."""
    monkeypatch.setattr(register, "_sequence_quietly", lambda: None)


@pytest.mark.django_db(transaction=True)
def test_an_entry_has_its_place_when_its_act_is_committed():
    with transaction.atomic():
        entry = append()
        assert places() == []
        assert list(RegisterPending.objects.values_list("entry", flat=True)) == [entry.pk]
    assert entry.link.seq == 1
    assert not RegisterPending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_oldest_come_first_a_batch_at_a_time(not_numbered):
    entries = [written().pk for _time in range(5)]
    assert [register.sequence(limit=2) for _time in range(4)] == [2, 2, 1, 0]
    assert list(RegisterLink.objects.order_by("seq").values_list("seq", "entry")) == [
        (place, entry) for place, entry in enumerate(entries, start=1)
    ]
    assert [link.seq for link in RegisterLink.objects.after(3)] == [4, 5]


def chained() -> int:
    """Assert that every place stands on the one before it, the first on its epoch; return how many."""
    epoch = RegisterEpoch.objects.get()
    prev, count = chain.epoch_hash(epoch.text), 0
    links = RegisterLink.objects.select_related("entry").order_by("seq")
    for count, link in enumerate(links, start=1):
        leaf = chain.leaf_hash(link.entry.text)
        assert (link.seq, link.epoch_id) == (count, 1)
        assert (bytes(link.leaf_hash), bytes(link.prev_hash)) == (leaf, prev)
        prev = chain.link_hash(link.seq, prev, leaf)
        assert bytes(link.link_hash) == prev
    return count


@pytest.mark.django_db(transaction=True)
def test_each_place_is_hashed_onto_the_one_before_across_batches(not_numbered):
    for n in range(5):
        written(subject=f"unit/{n}", data={"name": "Xã Nhất"})
    while register.sequence(limit=2):
        pass
    assert chained() == 5
    epoch = RegisterEpoch.objects.get()
    assert (epoch.number, epoch.after_seq) == (1, 0)
    assert canonical.text(json.loads(epoch.text)) == epoch.text


def broken(row: RegisterLink, **changes) -> RegisterLink:
    told = {name: getattr(row, name) for name in ("leaf_hash", "prev_hash", "link_hash", "epoch")}
    return RegisterLink(**({"seq": 99, "entry": written()} | told | changes))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"link_hash": b"x" * 32}, "prev_hash|registerlink_follows_one"),
        ({"prev_hash": b"x" * 32}, "link_hash|registerlink_hash_once"),
        (
            {"prev_hash": b"x" * 32, "link_hash": b"short"},
            "registerlink_hashes_have_32_bytes",
        ),
    ],
)
def test_the_database_refuses_a_fork(not_numbered, changes, words):
    written()
    register.sequence()
    row = broken(RegisterLink.objects.get(), **changes)
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"number": 0}, {"after_seq": -1}])
def test_the_database_refuses_an_epoch_before_the_first(wrong):
    told = {"number": 1, "after_seq": 0, "started_at": AT, "reason": "x", "text": "{}"} | wrong
    words = "registerepoch_counts_from_one|registerepoch_number_check"
    words += "|units_registerepoch_number"  # PostgreSQL's own check of a positive number
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        RegisterEpoch.objects.create(**told)


@pytest.mark.django_db
def test_one_act_numbers_a_few_batches_and_leaves_the_rest(monkeypatch):
    for _time in range(5):
        written()
    whole = register.sequence
    monkeypatch.setattr(register, "sequence", lambda: whole(limit=1))
    register._sequence_quietly()
    assert places() == [1, 2, 3]


def in_threads(*jobs):
    """Run `jobs` at once; return their results. Each closes its connection."""
    results = []

    def run(job):
        try:
            results.append(job())
        except Exception as error:  # noqa: BLE001  # the test asks what came of each
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def meet_before_writing(monkeypatch):
    """Hold two sequencers between reading the last place and writing the next ones."""
    meet, write = Barrier(2), RegisterLinkQuerySet.bulk_create

    def write_when_both_have_read(self, *args, **kwargs):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=0.5)
        return write(self, *args, **kwargs)

    monkeypatch.setattr(RegisterLinkQuerySet, "bulk_create", write_when_both_have_read)


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_at_once_number_each_entry_once_and_densely(not_numbered, monkeypatch):
    """Proves the sequencer's lock (`register.take_turn`): without it both write the same places."""
    entries = [written().pk for _time in range(4)]
    meet_before_writing(monkeypatch)

    results = in_threads(register.sequence, register.sequence)

    assert sorted(results) == [0, 4]
    assert places() == [1, 2, 3, 4]
    assert list(RegisterLink.objects.order_by("seq").values_list("entry", flat=True)) == entries
    assert chained() == 4
    assert not RegisterPending.objects.exists()


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_without_the_one_lock_two_sequencers_collide(not_numbered, monkeypatch):
    """The guard's guard: with a lock for each the same places are given twice, and one crashes."""
    for _time in range(4):
        written()
    meet_before_writing(monkeypatch)
    monkeypatch.setattr(register, "SEQUENCER_LOCK", 1)

    def with_another_lock():
        sleep(0.2)  # the first has taken its lock and waits at the barrier
        monkeypatch.setattr(register, "SEQUENCER_LOCK", 2)
        return register.sequence()

    results = in_threads(register.sequence, with_another_lock)
    assert [type(result) for result in results].count(IntegrityError) == 1


@pytest.mark.django_db(transaction=True)
def test_writers_and_sequencers_at_once_leave_no_gap_and_no_fork(monkeypatch):
    """On PostgreSQL 16 writers number what they have written while 4 sequencers do the same."""
    writers, each = (16, 5) if connection.vendor == "postgresql" else (2, 10)
    numbered = register.sequence
    monkeypatch.setattr(register, "sequence", lambda limit=3: numbered(limit=limit))

    def write():
        return [written(subject=f"unit/{n}").pk for n in range(each)]

    def number():
        return [register.sequence() for _time in range(10)]

    results = in_threads(*[write] * writers, *[number] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    while register.sequence():
        pass
    assert chained() == writers * each
    assert not RegisterPending.objects.exists()


@contextmanager
def sequencer_out_of_order():
    """Let the database refuse every place while the block runs."""
    refuse, state = FrozenOnce("units_registerlink", "1 = 1", verbs=("INSERT",)), ProjectState()
    with connection.schema_editor() as editor:
        refuse.database_forwards("units", editor, state, state)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            refuse.database_backwards("units", editor, state, state)


@pytest.mark.django_db(transaction=True)
def test_a_failing_sequencer_never_breaks_the_writer(caplog):
    with sequencer_out_of_order():
        entry = written()
        assert RegisterEntry.objects.get() == entry
        assert list(RegisterPending.objects.values_list("entry", flat=True)) == [entry.pk]
        assert places() == []
    assert "Numbering the register failed" in caplog.text
    assert register.sequence() == 1  # the job finds it later
    assert places() == [1]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_who_finds_the_sequencer_busy_goes_on():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [register.SEQUENCER_LOCK])
        busy = in_threads(written, register.sequence)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [register.SEQUENCER_LOCK])
    assert not [result for result in busy if isinstance(result, Exception)]
    assert places() == []
    assert register.sequence() == 1
