"""Files of evidence by REST: on drafts alone, by who reports, as bytes, once for each key and tag."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings

from commitments.models import Evidence, Report
from tests.api.described import is_problem, judged
from tests.api.test_reports import REPORTS, read, send, set_clock
from tests.api.writes import new_key
from tests.factories.readers import machine, person
from tests.factories.reports import OPENED, make_desk
from units.enums import Scope
from units.models import IdempotencyRecord, RegisterEntry

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n"
BYTES = "application/octet-stream"


@pytest.fixture(autouse=True)
def second_of_april(settings, tmp_path):
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    set_clock(OPENED)


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def duty(desk):
    return desk.duty("drafted")


@pytest.fixture
def client(desk):
    return machine(desk.body.commune)


def show(client, duty, data=PDF, *, tag=None, key=None, query="name=a.pdf", kind=BYTES):
    answer = client.generic(
        "POST",
        f"{REPORTS}{duty.ref}/evidence/?{query}",
        data,
        content_type=kind,
        headers={
            "If-Match": read(client, duty)["ETag"] if tag is None else tag,
            "Idempotency-Key": key or new_key(),
        },
    )
    judged(answer, f"{REPORTS}{{ref}}/evidence/", "post")
    return answer


def take_out(client, duty, sha256, *, tag=None):
    headers = {"If-Match": read(client, duty)["ETag"] if tag is None else tag}
    answer = client.delete(f"{REPORTS}{duty.ref}/evidence/{sha256}/", headers=headers)
    judged(answer, f"{REPORTS}{{ref}}/evidence/{{sha256}}/", "delete")
    return answer


def kept() -> list[str]:
    """Return the files that lie on the disk."""
    folder = Path(settings.DATA_DIR) / "evidence"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_machine_shows_reads_and_takes_out_what_proves_its_draft(client, duty):
    before = read(client, duty)["ETag"]
    shown = show(client, duty, query="name=M%E1%BB%91c%201.docx&captured_on=2024-03-30")
    assert shown.status_code == 201, shown.content
    sha256 = hashlib.sha256(PDF).hexdigest()
    [file] = shown.json()["reports"][0]["evidence"]
    assert (file["sha256"], file["name"], file["size"]) == (sha256, "Mốc 1.pdf", len(PDF))
    assert before != shown["ETag"] == read(client, duty)["ETag"]
    row = Evidence.objects.get()
    assert (row.added_by.kind, str(row.captured_on)) == ("machine", "2024-03-30")
    answer = client.get(shown["Location"])
    judged(answer, f"{REPORTS}{{ref}}/evidence/{{sha256}}/")
    assert answer.content == PDF
    other = show(client, duty, b"\xff\xd8\xff", query="name=b")
    assert len(other.json()["reports"][0]["evidence"]) == 2
    gone = take_out(client, duty, sha256)
    assert [one["name"] for one in gone.json()["reports"][0]["evidence"]] == ["b.jpg"]
    is_problem(take_out(client, duty, sha256), 404, "not-found")
    done = send(client, duty, "submit", {"value": "8"})
    assert len(done.json()["reports"][0]["evidence"]) == 1
    assert RegisterEntry.objects.filter(kind="report.submit").count() == 1


def test_a_key_shows_a_file_once_and_knows_another(
    client, duty, django_capture_on_commit_callbacks
):
    key, tag = new_key(), read(client, duty)["ETag"]
    first = show(client, duty, key=key, tag=tag)
    again = show(client, duty, key=key, tag=tag)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    is_problem(show(client, duty, PDF + b"x", key=key, tag=tag), 422, "key-reused")
    assert (Evidence.objects.count(), len(kept())) == (1, 1)
    twice = show(client, duty)
    assert (twice.status_code, twice.json()["code"]) == (409, "evidence-there")
    assert len(kept()) == 1  # what was refused lies nowhere
    bodies = "".join(IdempotencyRecord.objects.values_list("body", flat=True))
    assert "%PDF" not in bodies
    with django_capture_on_commit_callbacks(execute=True):
        take_out(client, duty, hashlib.sha256(PDF).hexdigest())
    assert kept() == []


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"data": b""}, 422, "file-empty"),
        ({"data": b"MZ an executable"}, 422, "file-of-another-kind"),
        ({"data": b"%PDF-" + bytes(10 * 1024 * 1024)}, 413, "too-large"),
        ({"kind": "application/pdf"}, 415, "unsupported-media-type"),
        ({"kind": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
        ({"query": "name="}, 400, "invalid-parameter"),
        ({"query": ""}, 400, "invalid-parameter"),
        ({"query": f"name={'n' * 201}"}, 400, "invalid-parameter"),
        ({"query": "name=a&captured_on=30.3.2024"}, 400, "invalid-parameter"),
        ({"query": "name=a&author=me"}, 400, "unknown-parameter"),
        ({"tag": ""}, 428, "version-missing"),
        ({"tag": '"report-x-1"'}, 412, "object-changed"),
        ({"key": "short"}, 400, "idempotency-key-malformed"),
    ],
)
def test_what_is_no_evidence_is_refused_and_leaves_nothing(client, duty, more, status, code):
    answer = show(client, duty, more.pop("data", PDF), **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Evidence.objects.exists()
    assert kept() == []


def test_only_a_draft_takes_files_and_gives_them_back(client, desk, duty):
    shown = show(client, duty)
    desk.filed(duty)
    answer = show(client, duty, b"\xff\xd8\xff")
    assert (answer.status_code, answer.json()["code"]) == (409, "save-not-from-submitted")
    sha256 = shown.json()["reports"][0]["evidence"][0]["sha256"]
    answer = take_out(client, duty, sha256)
    assert (answer.status_code, answer.json()["code"]) == (409, "save-not-from-submitted")
    fresh = desk.duty(place=1)
    answer = show(client, fresh)
    assert (answer.status_code, answer.json()["code"]) == (409, "draft-missing")
    assert Report.objects.filter(duty=fresh).count() == 0


def test_files_follow_the_rights_of_their_report(client, desk, duty):
    shown = show(client, duty)
    sha256 = shown.json()["reports"][0]["evidence"][0]["sha256"]
    reader = machine(desk.body.commune, Scope.REPORTS_READ)
    is_problem(show(reader, duty, b"\xff\xd8\xff"), 403, "scope-missing")
    is_problem(take_out(reader, duty, sha256), 403, "scope-missing")
    above = machine(desk.body.committee)  # does not see the draft of another unit
    assert show(above, duty, b"\xff\xd8\xff").json()["code"] == "draft-missing"
    is_problem(take_out(above, duty, sha256), 404, "not-found")
    is_problem(take_out(person(desk.verifier), duty, sha256), 403, "not-allowed")
    assert show(person(desk.reporter), duty, b"\xff\xd8\xff").status_code == 201
    assert Evidence.objects.count() == 2


def test_ten_files_are_shown_at_most(client, duty):
    for number in range(10):
        assert show(client, duty, PDF + bytes([number])).status_code == 201
    answer = show(client, duty)
    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-files")
    assert len(kept()) == 10
