"""The wake of the whole: what looks at every app belongs to none."""

from celery import shared_task

from config import watch as watching
from units.actions import jobs


@shared_task
def watch() -> None:
    """Tell a watcher outside that all is well."""
    jobs.run(watching.ITSELF, watching.watch)
