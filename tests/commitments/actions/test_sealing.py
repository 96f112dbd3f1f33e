"""Issue and acts with their bytes: no status without its revision, no revision without its act."""

import hashlib
import io
import json
import re
import subprocess

import pytest
from django.db import connection
from pypdf import PdfReader

from commitments.actions import checks, commitments, documents, sealing, signatures, slots
from commitments.documents import seal
from commitments.enums import CheckStatus, VersionAct, VersionState
from commitments.health import figures
from commitments.models import (
    Document,
    DocumentChain,
    DocumentRevision,
    RevisionCheck,
    SealCertificate,
    SealUse,
    SignatureAct,
)
from commitments.web.checks import UNPROVED
from tests import seals
from tests.commitments.documents.test_seal import pdfsig
from tests.factories.body import NOW, REAL, make_body
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.units import HeadFactory, OrgUnitFactory
from tests.flushing import triggers_lifted
from units.errors import Conflict, Unavailable
from units.models import RegisterEntry, User

pytestmark = pytest.mark.django_db
A = VersionAct


def kinds(version):
    return list(version.sealed.revisions.order_by("no").values_list("kind", flat=True))


def test_seal_exists_before_the_first_signature():
    version = make_body().issued()
    assert kinds(version) == ["rendered", "sealed"]
    assert version.sealed.chain.last_no == 1
    reader = PdfReader(io.BytesIO(documents.bytes_of(version.sealed)))
    assert "/DocMDP" in reader.trailer["/Root"]["/Perms"]
    assert reader.attachments["content.json"] == [version.sealed.content.encode()]


@pytest.mark.program("pdfsig")
def test_every_revision_of_a_commitment_in_force_convinces_a_stranger(tmp_path):
    version = make_body().in_force()
    assert kinds(version) == ["rendered", "sealed", "act", "act", "act"]
    rows = list(version.sealed.revisions.order_by("no"))
    files = [documents.bytes_of(version.sealed, no=row.no) for row in rows]
    for before, row, pdf in zip([b"", *files], rows, files, strict=False):
        assert pdf.startswith(before)
        assert (len(pdf), hashlib.sha256(pdf).hexdigest()) == (row.length, row.sha256)
        found = pdfsig(pdf, tmp_path / f"{row.no}.pdf")
        assert len(found) == row.no
        assert all("Signature is Valid." in part for part in found.values())
        assert sum("- Total document signed" in part for part in found.values()) == min(row.no, 1)


def test_the_stamp_says_who_in_which_office_when_with_offset_and_which_grade():
    body = make_body()
    version = body.issued()
    act = body.act(A.SIGN, version, body.secretary)
    done = subprocess.run(
        ["pdftotext", "-", "-"],
        input=documents.bytes_of(version.sealed),
        capture_output=True,
        check=True,
    )
    shown = " ".join(done.stdout.decode().split())
    printed = json.loads(act.as_printed)
    for said in (printed["name"], printed["title_vi"], "02/02/2024 09:00:00 +07:00"):
        assert said in shown
    assert "PHÊ DUYỆT TRỰC TUYẾN" in shown
    assert "Mã xác thực" in shown  # the factor, in words
    assert "totp" not in shown
    assert "DEMO" in shown


def test_no_state_without_its_revision():
    """A reason leaves the file alone; a signature never does; and each act names its own bytes."""
    body = make_body()
    version = body.issued()
    signed = body.act(A.SIGN, version, body.secretary)
    returned = body.act(A.RETURN, version, body.chair)
    assert returned.revision is None
    assert signed.revision == documents.last_revision(version.sealed)
    entry = RegisterEntry.objects.get(kind="commitment.sign")
    assert json.loads(entry.text)["data"]["result_sha256"] == signed.revision.sha256
    assert kinds(version) == ["rendered", "sealed", "act"]


def test_each_use_of_the_seal_is_on_record_with_its_certificate():
    version = make_body().in_force()
    used = SealUse.objects.order_by("base_no")
    revisions = version.sealed.revisions.exclude(no=0).order_by("no")
    assert [row.out_sha256 for row in used] == [row.sha256 for row in revisions]
    assert {row.document_uuid for row in used} == {version.sealed.uuid}
    certificate = SealCertificate.objects.get()
    assert certificate.is_demo
    assert certificate.chain.count("BEGIN CERTIFICATE") == 2
    assert {row.level_asked + row.level_reached for row in revisions} == {"B-BB-B"}


