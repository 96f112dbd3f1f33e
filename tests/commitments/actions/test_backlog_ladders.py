"""Which ladder a backlog case climbs: before somebody assigns it, and after."""

from datetime import date

import pytest
from django.db import transaction

from commitments.actions import backlog
from commitments.actions import cases as clocks
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct
from commitments.models import BacklogCase
from tests.commitments.actions.test_backlog import AT, DO, Office
from tests.factories.clocks import local

pytestmark = pytest.mark.django_db


def test_a_case_that_nobody_assigns_climbs_to_those_above_the_supervisor():
    office = Office("registered")
    with transaction.atomic():
        backlog.await_assignment(office.case, at=AT)
    row = office.clock(ClockKind.ASSIGN)
    assert row.due_on == date(2024, 5, 2)  # five working days: 29 April to 1 May are closed
    watching = office.scene.supervisor
    steps = [(5, 3, {watching}), (5, 7, {office.leader}), (5, 17, {office.scene.committee})]
    for month, day, people in steps:
        clocks.sweep(at=local(date(2024, month, day)))
        fired = row.fired.latest("pk")
        assert {one["person"] for one in fired.addressees} == {who.username for who in people}
    assert BacklogCase.objects.with_level().get().level == 4


@pytest.mark.parametrize("do", [CaseAct.ASSIGN, CaseAct.CANCEL])
def test_assigning_ends_the_wait_for_it_and_cancelling_too(do):
    office = Office("registered")
    with transaction.atomic():
        backlog.await_assignment(office.case, at=AT)
    DO[do](office, at=AT)
    assert office.clock(ClockKind.ASSIGN).state == "done"


@pytest.mark.parametrize(
    ("kind", "ladder"),
    [("target", "target"), ("milestone", "milestone"), ("report", "case"), ("admin", "case")],
)
def test_a_case_climbs_the_ladder_of_its_kind(kind, ladder):
    office = Office("registered")
    BacklogCase.objects.update(kind=kind)
    backlog.assign(**office.seen(), by=office.supervisor, at=AT)
    row = office.clock(ClockKind.CASE)
    assert (row.policy.key, row.policy.subject_kind) == (ladder, "case")
    DO[CaseAct.SUSPEND](office, at=AT)
    DO[CaseAct.RESUME](office, at=AT)
    row.refresh_from_db()
    assert (row.state, row.generation, row.policy.key) == ("running", 2, ladder)
