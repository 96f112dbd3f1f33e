"""Offices of a unit: made, one head in each line at a time, ended with who holds them."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from tests.factories.places import AT
from tests.factories.units import START, HeadFactory
from units.actions import organisation
from units.enums import Tree
from units.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
TODAY, DAY = date(2024, 2, 2), timedelta(days=1)
JULY = date(2025, 7, 1)
A, P = Tree.ADMIN, Tree.PARTY


def office(place, **changes):
    told = {"unit_id": place.commune.pk, "title_vi": "Chủ tịch", "tree": A, "is_head": True}
    return organisation.create_position(**(told | {"by": place.by, "at": AT} | changes))


def end(place, unit, **changes):
    told = {"unit_id": unit.pk, "end_on": JULY, "by": place.by, "expected": 1, "at": AT}
    return organisation.end_unit(**(told | changes))


def test_an_office_is_made_with_one_entry(place, entries):
    made = office(place, title_vi=" Chủ  tịch", title_en="Chair")
    assert (made.ref, made.title_vi, made.valid_from) == ("commune-chu-tich", "Chủ tịch", TODAY)
    assert entries() == [("position.create", "position/commune-chu-tich", 1, place.by)]


def test_a_unit_has_one_head_in_each_line_at_a_time(place, refusal):
    first = office(place)
    office(place, tree=P, title_vi="Bí thư")
    office(place, is_head=False)
    assert refusal(Conflict, office, place=place) == "head-exists"
    organisation.end_position(position_id=first.pk, end_on=JULY, by=place.by, at=AT)
    soon = {"place": place, "valid_from": JULY - DAY}
    assert refusal(Conflict, office, **soon) == "head-exists"
    assert office(place, valid_from=JULY).ref == "commune-chu-tich-3"


def test_an_office_needs_right_and_unit(place, refusal):
    ask = {"place": place}
    assert refusal(NotAllowed, office, **ask, by=place.nobody) == "create-position-not-allowed"
    assert refusal(Invalid, office, **ask, valid_from=START - DAY) == "unit-not-there"
    with pytest.raises(ValidationError, match="title_vi"):
        office(place, title_vi="")
    office(place, by=place.local)
    end(place, place.commune)
    assert refusal(Conflict, office, **ask, tree=P) == "unit-ended"


def test_an_office_ends_with_its_holder(place, entries, refusal):
    head = HeadFactory(position__unit=place.commune, position__ref="chair", ref="ap-chair")
    ask = {"position_id": head.position.pk, "by": place.by, "at": AT}
    stop = organisation.end_position
    allowed = ask | {"by": place.nobody, "end_on": JULY}
    assert refusal(NotAllowed, stop, **allowed) == "end-position-not-allowed"
    assert refusal(Invalid, stop, **ask, end_on=START) == "end-not-after"

    done = stop(**ask, end_on=JULY)

    head.refresh_from_db()
    assert (done.valid_to, done.etag_version, head.valid_to) == (JULY, 2, JULY)
    assert [kind for kind, *_rest in entries()] == ["appointment.end", "position.end"]
    assert refusal(Invalid, stop, **ask, end_on=JULY) == "already-ended"
    assert stop(**ask, end_on=JULY - DAY).etag_version == 3
