"""The drill: from a backup over a loss to a bundle that verifies, on the engine of the suite."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError
from django.test import Client

from commitments.documents import evidence as evidence_files
from commitments.enums import VersionAct
from commitments.models import CommitmentVersion
from notifications.actions import deliveries
from notifications.models import Notice, WebhookEndpoint
from tests.config.installations import empty_database, installed
from tests.config.test_backups import asked
from tests.district import connected_to, copied
from tests.factories import evidence
from tests.factories.body import REAL, make_body
from tests.factories.notices import read_register
from tests.factories.register import closed, entries
from tests.factories.units import ApiClientFactory
from units import clock, tasks
from units.actions import idempotency, restorations
from units.http import feed
from units.models import (
    IdempotencyRecord,
    RegisterCheckpoint,
    RegisterEpoch,
    RegisterLink,
    Restoration,
    User,
)

UNSENT = ["pending", "held"]


@dataclass(frozen=True)
class Before:
    """What was there before the loss. `seq`: the last place in the backup; `published`: the last one
    that was published before the database was lost; `unsent`: notices in the backup."""

    bundle: evidence.Evidence
    version: int
    seq: int
    published: int
    unsent: int


def live_and_lose(backup: Path) -> Before:
    """Work, take a backup, and work on until the database is lost."""
    body = make_body()
    version = body.issued()
    body.act(VersionAct.SIGN, version, body.secretary)
    bundle = evidence.evidence_of(version)
    closed()
    IdempotencyRecord.objects.create(
        holder=body.planner,
        key="k" * 16,
        method="POST",
        path="/api/v1/units/",
        fingerprint="0" * 64,
        status=201,
        expires_at=clock.real_now() + idempotency.KEPT_FOR,
    )
    WebhookEndpoint.objects.create(
        ref="warehouse",
        client=ApiClientFactory(),
        url="https://warehouse.example.org/hints",
        types=["target"],
        seq=0,
        created_at=REAL,
    )
    Client().force_login(body.planner)
    read_register(at=REAL)
    unsent = Notice.objects.filter(state__in=UNSENT).count()
    seq = RegisterLink.objects.latest("seq").seq
    asked("backup", backup)
    entries(3)
    return Before(bundle, version.pk, seq, closed().last_seq, unsent)


def nothing_leaves(before: Before) -> None:
    """As long as nobody has owned up: no mail, no checkpoint, and everybody who logs in reads why."""
    assert RegisterLink.objects.latest("seq").seq == before.seq < before.published
    made = RegisterCheckpoint.objects.count()
    assert deliveries.send(at=REAL) == 0
    tasks.make_checkpoint()
    assert RegisterCheckpoint.objects.count() == made
    assert Notice.objects.filter(state__in=UNSENT).count() == before.unsent > 0
    assert Client().get("/healthz").json()["put_back"] is True
    reader = Client()
    reader.force_login(User.objects.get(username="planner"))
    assert 'role="alert"' in reader.get("/account/").content.decode()


def owned_up(before: Before) -> None:
    """One command, once; what it did and what is left to people stands in what it says."""
    with pytest.raises(CommandError, match="Say what happened"):
        asked("after_restore", "--reason", " ")
    said = asked("after_restore", "--reason", "the disk died at ten")
    assert said[0] == (
        f"Epoch 2 begins behind entry {before.seq}; entries {before.seq + 1} to {before.published} "
        "were published and are lost."
    )
    assert said[1].startswith(f"Notices withheld: {before.unsent}.")
    assert said[2].startswith("Addresses of programs that are paused: 1.")
    assert WebhookEndpoint.objects.get().state == "paused"
    assert said[3] == "Logins ended: 2."  # the one in the backup, and the one who has just looked
    assert any("POST /api/v1/units/ 201 kkkk" in line for line in said)
    assert "Files of evidence whose reports are lost: 1. They are kept." in said
    assert not Session.objects.exists()
    assert Restoration.objects.get().epoch_id == 2
    with pytest.raises(CommandError, match="Nothing says that this database was put back"):
        asked("after_restore", "--reason", "again")
    assert RegisterEpoch.objects.count() == 2


def it_goes_on(before: Before) -> None:
    """Under a new epoch; what was withheld does not leave by itself."""
    assert not restorations.is_unanswered(at=clock.real_now())
    assert deliveries.send(at=REAL) == 0
    assert Notice.objects.filter(state="withheld").count() == before.unsent
    entries(2)
    assert feed.end().epoch == RegisterLink.objects.latest("seq").epoch_id == 2
    closed()
    assert asked("verify_register") == [f"GOOD seq 1 to {before.seq + 2}: {before.seq + 2} entries"]
    reader = Client()
    assert reader.get("/healthz").json()["put_back"] is False
    reader.force_login(User.objects.get(username="planner"))
    assert 'role="alert"' not in reader.get("/account/").content.decode()


def evidence_holds(before: Before, folder: Path) -> None:
    """A bundle that was taken before verifies, and so does one that is taken now."""
    code, lines = evidence.run(folder, before.bundle, "--key", before.bundle.key)
    assert evidence.bad(lines) == []
    again = evidence.evidence_of(CommitmentVersion.objects.get(pk=before.version))
    assert evidence.run(folder, again, "--key", before.bundle.key)[0] == code
    assert any(line.startswith("GOOD") for line in lines)


@pytest.mark.django_db(transaction=True)
def test_the_drill(tmp_path):
    with installed(tmp_path) as data:
        backup = tmp_path / "drill.tar"
        with copied("drill") as name, connected_to(name):
            before = live_and_lose(backup)
        shutil.rmtree(data)
        data.mkdir()
        with empty_database(tmp_path) as name, connected_to(name):
            asked("restore", backup)
            evidence_files.keep(uuid4(), b"of a report that is lost")
            nothing_leaves(before)
            owned_up(before)
            it_goes_on(before)
            evidence_holds(before, tmp_path)
