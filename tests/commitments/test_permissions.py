"""Who may do what, on the last day before, on the first and last day of, and on the day after."""

from datetime import date, timedelta

import pytest

from commitments import permissions
from commitments.enums import VersionAct
from commitments.models import CommitmentVersion
from tests.factories.body import make_body
from tests.factories.clocks import local
from tests.factories.commitments_versions import (
    CommitmentFactory,
    CommitmentVersionFactory,
    year_of,
)
from tests.factories.units import (
    AppointmentFactory,
    HeadFactory,
    OrgUnitFactory,
    OversightFactory,
    PositionFactory,
    RoleGrantFactory,
    UserFactory,
)
from units.errors import Conflict
from units.models import Appointment

pytestmark = pytest.mark.django_db
A = VersionAct
FIRST, AFTER = date(2024, 2, 1), date(2024, 3, 1)  # a half-open range: AFTER is the first without
RANGE = {"valid_from": FIRST, "valid_to": AFTER}
DAY = timedelta(days=1)
DAYS = [(FIRST - DAY, False), (FIRST, True), (AFTER - DAY, True), (AFTER, False)]
EDGES = [local(FIRST, 0), local(AFTER, 0) - timedelta(seconds=1)]  # midnight of the body, not UTC
at_the_boundaries = pytest.mark.parametrize(("day", "allowed"), DAYS)


@pytest.fixture
def version() -> CommitmentVersion:
    return CommitmentVersionFactory(issued=True, both=True)


def replace_holder(office, **changes) -> Appointment:
    """Let the holders of `office` go and appoint somebody as `changes` say."""
    office.appointments.update(valid_to=date(2020, 1, 2))
    return AppointmentFactory(position=office, **changes)


# --- roles ------------------------------------------------------------------------------------


@at_the_boundaries
@pytest.mark.parametrize("may", [permissions.may_steer, permissions.may_remind])
def test_planner_and_supervisor_of_the_assigner(may, day, allowed, version):
    role = {"may_steer": "planner", "may_remind": "supervisor"}[may.__name__]
    committee = version.commitment.assigner_unit
    person = RoleGrantFactory(role=role, unit=committee, **RANGE).person
    assert may(person, version, at=local(day)) is allowed


def test_a_day_begins_and_ends_at_the_bodys_midnight(version):
    person = RoleGrantFactory(unit=version.commitment.assigner_unit, **RANGE).person
    second = timedelta(seconds=1)
    asked = [local(FIRST, 0) - second, *EDGES, local(AFTER, 0)]
    assert [permissions.may_steer(person, version, at=at) for at in asked] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("may", "role"), [(permissions.may_steer, "planner"), (permissions.may_remind, "supervisor")]
)
def test_no_other_role_and_no_closed_account_steers_or_reminds(may, role, version):
    at, committee = local(FIRST), version.commitment.assigner_unit
    others = {"planner", "supervisor", "assigner", "administrator", "inspector"} - {role}
    person = UserFactory()
    for other in others:
        RoleGrantFactory(person=person, role=other, unit=committee)
    assert not may(person, version, at=at)
    closed = RoleGrantFactory(person=UserFactory(closed=True), role=role, unit=committee).person
    assert not may(closed, version, at=at)
    machine = RoleGrantFactory(person=UserFactory(machine=True), role=role, unit=committee).person
    assert not may(machine, version, at=at)


def test_the_planner_of_the_undertaker_does_not_steer_and_its_supervisor_reminds(version):
    unit, at = version.commitment.unit, local(FIRST)
    planner = RoleGrantFactory(role="planner", unit=unit).person
    supervisor = RoleGrantFactory(role="supervisor", unit=unit).person
    assert not permissions.may_steer(planner, version, at=at)
    assert permissions.may_plan(planner, unit, at=at)
    assert permissions.may_remind(supervisor, version, at=at)
    elsewhere = RoleGrantFactory(role="supervisor", unit=OrgUnitFactory()).person
    assert not permissions.may_remind(elsewhere, version, at=at)


@at_the_boundaries
def test_a_planner_of_any_unit_plans_somewhere(day, allowed):
    person = RoleGrantFactory(unit=OrgUnitFactory(), **RANGE).person
    assert permissions.plans_somewhere(person, at=local(day)) is allowed
    supervisor = RoleGrantFactory(role="supervisor", unit=None).person
    assert not permissions.plans_somewhere(supervisor, at=local(day))


