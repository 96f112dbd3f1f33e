"""Reports: every act in every state, who may, and what the register keeps."""

from decimal import Decimal

import pytest

from commitments.actions import duties, reports, unlocks, verifications
from commitments.enums.reports import DutyState, ReportAct, ReportState
from commitments.models import Report, ReportCheck
from commitments.rules import reports as rules
from commitments.rules.reports import Answer
from tests.constraints import change
from tests.factories.body import person
from tests.factories.reports import (
    AFTER_LOCK,
    JOINT,
    OPENED,
    SAID,
    grant,
    make_desk,
    newest,
)
from units.actions.register import data_of
from units.enums import Role
from units.errors import Conflict, NotAllowed, NotFound, WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def on_report(act, who, **more):
    """Return the act on the newest report of a duty; on none: on one that is not there."""

    def do(desk, duty, at):
        report = newest(duty) if duty.reports.exists() else None
        return act(
            report_id=report.pk if report else 0,
            by=who(desk),
            expected=report.etag_version if report else 0,
            at=at,
            **more,
        )

    return do


def save(desk, duty, at):
    report = newest(duty) if duty.reports.exists() else None
    return reports.save(
        duty_id=duty.pk,
        answer=Answer(value=Decimal(8)),
        by=desk.reporter,
        expected=report.etag_version
        if report and report.state in {ReportState.DRAFT, ReportState.SUBMITTED}
        else 0,
        at=at,
    )


def waive(desk, duty, at):
    return duties.waive(
        duty_id=duty.pk,
        reason="Not any more.",
        by=desk.body.assigner,
        expected=duty.etag_version,
        at=at,
    )


def unlock(desk, duty, at):
    asked = unlocks.ask(
        duty_id=duty.pk,
        reason="The server was down.",
        by=desk.body.supervisor,
        expected=duty.etag_version,
        at=at,
    )
    return unlocks.answer(unlock_id=asked.pk, granted=True, by=desk.body.assigner, at=at)


DO = {
    ReportAct.SAVE: save,
    ReportAct.SUBMIT: on_report(reports.submit, lambda desk: desk.reporter),
    ReportAct.RECALL: on_report(reports.recall, lambda desk: desk.reporter),
    ReportAct.RETURN: on_report(
        verifications.return_to_author, lambda desk: desk.verifier, reason="Count again."
    ),
    ReportAct.VERIFY: on_report(verifications.verify, lambda desk: desk.verifier),
    ReportAct.RESTATE: on_report(reports.restate, lambda desk: desk.reporter, reason="Wrong."),
    ReportAct.UNLOCK: unlock,
    ReportAct.WAIVE: waive,
}

ON_A_REPORT = {
    ReportAct.SUBMIT,
    ReportAct.RECALL,
    ReportAct.RETURN,
    ReportAct.VERIFY,
    ReportAct.RESTATE,
}


@pytest.mark.parametrize("state", JOINT)
@pytest.mark.parametrize("act", DO)
def test_every_act_in_every_state(act, state):
    desk = make_desk()
    duty = desk.duty(state)
    before, report = JOINT[state]
    open_report = report if report in {ReportState.DRAFT, ReportState.SUBMITTED} else None
    entries = RegisterEntry.objects.count()
    at = AFTER_LOCK if state == "missing" else OPENED
    if rules.is_listed(act, before, open_report) and (report or act not in ON_A_REPORT):
        DO[act](desk, duty, at)
        duty.refresh_from_db()
        has_verified = before == DutyState.VERIFIED
        assert duty.state == rules.duty_after(act, before, has_verified=has_verified)
        if (to := rules.MOVES[act].report_to) and act != ReportAct.RETURN:
            assert newest(duty).state == to
        wrote = {ReportAct.SAVE: 0, ReportAct.UNLOCK: 2}.get(act, 1)
        assert RegisterEntry.objects.count() == entries + wrote
        return
    with pytest.raises((WrongState, NotFound)) as refused:
        DO[act](desk, duty, at)
    wanted = report or before
    expected = {f"{act}-not-from-{wanted}".replace("_", "-")}
    if report is None and act in ON_A_REPORT:
        expected = {"report-not-found"}
    if act in {ReportAct.UNLOCK, ReportAct.WAIVE}:
        expected = {f"{act}-not-from-{before}".replace("_", "-")}
    if act == ReportAct.SAVE and report == ReportState.VERIFIED:
        expected = {"save-not-from-verified"}
    assert refused.value.code in expected
    assert RegisterEntry.objects.count() == entries


def test_verify_records_verifier_time_and_entry():
    desk = make_desk()
    report = desk.filed(desk.duty())

    done = verifications.verify(
        report_id=report.pk, by=desk.verifier, expected=report.etag_version, at=OPENED
    )

    assert (done.state, done.decided_by, done.decided_at) == ("verified", desk.verifier, OPENED)
    entry = RegisterEntry.objects.latest("pk")
    assert (entry.kind, entry.subject_version) == ("report.verify", done.etag_version)
    said = data_of(entry)
    assert (said["value"], said["from"], said["to"]) == ("7.000000", "submitted", "verified")


