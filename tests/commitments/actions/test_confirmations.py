"""What is said to be done awaits whoever confirms it: a clock of its own, until it is decided."""

from datetime import date

import pytest
from django.db import connection

from commitments.actions import acknowledgements, cases, corrections, invariants
from commitments.actions.subjects import Corrections
from commitments.enums import ClockKind, VerdictValue
from commitments.enums.backlog import CorrectionAct, CorrectionState
from commitments.enums.policies import LadderKey
from commitments.models import CaseClock, CorrectiveAction, StepFired, Verdict
from tests.commitments.actions.test_correction_acts import act, at_nine, brought_to, row
from tests.commitments.actions.test_corrections import settled, write
from tests.factories.body import NOW, make_body, office, person
from tests.factories.units import RoleGrantFactory
from units.models import RoleGrant

pytestmark = pytest.mark.django_db
A = CorrectionAct
DUE = date(2024, 2, 9)  # five working days after NOW, Friday the 2nd
SWEPT = {"sqlite": 26, "postgresql": 28}


@pytest.fixture
def body():
    return settled(make_body())


def clock() -> CaseClock:
    return CaseClock.objects.get(kind=ClockKind.VERIFY)


def fired():
    rows = StepFired.objects.filter(clock__kind=ClockKind.VERIFY, decision="fired").order_by("pk")
    return [(one.level, {to["person"] for to in one.addressees}) for one in rows]


def awaited():
    directory = Corrections([row()], at=NOW)
    return {one.person.username for one in directory.awaited(row(), ClockKind.VERIFY)}


@pytest.mark.parametrize("state", CorrectionState)
def test_a_clock_runs_for_whoever_confirms_as_long_as_nobody_has(body, state):
    brought_to(body, state)
    running = CaseClock.objects.open().filter(kind=ClockKind.VERIFY)
    assert running.exists() == (state == CorrectionState.DONE)
    assert invariants.differences() == []


def test_it_climbs_from_who_confirms_to_who_stands_above(body):
    brought_to(body, CorrectionState.DONE)
    assert (clock().due_on, clock().policy.key) == (DUE, LadderKey.CONFIRM)
    for day in (12, 14, 26):  # of February
        cases.sweep(at=at_nine(date(2024, 2, day)))
    both = {body.supervisor.username, body.assigner.username}
    assert fired()[:2] == [(1, both), (3, {body.leader.username})]
    assert fired()[2][0] == 4
    assert invariants.differences() == []


def test_taken_back_it_ends_and_said_again_it_begins_anew(body):
    brought_to(body, CorrectionState.DONE)
    cases.sweep(at=at_nine(date(2024, 2, 12)))
    act(body, A.TAKE_BACK, at=at_nine(date(2024, 2, 12)))
    assert (clock().state, clock().end_reason) == ("done", "taken-back")
    assert CaseClock.objects.get(kind=ClockKind.CORRECTION).state == "running"

    act(body, A.FINISH, at=at_nine(date(2024, 2, 13)))
    assert (clock().state, clock().generation, clock().level) == ("running", 2, -1)
    assert clock().due_on == date(2024, 2, 20)

    act(body, A.CONFIRM, at=at_nine(date(2024, 2, 14)))
    assert (clock().state, clock().end_reason) == ("done", "confirmed")
    cases.sweep(at=at_nine(date(2024, 3, 1)))
    assert len(fired()) == 1
    assert invariants.differences() == []


def test_nobody_is_asked_about_the_own_word_or_the_own_unit(body):
    brought_to(body, CorrectionState.DONE)
    assert awaited() == {"supervisor", "assigner"}
    office(body.commune, "Second office", body.supervisor, is_head=False)
    assert awaited() == {"assigner"}
    CorrectiveAction.objects.update(done_by=body.assigner)
    assert awaited() == set()


def test_whoever_is_asked_may_and_says_that_it_is_seen(body):
    brought_to(body, CorrectionState.DONE)
    cases.sweep(at=at_nine(date(2024, 2, 12)))
    held = acknowledgements.acknowledge(
        clock_id=clock().pk, level=1, by=body.supervisor, at=at_nine(date(2024, 2, 12))
    )
    assert held.ack_by == body.supervisor
    newcomer = person("newcomer")
    RoleGrantFactory(person=newcomer, role="supervisor", unit=body.committee)
    assert "newcomer" in awaited()  # as of today
    act(body, A.CONFIRM, by=newcomer)


def test_where_nobody_may_confirm_the_leader_in_charge_hears_it_at_once(body):
    brought_to(body, CorrectionState.DONE)
    RoleGrant.objects.filter(role__in=["supervisor", "assigner"]).delete()
    cases.sweep(at=at_nine(date(2024, 2, 12)))
    assert fired() == [(3, {body.leader.username})]


def test_it_awaits_a_decision_whatever_became_of_the_verdict(body):
    brought_to(body, CorrectionState.DONE)
    body.targets[0].verdicts.all().delete()
    assert awaited() == {"supervisor", "assigner"}
    assert invariants.differences() == []
    act(body, A.TAKE_BACK)
    assert not CaseClock.objects.open().exists()


def test_what_was_said_to_be_done_before_there_were_such_clocks_gets_one(body):
    brought_to(body, CorrectionState.DONE)
    CaseClock.objects.all().delete()
    assert invariants.differences() == [
        "correction/2024-t1 waits (verify) and no clock runs for it"
    ]
    later = at_nine(date(2024, 3, 1))
    assert corrections.catch_up(at=later) == 1
    assert corrections.catch_up(at=later) == 0
    assert (clock().state, clock().due_on) == ("running", date(2024, 3, 8))


@pytest.mark.parametrize("count", [1, 3])
def test_a_sweep_costs_the_same_for_one_and_three(body, count, django_assert_num_queries):
    Verdict.objects.update(verdict=VerdictValue.UNMET)
    for target in body.targets[:count]:
        write(body, target_id=target.pk)
        said = CorrectiveAction.objects.get(target=target)
        corrections.finish(
            target_id=target.pk, note="Xong.", by=body.secretary, expected=said.etag_version, at=NOW
        )
    with django_assert_num_queries(SWEPT[connection.vendor]):
        assert cases.sweep(at=at_nine(date(2024, 2, 12))) == count
