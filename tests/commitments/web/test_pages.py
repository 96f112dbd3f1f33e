"""Home, queue, list and one commitment: who sees what, and at a constant cost."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.enums import VersionAct, VersionState
from commitments.models import CommitmentVersion, ReturnItem
from commitments.querysets.queue import CONDITIONS
from tests.factories.body import NOW, make_body, office, person
from tests.factories.commitments_versions import CommitmentFactory, CommitmentVersionFactory
from tests.factories.units import OrgUnitFactory
from units import clock
from units.models import Appointment, RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
A = VersionAct


def fill(body, count, **traits):
    """Add `count` commitments of further communes to the body's plan."""
    for _place in range(count):
        commune = OrgUnitFactory(under=body.committee)
        commitment = CommitmentFactory(
            assigner_unit=body.committee,
            unit=commune,
            period=body.plan,
            number=f"{50 + body.plan.commitments.count()}/CK",
        )
        CommitmentVersionFactory(
            commitment=commitment, assigner=body.assigning, sign_by=date(2024, 2, 20), **traits
        )


PAGES = {
    "home of a head": ("/", "secretary"),
    "home of a supervisor": ("/", "supervisor"),
    "queue": ("/queue/?bucket=awaiting", "supervisor"),
    "list": ("/commitments/", "supervisor"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_list_costs_the_same_for_one_and_three(page, client_of):
    path, who = PAGES[page]
    costs = []
    body = make_body()
    for added in (1, 2):
        fill(body, added, issued=True, both=True)
        client = client_of(getattr(body, who))
        client.get(path)  # warm: content types and the like
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]


@pytest.mark.parametrize("bucket", [*CONDITIONS, "no_head"])
def test_the_count_of_each_tab_equals_its_list(bucket, client_of):
    body = make_body()
    for state in ("draft", "issued", "signed", "returned", "refused", "in_force", "voided"):
        fill(body, 1, **{state: True})
    late = CommitmentVersion.objects.get(state=VersionState.ISSUED)
    fill(body, 1, issued=True)
    CommitmentVersion.objects.filter(pk=late.pk).update(sign_by=date(2024, 2, 1))
    page = client_of(body.supervisor).get(f"/queue/?bucket={bucket}").content.decode()
    current = re.search(r'aria-current="page">[^<]*<span class="count">(\d+)', page)
    rows = len(
        re.findall(r"<tbody>.*?</tbody>", page, re.S) and re.findall(r'name="version"', page)
    )
    if bucket == "no_head":
        rows = page.count('<ul class="list">') and len(re.findall(r"<li><a href=\"/units/", page))
    assert int(current.group(1)) == rows


def test_the_last_day_to_sign_is_still_in_time(client_of):
    body = make_body()
    fill(body, 1, issued=True)
    CommitmentVersion.objects.update(sign_by=date(2024, 2, 2))
    client = client_of(body.supervisor)
    assert "50/CK" in client.get("/queue/?bucket=awaiting").content.decode()
    CommitmentVersion.objects.update(sign_by=date(2024, 2, 1))
    page = client.get("/queue/?bucket=late").content.decode()
    assert "50/CK" in page
    assert "1 day late" in page


def test_show_more_goes_through_every_row_once(client_of):
    body = make_body()
    fill(body, 27, issued=True)
    client, seen = client_of(body.supervisor), []
    address = "/queue/?bucket=awaiting&sort=unit"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'href="/commitments/([^"/]+)/"', page)
        more = re.search(r'href="(/queue/[^"]*after=[^"]*)"', page)
        address = more.group(1).replace("&amp;", "&") if more else None
    assert len(seen) == len(set(seen)) == 27


def test_a_position_that_was_altered_is_not_found(client_of):
    body = make_body()
    assert client_of(body.supervisor).get("/queue/?after=tampered").status_code == 404


def test_a_unit_outside_the_reach_is_no_filter(client_of):
    body = make_body()
    elsewhere = OrgUnitFactory()
    assert client_of(body.supervisor).get(f"/queue/?unit={elsewhere.ref}").status_code == 404


def test_reminding_many_says_row_by_row_what_came_of_it(client_of):
    body = make_body()
    version = body.issued()
    fill(body, 1, issued=True, vacant=True)
    client = client_of(body.supervisor)
    chosen = list(CommitmentVersion.objects.values_list("pk", flat=True))
    page = client.post("/queue/remind/", {"version": chosen}).content.decode()
    assert "1 reminder is on its way" in page
    assert "no one holds the office" in page
    assert RegisterEntry.objects.filter(kind="commitment.remind").count() == 1
    again = client.post("/queue/remind/", {"version": [version.pk]}).content.decode()
    assert "already reminded" in again


