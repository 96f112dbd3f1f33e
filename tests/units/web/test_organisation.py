"""Pages of units and offices: who sees them, what they cost, what comes back after a refusal."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.constraints import change
from tests.factories.places import make_place
from tests.factories.readers import person as browser_of
from tests.factories.units import (
    START,
    AppointmentFactory,
    HeadFactory,
    OrgUnitFactory,
    OrgUnitVersionFactory,
    OversightFactory,
    PositionFactory,
    UserFactory,
)
from units import clock
from units.models import Appointment, OrgUnit, Oversight, Position, RegisterEntry

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def place():
    return make_place()


@pytest.fixture
def today():
    return clock.local_date(clock.real_now())


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return response.content.decode()


def version_in(page: str) -> str:
    return re.search(r'name="version" value="(\d+)"', page).group(1)


def summary_of(page: str) -> list[str]:
    """Return the lines of the summary of faults."""
    found = re.search(r'class="error-summary".*?<ul>(.*?)</ul>', page, re.S)
    lines = re.findall(r"<li>(.*?)</li>", found.group(1), re.S) if found else []
    return [re.sub(r"<[^>]+>", "", line).strip() for line in lines]


def fill(count, *, under):
    for _n in range(count):
        unit = OrgUnitFactory(under=under, name="Xã", name__en="Commune")
        head = HeadFactory(position__unit=unit)
        AppointmentFactory(position=head.position, acting=True)
        OversightFactory(unit=under, position=head.position)


# --- what is shown, at which cost -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/units/", "/units/?q=Commune", "/units/district/"])
@pytest.mark.parametrize("who", ["by", "inspector"])
def test_a_list_costs_the_same_for_one_and_three(path, who, place):
    costs = []
    reader = place.by if who == "by" else UserFactory(roles=["inspector"])
    browser = browser_of(reader)
    for added in (1, 2):
        fill(added, under=place.district)
        text_of(browser.get(path))  # warm
        with CaptureQueriesContext(connection) as queries:
            assert text_of(browser.get(path)).count("Commune") >= added
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]


def test_a_form_that_chooses_among_offices_costs_the_same_for_one_and_three(place):
    costs = []
    browser = browser_of(place.by)
    for added in (1, 2):
        fill(added, under=place.district)
        text_of(browser.get("/units/commune/watchers/new/"))  # warm
        with CaptureQueriesContext(connection) as queries:
            page = text_of(browser.get("/units/commune/watchers/new/"))
        costs.append(len(queries))
    assert page.count("Chair – Commune") == 3  # of which unit, for each has a chair
    assert costs[0] == costs[1], [query["sql"] for query in queries]


def test_the_list_of_a_day_shows_names_and_heads_of_that_day(place, today):
    """G-28 on the page: one code, two units; and a head who has left since."""
    then, turn = date(2024, 6, 1), date(2025, 7, 1)
    old = OrgUnitFactory(ref="old", name="Xã Hương Sơn", name__code="08950")
    old.versions.update(valid_to=turn)
    change(old, valid_to=turn)
    left = HeadFactory(position__unit=old, valid_to=date(2024, 9, 1))
    new = OrgUnitFactory(ref="newer", name="Xã Cũ")
    new.versions.update(valid_to=turn)
    OrgUnitVersionFactory(unit=new, name_vi="Xã Mới", official_code="08950", valid_from=turn)
    browser = browser_of(place.by)

    before = text_of(browser.get(f"/units/?q=08950&on={then}"))
    after = text_of(browser.get(f"/units/?q=08950&on={turn}"))
    gap = text_of(browser.get(f"/units/?q=08950&on={date(2024, 9, 1)}"))

    assert ("Xã Hương Sơn" in before, left.person.full_name in before) == (True, True)
    assert ("Xã Hương Sơn" in after, "Xã Mới" in after) == (False, True)
    assert ("No head in office" in gap, left.person.full_name in gap) == (True, False)
    assert "Xã Cũ" in text_of(browser.get(f"/units/?on={then}"))


def test_a_name_that_begins_later_is_not_the_name_today(place, today):
    unit = OrgUnitFactory(name="Xã Nay")
    for day, name in ((today, "Phường Nay"), (today + DAY, "Phường Mai")):
        unit.versions.filter(valid_to=None).update(valid_to=day)
        OrgUnitVersionFactory(unit=unit, name_vi=name, valid_from=day)
    unit = OrgUnit.objects.get(pk=unit.pk)
    assert (unit.name, unit.version_now.name_vi) == ("Phường Nay", "Phường Nay")
    names = [unit.name_on(today + number * DAY) for number in (-1, 0, 1)]
    assert names == ["Xã Nay", "Phường Nay", "Phường Mai"]
    assert unit.name_on(START - DAY) == "Xã Nay"


@pytest.mark.parametrize("day", ["2024-02-30", "yesterday", "", "0000-00-00"])
def test_a_day_that_is_none_is_today(day, place):
    assert "Xã Một" in text_of(browser_of(place.by).get(f"/units/?on={day}"))


def test_empty_lists_say_what_is_missing_and_where_to_go(place):
    nobody = browser_of(place.nobody)
    assert "An administrator enters the units" in text_of(nobody.get("/units/"))
    page = text_of(browser_of(place.by).get("/units/?q=nowhere"))
    assert "No unit has this name or code on that day." in page
    assert 'href="/units/"' in page
    assert "This unit has no office yet." in text_of(browser_of(place.by).get("/units/commune/"))


def test_an_ended_office_is_history_and_no_gap(place, today):
    head = HeadFactory(position__unit=place.commune, valid_to=today)
    page = text_of(browser_of(place.by).get("/units/commune/"))
    assert "nobody in office" in page
    change(head.position, valid_to=today)
    page = text_of(browser_of(place.by).get("/units/commune/"))
    assert "nobody in office" not in page
    assert head.person.full_name in page  # who was when


# --- who sees what --------------------------------------------------------------------------------


def test_units_outside_the_subtree_are_not_there(place):
    head = HeadFactory(position__unit=place.commune)
    browser = browser_of(head.person)
    listed = text_of(browser.get("/units/"))
    assert ("Xã Một" in listed, "Xã Hai" in listed, "Huyện" in listed) == (True, False, False)
    text_of(browser.get("/units/commune/"))
    for ref in ("other", "district", "nowhere"):
        text_of(browser.get(f"/units/{ref}/"), 404)


def test_a_superior_out_of_sight_is_named_without_a_way_to_nowhere(place):
    head = HeadFactory(position__unit=place.commune)
    page = text_of(browser_of(head.person).get("/units/commune/"))
    assert "Huyện" in page
    assert 'href="/units/district/"' not in page
    assert 'href="/units/district/"' in text_of(browser_of(place.by).get("/units/commune/"))
    leader = HeadFactory(position__unit=place.district)
    page = text_of(browser_of(leader.person).get("/units/district/"))
    assert 'href="/units/commune/"' in page


ADMINISTRATION = [
    "/units/{unit}/superior/",
    "/units/{unit}/name/",
    "/units/{unit}/end/",
    "/units/{unit}/offices/new/",
    "/units/{unit}/watchers/new/",
    "/offices/{office}/appoint/",
    "/offices/{office}/end/",
    "/appointments/{term}/end/",
    "/watchers/{watch}/end/",
]


@pytest.mark.parametrize("path", ADMINISTRATION)
def test_only_who_administers_a_unit_finds_what_changes_it(path, place):
    head = HeadFactory(position__unit=place.commune)
    names = {"unit": "commune", "office": head.position.ref, "term": head.ref}
    path = path.format(**names, watch=OversightFactory(unit=place.commune).pk)
    before = RegisterEntry.objects.count()
    elsewhere = UserFactory()
    administers = {"role": "administrator", "valid_from": START}
    elsewhere.role_grants.create(unit=place.other, **administers)
    for who in (head.person, elsewhere, UserFactory(roles=["inspector", "assigner"])):
        browser = browser_of(who)
        for response in (browser.get(path), browser.post(path, {"version": "1"})):
            text_of(response, 404)
    assert RegisterEntry.objects.count() == before
    for who in (place.by, place.local):
        text_of(browser_of(who).get(path))
    assert browser_of(UserFactory()).get("/units/new/").status_code == 404
    assert "/accounts/login/" in browser_of(place.by).__class__().get(path)["Location"]


@pytest.mark.parametrize("path", ADMINISTRATION)
def test_what_does_not_exist_is_not_found(path, place):
    path = path.format(unit="nowhere", office="nowhere", term="nowhere", watch=0)
    text_of(browser_of(place.by).get(path), 404)


def test_every_way_on_the_pages_of_an_administrator_leads_somewhere(place):
    head = HeadFactory(position__unit=place.commune)
    OversightFactory(unit=place.commune, position=head.position)
    for who in (place.by, place.local, head.person):
        browser = browser_of(who)
        for start in ("/units/", "/units/commune/"):
            page = text_of(browser.get(start))
            main = page[page.index("<main") : page.index("</main>")]
            ways = set(re.findall(r'href="(/(?:units|offices|appointments|watchers)/[^"]*)"', main))
            assert ways
            for way in ways:
                text_of(browser.get(way))


# --- what is done ---------------------------------------------------------------------------------


def test_a_unit_is_entered_and_a_refused_one_comes_back_filled(place):
    browser = browser_of(place.by)
    form = {
        "kind": "commune",
        "name_vi": "Xã Ba",
        "ref": "commune",
        "under_admin": place.district.pk,
    }
    page = text_of(browser.post("/units/new/", form), 422)
    assert "cannot be the reference" in summary_of(page)[0]
    assert len(summary_of(page)) == 1  # said once
    assert 'value="Xã Ba"' in page
    assert f'<option value="{place.district.pk}" selected>' in page
    assert browser.post("/units/new/", form | {"ref": ""})["Location"] == "/units/xa-ba/"
    assert OrgUnit.objects.get(ref="xa-ba").edges_up.get().parent == place.district


def test_a_missing_right_is_told_and_noted(place):
    browser = browser_of(place.local)
    assert "/units/new/" in text_of(browser.get("/units/"))
    page = text_of(browser.post("/units/new/", {"kind": "commune", "name_vi": "Xã Ba"}), 403)
    assert "Only an administrator of the whole body" in page
    assert RegisterEntry.objects.get().kind == "audit.denied"
    form = {"kind": "commune", "name_vi": "Xã Ba", "under_admin": place.commune.pk}
    assert browser.post("/units/new/", form)["Location"] == "/units/xa-ba/"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("superior", {"tree": "admin", "parent": "", "from_on": "2026-01-01"}),
        ("name", {"name_vi": "Phường Một", "from_on": "2026-01-01"}),
        ("end", {"last_on": "2026-01-01"}),
    ],
)
def test_a_page_that_is_stale_changes_nothing_and_stays_stale(path, form, place):
    browser = browser_of(place.by)
    address = f"/units/commune/{path}/"
    seen = version_in(text_of(browser.get(address)))
    change(place.commune, etag_version=2)
    for _time in range(2):  # pressing again is no reading
        page = text_of(browser.post(address, form | {"version": seen}), 422)
        assert summary_of(page) == [
            "“Xã Một” has changed since you opened it. Read it again, then decide."
        ]
        assert version_in(page) == seen
    page = text_of(browser.post(address, form), 422)
    assert "does not say which version" in summary_of(page)[0]
    assert not RegisterEntry.objects.exists()
    seen = version_in(text_of(browser.get(address)))
    assert browser.post(address, form | {"version": seen})["Location"] == "/units/commune/"
    assert RegisterEntry.objects.count() == 1


def test_a_circle_is_told_at_the_superior(place):
    form = {"tree": "admin", "parent": place.commune.pk, "from_on": "2026-01-01", "version": "1"}
    page = text_of(browser_of(place.by).post("/units/district/superior/", form), 422)
    assert summary_of(page)[0].startswith(
        "Superior: On 01/01/2026 “Xã Một” stands under this unit."
    )


def test_a_name_begins_filled_with_what_holds(place):
    place.commune.versions.update(name_en="One", official_code="7", code_system="gso")
    browser = browser_of(place.by)
    page = text_of(browser.get("/units/commune/name/"))
    for value in ("Xã Một", "One", "7"):
        assert f'value="{value}"' in page
    form = {"name_vi": "Phường Một", "official_code": "7", "from_on": "2026-01-01", "version": "1"}
    assert browser.post("/units/commune/name/", form).status_code == 302
    version = place.commune.versions.get(valid_to=None)
    assert (version.name_vi, version.code_system) == ("Phường Một", "gso")


def test_offices_are_made_filled_and_left(place, today):
    browser = browser_of(place.by)
    form = {"title_vi": "Chủ tịch", "title_en": "Chair", "tree": "admin", "is_head": "on"}
    assert browser.post("/units/commune/offices/new/", form)["Location"] == "/units/commune/"
    page = text_of(browser.post("/units/commune/offices/new/", form), 422)
    assert summary_of(page) == ["This unit already has a head in that line. End that office first."]
    assert 'value="Chair"' in page
    office = Position.objects.get()
    person = UserFactory()
    appoint = f"/offices/{office.ref}/appoint/"
    form = {"person": person.pk, "mode": "titular", "valid_from": str(today)}
    wrong = form | {"last_on": str(today - DAY), "decision_number": "12/QĐ"}
    page = text_of(browser.post(appoint, wrong), 422)
    assert summary_of(page)[0].startswith("Last day: Choose a day after")
    assert ('value="12/QĐ"' in page, f'value="{person.pk}" selected' in page) == (True, True)
    assert "names its reason" in text_of(browser.post(appoint, form | {"mode": "acting"}), 422)
    assert browser.post(appoint, form)["Location"] == "/units/commune/"
    row = Appointment.objects.get()
    assert "holds this office" in text_of(browser.post(appoint, form), 422)

    leave = f"/appointments/{row.ref}/end/"
    page = text_of(browser.post(leave, {"last_on": str(today - DAY)}), 422)
    assert summary_of(page)[0].startswith("Last day: Choose a day after")
    assert browser.post(leave, {"last_on": str(today)})["Location"] == "/units/commune/"
    row.refresh_from_db()
    assert row.valid_to == today + DAY
    assert "It ends already" in text_of(browser.post(leave, {"last_on": str(today)}), 422)

    end = f"/offices/{office.ref}/end/"
    assert browser.post(end, {"last_on": str(today)})["Location"] == "/units/commune/"
    assert "It ends already" in text_of(browser.post(end, {"last_on": str(today)}), 422)


def test_an_office_begins_and_ends_to_watch(place, today):
    office = PositionFactory(unit=place.district, title_vi="Phó", title_en="Deputy")
    browser = browser_of(place.by)
    form = {"position": office.pk, "level": "supervisor", "tree": "admin", "valid_from": str(today)}
    assert browser.post("/units/commune/watchers/new/", form)["Location"] == "/units/commune/"
    page = text_of(browser.post("/units/commune/watchers/new/", form), 422)
    assert len(summary_of(page)) == 1
    assert summary_of(page)[0].startswith("This office already watches that unit at this level.")
    assert "Deputy, Huyện (Supervisor)" in text_of(browser.get("/units/commune/"))
    end = f"/watchers/{Oversight.objects.get().pk}/end/"
    assert browser.post(end, {"last_on": str(today)})["Location"] == "/units/commune/"
    assert "It ends already" in text_of(browser.post(end, {"last_on": str(today)}), 422)


def test_a_unit_ends_from_its_page_and_is_still_found_as_of_its_days(place):
    browser = browser_of(place.by)
    form = {"last_on": "2025-06-30", "version": "1"}
    assert browser.post("/units/commune/end/", form)["Location"] == "/units/commune/"
    page = text_of(browser.get("/units/commune/"))
    assert "until 01/07/2025 (first day without it)" in page
    assert ("/units/commune/end/" in page, "/units/commune/name/" in page) == (False, False)
    found = [
        "Xã Một" in text_of(browser.get(f"/units/?on=2025-{day}")) for day in ("06-30", "07-01")
    ]
    assert found == [True, False]
