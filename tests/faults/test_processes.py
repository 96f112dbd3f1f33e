"""B-3, B-4, B-5, B-9: without a broker, told to stop, with wrong clocks, cut off from the database."""

import signal
import sqlite3
import sys
import time
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection

from commitments.models import CaseClock, StepFired
from notifications.models import Notice
from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.factories.notices import give_addresses
from tests.faults.killing import SWEEPER, tidy
from tests.faults.scale import pick
from tests.faults.test_engine import everything_is_told
from units.models import JobKind, RegisterEntry

HOUR = timedelta(hours=1)
STANDBY = (sys.executable, "manage.py", "run_jobs", "--standby")


def crowd(world, size: int):
    """Let `size` clocks be due; return the business time of the processes."""
    first = make_crowd(make_scene(), size=size, units=max(1, size // 5))
    give_addresses()
    tidy()
    at = first.next_action_at + HOUR
    world.move_to(at)
    return at


def each_fired_once(size: int) -> bool:
    """Say whether every clock fired one step, with one entry."""
    return (
        StepFired.objects.count()
        == StepFired.objects.values("clock").distinct().count()
        == RegisterEntry.objects.filter(kind="step.fired").count()
        == size
    )


def nothing_is_due(at) -> bool:
    return not CaseClock.objects.due(at=at).exists()


def test_standby_works_while_no_broker_is_there_and_rests_when_the_engine_is_back(world):  # B-3
    at = crowd(world, 10)
    world.start("standby", *STANDBY)
    world.wait_for(lambda: everything_is_told(at) and Notice.objects.exists())
    assert each_fired_once(10)

    world.start_engine(workers=1, beats=1)
    noted = JobKind.objects.get(name="sweep_cases").last_ok_at
    world.wait_for(lambda: JobKind.objects.get(name="sweep_cases").last_ok_at != noted)
    said = world.log_of("standby")
    CaseClock.objects.update(level=-1, generation=2, next_action_at=at - HOUR)
    world.wait_for(lambda: StepFired.objects.count() == 20)
    assert world.log_of("standby") == said
    assert StepFired.objects.filter(generation=2).count() == 10


def test_a_worker_told_to_stop_in_mid_batch_ends_and_another_goes_on(world):  # B-4
    size = pick(full=20_000, quick=2_000, sqlite=1_000)
    at = crowd(world, size)
    world.start_engine(workers=1, beats=1)
    world.wait_for(StepFired.objects.exists)
    worker = world.child("worker-0")
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=40)  # the promise, not a measurement
    left = CaseClock.objects.due(at=at).count()
    assert left  # it has not done it all before it ended
    world.start_again("worker-0")
    seconds = world.wait_for(lambda: nothing_is_due(at), patience=600)
    print(f"B-4: {left} of {size} were left when it had ended; all fired {seconds:.0f} s later")
    assert each_fired_once(size)
    assert not CaseClock.objects.filter(fail_count__gt=0).exists()


def test_two_beats_whose_clocks_are_wrong_fire_what_one_would(world):  # B-5
    size = pick(full=5_000, quick=50)
    at = crowd(world, size)
    world.start_engine(workers=2, beats=2, skews=[90, -90])
    world.wait_for(lambda: everything_is_told(at) and Notice.objects.exists(), patience=600)
    world.stop()
    assert each_fired_once(size)
    assert Notice.objects.count() == len(world.server.messages) == size


@pytest.mark.postgresql_only
def test_a_database_that_ends_every_session_costs_one_batch(world):  # B-9
    """As a restart does to whoever is connected; what was under way is rolled back, and done later.

    A clock whose own try lost its session is put off by a minute, so that is waited for as well.
    """
    size = pick(full=20_000, quick=2_000)
    at = crowd(world, size)
    world.start_engine(workers=2, beats=1)
    ended = 0
    for _time in range(3):
        before = StepFired.objects.count()
        world.wait_for(lambda before=before: StepFired.objects.count() > before)
        time.sleep(0.2)
        ended += end_sessions()
    seconds = world.wait_for(lambda: StepFired.objects.count() >= size, patience=600)
    print(f"B-9: {ended} sessions ended, all fired {seconds:.0f} s after the last")
    assert ended
    assert nothing_is_due(at)
    assert each_fired_once(size)


def end_sessions() -> int:
    """End every session of this database but our own; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.mark.sqlite_only
def test_a_file_that_somebody_else_holds_costs_only_the_wait(world):  # B-9
    """Another process writes for seconds; the sweep waits its turn, and fires each step once."""
    at = crowd(world, 20)
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        world.start("sweeper", *SWEEPER)
        time.sleep(pick(full=10, quick=4))  # it has come to the lock by then
        assert not StepFired.objects.exists()
        other.execute("ROLLBACK")
    assert world.child("sweeper").wait(timeout=120) == 0, world.logs()
    world.forget("sweeper")
    assert nothing_is_due(at)
    assert each_fired_once(20)
