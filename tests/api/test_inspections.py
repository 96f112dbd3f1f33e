"""Inspections by REST: read as described, with their files, by whoever sees the target alone."""

import pytest

from commitments.actions.evidence import Sent
from tests.api.described import is_problem, judged
from tests.factories.inspections import make_inspecting
from tests.factories.readers import machine

pytestmark = pytest.mark.django_db
INSPECTIONS = "/api/v1/inspections/"
PNG = b"\x89PNG\r\n\x1a\n photo"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def made():
    found = make_inspecting()
    found.fix()
    return found


def test_a_record_is_read_with_its_file_and_what_stands_in_its_place(made):
    wrong = made.record(made.units[0], files=[Sent("anh.png", PNG)])
    right = made.correct(wrong, unit_id=made.units[1].pk)
    client = machine(made.body.committee)
    rows = judged(client.get(INSPECTIONS), INSPECTIONS)["results"]
    assert [row["ref"] for row in rows] == [wrong.ref, right.ref]
    body = judged(client.get(f"{INSPECTIONS}{wrong.ref}/"), f"{INSPECTIONS}{{ref}}/")
    assert (body["counts"], body["corrected_by"], body["corrects"]) == (False, right.ref, None)
    assert (rows[1]["counts"], rows[1]["corrects"]) == (True, wrong.ref)
    (file,) = rows[1]["files"]
    answer = client.get(f"{INSPECTIONS}{right.ref}/files/{file['sha256']}/")
    judged(answer, f"{INSPECTIONS}{{ref}}/files/{{sha256}}/")
    assert answer.content == PNG


def test_whoever_does_not_see_the_target_sees_nothing_of_it(made):
    row = made.record(made.units[0], files=[Sent("anh.png", PNG)])
    sha256 = row.evidence.get().sha256
    client = machine(made.body.commune)
    assert client.get(INSPECTIONS).json()["results"] == []
    for address in (f"{row.ref}/", f"{row.ref}/files/{sha256}/"):
        is_problem(client.get(f"{INSPECTIONS}{address}"), 404, "not-found")
