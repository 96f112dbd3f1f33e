"""The Celery application: wakes without data, at least once, never trusted with a result.

Every value that differs from Celery's own has its reason beside it. What must happen later stands
in rows; an emptied broker costs one interval.
"""

import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from celery.signals import beat_init, worker_init, worker_process_init, worker_ready
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from kombu.transport.redis import Channel, QoS, Transport
from kombu.transport.virtual.base import QoS as VirtualQoS
from redis.exceptions import ResponseError

from config import schedule
from units import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
log = logging.getLogger(__name__)

# A server that is full, read-only or changes its part refuses commands or ends them. The library takes
# that for a fault of ours and ends the worker; taken for a lost connection, it is tried again until
# the server works.
Transport.connection_errors = (*Transport.connection_errors, ResponseError)


class Forgiving(QoS):
    """Gives the place of a message back even where the server refuses the acknowledgement.

    The library logs such a refusal and keeps the place. A worker that may hold one message then asks
    for no other one, so it does not notice either that the server works again: deaf until somebody
    restarts it. The message itself comes back after the visibility timeout, which a wake may.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Transport.connection_errors:
            VirtualQoS.ack(self, delivery_tag)
            raise


Channel.QoS = Forgiving

app = Celery("commitments")
app.conf.update(
    broker_url=settings.REDIS_URL or "redis://redis-url-is-not-set.invalid",
    broker_transport_options={
        "visibility_timeout": 300,  # above every time limit; the broker is shared with nobody
        "unacked_restore_interval": 10,  # the defaults look for lost messages each 100 seconds only
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,  # half-open connections are noticed within a minute
        "global_keyprefix": "sign:",
    },
    broker_connection_retry_on_startup=True,  # the order of the start does not matter
    task_publish_retry_policy={"max_retries": 2, "interval_start": 0.3, "interval_max": 0.3},
    accept_content=["json"],  # never pickle
    task_serializer="json",
    task_ignore_result=True,  # results are rows
    task_store_errors_even_if_ignored=False,
    task_acks_late=True,  # an early acknowledgement loses what runs when a worker dies
    task_acks_on_failure=True,  # a failed wake is finished; the next beat comes
    task_acks_on_timeout=True,
    task_reject_on_worker_lost=False,  # would loop for ever; the row is still due anyway
    task_retry_on_worker_lost=False,
    task_soft_time_limit=90,  # above the jobs' budget of 50 s, far below the visibility timeout
    task_time_limit=120,
    task_routes=schedule.routes(),
    task_default_queue="sweep",
    worker_prefetch_multiplier=1,  # a busy worker hoards nothing
    worker_disable_prefetch=True,
    worker_eta_task_limit=100,
    worker_max_tasks_per_child=500,  # leaks are bounded
    worker_max_memory_per_child=300_000,  # kB
    worker_soft_shutdown_timeout=30,  # told twice to end, a worker gives its wake back after that
    worker_cancel_long_running_tasks_on_connection_loss=True,  # no second run beside the first
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",  # else Celery follows TIME_ZONE; local time lives in rows
    enable_utc=True,
    beat_schedule=schedule.beat_schedule(),
    beat_scheduler="config.celery.TableScheduler",
    beat_max_loop_interval=5,
)


class TableScheduler(Scheduler):
    """Wakes by the table alone. Nothing is kept: a wake missed while beat was away is not missing."""

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send the wake of a job, unless one of the same job waits in its queue: that one will do.

        So no queue is longer than its jobs for each beat, however slow the workers are, and
        every wake that waits is one that runs (docs/adr/0036).
        """
        if producer is None or not _waits(entry, producer.channel):
            super().apply_entry(entry, producer=producer)


def _waits(entry: Any, channel: Any) -> bool:
    """Say whether a wake of this job is in its queue; False where the broker does not say.

    Never raises, for beat would end: a channel whose connection was lost has no client any more.
    """
    key = f"{channel.global_keyprefix}{entry.options['queue']}"
    try:
        with channel.conn_or_acquire() as client:
            waiting = client.lrange(key, 0, -1)
        return any(json.loads(wake)["headers"]["task"] == entry.task for wake in waiting)
    except Exception:
        log.warning("The broker does not say what waits; %s is woken.", entry.name, exc_info=True)
        return False  # sending connects anew, has retries, and says what it could not do


app.autodiscover_tasks(["units", "commitments", "notifications", "config"])

JOB_CONNECTION = (  # a stuck job gives its rows back
    "SET statement_timeout = '15s'; SET lock_timeout = '2s'; "
    "SET idle_in_transaction_session_timeout = '30s'"
)


def guard_connections(**_: object) -> None:
    """Let every database connection of this process give up rather than hold rows for ever."""
    connection_created.connect(_limit, dispatch_uid="job-connection")
    connection.close()


def _limit(*, connection, **_: object) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(JOB_CONNECTION)


@worker_init.connect(dispatch_uid="begin")
def begin(**_: object) -> None:
    """Let the children of this worker, forked later, hear what it is told, and not what another was."""
    stopping.begin()


@worker_ready.connect(dispatch_uid="listen")
def listen(**_: object) -> None:
    """End jobs after their batch when the worker is told to end: Celery waits for each as it is."""
    stopping.listen((signal.SIGINT, signal.SIGTERM, signal.SIGQUIT))


@worker_ready.connect(dispatch_uid="say-ready")
def say_ready(**_: object) -> None:
    """Leave the sign that `serve` waits for."""
    if path := os.environ.get("WORKER_READY_FILE"):
        Path(path).touch()


worker_process_init.connect(guard_connections, dispatch_uid="guard-worker")
beat_init.connect(guard_connections, dispatch_uid="guard-beat")
