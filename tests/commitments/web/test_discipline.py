"""The year of reporting in one picture: what is expected counts, nothing expected is no 0 %."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.readers import person
from tests.factories.reports import make_desk
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
LATER = datetime(
    2024, 4, 8, 2, tzinfo=UTC
)  # March was due on the 5th; nothing else has been waived


@pytest.fixture
def desk():
    desk = make_desk()
    offset = clock.real_now().timestamp() - LATER.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)
    return desk


def browser_of(user):
    """Return the browser of somebody who has chosen English."""
    browser = person(user)
    browser.cookies["django_language"] = "en"
    return browser


def fields_of(page: str, unit: str) -> list[str]:
    """Return what stands in the fields of the row of `unit`, and last all of them together."""
    row = re.search(rf"<tr><th scope=\"row\">{unit}</th>(.*?)</tr>", page, re.S)[1]
    return re.findall(r"light--(\w+\"?>[–0-9]+)<", row.replace('">', ">"))


def test_a_field_says_how_complete_a_unit_was(desk):
    desk.duty("in_review")  # one of three of the commune, for March
    page = browser_of(desk.verifier).get("/reports/year/").content.decode()
    found = fields_of(page, "First Commune")
    assert found[2] == "red>33"  # March
    assert "March 2024: expected 3, on time 1, late 0, missing 0, not in yet 2" in page


def test_all_of_it_is_green_and_what_is_not_due_is_a_dash(desk):
    for place in range(4):
        desk.duty("in_review", place=place)
    page = browser_of(desk.verifier).get("/reports/year/").content.decode()
    assert fields_of(page, "Other Commune")[2] == "green>100"
    page = browser_of(desk.reporter).get("/reports/year/?year=2024").content.decode()
    assert fields_of(page, "Other Commune")[2] == "green>100"


def test_a_unit_sees_its_own_row(desk):
    page = browser_of(desk.body.secretary).get("/reports/year/").content.decode()
    assert "First Commune" in page
    assert "Other Commune" not in page
    assert browser_of(desk.body.secretary).get("/reports/year/?year=1999").status_code == 404


def test_who_sees_no_reports_is_told_so():
    desk = make_desk()
    nobody = desk.body.leader
    nobody.appointments.all().delete()
    page = browser_of(nobody).get("/reports/year/").content.decode()
    assert "No reports are expected in your reach." in page


def test_the_file_has_the_fields_with_their_counts(desk):
    desk.duty("in_review")
    answer = browser_of(desk.verifier).get("/reports/year/?export=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    first = next(
        row for row in rows if (row["Unit"], row["Period"]) == ("First Commune", "March 2024")
    )
    assert (first["Expected"], first["Complete"]) == ("3", "33.33")
    answer = browser_of(desk.verifier).get("/reports/year/?export=xlsx")
    assert answer.content.startswith(b"PK")


def test_the_picture_costs_the_same_for_one_and_for_three(desk):
    browser = browser_of(desk.verifier)
    costs = []
    for months in (1, 3):
        desk.body.targets[3].duties.all().delete() if months == 1 else None
        browser.get("/reports/year/")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/reports/year/")
        costs.append(len(queries))
        if months == 1:
            for row in desk.body.targets[2].duties.all()[:2]:
                row.unit = desk.body.other
                row.save(update_fields=["unit"])
    assert costs[0] == costs[1]
