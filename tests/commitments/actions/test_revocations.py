"""Received, then confirmed or contested: authorities of this machine that also misbehave."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from commitments.actions import revocations
from commitments.enums.uploads import RevocationState
from commitments.models import RevocationCheck
from tests.commitments.actions.outside import offered, registered, signed, taken, trusted
from tests.commitments.documents.authorities import DAY, cast
from tests.factories.body import NOW, REAL, make_body
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


class Authority(ThreadingHTTPServer):
    """Answers every address with `answers[path]`: bytes, or a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: dict[str, bytes | int] = {}
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Authority

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        answer = self.server.answers.get(self.path, 404)
        status, body = (answer, b"") if isinstance(answer, int) else (200, answer)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/list")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_said) -> None:
        """Say nothing."""


@pytest.fixture
def authority() -> Iterator[Authority]:
    server = Authority()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def body(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return make_body()


@pytest.fixture
def holder(authority):
    """Return the certificate of a head whose agency publishes a list."""
    return cast().agency.issue("Trưởng đơn vị", crl=f"http://{authority.host}/list")


def brought(body, holder, *, hosts: str):
    """Let the head sign outside with `holder`; return the upload."""
    trusted(body, hosts=hosts)
    registered(body, body.secretary, holder)
    row = taken(body, body.issued(second=False), body.secretary)
    return offered(row, signed(row, holder))


def test_newer_list_confirms_what_was_received(body, authority, holder):
    authority.answers["/list"] = cast().agency.revocation_list(at=REAL - DAY)
    upload = brought(body, holder, hosts=authority.host)
    assert revocations.state_of(upload) == RevocationState.RECEIVED
    assert revocations.recheck(at=NOW) == 0  # the list is still older than the signature

    authority.answers["/list"] = cast().agency.revocation_list(at=REAL + DAY)

    assert revocations.recheck(at=NOW) == 1
    assert revocations.state_of(upload) == RevocationState.CONFIRMED
    assert RegisterEntry.objects.filter(kind="document.confirm").count() == 1
    assert revocations.recheck(at=NOW) == 0
    assert RevocationCheck.objects.count() == 2


def test_certificate_found_revoked_before_signing_is_contested(body, authority, holder):
    upload = brought(body, holder, hosts=authority.host)
    authority.answers["/list"] = cast().agency.revocation_list((holder, REAL - DAY), at=REAL + DAY)

    assert revocations.recheck(at=NOW) == 1
    assert revocations.state_of(upload) == RevocationState.CONTESTED
    assert RegisterEntry.objects.filter(kind="document.contest").count() == 1


def test_certificate_known_to_be_revoked_is_refused_at_once(body, authority, holder):
    authority.answers["/list"] = cast().agency.revocation_list((holder, REAL - DAY), at=REAL)

    assert brought(body, holder, hosts=authority.host).rule == "G27"


def test_live_answer_confirms_at_once(body, authority):
    holder = cast().agency.issue("Trưởng đơn vị", responder=f"http://{authority.host}/answers")
    authority.answers["/answers"] = cast().agency.answer(holder, at=REAL + timedelta(hours=1))

    upload = brought(body, holder, hosts=authority.host)

    assert revocations.state_of(upload) == RevocationState.CONFIRMED
    assert authority.asked == ["POST /answers"]


@pytest.mark.parametrize("answer", [500, 302, 404, b"no list", b""])
def test_authority_that_misbehaves_confirms_nothing(answer, body, authority, holder):
    authority.answers |= {"/list": answer}
    upload = brought(body, holder, hosts=authority.host)

    assert upload.rule == ""
    assert revocations.state_of(upload) == RevocationState.RECEIVED
    assert set(authority.asked) == {"GET /list"}  # nothing is followed elsewhere


def test_host_that_nobody_allowed_is_not_asked(body, authority, holder):
    authority.answers["/list"] = cast().agency.revocation_list(at=REAL + DAY)

    upload = brought(body, holder, hosts="crl.example.vn")

    assert revocations.recheck(at=NOW) == 0
    assert revocations.state_of(upload) == RevocationState.RECEIVED
    assert authority.asked == []


def test_site_that_asks_nobody_opens_no_connection(body, authority, holder, settings):
    settings.REVOCATION_CHECK = False

    upload = brought(body, holder, hosts=authority.host)

    assert revocations.state_of(upload) == RevocationState.UNCHECKED
    assert authority.asked == []