def test_without_a_seal_nothing_is_signed(settings, tmp_path):
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    before = (SealUse.objects.count(), RegisterEntry.objects.count())
    settings.SEAL_PKCS12_FILE = str(tmp_path / "nowhere.p12")
    with pytest.raises(Unavailable) as refused:
        body.confirm(step_up, body.secretary)
    assert refused.value.code == "seal-missing"
    assert (SealUse.objects.count(), RegisterEntry.objects.count()) == before
    assert not SignatureAct.objects.exists()


def test_without_a_seal_nothing_is_issued(settings, tmp_path):
    body = make_body()
    version = body.draft()
    settings.SEAL_PKCS12_FILE = str(tmp_path / "nowhere.p12")
    with pytest.raises(Unavailable) as refused:
        commitments.issue(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
        )
    assert refused.value.code == "seal-missing"
    version.refresh_from_db()
    assert (version.state, version.document) == (VersionState.DRAFT, None)


def test_a_seal_past_its_end_seals_nothing(settings, tmp_path):
    body = make_body()
    version = body.draft()
    path, password_file = seals.make_own(tmp_path, days=0)
    settings.SEAL_PKCS12_FILE, settings.SEAL_PASSWORD_FILE = str(path), str(password_file)
    with pytest.raises(Unavailable) as refused:
        commitments.issue(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
        )
    assert refused.value.code == "seal-missing"
    assert not Document.objects.exists()


def test_documents_of_an_old_seal_stay_provable_after_a_new_one(settings, tmp_path):
    body = make_body()
    version = body.signed()
    path, password_file = seals.make_own(tmp_path)
    settings.SEAL_PKCS12_FILE, settings.SEAL_PASSWORD_FILE = str(path), str(password_file)
    body.act(A.COUNTERSIGN, version, body.assigner)
    assert SealCertificate.objects.count() == 2
    assert checks.carry_on() == 3
    assert set(RevisionCheck.objects.values_list("status", flat=True)) == {CheckStatus.VALID}


# --- two parties, one revision ---------------------------------------------------------------------


def test_bytes_for_a_revision_that_is_no_longer_the_last_are_thrown_away():
    """Both continue revision 1; the second is refused, and only its use of the seal stays."""
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.chair)
    place = slots.place_for(A.SIGN, version, by=body.chair, at=NOW)
    shown = signatures.sealed(step_up, place, by=body.chair, method="totp", at=NOW)
    body.act(A.SIGN, version, body.secretary)
    with pytest.raises(Conflict) as refused:
        documents.append_revision(version.sealed, shown.added, kind="act")
    assert refused.value.code == "revision-moved"
    assert kinds(version) == ["rendered", "sealed", "act"]
    assert SealUse.objects.filter(out_sha256=shown.added.sha256, base_no=1).exists()
    assert not DocumentRevision.objects.filter(sha256=shown.added.sha256).exists()


# --- documents of earlier releases -------------------------------------------------------------------


@pytest.fixture
def unsealed():
    """A version of an earlier release: revision 0 alone, awaiting signatures."""
    body = make_body()
    version = body.issued()
    connection.check_constraints()  # PostgreSQL alters no table with something pending on it
    with triggers_lifted():
        DocumentChain.objects.all().delete()
        DocumentRevision.objects.filter(no=1).delete()
        connection.check_constraints()
    return body, version


def test_what_was_issued_before_seals_is_not_signed(unsealed):
    body, version = unsealed
    step_up = body.prepare(A.SIGN, version, body.secretary)
    with pytest.raises(Conflict) as refused:
        body.confirm(step_up, body.secretary)
    assert refused.value.code == "document-not-sealed"
    assert not SignatureAct.objects.exists()


def test_what_was_issued_before_seals_can_be_returned_or_amended(unsealed):
    body, version = unsealed
    assert [row.pk for row in UNPROVED.rows(body.supervisor, at=NOW)] == [version.pk]
    follower = commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason="To be sealed.",
        sign_by=version.sign_by,
    )
    assert follower.n == 2
    assert UNPROVED.count(body.supervisor, at=NOW) == 0


