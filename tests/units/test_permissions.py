"""Who may and who sees what on the ground floor, at the instants around each change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.constraints import change
from tests.factories.places import AT, make_place
from tests.factories.units import (
    START,
    ApiClientFactory,
    AppointmentFactory,
    HeadFactory,
    OrgEdgeFactory,
    OrgUnitFactory,
    OversightFactory,
    PositionFactory,
    RoleGrantFactory,
    UserFactory,
)
from units import permissions
from units.enums import OversightLevel, Role, Tree
from units.models import Appointment, OrgUnit, RoleGrant
from units.querysets.organisation import reach_of

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TURN = date(2024, 2, 2)
MIDNIGHT = datetime(2024, 2, 1, 17, tzinfo=UTC)  # where TURN begins for the body
BEFORE = MIDNIGHT - SECOND


@pytest.fixture
def place():
    return make_place()


def seen(user, at=AT) -> set[str]:
    return set(OrgUnit.objects.within_reach_of(user, at=at).values_list("ref", flat=True))


# --- what a person sees ---------------------------------------------------------------------------


def test_an_office_shows_its_unit_and_what_stands_under_it_in_its_line(place):
    party = OrgUnitFactory(ref="party", party_committee=True, under=place.district)
    village = OrgUnitFactory(ref="village", under=place.commune)
    OrgEdgeFactory(parent=party, child=place.other, tree=Tree.PARTY)
    assert seen(HeadFactory(position__unit=place.commune).person) == {"commune", "village"}
    assert seen(HeadFactory(position__unit=village).person) == {"village"}
    secretary = AppointmentFactory(position=PositionFactory(unit=party, party_head=True)).person
    assert seen(secretary) == {"party", "other"}
    everything = {"district", "commune", "other", "party", "village"}
    assert seen(HeadFactory(position__unit=place.district).person) == everything
    chief = AppointmentFactory(position=PositionFactory(unit=place.district, party_head=True))
    assert seen(chief.person) == {"district"}  # nothing stands under it in that line


def test_an_office_shows_from_its_first_day_to_its_last(place):
    came = HeadFactory(position__unit=place.commune, valid_from=TURN).person
    left = HeadFactory(position__unit=place.other, valid_to=TURN).person
    assert [seen(came, at) for at in (BEFORE, MIDNIGHT)] == [set(), {"commune"}]
    assert [seen(left, at) for at in (BEFORE, MIDNIGHT)] == [{"other"}, set()]


def test_a_unit_is_seen_by_whom_it_stands_under_that_day(place):
    chief = HeadFactory(position__unit=place.other).person
    place.commune.edges_up.update(valid_to=TURN)
    OrgEdgeFactory(parent=place.other, child=place.commune, valid_from=TURN)
    assert [seen(chief, at) for at in (BEFORE, MIDNIGHT)] == [{"other"}, {"other", "commune"}]


def test_acting_and_delegates_see_and_a_replaced_holder_still_does(place):
    titular = HeadFactory(position__unit=place.commune)
    acting = AppointmentFactory(position=titular.position, acting=True)
    delegate = AppointmentFactory(position=titular.position, delegate=True)
    assert [seen(row.person) for row in (titular, acting, delegate)] == [{"commune"}] * 3


@pytest.mark.parametrize(
    ("deep", "units"), [(True, {"district", "commune", "other"}), (False, {"district"})]
)
def test_what_an_office_watches_is_seen_while_it_watches(deep, units, place):
    desk = OrgUnitFactory(ref="desk")
    row = OversightFactory(unit=place.district, with_subtree=deep, valid_to=TURN)
    change(row.position, unit=desk)
    watcher = AppointmentFactory(position=row.position).person
    assert seen(watcher, BEFORE) == units | {"desk"}
    assert seen(watcher, MIDNIGHT) == {"desk"}


def test_a_granted_role_shows_its_unit_and_below_in_every_line(place):
    OrgEdgeFactory(parent=place.commune, child=place.other, tree=Tree.FRONT)
    planner = RoleGrantFactory(unit=place.commune, valid_to=TURN).person
    assert [seen(planner, at) for at in (BEFORE, MIDNIGHT)] == [{"commune", "other"}, set()]
    inspector = RoleGrantFactory(role="inspector", valid_from=TURN).person
    assert [seen(inspector, at) for at in (BEFORE, MIDNIGHT)] == [set(), seen(place.by)]


def test_administration_shows_units_and_nothing_else(place):
    row = HeadFactory(position__unit=place.commune)
    assert seen(place.local) == {"commune"}
    assert seen(place.by) == {"district", "commune", "other"}
    assert not reach_of(place.local, at=AT).unit_ids
    assert not reach_of(place.by, at=AT).everything
    assert list(Appointment.objects.visible_to(place.local, at=AT)) == [row]


def test_nobody_a_stranger_and_a_closed_account_see_nothing(place):
    closed = HeadFactory(position__unit=place.commune, person=UserFactory(closed=True)).person
    former = RoleGrantFactory(role="inspector", person=UserFactory(closed=True)).person
    for user in (AnonymousUser(), place.nobody, closed, former):
        assert seen(user) == set()
        assert permissions.roles_of(user, at=AT) == set()
        assert permissions.offices_of(user, at=AT) == []


def test_a_machine_sees_the_part_of_its_scope_that_its_owner_sees(place):
    client = ApiClientFactory(owner_unit=place.commune, unit_scope=place.district)
    assert seen(client.user) == {"commune"}
    change(client, owner_unit=place.district, unit_scope=place.other)
    client.refresh_from_db()
    assert seen(type(client.user).objects.get(pk=client.user_id)) == {"other"}
    change(client, unit_scope=OrgUnitFactory())
    assert seen(type(client.user).objects.get(pk=client.user_id)) == set()
    change(client, unit_scope=place.other, disabled_at=AT)
    assert seen(type(client.user).objects.get(pk=client.user_id)) == set()


# --- roles ----------------------------------------------------------------------------------------


def test_a_role_holds_over_its_unit_from_its_first_day_to_its_last(place):
    village = OrgUnitFactory(under=place.commune)
    row = RoleGrantFactory(unit=place.commune, valid_from=TURN, valid_to=TURN + DAY)

    def holds(unit, at):
        return permissions.has_role(row.person, Role.PLANNER, unit, at=at)

    for unit in (place.commune, place.commune.pk, village):
        around = [holds(unit, at) for at in (BEFORE, MIDNIGHT, BEFORE + DAY, MIDNIGHT + DAY)]
        assert around == [False, True, True, False]
    for unit in (place.other, place.district, None):
        assert not holds(unit, MIDNIGHT)
    assert not permissions.has_role(row.person, Role.VERIFIER, place.commune, at=MIDNIGHT)
    assert permissions.roles_of(row.person, at=MIDNIGHT) == {"planner"}
    assert permissions.roles_of(row.person, at=BEFORE) == set()


def test_a_role_over_the_whole_body_holds_everywhere(place):
    for unit in (None, place.district, OrgUnitFactory()):
        assert permissions.may_administer(place.by, unit, at=AT)
    assert permissions.is_administrator(place.local, at=AT)
    assert not permissions.may_administer(place.local, None, at=AT)
    assert not permissions.is_administrator(place.nobody, at=AT)


def test_a_machine_holds_no_role(place):
    machine = RoleGrantFactory(role="administrator", person=UserFactory(machine=True)).person
    assert not permissions.may_administer(machine, None, at=AT)
    assert permissions.roles_of(machine, at=AT) == set()


def test_nobody_may_grant_to_oneself(place):
    assert not permissions.may_grant(place.by, place.by, None, at=AT)
    assert permissions.may_grant(place.by, place.local, None, at=AT)
    assert permissions.may_grant(place.local, place.by, place.commune, at=AT)
    assert not permissions.may_grant(place.local, place.by, place.other, at=AT)


def test_who_is_granted_a_role_over_a_unit(place):
    here = RoleGrantFactory(unit=place.commune, person__full_name="B").person
    above = RoleGrantFactory(unit=place.district, person__full_name="C").person
    everywhere = RoleGrantFactory(person__full_name="A").person
    RoleGrantFactory(unit=place.other)
    RoleGrantFactory(unit=place.commune, role="verifier")
    RoleGrantFactory(person=UserFactory(closed=True))
    RoleGrantFactory(unit=place.commune, valid_to=TURN)
    for unit in (place.commune, place.commune.pk):
        assert permissions.granted(Role.PLANNER, unit, at=MIDNIGHT) == [everywhere, here, above]
    assert len(permissions.granted(Role.PLANNER, place.commune, at=BEFORE)) == 4
    assert permissions.granted(Role.PLANNER, None, at=AT) == [everywhere]


def test_a_role_granted_twice_names_its_holder_once(place):
    row = RoleGrantFactory(unit=place.commune)
    RoleGrantFactory(person=row.person)
    assert permissions.granted(Role.PLANNER, place.commune, at=AT) == [row.person]
    assert RoleGrant.objects.filter(person=row.person).count() == 2


# --- offices --------------------------------------------------------------------------------------


def test_holders_of_many_offices_cost_one_query(place, django_assert_num_queries):
    rows = [HeadFactory(position__unit=OrgUnitFactory()) for _n in range(3)]
    empty = PositionFactory()
    offices = [row.position_id for row in rows]
    with django_assert_num_queries(1):
        held = permissions.holders_at([*offices, empty.pk], at=AT)
        assert {pk: row.person.full_name for pk, row in held.items()} == {
            row.position_id: row.person.full_name for row in rows
        }
    assert permissions.holder_at(rows[0].position, at=AT) == rows[0]
    assert permissions.holder_at(empty.pk, at=AT) is None
    assert permissions.holders_on(offices, day=START - DAY) == {}


def test_a_head_belongs_to_its_line(place):
    chair = HeadFactory(position__unit=place.commune)
    secretary = AppointmentFactory(position=PositionFactory(unit=place.commune, party_head=True))
    AppointmentFactory(position=PositionFactory(unit=place.commune))
    heads = [permissions.head_at(place.commune, tree, at=AT) for tree in (Tree.ADMIN, Tree.PARTY)]
    assert heads == [chair, secretary]
    assert permissions.head_at(place.commune, Tree.FRONT, at=AT) is None


# --- who watches ----------------------------------------------------------------------------------


def watchers(unit, on=TURN):
    return permissions.watchers_of(unit, OversightLevel.LEADER_IN_CHARGE, on=on)


def test_the_nearest_watching_unit_wins(place):
    far = OversightFactory(leader=True, unit=place.district).position
    near = OversightFactory(leader=True, unit=place.commune, valid_to=TURN).position
    OversightFactory(unit=place.commune)  # of another level
    assert watchers(place.commune, TURN - DAY) == [near]
    assert watchers(place.commune, TURN) == [far]
    assert watchers(place.other.pk) == [far]
    assert watchers(OrgUnitFactory()) == []


def test_in_each_line_the_nearest_wins(place):
    """A commune has a leader in charge in the authority's line and one in the Party's."""
    party = OrgUnitFactory(party_committee=True)
    OrgEdgeFactory(parent=party, child=place.commune, tree=Tree.PARTY)
    chair = OversightFactory(leader=True, unit=place.district).position
    secretary = OversightFactory(leader=True, unit=party, tree=Tree.PARTY).position
    assert watchers(place.commune) == [chair, secretary]
    assert watchers(place.other) == [chair]


def test_the_unit_alone_is_watched_without_what_stands_under_it(place):
    row = OversightFactory(leader=True, unit=place.district, with_subtree=False)
    assert watchers(place.district) == [row.position]
    assert watchers(place.commune) == []


def test_watchers_of_one_unit_come_by_rank(place):
    second = OversightFactory(leader=True, unit=place.district, position__rank=2).position
    first = OversightFactory(leader=True, unit=place.district, position__rank=1).position
    OversightFactory(leader=True, unit=place.district, position=first, tree=Tree.PARTY)
    assert watchers(place.commune) == [first, second]


@pytest.mark.parametrize("count", [1, 3])
def test_who_watches_one_unit_or_three_is_read_in_two_queries(
    place, count, django_assert_num_queries
):
    """However many offices watch, with whatever stands under what they watch."""
    rows = [OversightFactory(leader=True, unit=place.district) for _ in range(count)]
    units = [OrgUnitFactory(under=place.district) for _ in range(count)]
    with django_assert_num_queries(2):  # offices, and who stands under whom
        watching = permissions.Watchers(OversightLevel.LEADER_IN_CHARGE, on=TURN)
        found = [watching.of(unit.pk) for unit in units]
    assert all(set(each) == {row.position for row in rows} for each in found)


@pytest.mark.parametrize("count", [1, 3])
def test_who_holds_a_role_is_read_in_two_queries(place, count, django_assert_num_queries):
    for _ in range(count):
        RoleGrantFactory(role=Role.SUPERVISOR, unit=OrgUnitFactory())
    over = RoleGrantFactory(role=Role.SUPERVISOR, unit=place.district)
    with django_assert_num_queries(2):
        assert permissions.granted(Role.SUPERVISOR, place.commune, at=AT) == [over.person]
