"""The pages of an import of units and people: faulty, mended, applied, invited; and who sees them."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.places import make_place
from tests.factories.readers import person as browser_of
from tests.units.actions.test_imports import CHAIR, HOLDS, LUA, WARD, book, sound
from units.documents import workbooks
from units.models import OrganisationImport, User

pytestmark = pytest.mark.django_db
PAGE = "/people/import/"


@pytest.fixture
def place():
    return make_place()


def upload(client, data, name="people.xlsx"):
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data)})


def seen_on(page):
    return page.content.decode().split('name="seen" value="')[1].split('"')[0]


def test_a_faulty_workbook_is_told_the_mended_one_applied_and_everybody_invited(place):
    client = browser_of(place.by)
    assert PAGE in client.get("/people/").content.decode()
    where = upload(client, sound(appointments=[HOLDS | {"office": "ward-chain"}])).url
    for _reload in range(2):
        page = client.get(where).content.decode()
        assert "1 fault: nothing has been written" in page
        assert "Did you mean ward-chair?" in page
    mended = upload(client, sound(people=[LUA, LUA | {"username": "mai", "email": ""}])).url
    page = client.get(mended)
    assert "6 changes will be written" in page.content.decode()
    assert client.post(f"{mended}apply/", {"seen": seen_on(page)}).url == mended
    assert client.post(f"{mended}apply/", {"seen": ""}).url == mended  # pressed twice
    assert "Let them in" in client.get(mended).content.decode()
    page = client.post("/people/invite/").content.decode()
    lua, mai = (User.objects.get(username=name) for name in ("lua", "mai"))
    assert lua.invitations.count() == 1
    assert not mai.invitations.exists()
    assert "has no e-mail address" in page


def test_a_check_that_is_out_of_date_is_shown_anew(place):
    client = browser_of(place.by)
    where = upload(client, sound()).url
    page = client.post(f"{where}apply/", {"seen": "0" * 64})
    assert page.status_code == 412
    assert "have changed since this check" in page.content.decode()
    assert client.post(f"{where}apply/", {"seen": seen_on(page)}).status_code == 302


def test_what_is_no_workbook_is_refused_at_its_field(place):
    page = upload(browser_of(place.by), b"hello")
    assert page.status_code == 422
    assert "is no Excel workbook" in page.content.decode()
    assert not OrganisationImport.objects.exists()


def test_template_and_export_are_workbooks_that_change_nothing(place):
    client = browser_of(place.by)
    for path in ("/people/template.xlsx", "/people/people.xlsx"):
        answer = client.get(path)
        names = [sheet.name for sheet in workbooks.read(answer.content)]
        assert names[:5] == ["Guide", "Units", "Offices", "People", "Appointments"]
        page = client.get(upload(client, answer.content).url).content.decode()
        assert "Nothing would change" in page


def test_a_dropped_workbook_is_gone(place):
    client = browser_of(place.by)
    where = upload(client, sound()).url
    assert client.post(f"{where}drop/").url == PAGE
    assert "was dropped" in client.get(where).content.decode()


def test_nobody_but_an_administrator_of_the_whole_body_sees_an_import(place):
    where = upload(browser_of(place.by), sound()).url
    for reader in (place.local, place.nobody):
        client = browser_of(reader)
        for path in (PAGE, where, "/people/template.xlsx", "/people/people.xlsx"):
            assert client.get(path).status_code == 404
        for path in ("apply/", "drop/"):
            assert client.post(where + path, {"seen": ""}).status_code == 404


def test_an_import_costs_the_same_with_one_row_and_three(place):
    client = browser_of(place.by)
    costs = {}
    for count in (1, 3):
        rows = [LUA | {"username": f"lua-{number}"} for number in range(count)]
        where = upload(client, book(units=[WARD], offices=[CHAIR], people=rows)).url
        for path in (PAGE, where, "/people/people.xlsx"):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            costs.setdefault(path if path != where else "", []).append(len(queries))
        client.post(f"{where}apply/", {"seen": seen_on(client.get(where))})
    assert all(one == three for one, three in costs.values()), costs


def test_the_command_is_a_thin_door(tmp_path, place):
    file = tmp_path / "people.xlsx"
    asked = {"by": place.by.username}
    file.write_bytes(book(people=[LUA | {"email": "@"}]))
    wrong = StringIO()
    with pytest.raises(CommandError, match="1 faults"):
        call_command("import_units", file, stderr=wrong, **asked)
    assert "C2" in wrong.getvalue()
    file.write_bytes(sound())
    out = StringIO()
    call_command("import_units", file, dry_run=True, stdout=out, **asked)
    assert "Nothing was written" in out.getvalue()
    assert not User.objects.filter(username="lua").exists()
    call_command("import_units", file, invite=True, stdout=out, **asked)
    assert "lua: invited by lua@example.org" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("import_units", tmp_path / "missing.xlsx", **asked)
    with pytest.raises(CommandError):
        call_command("import_units", file, by="nobody")
