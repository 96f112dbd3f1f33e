"""Reports on pages: the grid, one report, evidence, buckets and verification of many."""

import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commitments.actions import evidence, verifications
from commitments.enums.reports import ReportState
from commitments.models import Evidence, Report, ReportingDuty
from commitments.rules.reports import Answer
from tests.constraints import change
from tests.factories.body import office, person
from tests.factories.reports import JOINT, OPENED, grant, make_desk, newest
from units import clock
from units.enums import Role
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture(autouse=True)
def second_of_april(settings, tmp_path):
    """Business time is 2 April 2024, 09:00 of the body; evidence lies in a folder of the test."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    offset = clock.real_now().timestamp() - OPENED.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)


def typed(duty, *, version=0, **said):
    fields = {"qualifier": "exact", "stage": "final", "version": version} | said
    return {f"d{duty.pk}-{name}": value for name, value in fields.items()}


def test_the_grid_shows_the_own_unit_and_takes_what_is_typed(client_of):
    desk = make_desk()
    client = client_of(desk.body.secretary)
    page = client.get("/reports/").content.decode()
    assert "First Commune" in page
    assert "March 2024" in page

    duties = [desk.duty(place=place) for place in range(3)]
    sent = (
        typed(duties[0], value="7")
        | typed(duties[1], value="x", narrative="Counting.")
        | typed(duties[2])
    )
    answer = client.post("/reports/", sent | {"act": "submit"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“x” is not a number" in page
    assert 'value="x"' in page  # nothing typed is lost
    assert "Counting." in page
    assert list(Report.objects.values_list("duty", "state", "value")) == [
        (duties[0].pk, "submitted", Decimal(7))
    ]
    answer = client.post("/reports/", typed(duties[1], value="0") | {"act": "save"})
    assert answer.status_code == 302
    assert newest(duties[1]).state == ReportState.DRAFT


def test_one_row_is_submitted_alone(client_of):
    desk = make_desk()
    duties = [desk.duty(place=place) for place in range(2)]
    sent = typed(duties[0], value="7") | typed(duties[1], value="8")
    client_of(desk.reporter).post("/reports/", sent | {"act": f"submit-{duties[1].pk}"})
    assert list(Report.objects.values_list("duty", flat=True)) == [duties[1].pk]


def test_a_row_that_changed_meanwhile_is_refused_and_the_others_are_taken(client_of):
    desk = make_desk()
    drafted, fresh = desk.duty("drafted"), desk.duty(place=1)
    sent = typed(drafted, value="9") | typed(fresh, value="8") | {"act": "save"}
    page = client_of(desk.reporter).post("/reports/", sent)
    assert page.status_code == 422
    assert "has changed since you opened it" in page.content.decode()
    assert newest(drafted).value == 7
    assert newest(fresh).value == 8


def test_autosave_answers_with_the_version_or_the_faults(client_of):
    desk = make_desk()
    duty = desk.duty()
    client, address = client_of(desk.reporter), f"/reports/{duty.ref}/save/"
    assert client.post(address, typed(duty, value="7")).json() == {"version": 1}
    assert client.post(address, typed(duty, value="8", version=1)).json() == {"version": 2}
    stale = client.post(address, typed(duty, value="9", version=1))
    assert (stale.status_code, stale.json()["code"]) == (412, "report-changed")
    bad = client.post(address, typed(duty, value="7.5", version=2))
    assert bad.status_code == 422
    assert set(bad.json()["fields"]) == {"value"}
    assert client_of(desk.verifier).post(address, typed(duty, value="9")).status_code == 403


def test_to_save_drafts_leaves_a_returned_row_alone_until_it_is_typed_into(client_of):
    desk = make_desk()
    returned, other = desk.duty("returned"), desk.duty(place=1)
    client, draft = client_of(desk.body.secretary), newest(returned)
    shown = client.get("/reports/").context["rows"]
    form = next(row.form for row in shown if row.duty == returned)
    sent = {form[name].html_name: form[name].value() or "" for name in form.fields}
    sent = {name: value for name, value in sent.items() if value is not False}
    sent |= {f"d{returned.pk}-version": draft.etag_version} | typed(other, value="7")
    page = client.post("/reports/", sent | {"act": "save"}, follow=True).content.decode()
    assert "1 row was taken." in page
    assert newest(returned).etag_version == draft.etag_version
    sent[f"d{other.pk}-version"] = 1
    client.post("/reports/", sent | {f"d{returned.pk}-narrative": "Counted.", "act": "save"})
    assert newest(returned).etag_version == draft.etag_version + 1
    assert newest(other).etag_version == 1


def test_what_a_report_needs_to_be_submitted_is_not_called_optional(client_of):
    desk = make_desk()
    page = client_of(desk.body.secretary).get(f"/reports/{desk.duty().ref}/").content.decode()
    labels = dict(re.findall(r'<label for="d\d+-([a-z_]+)-\d+">(.*?)</label>', page))
    assert labels["value"] == "Value"
    assert "optional" in labels["narrative"]


@pytest.mark.parametrize("count", [1, 3])
def test_pages_cost_the_same_for_one_and_three(count, client_of, django_assert_num_queries):
    desk = make_desk()
    for place in range(count):
        desk.duty("in_review", place=place)
    ReportingDuty.objects.exclude(
        pk__in=[desk.duty(place=place).pk for place in range(count)]
    ).delete()
    reporter, verifier = client_of(desk.body.secretary), client_of(desk.verifier)
    for client, address, queries in (
        (reporter, "/reports/?unit=bx-first&period=2024-03", COST["grid"]),
        (verifier, "/reports/overview/", COST["overview"]),
        (verifier, "/queue/?bucket=to_verify", COST["bucket"]),
    ):
        client.get(address)
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


COST = {"grid": 33, "overview": 12, "bucket": 52}


@pytest.mark.parametrize("state", JOINT)
def test_every_state_has_its_page_for_everybody(state, client_of):
    desk = make_desk()
    duty = desk.duty(state)
    people = [desk.reporter, desk.verifier, desk.body.assigner, desk.body.supervisor]
    pages = [client_of(who).get(f"/reports/{duty.ref}/") for who in people]
    assert [page.status_code for page in pages] == [200] * 4
    own, verifier, assigner, supervisor = (page.content.decode() for page in pages)
    assert ("Reason to restate it" in own) == (state == "verified")
    assert ("Reason to return it" in verifier) == (state in {"in_review", "resubmitted"})
    waivable = {"awaited", "drafted", "returned", "missing"}
    assert ("Reason to waive it" in assigner) == (state in waivable)
    assert ("Reason to unlock it" in supervisor) == (state == "missing")
    assert ("Save the draft" in own) == (state in {"awaited", "drafted", "returned", "restating"})
    for address in ("/reports/?unit=bx-first&period=2024-03", "/reports/overview/"):
        assert client_of(desk.body.supervisor).get(address).status_code == 200


@pytest.mark.parametrize(
    ("bucket", "state"),
    [("to_verify", "in_review"), ("reports_returned", "returned"), ("missing", "missing")],
)
def test_buckets_list_what_they_count(bucket, state, client_of):
    desk = make_desk()
    duty = desk.duty(state)
    page = client_of(desk.body.supervisor).get(f"/queue/?bucket={bucket}").content.decode()
    assert f"/reports/{duty.ref}/" in page
    assert "Next automatic step" in page


def test_a_missing_report_is_unlocked_on_pages_by_two_people(client_of):
    desk = make_desk()
    duty = desk.duty("missing")
    sent = {"version": duty.etag_version, "reason": "The server was down."}
    asked = client_of(desk.body.supervisor).post(f"/reports/{duty.ref}/ask-unlock/", sent)
    assert asked.status_code == 302
    address = f"/reports/{duty.ref}/unlocks/{duty.unlocks.get().pk}/"
    assert client_of(desk.reporter).post(address, {"answer": "grant"}).status_code == 403
    page = client_of(desk.body.assigner).get(f"/reports/{duty.ref}/").content.decode()
    assert "Unlock for 7 days" in page
    client_of(desk.body.assigner).post(address, {"answer": "grant"})
    duty.refresh_from_db()
    assert duty.state == "awaited"


def test_the_verifier_returns_one_and_verifies_the_rest_in_bulk(client_of):
    desk = make_desk()
    duties = [desk.duty("in_review", place=place) for place in range(3)]
    client = client_of(desk.verifier)
    first = newest(duties[0])
    sent = {"report": first.ref, "version": first.etag_version}
    empty = client.post(f"/reports/{duties[0].ref}/return/", sent | {"reason": " "})
    assert empty.status_code == 422
    for seen, reason, status in [(first.etag_version, "x" * 4001, 422), (9, "Count again.", 412)]:
        kept = client.post(
            f"/reports/{duties[0].ref}/return/", sent | {"version": seen, "reason": reason}
        )
        assert kept.status_code == status
        assert f"required>{reason}</textarea>" in kept.content.decode()
    answer = client.post(f"/reports/{duties[0].ref}/return/", sent | {"reason": "Count again."})
    assert answer.status_code == 302
    page = client.get("/queue/?bucket=to_verify").content.decode()
    rest = [newest(duty) for duty in duties[1:]]
    values = [f"{report.pk}.{report.etag_version}" for report in rest]
    assert all(f'value="{value}"' in page for value in values)
    page = client.post("/reports/verify/", {"report": [*values, f"{first.pk}.9", "x.1"]})
    assert "2 reports were verified" in page.content.decode()
    assert Report.objects.filter(state="verified").count() == 2
    again = client.post("/reports/verify/", {"report": values}).content.decode()  # a second click
    assert "2 reports were verified" in again
    assert "not done" not in again
    another = client_of(desk.second).post("/reports/verify/", {"report": values})
    assert "0 reports were verified" in another.content.decode()
    returned = client.get("/queue/?bucket=reports_returned").content.decode()
    assert "Count again." in returned


def test_the_author_finds_no_button_to_verify_and_no_way_to_do_it(client_of):
    desk = make_desk()
    grant(desk.reporter, Role.VERIFIER, desk.body.committee)
    duty = desk.duty("in_review")
    client, report = client_of(desk.reporter), newest(duty)
    assert f"{duty.ref}/verify/" not in client.get(f"/reports/{duty.ref}/").content.decode()
    assert (
        'type="checkbox" name="report"'
        not in client.get("/queue/?bucket=to_verify").content.decode()
    )
    sent = {"report": report.ref, "version": report.etag_version}
    assert client.post(f"/reports/{duty.ref}/verify/", sent).status_code == 403
    page = client.post("/reports/verify/", {"report": f"{report.pk}.{report.etag_version}"})
    assert "0 reports were verified" in page.content.decode()
    assert newest(duty).state == ReportState.SUBMITTED


# --- evidence -------------------------------------------------------------------------------------


def uploaded(client, duty, data=PDF, name="photo of the site.exe"):
    return client.post(f"/reports/{duty.ref}/evidence/", {"file": SimpleUploadedFile(name, data)})


def test_evidence_is_judged_kept_and_handed_only_to_who_may_see_it(client_of, tmp_path):
    desk = make_desk()
    duty = desk.duty()
    client = client_of(desk.reporter)
    assert uploaded(client, duty).status_code == 302
    row = Evidence.objects.get()
    assert (row.name, row.kind, row.size) == ("photo of the site.pdf", "application/pdf", len(PDF))
    assert row.sha256 == hashlib.sha256(PDF).hexdigest()
    assert [path.name for path in tmp_path.glob("evidence/*/*")] == [str(row.file)]

    address = f"/evidence/{row.pk}/"
    answer = client.get(address)
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"] == 'attachment; filename="photo of the site.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

    neighbour = person("neighbour")
    office(desk.body.other, "Neighbour", neighbour)
    strangers = [neighbour, desk.verifier, desk.body.assigner]
    assert [client_of(who).get(address).status_code for who in strangers] == [404, 404, 404]
    desk.filed(duty)
    assert [client_of(who).get(address).status_code for who in strangers] == [404, 200, 200]
    assert client.post(f"{address}remove/").status_code == 409  # no draft any more


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"MZ\x90\x00 program", "This file is none of PDF"),
        (b"<html><script>", "This file is none of PDF"),
        (b"", "This file is empty"),
        (PDF + b" " * 10 * 1024 * 1024, "larger than 10 MB"),
    ],
)
def test_other_files_are_refused_and_leave_nothing(client_of, tmp_path, data, text):
    desk = make_desk()
    duty = desk.duty("drafted")
    client = client_of(desk.reporter)
    uploaded(client, duty, data, "report.pdf")
    page = client.get(f"/reports/{duty.ref}/").content.decode()
    assert text in page or not data  # an empty field is the browser's word for no file
    assert not Evidence.objects.exists()
    assert not list(tmp_path.glob("evidence/*/*"))


def test_a_file_taken_out_is_gone_unless_another_report_shows_it(
    client_of, tmp_path, django_capture_on_commit_callbacks
):
    desk = make_desk()
    duty = desk.duty("drafted")
    evidence.add(report_id=newest(duty).pk, name="a.pdf", data=PDF, by=desk.reporter, at=OPENED)
    report = desk.filed(duty)
    verifications.return_to_author(
        report_id=report.pk, reason="No.", by=desk.verifier, expected=report.etag_version, at=OPENED
    )
    copy = Evidence.objects.get(report=newest(duty))
    with django_capture_on_commit_callbacks(execute=True):
        evidence.remove(evidence_id=copy.pk, by=desk.reporter, at=OPENED)
    assert evidence.read(report.evidence.get()) == PDF
    path = next(iter(tmp_path.glob("evidence/*/*")))
    path.write_bytes(b"forged")
    client = client_of(desk.verifier)
    assert client.get(f"/evidence/{report.evidence.get().pk}/").status_code == 404


# --- what is said to whom -------------------------------------------------------------------------


def test_home_tells_what_is_to_be_reported_and_verified(client_of):
    desk = make_desk()
    page = client_of(desk.body.secretary).get("/").content.decode()
    assert "3 reports to make" in page
    desk.duty("in_review")
    assert "1 report awaits verification." in client_of(desk.verifier).get("/").content.decode()


def test_the_overview_shows_a_dash_where_nothing_is_expected(client_of):
    desk = make_desk()
    desk.duty("in_review")
    page = client_of(desk.verifier).get("/reports/overview/?period=2024-03").content.decode()
    assert "complete –, timely –" in page  # due on the 5th: nothing is expected yet
    clockwork = datetime(2024, 4, 8, 2, tzinfo=UTC)
    offset = clock.real_now().timestamp() - clockwork.timestamp()
    DemonstrationClock.objects.update(offset_seconds=offset)
    page = client_of(desk.verifier).get("/reports/overview/?period=2024-03").content.decode()
    assert "complete 25.00 %, timely 25.00 %" in page


def test_figures_are_read_and_written_in_the_readers_language(client_of):
    desk = make_desk()
    change(desk.body.targets[0].indicator, decimals=2)
    duty = desk.duty()
    client = client_of(desk.body.secretary)
    client.cookies["django_language"] = "vi"
    client.post(f"/reports/{duty.ref}/", typed(duty, value="1234,5") | {"act": "submit"})
    assert newest(duty).value == Decimal("1234.5")
    page = client.get(f"/reports/{duty.ref}/").content.decode()
    assert "1.234,5 giấy" in page


def test_ratios_and_words_of_a_qualifier_are_shown(client_of):
    desk = make_desk()
    change(desk.body.targets[0].indicator, kind="ratio", numerator="done", denominator="all")
    duty = desk.duty()
    desk.verified(duty, answer=Answer(numerator=Decimal(3), denominator=Decimal(4)))
    desk.verified(desk.duty(place=1), answer=Answer(value=Decimal(8), qualifier="over"))
    page = client_of(desk.body.secretary).get("/reports/?period=2024-03").content.decode()
    assert "3/4 = 75.0 %" in page
    assert "over 8 certificates" in page
