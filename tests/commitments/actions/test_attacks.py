"""What somebody might try: each attempt is refused by its code and leaves nothing behind."""

from datetime import date, timedelta

import pytest

from commitments.actions import commitments, drafts, signatures, stepups
from commitments.enums import VersionAct, VersionState
from commitments.models import ConsentText, SignatureAct, StepUpUse
from tests.commitments.actions.test_moves import close_the_books
from tests.constraints import change
from tests.factories.body import NOW, REAL, SIGN_BY, START, code_of, make_body, person
from units.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, WrongState
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
A = VersionAct


def refused(do, *args, error=Refused, **kwargs):
    """Return the code by which `do` is refused; the acts are as before, and so is the register but
    for the note of a proof that was refused."""
    before = written()
    with pytest.raises(error) as caught:
        do(*args, **kwargs)
    assert written() == before
    return caught.value.code


def written():
    entries = RegisterEntry.objects.exclude(kind="audit.factor_failed")
    return entries.count(), SignatureAct.objects.count(), StepUpUse.objects.count()


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [A.SIGN, A.RETURN, A.REFUSE])
def test_an_office_that_ended_yesterday_does_nothing_at_its_slot(act):
    body = make_body()
    version = body.issued()
    change(Appointment.objects.get(person=body.secretary), valid_to=NOW.date())
    assert refused(body.prepare, act, version, body.secretary, error=NotAllowed) == (
        f"{act}-not-allowed"
    )


@pytest.mark.parametrize("act", [A.SIGN, A.RETURN, A.REFUSE])
def test_a_machine_in_office_does_nothing_at_its_slot(act):
    body = make_body()
    version = body.issued()
    change(body.secretary, kind="machine", personnel_no="")
    body.secretary.refresh_from_db()
    assert refused(body.prepare, act, version, body.secretary, error=NotAllowed) == (
        f"{act}-not-allowed"
    )


def test_a_machine_in_office_neither_voids_nor_settles():
    body = make_body()
    version = body.in_force()
    change(body.assigner, kind="machine", personnel_no="")
    body.assigner.refresh_from_db()
    assert refused(body.prepare, A.VOID, version, body.assigner) == "void-not-allowed"
    ask = {"version_id": version.pk, "expected": version.etag_version, "at": NOW}
    assert refused(commitments.settle, by=body.assigner, **ask) == "settle-not-allowed"


def delegate(body, office, scope):
    deputy = person("deputy")
    Appointment.objects.create(
        ref="delegate-1",
        person=deputy,
        position=office,
        mode="delegate",
        scope=scope,
        form="kt",
        decision_number="7-QĐ",
        valid_from=START,
        valid_to=date(2024, 12, 31),
    )
    return deputy


@pytest.mark.parametrize("act", [A.RETURN, A.REFUSE, A.VOID])
def test_a_delegation_to_sign_is_none_to_refuse_or_void(act, settings):
    settings.DELEGATES_MAY_SIGN = True
    body = make_body()
    version = body.issued()
    deputy = delegate(body, body.assigning if act == A.VOID else body.first, ["sign"])
    assert refused(body.prepare, act, version, deputy, error=NotAllowed) == f"{act}-not-allowed"


def test_a_stranger_of_the_same_unit_signs_nothing():
    body = make_body()
    version = body.issued()
    for who in (body.assigner, body.planner, body.supervisor, body.leader):
        assert refused(body.prepare, A.SIGN, version, who) == "sign-not-allowed"


def test_the_undertaker_does_not_void_as_the_second_person_what_he_signed():
    body = make_body()
    version = body.in_force()
    body.act(A.VOID, version, body.assigner)
    change(Appointment.objects.get(person=body.leader), person=body.secretary)
    code = refused(
        body.act, A.VOID, version, body.secretary, reason={"text": "Gladly."}, error=Conflict
    )
    assert code == "both-sides"
    assert version.state == VersionState.IN_FORCE


# --- with which proof -----------------------------------------------------------------------------


def test_a_confirmation_serves_no_act_but_its_own():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.REFUSE, version, body.secretary)
    act = body.confirm(step_up, body.secretary)
    assert act.act == A.REFUSE  # the act is the statement's: nothing else can be asked for
    assert refused(body.prepare, A.SIGN, version, body.secretary) == "sign-not-from-refused"


def test_a_confirmation_of_one_version_is_none_of_the_next():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    following = commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason="Wording.",
        sign_by=SIGN_BY,
    )
    commitments.issue(
        version_id=following.pk, by=body.planner, expected=following.etag_version, at=NOW
    )
    code = refused(body.confirm, step_up, body.secretary, error=WrongState)
    assert code == "sign-not-from-superseded"


