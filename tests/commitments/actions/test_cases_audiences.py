"""Who hears a step: whoever is in office at the instant at which it fires."""

from datetime import date

import pytest

from commitments.actions import cases
from commitments.enums import ClockKind
from commitments.models import StepFired
from tests.factories.clocks import decisions, head_of, local, make_scene, start, sweep_days
from tests.factories.units import AppointmentFactory
from units.actions import register
from units.models import Appointment, RegisterEntry, User

pytestmark = pytest.mark.django_db


def test_an_office_signed_already_hears_nothing_and_the_other_does():
    scene = make_scene()
    version = scene.version(issued=True, both=True)
    clock = start(version)
    cases.sweep(at=local(date(2024, 1, 17)))
    both = {head_of(version, at=local(date(2024, 1, 17))).username, _second(version)}
    assert set(decisions(clock)[0][4]) == both

    other = scene.version(elsewhere=True, issued=True, both=True, signed_by=_First())
    clock = start(other)
    cases.sweep(at=local(date(2024, 1, 17)))
    assert decisions(clock)[0][4] == [_second(other)]


class _First:
    """Holds the first undertaker's office of whatever version asks."""

    def __contains__(self, office) -> bool:
        return office.tree == "party"


def _second(version) -> str:
    return Appointment.objects.get(position=version.second_undertaker).person.username


def test_in_order_only_the_office_whose_turn_it_is_is_urged():
    version = make_scene().version(issued=True, both=True, in_order=True)
    clock = start(version)
    cases.sweep(at=local(date(2024, 1, 17)))
    assert decisions(clock)[0][4] == [head_of(version, at=local(date(2024, 1, 17))).username]


def test_a_gap_sends_the_step_one_level_up_and_the_acting_head_hears_the_next():  # A-11, G-25
    scene = make_scene()
    version = scene.version()
    clock = start(version)
    sweep_days(date(2024, 1, 17), date(2024, 1, 31))
    holder = Appointment.objects.get(position=version.first_undertaker)
    holder.valid_to = date(2024, 2, 1)  # the first day without a head is the day of level 1
    holder.save()

    cases.sweep(at=local(date(2024, 2, 1)))

    day = date(2024, 2, 1)
    gap = StepFired.objects.get(clock=clock, level=1)
    assert (gap.decision, gap.reason, gap.addressees) == ("superseded", "no-holder", [])
    assert decisions(clock)[-1] == ("fired", 2, 0, day, [scene.supervisor.username])
    entry = RegisterEntry.objects.filter(kind="step.fired").latest("pk")
    assert register.data_of(entry)["asked"] == []  # nobody is there to explain

    # The next clock of that office: somebody acts from 5 February on.
    acting = AppointmentFactory(
        position=version.first_undertaker, acting=True, valid_from=date(2024, 2, 5)
    )
    again = start(version, due_on=date(2024, 2, 20), at=local(date(2024, 2, 5), 9))
    cases.sweep(at=local(date(2024, 2, 6)))
    assert decisions(again)[-1][2:] == (0, date(2024, 2, 6), [acting.person.username])


def test_a_reminder_before_the_day_goes_to_the_supervisor_when_nobody_is_in_office():
    scene = make_scene()
    clock = start(scene.version(issued=True, vacant=True))
    cases.sweep(at=local(date(2024, 1, 17)))
    clock.refresh_from_db()
    step = StepFired.objects.get()
    assert (step.level, step.repeat, step.reason) == (0, 0, "no-holder")
    assert [row["person"] for row in step.addressees] == [scene.supervisor.username]
    assert clock.level == 0  # nothing is late yet


def test_a_closed_account_hears_nothing_so_the_next_level_does():
    scene = make_scene()
    version = scene.version()
    User.objects.filter(appointments__position=version.first_undertaker).update(is_active=False)
    clock = start(version)
    sweep_days(date(2024, 2, 1), date(2024, 2, 1))
    assert decisions(clock)[-1][1:] == (2, 0, date(2024, 2, 1), [scene.supervisor.username])


def test_nobody_anywhere_is_recorded_too():
    scene = make_scene(standing_committee=False)
    clock = start(scene.version(issued=True, vacant=True))
    for person in (scene.supervisor, scene.leader):
        User.objects.filter(pk=person.pk).update(is_active=False)

    cases.sweep(at=local(date(2024, 2, 1)))

    fired = StepFired.objects.get(clock=clock, decision="fired")
    assert (fired.level, fired.reason, fired.addressees) == (4, "no-holder", [])
    skipped = StepFired.objects.filter(clock=clock, reason="no-holder", decision="superseded")
    assert sorted(skipped.values_list("level", flat=True)) == [1, 2, 3]


def test_supervisors_by_role_stand_in_where_no_office_watches():
    scene = make_scene(supervisor_by_role=True)
    clock = start(scene.version())
    cases.sweep(at=local(date(2024, 2, 7)))
    step = StepFired.objects.get(clock=clock, decision="fired")
    assert step.addressees == [{"position": None, "person": scene.supervisor.username}]


def test_who_is_waited_for_to_countersign_and_to_answer():
    scene = make_scene()
    signed = scene.version(signed=True)
    clock = start(signed, kind=ClockKind.COUNTERSIGN, due_on=None, at=local(date(2024, 3, 4), 9))
    cases.sweep(at=local(date(2024, 3, 12)))  # due 11 March
    assigner = Appointment.objects.get(position=signed.assigner).person.username
    assert decisions(clock) == [("fired", 1, 0, date(2024, 3, 12), [assigner])]
    cases.sweep(at=local(date(2024, 3, 18)))
    assert decisions(clock)[-1][4] == [scene.supervisor.username]
    clock.refresh_from_db()
    assert (clock.state, clock.end_reason) == ("done", "exhausted")

    returned = scene.version(elsewhere=True, returned=True)
    clock = start(returned, kind=ClockKind.ANSWER, due_on=None, at=local(date(2024, 3, 4), 9))
    cases.sweep(at=local(date(2024, 3, 12)))
    assert decisions(clock) == [("fired", 1, 0, date(2024, 3, 12), [scene.planner.username])]
