"""Jobs: a worker that is too old leaves a job alone; signs of batches; the wish that one should end."""

import os
import signal
import sys
import time
from datetime import timedelta

import pytest

from units import clock, stopping
from units.actions import jobs
from units.models import JobKind, JobRun

pytestmark = pytest.mark.django_db


def steps(*counts: int):
    """Return a step that handles so many rows, one after the other, and remembers that it was asked."""
    left, asked = list(counts), []

    def step() -> int:
        asked.append(1)
        return left.pop(0) if left else 0

    step.asked = asked
    return step


def test_an_old_worker_skips_a_job_that_wants_newer_code_and_runs_the_others():  # B-10
    JobKind.objects.create(name="sweep_cases", min_code_version=jobs.CODE_VERSION + 1)
    raised, other = steps(3), steps(3)

    assert jobs.run("sweep_cases", raised) == 0
    assert jobs.run("send_notices", other) == 3

    row = JobKind.objects.get(name="sweep_cases")
    assert not raised.asked
    assert row.last_ok_at is None
    assert row.last_error == (
        f"Needs code version {jobs.CODE_VERSION + 1}; "
        f"a worker of version {jobs.CODE_VERSION} skips it."
    )


def test_the_newer_worker_runs_it_and_takes_the_complaint_away():
    JobKind.objects.create(
        name="sweep_cases", min_code_version=jobs.CODE_VERSION, last_error="Needs code version 1"
    )
    assert jobs.run("sweep_cases", steps(3)) == 3
    row = JobKind.objects.get(name="sweep_cases")
    assert (row.last_error, row.last_ok_at is None) == ("", False)


def test_a_batch_leaves_a_sign_while_it_runs_and_an_error_takes_it_away():
    with jobs.under_way("sweep_cases"):
        assert JobRun.objects.get().job == "sweep_cases"
    assert not JobRun.objects.exists()
    with pytest.raises(ValueError), jobs.under_way("sweep_cases"):  # noqa: PT011
        raise ValueError
    assert not JobRun.objects.exists()


def test_a_sign_that_stays_is_lost_after_two_minutes_and_of_its_job_alone():
    now = clock.real_now()
    young = {"began_at": now - jobs.LOST_AFTER / 2, "host": "a"}
    JobRun.objects.create(job="sweep_cases", **young)
    assert jobs.lost("sweep_cases") == []
    old = JobRun.objects.create(
        job="sweep_cases", host="b", began_at=now - jobs.LOST_AFTER - timedelta(seconds=1)
    )
    assert jobs.lost("sweep_cases") == [old.pk]
    assert jobs.lost("dispatch_notices") == []
    jobs.forget([old.pk])
    assert jobs.lost("sweep_cases") == []
    assert JobRun.objects.count() == 1


@pytest.mark.usefixtures("unasked")
def test_a_job_ends_after_its_batch_when_its_process_should_end():
    batches = steps(3, 2, 1)

    def asked_meanwhile() -> int:
        if len(batches.asked) == 1:
            stopping.ask()
        return batches()

    assert jobs.run("sweep_cases", asked_meanwhile) == 5
    assert len(batches.asked) == 2
    assert JobKind.objects.get().last_ok_at is not None  # it has done what it could: no fault


@pytest.mark.usefixtures("unasked")
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_who_was_forked_hears_what_its_parent_is_asked_and_nothing_of_before():
    stopping.ask()
    stopping.begin()  # as a worker does that takes the place of one which was told to end
    child = os.fork()
    if child == 0:
        until = time.monotonic() + 30
        while not stopping.is_asked() and time.monotonic() < until:
            time.sleep(0.01)
        os._exit(0 if stopping.is_asked() else 1)
    assert os.waitpid(child, os.WNOHANG) == (0, 0)  # it waits still
    stopping.ask()
    assert os.waitpid(child, 0) == (child, 0)


@pytest.mark.usefixtures("unasked")
def test_a_signal_is_the_wish_to_end_and_does_what_it_did_before():
    told = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: told.append(number))
    try:
        stopping.listen([signal.SIGUSR1])
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (told, stopping.is_asked()) == ([signal.SIGUSR1], True)


@pytest.mark.usefixtures("unasked")
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_child_that_is_told_alone_ends_nobody_else():
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        stopping.listen([signal.SIGUSR1])
        child = os.fork()
        if child == 0:
            signal.raise_signal(signal.SIGUSR1)
            os._exit(0)
        assert os.waitpid(child, 0) == (child, 0)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not stopping.is_asked()