def test_the_page_says_that_it_is_not_sealed(unsealed, client):
    body, version = unsealed
    client.force_login(body.planner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/commitments/{version.commitment.ref}/").content.decode()
    assert "Chưa đóng dấu" in page


# --- full validation ---------------------------------------------------------------------------------


def test_the_job_validates_each_new_revision_once():
    version = make_body().signed()
    assert checks.carry_on(limit=2) == 2
    assert checks.carry_on() == 1
    assert checks.carry_on() == 0
    assert RevisionCheck.objects.filter(status=CheckStatus.VALID).count() == 3
    assert not RevisionCheck.objects.filter(revision__no=0).exists()
    assert not checks.unchecked().filter(document=version.sealed).exists()


def test_countersigning_validates_what_the_job_has_not():
    body = make_body()
    version = body.signed()
    body.act(A.COUNTERSIGN, version, body.assigner)
    assert list(RevisionCheck.objects.values_list("revision__no", "status")) == [(3, "valid")]


def test_an_invalid_signature_stops_the_countersignature_and_is_listed():
    version = CommitmentVersionFactory(signed=True, signed_by=[], both=True)  # bytes of no PDF
    wrong = checks.validate(version.sealed.revisions.get(no=1))
    assert wrong.status == CheckStatus.INVALID
    with pytest.raises(Conflict) as refused:
        checks.require_valid(version.sealed)
    assert refused.value.code == "revision-invalid"
    shown = {str(label): (value, well) for label, value, well in figures(REAL)}
    assert (version.sealed.code, False) in shown.values()


def test_a_later_good_check_takes_the_fault_off_the_list():
    version = make_body().issued()
    revision = version.sealed.revisions.get(no=1)
    RevisionCheck.objects.create(
        revision=revision, status=CheckStatus.INVALID, faults="seal: ?", checked_at=REAL
    )
    assert checks.invalid().count() == 1
    assert checks.validate(revision).status == CheckStatus.VALID
    assert checks.invalid().count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_bucket_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    district = OrgUnitFactory(district=True)
    reader = HeadFactory(position__unit=district).person
    for _time in range(count):
        version = CommitmentVersionFactory(signed=True, commitment__assigner_unit=district)
        checks.validate(version.sealed.revisions.get(no=1))
    with django_assert_num_queries(8):
        assert len(UNPROVED.rows(reader, at=NOW)) == count


# --- downloads ---------------------------------------------------------------------------------------


def test_every_revision_is_downloaded_byte_for_byte_by_page_and_by_none_who_may_not(client):
    body = make_body()
    version = body.signed()
    address = f"/commitments/{version.commitment.ref}/pdf/"
    assert client.get(address).status_code == 302
    client.force_login(body.planner, backend="allauth.account.auth_backends.AuthenticationBackend")
    for row in version.sealed.revisions.order_by("no"):
        given = client.get(f"{address}?version=1&revision={row.no}")
        assert hashlib.sha256(given.content).hexdigest() == row.sha256
        assert given["ETag"] == f'"{row.sha256}"'
    for wrong in ("9", "-1", "x", "99999"):
        assert client.get(f"{address}?revision={wrong}").status_code == 404
    page = client.get(f"/commitments/{version.commitment.ref}/").content.decode()
    assert [int(no) for no in re.findall(r"revision=(\d+)", page)] == [0, 1, 2, 3]
    client.force_login(
        User.objects.create_user("stranger", None, full_name="Stranger"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert client.get(f"{address}?revision=0").status_code == 404


def test_no_key_or_password_is_logged(settings, tmp_path, caplog):
    path, password_file = seals.make_own(tmp_path)
    password_file.write_bytes(b"a wrong one\n")
    settings.SEAL_PKCS12_FILE, settings.SEAL_PASSWORD_FILE = str(path), str(password_file)
    with pytest.raises(Unavailable):
        sealing.open_key()
    assert str(path) in caplog.text
    assert "a wrong one" not in caplog.text
    assert seal.DEMO not in caplog.text
