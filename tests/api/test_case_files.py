"""Files of backlog cases by REST: named in the case, read by who sees it, added by people alone."""

import hashlib

import pytest
from django.db import transaction

from commitments.actions import backlog, evidence, explanations, resolutions
from commitments.models import BacklogCase, Explanation
from tests.api.described import is_problem, judged
from tests.api.writes import CASES, new_key
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW
from tests.factories.readers import machine
from tests.factories.units import OrgUnitFactory
from units.clock import local_date
from units.enums import Scope

pytestmark = pytest.mark.django_db
PDF, PICTURE = b"%PDF-1.7\n", b"\xff\xd8\xff"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def holder_of(case: BacklogCase):
    return case.office.appointments.get().person


def explained(case: BacklogCase) -> Explanation:
    """Explain what a step asked for, with a picture."""
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    asked = case.clocks.get().explanations.create(
        generation=1, level=2, asked_at=NOW, due_on=local_date(NOW)
    )
    return explanations.give(
        explanation_id=asked.pk,
        text="Mưa lũ",
        by=holder_of(case),
        at=NOW,
        attached=[evidence.Sent("Ảnh lũ.jpg", PICTURE)],
    )


def resolved(case: BacklogCase) -> None:
    """Say that it is resolved, with the product."""
    resolutions.resolve(
        case_id=case.pk,
        outcome="Đã bàn giao",
        by=holder_of(case),
        expected=BacklogCase.objects.get(pk=case.pk).etag_version,
        at=NOW,
        attached=[evidence.Sent("Biên bản.docx", PDF)],
    )


def test_files_stand_in_the_case_with_their_act_and_are_read_by_their_hash():
    case = BacklogCaseFactory(assigned=True)
    client, address = machine(case.assigner_unit), f"{CASES}{case.ref}/"
    tags = []
    for act in (lambda _case: None, explained, resolved):
        act(case)
        answer = client.get(address)
        said = judged(answer, f"{CASES}{{ref}}/")
        tags.append(answer["ETag"])
    assert len(set(tags)) == 3  # a copy that lacks a file is not the newest
    assert [(one["name"], one["shown_for"], one["size"]) for one in said["files"]] == [
        ("Ảnh lũ.jpg", "explain", len(PICTURE)),
        ("Biên bản.pdf", "resolve", len(PDF)),
    ]
    listed = judged(client.get(CASES), CASES)["results"]
    assert listed == [said]
    for data in (PICTURE, PDF):
        found = client.get(f"{address}files/{sha256(data)}/")
        judged(found, f"{CASES}{{ref}}/files/{{sha256}}/")
        assert found.content == data
        assert found["Content-Disposition"] == "attachment"
        assert found["X-Content-Type-Options"] == "nosniff"


def test_who_does_not_see_the_case_finds_no_file_of_it():
    case, other = BacklogCaseFactory(assigned=True), BacklogCaseFactory(assigned=True)
    explained(case)
    own = f"{CASES}{case.ref}/files/{sha256(PICTURE)}/"
    stranger = machine(OrgUnitFactory())
    is_problem(stranger.get(own), 404, "not-found")
    of_another = f"{CASES}{other.ref}/files/{sha256(PICTURE)}/"
    is_problem(machine(other.unit).get(of_another), 404, "not-found")
    is_problem(machine(case.unit, Scope.REPORTS_READ).get(own), 403, "scope-missing")
    assert machine(case.unit).get(own).status_code == 200


@pytest.mark.parametrize("method", ["post", "delete"])
def test_no_program_adds_a_file_or_takes_one_away(method):
    case = BacklogCaseFactory(assigned=True)
    explained(case)
    client = machine(case.unit)
    answer = client.generic(
        method.upper(),
        f"{CASES}{case.ref}/files/{sha256(PICTURE)}/",
        PDF,
        headers={
            "Idempotency-Key": new_key(),
            "If-Match": client.get(f"{CASES}{case.ref}/")["ETag"],
        },
    )
    is_problem(answer, 405, "method-not-allowed")
    assert case.evidence.count() == 1


def test_bytes_that_were_changed_on_the_disk_are_not_handed_out(settings):
    case = BacklogCaseFactory(assigned=True)
    explained(case)
    for path in (settings.DATA_DIR / "evidence").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"other")
    answer = machine(case.unit).get(f"{CASES}{case.ref}/files/{sha256(PICTURE)}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "file-gone")
