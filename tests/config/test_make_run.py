"""`make run` as a whole: it starts everything, keeps the data, and leaves no process behind."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import (
    MAKE,
    ROOT,
    SERVE,
    Run,
    environment,
    free_port,
    processes_of,
    running,
    wait_until,
)

pytestmark = [
    pytest.mark.sqlite_only,  # starts bring their own database; see the test of the other pair below
    pytest.mark.program("make"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
PARTS = (" Web ", " Worker ", " valkey")


def test_one_command_starts_everything_keeps_it_and_ends_it(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("run")  # short: the path of a socket holds a hundred signs
    folder, port = tmp_path / "data of two words", free_port()
    with running(SERVE, folder=folder, port=port, DEMO="0") as run:
        assert run.output.rstrip().splitlines()[-1] == f"Ready: http://localhost:{port}/"
        assert run.health()["status"] == "ok"
        assert run.get("/accounts/login/", host="localhost")[0] == 200
        wait_until(  # a child is what it was made for a moment after it was started
            lambda: all(any(part in line for line in processes_of(folder)) for part in PARTS)
        )
        wait_until(lambda: run.health()["job_age_seconds"]["sequence_register"] is not None)
        assert run.health()["jobs"] in {"starting", "ok"}
        assert "is in use by another start" in refused_beside(folder)

        line = next(line for line in run.output.splitlines() if "create_administrator" in line)
        (tmp_path / "password").write_text("a long password of nobody\n", encoding="utf-8")
        said = subprocess.run(
            f"{line.strip()} --password-file {shlex.quote(str(tmp_path / 'password'))}",
            shell=True,
            cwd=ROOT,
            env=environment(folder) | {"DATA_DIR": ""},  # the printed line alone names the folder
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode, said.stderr) == (0, "")
        assert "administers this installation" in said.stdout

        os.kill(run.pid_of(" Web "), signal.SIGKILL)
        wait_until(lambda: "Web has died (-9): restart 1 of 3." in run.output)
        wait_until(lambda: _answers(run))
        for name, words in {"Worker": " Worker ", "Valkey": " valkey"}.items():
            os.kill(run.pid_of(words), signal.SIGKILL)
            killed = time.monotonic()
            wait_until(lambda name=name: f"{name} has died (-9)" in run.output)
            wait_until(lambda killed=killed: _job_age(run) < time.monotonic() - killed - 1)

        os.kill(run.process.pid, signal.SIGKILL)  # the one who coordinates; nobody is told
        run.end()
        wait_until(lambda: not processes_of(folder), seconds=40)

    with running(MAKE, folder=folder, port=port) as run:  # no DEMO: the folder remembers
        assert "create_administrator" not in run.output  # there is one: the data are still there
        os.kill(run.process.pid, signal.SIGTERM)  # make alone, not its group
        run.end()
        wait_until(lambda: not processes_of(folder), seconds=40)

    with running(MAKE, folder=folder, port=port) as run:
        os.killpg(run.process.pid, signal.SIGINT)  # Ctrl-C: everybody in the foreground gets it
        run.end()
        wait_until(lambda: not processes_of(folder), seconds=40)
        assert "\nStopped.\n" in run.output


def refused_beside(folder: Path) -> str:
    """Return what a second start on the same data says."""
    second = subprocess.run(
        SERVE,
        cwd=ROOT,
        env=environment(folder, PORT=str(free_port())),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    return second.stderr


def _job_age(run) -> float:
    """Return how many seconds ago a job has last run to its end."""
    return run.health()["job_age_seconds"]["sequence_register"]


def _answers(run) -> bool:
    try:
        return run.health()["status"] == "ok"
    except OSError:
        return False


def test_ctrl_c_during_the_preparation_leaves_nothing(tmp_path):
    run = Run(MAKE, folder=tmp_path / "data", port=free_port(), DEMO="0")
    try:
        wait_until(lambda: "Preparing" in run.output)
        os.killpg(run.process.pid, signal.SIGINT)
        run.end()
        assert "Ready" not in run.output
        wait_until(lambda: not processes_of(run.folder), seconds=40)
        assert "Traceback" not in run.output
    finally:
        run.kill()
