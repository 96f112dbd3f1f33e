"""Reminding by hand: who may, who hears it, and once a day."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from commitments.actions import cases
from commitments.models import CaseClock, RemindedNow
from tests.factories.clocks import head_of, local, make_scene, start
from tests.factories.units import RoleGrantFactory, UserFactory
from units.actions import register
from units.errors import Conflict, NotAllowed, NotFound, WrongState
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
AT = local(date(2024, 2, 15), 9)


def make():
    """Return a scene whose supervisor has the role, and its issued version."""
    scene = make_scene(supervisor_by_role=True)
    return scene, scene.version(issued=True, both=True)


def test_the_supervisor_reminds_everybody_who_has_not_signed():
    scene, version = make()
    clock = start(version)

    entry = cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)

    data = register.data_of(entry)
    named = {row["person"] for row in data["addressees"]}
    second = Appointment.objects.get(position=version.second_undertaker).person
    assert named == {head_of(version, at=AT).username, second.username}
    assert (entry.kind, entry.actor) == ("commitment.remind", scene.supervisor)
    assert (entry.subject_ref, entry.subject_version) == (version.ref, None)
    assert CaseClock.objects.get().next_action_at == clock.next_action_at  # the ladder stands


def test_a_second_reminder_that_day_says_who_and_when():
    scene, version = make()
    cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)

    with pytest.raises(Conflict) as refused:
        cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT + timedelta(hours=8))

    head = head_of(version, at=AT)
    assert refused.value.code == "already-reminded"
    assert refused.value.members["by"] == scene.supervisor.username
    assert head.full_name in str(refused.value.message)
    assert "09:00" in str(refused.value.message)
    assert RegisterEntry.objects.filter(kind="commitment.remind").count() == 1
    cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT + timedelta(days=1))


def test_whoever_came_into_office_since_is_reminded_on_the_same_day():
    scene, version = make()
    Appointment.objects.filter(position=version.second_undertaker).delete()
    cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)
    newcomer = UserFactory()
    Appointment.objects.create(
        ref="new", person=newcomer, position=version.second_undertaker, valid_from=date(2024, 2, 1)
    )

    entry = cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)

    assert [row["person"] for row in register.data_of(entry)["addressees"]] == [newcomer.username]


def test_nobody_in_office_is_said():
    scene = make_scene(supervisor_by_role=True)
    version = scene.version(issued=True, vacant=True)
    with pytest.raises(Conflict) as refused:
        cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)
    assert refused.value.code == "no-holder"
    assert not RegisterEntry.objects.exists()


@pytest.mark.parametrize("state", ["draft", "in_force", "superseded", "voided", "settled"])
def test_nothing_awaited_nobody_reminded(state):
    scene = make_scene(supervisor_by_role=True)
    version = scene.version(**{state: True})
    with pytest.raises(WrongState) as refused:
        cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)
    assert refused.value.code == f"remind-not-from-{state}".replace("_", "-")


def test_who_is_reminded_to_countersign_and_to_answer():
    scene = make_scene(supervisor_by_role=True)
    signed = scene.version(signed=True)
    returned = scene.version(elsewhere=True, returned=True)
    assigner = Appointment.objects.get(position=signed.assigner).person
    for version, person in ((signed, assigner), (returned, scene.planner)):
        entry = cases.remind_now(version_id=version.pk, by=scene.supervisor, at=AT)
        named = [row["person"] for row in register.data_of(entry)["addressees"]]
        assert named == [person.username]


def test_only_a_supervisor_of_the_unit_reminds():
    scene, version = make()
    stranger = RoleGrantFactory(
        role="supervisor", unit=scene.version(elsewhere=True).commitment.unit
    ).person
    for person in (stranger, scene.planner, head_of(version, at=AT)):
        with pytest.raises(NotAllowed) as refused:
            cases.remind_now(version_id=version.pk, by=person, at=AT)
        assert refused.value.code == "remind-not-allowed"
    with pytest.raises(NotFound):
        cases.remind_now(version_id=0, by=scene.supervisor, at=AT)


def test_the_database_refuses_a_second_reminder_of_a_person_that_day():
    scene, version = make()
    row = {"version": version, "person": scene.leader, "by": scene.supervisor, "at": AT}
    RemindedNow.objects.create(**row, on=date(2024, 2, 15))
    with pytest.raises(IntegrityError), transaction.atomic():
        RemindedNow.objects.create(**row, on=date(2024, 2, 15))
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        RemindedNow.objects.all().delete()
