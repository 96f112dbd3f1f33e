"""What happens by itself: one table, read by beat, by `run_jobs` and by the status page alike."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any, NamedTuple


class Job(NamedTuple):
    """`name`: its row in JobKind. `task`: dotted path of a function that takes no arguments."""

    name: str
    task: str
    every_seconds: int
    queue: str


JOBS: tuple[Job, ...] = (  # in the order of what follows from what, for who runs each once
    Job("recompute_cases", "commitments.tasks.recompute_cases", 30, "sweep"),
    Job("sweep_cases", "commitments.tasks.sweep_cases", 30, "sweep"),
    Job("wake_reminders", "commitments.tasks.wake_reminders", 30, "sweep"),
    Job("issue_all", "commitments.tasks.issue_all", 3, "issue"),
    Job("check_revisions", "commitments.tasks.check_revisions", 20, "issue"),
    Job("recheck_revocation", "commitments.tasks.recheck_revocation", 900, "issue"),
    Job("advance_periods", "commitments.tasks.advance_periods", 60, "sweep"),
    Job("open_cases", "commitments.tasks.open_cases", 300, "sweep"),
    Job("sequence_register", "units.tasks.sequence_register", 5, "register"),
    Job("make_checkpoint", "units.tasks.make_checkpoint", 300, "register"),
    Job("verify_register", "units.tasks.verify_register", 600, "register"),
    Job("forget_answers", "units.tasks.forget_answers", 600, "register"),
    Job("keep_lines", "notifications.tasks.keep_lines", 5, "register"),
    Job("forget_lines", "notifications.tasks.forget_lines", 600, "register"),
    Job("dispatch_notices", "notifications.tasks.dispatch_notices", 10, "register"),
    Job("send_notices", "notifications.tasks.send_notices", 10, "send"),
    Job("send_texts", "notifications.tasks.send_texts", 10, "call"),
    Job("dispatch_webhooks", "notifications.tasks.dispatch_webhooks", 10, "register"),
    Job("send_webhooks", "notifications.tasks.send_webhooks", 5, "call"),
    Job("forget_hints", "notifications.tasks.forget_hints", 600, "register"),
    Job("check_invariants", "commitments.tasks.check_invariants", 900, "issue"),
    Job("watch", "config.tasks.watch", 60, "sweep"),
)
QUEUES: tuple[str, ...] = tuple(sorted({job.queue for job in JOBS}))
LATE_AFTER = timedelta(seconds=180)
LATE_INTERVALS = 3


def beat_schedule() -> Mapping[str, Mapping[str, Any]]:
    """Return the table as Celery's beat reads it: intervals in UTC, wakes without data or end."""
    return {
        job.name: {
            "task": job.task,
            "schedule": timedelta(seconds=job.every_seconds),
            "options": {"queue": job.queue},
        }
        for job in JOBS
    }


def routes() -> Mapping[str, Mapping[str, str]]:
    """Return the queue of each task."""
    return {job.task: {"queue": job.queue} for job in JOBS}


def late_after(job: Job) -> timedelta:
    """Return how old the last good run of `job` may be before somebody must look."""
    return max(LATE_AFTER, timedelta(seconds=LATE_INTERVALS * job.every_seconds))


def function_of(job: Job) -> Callable[[], Any]:
    """Return the function that the worker would call, to be called without a broker."""
    module, name = job.task.rsplit(".", 1)
    task = getattr(import_module(module), name)
    return getattr(task, "run", task)
