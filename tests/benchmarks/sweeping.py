"""P3 and P4: sweeping what is due among many open clocks, and being killed meanwhile."""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F

from commitments.actions import cases
from commitments.enums import ClockState
from commitments.models import CaseClock, StepFired
from tests.benchmarks.measuring import Pair, Result
from tests.factories.clocks import make_scene
from tests.factories.crowds import copy, make_crowd
from tests.faults.killing import sweep_all, tidy
from tests.faults.worlds import World
from units.actions import register
from units.models import RegisterEntry, RegisterPending, RegisterReach

SWEEP_TITLE = "a sweep of the due clocks among many open ones, and the bare SQL that does the same"
KILLED_TITLE = "two sweepers and 12 kills -9, and the same without kills"
SIZES = {"small": (10_000, 100_000), "full": (100_000, 1_000_000)}
DUE = {"small": 1_000, "full": 10_000}
KILLED = {"small": 10_000, "full": 1_000_000}
LATER = date(2025, 3, 13)
BATCH = 200


class Due:
    """`size` clocks that are due, again and again: each round is the next generation of the same ones."""

    def __init__(self, scene, size: int) -> None:
        first = make_crowd(scene, size=size, units=20)
        assert first.next_action_at is not None
        self.size, self.at, self.row = size, first.next_action_at, first
        self.keys = CaseClock.objects.filter(policy=first.policy, due_on=first.due_on)

    def again(self) -> None:
        """Let them all be due anew, and let the database forget the rows that were replaced."""
        while register.sequence(limit=5000):  # what the floor has entered is not ours to number
            pass
        self.keys.update(
            level=-1,
            repeat_no=0,
            generation=F("generation") + 1,
            next_action_at=self.at,
            state=ClockState.RUNNING,
            end_reason="",
        )
        tidy()

    def sweep(self) -> None:
        """Do what the job does."""
        done = 0
        while found := cases.sweep(at=self.at, limit=BATCH):
            done += found
        assert done == self.size, done


class Bare:
    """The floors: statements that move the same clocks to where a sweep has moved them."""

    def __init__(self, due: Due) -> None:
        self._due = due
        moved = CaseClock.objects.get(pk=due.row.pk)
        self._after = (moved.level, moved.repeat_no, moved.next_action_at)
        self._step = StepFired.objects.filter(clock=moved).latest("pk")
        self._entry = self._step.entry

    def advance(self) -> None:
        """Claim and advance: one statement."""
        table = CaseClock._meta.db_table
        lock = " FOR NO KEY UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET level = %s, repeat_no = %s, next_action_at = %s WHERE id IN "
                f"(SELECT id FROM {table} WHERE state = 'running' AND next_action_at <= %s "
                f"ORDER BY next_action_at, id{lock})",
                [*self._after, self._due.at],
            )
            assert cursor.rowcount == self._due.size, cursor.rowcount

    @transaction.atomic
    def write_all(self) -> None:
        """Claim, advance, and write what stands for a fired step: five statements for all clocks."""
        entries, steps = RegisterEntry._meta.db_table, StepFired._meta.db_table
        last = RegisterEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
        postgresql = connection.vendor == "postgresql"
        number = "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))"
        clocks = (
            f"(SELECT * FROM {CaseClock._meta.db_table} WHERE state = 'running' "
            f"AND next_action_at <= '{self._due.at.isoformat(sep=' ')[:19]}{'+00' if postgresql else ''}')"
        )
        copy(
            RegisterEntry,
            f"(SELECT * FROM {entries} WHERE id = {self._entry.pk}) t, {clocks} c",
            uuid=number,
            subject_ref="c.id || '-' || c.generation || '-0-0'",
        )
        new = f"(SELECT * FROM {entries} WHERE id > {last})"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {RegisterPending._meta.db_table} (entry_id) SELECT id FROM {new} e"
            )
        reach = RegisterReach._meta.db_table
        copy(
            RegisterReach,
            f"(SELECT * FROM {reach} WHERE entry_id = {self._entry.pk}) t, {new} e",
            entry_id="e.id",
        )
        copy(
            StepFired,
            f"(SELECT * FROM {steps} WHERE id = {self._step.pk}) t, {clocks} c JOIN {new} e "
            "ON e.subject_ref = c.id || '-' || c.generation || '-0-0'",
            clock_id="c.id",
            generation="c.generation",
            entry_id="e.id",
        )
        self.advance()


