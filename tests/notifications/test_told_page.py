"""The whole chain of one escalation: who was told what, when, by which version, and the server's answer."""

import re
import uuid
from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from commitments.actions import cases
from commitments.models import EscalationPolicy, StepFired
from notifications.actions import deliveries
from notifications.models import DeliveryAttempt, Notice
from tests.factories.body import enrol
from tests.factories.clocks import local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from tests.factories.units import RoleGrantFactory, UserFactory
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
UP = local(date(2024, 3, 21), 9)  # level two of what was due on 13 March


@pytest.fixture
def chain(server, settings):
    """A case whose ladder has reached level two: its supervisor was told, its head is asked."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=(clock.real_now() - UP).total_seconds())
    scene = make_scene()
    RoleGrantFactory(person=scene.supervisor, role="supervisor", unit=scene.district)
    case = scene.case()
    row = start(case, due_on=date(2024, 3, 13), kind="case")
    give_addresses()
    head = case.office.appointments.get().person
    head.refresh_from_db()
    for person in (head, scene.supervisor):
        enrol(person)
    server.answers["rcpt", head.email] = ["550 no such mailbox"]
    cases.sweep(at=UP)
    read_register(at=UP)
    while deliveries.send(at=local(date(2024, 3, 21), 10)):
        pass
    return scene, case, row, head


def page_of(person, path: str):
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(person)
    return browser.get(path)


def text_of(answer) -> str:
    text = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_supervisor_reads_it_from_the_case_to_the_servers_answer(chain):
    scene, case, row, head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    path = f"/register/steps/{step.pk}/"
    assert path in page_of(scene.supervisor, f"/cases/{case.ref}/").content.decode()

    text = text_of(page_of(scene.supervisor, path))

    assert f"Level 2 {case.number}" in text
    assert "version 1" in text
    assert str(step.entry.uuid) in text
    assert scene.supervisor.full_name in text
    assert head.full_name in text  # told that it is to explain
    assert "Could not be delivered" in text
    assert "550 no such mailbox" in text
    assert "250 OK" in text
    assert Notice.objects.get(recipient=scene.supervisor).state == "accepted"


def test_a_clock_that_begins_anew_by_a_newer_ladder_changes_nothing_of_what_was(chain):
    scene, _case, row, _head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    old = row.policy
    newer = EscalationPolicy.objects.create(
        key=old.key,
        version=2,
        subject_kind=old.subject_kind,
        calendar=old.calendar,
        in_force_from=date(2024, 3, 22),
    )
    type(row).objects.filter(pk=row.pk).update(policy=newer, generation=2)
    text = text_of(page_of(scene.supervisor, f"/register/steps/{step.pk}/"))
    assert "version 1" in text
    assert "version 2" not in text


def test_the_head_sees_who_was_told_and_not_what_the_server_said(chain):
    _scene, _case, row, head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    text = text_of(page_of(head, f"/register/steps/{step.pk}/"))
    assert head.full_name in text
    assert "550" not in text
    assert "is shown to the supervisor" in text


def test_whoever_does_not_see_the_case_sees_nothing_of_it(chain):
    _scene, _case, row, _head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    assert page_of(UserFactory(), f"/register/steps/{step.pk}/").status_code == 404


def test_a_step_that_was_overtaken_says_that_nobody_was_told(chain):
    scene, _case, row, _head = chain
    step = StepFired.objects.filter(clock=row, decision="superseded").first()
    with translation.override("en"):
        assert "Nobody was told." in text_of(
            page_of(scene.supervisor, f"/register/steps/{step.pk}/")
        )


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_for_one_and_three_notices(chain, count, django_assert_max_num_queries):
    scene, _case, row, _head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    first = Notice.objects.get(recipient=scene.supervisor)
    for _more in range(count - 1):
        first.pk, first.uuid, first.recipient = None, uuid.uuid4(), UserFactory()
        first.save(force_insert=True)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(scene.supervisor)
    browser.get(f"/register/steps/{step.pk}/")
    with django_assert_max_num_queries(30):
        assert browser.get(f"/register/steps/{step.pk}/").status_code == 200


def test_what_was_answered_too_late_stands_beside_its_try(chain):
    scene, _case, row, _head = chain
    step = StepFired.objects.get(clock=row, decision="fired")
    DeliveryAttempt.objects.filter(notice__recipient=scene.supervisor).update(
        outcome="lost", code="lease lost", late_answer="accepted 250 2.0.0 kept"
    )
    text = text_of(page_of(scene.supervisor, f"/register/steps/{step.pk}/"))
    assert "Answered too late: accepted 250 2.0.0 kept" in text
