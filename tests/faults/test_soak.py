"""B-7: twenty minutes of wakes, and the slope of memory of every process of the workers."""

import statistics
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.factories.notices import give_addresses

MOST = 20  # MiB that a child may grow, or it was recycled meanwhile
EVERY = 5  # seconds


@pytest.mark.faults
def test_memory_of_a_soak_does_not_rise(world):
    """No transaction is idle for more than 30 seconds."""
    minutes = 20
    at = make_crowd(make_scene(), size=2_000, units=400).next_action_at
    give_addresses()
    world.move_to(at)
    world.start_engine(workers=2, beats=2)

    until, seen = time.monotonic() + 60 * minutes, {}
    while time.monotonic() < until:
        for pid in descendants_of([world.child(f"worker-{n}").pid for n in range(2)]):
            if held := memory_of(pid):
                seen.setdefault(pid, []).append((time.monotonic() / 60, held))
        assert longest_idle() < 30
        time.sleep(EVERY)

    slopes = {pid: slope(points) for pid, points in seen.items() if len(points) > 12}
    for pid, points in seen.items():
        print(f"B-7: {pid}: {points[0][1]:.0f} to {points[-1][1]:.0f} MiB, {len(points)} samples")
    print(
        f"B-7: {minutes} minutes, slopes {[round(one, 2) for one in slopes.values()]} MiB a minute"
    )
    for points in seen.values():
        warm = points[len(points) // 4 :]  # what a process loads when it first works is no leak
        assert warm[-1][1] - warm[0][1] < MOST


def descendants_of(pids: list[int]) -> list[int]:
    """Return these processes and their children."""
    found = list(pids)
    for pid in pids:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found += [int(child) for child in children]
    return found


def memory_of(pid: int) -> float:
    """Return what the process holds, in MiB; 0 when it has just ended."""
    try:
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in rows if row.startswith("VmRSS")), 0.0)


def slope(points: list[tuple[float, float]]) -> float:
    """Return the rise in MiB a minute, after the first quarter."""
    warm = points[len(points) // 4 :]
    return statistics.linear_regression(*zip(*warm, strict=True)).slope


def longest_idle() -> float:
    """Return for how many seconds the longest open transaction of this database has been idle."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM now() - state_change)), 0) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        return float(cursor.fetchone()[0])
