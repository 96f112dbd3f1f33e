"""The client of docs/examples mirrors the demonstration, and its files stay equal while that goes on.

The acts are those of `acts_in_order`, done by the people of the demonstration from its present on, in a
copy of it. One file belongs to the district, one to a commune, one to another unit.
"""

import os
from datetime import date
from importlib.util import find_spec

import pytest

from tests.api.acts_in_order import Year
from tests.api.copies import Copy, keep_equal, serve_without_limits
from tests.factories.demonstration import desk_of_the_demonstration
from units.actions import register
from units.models import OrgUnit, User

DONE = int(os.environ.get("ACTS", "20"))  # that were not refused; `make fuzz` does 1,000
SINCE = date(2024, 5, 8)  # a week before the present, so that half of what begins then is to come
SKIPPED = pytest.mark.skipif(not find_spec("commitments.demo"), reason="needs the demonstration")


@SKIPPED
@pytest.mark.django_db(transaction=True)
def test_three_files_stay_equal_to_the_demonstration_through_random_acts(
    district_to_spend, live_server, settings, tmp_path
):
    serve_without_limits(settings, live_server.url)
    year = Year(desk_of_the_demonstration(), User.objects.get(username="vien"), day=SINCE)
    while register.sequence():
        pass
    units = (OrgUnit.objects.get(ref="bx"), year.body.commune, year.body.other)
    copies = [Copy(unit, live_server.url, tmp_path / f"{unit.ref}.sqlite3") for unit in units]
    keep_equal(copies, year, acts=DONE)
