"""Sweeps beside each other, and beside the act that ends the wait.

Both threads are held between reading and writing. Under the lock only one ever gets there; without
it both do, and the tests turn red.
"""

from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction

from commitments.actions import cases, firings
from commitments.models import CaseClock, StepFired
from tests.factories.clocks import local, make_scene, start
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)
AT = local(date(2024, 1, 17))


def hold_before_writing(monkeypatch, parties: int) -> list[int]:
    """Let `parties` sweeps meet before any writes; return a list that grows with each arrival."""
    meet, record, arrived = Barrier(parties), firings._record, []

    def record_when_all_have_read(decided, *, at):
        arrived.append(1)
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        record(decided, at=at)

    monkeypatch.setattr(firings, "_record", record_when_all_have_read)
    return arrived


def run_together(*acts):
    """Run each of `acts` in a thread of its own; return what they returned, in order."""
    results = [None] * len(acts)

    def run(place, act):
        try:
            results[place] = act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_sweeps_at_once_fire_once(monkeypatch):
    """Proves the row lock of `cases._claim`: without it the second sweep reads the same clock."""
    clock = start(make_scene().version())
    arrived = hold_before_writing(monkeypatch, 2)

    results = run_together(lambda: cases.sweep(at=AT), lambda: cases.sweep(at=AT))

    clock.refresh_from_db()
    assert sorted(results) == [0, 1]  # the second finds nothing to do, and nothing fails
    assert (len(arrived), clock.fail_count, clock.level) == (1, 0, 0)
    assert StepFired.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 1


def test_two_sweeps_share_the_work(monkeypatch):
    scene = make_scene()
    for _place in range(4):
        start(scene.version(elsewhere=True))

    results = run_together(
        lambda: cases.sweep(at=AT, limit=2),
        lambda: cases.sweep(at=AT, limit=2),
    )

    assert results == [2, 2]
    assert StepFired.objects.count() == 4


def test_a_sweep_beside_the_end_of_the_wait_leaves_a_done_clock(monkeypatch):
    version = make_scene().version()
    clock = start(version)
    hold_before_writing(monkeypatch, 2)

    def finish():
        with transaction.atomic():
            return cases.finish(subject=version, at=AT, reason="signed")

    run_together(lambda: cases.sweep(at=AT), finish)

    clock.refresh_from_db()
    assert (clock.state, clock.next_action_at) == ("done", None)
    assert StepFired.objects.count() <= 1


@pytest.mark.postgresql_only
def test_without_the_lock_the_key_alone_refuses_the_second_firing(monkeypatch):
    """Proves `step_fired_once`: both sweeps now reach the table, and without the key both fire."""
    start(make_scene().version())
    arrived = hold_before_writing(monkeypatch, 2)
    monkeypatch.setattr(
        cases, "_claim", lambda *, at, limit: list(CaseClock.objects.due(at=at)[:limit])
    )

    run_together(lambda: cases.sweep(at=AT), lambda: cases.sweep(at=AT))

    assert len(arrived) >= 2
    assert StepFired.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 1
