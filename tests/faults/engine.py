"""The Celery application with every interval of the schedule shortened: minutes become seconds."""

from datetime import timedelta

from config.celery import app

INTERVAL, EXPIRES = timedelta(seconds=1), 5

for entry in app.conf.beat_schedule.values():
    entry["schedule"] = INTERVAL
    entry["options"]["expires"] = EXPIRES
app.conf.beat_max_loop_interval = 0.2
