"""The public page: what a stranger learns of a document, and what not."""

import uuid

import pytest
import time_machine
from django.test import Client

from commitments.enums import VersionAct, VersionState
from commitments.models import SealCertificate
from commitments.rules import verify
from tests.factories.body import make_body
from tests.factories.commitments_versions import CommitmentVersionFactory
from units import clock

pytestmark = pytest.mark.django_db
PAGE = "/verify/"
STATES = [state for state in VersionState if state != VersionState.DRAFT]
SAID = {
    VersionState.ISSUED: "Not in force yet: 2 signatures are awaited.",
    VersionState.SIGNED: "Not in force yet: 1 signature is awaited.",
    VersionState.RETURNED: "Not in force: a signatory has returned it",
    VersionState.REFUSED: "Not in force: a signatory has refused it",
    VersionState.IN_FORCE: "In force: every signature",
    VersionState.SUPERSEDED: "superseded by version 2",
    VersionState.VOIDED: "Voided: it does not hold",
    VersionState.SETTLED: "Settled: its period is over",
}


@pytest.fixture(autouse=True)
def _own_counts(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def stranger():
    return Client(headers={"Accept-Language": "en"})


def digest_of(version, no: int = 0) -> str:
    return version.document.revisions.get(no=no).sha256


@pytest.mark.parametrize("state", STATES)
def test_a_code_says_how_the_document_stands(state, stranger):
    version = CommitmentVersionFactory(**{state.value: True})
    answer = stranger.get(f"{PAGE}{version.document.code}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert SAID[state] in page
    assert version.commitment.number in page
    assert version.document.content_sha256 in page
    assert digest_of(version) in page
    assert str(version.first_undertaker.title) in page


def test_the_code_is_taken_as_people_type_it(stranger):
    code = CommitmentVersionFactory(issued=True).document.code
    typed = f"{code[:4]} {code[4:9]}-{code[9:]}".lower()
    answer = stranger.get(PAGE, {"code": typed, "lang": "vi"})
    assert answer["Location"] == f"{PAGE}{code}/?lang=vi"


def test_a_signature_shows_office_grade_and_time_with_offset(stranger):
    body = make_body()
    version = body.in_force()
    page = stranger.get(f"{PAGE}{version.document.code}/").content.decode()
    assert page.count("02/02/2024 09:00:00 +0700") >= 3
    assert page.count("tag--grade") == 3
    assert "Committee Secretary" in page


def test_nobody_is_named(stranger):
    """People stand in the register and on the paper; here stand offices."""
    body = make_body()
    for person in (body.secretary, body.chair):
        person.full_name = f"Họ Tên {person.pk}"
        person.save(update_fields=["full_name"])
    version = body.issued()
    body.act(VersionAct.SIGN, version, body.secretary)
    body.act(VersionAct.REFUSE, version, body.chair)
    for address in (f"{PAGE}{version.document.code}/", f"{PAGE}?sha256={digest_of(version)}"):
        page = stranger.get(address).content.decode()
        assert "Secretary" in page
        assert "Họ Tên" not in page
        assert "@example.org" not in page
        assert "This belongs to the other unit." not in page  # nor why it was refused


def test_a_stranger_leaves_and_takes_nothing(stranger):
    version = CommitmentVersionFactory(in_force=True)
    for address in (
        PAGE,
        f"{PAGE}{version.document.code}/",
        f"{PAGE}?sha256={digest_of(version)}&lang=vi",
    ):
        answer = stranger.get(address)
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"


def test_demonstration_data_says_so(stranger):
    version = CommitmentVersionFactory(issued=True, commitment__provenance="synthetic")
    page = stranger.get(f"{PAGE}{version.document.code}/").content.decode()
    assert "not a real commitment" in page
    real = CommitmentVersionFactory(issued=True)
    assert (
        "not a real commitment" not in stranger.get(f"{PAGE}{real.document.code}/").content.decode()
    )


# --- files ----------------------------------------------------------------------------------------


def seal_use(digest: str) -> None:
    """Note that the seal was put on a file of that digest, which nobody stored."""
    at = clock.real_now()
    certificate = SealCertificate.objects.create(
        fingerprint="0" * 64, subject="CN=DEMO", valid_until=at, is_demo=True, first_used_at=at
    )
    certificate.uses.create(
        document_uuid=uuid.uuid4(), base_no=1, out_sha256=digest, cms_sha256=digest, at=at
    )


def test_each_answer_about_a_file(stranger):
    in_force = CommitmentVersionFactory(in_force=True)
    first, newest = (
        digest_of(in_force),
        digest_of(in_force, no=in_force.document.revisions.count() - 1),
    )
    voided = CommitmentVersionFactory(voided=True)
    superseded = CommitmentVersionFactory(superseded=True)
    seal_use("1" * 64)
    for digest, said in {
        newest: "Genuine, and the newest stage",
        first: "Genuine, an earlier stage",
        digest_of(voided): "Genuine, but no longer valid",
        digest_of(superseded): "Genuine, but no longer valid",
        "0" * 64: "does not mean that it is forged",
        "1" * 64: "never completed",
    }.items():
        answer = stranger.get(PAGE, {"sha256": digest.upper()})
        assert answer.status_code == 200
        assert said in answer.content.decode(), said


def test_an_earlier_file_says_what_it_lacks(stranger):
    body = make_body()
    version = body.issued()
    body.act(VersionAct.SIGN, version, body.secretary)
    for no, lacks in ((0, True), (1, True), (2, False)):
        page = stranger.get(PAGE, {"sha256": digest_of(version, no=no)}).content.decode()
        assert ("does not carry" in page) == lacks


def test_a_demo_seal_is_called_one(stranger):
    version = make_body().issued()
    assert "DEMO seal" in stranger.get(f"{PAGE}{version.document.code}/").content.decode()


def test_what_is_no_digest_is_told_what_one_is(stranger):
    answer = stranger.get(PAGE, {"sha256": "abc"})
    assert answer.status_code == 422
    assert "A SHA-256 has 64 digits" in answer.content.decode()
    assert 'value="abc"' in answer.content.decode()


def test_the_page_says_how_to_compute_a_digest_by_hand(stranger):
    page = stranger.get(PAGE).content.decode()
    for command in ("certutil -hashfile", "sha256sum", "shasum -a 256"):
        assert command in page


# --- guessing -------------------------------------------------------------------------------------


def unknown_code(n: int) -> str:
    body = f"{n:016d}"
    while (check := verify.check_character(body)) not in verify.CROCKFORD:
        body = body[:-1] + "Z"
    return body + check


def test_a_slip_and_an_unknown_code_are_told_apart(stranger):
    code = unknown_code(7)
    unknown = stranger.get(f"{PAGE}{code}/")
    slip = stranger.get(PAGE, {"code": code[:-1] + ("0" if code[-1] != "0" else "1")})
    assert (unknown.status_code, slip.status_code) == (404, 404)
    assert "No document of this installation" in unknown.content.decode()
    assert "has a slip" in slip.content.decode()


def test_whoever_tries_codes_waits(stranger, settings, time_machine_stopped):
    code = CommitmentVersionFactory(issued=True).document.code
    for n in range(settings.VERIFY_MISSES_PER_MINUTE):
        assert stranger.get(f"{PAGE}{unknown_code(n)}/").status_code == 404
    refused = stranger.get(f"{PAGE}{code}/")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= 60
    assert "Too many questions" in refused.content.decode()
    other = Client(REMOTE_ADDR="198.51.100.9", headers={"Accept-Language": "en"})
    assert other.get(f"{PAGE}{code}/").status_code == 200
    time_machine_stopped.shift(60)
    assert stranger.get(f"{PAGE}{code}/").status_code == 200


def test_whoever_asks_too_often_waits(stranger, settings, time_machine_stopped):
    settings.VERIFY_PER_MINUTE = 2
    code = CommitmentVersionFactory(issued=True).document.code
    answers = [stranger.get(f"{PAGE}{code}/").status_code for _time in range(3)]
    assert answers == [200, 200, 429]
    assert stranger.get(PAGE).status_code == 200  # to read how it is done costs nothing


def test_what_is_counted_names_nobody(stranger, settings):
    stranger.get(f"{PAGE}{unknown_code(1)}/", REMOTE_ADDR="203.0.113.77")
    names = [path.name for path in (settings.DATA_DIR / "throttle").iterdir()]
    assert names
    assert not any("203" in name.partition(".")[0] and "113" in name for name in names)


@pytest.fixture
def time_machine_stopped():
    """Real time stands still, so that a minute does not end in the middle of a test."""
    with time_machine.travel(clock.real_now().replace(second=1), tick=False) as traveller:
        yield traveller


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_for_one_and_three_revisions(count, stranger, django_assert_num_queries):
    version = CommitmentVersionFactory(in_force=True, both=count > 1, items=count)
    code, digest = version.document.code, digest_of(version)
    with django_assert_num_queries(5):  # version, acts, slots, revisions, seal
        assert stranger.get(f"{PAGE}{code}/").status_code == 200
    with django_assert_num_queries(6):
        assert stranger.get(PAGE, {"sha256": digest}).status_code == 200
