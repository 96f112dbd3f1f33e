"""Long lists: every row on exactly one page, search and day kept on the way, nothing cut off."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.places import make_place
from tests.factories.readers import person as browser_of
from tests.factories.units import HeadFactory, OrgUnitFactory, RoleGrantFactory, UserFactory
from units.models import OrgUnit
from units.web import lists

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)


@pytest.fixture
def browser():
    place = make_place()
    RoleGrantFactory(person=place.by, role="supervisor")
    return browser_of(place.by)


def walk(browser, address):
    """Return what the names of rows lead to, page by page, until no more is offered."""
    pages = []
    while address:
        text = browser.get(address).content.decode()
        pages.append(re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', text))
        found = re.search(r'href="([^"]+after=[^"]+)"', text)
        address = found[1].replace("&amp;", "&") if found else ""
    return pages


@pytest.mark.parametrize(
    ("address", "make"), [("/people/", UserFactory), ("/units/", OrgUnitFactory)]
)
def test_every_row_stands_on_one_page(address, make, browser):
    for _n in range(5):  # beside three that are there
        make()
    pages = walk(browser, address)
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({row for page in pages for row in page}) == 8


def test_people_of_one_name_are_all_shown(browser):
    for _n in range(7):
        UserFactory(full_name="Nguyễn Thị Lụa")
    pages = walk(browser, "/people/?q=Lụa")
    assert [len(page) for page in pages] == [3, 3, 1]


def test_a_position_that_nobody_gave_is_not_found(browser):
    assert browser.get("/people/?after=invented").status_code == 404
    text = browser.get("/people/?q=").content.decode()
    assert browser.get(f"/units/?after={text[:5]}").status_code == 404


@pytest.mark.parametrize("address", ["/people/", "/units/"])
def test_a_later_page_costs_what_the_first_does(address, browser):
    for _n in range(7):
        head = HeadFactory()
        RoleGrantFactory(person=head.person, unit=head.position.unit)
    for unit in OrgUnit.objects.exclude(positions__isnull=False):
        HeadFactory(position__unit=unit)
    costs = []
    for asked in (address, walk_one(browser, address)):
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(asked).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def walk_one(browser, address):
    text = browser.get(address).content.decode()
    return re.search(r'href="([^"]+after=[^"]+)"', text)[1].replace("&amp;", "&")
