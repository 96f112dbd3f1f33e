"""The ceremony: who may, in which order, with which proof, bound to what."""

import json
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from commitments.actions import documents, signatures, stepups
from commitments.enums import VersionAct, VersionState
from commitments.models import (
    SignatureAct,
    StepUpFailure,
    StepUpUse,
    TotpStepUsed,
    ViewReceipt,
)
from tests.factories.body import NOW, REAL, START, code_of, make_body, office, person
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from units.models import Appointment, RegisterEntry
from units.rules import canonical

pytestmark = pytest.mark.django_db
A = VersionAct


def refused(error, do, *args, **kwargs):
    with pytest.raises(error) as caught:
        do(*args, **kwargs)
    return caught.value.code


def test_a_signature_answers_who_what_when_and_how():
    body = make_body()
    version = body.issued()

    act = body.act(A.SIGN, version, body.secretary)

    statement = json.loads(act.step_up_use.step_up.statement)
    assert (act.person, act.grade, act.at) == (body.secretary, "online", NOW)
    assert act.slot.office == body.first
    assert json.loads(act.as_printed)["title_vi"] == "Secretary"
    assert statement["content_sha256"] == canonical.sha256_hex(version.document.content)
    assert statement["revision_sha256"] == act.revision.prev_sha256
    assert documents.last_revision(version.document) == act.revision
    assert statement["consent_sha256"] == canonical.sha256_hex(act.consent.body)
    assert statement["receipt"] == str(act.receipt.uuid)
    entry = RegisterEntry.objects.get(kind="commitment.sign")
    assert (entry.actor, entry.office, entry.at) == (body.secretary, body.first, NOW)
    assert (
        json.loads(entry.text)["data"]["statement_sha256"]
        == act.step_up_use.step_up.statement_sha256
    )


def test_the_last_undertaker_makes_it_signed():
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    assert (version.state, version.signed_at) == (VersionState.ISSUED, None)
    body.act(A.SIGN, version, body.chair)
    assert (version.state, version.signed_at) == (VersionState.SIGNED, NOW)


def test_a_slot_that_is_signed_takes_no_second_signature():  # G-26
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    assert refused(Conflict, body.prepare, A.SIGN, version, body.secretary) == "already-signed"
    assert SignatureAct.objects.count() == 1


def test_later_signatory_is_refused_before_the_turn():
    body = make_body()
    version = body.issued(signing_order="in_order")
    assert refused(Conflict, body.prepare, A.SIGN, version, body.chair) == "not-your-turn"
    body.act(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.chair)
    assert version.state == VersionState.SIGNED


def test_a_head_whose_term_ended_yesterday_is_refused():  # G-26
    body = make_body()
    version = body.issued()
    held = Appointment.objects.filter(person=body.secretary)
    held.update(valid_to=date(2024, 2, 2))  # today is the first day without it
    assert refused(NotAllowed, body.prepare, A.SIGN, version, body.secretary) == "sign-not-allowed"
    assert not SignatureAct.objects.exists()

    held.update(valid_to=date(2024, 2, 3))
    body.act(A.SIGN, version, body.secretary)
    assert SignatureAct.objects.count() == 1


def test_a_term_that_ends_between_page_and_confirmation_is_refused():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    Appointment.objects.filter(person=body.secretary).update(valid_to=date(2024, 2, 2))
    assert refused(NotAllowed, body.confirm, step_up, body.secretary) == "sign-not-allowed"
    assert not StepUpUse.objects.exists()


def test_the_acting_head_signs_and_the_titular_one_does_not():
    body = make_body()
    version = body.issued()
    deputy = person("deputy")
    Appointment.objects.create(
        ref="acting-1",
        person=deputy,
        position=body.first,
        mode="acting",
        acting_reason="absence",
        decision_number="12-QĐ",
        valid_from=START,
    )
    assert refused(NotAllowed, body.prepare, A.SIGN, version, body.secretary) == "sign-not-allowed"
    act = body.act(A.SIGN, version, deputy)
    printed = json.loads(act.as_printed)
    assert (printed["mode"], printed["decision_number"]) == ("acting", "12-QĐ")


