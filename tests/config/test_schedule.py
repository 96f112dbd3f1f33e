"""The table of jobs: what beat sends is what exists, holds no data, and waits once."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from kombu import Connection, Producer
from redis import Redis

from config import schedule, status
from config.celery import TableScheduler, app
from config.schedule import JOBS, QUEUES
from tests import embedded

app.loader.import_default_modules()  # as a worker does: the tasks of all apps
BEAT = schedule.beat_schedule()


@contextmanager
def wakes(folder: Path) -> Iterator[tuple[Producer, Redis]]:
    """Run a broker; give the producer by which beat wakes, and a client that looks into the queues."""
    with (
        embedded.running(folder) as url,
        Connection(url, transport_options=app.conf.broker_transport_options) as connection,
        app.amqp.Producer(connection, auto_declare=False) as producer,
        Redis(unix_socket_path=url.partition("://")[2].partition("?")[0]) as broker,
    ):
        yield producer, broker


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
def test_every_wake_has_its_queue_and_holds_neither_data_nor_end(job):
    entry = BEAT[job.name]
    assert entry["schedule"].total_seconds() == job.every_seconds > 0
    assert entry["options"]["queue"] == app.conf.task_routes[job.task]["queue"] == job.queue
    assert not {"args", "kwargs", "eta", "countdown", "expires"} & (
        set(entry) | set(entry["options"])
    )


def test_beat_knows_the_table_and_nothing_else():
    assert set(BEAT) == {job.name for job in JOBS}
    assert len(BEAT) == len(JOBS)
    assert app.conf.beat_schedule == BEAT
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {job.task for job in JOBS}
    assert set(QUEUES) == {job.queue for job in JOBS}


def test_of_each_job_one_wake_waits_however_slow_the_workers_are(tmp_path):
    """Else every wake of the longest queue would be old when its turn comes, and newer ones behind it."""
    scheduler = TableScheduler(app=app)
    with wakes(tmp_path) as (producer, broker):

        def queued() -> list[str]:
            return sorted(
                json.loads(wake)["headers"]["task"]
                for queue in QUEUES
                for wake in broker.lrange(f"sign:{queue}", 0, -1)
            )

        def beat() -> None:
            for entry in scheduler.schedule.values():
                scheduler.apply_entry(entry, producer=producer)

        for _beat in range(3):
            beat()
        assert queued() == sorted(job.task for job in JOBS)

        taken = json.loads(broker.rpop("sign:register"))["headers"]["task"]  # and is being run
        assert len(queued()) == len(JOBS) - 1
        beat()
        assert queued().count(taken) == 1
        assert len(queued()) == len(JOBS)


def test_beat_goes_on_when_the_connection_that_it_asks_by_is_gone(tmp_path):
    """As after a server that was full: the channel is closed, and the next wake opens another one."""
    entry = TableScheduler(app=app).schedule["sequence_register"]
    with wakes(tmp_path) as (producer, broker):
        producer.channel.close()
        TableScheduler(app=app).apply_entry(entry, producer=producer)
        assert broker.llen(f"sign:{entry.options['queue']}") == 1


def test_every_job_has_a_name_for_people():
    assert set(status.JOB_NAMES) == {job.name for job in JOBS}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_lateness_is_told_from_slowness(job):
    assert schedule.late_after(job).total_seconds() >= 3 * job.every_seconds


def test_broker_counts_in_utc_whatever_the_body_does():
    assert (app.conf.timezone, app.conf.enable_utc) == ("UTC", True)
    assert settings.TIME_ZONE != "UTC"
