"""Jobs: a worker that is too old leaves a job alone and says so; signs of batches come and go."""

from datetime import timedelta

import pytest

from units import clock
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