def test_nobody_signs_for_both_sides():
    body = make_body()
    Appointment.objects.filter(position=body.second).update(person=body.assigner)
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.assigner)
    assert refused(Conflict, body.prepare, A.COUNTERSIGN, version, body.assigner) == "both-sides"


def test_a_stale_page_is_told_to_read_again():
    body = make_body()
    version = body.issued()
    seen = version.etag_version
    body.act(A.SIGN, version, body.chair)
    code = refused(StaleVersion, body.prepare, A.SIGN, version, body.secretary, expected=seen)
    assert code == "commitment-changed"


def test_a_confirmation_for_the_state_before_never_serves_after():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.chair)
    assert refused(Conflict, body.confirm, step_up, body.secretary) == "revision-moved"
    assert SignatureAct.objects.count() == 1


def test_the_same_answer_again_gives_the_same_act():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    first = body.confirm(step_up, body.secretary)
    assert body.confirm(step_up, body.secretary) == first
    assert RegisterEntry.objects.filter(kind="commitment.sign").count() == 1


def test_step_up_is_useless_elsewhere():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    code = refused(Conflict, body.confirm, step_up, body.secretary, session_key="stolen")
    assert code == "step-up-elsewhere"
    assert refused(NotFound, body.confirm, step_up, body.chair) == "step-up-not-found"
    entries = RegisterEntry.objects.filter(kind="audit.factor_failed").order_by("pk")
    assert [(entry.actor, json.loads(entry.text)["data"]["code"]) for entry in entries] == [
        (body.secretary, "step-up-elsewhere"),
        (body.chair, "step-up-not-found"),
    ]


@pytest.mark.parametrize(("after", "allowed"), [(119, True), (120, True), (121, False)])
def test_two_minutes_are_two_minutes(after, allowed):
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    later = REAL + timedelta(seconds=after)
    answer = {"real_at": later, "code": code_of(body.secretary, later)}
    if allowed:
        body.confirm(step_up, body.secretary, **answer)
        assert SignatureAct.objects.count() == 1
    else:
        assert (
            refused(Conflict, body.confirm, step_up, body.secretary, **answer) == "step-up-expired"
        )


def test_a_wrong_code_is_counted_and_five_spend_the_confirmation():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Invalid) as wrong:
            body.confirm(step_up, body.secretary, code="000000")
        assert wrong.value.code == "code-wrong"
        assert str(left) in str(wrong.value.message)
    assert refused(Conflict, body.confirm, step_up, body.secretary) == "step-up-spent"
    assert StepUpFailure.objects.count() == 5
    failed = RegisterEntry.objects.filter(kind="audit.factor_failed")
    assert failed.count() == 5 + 1  # and one that came when it was spent


def test_the_database_refuses_a_time_step_twice():
    body = make_body()
    body.confirm(body.prepare(A.SIGN, body.issued(), body.secretary), body.secretary)
    used = TotpStepUsed.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        TotpStepUsed.objects.create(authenticator=used.authenticator, time_step=used.time_step)


def test_a_used_code_is_refused_for_the_next_act():
    body = make_body()
    Appointment.objects.filter(position=body.second).update(person=body.secretary)
    version = body.issued()
    body.confirm(body.prepare(A.SIGN, version, body.secretary), body.secretary)
    step_up = body.prepare(A.SIGN, version, body.secretary)
    assert refused(Conflict, body.confirm, step_up, body.secretary) == "code-used"
    assert SignatureAct.objects.count() == 1


def test_a_password_alone_is_no_proof():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    assert refused(Invalid, body.confirm, step_up, body.secretary, code="") == "factor-missing"


