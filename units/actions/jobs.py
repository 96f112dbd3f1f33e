"""Running one job: batches until nothing is left or the time is up, and a trace that it ran."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from units import clock, stopping
from units.models import JobKind, JobRun
from units.origin import Origin, acting_from

log = logging.getLogger(__name__)
CODE_VERSION = 1  # of what jobs mean; see JobKind.min_code_version
BUDGET_SECONDS = 50
NOTE_EVERY = timedelta(seconds=15)
LOST_AFTER = timedelta(seconds=120)  # the hard limit of a task: nothing of it runs any more


def run(name: str, step: Callable[[], int], *, budget: float = BUDGET_SECONDS) -> int:
    """Call `step` until it returns 0, `budget` seconds have passed or the process should end; return
    how much it handled.

    `step` does one batch in its own transactions and returns how many rows it looked at. A
    failure is noted in the job's row, where the status page shows it, and raised again. A job that
    wants a newer program is left to one, and its row says so.
    """
    job = JobKind.objects.filter(name=name).first()
    if job is not None and job.min_code_version > CODE_VERSION:
        _leave(job)
        return 0
    until, handled = time.monotonic() + budget, 0
    with acting_from(Origin(door="job", request_id=name)):
        try:
            while (done := step()) and time.monotonic() < until and not stopping.is_asked():
                handled += done
            handled += done
        except Exception as error:
            JobKind.objects.update_or_create(
                name=name,
                defaults={
                    "last_error": f"{type(error).__name__}: {error}",
                    "last_error_at": clock.real_now(),
                },
            )
            raise
    _note(name, job)
    if handled:
        log.info("job %s handled %d", name, handled)
    return handled


def _leave(job: JobKind) -> None:
    """Say in the row of a job that this program is too old for it."""
    why = f"Needs code version {job.min_code_version}; a worker of version {CODE_VERSION} skips it."
    log.warning("job %s: %s Restart this worker.", job.name, why)
    if job.last_error != why:
        rows = JobKind.objects.filter(pk=job.pk)
        rows.update(last_error=why, last_error_at=clock.real_now())


def _note(name: str, job: JobKind | None) -> None:
    """Remember that the job ran; at most each 15 seconds, for an idle run should cost one read."""
    now = clock.real_now()
    if job is None:
        JobKind.objects.get_or_create(name=name, defaults={"last_ok_at": now})
    elif job.last_ok_at is None or job.last_error or now - job.last_ok_at >= NOTE_EVERY:
        JobKind.objects.filter(name=name).update(last_ok_at=now, last_error="")


@contextmanager
def under_way(name: str) -> Iterator[None]:
    """Leave a sign in a row of its own while a batch of `name` runs, outside its transaction.

    An error takes the sign away: whoever raised it has counted it. A process that dies (killed, out
    of memory, a fault of the machine) leaves it behind, and `lost` tells the next run.
    """
    sign = JobRun.objects.create(job=name, host=socket.gethostname(), began_at=clock.database_now())
    try:
        yield
    except Exception:
        sign.delete()
        raise
    sign.delete()


def lost(name: str) -> list[int]:
    """Return the keys of batches of `name` whose process has died; [] is the rule.

    What killed it may be one of their rows, so the next batch goes row by row; then `forget` them.
    """
    before = clock.database_now() - LOST_AFTER
    runs = JobRun.objects.filter(job=name, began_at__lte=before)
    return list(runs.values_list("pk", flat=True))


def forget(runs: list[int]) -> None:
    """Take the signs of lost batches away: their rows have been looked at one by one."""
    JobRun.objects.filter(pk__in=runs).delete()
