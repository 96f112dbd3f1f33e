"""Running one job: batches until nothing is left or the time is up, and a trace that it ran."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from units import clock
from units.models import JobKind
from units.origin import Origin, acting_from

log = logging.getLogger(__name__)
BUDGET_SECONDS = 50
NOTE_EVERY = timedelta(seconds=15)


def run(name: str, step: Callable[[], int], *, budget: float = BUDGET_SECONDS) -> int:
    """Call `step` until it returns 0 or `budget` seconds have passed; return how much it handled.

    `step` does one batch in its own transactions and returns how many rows it looked at. A
    failure is noted in the job's row, where the status page shows it, and raised again.
    """
    until, handled = time.monotonic() + budget, 0
    with acting_from(Origin(door="job", request_id=name)):
        try:
            while (done := step()) and time.monotonic() < until:
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
    _note(name)
    if handled:
        log.info("job %s handled %d", name, handled)
    return handled


def _note(name: str) -> None:
    """Remember that the job ran; at most each 15 seconds, for an idle run should cost one read."""
    now = clock.real_now()
    job = JobKind.objects.filter(name=name).first()
    if job is None:
        JobKind.objects.get_or_create(name=name, defaults={"last_ok_at": now})
    elif job.last_ok_at is None or job.last_error or now - job.last_ok_at >= NOTE_EVERY:
        JobKind.objects.filter(name=name).update(last_ok_at=now, last_error="")
