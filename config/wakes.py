"""Beat inside a worker: where one worker is all there is, it keeps the time itself.

The wakes go over the broker as those of a beat of its own would, from the loop in which the worker
listens to that broker: no process more, no thread that a fork could meet.
"""

from typing import Any

from celery import bootsteps

from config.celery import TableScheduler

TICK_SECONDS = 1


class Wakes(bootsteps.StartStopStep):
    """Wakes the jobs of the schedule while the broker is reached."""

    requires = ("celery.worker.consumer:Tasks",)
    timer: Any = None

    def start(self, c: Any) -> None:
        """Begin with a connection of its own, anew whenever the worker has lost its broker."""
        scheduler = TableScheduler(app=c.app)
        self.timer = c.timer.call_repeatedly(TICK_SECONDS, _send_due, (scheduler,))

    def stop(self, c: Any) -> None:
        """Wake nobody while there is no broker."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    shutdown = stop


def _send_due(scheduler: TableScheduler) -> None:
    """Send every wake that is due by now: `tick` sends one, and says after how long it has more."""
    while scheduler.tick() == 0:
        pass
