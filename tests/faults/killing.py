"""Processes that are killed at random moments while they work."""

import os
import random
import signal
import sys
import time

from django.db import connection
from django.db.models import Max

from commitments.models import CaseClock, StepFired
from notifications.models import Notice
from tests.faults.worlds import World
from units.models import JobRun, RegisterPending

SWEEPER = (sys.executable, "-m", "tests.faults.sweeper")
PATIENCE = 7200
TIDY = 20  # seconds


def sweep_all(world: World, *, size: int, kills: int, seed: int, sweepers: int = 2) -> float:
    """Let `sweepers` processes sweep `size` due clocks; kill one -9 at `kills` random moments.

    A killed one is started again. Returns the seconds until all have ended by themselves.
    """
    dice = random.Random(seed)
    moments = sorted(dice.sample(range(size // 20, size - size // 20), kills))
    names = [f"sweeper-{place}" for place in range(sweepers)]
    began = tidied = time.monotonic()
    running = {name: world.start(name, *SWEEPER) for name in names}
    while running:
        if time.monotonic() - began > PATIENCE:
            raise AssertionError(f"The sweepers do not come to an end.\n{world.logs()}")
        if time.monotonic() - tidied > TIDY:
            tidy()
            tidied = time.monotonic()
        if moments and _fired() >= moments[0]:
            moments.pop(0)
            time.sleep(dice.random() * 0.3)
            name = dice.choice(names)
            if name in running:
                kill(world, name)
                running[name] = world.start(name, *SWEEPER)
        for name in [name for name, child in running.items() if child.poll() is not None]:
            code = running.pop(name).returncode
            world.forget(name)
            if code:
                raise AssertionError(f"{name} ended with {code}.\n{world.logs()}")
        time.sleep(0.02)
    return time.monotonic() - began


def tidy() -> None:
    """Do what a server does by itself where its autovacuum is on: clear the queues, count the tables."""
    if connection.vendor == "postgresql":
        models = (CaseClock, RegisterPending, JobRun, StepFired, Notice)
        tables = (model._meta.db_table for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")


def _fired() -> int:
    """Return about how many steps have fired: keys rise, and the few that a kill lost do not matter."""
    first = StepFired.objects.order_by("pk").values_list("pk", flat=True).first()
    last = StepFired.objects.aggregate(last=Max("pk"))["last"]
    return 0 if first is None or last is None else last - first


def kill(world: World, name: str) -> None:
    """End a process and everything it has started as a power cut would, and wait until it is gone."""
    child = world.child(name)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    world.forget(name)
