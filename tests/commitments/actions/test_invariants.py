"""Clocks and what waits, compared: nothing is told of a sound scene, and each difference has a name."""

import pytest

from commitments.actions import invariants
from commitments.enums import ClockKind
from commitments.models import CaseClock
from config.schedule import JOBS, function_of
from tests.commitments.actions.test_backlog import AT, DO, CaseAct, Office
from tests.factories.clocks import make_scene, start
from units.models import JobKind

pytestmark = pytest.mark.django_db


def run_job() -> None:
    (job,) = [job for job in JOBS if job.name == "check_invariants"]
    function_of(job)()


def test_through_the_whole_life_of_a_case_nothing_differs():
    office = Office()
    for act in (CaseAct.SUSPEND, CaseAct.RESUME, CaseAct.RESOLVE, CaseAct.REJECT, CaseAct.RESOLVE):
        DO[act](office, at=AT)
        assert invariants.differences() == []
    DO[CaseAct.ACCEPT](office, at=AT)
    assert invariants.differences() == []


def test_a_ladder_that_has_ended_leaves_its_case_waiting():
    office = Office()
    CaseClock.objects.update(state="done", next_action_at=None, end_reason="exhausted")
    assert invariants.differences() == []
    CaseClock.objects.update(end_reason="lost")
    assert invariants.differences() == [
        f"backlog_case/{office.case.ref} waits (case) and no clock runs for it"
    ]


def test_each_difference_names_its_row():
    scene = make_scene()
    version = scene.version(issued=True)
    resolved = scene.case(resolved=True)  # nobody was asked to verify it
    done = scene.case(closed=True)
    stray = start(done, kind=ClockKind.CASE)
    still = scene.case(suspended=True)
    runs = start(still, kind=ClockKind.CASE)
    assert set(invariants.differences()) == {
        f"commitment_version/{version.ref} waits (sign) and no clock runs for it",
        f"backlog_case/{resolved.ref} waits (verify) and no clock runs for it",
        f"clock {stray.pk} (case) runs for backlog_case/{done.ref}, which waits for nothing",
        f"clock {runs.pk} (case) of backlog_case/{still.ref} is running",
    }


def test_the_job_fails_with_the_rows_and_is_well_again_once_they_are_mended():
    scene = make_scene()
    case = scene.case()
    with pytest.raises(invariants.InvariantsBroken, match=case.ref):
        run_job()
    kept = JobKind.objects.get(name="check_invariants")
    assert kept.last_error.startswith(f"InvariantsBroken: backlog_case/{case.ref} waits")

    start(case, kind=ClockKind.CASE)
    run_job()

    kept.refresh_from_db()
    assert kept.last_error == ""