@at_the_boundaries
def test_the_assigner_by_role_opens_and_closes_a_plan(day, allowed):
    plan = year_of(OrgUnitFactory(district=True))
    person = RoleGrantFactory(role="assigner", unit=plan.owner, **RANGE).person
    assert permissions.may_assign_period(person, plan, at=local(day)) is allowed


@at_the_boundaries
def test_a_head_of_the_plans_owner_opens_and_closes_it(day, allowed):
    plan = year_of(OrgUnitFactory(district=True))
    head = HeadFactory(position__unit=plan.owner, **RANGE).person
    deputy = AppointmentFactory(position__unit=plan.owner).person
    stranger = HeadFactory().person
    assert permissions.may_assign_period(head, plan, at=local(day)) is allowed
    assert not permissions.may_assign_period(deputy, plan, at=local(day))
    assert not permissions.may_assign_period(stranger, plan, at=local(day))


# --- offices ----------------------------------------------------------------------------------


@at_the_boundaries
@pytest.mark.parametrize("manner", [{}, {"acting": True}])
def test_the_holder_of_the_office_acts_at_its_slot(manner, day, allowed, version):
    slot = version.document.slots.get(field_name="undertaker-2")
    held = replace_holder(slot.office, **RANGE, **manner)
    found = permissions.office_at_slot(held.person, slot, at=local(day))
    assert found == (held if allowed else None)
    for other in version.document.slots.exclude(pk=slot.pk):
        assert permissions.office_at_slot(held.person, other, at=local(day)) is None


def test_while_somebody_acts_the_titular_holder_does_not(version):
    slot = version.document.slots.get(field_name="undertaker-1")
    titular = slot.office.appointments.get()
    acting = AppointmentFactory(position=slot.office, acting=True, **RANGE)
    seen = [
        [permissions.office_at_slot(row.person, slot, at=local(day)) for row in (titular, acting)]
        for day, _allowed in DAYS
    ]
    assert seen == [[titular, None], [None, acting], [None, acting], [titular, None]]


def test_a_closed_account_acts_nowhere(version, settings):
    settings.DELEGATES_MAY_SIGN = True
    closed = UserFactory(closed=True)
    slot = version.document.slots.get(field_name="assigner")
    replace_holder(slot.office, person=closed)
    AppointmentFactory(
        position=slot.office, person=closed, delegate=True, valid_to=AFTER, valid_from=FIRST
    )
    assert permissions.office_at_slot(closed, slot, at=local(FIRST)) is None
    assert not permissions.may_decide(closed, version, at=local(FIRST))


@at_the_boundaries
@pytest.mark.parametrize("setting", [False, True])
def test_a_delegate_acts_only_where_the_body_allows_it(setting, day, allowed, version, settings):
    settings.DELEGATES_MAY_SIGN = setting
    slot = version.document.slots.get(field_name="undertaker-1")
    delegate = AppointmentFactory(position=slot.office, delegate=True, **RANGE)
    found = permissions.office_at_slot(delegate.person, slot, at=local(day))
    assert found == (delegate if allowed and setting else None)
    holder = slot.office.appointments.get(mode="titular")
    assert permissions.office_at_slot(holder.person, slot, at=local(day)) == holder


def test_by_default_no_delegate_signs(settings):
    assert settings.DELEGATES_MAY_SIGN is False


def test_a_delegate_needs_the_act_in_the_scope_and_the_same_office(version, settings):
    settings.DELEGATES_MAY_SIGN = True
    slot, other = version.document.slots.order_by("ordinal")[:2]
    reports = AppointmentFactory(position=slot.office, delegate=True, scope=["report"])
    elsewhere = AppointmentFactory(position=other.office, delegate=True)
    both = AppointmentFactory(
        person=reports.person, position=slot.office, delegate=True, scope=["report", "sign"]
    )
    at = local(FIRST)
    assert permissions.office_at_slot(elsewhere.person, slot, at=at) is None
    assert permissions.office_at_slot(reports.person, slot, at=at) == both
    both.delete()
    assert permissions.office_at_slot(reports.person, slot, at=at) is None


@at_the_boundaries
def test_the_holder_of_the_assigning_office_decides(day, allowed, version):
    held = replace_holder(version.assigner, **RANGE)
    assert permissions.may_decide(held.person, version, at=local(day)) is allowed
    undertaker = version.first_undertaker.appointments.get().person
    assert not permissions.may_decide(undertaker, version, at=local(day))


def test_a_vacant_assigning_office_decides_nothing():
    version = CommitmentVersionFactory(issued=True)
    person = version.assigner.appointments.get().person
    version.assigner.appointments.update(valid_to=FIRST)
    assert not permissions.may_decide(person, version, at=local(FIRST))


