"""Whatever is sent, an error under /api/ is a problem document, and never a fault of ours."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.api.described import PROBLEM, complaints, is_problem
from tests.api.writes import WRITES, Write, entries, new_key, scene
from tests.factories.body import make_body
from tests.factories.readers import machine, person
from units.http import codes

pytestmark = pytest.mark.django_db
BODIES = [
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"\x00",
    b"\xef\xbb\xbf{}",  # a byte order mark
    b"\xff\xfe{\x00}\x00",  # UTF-16
    '{"name_vi": "Xã"}'.encode("latin-1"),
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"name_vi": NaN}',
    b'{"name_vi": -Infinity}',
    b'{"name_vi": 1e999}',
    b'{"name_vi": ' + b"9" * 5000 + b"}",
    b'{"name_vi": ' + b"9" * 4000 + b"}",
    b'{"name_vi": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"name_vi": "a", "name_vi": "b"}',
    b'{"unit": {"deep": [{"er": 1, "er": 2}]}}',
    b'{"' + b"k" * 100_000 + b'": 1}',
    b" " * (1024 * 1024 + 1),
    b" " * (3 * 1024 * 1024),  # more than Django itself takes
]
VALUES = [
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 100_000,
    "1e999999999",
    "1e99999999999999999999",
    "Infinity",
    "9999-99-99",
    "0000-00-00",
    [],
    [None],
    {},
    {"": {}},
]
TYPES = ["", "text/plain", "multipart/form-data", "application/json; charset=utf-16", ";;=", "\xff"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "x"]
PATHS = [
    "",
    "v1",
    "/v1/",
    "v1/units",
    "v1/units/%ff/",
    "v1/units/%ed%a0%80/",
    "v1/units/?unit=%00",
    "v1/units/?kind=%ff",
    "v1/units/?page=%00",
    "v1/units/?limit=" + "9" * 5000,
    "v1/units/" + "a" * 3000 + "/",
    "v1/changes?after=%00",
    "v1/changes/start?types=%ff",
    "v1/verify/%00/",
    "v1/verify/sha256/x/",
]
HEADERS = [
    {"Host": "elsewhere.example"},
    {"Host": "a b"},
    {"Accept": "text/html"},
    {"Accept": "application/json; indent=x"},
    {"Accept": ",;"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer \xff"},
    {"Authorization": "Basic eA=="},
    {"Accept-Language": "\xff"},
    {"Idempotency-Key": "\xff" * 16},
    {"If-Match": "\xff"},
    {"Cookie": "session=\xff"},
]


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.API_READS_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 10**6
    settings.API_FEED_PER_MINUTE = 10**6


def fault_of(answer) -> str:
    """Say what is wrong with an answer that shall be no fault; nothing for a problem or a success."""
    if answer.status_code < 400:
        return ""
    if answer.status_code >= 500 or answer["Content-Type"] != "application/problem+json":
        return f"{answer.status_code} {answer['Content-Type']}: {answer.content[:200]}"
    said = answer.json()
    kind = said["type"].rstrip("/").rpartition("/")[2]
    known = [] if kind in codes.registry() else [f"no page explains {kind}"]
    return "; ".join([*complaints(said, PROBLEM), *known])


class Sender:
    """Sends anything to the address of one write, which would be done if the body were good."""

    def __init__(self, write: Write) -> None:
        body, self._ref, self._client = scene(write)
        self._write, self.good = write, write.sends(body)
        self._tag = "" if write.creates else write.tag(self._client, self._ref)
        self._client.raise_request_exception = False

    def send(self, text: str | bytes, content_type: str = "application/json"):
        headers = {"Idempotency-Key": new_key()} | ({"If-Match": self._tag} if self._tag else {})
        address = self._write.path.replace("{ref}", self._ref)
        return self._client.generic(
            self._write.method.upper(), address, text, content_type, headers=headers
        )


@pytest.mark.parametrize("name", ["create target", "change target", "allocate target"])
def test_what_is_no_json_of_ours_is_refused_and_writes_nothing(name):
    sender = Sender(next(write for write in WRITES if write.name == name))
    before = entries()
    answers = [(text[:40], sender.send(text)) for text in BODIES]
    answers += [(kind, sender.send(b"{}", kind)) for kind in TYPES]
    assert {answer.status_code for _sent, answer in answers} == {400, 413, 415}
    assert [(sent, fault) for sent, answer in answers if (fault := fault_of(answer))] == []
    assert entries() == before


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_no_value_of_a_field_is_a_fault(write):
    sender = Sender(write)
    for name in sender.good:
        for value in VALUES:  # some are good, of free texts for example
            with transaction.atomic():
                answer = sender.send(json.dumps(sender.good | {name: value}))
                transaction.set_rollback(True)
            assert fault_of(answer) == "", (name, str(value)[:40])


@pytest.mark.parametrize("who", ["anybody", "machine", "person", "forger"])
def test_no_address_and_no_header_is_a_fault(who):
    body = make_body()
    client = {
        "anybody": Client,
        "machine": lambda: machine(body.committee),
        "person": lambda: person(body.planner),
        "forger": lambda: Client(enforce_csrf_checks=True),
    }[who]()
    if who == "forger":
        client.force_login(body.planner)
    client.raise_request_exception = False
    faults = [
        (method, path, fault_of(client.generic(method, f"/api/{path}")))
        for method in METHODS
        for path in PATHS
    ]
    faults += [
        (method, path, headers, fault_of(client.generic(method, f"/api/{path}", headers=headers)))
        for method in METHODS
        for path in ("v1/units/", "v1/targets/", "v1/nothing/")
        for headers in HEADERS
    ]
    assert [row for row in faults if row[-1]] == []


@pytest.mark.parametrize("who", ["machine", "person"])
def test_a_database_that_is_gone_is_a_problem_too(who):
    """Wherever it is noticed: in the middleware that reads the login, or where a token is looked up."""
    body = make_body()
    client = machine(body.committee) if who == "machine" else person(body.planner)
    client.raise_request_exception = False

    def gone(*_args):
        raise DatabaseError("server closed the connection")

    with connection.execute_wrapper(gone):
        answer = client.get("/api/v1/units/")
    said = is_problem(answer, 500, "server-error")
    assert set(said) == {"type", "title", "status", "detail", "code", "request_id"}
