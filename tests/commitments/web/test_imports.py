"""The pages of an import: a faulty workbook, the mended one, what is kept and what is refused."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.models import PlanImport, Target
from tests.commitments.actions.test_imports import GROUP, INDICATOR, PARTS, TARGET, sound
from tests.factories.body import make_body
from tests.factories.workbooks import workbook
from units.documents import workbooks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
PAGE = "/plans/2024/import/"


def upload(client, data, name="plan.xlsx"):
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data)})


def seen_on(page):
    text = page.content.decode()
    return text.split('name="seen" value="')[1].split('"')[0]


def test_a_faulty_workbook_is_kept_and_told_and_the_mended_one_is_applied(client_of):
    client = client_of(make_body().planner)
    faulty = sound(targets=[TARGET | {"unit": "bx-frist"}])
    where = upload(client, faulty).url
    for _reload in range(2):
        page = client.get(where).content.decode()
        assert "1 fault: nothing has been written" in page
        assert "There is no unit bx-frist" in page
        assert "Did you mean bx-first" in page
        assert "D2" in page
    mended = upload(client, sound()).url
    assert PlanImport.objects.filter(state="dropped").count() == 1
    page = client.get(mended)
    assert "5 changes will be written" in page.content.decode()
    done = client.post(f"{mended}apply/", {"seen": seen_on(page)})
    assert done.url == "/plans/2024/"
    assert Target.objects.filter(code="N02.1").exists()
    again = client.post(f"{mended}apply/", {"seen": seen_on(page)})
    assert (again.status_code, again.url) == (302, mended)
    assert "has been applied" in client.get(mended).content.decode()


def test_a_check_that_is_out_of_date_is_shown_anew(client_of):
    client = client_of(make_body().planner)
    where = upload(client, sound()).url
    page = client.post(f"{where}apply/", {"seen": "0" * 64})
    assert page.status_code == 412
    assert "has changed since this check" in page.content.decode()
    assert client.post(f"{where}apply/", {"seen": seen_on(page)}).status_code == 302


def test_what_is_no_workbook_is_refused_at_its_field(client_of):
    page = upload(client_of(make_body().planner), b"hello")
    assert page.status_code == 422
    assert "is no Excel workbook" in page.content.decode()
    assert not PlanImport.objects.exists()


def test_template_and_export_are_workbooks_that_change_nothing(client_of):
    client = client_of(make_body().planner)
    for path in ("/plans/2024/template.xlsx", "/plans/2024/plan.xlsx"):
        answer = client.get(path)
        sheets = workbooks.read(answer.content)
        assert [sheet.name for sheet in sheets] == [
            *("Guide", "Task groups", "Indicators", "Targets", "Allocations", "Undertakers"),
            "Lists",
        ]
        page = client.get(upload(client, answer.content).url).content.decode()
        assert "Nothing would change" in page
        assert ("The workbook has no rows" in page) == ("template" in path)


def test_a_dropped_workbook_is_gone(client_of):
    client = client_of(make_body().planner)
    where = upload(client, sound()).url
    assert client.post(f"{where}drop/").url == PAGE
    assert "was dropped" in client.get(where).content.decode()
    assert PlanImport.objects.get().content is None


def test_nobody_but_a_planner_sees_an_import(client_of):
    body = make_body()
    where = upload(client_of(body.planner), sound()).url
    for person in (body.assigner, body.secretary):
        client = client_of(person)
        for path in (PAGE, where, "/plans/2024/template.xlsx", "/plans/2024/plan.xlsx"):
            assert client.get(path).status_code == 404
        assert client.post(f"{where}apply/", {"seen": ""}).status_code == 404


@pytest.mark.parametrize("path", ["export", "check"])
def test_a_plan_costs_the_same_with_one_row_and_three(path, client_of):
    body = make_body()
    client = client_of(body.planner)
    costs = []
    for count in (1, 3):
        rows = [TARGET | {"code": f"N02.{place}"} for place in range(count)]
        where = upload(client, workbook(groups=[GROUP], indicators=[INDICATOR], targets=rows)).url
        if path == "export":
            client.post(f"{where}apply/", {"seen": seen_on(client.get(where))})
            where = "/plans/2024/plan.xlsx"
        client.get(where)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(where).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_command_is_a_thin_door(tmp_path):
    body = make_body()
    file = tmp_path / "plan.xlsx"
    asked = {"plan": "2024", "by": body.planner.username}
    file.write_bytes(sound(allocations=PARTS[:1]))
    told = StringIO()
    with pytest.raises(CommandError, match="1 faults"):
        call_command("import_plan", file, **asked, stderr=told, stdout=StringIO())
    assert "100" in told.getvalue()
    file.write_bytes(sound())
    said = StringIO()
    call_command("import_plan", file, **asked, dry_run=True, stdout=said)
    assert "Nothing was written" in said.getvalue()
    assert not Target.objects.filter(code="N02.1").exists()
    call_command("import_plan", file, **asked, stdout=StringIO())
    assert Target.objects.filter(code="N02.1").exists()
    for wrong in ({"plan": "1999"}, {"by": "nobody"}):
        with pytest.raises(CommandError):
            call_command("import_plan", file, **(asked | wrong), stdout=StringIO())
