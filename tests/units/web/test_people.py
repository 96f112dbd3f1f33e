"""Pages of people: for administrators of the whole body; stale pages close nobody."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.places import make_place
from tests.factories.readers import person as browser_of
from tests.factories.units import HeadFactory, OrgUnitFactory, RoleGrantFactory, UserFactory
from units import clock
from units.models import RegisterEntry, RoleGrant, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return make_place()


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return response.content.decode()


def closing_form(page: str) -> dict[str, str]:
    """Return what the form that closes or opens an account sends when its button is pressed."""
    form = re.search(r'<form method="post" action="[^"]*/close/">(.*?)</form>', page, re.S).group(1)
    fields = re.findall(r'name="(version|reopen)"(?: value="(\d+)")?', form)
    return dict(fields)


def test_the_list_of_people_costs_the_same_for_one_and_three(place):
    browser = browser_of(place.by)
    costs = []
    for added in (1, 2):
        for _n in range(added):
            unit = OrgUnitFactory(name__en="Commune")
            head = HeadFactory(position__unit=unit)
            RoleGrantFactory(person=head.person, role="verifier", unit=unit)
        text_of(browser.get("/people/"))  # warm
        with CaptureQueriesContext(connection) as queries:
            page = text_of(browser.get("/people/"))
        costs.append(len(queries))
    assert page.count("Verifier (Commune)") == 3
    assert costs[0] == costs[1], [query["sql"] for query in queries]


def test_the_page_of_a_person_costs_the_same_for_one_and_three(place):
    browser = browser_of(place.by)
    person = UserFactory(username="lua")
    costs = []
    for added in (1, 2):
        for _n in range(added):
            unit = OrgUnitFactory(name__en="Commune")
            HeadFactory(position__unit=unit, person=person)
            RoleGrantFactory(person=person, role="verifier", unit=unit)
        browser.get("/people/lua/")
        with CaptureQueriesContext(connection) as queries:
            text_of(browser.get("/people/lua/"))
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]


@pytest.mark.parametrize(
    "path", ["/people/", "/people/new/", "/people/lua/", "/people/lua/roles/new/"]
)
def test_people_are_for_administrators_of_the_whole_body(path, place):
    UserFactory(username="lua")
    for who in (place.local, place.nobody, UserFactory(roles=["inspector", "assigner"])):
        text_of(browser_of(who).get(path), 404)
    text_of(browser_of(place.by).get(path))


def test_machines_and_strangers_have_no_page(place):
    UserFactory(username="robot", machine=True)
    for name in ("robot", "nobody-of-that-name"):
        text_of(browser_of(place.by).get(f"/people/{name}/"), 404)


def test_a_search_without_result_says_so(place):
    assert "Nobody of that name." in text_of(browser_of(place.by).get("/people/?q=nowhere"))


def test_a_refused_person_comes_back_filled(place):
    UserFactory(username="lua", personnel_no="7")
    browser = browser_of(place.by)
    form = {"full_name": "Nguyễn Lụa", "username": "LUA", "language": "vi", "phone": "0211"}
    page = text_of(browser.post("/people/new/", form), 422)
    assert "Somebody already has the user name" in page
    for value in ("Nguyễn Lụa", "LUA", "0211"):
        assert f'value="{value}"' in page
    taken = form | {"username": "other", "personnel_no": "7"}
    page = text_of(browser.post("/people/new/", taken), 422)
    assert "Personnel number: Somebody already has the personnel number 7." in page


def test_what_a_page_offers_is_what_is_done(place):
    """Two administrators look at an open account; when the second presses, it is closed already."""
    UserFactory(username="lua")
    first, second = browser_of(place.by), browser_of(UserFactory(roles=["administrator"]))
    forms = [closing_form(text_of(one.get("/people/lua/"))) for one in (first, second)]
    assert first.post("/people/lua/close/", forms[0])["Location"] == "/people/lua/"
    page = text_of(second.post("/people/lua/close/", forms[1]), 412)
    assert "has changed since you opened it" in page
    assert not User.objects.get(username="lua").is_active
    text_of(second.post("/people/lua/close/", {}), 428)

    form = closing_form(text_of(second.get("/people/lua/")))
    assert "reopen" in form
    assert second.post("/people/lua/close/", form)["Location"] == "/people/lua/"
    assert User.objects.get(username="lua").is_active
    kinds = RegisterEntry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["person.close", "person.reopen"]


def test_a_role_is_granted_and_ends_from_tomorrow(place):
    lua = UserFactory(username="lua")
    browser = browser_of(place.by)
    form = {"role": "verifier", "unit": place.commune.pk}
    assert browser.post("/people/lua/roles/new/", form)["Location"] == "/people/lua/"
    page = text_of(browser.post("/people/lua/roles/new/", form), 422)
    assert "already has this role there." in page
    assert f'value="{place.commune.pk}" selected' in page
    row = RoleGrant.objects.get(person=lua)
    assert browser.post(f"/roles/{row.pk}/end/")["Location"] == "/people/lua/"
    row.refresh_from_db()
    today = clock.local_date(clock.real_now())
    assert row.valid_to == today + timedelta(days=1)
    assert "It ends already" in text_of(browser.post(f"/roles/{row.pk}/end/"), 422)
    text_of(browser.post("/roles/0/end/"), 404)
    text_of(browser.get(f"/roles/{row.pk}/end/"), 405)


def test_nobody_helps_oneself(place):
    name = place.by.username
    browser = browser_of(place.by)
    page = text_of(browser.get(f"/people/{name}/"))
    assert "This is you" in page
    assert f"/people/{name}/close/" not in page
    answer = browser.post(f"/people/{name}/roles/new/", {"role": "assigner", "unit": ""})
    assert "never to oneself" in text_of(answer, 403)
    own = RoleGrant.objects.get(person=place.by)
    text_of(browser.post(f"/roles/{own.pk}/end/"), 403)
    text_of(browser.post(f"/people/{name}/close/", {"version": "1"}), 422)
    text_of(browser.post(f"/people/{name}/reset/"), 422)
    kinds = RegisterEntry.objects.values_list("kind", flat=True)
    assert set(kinds) == {"audit.denied"}
