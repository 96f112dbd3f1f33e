"""Backups: taken while the site runs, read again, and put back as a whole or not at all."""

import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from commitments.actions import evidence
from commitments.models import Evidence
from config import ground, installation
from config.backups import archive, here, making, manifest, shelf
from tests.config.installations import elsewhere, installed
from tests.district import connected_to, copied
from tests.factories.register import entries
from tests.factories.reports import OPENED, make_desk
from units.models import RegisterLink, Restoration, User

PDF = b"%PDF-1.7 a page"


@dataclass(frozen=True)
class Scene:
    """An installation with one file of evidence. `data`: its folder; `backup`: taken of it."""

    data: Path
    backup: Path
    file: Evidence
    said: list[str]

    @property
    def path(self) -> Path:
        name = str(self.file.file)
        return self.data / "evidence" / name[:2] / name


def asked(*words: str | Path) -> list[str]:
    """Run one command; return what it said."""
    out = io.StringIO()
    call_command(*(str(word) for word in words), stdout=out, stderr=out)
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("installation")
    with (
        django_db_blocker.unblock(),
        installed(folder) as data,
        copied("backups") as name,
        connected_to(name),
    ):
        desk = make_desk()
        report = desk.duty("drafted", place=1).reports.get()
        row = evidence.add(
            report_id=report.pk, name="page.pdf", data=PDF, by=desk.reporter, at=OPENED
        )
        entries(3)
        (folder / "out").mkdir()
        (data / "evidence" / "notes.txt").write_text("nobody's")
        with transaction.atomic():  # somebody is at work meanwhile
            User.objects.create(username="half-done", full_name="x")
            said = asked("backup", folder / "out")
            transaction.set_rollback(True)
        (path,) = (folder / "out").glob("*.tar")
        yield Scene(data, path, row, said)


def told_by(path: Path) -> dict:
    with tarfile.open(path) as tar:
        return json.loads(tar.extractfile(tar.getnames()[-1]).read())


def rewritten(source: Path, target: Path, **changes) -> Path:
    """Write the backup `source` again with another manifest."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for head in old.getmembers()[:-1]:
            new.addfile(head, old.extractfile(head))
        text = json.dumps(told_by(source) | changes).encode()
        head = tarfile.TarInfo(manifest.NAME)
        head.size = len(text)
        new.addfile(head, io.BytesIO(text))
    return target


def test_only_own_and_whole_backups_make_room_for_newer_ones(scene, tmp_path):
    for day in range(1, 5):
        shutil.copy(scene.backup, tmp_path / f"commitments-2026010{day}T020000Z.tar")
    told = archive.verify(scene.backup)
    rewritten(scene.backup, tmp_path / "commitments-20250101T020000Z.tar", origin="elsewhere")
    (tmp_path / "commitments-20250102T020000Z.tar").write_bytes(b"cut off")
    shutil.copy(scene.backup, tmp_path / "by-hand.tar")
    gone = shelf.clear(tmp_path, keep=3, told=told)
    assert [path.name for path in gone] == ["commitments-20260101T020000Z.tar"]
    assert len(list(tmp_path.iterdir())) == 6
    assert shelf.clear(tmp_path, keep=3, told=told) == []


@pytest.mark.parametrize("words", [("--keep", "0"), ("--keep", "-1")])
def test_a_number_that_keeps_nothing_is_refused_before_anything_is_written(words, tmp_path):
    with pytest.raises(CommandError, match="--keep N: write a number from 1 on"):
        asked("backup", tmp_path, *words)
    assert list(tmp_path.iterdir()) == []


# --- taking ---------------------------------------------------------------------------------------


def test_a_backup_holds_the_database_and_the_files_it_names_and_nothing_else(scene):
    told = told_by(scene.backup)
    names = [manifest.DATABASES[connection.vendor], f"evidence/{scene.path.parent.name}/{scene.path.name}"]  # fmt: skip
    with tarfile.open(scene.backup) as tar:
        assert tar.getnames() == [*names, manifest.NAME]
    assert [one["name"] for one in told["members"]] == names
    last = RegisterLink.objects.latest("seq")
    assert (told["seq"], told["link"]) == (last.seq, bytes(last.link_hash).hex())
    assert told["migrations"]["units"] >= "0010_restorations"
    assert told["faults"] == []
    assert scene.backup.stat().st_mode & 0o777 == 0o600


def test_it_says_in_one_line_what_was_taken_and_before_it_what_is_kept_apart(scene, settings):
    *apart, last = scene.said
    assert last.startswith(f"Backup {scene.backup}: {connection.vendor} of ")
    assert last.endswith("MB; read again and good.")
    assert ", 1 file of evidence, " in last
    assert "  SECRET_KEY: the environment variable SECRET_KEY" in apart
    assert f"  own copies of checkpoints: {scene.backup.parent.parent / 'beside'}" in apart


def test_a_backup_is_never_written_over(scene):
    before = scene.backup.read_bytes()
    with pytest.raises(CommandError, match="exists; a backup is never written over"):
        asked("backup", scene.backup)
    assert scene.backup.read_bytes() == before


@pytest.mark.parametrize("place", ["data", "data/evidence", "beside"])
def test_a_backup_beside_what_it_saves_is_refused(scene, place):
    folder = scene.data.parent / place
    folder.mkdir(exist_ok=True)
    with pytest.raises(CommandError, match="would be lost with it"):
        asked("backup", folder)
    assert list(folder.glob("*.tar")) == []


@pytest.mark.django_db  # one in this module must ask for a database, else none is made to be copied
def test_a_folder_that_is_not_there_is_not_made(scene, tmp_path):
    with pytest.raises(CommandError, match="There is no folder"):
        asked("backup", tmp_path / "none" / "x.tar")


def test_a_file_that_is_missing_or_changed_is_named_and_ends_with_2(scene, tmp_path):
    scene.path.rename(tmp_path / "aside")
    try:
        with pytest.raises(SystemExit) as missing:
            asked("backup", tmp_path / "missing.tar")
        scene.path.write_bytes(PDF[:-1] + b"E")
        with pytest.raises(SystemExit) as changed:
            asked("backup", tmp_path / "changed.tar")
    finally:
        (tmp_path / "aside").replace(scene.path)
    assert (missing.value.code, changed.value.code) == (2, 2)
    assert told_by(tmp_path / "missing.tar")["faults"] == [f"{scene.file.file}: missing"]
    name = f"{scene.file.file}: not what was handed in"
    assert told_by(tmp_path / "changed.tar")["faults"] == [name]


def test_a_file_dropped_while_the_database_is_copied_is_in_the_backup(scene, tmp_path, monkeypatch):
    """The draft's author removes it after the copy was begun: the copy names it still."""
    engine = here.engine()
    copy = type(engine).copy

    def dropping(self, target):
        facts = copy(self, target)
        scene.path.unlink()
        return facts

    monkeypatch.setattr(type(engine), "copy", dropping)
    try:
        _target, told = making.make(tmp_path / "x.tar")
    finally:
        scene.path.write_bytes(PDF)
    assert told.faults == []
    assert [one.name for one in told.evidence] == [f"evidence/{scene.path.parent.name}/{scene.path.name}"]  # fmt: skip


