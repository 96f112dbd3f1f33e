"""The page of the ladders: every kind, every version, what each step does, and at one cost."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import ladders
from commitments.enums import ClockKind
from commitments.rules.cases import DEFAULT_POLICIES
from tests.constraints import again
from tests.factories.units import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def test_every_ladder_is_shown_before_anybody_has_needed_it(client_of):
    page = client_of(UserFactory()).get("/cases/ladders/").content.decode()
    for kind in DEFAULT_POLICIES:
        assert str(ClockKind(kind).label) in page
    assert page.count("the default of the house, not needed yet") == len(DEFAULT_POLICIES)
    assert "7 days after the due date" in page
    assert "an explanation within 3 working days" in page
    assert "again every 30 days" in page


def test_an_older_version_stays_and_the_page_costs_the_same(client_of):
    client, costs = client_of(UserFactory()), []
    first = ladders.in_force(ClockKind.CASE, on=date(2024, 1, 2))
    for version in (2, 3, 4):
        row = again(first, version=version)
        row.steps.create(level=1, offset_days=[version], audience="holder")
        client.get("/cases/ladders/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/cases/ladders/").content.decode()
        costs.append(len(queries))
    assert len(set(costs)) == 1
    assert page.count("older version") == 3
    assert "4 days after the due date" in page
