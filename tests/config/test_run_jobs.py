"""`manage.py run_jobs`: the same functions as the worker's, without a broker."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config.schedule import JOBS
from tests.running import ROOT, environment, manage, wait_until
from units import clock
from units.models import JobKind

NAMES = [job.name for job in JOBS]


@pytest.mark.django_db
def test_once_runs_every_job_and_notes_it():
    call_command("run_jobs", "--once")
    rows = dict(JobKind.objects.values_list("name", "last_error"))
    assert rows == dict.fromkeys(NAMES, "")


@pytest.mark.django_db
def test_only_runs_what_is_named():
    call_command("run_jobs", "--once", "--only", "sweep_cases", "--only", "sequence_register")
    assert set(JobKind.objects.values_list("name", flat=True)) == {
        "sweep_cases",
        "sequence_register",
    }
    with pytest.raises(CommandError, match=r"There is no job sweep\. Jobs: .*sequence_register, "):
        call_command("run_jobs", "--once", "--only", "sweep")


@pytest.mark.django_db
def test_one_failure_stops_no_other_job(monkeypatch, caplog, capsys):
    def breaks(*, at):
        raise RuntimeError("a broken sweep")

    monkeypatch.setattr("commitments.actions.cases.sweep", breaks)
    with caplog.at_level(logging.ERROR), pytest.raises(SystemExit) as ended:
        call_command("run_jobs", "--once")
    assert ended.value.code == 1
    assert "Failed: sweep_cases" in capsys.readouterr().err
    rows = dict(JobKind.objects.values_list("name", "last_error"))
    assert rows == dict.fromkeys(NAMES, "") | {"sweep_cases": "RuntimeError: a broken sweep"}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds_ago", "runs"), [(30, False), (200, True)])
def test_standby_works_only_while_nobody_else_does(seconds_ago, runs):
    before = clock.real_now() - timedelta(seconds=seconds_ago)
    JobKind.objects.create(name="sweep_cases", last_ok_at=before)
    call_command("run_jobs", "--once", "--standby", "--only", "sweep_cases")
    assert (JobKind.objects.get().last_ok_at > before) is runs


@pytest.mark.sqlite_only
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_it_works_until_it_is_told_to_stop(tmp_path):
    env = environment(tmp_path / "data", DEMO="0")
    assert manage("migrate", "--verbosity", "0", env=env).returncode == 0
    job = subprocess.Popen(
        [sys.executable, "manage.py", "run_jobs"], cwd=ROOT, env=env, stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: "advance_periods" in _jobs_of(tmp_path / "data"))
        os.kill(job.pid, signal.SIGTERM)
        assert job.wait(timeout=30) == 0
        assert b"Traceback" not in job.stderr.read()
    finally:
        job.kill()
        job.stderr.close()


def _jobs_of(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data.sqlite3")) as database:
        return [name for (name,) in database.execute("SELECT name FROM units_jobkind")]
