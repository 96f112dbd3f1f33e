"""A register that was numbered before it was chained: every place gets its hashes, and may lose them."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.scratch import scratch
from units.append_only import missing_triggers
from units.models import RegisterEntry, RegisterEpoch, RegisterLink
from units.rules import register

BEFORE, AFTER = (
    ("units", "0003_invitations_and_factor_resets"),
    ("units", "0006_the_chain_is_whole"),
)
AT = datetime(2024, 2, 2, tzinfo=UTC)


def migrate(alias: str, target: tuple[str, str]):
    executor = MigrationExecutor(connections[alias])
    return executor.migrate([target]).apps


def number(apps, alias: str, texts: list[str]) -> None:
    entries, links = (
        apps.get_model("units", "RegisterEntry"),
        apps.get_model("units", "RegisterLink"),
    )
    for seq, text in enumerate(texts, start=1):
        entry = entries.objects.using(alias).create(
            uuid=f"00000000-0000-4000-8000-{seq:012}", kind="unit.rename", subject_kind="unit",
            subject_ref="a", at=AT, text=text,
        )  # fmt: skip
        links.objects.using(alias).create(seq=seq, entry_id=entry.pk)


@pytest.fixture
def empty(tmp_path, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), scratch(tmp_path) as alias:
        yield alias


def test_places_are_chained_and_unchained(empty):
    texts = [f'{{"n":{n}}}' for n in range(5)]
    number(migrate(empty, BEFORE), empty, texts)
    for _time in range(2):  # and once more after going back
        migrate(empty, AFTER)
        epoch = RegisterEpoch.objects.using(empty).get()
        assert (epoch.number, epoch.after_seq) == (1, 0)
        prev = register.epoch_hash(epoch.text)
        for link in RegisterLink.objects.using(empty).order_by("seq"):
            leaf = register.leaf_hash(texts[link.seq - 1])
            assert (bytes(link.prev_hash), bytes(link.leaf_hash)) == (prev, leaf)
            prev = register.link_hash(link.seq, prev, leaf)
            assert bytes(link.link_hash) == prev
        assert link.seq == 5
        assert missing_triggers(empty) == []
        migrate(empty, ("units", "0005_chain_what_is_numbered"))
        migrate(empty, ("units", "0004_register_chain"))
        with connections[empty].cursor() as cursor:
            cursor.execute("SELECT DISTINCT link_hash, epoch_id FROM units_registerlink")
            assert cursor.fetchall() == [(None, None)]
    migrate(empty, BEFORE)
    assert missing_triggers(empty) == []
    migrate(empty, AFTER)
    first = RegisterEntry.objects.using(empty).order_by("pk")[0]
    link = RegisterLink.objects.using(empty).get(entry=first)
    with pytest.raises(IntegrityError), transaction.atomic(empty):  # a fork
        RegisterLink.objects.using(empty).bulk_create([RegisterLink(
            seq=9, epoch_id=1, entry_id=first.pk + 1, leaf_hash=link.leaf_hash,
            prev_hash=link.prev_hash, link_hash=b"x" * 32,
        )])  # fmt: skip


def test_an_empty_register_needs_no_epoch_yet(empty):
    migrate(empty, AFTER)
    assert not RegisterEpoch.objects.using(empty).exists()
