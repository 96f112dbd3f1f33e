"""Every error under /api/ is a problem document with a stable code, in the reader's language."""

import re

import pytest
from django.db import DatabaseError
from django.test import Client

from commitments.models import Commitment
from tests.api.described import is_problem, judged, operation
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory, UserFactory
from units.enums import Scope
from units.http import codes
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
VERBS = ("post", "put", "patch", "delete", "options", "trace")
ENGLISH, VIETNAMESE = {"Accept-Language": "en"}, {"Accept-Language": "vi"}


def json_to(client, address: str, text: str | bytes, content_type="application/json"):
    return client.post(address, data=text, content_type=content_type)


# --- addresses and methods ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["", "v1", "v2/", "v1/nothing/", "v1/units", "v1/units/a/b/", "v1/units/ă/", "v1/%00/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_a_problem_to_anybody(path, method):
    for client in (Client(), machine(OrgUnitFactory()), person(UserFactory())):
        is_problem(getattr(client, method)(f"/api/{path}"), 404, "not-found")


def test_a_forgotten_slash_is_explained():
    body = is_problem(Client(headers=ENGLISH).get("/api/v1/units"), 404, "not-found")
    assert "end with a slash" in body["detail"]
    body = is_problem(Client(headers=ENGLISH).get("/api/v1/changes/"), 404, "not-found")
    assert "“/changes” and what stands under it without one" in body["detail"]


@pytest.mark.parametrize("method", VERBS)
@pytest.mark.parametrize("path", ["", "schema/", "docs/", "units/x/", "commitments/x/pdf/"])
def test_what_only_reads_knows_no_other_method(path, method):
    answer = getattr(machine(OrgUnitFactory()), method)(f"/api/v1/{path}")
    is_problem(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_a_form_from_elsewhere_gets_no_page_either():
    """Not even the page of the description answers HTML to a program's mistake."""
    strict = Client(enforce_csrf_checks=True)
    is_problem(strict.post("/api/v1/docs/"), 405, "method-not-allowed")
    is_problem(strict.post("/api/v1/nothing/"), 404, "not-found")


@pytest.mark.parametrize("path", ["", "units/", "commitments/", "schema/"])
def test_head_is_get_without_the_body(path):
    client = machine(OrgUnitFactory())
    head, get = client.head(f"/api/v1/{path}"), client.get(f"/api/v1/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == get["Content-Length"]


@pytest.mark.parametrize("path", ["", "units/", "units/x/", "commitments/", "schema/"])
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_another_form_than_ours_is_refused(path, accept):
    answer = machine(OrgUnitFactory()).get(f"/api/v1/{path}", headers={"Accept": accept})
    is_problem(answer, 406, "not-acceptable")


def test_a_forged_host_is_a_problem():
    is_problem(Client().get("/api/v1/", headers={"Host": "elsewhere.example"}), 400, "bad-request")


# --- bodies ---------------------------------------------------------------------------------------


@pytest.fixture
def returning():
    """A function that posts a body to the return of a commitment, as its logged-in head."""
    version = CommitmentVersionFactory(issued=True)
    browser = person(version.first_undertaker.appointments.get().person)
    address = f"/api/v1/commitments/{version.commitment.ref}/return/"

    def post(text: str | bytes, content_type="application/json"):
        answer = json_to(browser, address, text, content_type)
        judged(answer, "/api/v1/commitments/{ref}/return/", "post")
        return answer

    return post


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" ", "malformed-json"),
        ("{", "malformed-json"),
        ('{"items": NaN}', "malformed-json"),
        ('{"items": Infinity}', "malformed-json"),
        ('{"items": -Infinity}', "malformed-json"),
        ('{"items": [{"text": "\\ud800"}]}', "malformed-json"),
        (b'{"items": "\xff"}', "malformed-json"),
        ("[" * 100_000, "malformed-json"),
        ("9" * 5000, "malformed-json"),
        ('{"items": 1e999}', "malformed-json"),
        ('{"items": -1000000000000000000}', "malformed-json"),
        ('{"items": 1E18}', "malformed-json"),
        ('{"items": 1e99999999999999999999}', "malformed-json"),
        ('{"items": 0.0000001}', "malformed-json"),
        ('{"items": 1e-7}', "malformed-json"),
        ('{"items": -999999999999999999}', "invalid"),
        ('{"items": 9.99999e17}', "invalid"),
        ('{"items": 0.000001}', "invalid"),
        ('{"items": [], "items": []}', "duplicate-field"),
        ('{"items": [{"ordinal": 1, "ordinal": 2}]}', "duplicate-field"),
        ('{"itmes": []}', "unknown-field"),
        ('{"items": [{"ordinal": 1, "note": "x"}]}', "unknown-field"),
        ("[]", "invalid"),
        ('"text"', "invalid"),
        ("null", "invalid"),
        ('{"items": {}}', "invalid"),
        ('{"items": [{"ordinal": 0}]}', "invalid"),
        ('{"items": [{"ordinal": true}]}', "invalid"),
        ('{"items": [{"code": "because"}]}', "invalid"),
        ('{"items": [{"text": "a\\u0000b"}]}', "invalid"),
    ],
)
def test_a_wrong_body_is_refused(returning, text, code):
    is_problem(returning(text), 400, code)


