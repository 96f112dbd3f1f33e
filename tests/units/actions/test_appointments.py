"""Who is put in which office, for how long, and which office watches which unit."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.factories.places import AT
from tests.factories.units import (
    START,
    AppointmentFactory,
    HeadFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)
from units import clock
from units.actions import appointments, register
from units.enums import AppointmentMode, OversightLevel, Tree
from units.errors import Conflict, Invalid, NotAllowed
from units.models import Appointment, RegisterEntry, User
from units.permissions import head_at, holder_at, offices_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEFT, CAME = date(2025, 9, 15), date(2025, 10, 1)
ACTING = {"mode": AppointmentMode.ACTING, "acting_reason": "vacant"}
DELEGATE = {
    "mode": AppointmentMode.DELEGATE,
    "valid_to": date(2026, 1, 1),
    "decision_number": "1/QĐ",
    "form": "kt",
    "scope": ["sign", "report"],
}


@pytest.fixture
def chair(place):
    return PositionFactory(ref="chair", unit=place.commune, head=True)


@pytest.fixture
def appoint(place, chair):
    def act(**changes):
        told = {"position_id": chair.pk, "valid_from": START, "by": place.by, "at": AT}
        told |= {"person_id": changes.get("person_id") or UserFactory().pk}
        return appointments.appoint(**(told | changes))

    return act


def end(place, row, day, **changes):
    told = {"appointment_id": row.pk, "end_on": day, "by": place.by, "at": AT}
    return appointments.end_appointment(**(told | changes))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.body_zone())


def test_an_appointment_is_entered_once_and_published(place, appoint, entries):
    done = appoint(decision_number="12/QĐ", decision_on=date(2019, 12, 20))

    assert (done.mode, done.etag_version, done.valid_to) == ("titular", 1, None)
    assert done.ref.startswith("chair-")
    assert entries() == [("appointment.create", f"appointment/{done.ref}", 1, place.by)]
    entry = RegisterEntry.objects.get()
    assert entry.published
    assert register.data_of(entry) == {
        "person": done.person.username,
        "position": "chair",
        "mode": "titular",
        "valid_from": "2020-01-01",
        "valid_to": None,
    }
    assert set(entry.reach.values_list("unit", flat=True)) == {place.commune.pk}


def test_only_an_administrator_of_the_unit_appoints_and_ends(place, appoint, refusal):
    for by in (place.nobody, UserFactory(roles=["assigner", "inspector"])):
        assert refusal(NotAllowed, appoint, by=by) == "appoint-not-allowed"
    row = appoint(by=place.local)
    asked = {"place": place, "row": row, "day": LEFT, "by": place.nobody}
    assert refusal(NotAllowed, end, **asked) == "end-appointment-not-allowed"
    elsewhere = PositionFactory(unit=place.other).pk
    asked = {"position_id": elsewhere, "by": place.local}
    assert refusal(NotAllowed, appoint, **asked) == "appoint-not-allowed"
    assert end(place, row, LEFT, by=place.local).valid_to == LEFT


@pytest.mark.parametrize("more", [{}, ACTING], ids=["titular", "acting"])
def test_two_alike_never_overlap_in_one_office(more, appoint, refusal):
    appoint(**more, valid_to=LEFT)
    appoint(**more, valid_from=CAME)
    for span in (
        {"valid_from": START - DAY},
        {"valid_from": LEFT - DAY},
        {"valid_from": LEFT - DAY, "valid_to": LEFT},
        {"valid_from": LEFT},
        {"valid_from": LEFT, "valid_to": CAME + DAY},
        {"valid_from": CAME},
    ):
        assert refusal(Conflict, appoint, **more, **span) == "office-held"
    appoint(**more, valid_from=LEFT, valid_to=CAME)
    appoint(**more, valid_from=START - DAY, valid_to=START)


def test_titular_acting_and_delegates_stand_side_by_side(appoint):
    modes = [appoint(**more).mode for more in ({}, ACTING, DELEGATE, DELEGATE)]
    assert modes == ["titular", "acting", "delegate", "delegate"]


def test_an_appointment_ends_after_it_begins(appoint, refusal):
    assert refusal(Invalid, appoint, valid_to=START) == "end-not-after"
    appoint(valid_to=START + DAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": AppointmentMode.ACTING},
        {"acting_reason": "vacant"},
        DELEGATE | {"valid_to": None},
        DELEGATE | {"decision_number": ""},
        DELEGATE | {"form": ""},
        DELEGATE | {"scope": []},
    ],
)
def test_what_the_manner_asks_for_is_asked_before_the_database(changes, appoint):
    with pytest.raises(ValidationError):
        appoint(**changes)
    assert not Appointment.objects.exists()


def test_only_acts_that_can_be_delegated_are_delegated(appoint, refusal):
    unknown = DELEGATE | {"scope": ["sign", "grant"]}
    assert refusal(Invalid, appoint, **unknown) == "scope-unknown"


def test_a_machine_holds_no_office(appoint):
    with pytest.raises(User.DoesNotExist):
        appoint(person_id=UserFactory(machine=True).pk)


def test_nobody_holds_an_office_longer_than_it_lasts(appoint, chair, refusal):
    chair.valid_to = LEFT
    chair.save()
    for last in (None, LEFT + DAY):
        assert refusal(Invalid, appoint, valid_to=last) == "office-ended"
    appoint(valid_to=LEFT)


# --- who heads ------------------------------------------------------------------------------------


def test_head_leaves_and_an_acting_one_comes_after_a_gap(place, appoint):
    """G-25: the range ends on 15/9/2025, acting from 1/10/2025: sixteen days without a head."""
    titular = appoint()
    end(place, titular, LEFT)
    acting = appoint(**ACTING, valid_from=CAME)

    def head_on(day):
        return head_at(place.commune, Tree.ADMIN, at=noon(day))

    assert head_on(START - DAY) is None
    assert [head_on(START), head_on(LEFT - DAY)] == [titular, titular]
    gap = [LEFT + number * DAY for number in range(16)]
    assert [head_on(day) for day in gap] == [None] * 16
    assert (gap[-1], head_on(CAME)) == (CAME - DAY, acting)
    assert head_at(place.commune, Tree.PARTY, at=noon(CAME)) is None


def test_a_term_ends_at_the_bodys_midnight(place, appoint):
    row = appoint(valid_to=LEFT)
    midnight = datetime(2025, 9, 14, 17, tzinfo=AT.tzinfo)  # of the body, in UTC
    second = timedelta(seconds=1)
    assert head_at(place.commune, Tree.ADMIN, at=midnight - second) == row
    assert head_at(place.commune, Tree.ADMIN, at=midnight) is None
    assert offices_of(row.person, at=midnight - second) == [row]
    assert offices_of(row.person, at=midnight) == []


def test_an_acting_holder_stands_before_the_titular_one_and_a_delegate_for_nobody(appoint, chair):
    delegate = appoint(**DELEGATE)
    assert holder_at(chair, at=noon(CAME)) is None
    titular = appoint()
    acting = appoint(**ACTING, valid_from=LEFT, valid_to=CAME)
    held = [holder_at(chair, at=noon(day)) for day in (LEFT - DAY, LEFT, CAME - DAY, CAME)]
    assert held == [titular, acting, acting, titular]
    assert offices_of(titular.person, at=noon(LEFT)) == []
    assert offices_of(delegate.person, at=noon(LEFT)) == []


def test_a_closed_account_still_holds_its_office(place, appoint):
    row = appoint(person_id=UserFactory(closed=True).pk)
    assert head_at(place.commune, Tree.ADMIN, at=AT) == row
    assert offices_of(row.person, at=AT) == []  # but cannot act by it


def test_an_ended_office_has_no_head(place, appoint, chair):
    appoint(valid_to=LEFT)
    chair.valid_to = LEFT
    chair.save()
    assert head_at(place.commune, Tree.ADMIN, at=noon(LEFT)) is None


# --- the end --------------------------------------------------------------------------------------


def test_an_end_is_entered_once_and_raises_the_version(place, appoint, entries):
    row = appoint()
    done = end(place, row, LEFT)
    assert (done.valid_to, done.etag_version) == (LEFT, 2)
    assert entries()[1:] == [("appointment.end", f"appointment/{row.ref}", 2, place.by)]


def test_an_end_is_brought_forward_but_never_put_off(place, appoint, refusal):
    row = appoint()
    assert refusal(Invalid, end, place=place, row=row, day=START) == "end-not-after"
    end(place, row, LEFT)
    for later in (LEFT, LEFT + DAY):
        assert refusal(Invalid, end, place=place, row=row, day=later) == "already-ended"
    assert end(place, row, LEFT - DAY).etag_version == 3


# --- oversight ------------------------------------------------------------------------------------


def watch(place, position, **changes):
    told = {"position_id": position.pk, "unit_id": place.commune.pk, "valid_from": START}
    told |= {"level": OversightLevel.SUPERVISOR, "by": place.by, "at": AT}
    return appointments.add_oversight(**(told | changes))


def stop_watching(place, row, day, **changes):
    told = {"oversight_id": row.pk, "end_on": day, "by": place.by, "at": AT}
    return appointments.end_oversight(**(told | changes))


def test_an_oversight_begins_and_ends_with_an_entry_each(place, chair, entries, refusal):
    row = watch(place, chair)
    assert refusal(Conflict, watch, place=place, position=chair) == "oversight-exists"
    watch(place, chair, level=OversightLevel.LEADER_IN_CHARGE)
    done = stop_watching(place, row, LEFT)

    assert done.valid_to == LEFT
    kinds = [kind for kind, *_rest in entries()]
    assert kinds == ["oversight.create", "oversight.create", "oversight.end"]
    assert register.data_of(RegisterEntry.objects.last()) == {
        "position": "chair",
        "unit": "commune",
        "level": "supervisor",
        "tree": "admin",
    }
    watch(place, chair, valid_from=LEFT)


def test_oversight_asks_for_the_administrator_and_a_right_day(place, chair, refusal):
    asked = {"place": place, "position": chair, "by": place.nobody}
    assert refusal(NotAllowed, watch, **asked) == "add-oversight-not-allowed"
    row = watch(place, chair, by=place.local)
    asked = {"place": place, "row": row}
    stop = stop_watching
    assert refusal(NotAllowed, stop, **asked, day=LEFT, by=place.nobody) == (
        "end-oversight-not-allowed"
    )
    assert refusal(Invalid, stop, **asked, day=START) == "end-not-after"
    stop(**asked, day=LEFT)
    assert refusal(Invalid, stop, **asked, day=LEFT + DAY) == "already-ended"


def test_references_of_long_offices_stay_short(place, appoint):
    long = PositionFactory(ref="x" * 60, unit=place.commune)
    row = appoint(position_id=long.pk)
    assert len(row.ref) <= 40
    assert str(row.position) == long.title_vi


def test_the_register_reaches_the_unit_of_the_office(place):
    head = HeadFactory(position__unit=OrgUnitFactory(under=place.other))
    AppointmentFactory(position=head.position, acting=True)
    end(place, head, LEFT)
    reached = RegisterEntry.objects.get().reach.values_list("unit", flat=True)
    assert set(reached) == {head.position.unit_id}
