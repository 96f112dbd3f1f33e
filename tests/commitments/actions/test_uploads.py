"""Signing with one's own certificate: handed out, signed elsewhere, judged, committed or refused."""

import hashlib
import json
from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from commitments.actions import checks, commitments, documents, revocations, trust, uploads
from commitments.documents import validity
from commitments.enums import VersionAct, VersionState
from commitments.enums.uploads import REMEDIES, GateRule, RevocationState
from commitments.models import (
    DocumentRevision,
    ExternalUpload,
    HandOut,
    RefusedFile,
    RevocationCheck,
    SealUse,
    SignatureAct,
    StepUpUse,
)
from tests.commitments.actions.outside import offered, registered, signed, taken, trusted
from tests.commitments.documents.authorities import cast
from tests.commitments.documents.papers import cms_of
from tests.factories.body import NOW, REAL, SIGN_BY, code_of, make_body
from units.errors import Conflict, Invalid, NotFound
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
A = VersionAct


@pytest.fixture
def body(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return make_body()


@pytest.fixture
def version(body):
    trusted(body)
    registered(body, body.secretary, cast().head)
    return body.issued(second=False)


def code_refused(error, do, *args, **kwargs):
    with pytest.raises(error) as caught:
        do(*args, **kwargs)
    return caught.value.code


def test_file_signed_outside_becomes_the_next_revision_byte_for_byte(body, version):
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)

    upload = offered(row, data)

    version.refresh_from_db()
    act = SignatureAct.objects.get()
    assert (upload.rule, version.state) == ("", VersionState.SIGNED)
    assert (act.grade, act.person, act.act) == ("personal", body.secretary, "sign")
    assert (act.upload, act.revision, act.step_up_use) == (upload, upload.revision, row.step_up_use)
    assert documents.bytes_of(version.document) == data
    assert upload.certificate.person == body.secretary
    entry = RegisterEntry.objects.get(kind="commitment.sign")
    said = json.loads(entry.text)["data"]
    assert said["certificate_sha256"] == upload.certificate.fingerprint
    assert (said["grade"], said["result_sha256"]) == ("personal", upload.sha256)
    assert revocations.state_of(upload) == RevocationState.RECEIVED


def test_revision_signed_outside_passes_the_full_check(body, version):
    row = taken(body, version, body.secretary)
    upload = offered(row, signed(row, cast().head))

    found = checks.validate(upload.revision)

    assert (found.status, found.faults) == ("valid", "")
    roots = checks._roots()
    assert validity.validate(
        documents.bytes_of(version.document), roots=roots[:1], last=None
    ).faults


def test_same_file_again_is_the_same_act(body, version):
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)

    assert offered(row, data) == offered(row, data)
    assert SignatureAct.objects.count() == ExternalUpload.objects.count() == 1


def test_refused_file_leaves_rule_report_bytes_and_entry(body, version):
    row = taken(body, version, body.secretary)

    upload = offered(row, uploads.file_of(row))

    version.refresh_from_db()
    assert (upload.rule, version.state) == ("G04", VersionState.ISSUED)
    assert json.loads(upload.report)["why"] == "equals what was handed out"
    assert bytes(upload.refused_file.data) == uploads.file_of(row)
    entry = RegisterEntry.objects.get(kind="document.refuse_upload")
    assert json.loads(entry.text)["data"]["rule"] == "G04"
    assert not SignatureAct.objects.exists()


def test_refused_file_is_followed_by_a_good_one(body, version):
    row = taken(body, version, body.secretary)
    offered(row, b"no PDF at all")

    assert offered(row, signed(row, cast().head)).rule == ""
    assert list(ExternalUpload.objects.order_by("pk").values_list("rule", flat=True)) == ["G03", ""]


@pytest.mark.parametrize(
    ("holder", "rule"),
    [
        (lambda: cast().agency.issue("Trưởng đơn vị"), "G30"),
        (lambda: cast().colleague, "G31"),
    ],
)
def test_certificate_counts_for_its_person_alone(body, version, holder, rule):
    registered(body, body.chair, cast().colleague)
    row = taken(body, version, body.secretary)

    assert offered(row, signed(row, holder())).rule == rule


