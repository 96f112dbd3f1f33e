"""The client of docs/examples beside random acts of a year: after each run its file is what is shown.

Here with the small body; `test_mirrored_demonstration` does the same with the demonstration itself.
"""

import os

import pytest

from tests.api.acts_in_order import make_year
from tests.api.copies import Copy, keep_equal, serve_without_limits

pytestmark = pytest.mark.django_db(transaction=True)
DONE = int(os.environ.get("ACTS", "40"))  # that were not refused; `make fuzz` does 1,000


def test_the_file_of_the_reference_client_stays_equal_through_random_acts(
    live_server, settings, tmp_path
):
    serve_without_limits(settings, live_server.url)
    year = make_year()
    units = (year.body.committee, year.body.commune, year.body.other)
    copies = [Copy(unit, live_server.url, tmp_path / f"{unit.ref}.sqlite3") for unit in units]
    keep_equal(copies, year, acts=DONE)
