"""Two at once on the ground floor: one wins, the other is told, and the register says it once.

Both threads are held between reading and writing. Under the lock only one ever gets there, so the
barrier breaks; without it both write, and the test turns red. On PostgreSQL each race is run once
more with the locks taken away, and must be lost: a guard that guards nothing would stay unseen.
"""

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection
from django.db.models import QuerySet

from tests.factories.places import AT, make_place
from tests.factories.units import OrgUnitFactory, PositionFactory, UserFactory
from tests.units.actions.test_imports import kept
from units.actions import appointments, calendars, clients, imports, organisation, people
from units.enums import DayKind, Role, Scope, Tree
from units.errors import Refused
from units.models import (
    ApiToken,
    Appointment,
    CalendarDay,
    OrgEdge,
    OrgUnit,
    OrgUnitVersion,
    Position,
    RegisterEntry,
    RoleGrant,
    User,
)
from units.querysets.organisation import subtree

pytestmark = pytest.mark.django_db(transaction=True)
TODAY, DAY = date(2024, 2, 2), timedelta(days=1)


def at_once(monkeypatch, model, *acts, patience=0.4):
    """Run `acts` in threads that meet just before a row of `model` is written; say what came of each."""
    meet, save, results = Barrier(len(acts)), model.save, []

    def save_when_all_have_read(self, *args, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=patience)
        save(self, *args, **kwargs)

    monkeypatch.setattr(model, "save", save_when_all_have_read)

    def run(act):
        try:
            act()
            results.append("done")
        except Refused as refused:
            results.append(refused.code)
        except Exception as error:  # noqa: BLE001  # what breaks without a lock is told too
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def entered(kind):
    return RegisterEntry.objects.filter(kind=kind).count()


def one_office(place):
    office = PositionFactory(unit=place.commune, head=True)

    def appoint(**span):
        person = UserFactory().pk
        return lambda: appointments.appoint(
            person_id=person, position_id=office.pk, by=place.by, at=AT, **span
        )

    return appoint


def two_holders(place):
    appoint = one_office(place)
    acts = [appoint(valid_from=TODAY), appoint(valid_from=TODAY)]
    return Appointment, acts, ["done", "office-held"], lambda: entered("appointment.create") == 1


def two_holders_for_a_while(place):
    """No unique key could see these two: only the lock of the office does."""
    appoint = one_office(place)
    spans = ((TODAY, TODAY + 9 * DAY), (TODAY + DAY, None))
    acts = [appoint(valid_from=start, valid_to=end) for start, end in spans]
    return Appointment, acts, ["done", "office-held"], lambda: Appointment.objects.count() == 1


def two_ends(place):
    row = one_office(place)(valid_from=TODAY)()

    def act():
        appointments.end_appointment(appointment_id=row.pk, end_on=TODAY + DAY, by=place.by, at=AT)

    def once():
        row.refresh_from_db()
        return row.etag_version == 2

    return Appointment, [act, act], ["already-ended", "done"], once


def two_heads(place):
    def act():
        organisation.create_position(
            unit_id=place.commune.pk,
            title_vi="Chủ tịch",
            tree="admin",
            is_head=True,
            by=place.by,
            at=AT,
        )

    return Position, [act, act], ["done", "head-exists"], lambda: Position.objects.count() == 1


def two_applications(place):
    """One workbook that two administrators apply at once: what it says is written once."""
    waiting, seen = kept(by=place.by)
    second = UserFactory(roles=["administrator"])

    def act(by):
        return lambda: imports.apply(import_id=waiting.pk, seen=seen, by=by, at=AT)

    wanted = ["apply-import-not-from-applied", "done"]
    return User, [act(place.by), act(second)], wanted, lambda: entered("import.apply") == 1


def two_names(place):
    def act(name):
        return lambda: organisation.rename_unit(
            unit_id=place.commune.pk, name_vi=name, from_on=TODAY, expected=1, by=place.by, at=AT
        )

    def once():
        return place.commune.versions.count() == 2

    return OrgUnitVersion, [act("Xã A"), act("Xã B")], ["done", "unit-changed"], once


def a_circle(place):
    """Each puts the own unit under the other one: both are right as long as they are alone."""

    def act(child, parent):
        return lambda: organisation.put_under(
            unit_id=child.pk,
            parent_id=parent.pk,
            tree=Tree.PARTY,
            from_on=TODAY,
            expected=1,
            by=place.by,
            at=AT,
        )

    def no_circle():
        units = [place.commune.pk, place.other.pk]
        return sorted(len(subtree([(pk, Tree.PARTY)], day=TODAY)) for pk in units) == [1, 2]

    acts = [act(place.commune, place.other), act(place.other, place.commune)]
    return OrgEdge, acts, ["cycle", "done"], no_circle


def an_end_beside_a_new_place(place):
    """One unit ends while another one is put under it."""

    def end():
        organisation.end_unit(unit_id=place.other.pk, end_on=TODAY, expected=1, by=place.by, at=AT)

    def put():
        organisation.put_under(
            unit_id=place.commune.pk,
            parent_id=place.other.pk,
            tree=Tree.PARTY,
            from_on=TODAY,
            expected=1,
            by=place.by,
            at=AT,
        )

    def none_below():
        place.other.refresh_from_db()
        return (place.other.valid_to is None) == place.other.edges_down.exists()

    return OrgUnit, [end, put], None, none_below