def test_one_at_a_time(scene, tmp_path):
    with here.bench(), pytest.raises(CommandError, match="Another backup or restore is at work"):
        asked("backup", tmp_path / "x.tar")
    assert list(tmp_path.iterdir()) == []


def test_without_the_programs_of_postgresql_it_says_so(scene, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    if connection.vendor == "postgresql":
        with pytest.raises(CommandError, match="pg_dump is not on this machine"):
            asked("backup", tmp_path / "x.tar")
    else:
        assert "read again and good" in asked("backup", tmp_path / "x.tar")[-1]


# --- putting back ---------------------------------------------------------------------------------


def test_into_an_empty_installation_everything_comes_back_but_what_was_not_committed(
    scene, tmp_path
):
    seqs = list(RegisterLink.objects.values_list("seq", "link_hash"))
    with elsewhere(tmp_path / "new") as data:
        said = asked("restore", scene.backup)
        assert list(RegisterLink.objects.values_list("seq", "link_hash")) == seqs
        assert (data / "evidence" / scene.path.parent.name / scene.path.name).read_bytes() == PDF
        assert not User.objects.filter(username="half-done").exists()
        told = Restoration.objects.get()
        assert (told.backup_seq, told.epoch) == (seqs[-1][0], None)
        assert installation.mode_of(data) == installation.LIVE
        assert not list((data / "run").glob("backup/*"))
    assert said[-4].startswith("Put back: ")
    assert said[-3:] == [
        "Next, before anything is started:",
        '  manage.py after_restore --reason "what happened"',
        "  manage.py verify_register",
    ]


def test_a_database_with_data_is_thrown_away_only_under_its_full_name(scene, tmp_path):
    with elsewhere(tmp_path / "new") as data:
        asked("restore", scene.backup)
        User.objects.create(username="later", full_name="x")
        connection.close()
        for words in ([], ["--replace", "yes"]):
            with pytest.raises(CommandError, match="holds data"):
                asked("restore", scene.backup, *words)
        assert User.objects.filter(username="later").exists()
        connection.close()
        asked("restore", scene.backup, "--replace", here.engine().database)
        assert not User.objects.filter(username="later").exists()
        kept = list(data.parent.glob("data.sqlite3.before-*"))
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(kept[0])) as old:
                assert old.execute("SELECT 1 FROM units_user WHERE username = 'later'").fetchone()