# --- the second person of a void --------------------------------------------------------------


@at_the_boundaries
def test_the_leader_in_charge_is_the_second_person(day, allowed, version):
    leader = AppointmentFactory()
    OversightFactory(position=leader.position, unit=version.commitment.unit, leader=True, **RANGE)
    found = permissions.second_office_for_void(leader.person, version, at=local(day))
    assert found == (leader if allowed else None)


@at_the_boundaries
def test_the_assigner_by_role_is_the_second_person_in_an_office(day, allowed, version):
    committee = version.commitment.assigner_unit
    seated = AppointmentFactory()
    RoleGrantFactory(person=seated.person, role="assigner", unit=committee, **RANGE)
    found = permissions.second_office_for_void(seated.person, version, at=local(day))
    assert found == (seated if allowed else None)
    standing = RoleGrantFactory(role="assigner", unit=committee).person
    assert permissions.second_office_for_void(standing, version, at=local(day)) is None


@pytest.mark.parametrize("level", ["supervisor", "standing_committee"])
def test_who_only_watches_is_no_second_person(level, version):
    watcher = AppointmentFactory()
    OversightFactory(position=watcher.position, unit=version.commitment.unit, level=level)
    for person in (watcher.person, version.first_undertaker.appointments.get().person):
        assert permissions.second_office_for_void(person, version, at=local(FIRST)) is None


def test_the_leader_of_another_unit_is_no_second_person(version):
    leader = AppointmentFactory()
    OversightFactory(position=leader.position, unit=OrgUnitFactory(), leader=True)
    AppointmentFactory(person=leader.person, position=PositionFactory())
    assert permissions.second_office_for_void(leader.person, version, at=local(FIRST)) is None


# --- slots ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        (A.SIGN, ["undertaker-1", "undertaker-2"]),
        (A.RETURN, ["undertaker-1", "undertaker-2"]),
        (A.REFUSE, ["undertaker-1", "undertaker-2"]),
        (A.COUNTERSIGN, ["assigner"]),
        (A.VOID, ["assigner"]),
    ],
)
def test_each_act_has_its_slots(act, fields, version):
    assert [slot.field_name for slot in permissions.slots_of_act(act, version)] == fields
    assert permissions.slots_of_act(act, CommitmentVersionFactory(draft=True)) == []


# --- nobody at both ends ----------------------------------------------------------------------


def both_ends(body, **delegation):
    """Let the assigner hold the second undertaker's office too, or act in it as a delegate."""
    held = Appointment.objects.filter(position=body.second)
    if delegation:
        AppointmentFactory(person=body.assigner, position=body.second, delegate=True)
    else:
        held.update(person=body.assigner)


@pytest.mark.parametrize("delegation", [{}, {"delegate": True}], ids=["holder", "delegate"])
def test_one_person_does_not_sign_and_countersign(delegation, settings):
    settings.DELEGATES_MAY_SIGN = True
    body = make_body()
    version = body.issued()
    both_ends(body, **delegation)
    body.act(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.assigner)
    with pytest.raises(Conflict) as refused:
        body.prepare(A.COUNTERSIGN, version, body.assigner)
    assert refused.value.code == "both-sides"


def test_a_delegate_countersigns_what_another_person_signed(settings):
    settings.DELEGATES_MAY_SIGN = True
    body = make_body()
    version = body.signed()
    AppointmentFactory(person=body.leader, position=body.assigning, delegate=True)
    act = body.act(A.COUNTERSIGN, version, body.leader)
    assert (version.state, act.appointment.form) == ("in_force", "kt")


def test_a_delegate_who_signed_for_the_undertaker_does_not_countersign(settings):
    settings.DELEGATES_MAY_SIGN = True
    body = make_body()
    version = body.signed()
    AppointmentFactory(person=body.chair, position=body.assigning, delegate=True)
    with pytest.raises(Conflict) as refused:
        body.prepare(A.COUNTERSIGN, version, body.chair)
    assert refused.value.code == "both-sides"


def test_planning_is_asked_of_the_assigning_unit_alone():
    commitment = CommitmentFactory()
    planner = RoleGrantFactory(unit=commitment.assigner_unit).person
    at = local(FIRST)
    assert permissions.may_plan(planner, commitment.assigner_unit, at=at)
    assert permissions.may_plan(planner, commitment.unit_id, at=at)  # stands under it
    assert not permissions.may_plan(planner, OrgUnitFactory(), at=at)
