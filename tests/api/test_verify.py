"""The public answers for programs."""

import pytest
from django.test import Client

from commitments.enums import VersionAct
from tests.api.described import is_problem, judged
from tests.factories.body import make_body
from tests.factories.commitments_versions import CommitmentVersionFactory

pytestmark = pytest.mark.django_db
CODE, FILE = "/api/v1/verify/{code}/", "/api/v1/verify/sha256/{sha256}/"


def test_a_code_says_what_the_page_says():
    body = make_body()
    version = body.issued()
    body.act(VersionAct.SIGN, version, body.secretary)
    code = version.document.code
    said = judged(Client().get(CODE.format(code=code)), CODE)
    assert (said["number"], said["version"], said["state"]) == (
        version.commitment.number,
        1,
        "issued",
    )
    assert [(row["office_en"], row["grade"], row["at"]) for row in said["signatories"]] == [
        ("Secretary", "online", "2024-02-02T02:00:00Z"),
        ("Chair", None, None),
        ("Committee Secretary", None, None),
    ]
    assert said["page"] == f"http://testserver/verify/{code}/"
    assert body.secretary.email not in str(said)
    spaced = judged(Client().get(CODE.format(code=f"{code[:5]}-{code[5:].lower()}")), CODE)
    assert spaced == said


def test_a_file_says_what_it_is():
    version = CommitmentVersionFactory(superseded=True)
    digest = version.document.revisions.get(no=0).sha256
    said = judged(Client().get(FILE.format(sha256=digest)), FILE)
    assert (said["answer"], said["revision"]) == ("ended", 0)
    assert said["document"]["superseded_by"] == 2
    unknown = judged(Client().get(FILE.format(sha256="0" * 64)), FILE)
    assert unknown == {
        "sha256": "0" * 64,
        "answer": "unknown",
        "revision": None,
        "later": [],
        "document": None,
    }


def test_what_cannot_be_asked_is_a_problem(settings):
    is_problem(Client().get(CODE.format(code="nothing")), 404, "code-mistyped")
    is_problem(Client().get(CODE.format(code="0" * 17)), 404, "code-unknown")
    is_problem(Client().get(FILE.format(sha256="abc")), 422, "digest-malformed")
    is_problem(Client().get(FILE.format(sha256="0" * 64), {"x": "1"}), 400, "unknown-parameter")
    settings.VERIFY_MISSES_PER_MINUTE = 0
    refused = Client().get(CODE.format(code="0" * 17))
    is_problem(refused, 429, "too-many-requests")
    assert int(refused["Retry-After"]) <= 60
