"""Who is told of backlog cases, and that every kind of subject has its texts."""

from datetime import date, timedelta

import pytest

from commitments.actions import cases
from commitments.actions.subjects import DIRECTORIES
from commitments.enums import ClockKind
from commitments.rules.cases import DEFAULT_POLICIES
from notifications import audiences, messages
from notifications.models import Notice
from tests.factories.clocks import local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from tests.factories.units import RoleGrantFactory


@pytest.mark.parametrize("directory", DIRECTORIES.values())
def test_every_step_of_every_subject_has_a_text(directory):
    named = {
        audiences._step_message(directory.column, kind, step.level, holder)
        for kind in directory.waiting
        for step in DEFAULT_POLICIES[kind].steps
        for holder in {step.audience == "holder", False}
    }
    asked = {
        audiences.EXPLAIN[directory.column, kind]
        for kind in directory.waiting
        if any(step.explanation_days for step in DEFAULT_POLICIES[kind].steps)
    }
    assert named | asked <= set(messages.MESSAGES)


@pytest.mark.django_db
def test_a_case_climbs_and_each_step_tells_whom_the_ladder_names():
    scene = make_scene()
    case = scene.case(original_due_on=date(2024, 4, 26), assigned=True)
    give_addresses()
    start(case, kind=ClockKind.CASE, due_on=case.current_due_on, at=local(date(2024, 3, 1)))
    for day in (19, 32, 33, 43):  # of April: 19 April, 2, 3 and 13 May
        at = local(date(2024, 4, 1) + timedelta(days=day - 1))
        cases.sweep(at=at)
        read_register(at=at)

    head = case.office.appointments.get().person
    told_of = Notice.objects.filter(case=case).order_by("pk")
    assert [(row.recipient, row.message) for row in told_of] == [
        (head, "case-due"),
        (head, "case-late"),
        (scene.supervisor, "case-late-watch"),
        (head, "case-explain"),
        (scene.leader, "case-late-watch"),
    ]


@pytest.mark.django_db
def test_who_resolved_a_case_is_not_told_to_verify_it():
    scene = make_scene()
    resolver, other = (
        RoleGrantFactory(role="verifier", unit=scene.district).person for _n in range(2)
    )
    case = scene.case(resolved=True, resolved_by=resolver)
    start(case, kind=ClockKind.VERIFY, due_on=None, at=local(date(2024, 4, 22)))
    at = local(date(2024, 5, 6))
    cases.sweep(at=at)
    read_register(at=at)

    [notice] = Notice.objects.filter(case=case)
    assert (notice.recipient, notice.role, notice.message) == (
        other,
        "verifier",
        "case-verify-late",
    )