def by_turns_anew(
    works: Sequence[Callable[[], object]], *, anew: Callable[[], None], rounds: int
) -> list[list[float]]:
    """Return the milliseconds of each work in each round; before each, `anew` runs unmeasured."""
    spans: list[list[float]] = [[] for _work in works]
    for _round in range(rounds):
        for place, work in enumerate(works):
            anew()
            began = time.perf_counter()
            work()
            spans[place].append((time.perf_counter() - began) * 1000)
    return spans


def measure_sweep(*, sizes: Sequence[int], due: int, rounds: int) -> Result:
    """Let there be `sizes` open clocks, one after the other; at each, sweep the same `due` ones."""
    result, costs, peaks, scene, have = Result("P3", SWEEP_TITLE), [], [], make_scene(), 0
    waiting = Due(scene, due)
    waiting.sweep()  # once, unmeasured; it says where the floors lead to
    bare = Bare(waiting)
    for size in sizes:
        make_crowd(scene, size=size - have - (0 if have else due), due_on=LATER, units=20)
        have = size
        advance, write, ours = by_turns_anew(
            (bare.advance, bare.write_all, waiting.sweep), anew=waiting.again, rounds=rounds
        )
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        name = f"{due:,} due of {size:,} open"
        result.pairs += [
            Pair(f"{name}; floor moves the clocks, one statement", "ms", advance, ours, peaks[-1]),
            Pair(f"{name}; floor writes the same rows as well", "ms", write, ours, peaks[-1]),
        ]
        costs.append(statistics.median(ours))
    result.notes += [
        f"{due / costs[-1] * 1000:,.0f} clocks each second, by one process in batches of {BATCH}. Goal: at most 2.0.",
        (
            f"Sweep at {sizes[-1]:,} open against {sizes[0]:,} open: {costs[-1] / costs[0]:.2f} "
            "(goal: at most 1.2). Memory: "
            f"{peaks[-1] - peaks[0]} MiB more at the larger size."
        ),
        (
            "Ours decides each step by policy and calendar, asks who is in office, writes entries with their "
            "texts, and gives them their hashed places in the register; the floors do none of this."
        ),
    ]
    return result


def measure_killed(*, size: int, kills: int, rounds: int) -> Result:
    """Let two processes sweep `size` due clocks, by turns with and without kills."""
    waiting = Due(make_scene(), size)
    with installation(waiting.at + timedelta(hours=1)) as world:
        calm: list[float] = []
        killed: list[float] = []
        for place in range(rounds):
            for spans, times in ((calm, 0), (killed, kills)):
                before = StepFired.objects.count()
                waiting.again()
                spans.append(sweep_all(world, size=size, kills=times, seed=place))
                fired = StepFired.objects.count() - before
                keys = StepFired.objects.values("clock", "generation", "level", "repeat").distinct()
                assert fired == size, f"{fired} of {size} steps fired"
                assert keys.count() == StepFired.objects.count()
    result = Result("P4", KILLED_TITLE)
    result.pairs.append(Pair(f"{size:,} due, {kills} kills", "s", calm, killed))
    result.notes += [
        "Goal: at most 1.5; none lost, none twice (checked after every round).",
        "A process that is killed is started again at once; its start counts.",
    ]
    return result


@contextmanager
def installation(at: datetime) -> Iterator[World]:
    """Give an installation without mail on the database of this measurement, at business time `at`."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world = World(Path(folder))
        world.move_to(at)
        try:
            yield world
        finally:
            world.stop()
