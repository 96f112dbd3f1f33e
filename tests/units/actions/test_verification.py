"""Whatever is done to the register is found, and its place is named; what is exposed is said."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.factories.register import AT, closed, entries, entry
from tests.factories.units import AppointmentFactory, OrgUnitFactory
from tests.placeserver import web_place
from units.actions import checkpoints, drill, register, verification
from units.append_only import missing_triggers
from units.models import OrgUnit, RegisterCheckpoint, RegisterEntry, RegisterLink
from units.models import RegisterVerification as Verification
from units.origin import Origin, acting_from
from units.rules import checkpoints as rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]


def findings(**asked) -> list[tuple[str, int | None]]:
    return [(one.code, one.seq) for one in verification.verify(**asked).findings]


@pytest.fixture
def two_closed(monkeypatch):
    """Ten entries: two closed and published stretches of four, and a tail of two."""
    monkeypatch.setattr(rules, "LARGEST", 4)
    entries(8)
    closed()
    return entries(2)


def test_an_empty_register_is_good():
    found = verification.verify()
    assert (found.good, found.entries, found.exposed) == (True, 0, 0)


def test_a_register_that_says_what_it_said_is_good(two_closed):
    found = verification.verify()
    assert (found.findings, found.unchecked) == ([], [])
    assert (found.entries, found.last_seq, found.exposed) == (10, 10, 2)


def test_what_an_act_writes_agrees_with_its_columns_however_it_is_written():
    held = AppointmentFactory()
    held.person.username, held.position.ref = 'quote"and\\slash', "đỏ"
    held.person.save()
    held.position.save()
    with acting_from(Origin(door="web", request_id='r"1', ip="192.0.2.7", auth="totp")):
        entry(1, by=held.person, office=held.position, subject='unit/"x"', subject_version=3)
        entry(2, at=datetime(2024, 2, 2, 2, 0, 0, 120, tzinfo=UTC), by=held.person)
        entry(3, at=datetime(2024, 2, 2, 9, 0, tzinfo=UTC), data={"id": ',"id":"x","kind":"y"'})
    register.sequence()
    assert findings() == []


DRILLED = {
    "edit one byte": ("entry-changed", 6),
    "delete an entry": ("place-missing", 6),
    "swap two entries": ("entry-changed", 6),
    "cut the tail": ("tail-cut", 7),
    "cut what is exposed": None,
    "recompute the whole chain": ("key-unknown", 5),
    "switch a trigger off": ("trigger-missing", None),
    "put back an old dump": ("checkpoint-missing", 5),
}


def test_every_step_of_the_drill_is_found_with_its_place_and_undone(two_closed):
    before = list(RegisterEntry.objects.order_by("pk").values_list("text", flat=True))
    results = {result.step: result for result in drill.run(using="default")}
    assert results.keys() == DRILLED.keys() == drill.STEPS.keys()
    for step, expected in DRILLED.items():
        first = results[step].first
        assert (first and (first.code, first.seq)) == expected, (step, first)
        assert results[step].exposed == (expected is None)
    assert list(RegisterEntry.objects.order_by("pk").values_list("text", flat=True)) == before
    assert verification.verify().good


def test_a_forged_chain_with_the_right_key_is_found_by_what_was_published(two_closed, monkeypatch):
    """Who has the key, too, is caught by the copies alone."""
    trusted_any = verification._judge_signature
    monkeypatch.setattr(
        verification,
        "_judge_signature",
        lambda one, at, name, _trusted, found: trusted_any(one, at, name, set(), found),
    )
    results = {result.step: result.first for result in drill.run(using="default")}
    first = results["recompute the whole chain"]
    assert (first.code, first.seq) == ("copy-differs", 5)


def test_the_drill_needs_something_to_tamper_with():
    entries(2)
    closed()
    with pytest.raises(drill.Unfit, match="covers fewer than 3 entries"):
        list(drill.run(using="default"))


def test_the_drill_does_not_start_on_what_is_broken_already(two_closed, register_places):
    (register_places / "outside" / "0001-00000001.json").unlink()
    (register_places / "outside" / "0001-00000001.json").write_text("{}")
    with pytest.raises(drill.Unfit, match="is not as it was signed to begin with"):
        list(drill.run(using="default"))


def tampered(sql: str, *parameters) -> None:
    if not missing_triggers("default"):
        drill._lift("default")
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE units_registerentry SET kind = 'unit.end' WHERE id = {entry}", "columns-differ"),
        ("UPDATE units_registerentry SET subject_ref = 'x' WHERE id = {entry}", "columns-differ"),
        ("UPDATE units_registerentry SET subject_version = 9 WHERE id = {entry}", "columns-differ"),
        (
            "UPDATE units_registerentry SET at = '2024-02-03 00:00:00' WHERE id = {entry}",
            "columns-differ",
        ),
        ("UPDATE units_registerlink SET epoch_id = 7 WHERE seq = 6", "epoch-wrong"),
        ("UPDATE units_registerlink SET prev_hash = {junk} WHERE seq = 6", "link-broken"),
        ("UPDATE units_registerlink SET link_hash = {junk} WHERE seq = 6", "link-wrong"),
        ("UPDATE units_registerlink SET leaf_hash = {junk} WHERE seq = 6", "entry-changed"),
    ],
)
def test_each_column_counts(two_closed, sql, expected):
    link = RegisterLink.objects.get(seq=6)
    junk = "decode(repeat('00', 32), 'hex')"
    if connection.vendor == "sqlite":
        junk = "zeroblob(32)"
    tampered(sql.format(entry=link.entry_id, junk=junk))
    assert (expected, 6) in findings()
    with connection.constraint_checks_disabled():
        connection.needs_rollback = True  # the broken references are undone, not checked


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("text", "no JSON", "signature-invalid"),
        ("signature", "00", "signature-invalid"),
        ("signature", "no hexadecimal", "signature-invalid"),
        ("last_seq", 7, "checkpoint-differs"),
        ("previous", "0" * 64, "checkpoint-differs"),
        ("sha256", "0" * 64, "checkpoint-differs"),
        ("number", 9, "checkpoint-differs"),
    ],
)
def test_each_column_of_a_checkpoint_counts(two_closed, column, value, expected):
    tampered(f"UPDATE units_registercheckpoint SET {column} = %s WHERE last_seq = 8", value)
    assert (expected, 5) in findings()


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"after_seq":3}'])
def test_an_epoch_that_was_changed_is_found(two_closed, text):
    tampered("UPDATE units_registerepoch SET text = %s", text)
    found = findings()
    assert ("epoch-differs", 1) in found
    assert ("link-broken", 1) in found


def test_an_entry_that_was_slipped_in_without_a_place_is_found():
    entry(1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM units_registerpending")
    assert findings() == [("entry-without-place", None)]


def test_a_write_that_left_no_entry_is_found_at_its_newest_one():
    unit = OrgUnitFactory()
    entries(1)
    entry(1, subject=f"unit/{unit.ref}", subject_version=unit.etag_version)
    register.sequence()
    assert findings() == []
    OrgUnit.objects.filter(pk=unit.pk).update(etag_version=unit.etag_version + 1)
    assert findings() == [("version-differs", 2)]


# --- keys and copies --------------------------------------------------------------------------


def test_an_old_key_is_trusted_where_it_is_named(settings, two_closed):
    old = checkpoints.fingerprint()
    settings.REGISTER_KEY_FILE.unlink()
    assert {code for code, _seq in findings()} == {"key-unknown"}
    settings.REGISTER_OLD_KEYS = [old]
    assert findings() == []
    assert findings(keys=[old]) == []


def test_without_the_key_nothing_is_said_to_be_good(settings, two_closed):
    settings.REGISTER_KEY_APART = True
    settings.REGISTER_KEY_FILE.unlink()
    found = verification.verify()
    assert (found.findings, found.good) == ([], False)
    assert "whether checkpoints are signed by our key" in found.unchecked[0]


def test_a_copy_with_other_words_is_found(two_closed, register_places):
    copy = register_places / "outside" / "0001-00000002.json"
    other = (register_places / "outside" / "0001-00000001.json").read_text()
    copy.unlink()
    copy.write_text(other)
    assert findings() == [("copy-differs", 5)]
    copy.write_text("no JSON")
    assert findings() == [("copy-unreadable", None)]


def test_a_place_that_is_silent_is_not_checked(settings, two_closed):
    with web_place() as web:
        settings.REGISTER_PUBLISH = [web.url]
        checkpoints.publish(at=AT)
        assert verification.verify().good
        web.kept.clear()  # it has lost them: nothing to compare
        assert verification.verify().good
    found = verification.verify()
    assert (found.findings, found.good) == ([], False)
    assert "Connection refused" in found.unchecked[0]


def test_a_web_address_that_knows_more_than_we_do_is_heard(settings, two_closed):
    with web_place() as web:
        settings.REGISTER_PUBLISH = [web.url]
        closed()
        one = RegisterCheckpoint.objects.latest("last_seq")
        name = rules.name_of(one.epoch_id, one.number)
        tampered("DELETE FROM units_registerpublication WHERE checkpoint_id = %s", one.pk)
        tampered("DELETE FROM units_registercheckpoint WHERE id = %s", one.pk)
        (settings.REGISTER_COPIES / name).unlink()
        assert ("checkpoint-missing", 9) in findings()


def test_a_loss_that_is_owned_up_to_is_no_finding(two_closed, settings):
    tampered("DELETE FROM units_registerpublication WHERE checkpoint_id > 0")
    last = RegisterCheckpoint.objects.latest("last_seq")
    drill._old_dump(drill.Scene("default", last, 6, 10))
    assert ("checkpoint-missing", 5) in findings()
    assert verification.is_put_back()
    checkpoints.open_epoch(reason="the disk died; put back from last night", at=AT)
    entries(1)
    assert not verification.is_put_back()
    assert {code for code, _seq in findings()} == {"trigger-missing"}
    checkpoints.make(at=AT, now=True)
    assert checkpoints.publish(at=AT) > 0
    assert {code for code, _seq in findings()} == {"trigger-missing"}


def test_without_copies_everything_is_exposed(settings, two_closed):
    assert verification.verify(copies=[]).exposed == 10


# --- each night -------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "due"), [(0, False), (6, False), (24, True), (48, True)])
def test_it_is_checked_once_after_each_one_o_clock(hours, due):
    begun = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)  # 01:30 of 2 March in the body's zone
    assert verification.verify_nightly(at=begun) == 1
    assert verification.verify_nightly(at=begun + timedelta(hours=hours)) == due


def test_what_a_run_found_is_kept_and_raises_the_alarm(two_closed):
    assert verification.alarm() == ""
    verification.verify_nightly(at=AT)
    assert verification.alarm() == ""
    tampered(
        "UPDATE units_registerentry SET text = '{}' WHERE id = %s",
        RegisterLink.objects.get(seq=3).entry_id,
    )
    verification.keep(verification.verify(), started_at=AT)
    last = Verification.objects.latest("pk")
    assert (last.entries, last.exposed, last.good) == (10, 2, False)
    assert json.loads(json.dumps(last.findings))[0][:2] == ["entry-changed", 3]
    assert verification.alarm() == (
        "seq 3: the entry is not the one that was registered [entry-changed]"
    )


def test_a_chain_that_is_wrong_everywhere_is_not_listed_everywhere(monkeypatch):
    from units.rules import findings as rule

    monkeypatch.setattr(rule, "MOST_FINDINGS", 2)
    entries(5)
    tampered("UPDATE units_registerentry SET text = '{}'")
    found = verification.verify()
    assert found.counts["entry-changed"] == 5
    assert [one.seq for one in found.findings if one.code == "entry-changed"] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_the_database_compares_by_itself_is_compared_beside_the_walk():
    """Outside a transaction that is done on a connection of its own."""
    unit = OrgUnitFactory()
    entry(1, subject=f"unit/{unit.ref}", subject_version=unit.etag_version)
    closed()
    assert findings() == []
    OrgUnit.objects.filter(pk=unit.pk).update(etag_version=unit.etag_version + 1)
    found = verification.verify()
    assert [(one.code, one.seq) for one in found.findings] == [("version-differs", 1)]
    assert found.counts == {"version-differs": 1}
