"""A-1: very many clocks are due, and the processes that sweep them are killed again and again."""

from datetime import timedelta

from commitments.models import CaseClock, StepFired
from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.faults.killing import sweep_all
from tests.faults.scale import pick
from units.actions import register
from units.models import JobRun, RegisterEntry, RegisterLink


def test_sweepers_killed_at_random_fire_every_step_once(world):
    """Proves the row lock of the sweep (`cases._claim`) under real kills, and what it stands on:

    step, entry and next instant are one transaction, so a kill leaves all of them or none.
    """
    size = pick(full=1_000_000, quick=10_000, sqlite=1_000)
    clock = make_crowd(make_scene(), size=size, units=20)
    at = clock.next_action_at + timedelta(hours=1)
    world.move_to(at)

    seconds = sweep_all(world, size=size, kills=pick(full=12, quick=12, sqlite=4), seed=size)

    while register.sequence(limit=5000):
        pass
    died = JobRun.objects.count()
    print(f"A-1: {size:,} clocks in {seconds:.0f} s, {died} kills in the middle of a batch")
    assert CaseClock.objects.filter(level=0, fail_count=0, last_error="").count() == size
    assert not CaseClock.objects.due(at=at).exists()
    assert StepFired.objects.filter(decision="fired").count() == size
    assert StepFired.objects.values("clock").distinct().count() == size
    assert RegisterEntry.objects.filter(kind="step.fired").count() == size
    first, last = (RegisterLink.objects.order_by(way).first() for way in ("seq", "-seq"))
    assert last.seq - first.seq + 1 == RegisterLink.objects.count() == RegisterEntry.objects.count()