@pytest.mark.parametrize("spoil", ["a byte", "the end", "another file"])
def test_a_damaged_backup_touches_nothing(spoil, scene, tmp_path):
    bad = tmp_path / "bad.tar"
    raw = bytearray(scene.backup.read_bytes())
    if spoil == "a byte":
        raw[raw.index(PDF) + 9] ^= 1
    elif spoil == "the end":
        del raw[-20_000:]
    bad.write_bytes(raw)
    if spoil == "another file":
        with tarfile.open(scene.backup) as old, tarfile.open(bad, "w") as new:
            for head in old.getmembers():
                if "evidence" not in head.name:
                    new.addfile(head, old.extractfile(head))
    with elsewhere(tmp_path / "new") as data:
        with pytest.raises(
            CommandError, match=r"(damaged|its end is missing).*Nothing was changed"
        ):
            asked("restore", bad)
        assert not (data / "evidence").exists()
    assert not Restoration.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "sqlite"}, "is of sqlite|damaged"),
        ({"engine": "postgresql"}, "is of postgresql|damaged"),
        ({"engine": "other"}, "damaged"),
        ({"demonstration": True}, "a demonstration installation.*their clocks differ"),
        ({"migrations": {"units": "0999_later"}}, "newer than this one.*units.0999_later"),
        (
            {"migrations": {"units": "0007_checkpoints"}},
            "before the first release.*to its last step",
        ),
        ({"v": 2}, "A later version of the product has made this backup"),
        ({"type": "other"}, "This is no backup"),
        ({"members": []}, "names what no backup holds"),
        ({"made_at": "yesterday"}, "damaged"),
        ({"made_at": "2999-01-01T00:00:00+00:00"}, "set the clock first"),
    ],
    ids=str,
)
def test_a_backup_that_does_not_fit_is_refused(changes, words, scene, tmp_path):
    if changes.get("engine") == connection.vendor:
        changes = {"engine": "none"}
    bad = rewritten(scene.backup, tmp_path / "bad.tar", **changes)
    with installed(tmp_path), pytest.raises(CommandError, match=words):
        asked("restore", bad)
    assert not Restoration.objects.exists()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "evidence/ab/../../evil", "secret_key", "evidence/ab/cd"]
)
def test_a_name_that_no_backup_holds_lands_nowhere(name, scene):
    told = told_by(scene.backup)
    told["members"].append({"name": name, "size": 0, "sha256": "0" * 64})
    with pytest.raises(manifest.Refused, match="names what no backup holds"):
        manifest.read(json.dumps(told).encode())


def test_an_older_backup_with_other_secrets_is_taken_and_both_are_said(scene, tmp_path):
    latest = told_by(scene.backup)
    older = latest["migrations"] | {"notifications": "0012_duties_handed_on"}
    keys = latest["keys"] | {"TOKEN_PEPPER": "00000000"}
    old = rewritten(scene.backup, tmp_path / "old.tar", migrations=older, keys=keys)
    with elsewhere(tmp_path / "new"):
        said = asked("restore", old)
        assert User.objects.exists()
    assert said[-3] == "  manage.py migrate"
    told = "Other secrets than those of the installation that was backed up (TOKEN_PEPPER: "
    assert [line for line in said if line.startswith(told)]


def test_while_the_installation_runs_it_is_refused(scene, tmp_path):
    with elsewhere(tmp_path / "new") as data:
        with ground.take_lock(data), pytest.raises(CommandError, match="in use by another start"):
            asked("restore", scene.backup)
        asked("restore", scene.backup)
        connection.close()
        other = (
            sqlite3.connect(connection.settings_dict["NAME"])
            if connection.vendor == "sqlite"
            else psycopg.connect(**connection.get_connection_params())
        )
        with closing(other):
            if connection.vendor == "sqlite":
                other.execute("PRAGMA journal_mode=WAL")  # as every process of ours has it
            other.execute("SELECT COUNT(*) FROM units_user").fetchone()
            words = ["--replace", here.engine().database]
            with pytest.raises(CommandError, match="stop web, worker, beat"):
                asked("restore", scene.backup, *words)


def test_a_file_that_stands_there_with_other_bytes_stops_everything(scene, tmp_path):
    with elsewhere(tmp_path / "new") as data:
        there = data / "evidence" / scene.path.parent.name / scene.path.name
        there.parent.mkdir(parents=True)
        there.write_bytes(b"other")
        with pytest.raises(CommandError, match="is there with other bytes"):
            asked("restore", scene.backup)
        assert connection.introspection.table_names() == []
        assert there.read_bytes() == b"other"


def test_when_the_database_refuses_the_files_go_again(scene, tmp_path):
    """The manifest is right, and the database inside is none."""
    name = manifest.DATABASES[connection.vendor]
    (tmp_path / name).write_bytes(b"no database")
    shutil.copy(scene.path, tmp_path / "page")
    told = manifest.read(json.dumps(told_by(scene.backup)).encode())
    with archive.written(tmp_path / "bad.tar") as out:
        members = [
            out.add(name, tmp_path / name),
            out.add(told.evidence[0].name, tmp_path / "page"),
        ]
        told.members[:] = members
        out.close(told)
    with elsewhere(tmp_path / "new") as data:
        with pytest.raises(CommandError, match="Nothing was changed"):
            asked("restore", tmp_path / "bad.tar")
        assert list((data / "evidence").glob("*/*")) == []
        assert connection.introspection.table_names() == []
