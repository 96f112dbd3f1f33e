"""With a timestamp service: its token, checked, or nothing at all. Never a local time in its place."""

import io

import pytest
from django.test import override_settings
from pyhanko.pdf_utils.reader import PdfFileReader

from commitments.actions import commitments, documents
from commitments.documents import timestamps, validity
from commitments.enums import VersionAct, VersionState
from commitments.models import SealUse, SignatureAct
from tests.commitments.actions.stamping import FAULTS, Authority, service
from tests.factories.body import NOW, make_body
from units.errors import Unavailable
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def stamped(authority, tmp_path):
    """Return a function: settings that ask the service at an address."""
    roots = authority.roots_in(tmp_path)

    def at(url: str):
        return override_settings(
            SIGNATURE_LEVEL="B-T", TIMESTAMP_URL=url, TIMESTAMP_ROOTS_FILE=roots
        )

    return at


def tokens_of(version) -> list[bool]:
    """Return, signature by signature, whether it carries a timestamp token."""
    reader = PdfFileReader(io.BytesIO(documents.bytes_of(version.sealed)))
    return [validity.level_of(signature) == "B-T" for signature in reader.embedded_signatures]


def test_every_signature_gets_a_checked_token_and_reaches_the_level_asked_for(authority, stamped):
    with service(authority) as (url, came), stamped(url):
        version = make_body().in_force()
    assert tokens_of(version) == [True] * 4
    levels = version.sealed.revisions.exclude(no=0).values_list("level_asked", "level_reached")
    assert set(levels) == {("B-T", "B-T")}
    assert len(came) == 4  # one question each, none to learn a size


@pytest.mark.parametrize("fault", FAULTS)
def test_timestamp_failure_never_writes_a_local_time(fault, authority, stamped, monkeypatch):
    body = make_body()
    with service(authority) as (url, _came), stamped(url):
        version = body.issued()
        step_up = body.prepare(VersionAct.SIGN, version, body.secretary)
    before = (SealUse.objects.count(), RegisterEntry.objects.count())
    if fault == "slow":
        monkeypatch.setattr(timestamps, "TIMEOUT", 0.5)
    with (
        service(authority, fault) as (url, came),
        stamped(url),
        pytest.raises(Unavailable) as refused,
    ):
        body.confirm(step_up, body.secretary)
    assert refused.value.code == "timestamp-unavailable"
    assert len(came) == 1
    assert not SignatureAct.objects.exists()
    assert (SealUse.objects.count(), RegisterEntry.objects.count()) == before
    monkeypatch.undo()
    with service(authority) as (url, _came), stamped(url):  # the same proof, once it answers again
        assert body.confirm(step_up, body.secretary).revision.level_reached == "B-T"


def test_a_token_of_a_stranger_is_none(authority, stamped):
    body = make_body()
    version = body.draft()
    with (
        service(Authority("Somebody else")) as (url, _came),
        stamped(url),
        pytest.raises(Unavailable),
    ):
        commitments.issue(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
        )
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


def test_a_service_that_is_down_refuses_the_act(stamped):
    body = make_body()
    version = body.draft()
    with stamped("http://127.0.0.1:9/"), pytest.raises(Unavailable) as refused:
        commitments.issue(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
        )
    assert refused.value.code == "timestamp-unavailable"
    assert not SealUse.objects.exists()


def test_without_a_service_nobody_is_asked(authority, settings):
    with service(authority) as (url, came):
        settings.TIMESTAMP_URL = url  # named, and the level does not ask for it
        version = make_body().issued()
    assert came == []
    assert tokens_of(version) == [False]
