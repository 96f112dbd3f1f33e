"""The table of jobs: what beat sends is what exists, expires in time, and holds no data."""

import inspect

import pytest
from django.conf import settings

from config import schedule, status
from config.celery import app
from config.schedule import JOBS, QUEUES

app.loader.import_default_modules()  # as a worker does: the tasks of all apps
BEAT = schedule.beat_schedule()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_is_a_task_without_arguments(job):
    assert job.task in app.tasks
    required = [
        parameter
        for parameter in inspect.signature(schedule.function_of(job)).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    assert required == []


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_wake_expires_within_its_interval_and_holds_no_data(job):
    entry = BEAT[job.name]
    assert entry["schedule"].total_seconds() == job.every_seconds > 0
    assert 0 < entry["options"]["expires"] <= job.every_seconds
    assert entry["options"]["queue"] == app.conf.task_routes[job.task]["queue"] == job.queue
    assert not {"args", "kwargs", "eta", "countdown"} & (set(entry) | set(entry["options"]))


def test_beat_knows_the_table_and_nothing_else():
    assert set(BEAT) == {job.name for job in JOBS}
    assert len(BEAT) == len(JOBS)
    assert app.conf.beat_schedule == BEAT
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {job.task for job in JOBS}
    assert set(QUEUES) == {job.queue for job in JOBS}


def test_every_job_has_a_name_for_people():
    assert set(status.JOB_NAMES) == {job.name for job in JOBS}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_lateness_is_told_from_slowness(job):
    assert schedule.late_after(job).total_seconds() >= 3 * job.every_seconds


def test_broker_counts_in_utc_whatever_the_body_does():
    assert (app.conf.timezone, app.conf.enable_utc) == ("UTC", True)
    assert settings.TIME_ZONE != "UTC"
