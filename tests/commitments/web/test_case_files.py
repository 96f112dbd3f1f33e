"""Files on cases: shown with an act, kept byte for byte, handed to whoever may see the case."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commitments.actions import backlog, resolutions
from commitments.actions.evidence import Sent
from commitments.models import BacklogCase, CaseClock, Evidence, Explanation
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW, make_body
from tests.factories.units import RoleGrantFactory, UserFactory
from units.actions.register import data_of
from units.errors import Invalid, StaleVersion
from units.models import RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
PDF, PNG = b"%PDF-1.7 product", b"\x89PNG\r\n\x1a\n photo"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def body():
    return make_body()


def put(body, **traits):
    traits = traits or {"assigned": True}
    return BacklogCaseFactory(
        assigner_unit=body.committee, unit=body.commune, office=body.first, **traits
    )


def upload(name="a.pdf", data=PDF):
    return SimpleUploadedFile(name, data)


def resolve(client, case, *files, **data):
    case.refresh_from_db()
    return client.post(
        f"/cases/{case.ref}/act/resolve/",
        {"version": case.etag_version, "outcome": "Đã trao", "attached": list(files)} | data,
    )


def on_disk(folder):
    return [path.read_bytes() for path in folder.glob("evidence/*/*")]


def test_a_case_is_resolved_with_files_or_a_number_and_not_with_words_alone(
    body, client_of, folder
):
    head, case = client_of(body.secretary), put(body)
    bare = resolve(head, case)
    assert bare.status_code == 422
    assert "Đã trao" in bare.content.decode()
    assert resolve(head, case, upload(), upload("anh.png", PNG)).status_code == 302

    case.refresh_from_db()
    assert case.state == "resolved"
    rows = {row.name: row for row in case.evidence.all()}
    assert set(rows) == {"a.pdf", "anh.png"}
    assert rows["a.pdf"].sha256 == hashlib.sha256(PDF).hexdigest()
    assert {row.added_by for row in rows.values()} == {body.secretary}
    assert sorted(on_disk(folder)) == sorted([PDF, PNG])
    told = data_of(RegisterEntry.objects.get(kind="case.resolve"))["files"]
    assert sorted(told) == sorted(row.sha256 for row in rows.values())
    page = head.get(f"/cases/{case.ref}/").content.decode()
    assert rows["a.pdf"].sha256 in page
    assert "Secretary" in page


def test_a_number_alone_is_enough(body, client_of):
    case = put(body)
    assert resolve(client_of(body.secretary), case, reference="12/QĐ").status_code == 302


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "file-empty"),
        (b"MZ program", "file-of-another-kind"),
        (b"<svg/>", "file-of-another-kind"),
    ],
)
def test_what_is_no_fit_file_leaves_neither_case_nor_bytes(data, fault, body, folder):
    case = put(body)
    sent = [Sent("a.pdf", PDF), Sent("b.pdf", data)]
    given = {"case_id": case.pk, "outcome": "Xong", "by": body.secretary, "at": NOW}
    with pytest.raises(Invalid) as refused:
        resolutions.resolve(**given, expected=case.etag_version, attached=sent)
    assert refused.value.code == fault
    with pytest.raises(Invalid) as refused:
        resolutions.resolve(**given, expected=case.etag_version, attached=[Sent("a.pdf", PDF)] * 11)
    assert refused.value.code == "too-many-files"
    with pytest.raises(StaleVersion):
        resolutions.resolve(**given, expected=case.etag_version + 1, attached=sent[:1])
    assert BacklogCase.objects.get(pk=case.pk).state == "assigned"
    assert not Evidence.objects.exists()
    assert on_disk(folder) == []


def test_the_same_file_after_a_case_was_given_back_is_named_and_kept_once(body, client_of, folder):
    head, case = client_of(body.secretary), put(body)
    verifier = RoleGrantFactory(role="verifier", unit=body.committee).person
    assert resolve(head, case, upload()).status_code == 302
    case.refresh_from_db()
    resolutions.reject(
        case_id=case.pk, reason="Thiếu", by=verifier, expected=case.etag_version, at=NOW
    )
    assert resolve(head, case, upload("again.pdf")).status_code == 302
    assert case.evidence.get().name == "a.pdf"
    assert on_disk(folder) == [PDF]
    entries = RegisterEntry.objects.filter(kind="case.resolve")
    assert {tuple(data_of(entry)["files"]) for entry in entries} == {(case.evidence.get().sha256,)}


def test_whoever_sees_the_case_reads_its_files_and_nobody_else_learns_that_they_are_there(
    body, client_of
):
    case = put(body)
    resolve(client_of(body.secretary), case, upload())
    address = reverse("commitments:evidence", args=[case.evidence.get().pk])
    for who in (body.secretary, body.chair, body.supervisor, body.leader, body.assigner):
        answer = client_of(who).get(address)
        assert answer.status_code == 200, who
        assert answer.content == PDF
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
    elsewhere = RoleGrantFactory(role="supervisor", unit=body.other).person
    for who in (elsewhere, UserFactory()):
        assert client_of(who).get(address).status_code == 404
        assert client_of(who).get("/evidence/99999/").status_code == 404
    assert client_of(body.secretary).post(f"{address}remove/").status_code == 404
    assert case.evidence.count() == 1


def test_an_objective_cause_is_proved_on_the_case(body, client_of):
    case = put(body)
    leader = client_of(body.leader)
    version = BacklogCase.objects.get(pk=case.pk).etag_version
    leader.post(
        f"/cases/{case.ref}/act/suspend/",
        {"version": version, "reason": "Chờ tỉnh", "attached": [upload()]},
    )
    assert [row.shown_for for row in case.evidence.all()] == ["suspend"]


def asked_of(case):
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    row = CaseClock.objects.get(case=case)
    return Explanation.objects.create(
        clock=row, generation=1, level=2, asked_at=NOW, due_on=NOW.date()
    )


def test_an_explanation_shows_its_files_on_the_case(body, client_of):
    case = put(body)
    asked = asked_of(case)
    head = client_of(body.secretary)
    assert 'type="file"' in head.get(f"/explanations/{asked.pk}/").content.decode()
    head.post(
        f"/explanations/{asked.pk}/", {"text": "Mưa lũ", "attached": [upload("anh.png", PNG)]}
    )
    row = case.evidence.get()
    assert (row.shown_for, row.kind) == ("explain", "image/png")
    told = data_of(RegisterEntry.objects.get(kind="explanation.give"))
    assert told["files"] == [row.sha256]


def test_the_page_of_a_case_costs_the_same_for_one_and_three_files(body, client_of):
    costs, client = [], client_of(body.supervisor)
    for count in (1, 3):
        case = put(body)
        files = [upload(f"{n}.pdf", PDF + bytes([n])) for n in range(count)]
        resolve(client_of(body.secretary), case, *files)
        client.get(f"/cases/{case.ref}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/cases/{case.ref}/")
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]
