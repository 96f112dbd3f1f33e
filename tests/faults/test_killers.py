"""A-10, B-6: an item that takes the process with it is found, counted, and left to a person.

A process that is out of memory, has a fault or is ended by the hard time limit says nothing and
catches nothing. Here `Killed`, which nobody catches either, ends the run in its place; with
SCALE=full real processes die as well.
"""

import sys
from datetime import timedelta

import pytest

from commitments.actions import cases, firings
from commitments.enums import ClockState
from commitments.models import CaseClock, StepFired
from notifications.actions import notices
from notifications.models import Notice, SetAside
from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.faults.points import let_everything_run_out
from tests.faults.scale import pick
from units.actions import register
from units.models import JobRun, RegisterLink

MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """Ends a run as a kill would."""


def middle_of(rows) -> int:
    """Return the key in the middle: something comes before it, and something after it."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    return keys[len(keys) // 2]


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_ends_the_process_stops_nobody_else_and_is_set_aside(monkeypatch):
    size = pick(full=100_000, quick=50)
    at = make_crowd(make_scene(), size=size).next_action_at
    poison, decide = middle_of(CaseClock.objects), firings._decide

    def decide_or_die(row, *rest):
        if row.pk == poison:
            raise Killed
        return decide(row, *rest)

    monkeypatch.setattr(firings, "_decide", decide_or_die)

    def sweep(at):
        """Sweep until nothing is due; return how often the process died."""
        deaths = 0
        while True:
            try:
                while cases.sweep(at=at):
                    pass
                return deaths
            except Killed:
                deaths += 1
                let_everything_run_out()

    deaths = sweep(at)
    assert deaths == 2  # in its batch, and when the clocks were taken one by one
    assert StepFired.objects.count() == size - 1  # the rest on time
    deaths += sweep(at + MINUTE) + sweep(at + 6 * MINUTE) + sweep(at + 11 * MINUTE)

    row = CaseClock.objects.get(pk=poison)
    assert (row.state, row.fail_count, row.next_action_at) == (ClockState.QUARANTINED, 3, None)
    assert row.last_error == "The process ended three times in a row."
    assert deaths == 4
    assert not JobRun.objects.exists()
    assert StepFired.objects.count() == size - 1


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_ends_the_process_is_set_aside_and_the_rest_is_told(monkeypatch):
    size = pick(full=10_000, quick=30)
    at = make_crowd(make_scene(), size=size).next_action_at
    while cases.sweep(at=at):
        pass
    while register.sequence():
        pass
    poison, tell = middle_of(RegisterLink.objects), notices._tell

    def tell_or_die(links, **when):
        if poison in {link.pk for link in links}:
            raise Killed
        tell(links, **when)

    monkeypatch.setattr(notices, "_tell", tell_or_die)
    deaths = 0
    while notices.is_behind():
        try:
            notices.dispatch(at=at)
        except Killed:
            deaths += 1
            let_everything_run_out()

    aside = SetAside.objects.get()
    assert (aside.seq, aside.error) == (poison, "The process ended three times in a row.")
    assert deaths == 4
    assert Notice.objects.count() == size - 1


@pytest.mark.faults
@pytest.mark.parametrize("death", ["fault", "memory", "sleep"])
def test_real_processes_die_of_it_and_the_next_ones_go_on(death, world):
    size = 100
    at = make_crowd(make_scene(), size=size).next_action_at
    poison = middle_of(CaseClock.objects)
    world.move_to(at + MINUTE)

    def sweep() -> int:
        name = "poisoned"
        child = world.start(name, sys.executable, "-m", "tests.faults.poisoned", death, str(poison))
        code = child.wait(timeout=120)
        world.forget(name)
        let_everything_run_out()
        return code

    codes = [sweep() for _run in range(3)]
    assert [code < 0 for code in codes] == [True, True, False], world.logs()  # twice by a signal
    assert StepFired.objects.count() == size - 1
    for minutes in (3, 9, 15):
        world.move_to(at + minutes * MINUTE)
        sweep()

    row = CaseClock.objects.get(pk=poison)
    assert (row.state, row.fail_count) == (ClockState.QUARANTINED, 3)