def test_without_the_ticked_box_nothing_is_prepared():
    body = make_body()
    version = body.issued()
    code = refused(Invalid, body.prepare, A.SIGN, version, body.secretary, agreed=False)
    assert code == "consent-missing"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (A.RETURN, {"items": []}),
        (A.RETURN, {"items": [{"ordinal": 1, "code": "wording", "text": "  "}]}),
        (A.RETURN, {"items": [{"ordinal": 9, "code": "wording", "text": "No such item."}]}),
        (A.RETURN, {"items": [{"ordinal": 1, "code": "because", "text": "No such code."}]}),
        (A.REFUSE, {"code": "other", "text": ""}),
        (A.REFUSE, {"code": "", "text": "Why not."}),
    ],
)
def test_refusal_needs_factor_and_reason(act, reason):
    body = make_body()
    version = body.issued()
    code = refused(Invalid, body.prepare, act, version, body.secretary, reason=reason)
    assert code == "reason-missing"

    step_up = body.prepare(act, version, body.secretary)
    assert refused(Invalid, body.confirm, step_up, body.secretary, code="") == "factor-missing"
    version.refresh_from_db()
    assert version.state == VersionState.ISSUED
    assert not SignatureAct.objects.exists()


def test_an_act_without_a_receipt_of_reading_is_refused():
    body = make_body()
    version = body.issued()
    receipt = signatures.open_reading(
        version_id=version.pk, act=A.SIGN, by=body.secretary, at=NOW, language="vi"
    )
    with pytest.raises(NotFound):
        signatures.prepare(
            receipt_uuid=receipt.uuid,
            act=A.SIGN,
            by=body.chair,
            expected=version.etag_version,
            at=NOW,
            real_at=REAL,
            session_key="s",
            agreed=True,
        )
    assert ViewReceipt.objects.get().person == body.secretary


def test_a_machine_never_signs():  # G-26
    body = make_body()
    version = body.issued()
    robot = person("robot", totp=False)
    robot.kind = "machine"
    robot.save(update_fields=["kind"])
    assert refused(NotAllowed, body.prepare, A.SIGN, version, robot) == "sign-not-allowed"


def test_voiding_one_in_force_takes_two_people():
    body = make_body()
    version = body.in_force()
    body.act(A.VOID, version, body.assigner)
    assert version.state == VersionState.IN_FORCE
    assert refused(Conflict, body.act, A.VOID, version, body.assigner) == "void-needs-second-person"
    body.act(A.VOID, version, body.leader, reason={"text": "I agree."})
    assert (version.state, version.end_reason) == (VersionState.VOIDED, "I agree.")


def test_a_proposal_to_void_expires():
    body = make_body()
    version = body.in_force()
    body.act(A.VOID, version, body.assigner)
    late = NOW + timedelta(days=8)
    code = refused(
        NotAllowed,
        body.act,
        A.VOID,
        version,
        body.leader,
        at=late,
        reason={"text": "Late.", "mandate": "m-1"},
    )
    assert code == "void-not-allowed"
    assert version.state == VersionState.IN_FORCE


def test_consent_version_is_kept_per_act(monkeypatch):
    """A new text is for those who sign from now on: earlier acts keep the one they agreed to."""
    body = make_body()
    version = body.issued()
    first = body.act(A.SIGN, version, body.secretary)
    assert first.consent == stepups.consent_in_force(A.SIGN, "en", at=NOW)
    monkeypatch.setitem(stepups.CONSENT, ("sign", "en"), "Another declaration.")
    second = body.act(A.SIGN, version, body.chair)

    first.refresh_from_db()
    kept = [(act.consent.key, act.consent.language, act.consent.number) for act in (first, second)]
    assert kept == [("sign", "en", 1), ("sign", "en", 2)]
    assert second.consent.body == "Another declaration."
    for act in (first, second):
        statement = json.loads(act.step_up_use.step_up.statement)
        assert statement["consent_sha256"] == canonical.sha256_hex(act.consent.body)


def test_an_office_without_a_holder_waits():
    body = make_body()
    office(body.other, "Secretary", None)
    Appointment.objects.filter(position=body.second).update(valid_to=date(2024, 2, 1))
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    assert version.state == VersionState.ISSUED
    assert refused(NotAllowed, body.prepare, A.SIGN, version, body.chair) == "sign-not-allowed"
