"""What an administrator asks of the register at the shell."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.factories.register import closed, entries
from tests.running import environment, manage
from units.actions import checkpoints, drill
from units.models import RegisterLink, RegisterVerification
from units.rules import checkpoints as rules
from units.standalone import verify_register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]


@pytest.fixture
def two_closed(monkeypatch):
    monkeypatch.setattr(rules, "LARGEST", 4)
    entries(8)
    closed()
    entries(2)


def asked(*words: str) -> tuple[int, list[str]]:
    """Run one command; return exit code and lines."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


# --- verify_register ------------------------------------------------------------------------------


def test_a_good_register_is_said_to_be_good_and_what_is_exposed_is_said(two_closed):
    code, lines = asked("verify_register")
    assert code == 0
    assert lines[0].startswith("NOTE seq 9 to 10: newer than the last published checkpoint")
    assert lines[1:] == ["GOOD seq 1 to 10: 10 entries"]
    assert RegisterVerification.objects.get().good


def test_the_first_that_is_wrong_is_named(two_closed):
    drill._lift("default")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE units_registerentry SET text = '{}'")
    code, lines = asked("verify_register")
    assert code == 1
    assert lines[-1] == (
        "The first that is wrong: seq 1: the entry is not the one that was registered [entry-changed]"
    )
    assert not RegisterVerification.objects.get().good


def test_what_cannot_be_checked_is_not_good(two_closed, settings):
    settings.REGISTER_KEY_APART = True
    settings.REGISTER_KEY_FILE.unlink()
    code, lines = asked("verify_register")
    assert (code, lines[0][:4]) == (2, "OPEN")


def test_another_key_can_be_named(two_closed):
    assert asked("verify_register", "--key", "0" * 64)[0] == 1
    assert asked("verify_register", "--key", checkpoints.fingerprint())[0] == 0


# --- export_register ------------------------------------------------------------------------------


def test_an_export_is_what_the_verifier_takes(two_closed, tmp_path, capsys):
    path = tmp_path / "register.jsonl"
    call_command("export_register", out=path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kinds = [row["type"] for row in rows]
    assert kinds == [
        "register-export",
        "epoch",
        *["entry"] * 4,
        "checkpoint",
        *["entry"] * 4,
        "checkpoint",
        *["entry"] * 2,
        "end",
    ]
    assert verify_register.main([str(path), "--key", checkpoints.fingerprint()]) == 2  # the tail
    assert "OPEN seq 9: from here to seq 10 newer" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"register\.jsonl exists"):
        call_command("export_register", out=path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_register", out=tmp_path / "none" / "x")
    call_command("export_register")
    assert capsys.readouterr().out == path.read_text()


# --- tamper_drill ---------------------------------------------------------------------------------


def drilled(folder: Path, *words: str) -> tuple[int, list[str]]:
    """Run the command as an administrator does; return exit code and lines."""
    env = environment(
        folder,
        DATABASE_URL=f"sqlite:///{connection.settings_dict['NAME']}",
        REGISTER_KEY_FILE=str(folder / "register_key.pem"),
        REGISTER_COPIES=str(folder / "beside"),
        REGISTER_PUBLISH=str(folder / "outside"),
    )
    done = manage("tamper_drill", *words, env=env)
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_drill_works_on_a_copy_of_its_own(two_closed, register_places):
    code, lines = drilled(register_places)
    assert code == 0, lines
    assert [line.split(":")[0] for line in lines] == [
        f"{'EXPOSED' if step == 'cut what is exposed' else 'FOUND  '} {step}"
        for step in drill.STEPS
    ]
    assert "seq 6: the entry is not the one that was registered" in lines[0]
    assert RegisterLink.objects.count() == 10
    assert asked("verify_register")[0] == 0


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_live_database_is_refused_by_whatever_path(tmp_path):
    name = connection.settings_dict["NAME"]
    (tmp_path / "link").symlink_to(name)
    for address in (name, str(tmp_path / "link")):
        with pytest.raises(CommandError, match="This is the live database"):
            call_command("tamper_drill", copy=address)
    with pytest.raises(CommandError, match="is no file"):
        call_command("tamper_drill", copy=str(tmp_path / "none"))


@pytest.mark.sqlite_only
def test_a_copy_that_cannot_be_used_is_said_so(register_places):
    (register_places / "other").write_text("no database")
    code, lines = drilled(register_places, "--copy", str(register_places / "other"))
    assert (code, lines) == (1, ["CommandError: The copy cannot be used: file is not a database"])


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_the_live_database_is_refused_by_whatever_address(register_places):
    told = connection.settings_dict
    where = f"{told['HOST'] or '127.0.0.1'}:{told['PORT'] or 5432}/{told['NAME']}"
    user = f"{told['USER']}:{told['PASSWORD']}@" if told["USER"] else ""
    live = f"postgresql://{user}{where}"
    for address in (live, f"{live}?connect_timeout=5"):
        done = manage(
            "tamper_drill", "--copy", address, env=environment(register_places, DATABASE_URL=live)
        )
        assert "This is the live database. The drill takes a copy alone." in done.stderr
        assert done.returncode == 1
    with pytest.raises(CommandError, match="Name a copy of the database"):
        call_command("tamper_drill")