def test_certificate_whose_use_ended_meanwhile_is_refused(body, version):
    row = taken(body, version, body.secretary)
    certificate = trust.certificates_of(body.secretary)[0]
    data = signed(row, cast().head)
    by = certificate.registered_by
    trust.end_certificate(certificate_id=certificate.pk, reason="Token lost", by=by, at=NOW)

    assert offered(row, data).rule == "G31"


def test_signature_that_was_used_before_is_refused(body, version):
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)
    known = offered(row, data)
    again = HandOut.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalUpload.objects.create(
            uuid="7d7bbd5a-5f0c-4d1e-9a55-0e4d4f5b7c11",
            hand_out=again,
            sha256="0" * 64,
            length=1,
            rule="",
            report="{}",
            gate_version=1,
            trust_set=known.trust_set,
            revision=known.revision,
            certificate=known.certificate,
            cms_sha256=known.cms_sha256,
            received_at=REAL,
        )
    assert RegisterEntry.objects.filter(kind="commitment.sign").count() == 1


def test_signature_that_is_known_from_anywhere_is_refused_by_its_rule(body, version):
    """The same value was seen before, in bytes that entered no document: it is not taken again."""
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)
    used = SealUse.objects.get()
    value = hashlib.sha256(cms_of(data).dump()).hexdigest()
    used.certificate.uses.create(
        document_uuid=used.document_uuid, base_no=1, out_sha256="1" * 64, cms_sha256=value, at=REAL
    )

    upload = offered(row, data)

    assert (upload.rule, json.loads(upload.report)["why"]) == ("G32", value)
    assert not SignatureAct.objects.exists()


def test_file_of_another_version_is_named(body, version):
    """What was taken of version 1 and signed is no signature on version 2."""
    before = signed(taken(body, version, body.secretary), cast().head)
    following = commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason="Wording.",
        sign_by=SIGN_BY,
    )
    following = commitments.issue(
        version_id=following.pk, by=body.planner, expected=following.etag_version, at=NOW
    )

    upload = offered(taken(body, following, body.secretary), before)

    assert upload.rule == "G07"
    assert json.loads(upload.report)["why"] or json.loads(upload.report)["said"]
    assert not SignatureAct.objects.exists()


def test_late_file_is_refused(body, version):
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)

    assert offered(row, data, minutes=31).rule == "G01"
    assert offered(row, data, minutes=30).rule == ""


@pytest.mark.parametrize("happens", ["other signed", "voided", "office ended"])
def test_what_happened_meanwhile_is_told(body, happens):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued()
    row = taken(body, version, body.secretary)
    if happens == "other signed":
        body.act(A.SIGN, version, body.chair)
    elif happens == "voided":
        body.act(A.VOID, version, body.assigner)
    else:
        Appointment.objects.filter(person=body.secretary).update(valid_to=date(2024, 2, 2))

    upload = offered(row, signed(row, cast().head))

    assert upload.rule == "G33"
    assert json.loads(upload.report)["said"]
    assert not SignatureAct.objects.filter(person=body.secretary).exists()


def test_ten_refusals_of_a_slot_bring_a_pause(body, version):
    row = taken(body, version, body.secretary)
    for _file in range(10):
        offered(row, b"no PDF at all")

    assert code_refused(Conflict, offered, row, b"no PDF at all") == "uploads-pause"
    assert ExternalUpload.objects.count() == 10


def test_nobody_brings_back_what_another_took(body, version):
    row = taken(body, version, body.secretary)
    asked = {"hand_out_uuid": row.uuid, "data": b"x", "by": body.chair, "at": NOW, "real_at": REAL}

    assert code_refused(NotFound, uploads.offer, **asked) == "hand-out-not-found"
    assert code_refused(Invalid, offered, row, b"") == "upload-missing"


def test_proof_for_taking_away_signs_nothing_and_the_other_way_round(body, version):
    outside = body.prepare(A.SIGN, version, body.secretary, outside=True)
    here = body.prepare(A.SIGN, version, body.secretary)
    asked = {"by": body.secretary, "at": NOW, "real_at": REAL, "code": code_of(body.secretary)}
    asked["session_key"] = f"session-of-{body.secretary.username}"

    assert code_refused(Conflict, body.confirm, outside, body.secretary) == "step-up-elsewhere"
    refusal = code_refused(Conflict, uploads.hand_out, step_up_uuid=here.uuid, **asked)
    assert refusal == "step-up-elsewhere"
    assert not StepUpUse.objects.exists()


