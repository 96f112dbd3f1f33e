"""A target whose every report shows a file: said on every way in, and asked on every way a report goes."""

from decimal import Decimal

import pytest

from commitments.actions import allocations, evidence, reports
from commitments.models import Report, Target
from commitments.rules.reports import Answer
from tests.api.test_reports import send
from tests.api.things import new_target, planned
from tests.api.writes import new_key
from tests.commitments.actions.test_imports import (
    TARGET,
    applied,
    checked,
    exported,
    rows_of,
    sound,
)
from tests.commitments.web.test_plans import target_data
from tests.commitments.web.test_reports import PDF, typed
from tests.factories.body import NOW, make_body
from tests.factories.readers import machine
from tests.factories.reports import OPENED, make_desk, newest
from units import clock
from units.errors import Invalid
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
NOTHING = Answer(nothing_to_report=True, narrative="Không có.")


@pytest.fixture
def desk(settings, tmp_path):
    """2 April 2024; each report of the first target shows a file."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    offset = clock.real_now().timestamp() - OPENED.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)
    desk = make_desk()
    Target.objects.filter(pk=desk.body.targets[0].pk).update(needs_evidence=True)
    return desk


def show(report: Report, desk) -> None:
    evidence.add(report_id=report.pk, name="a.pdf", data=PDF, by=desk.reporter, at=OPENED)


# --- the flag, by each way in ---------------------------------------------------------------------


def test_the_form_of_a_target_takes_and_shows_it(client_of):
    body = make_body()
    client = client_of(body.planner)
    sent = target_data(body, body.plan, needs_evidence="on")
    page = client.post("/plans/2024/targets/new/", sent)["Location"]
    assert Target.objects.get(code="A.1").needs_evidence
    assert "each report shows a file" in client.get(page).content.decode()
    edit = client.get(f"{page}edit/").content.decode()
    assert 'name="needs_evidence"' in edit
    version = Target.objects.get(code="A.1").etag_version
    client.post(f"{page}edit/", target_data(body, body.plan, version=version))
    assert not Target.objects.get(code="A.1").needs_evidence


def test_a_program_writes_and_reads_it():
    body = make_body()
    client, key = machine(body.committee), {"Idempotency-Key": new_key()}
    sent = new_target(body) | {"needs_evidence": True}
    answer = client.post("/api/v1/targets/", sent, content_type="application/json", headers=key)
    assert answer.status_code == 201, answer.content
    assert answer.json()["needs_evidence"] is True
    target = planned(body, code="N01.8")
    path = f"/api/v1/targets/{target.ref}/"
    headers = {"If-Match": client.get(path)["ETag"]}
    answer = client.patch(
        path, {"needs_evidence": True}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200, answer.content
    assert client.get(path).json()["needs_evidence"] is True


@pytest.mark.parametrize(("flag", "kept"), [("Yes", True), ("No", False), (None, False)])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_workbook_brings_it_and_comes_back_equal(flag, kept, language):
    body = make_body()
    applied(body, sound(targets=[TARGET | {"needs_evidence": flag}]))
    assert Target.objects.get(code="N02.1").needs_evidence is kept
    parts = Target.objects.filter(parent__code="N02.1")
    assert {part.needs_evidence for part in parts} == {kept}
    found = checked(body, exported(body, language))
    assert (found.faults, found.changes) == ([], 0)
    assert len(found.entries["targets"]) == 5  # the parts say nothing of their own
    assert {row["needs_evidence"] for row in rows_of(body)["targets"].values()} == {False, kept}


def test_a_part_that_differs_from_its_whole_stands_in_the_workbook():
    body = make_body()
    applied(body, sound(targets=[TARGET | {"needs_evidence": "Yes"}]))
    Target.objects.filter(code="N02.1.1").update(needs_evidence=False)
    found = checked(body, exported(body))
    assert (found.faults, found.changes) == ([], 0)
    assert len(found.entries["targets"]) == 6


def test_the_parts_of_a_split_take_it_over():
    body = make_body()
    whole = planned(body, code="N01.7", needs_evidence=True)
    allocations.allocate(
        target_id=whole.pk,
        parts={body.commune.pk: Decimal(21)},
        by=body.planner,
        expected=whole.etag_version,
        at=NOW,
    )
    assert [part.needs_evidence for part in whole.children.all()] == [True]


# --- what it asks ---------------------------------------------------------------------------------


def test_a_draft_is_never_refused_and_a_report_only_without_a_file(desk):
    duty = desk.duty("drafted")
    draft = newest(duty)
    asked = {"report_id": draft.pk, "by": desk.reporter, "at": OPENED}
    with pytest.raises(Invalid) as refused:
        reports.submit(expected=draft.etag_version, **asked)
    assert (refused.value.code, set(refused.value.fields)) == ("evidence-missing", {"evidence"})
    show(draft, desk)
    draft.refresh_from_db()
    assert reports.submit(expected=draft.etag_version, **asked).state == "submitted"
    assert desk.filed(desk.duty(place=1)).state == "submitted"  # of which nobody asks it


def test_where_nothing_happened_there_is_nothing_to_show(desk):
    assert desk.filed(desk.duty(), NOTHING).state == "submitted"


def test_a_report_that_is_restated_begins_with_the_files_it_had(desk):
    duty = desk.duty("drafted")
    show(newest(duty), desk)
    report = desk.verified(duty)
    reports.restate(
        report_id=report.pk,
        reason="Đếm lại.",
        by=desk.reporter,
        expected=report.etag_version,
        at=OPENED,
    )
    assert desk.filed(duty, Answer(value=Decimal(6))).state == "submitted"


def test_the_page_of_a_report_says_so_before_and_refuses_without(desk, client_of):
    duty, client = desk.duty("drafted"), client_of(desk.reporter)
    address = f"/reports/{duty.ref}/"
    assert "add one before you submit" in client.get(address).content.decode()
    sent = typed(duty, version=newest(duty).etag_version, value="8") | {"act": "submit"}
    answer = client.post(address, sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Each report of this target shows a file." in page
    assert 'value="8"' in page  # nothing typed is lost
    assert client.post(address, sent | {"act": "save"}).status_code == 302
    show(newest(duty), desk)
    assert "add one before you submit" not in client.get(address).content.decode()
    sent = typed(duty, version=newest(duty).etag_version, value="8") | {"act": "submit"}
    assert client.post(address, sent).status_code == 302
    assert newest(duty).state == "submitted"


def test_the_grid_says_so_for_the_cell_and_takes_the_other_rows(desk, client_of):
    duties = [desk.duty(place=place) for place in range(2)]
    client = client_of(desk.reporter)
    assert client.get("/reports/").content.decode().count("file needed") == 1
    sent = typed(duties[0], value="7") | typed(duties[1], value="8")
    answer = client.post("/reports/", sent | {"act": "submit"})
    assert answer.status_code == 422
    page = answer.content.decode()
    row = page.partition(f'id="row-{duties[0].pk}"')[2].partition("</tr>")[0]
    assert "Each report of this target shows a file." in row
    other = page.partition(f'id="row-{duties[1].pk}"')[2].partition("</tr>")[0]
    assert "shows a file" not in other
    assert list(Report.objects.values_list("duty", "state")) == [(duties[1].pk, "submitted")]
    assert client.post("/reports/", sent | {"act": "save"}).status_code == 302
    assert newest(duties[0]).state == "draft"  # drafts are taken


def test_a_program_is_refused_with_a_problem(desk):
    duty, client = desk.duty(), machine(desk.body.commune)
    answer = send(client, duty, "submit", {"value": "7"})
    found = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, found["code"]) == (422, "evidence-missing")
    assert [(one["pointer"], one["code"]) for one in found["errors"]] == [
        ("/evidence", "evidence-missing")
    ]
    assert not Report.objects.exists()
    draft = send(client, duty, "draft", {"value": "7"}, method="put")
    assert draft.status_code == 200, draft.content
    show(newest(duty), desk)
    assert send(client, duty, "submit", {"value": "7"}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_grid_costs_the_same_for_one_and_three(
    desk, count, client_of, django_assert_num_queries
):
    picked = [target.pk for target in desk.body.targets[:count]]
    Target.objects.filter(pk__in=picked).update(needs_evidence=True)
    client = client_of(desk.reporter)
    client.get("/reports/")
    with django_assert_num_queries(35):
        page = client.get("/reports/").content.decode()
    assert page.count("file needed") == count