def two_grants(place):
    person = UserFactory().pk

    def act():
        people.grant_role(
            person_id=person,
            role=Role.VERIFIER,
            unit_id=None,
            by=place.by,
            at=AT,
            valid_from=TODAY,
        )

    return RoleGrant, [act, act], ["done", "role-held"], lambda: entered("role.grant") == 1


def two_who_close_each_other(place):
    second = UserFactory(roles=["administrator"])

    def act(person, by):
        return lambda: people.close_account(person_id=person.pk, by=by, expected=1, at=AT)

    def one_is_left():
        return User.objects.filter(pk__in=[place.by.pk, second.pk], is_active=True).count() == 1

    acts = [act(place.by, second), act(second, place.by)]
    return User, acts, ["close-account-not-allowed", "done"], one_is_left


def two_who_end_each_others_role(place):
    second = UserFactory(roles=["administrator"])
    mine, other = (RoleGrant.objects.get(person=one) for one in (place.by, second))

    def act(row, by):
        return lambda: people.end_role(grant_id=row.pk, end_on=TODAY + DAY, by=by, at=AT)

    def one_is_left():
        return RoleGrant.objects.filter(unit=None, valid_to=None).count() == 1

    return (
        RoleGrant,
        [act(mine, second), act(other, place.by)],
        ["done", "last-administrator"],
        (one_is_left),
    )


def two_first_administrators(_place):
    RoleGrant.objects.all().delete()

    def act(name):
        return lambda: people.make_first_administrator(
            username=name, full_name="Quản trị", password="x", at=AT
        )

    def one():
        return RoleGrant.objects.count() == 1

    return RoleGrant, [act("one"), act("two")], ["administrator-exists", "done"], one


def two_approvals(place):
    day = calendars.propose_day(
        day=TODAY, kind=DayKind.CLOSED, label="Tết", by=UserFactory(roles=["administrator"]), at=AT
    )
    second = UserFactory(roles=["administrator"])

    def act(by):
        return lambda: calendars.approve_day(day_id=day.pk, by=by, at=AT)

    def once():
        return calendars.ensure_calendar().version == 2

    return CalendarDay, [act(place.by), act(second)], ["day-approved", "done"], once


def three_tokens(place):
    client = clients.create_client(
        ref="portal",
        name="Portal",
        owner_unit_id=place.commune.pk,
        unit_scope_id=place.commune.pk,
        scopes=[Scope.ORG_READ],
        by=place.by,
        at=AT,
    )

    def act():
        clients.issue_token(client_id=client.pk, lasts=DAY, by=place.by, at=AT, real_at=AT)

    act()
    return ApiToken, [act, act], ["done", "two-tokens-live"], lambda: client.tokens.count() == 2


LOCKED = [
    two_applications,
    two_holders,
    two_holders_for_a_while,
    two_ends,
    two_heads,
    two_names,
    a_circle,
    an_end_beside_a_new_place,
    two_who_close_each_other,
    two_who_end_each_others_role,
    two_first_administrators,
    two_approvals,
    three_tokens,
]


@pytest.mark.parametrize("race", [*LOCKED, two_grants])  # of the last a unique key is the guard too
def test_two_at_once_leave_one(race, monkeypatch):
    model, acts, wanted, holds = race(make_place())
    results = at_once(monkeypatch, model, *acts)
    assert holds()
    assert "done" in results
    assert wanted is None or results == wanted


@pytest.mark.postgresql_only
@pytest.mark.parametrize("race", LOCKED)
def test_without_the_locks_the_race_is_lost(race, monkeypatch):
    model, acts, wanted, holds = race(make_place())
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_named: self.all())
    for module in (imports, organisation, people):
        monkeypatch.setattr(module, "one_at_a_time", lambda _lock: None)
    results = at_once(monkeypatch, model, *acts, patience=5)
    assert not holds() or results != wanted


def test_two_units_of_one_name_at_once_get_two_references_or_a_plain_answer(monkeypatch):
    place = make_place()

    def act():
        organisation.create_unit(kind="commune", name_vi="Xã Ba", by=place.by, at=AT)

    results = at_once(monkeypatch, OrgUnit, act, act)
    assert results in (["done", "done"], ["done", "ref-taken"])
    assert OrgUnit.objects.filter(ref="xa-ba").count() == 1


def test_two_units_that_take_one_code_at_once_leave_one(monkeypatch):
    place = make_place()
    units = [OrgUnitFactory(), OrgUnitFactory()]

    def act(unit):
        return lambda: organisation.rename_unit(
            unit_id=unit.pk,
            name_vi="Xã",
            official_code="08950",
            code_system="gso",
            from_on=TODAY,
            expected=1,
            by=place.by,
            at=AT,
        )

    results = at_once(monkeypatch, OrgUnitVersion, *[act(unit) for unit in units])
    assert results == ["code-taken", "done"]
    assert OrgUnitVersion.objects.filter(official_code="08950").count() == 1


def test_the_same_day_proposed_twice_at_once_stands_once(monkeypatch):
    place = make_place()

    def act():
        calendars.propose_day(day=TODAY, kind=DayKind.OPEN, label="Bù", by=place.by, at=AT)

    assert at_once(monkeypatch, CalendarDay, act, act) == ["day-exists", "done"]
    assert CalendarDay.objects.count() == 1
