"""Days of the working calendar: proposed, approved by somebody else, withdrawn."""

from datetime import date

import pytest

from tests.factories.places import AT
from tests.factories.units import CalendarDayFactory, UserFactory
from units.actions import calendars, register
from units.enums import DayKind
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import CalendarDay, RegisterEntry

pytestmark = pytest.mark.django_db
TET = date(2024, 2, 8)


@pytest.fixture
def second():
    return UserFactory(roles=["administrator"])


def propose(place, **changes):
    told = {"day": TET, "kind": DayKind.CLOSED, "label": "Tết", "by": place.by, "at": AT}
    return calendars.propose_day(**(told | changes))


def approve(day, by):
    return calendars.approve_day(day_id=day.pk, by=by, at=AT)


def withdraw(day, by):
    return calendars.withdraw_day(day_id=day.pk, by=by, at=AT)


def version():
    return calendars.ensure_calendar().version


def test_the_calendar_of_the_body_is_one():
    assert calendars.ensure_calendar() == calendars.ensure_calendar()
    assert calendars.ensure_calendar().week_mask == "1111100"


def test_a_day_counts_when_another_administrator_approves_it(place, second, entries, refusal):
    day = propose(place, label=" Te\u0302\u0301t  ")
    assert (day.label, day.proposed_by, version(), entries()) == ("Tết", place.by, 1, [])
    assert refusal(Invalid, approve, day=day, by=place.by) == "approve-own-day"

    done = approve(day, second)

    assert (done.approved_by, version()) == (second, 2)
    assert entries() == [("calendar.approve", "calendar/body", None, second)]
    data = register.data_of(RegisterEntry.objects.get())
    assert data == {"day": "2024-02-08", "kind": "closed", "label": "Tết"}
    assert refusal(Conflict, approve, day=day, by=second) == "day-approved"


def test_a_day_stands_once_in_the_calendar(place, refusal):
    propose(place)
    assert refusal(Conflict, propose, place=place, kind=DayKind.OPEN) == "day-exists"


def test_an_approved_day_that_is_withdrawn_is_a_change_a_proposal_none(place, second, entries):
    day = propose(place)
    withdraw(day, place.by)
    assert (version(), entries()) == (1, [])
    day = propose(place)
    approve(day, second)
    withdraw(day, place.by)
    assert version() == 3
    assert [kind for kind, *_rest in entries()] == ["calendar.approve", "calendar.withdraw"]
    assert not CalendarDay.objects.exists()


def test_a_day_that_is_gone_is_not_found(place, second, refusal):
    day = propose(place)
    withdraw(day, second)
    day.pk = 0
    for act in (approve, withdraw):
        assert refusal(NotFound, act, day=day, by=second) == "day-not-found"


def test_only_administrators_of_the_whole_body_keep_the_calendar(place, refusal):
    day = CalendarDayFactory()
    for by in (place.local, place.nobody):
        assert refusal(NotAllowed, propose, place=place, by=by) == "propose-day-not-allowed"
        assert refusal(NotAllowed, approve, day=day, by=by) == "approve-day-not-allowed"
        assert refusal(NotAllowed, withdraw, day=day, by=by) == "withdraw-day-not-allowed"
        asked = {"year": 2024, "by": by, "at": AT}
        assert refusal(NotAllowed, calendars.propose_days, **asked) == "propose-days-not-allowed"


def test_the_librarys_holidays_are_proposed_once(place):
    there = propose(place, day=date(2024, 9, 2), label="Quốc khánh", kind=DayKind.OPEN)
    made = calendars.propose_days(year=2024, by=place.by, at=AT)
    dates = {day.date for day in made}
    assert {date(2024, 1, 1), date(2024, 2, 10), date(2024, 4, 30), date(2024, 5, 1)} < dates
    assert there.date not in dates
    assert {(day.proposed_by, day.approved_by, day.source) for day in made} == {
        (None, None, "holidays")
    }
    assert calendars.propose_days(year=2024, by=place.by, at=AT) == []
    assert approve(made[0], place.by).approved_by == place.by  # nobody's own proposal