def test_a_receipt_of_one_document_opens_no_other():
    body = make_body()
    version = body.issued()
    receipt = signatures.open_reading(
        version_id=version.pk, act=A.SIGN, by=body.secretary, at=NOW, language="vi"
    )
    asked = {
        "receipt_uuid": receipt.uuid,
        "act": A.COUNTERSIGN,
        "expected": version.etag_version,
        "at": NOW,
        "real_at": REAL,
        "session_key": "s",
        "agreed": True,
    }
    assert refused(signatures.prepare, by=body.secretary, **asked) == "countersign-not-from-issued"
    assert refused(signatures.prepare, by=body.assigner, **asked, error=NotFound) == (
        "receipt-not-found"
    )


def test_the_right_code_of_somebody_else_is_wrong():
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    with pytest.raises(Invalid) as wrong:
        body.confirm(step_up, body.secretary, code=code_of(body.chair))
    assert wrong.value.code == "code-wrong"


def test_a_right_answer_after_five_wrong_ones_is_refused_even_when_it_was_under_way(monkeypatch):
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)
    check = stepups.checked_factor

    def five_others_meanwhile(*args, **kwargs):
        monkeypatch.setattr(stepups, "checked_factor", check)
        for _attempt in range(5):
            with pytest.raises(Invalid):
                body.confirm(step_up, body.secretary, code="000000")
        return check(*args, **kwargs)

    monkeypatch.setattr(stepups, "checked_factor", five_others_meanwhile)
    with pytest.raises(Conflict) as spent:
        body.confirm(step_up, body.secretary)
    assert spent.value.code == "step-up-spent"
    assert not SignatureAct.objects.exists()


def test_reading_the_declaration_stores_nothing():
    shown = stepups.declaration(A.SIGN, "vi", at=NOW)
    assert shown is not None
    assert shown.body
    assert not ConsentText.objects.exists()


# --- what is returned -----------------------------------------------------------------------------


@pytest.mark.parametrize("ordinal", [1, None])
def test_one_item_is_returned_once(ordinal):
    body = make_body()
    version = body.issued()
    row = {"ordinal": ordinal, "code": "wording", "text": "Unclear."}
    asked = {"reason": {"items": [row, row]}}
    assert refused(body.prepare, A.RETURN, version, body.secretary, **asked) == "reason-missing"


def test_characters_that_no_database_takes_are_dropped_from_a_reason():
    body = make_body()
    version = body.issued()
    act = body.act(
        A.REFUSE, version, body.secretary, reason={"code": "other", "text": "Not\x00 ours.\r\nNo."}
    )
    assert act.reason == "Not ours.\r\nNo."


# --- what is issued -------------------------------------------------------------------------------


def issue(version, body):
    return commitments.issue(
        version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW
    )


def test_a_target_that_was_revised_meanwhile_is_not_issued_as_it_was():
    body = make_body()
    version = body.draft()
    body.ask_more(body.targets[0])
    assert refused(issue, version, body, error=Conflict) == "item-outdated"

    version = drafts.edit(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        sign_by=SIGN_BY,
        first_undertaker_id=body.first.pk,
        second_undertaker_id=None,
        assigner_id=body.assigning.pk,
        items=[(body.targets[0].revisions.get(n=2).pk, "lead")],
    )
    assert issue(version, body).state == VersionState.ISSUED


def test_nobody_leads_the_target_of_another_unit():
    body = make_body()
    foreign = body.targets[3].revisions.get()
    code = refused(body.draft, items=[(foreign.pk, "lead")], error=Invalid)
    assert code == "item-of-another-unit"
    assert body.draft(items=[(foreign.pk, "support")]).items.get().role == "support"


def test_a_target_that_went_to_another_unit_is_not_issued():
    body = make_body()
    version = body.draft()
    change(body.targets[0], unit=body.other)
    assert refused(issue, version, body, error=Invalid) == "item-of-another-unit"


def test_a_verdict_on_the_original_does_not_settle_for_the_adjusted_one():
    body = make_body()
    version = body.in_force()
    close_the_books(body)
    verdict = body.targets[0].verdicts.get()
    change(verdict, against="original")
    ask = {"version_id": version.pk, "expected": version.etag_version, "at": NOW}
    assert refused(commitments.settle, by=body.assigner, **ask) == "verdict-missing"


def test_a_proposal_to_void_is_not_confirmed_after_its_last_day():
    body = make_body()
    version = body.in_force()
    body.act(A.VOID, version, body.assigner)
    late = NOW + timedelta(days=7)
    asked = {"at": late, "reason": {"text": "Late.", "mandate": "m-1"}}
    assert refused(body.act, A.VOID, version, body.leader, **asked) == "void-not-allowed"


def test_guessing_does_not_go_on_with_ever_new_confirmations():
    body = make_body()
    version = body.issued()
    for _time in range(2):
        step_up = body.prepare(A.SIGN, version, body.secretary)
        for _attempt in range(5):
            with pytest.raises(Invalid):
                body.confirm(step_up, body.secretary, code="000000")
    step_up = body.prepare(A.SIGN, version, body.secretary)
    assert refused(body.confirm, step_up, body.secretary, error=Conflict) == "factor-rests"
    body.step += 30  # a quarter of an hour
    body.confirm(body.prepare(A.SIGN, version, body.secretary), body.secretary)
    assert SignatureAct.objects.count() == 1
