"""`make run` with nothing set: the demonstration, introduced once, and there again after a restart."""

import json
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import (
    MAKE,
    environment,
    free_port,
    manage,
    processes_of,
    refused,
    running,
    wait_until,
)

pytestmark = [
    pytest.mark.sqlite_only,  # a start brings its own database
    pytest.mark.program("make"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def register_of(folder: Path) -> list[tuple]:
    """Return what the register holds, oldest first."""
    with closing(sqlite3.connect(folder / "data.sqlite3")) as database:
        return database.execute("SELECT uuid, text FROM units_registerentry ORDER BY id").fetchall()


def test_demonstration_introduces_itself_once_and_is_kept(tmp_path):
    folder, port = tmp_path / "data", free_port()
    with running(MAKE, folder=folder, port=port) as run:
        demo = manage("demo", "--json", env=environment(folder))
        people = json.loads(demo.stdout)["personas"]
        assert run.output.count(people[0]["password"]) == 1
        assert all(run.output.count(one["name"]) == 1 for one in people)  # whole, though piped
        assert run.output.rstrip().splitlines()[-1] == f"Ready: http://localhost:{port}/"
        assert "Dữ liệu minh họa" in run.get("/accounts/login/")[1].decode()
        os.killpg(run.process.pid, signal.SIGINT)
        run.end()
        wait_until(lambda: not processes_of(folder), seconds=40)

    before = register_of(folder)
    assert len(before) > 100
    again = manage("serve", "--prepare-only", env=environment(folder, PORT=str(port)))
    assert (again.returncode, again.stderr) == (0, "")
    assert register_of(folder) == before
    narrow = environment(folder, PYTHONIOENCODING="ascii")  # a terminal without Vietnamese
    assert manage("demo", "--json", env=narrow).stdout == demo.stdout
    assert "Log in as any of these people." in manage("demo", "--personas", env=narrow).stdout

    (folder / "mode").unlink()  # somebody has forgotten what this folder is
    with closing(sqlite3.connect(folder / "data.sqlite3")) as database, database:
        database.execute("DELETE FROM units_demonstrationclock")
    said = refused(folder, DEMO="1")
    assert said.startswith("This database holds data that the demonstration did not load.")
