"""The Celery application with every interval of the schedule shortened: minutes become seconds."""

import os
from datetime import timedelta

from celery.signals import worker_process_init

from config.celery import app

INTERVAL = timedelta(seconds=1)
PATIENCE = timedelta(seconds=20)  # with a process that has died

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = INTERVAL
app.conf.beat_max_loop_interval = 0.2

SKEW = timedelta(seconds=float(os.environ.get("CLOCK_SKEW", "0")))  # of this process's clock
if SKEW:
    right_now = app.now
    app.now = lambda: right_now() + SKEW


@worker_process_init.connect(weak=False)
def be_impatient(**_: object) -> None:
    """Take over sooner what a killed process has held: two minutes become seconds."""
    from notifications.actions import deliveries
    from units.actions import jobs

    deliveries.LEASE = jobs.LOST_AFTER = PATIENCE