def test_a_draft_leaves_no_entry_and_a_submission_tells_the_other_side():
    desk = make_desk()
    duty = desk.duty("drafted")
    assert not RegisterEntry.objects.filter(kind__startswith="report.").exists()
    report = desk.filed(duty)
    entry = RegisterEntry.objects.get(kind="report.submit")
    reach = set(entry.reach.values_list("unit__ref", "moment"))
    assert reach == {("bx-first", "before"), ("bx-first", "after"), ("bx-hu", "after")}
    assert entry.subject_ref == report.ref


def test_the_same_content_again_changes_nothing():
    desk = make_desk()
    duty = desk.duty("drafted")
    again = reports.save(duty_id=duty.pk, answer=SAID, by=desk.reporter, expected=1, at=OPENED)
    assert again.etag_version == 1


# --- who ------------------------------------------------------------------------------------------


def refused_by(act, **asked):
    with pytest.raises(NotAllowed) as refused:
        act(**asked)
    return refused.value.code


def test_nobody_decides_on_a_report_of_their_own():
    desk = make_desk()
    grant(desk.reporter, Role.VERIFIER, desk.body.committee)
    report = desk.filed(desk.duty())
    asked = {
        "report_id": report.pk,
        "by": desk.reporter,
        "expected": report.etag_version,
        "at": OPENED,
    }
    assert refused_by(verifications.verify, **asked) == "verify-own-report"
    assert refused_by(verifications.return_to_author, reason="x", **asked) == "return-own-report"


@pytest.mark.parametrize("who", ["secretary", "chair"])
def test_nobody_of_the_unit_decides_on_its_reports(who):
    desk = make_desk()
    head = getattr(desk.body, who)
    grant(head, Role.VERIFIER, desk.body.committee)
    report = desk.filed(desk.duty())
    asked = {"report_id": report.pk, "by": head, "expected": report.etag_version, "at": OPENED}
    assert refused_by(verifications.verify, **asked) == "verify-own-unit"


def test_another_reporter_of_the_unit_does_not_decide_either():
    desk = make_desk()
    other = person("colleague")
    grant(other, Role.REPORTER, desk.body.commune)
    grant(other, Role.VERIFIER, desk.body.committee)
    report = desk.filed(desk.duty())
    asked = {"report_id": report.pk, "by": other, "expected": report.etag_version, "at": OPENED}
    assert refused_by(verifications.verify, **asked) == "verify-own-unit"


@pytest.mark.parametrize("who", ["planner", "supervisor", "assigner", "leader"])
def test_who_is_no_verifier_decides_nothing(who):
    desk = make_desk()
    report = desk.filed(desk.duty())
    asked = {
        "report_id": report.pk,
        "by": getattr(desk.body, who),
        "expected": report.etag_version,
        "at": OPENED,
    }
    assert refused_by(verifications.verify, **asked) == "verify-not-allowed"


def test_a_head_reports_and_a_stranger_does_not():
    desk = make_desk()
    duty = desk.duty()
    asked = {"duty_id": duty.pk, "answer": SAID, "expected": 0, "at": OPENED}
    assert refused_by(reports.save, by=desk.verifier, **asked) == "save-not-allowed"
    assert reports.save(by=desk.body.secretary, **asked).author == desk.body.secretary


def test_only_the_author_takes_a_report_back():
    desk = make_desk()
    report = desk.filed(desk.duty())
    asked = {"report_id": report.pk, "expected": report.etag_version, "at": OPENED}
    assert refused_by(reports.recall, by=desk.body.secretary, **asked) == "recall-not-allowed"


def test_two_levels_take_two_people():
    desk = make_desk(levels=2)
    duty = desk.duty()
    report = desk.filed(duty)
    first = verifications.verify(
        report_id=report.pk, by=desk.verifier, expected=report.etag_version, at=OPENED
    )
    assert first.state == ReportState.SUBMITTED
    asked = {"report_id": report.pk, "expected": first.etag_version, "at": OPENED}
    assert refused_by(verifications.verify, by=desk.verifier, **asked) == "verify-both-levels"
    with pytest.raises(Conflict) as decided:
        reports.recall(by=desk.reporter, **asked)
    assert decided.value.code == "recall-decided"
    assert verifications.verify(by=desk.second, **asked).state == ReportState.VERIFIED
    assert list(ReportCheck.objects.order_by("level").values_list("person", "decision")) == [
        (desk.verifier.pk, "pass"),
        (desk.second.pk, "pass"),
    ]


def test_bulk_verification_stops_for_nobody():
    desk = make_desk()
    found = [desk.filed(desk.duty(place=place)) for place in range(3)]
    change(found[1], etag_version=9)
    results = verifications.verify_many(
        seen=[(report.pk, report.etag_version) for report in found], by=desk.verifier, at=OPENED
    )
    assert [result.refused and result.refused.code for result in results] == [
        None,
        "report-changed",
        None,
    ]
    assert Report.objects.filter(state="verified").count() == 2
