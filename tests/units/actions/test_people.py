"""Accounts and roles: opened, closed, granted, ended; never by oneself, never without anybody left."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.factories.places import AT
from tests.factories.units import START, HeadFactory, RoleGrantFactory, UserFactory
from units.actions import people, register
from units.enums import Role
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import RegisterEntry, RoleGrant, User
from units.permissions import has_role, roles_of

pytestmark = pytest.mark.django_db
TODAY, DAY = date(2024, 2, 2), timedelta(days=1)


@pytest.fixture
def second():
    return UserFactory(roles=["administrator"])


def create(place, **changes):
    told = {"username": "lua", "full_name": "Nguyễn Thị Lụa", "by": place.by, "at": AT}
    return people.create_person(**(told | changes))


def close(person, by, **changes):
    told = {"person_id": person.pk, "by": by, "expected": person.etag_version, "at": AT}
    return people.close_account(**(told | changes))


def reopen(person, by, **changes):
    told = {"person_id": person.pk, "by": by, "expected": person.etag_version, "at": AT}
    return people.reopen_account(**(told | changes))


def grant(person, by, **changes):
    told = {"person_id": person.pk, "role": Role.VERIFIER, "unit_id": None, "by": by, "at": AT}
    return people.grant_role(**(told | changes))


def end(row, by, day=TODAY + DAY):
    return people.end_role(grant_id=row.pk, end_on=day, by=by, at=AT)


# --- accounts -------------------------------------------------------------------------------------


def test_an_account_is_opened_with_a_temporary_password(place, entries):
    person, password = create(
        place, username=" Lua ", full_name=" Nguyễn  Thị Lụa ", email="Lua@Example.org "
    )
    assert (person.username, person.full_name, person.email) == (
        "lua",
        "Nguyễn Thị Lụa",
        "lua@example.org",
    )
    assert person.check_password(password)
    assert person.must_change_password
    assert entries() == [("person.create", "person/lua", 1, place.by)]
    assert password not in RegisterEntry.objects.get().text


def test_a_password_that_is_given_stays(place):
    person, password = create(place, password="the known one of a demonstration")
    assert password == "the known one of a demonstration"
    assert not person.must_change_password


def test_names_and_numbers_of_accounts_are_their_own(place, refusal):
    create(place, personnel_no="7")
    for name in ("lua", " LUA"):
        assert refusal(Conflict, create, place=place, username=name) == "username-taken"
    assert refusal(Conflict, create, place=place, username="new") == "username-taken"
    taken = {"username": "other", "personnel_no": " 7 "}
    assert refusal(Conflict, create, place=place, **taken) == "personnel-no-taken"
    create(place, username="other")
    create(place, username="third")  # two without a number


@pytest.mark.parametrize(
    "wrong", [{"full_name": " "}, {"username": "a b"}, {"email": "nowhere"}, {"language": "fr"}]
)
def test_an_account_with_wrong_fields_is_refused_and_leaves_nothing(wrong, place):
    before = User.objects.count()
    with pytest.raises(ValidationError):
        create(place, **wrong)
    assert (User.objects.count(), RegisterEntry.objects.count()) == (before, 0)


def test_only_administrators_of_the_whole_body_keep_accounts(place, refusal):
    person = UserFactory()
    for by in (place.local, place.nobody, UserFactory(roles=["assigner"])):
        assert refusal(NotAllowed, create, place=place, by=by) == "create-person-not-allowed"
        assert refusal(NotAllowed, close, person=person, by=by) == "close-account-not-allowed"
        assert refusal(NotAllowed, reopen, person=person, by=by) == "reopen-account-not-allowed"
        asked = {"person_id": person.pk, "by": by, "at": AT}
        assert refusal(NotAllowed, people.reset_password, **asked) == "reset-password-not-allowed"


def test_an_account_is_closed_and_opened_again(place, entries, refusal):
    head = HeadFactory(person__username="head")
    closed = close(head.person, place.by)
    assert (closed.is_active, closed.etag_version) == (False, 2)
    head.refresh_from_db()
    assert head.valid_to is None  # a lock is no dismissal
    assert refusal(Conflict, close, person=closed, by=place.by) == "account-closed-already"
    opened = reopen(closed, place.by)
    assert (opened.is_active, opened.etag_version) == (True, 3)
    assert refusal(Conflict, reopen, person=opened, by=place.by) == "account-open-already"
    assert entries() == [
        ("person.close", "person/head", 2, place.by),
        ("person.reopen", "person/head", 3, place.by),
    ]


def test_an_old_page_closes_nobody(place, refusal):
    person = UserFactory()
    close(person, place.by)
    for act in (close, reopen):
        assert refusal(StaleVersion, act, person=person, by=place.by) == "person-changed"


def test_nobody_closes_or_resets_the_own_account(place, second, refusal):
    assert refusal(Invalid, close, person=place.by, by=place.by) == "close-account-of-oneself"
    asked = {"person_id": place.by.pk, "by": place.by, "at": AT}
    assert refusal(Invalid, people.reset_password, **asked) == "reset-password-of-oneself"
    assert not close(place.by, second).is_active
    assert refusal(NotAllowed, close, person=second, by=place.by) == "close-account-not-allowed"


def test_a_new_password_replaces_the_old_one(place, entries):
    person = UserFactory(username="lua", password="old one of this test")
    done, password = people.reset_password(person_id=person.pk, by=place.by, at=AT)
    person.refresh_from_db()
    assert (person.check_password(password), person.check_password("old one of this test")) == (
        True,
        False,
    )
    assert (done.must_change_password, person.etag_version) == (True, 2)
    assert entries() == [("person.reset_password", "person/lua", 2, place.by)]


# --- roles ----------------------------------------------------------------------------------------


def test_a_role_is_granted_by_somebody_else_with_one_entry(place, entries):
    person = UserFactory(username="lua")
    row = grant(person, place.by, unit_id=place.commune.pk)

    assert (row.granted_by, row.valid_from, row.valid_to) == (place.by, TODAY, None)
    assert entries() == [("role.grant", f"role/{row.pk}", None, place.by)]
    entry = RegisterEntry.objects.get()
    assert register.data_of(entry) == {"person": "lua", "role": "verifier", "unit": "commune"}
    assert set(entry.reach.values_list("unit", flat=True)) == {place.commune.pk}
    assert has_role(person, Role.VERIFIER, place.commune, at=AT)
    assert not has_role(person, Role.VERIFIER, place.other, at=AT)


@pytest.mark.parametrize("role", Role)
def test_nobody_grants_a_role_to_oneself(role, place, refusal):
    for unit in (None, place.commune.pk):
        asked = {"person": place.by, "by": place.by, "role": role, "unit_id": unit}
        assert refusal(NotAllowed, grant, **asked) == "grant-role-not-allowed"
    assert roles_of(place.by, at=AT) == {Role.ADMINISTRATOR}


def test_a_second_administrator_grants_and_ends_what_the_first_may_not(place, second, refusal):
    row = grant(place.by, second, role=Role.INSPECTOR)
    assert refusal(NotAllowed, end, row=row, by=place.by) == "end-role-not-allowed"
    assert end(row, second).valid_to == TODAY + DAY


def test_an_administrator_of_some_units_grants_there_alone(place, refusal):
    person = UserFactory()
    for unit in (None, place.other.pk, place.district.pk):
        asked = {"person": person, "by": place.local, "unit_id": unit}
        assert refusal(NotAllowed, grant, **asked) == "grant-role-not-allowed"
    row = grant(person, place.local, unit_id=place.commune.pk)
    elsewhere = grant(person, place.by, unit_id=place.other.pk)
    assert refusal(NotAllowed, end, row=elsewhere, by=place.local) == "end-role-not-allowed"
    end(row, place.local)


def test_a_role_is_held_once_in_one_place(place, refusal):
    person = UserFactory()
    for unit in (None, place.commune.pk):
        row = grant(person, place.by, unit_id=unit)
        asked = {"person": person, "by": place.by, "unit_id": unit}
        assert refusal(Conflict, grant, **asked) == "role-held"
        end(row, place.by)
        grant(**asked)
    grant(person, place.by, role=Role.PLANNER)


def test_a_role_holds_until_the_day_before_its_end(place, entries):
    row = grant(UserFactory(), place.by, valid_from=START)
    end(row, place.by)
    assert [kind for kind, *_rest in entries()] == ["role.grant", "role.end"]
    midnight = AT.replace(hour=17)
    second = timedelta(seconds=1)
    assert has_role(row.person, Role.VERIFIER, None, at=midnight - second)
    assert not has_role(row.person, Role.VERIFIER, None, at=midnight)


def test_an_ended_role_does_not_hold_again(place, refusal):
    row = grant(UserFactory(), place.by, valid_from=START)
    assert refusal(Invalid, end, row=row, by=place.by, day=START) == "end-not-after"
    end(row, place.by)
    for later in (TODAY + DAY, TODAY + 2 * DAY):
        assert refusal(Invalid, end, row=row, by=place.by, day=later) == "already-ended"
    end(row, place.by, day=TODAY)


def test_somebody_always_administers_the_whole_body(place, second, refusal):
    first, other = (RoleGrant.objects.get(person=one, unit=None) for one in (place.by, second))
    end(other, place.by)  # still in force today
    assert refusal(Conflict, end, row=first, by=second) == "last-administrator"
    assert refusal(Conflict, close, person=place.by, by=second) == "last-administrator"
    third = grant(UserFactory(), place.by, role=Role.ADMINISTRATOR)
    close(third.person, place.by)
    assert refusal(Conflict, end, row=first, by=second) == "last-administrator"
    reopen(User.objects.get(pk=third.person_id), place.by)
    end(first, second)


def test_a_grant_over_a_unit_does_not_administer_the_whole_body(place, refusal):
    second = UserFactory(roles=["administrator"])
    end(RoleGrant.objects.get(person=second, unit=None), place.by)
    grant(UserFactory(), place.by, role=Role.ADMINISTRATOR, unit_id=place.district.pk)
    first = RoleGrant.objects.get(person=place.by, unit=None)
    assert refusal(Conflict, end, row=first, by=second) == "last-administrator"
    end(RoleGrant.objects.get(person=place.local), second)  # another unit's is no matter


# --- the first administrator ----------------------------------------------------------------------


def first(**changes):
    told = {"username": " Root ", "full_name": " Quản  trị ", "password": "x", "at": AT}
    return people.make_first_administrator(**(told | changes))


def test_the_first_administrator_comes_from_nobody(entries):
    person = first(email=" Root@Example.org")
    row = person.role_grants.get()
    assert (person.username, person.full_name, person.email) == (
        "root",
        "Quản trị",
        "root@example.org",
    )
    assert (row.role, row.unit, row.granted_by, row.valid_from) == (
        "administrator",
        None,
        None,
        TODAY,
    )
    assert entries() == [
        ("person.create", "person/root", 1, None),
        ("role.grant", f"role/{row.pk}", None, None),
    ]


def test_there_is_one_first_administrator(refusal):
    row = first().role_grants.get()
    assert refusal(Conflict, first, username="other") == "administrator-exists"
    RoleGrant.objects.filter(pk=row.pk).update(valid_to=TODAY + DAY)  # still in force today
    assert refusal(Conflict, first, username="other") == "administrator-exists"
    RoleGrant.objects.filter(pk=row.pk).update(valid_from=START, valid_to=TODAY)
    assert first(username="other").role_grants.exists()


def test_an_administrator_of_a_unit_is_not_the_first(place):
    RoleGrant.objects.filter(unit=None).delete()
    assert RoleGrantFactory(role="planner").unit is None
    assert first().username == "root"