def test_each_wrong_place_is_named():
    version = CommitmentVersionFactory(issued=True)
    browser = person(version.first_undertaker.appointments.get().person)
    address = f"/api/v1/commitments/{version.commitment.ref}/return/"
    answer = json_to(browser, address, '{"items": [{}, {"ordinal": 0, "text": "x"}]}')
    (error,) = is_problem(answer, 400, "invalid")["errors"]
    assert (error["pointer"], error["code"]) == ("/items/1/ordinal", "min-value")
    answer = json_to(browser, address, '{"a/b~c": 1}')
    (error,) = is_problem(answer, 400, "unknown-field")["errors"]
    assert error["pointer"] == "/a~1b~0c"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ],
)
def test_only_json_is_read(returning, content_type):
    is_problem(returning(b"{}", content_type), 415, "unsupported-media-type")


def test_a_large_body_is_refused(returning):
    fits = '{"items": [' + " " * (1024 * 1024 - 13) + "]}"
    assert len(fits) == 1024 * 1024
    is_problem(returning(fits), 403, "use-the-page")
    is_problem(returning(fits + " "), 413, "too-large")
    is_problem(returning(" " * (3 * 1024 * 1024)), 413, "too-large")


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_says_the_number_of_the_request_and_nothing_else(monkeypatch):
    def fail(*_args, **_kwargs):
        raise DatabaseError("relation units_secret does not exist")

    monkeypatch.setattr(Commitment.objects, "shown_to", fail)
    client = machine(OrgUnitFactory())
    client.raise_request_exception = False
    answer = client.get("/api/v1/commitments/")
    body = is_problem(answer, 500, "server-error")
    judged(answer, "/api/v1/commitments/")
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert "secret" not in answer.content.decode()


# --- what all of them have ------------------------------------------------------------------------


def samples():
    client = machine(OrgUnitFactory())
    yield Client().get("/api/v1/units/")
    yield client.get("/api/v1/units/absent/")
    yield client.get("/api/v1/units/?x=1")
    yield client.post("/api/v1/units/")
    yield Client().get("/api/v1/nothing/")
    yield Client().get("/api/v1/", headers={"Host": "elsewhere.example"})


def test_no_answer_of_an_error_is_kept_or_framed():
    for answer in samples():
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-ID"])
        assert not answer.has_header("Access-Control-Allow-Origin")


def test_reading_leaves_nothing_in_the_register():
    for answer in samples():
        assert answer.status_code >= 400
    is_problem(
        machine(OrgUnitFactory(), Scope.ORG_READ).get("/api/v1/plans/"), 403, "scope-missing"
    )
    assert not RegisterEntry.objects.exists()


@pytest.mark.parametrize(
    ("asked", "language"),
    [("vi", "vi"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("fr", "vi"), ("fr,en;q=0.5", "en")],
)
def test_errors_speak_the_language_that_is_asked_for(asked, language):
    said = {
        name: {
            (answer["Content-Language"], answer.json()["title"], answer.json()["detail"])
            for answer in (
                Client(headers={"Accept-Language": name}).get("/api/v1/units/"),
                machine(OrgUnitFactory()).get(
                    "/api/v1/units/?limit=0", headers={"Accept-Language": name}
                ),
            )
        }
        for name in (asked, "en", "vi")
    }
    assert said[asked] == said[language]
    for place in (1, 2):  # title and detail
        assert not {row[place] for row in said["vi"]} & {row[place] for row in said["en"]}
    assert {of for of, _title, _detail in said[asked]} == {language}


@pytest.mark.parametrize("code", sorted(codes.registry()))
def test_every_code_has_its_page(code):
    problem = codes.registry()[code]
    for headers in (ENGLISH, VIETNAMESE):
        answer = Client(headers=headers).get(f"/problems/{code}/")
        assert answer.status_code == 200
        assert code in answer.content.decode()
    assert 400 <= problem.status <= 599


def test_an_error_names_a_page_that_is_there():
    for answer in list(samples())[:5]:
        address = answer.json()["type"].partition("/problems/")[2]
        assert Client().get(f"/problems/{address}").status_code == 200


def test_every_described_code_is_registered():
    for path in ("/api/v1/units/", "/api/v1/commitments/{ref}/return/"):
        method = "post" if path.endswith("return/") else "get"
        for answer in operation(path, method)["responses"].values():
            for code in re.findall(r"^\* `([a-z0-9-]+)`:", answer["description"], re.MULTILINE):
                assert code in codes.registry()


def test_healthz_needs_no_token_no_host_and_no_login():
    answer = Client().get("/healthz", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json()["status"] == "ok"