def test_the_page_shows_what_is_signed_and_by_whom(client_of):
    body = make_body()
    version = body.in_force()
    page = client_of(body.chair).get(f"/commitments/{version.commitment.ref}/").content.decode()
    assert version.document.content_sha256 in page
    assert "at least 21 certificates" in page
    assert page.count("Approved online") == 6  # at each signature, and at each file that shows it
    pdf = client_of(body.chair).get(f"/commitments/{version.commitment.ref}/pdf/")
    assert pdf.content.startswith(b"%PDF-")


def test_a_draft_is_seen_by_its_own_side_alone(client_of):
    body = make_body()
    version = body.draft()
    address = f"/commitments/{version.commitment.ref}/"
    assert client_of(body.secretary).get(address).status_code == 404
    assert client_of(body.planner).get(address).status_code == 200


def test_the_planner_drafts_edits_issues_by_the_pages(client_of):
    body = make_body()
    client = client_of(body.planner)
    response = client.post(
        "/plans/2024/commitments/new/",
        {
            "unit": body.commune.pk,
            "first_undertaker": body.first.pk,
            "second_undertaker": "",
            "assigner": body.assigning.pk,
            "signing_order": "parallel",
            "sign_by": "2024-02-20",
        },
    )
    assert response.status_code == 302, response.content.decode()
    version = CommitmentVersion.objects.get()
    response = client.post(
        response.url,
        {
            "version": version.etag_version,
            "first_undertaker": body.first.pk,
            "second_undertaker": body.second.pk,
            "assigner": body.assigning.pk,
            "sign_by": "2024-02-21",
            "items": [body.targets[0].pk],
        },
    )
    assert response.status_code == 302, response.content.decode()
    version.refresh_from_db()
    address = f"/commitments/{version.commitment.ref}"
    client.post(f"{address}/issue/", {"version": version.etag_version})
    version.refresh_from_db()
    assert (version.state, version.items.count()) == (VersionState.ISSUED, 1)


def test_a_form_that_is_refused_comes_back_filled(client_of):
    body = make_body()
    response = client_of(body.planner).post(
        "/plans/2024/commitments/new/",
        {"unit": body.commune.pk, "first_undertaker": body.first.pk, "sign_by": "soon"},
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="soon"' in page
    assert "error-summary" in page


def test_an_answer_is_asked_for_every_reason(client_of):
    body = make_body()
    version = body.issued()
    body.act(A.RETURN, version, body.secretary)
    client = client_of(body.planner)
    address = f"/commitments/{version.commitment.ref}/answer/"
    page = client.get(address).content.decode()
    name = re.search(r'name="(answer-\d+)"', page).group(1)
    reason = ReturnItem.objects.get()
    assert f"Item {reason.item_ordinal} – {reason.get_reason_code_display()}: {reason.text}" in page
    typed = {"version": version.etag_version, "sign_by": "2024-03-01"}
    assert client.post(address, typed).status_code == 422
    response = client.post(address, typed | {name: "19 it is."})
    assert response.url.endswith("/edit/")


@pytest.mark.parametrize("page", ["edit", "answer", "amend"])
def test_a_day_to_sign_lies_within_a_year_from_today(page, client_of):
    body = make_body()
    version = body.draft() if page == "edit" else body.issued()
    if page == "answer":
        body.act(A.REFUSE, version, body.secretary)
    client, address = client_of(body.planner), f"/commitments/{version.commitment.ref}/{page}/"
    today = clock.local_date(NOW)
    past, far = "This day has passed. Choose a later one.", "This day is more than a year away."
    for days, said in ((-1, [past]), (0, []), (366, []), (367, [far])):
        day = (today + timedelta(days=days)).isoformat()
        answer = client.post(address, {"version": version.etag_version, "sign_by": day})
        assert answer.status_code == 422  # the rest is missing
        assert [text for text in (past, far) if text in answer.content.decode()] == said


def test_somebody_without_an_office_is_told_whom_to_ask(client_of):
    nobody = person("nobody")
    page = client_of(nobody).get("/").content.decode()
    assert "Ask the administrator" in page


def test_a_gap_in_office_stands_in_the_queue(client_of):
    body = make_body()
    Appointment.objects.filter(position=body.second).update(valid_to=date(2024, 2, 2))
    office(body.other, "Chair", None)
    page = client_of(body.supervisor).get("/queue/?bucket=no_head").content.decode()
    assert "First Commune" in page
    assert "Other Commune" in page


def test_without_login_every_page_asks_for_it(client):
    body = make_body()
    version = body.issued(at=NOW)
    ref = version.commitment.ref
    for path in (
        "/",
        "/queue/",
        "/commitments/",
        f"/commitments/{ref}/",
        f"/commitments/{ref}/pdf/",
    ):
        response = client.get(path)
        assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/login/")
