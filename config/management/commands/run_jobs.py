"""Do by hand what beat and worker do by themselves: where no broker runs, or while it is away."""

import logging
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from config import schedule
from config.schedule import JOBS, LATE_INTERVALS, Job
from units import clock, stopping
from units.models import JobKind

log = logging.getLogger(__name__)
FAILED = 1


class Command(BaseCommand):
    help = "Run the jobs of the schedule without a broker. Any number of copies may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="run each job once, in order, then stop"
        )
        parser.add_argument(
            "--only", metavar="NAME", action="append", help="run this job alone; may be repeated"
        )
        parser.add_argument(
            "--standby",
            action="store_true",
            help="run a job only when nobody else has for three of its intervals",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the jobs. Exit code 1: with --once, when a job failed."""
        jobs = _chosen(options["only"])
        if options["once"]:
            failed = [job.name for job in jobs if not _run(job, standby=options["standby"])]
            if failed:
                self.stderr.write(f"Failed: {', '.join(failed)}; each has said why above.")
                sys.exit(FAILED)
            return
        self._for_ever(jobs, standby=options["standby"])

    def _for_ever(self, jobs: list[Job], *, standby: bool) -> None:
        """Run each job at its interval until SIGINT or SIGTERM; the batch that runs then is finished."""
        asked_to_stop = threading.Event()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            signal.signal(number, lambda *_: asked_to_stop.set())
        stopping.listen(numbers)
        due = dict.fromkeys(jobs, 0.0)
        while not asked_to_stop.is_set():
            for job in jobs:
                if due[job] <= time.monotonic() and not asked_to_stop.is_set():
                    close_old_connections()  # one that broke is opened anew
                    _run(job, standby=standby)
                    due[job] = time.monotonic() + job.every_seconds
            asked_to_stop.wait(max(0.0, min(due.values()) - time.monotonic()))


def _chosen(names: list[str] | None) -> list[Job]:
    """Return the jobs of these names in the order of the schedule; all of them for None."""
    known = [job.name for job in JOBS]
    if unknown := sorted(set(names or ()) - set(known)):
        raise CommandError(f"There is no job {', '.join(unknown)}. Jobs: {', '.join(known)}.")
    return [job for job in JOBS if names is None or job.name in names]


def _run(job: Job, *, standby: bool) -> bool:
    """Run one job; return whether it ended well. Its failure is logged and stops no other."""
    try:
        if standby and _somebody_runs(job):
            return True
        schedule.function_of(job)()
    except Exception:
        log.exception("job %s failed", job.name)
        return False
    return True


def _somebody_runs(job: Job) -> bool:
    """Say whether `job` ended well within three of its intervals, and not less than a minute."""
    last = JobKind.objects.filter(name=job.name).values_list("last_ok_at", flat=True).first()
    seconds = max(60, LATE_INTERVALS * job.every_seconds)
    return last is not None and (clock.real_now() - last).total_seconds() < seconds