def test_nothing_is_handed_out_without_a_registered_certificate(body):
    trusted(body)
    version = body.issued(second=False)

    assert (
        code_refused(Conflict, taken, body, version, body.secretary) == "certificate-not-registered"
    )
    assert not HandOut.objects.exists()


def test_countersigning_waits_for_the_authority(body, version, settings):
    row = taken(body, version, body.secretary)
    upload = offered(row, signed(row, cast().head))

    assert (
        code_refused(Conflict, body.act, A.COUNTERSIGN, version, body.assigner)
        == "signature-unconfirmed"
    )
    _say(upload, RevocationState.CONTESTED)
    assert (
        code_refused(Conflict, body.act, A.COUNTERSIGN, version, body.assigner)
        == "signature-contested"
    )
    _say(upload, RevocationState.CONFIRMED)
    body.act(A.COUNTERSIGN, version, body.assigner)
    assert version.state == VersionState.IN_FORCE


def _say(upload, state):
    RevocationCheck.objects.create(upload=upload, state=state, report="{}", at=REAL)


def test_site_without_network_says_that_it_checks_nothing(body, version, settings):
    settings.REVOCATION_CHECK = False
    row = taken(body, version, body.secretary)

    upload = offered(row, signed(row, cast().head))

    assert revocations.state_of(upload) == RevocationState.UNCHECKED
    body.act(A.COUNTERSIGN, version, body.assigner)
    assert version.state == VersionState.IN_FORCE


def test_assigner_countersigns_outside_on_a_signature_made_here(body, version):
    registered(body, body.assigner, cast().colleague)
    body.act(A.SIGN, version, body.secretary)
    row = taken(body, version, body.assigner, A.COUNTERSIGN)

    upload = offered(row, signed(row, cast().colleague))

    version.refresh_from_db()
    assert (upload.rule, version.state) == ("", VersionState.IN_FORCE), upload.report
    grades = SignatureAct.objects.order_by("pk").values_list("grade", flat=True)
    assert list(grades) == ["online", "personal"]


def test_bytes_of_refused_files_are_forgotten_after_ninety_days(body, version):
    row = taken(body, version, body.secretary)
    upload = offered(row, b"no PDF at all")
    last = upload.received_at + timedelta(days=90)

    assert uploads.forget_refused(real_at=last) == 0
    assert uploads.forget_refused(real_at=last + timedelta(seconds=1)) == 1
    assert not RefusedFile.objects.exists()
    assert ExternalUpload.objects.get().rule == "G03"


def test_every_rule_has_a_message_and_a_remedy():
    assert set(REMEDIES) == set(GateRule)
    assert [rule.value for rule in GateRule] == [f"G{number:02}" for number in range(1, 35)]


def test_database_refuses_an_accepted_upload_without_its_revision(body, version):
    row = taken(body, version, body.secretary)
    with pytest.raises(IntegrityError, match="externalupload_accepted_or_refused"):
        ExternalUpload.objects.create(
            uuid="7d7bbd5a-5f0c-4d1e-9a55-0e4d4f5b7c11",
            hand_out=row,
            sha256="0" * 64,
            length=1,
            rule="",
            report="{}",
            gate_version=1,
            received_at=REAL,
        )


@pytest.mark.django_db(transaction=True)
def test_file_from_outside_and_act_online_at_once_leave_one(body, monkeypatch):
    trusted(body)
    registered(body, body.secretary, cast().head)
    version = body.issued()
    row = taken(body, version, body.secretary)
    data = signed(row, cast().head)
    step_up = body.prepare(A.SIGN, version, body.chair)
    both, append, results = Barrier(2), documents.append_revision, []

    def append_when_both_have_read(document, added, *, kind):
        if kind == "act":
            with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
                both.wait(timeout=0.5)
        return append(document, added, kind=kind)

    monkeypatch.setattr(documents, "append_revision", append_when_both_have_read)

    def bring():
        results.append(offered(row, data).rule or "done")
        connection.close()

    def act():
        try:
            body.confirm(step_up, body.chair)
            results.append("done")
        except Conflict as error:
            results.append(error.code)
        connection.close()

    threads = [Thread(target=bring), Thread(target=act)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) in (["G33", "done"], ["done", "revision-moved"])
    assert SignatureAct.objects.count() == 1
    assert DocumentRevision.objects.filter(kind="act").count() == 1
