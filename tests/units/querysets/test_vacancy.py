"""Which offices nobody holds: the same answer for many at once as for each alone."""

from datetime import date, time, timedelta

import pytest

from tests.factories.units import AppointmentFactory, PositionFactory
from units import clock
from units.models import Position
from units.permissions import holder_at
from units.rules.calendars import instant

pytestmark = pytest.mark.django_db
DAY = date(2024, 5, 15)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("terms", "vacant"),
    [
        ([], True),
        ([{}], False),
        ([{"valid_to": DAY}], True),
        ([{"valid_to": AFTER}], False),
        ([{"valid_from": AFTER}], True),
        ([{"valid_from": DAY}], False),
        ([{"acting": True}], False),
        ([{"delegate": True}], True),
        ([{"valid_to": BEFORE}, {"acting": True, "valid_from": DAY}], False),
    ],
)
def test_an_office_is_vacant_when_nobody_holds_it(terms, vacant):
    office = PositionFactory(head=True)
    for term in terms:
        AppointmentFactory(position=office, **term)
    assert Position.objects.vacant(DAY).filter(pk=office.pk).exists() is vacant
    noon = instant(DAY, time(12), clock.body_zone())
    assert (holder_at(office, at=noon) is None) is vacant
