"""Reports in time: when they are taken, lateness for ever, lock, unlock, restatement, generation."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from commitments.actions import duties, reports, targets, unlocks, verifications
from commitments.enums.reports import DutyState, ReportState, Timeliness
from commitments.models import Period, Report, ReportingDuty, Target, Unlock
from commitments.rules.reports import Answer
from commitments.rules.standings import Row
from tests.factories.body import person
from tests.factories.reports import (
    AFTER_LOCK,
    ASSIGNED,
    LATE,
    OPENED,
    SAID,
    grant,
    make_desk,
    newest,
)
from units.actions.register import data_of
from units.enums import Role
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def unlock(desk, duty, at):
    asked = unlocks.ask(
        duty_id=duty.pk,
        reason="The server was down.",
        by=desk.body.supervisor,
        expected=duty.etag_version,
        at=at,
    )
    return unlocks.answer(unlock_id=asked.pk, granted=True, by=desk.body.assigner, at=at)


def refused_by(act, **asked):
    with pytest.raises(NotAllowed) as refused:
        act(**asked)
    return refused.value.code


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2024, 3, 26, 16, 59, tzinfo=UTC), None),  # 26 March 23:59: the day it opens
        (datetime(2024, 3, 25, 16, 59, tzinfo=UTC), "duty-not-open"),
        (datetime(2024, 4, 22, 16, 59, tzinfo=UTC), None),  # the last day, 23:59
        (datetime(2024, 4, 22, 17, 0, tzinfo=UTC), "duty-locked"),
    ],
)
def test_reports_are_taken_from_the_opening_to_the_last_day(at, code):
    desk = make_desk()
    duty = desk.duty()
    if code is None:
        assert desk.filed(duty, at=at).state == ReportState.SUBMITTED
        return
    with pytest.raises(Conflict) as refused:
        desk.filed(duty, at=at)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("at", "timeliness"),
    [
        (datetime(2024, 4, 5, 16, 59, tzinfo=UTC), Timeliness.ON_TIME),
        (datetime(2024, 4, 5, 17, 0, tzinfo=UTC), Timeliness.LATE),
    ],
)
def test_the_local_day_decides_on_lateness(at, timeliness):
    desk = make_desk()
    duty = desk.duty()
    desk.filed(duty, at=at)
    duty.refresh_from_db()
    assert duty.timeliness == timeliness


def test_late_stays_late_once():  # G-18
    desk = make_desk()
    duty = desk.duty()
    report = desk.filed(duty, at=datetime(2024, 4, 7, 2, tzinfo=UTC))  # two days late
    sent_back(desk, report, at=LATE)
    desk.verified(duty, at=LATE)
    late = ReportingDuty.objects.filter(timeliness=Timeliness.LATE)
    assert late.count() == 1


def test_on_time_returned_after_the_lock_and_mended_in_three_days_is_on_time():  # G-18
    desk = make_desk()
    duty = desk.duty()
    report = desk.filed(duty)
    sent_back(desk, report, at=AFTER_LOCK)
    duty.refresh_from_db()
    assert duty.resubmit_by == date(2024, 4, 26)
    desk.filed(duty, at=datetime(2024, 4, 26, 2, tzinfo=UTC))
    duty.refresh_from_db()
    assert (duty.state, duty.timeliness) == (DutyState.IN_REVIEW, Timeliness.ON_TIME)


def sent_back(desk, report, *, at):
    return verifications.return_to_author(
        report_id=report.pk,
        reason="Count again.",
        by=desk.verifier,
        expected=report.etag_version,
        at=at,
    )


def test_what_is_returned_goes_on_as_a_draft_and_stays_readable():
    desk = make_desk()
    duty = desk.duty("returned")
    kept, draft = duty.reports.order_by("n")
    assert (kept.state, kept.return_reason, kept.value) == ("returned", "Count again.", 7)
    assert (draft.state, draft.value, draft.narrative) == ("draft", 7, "Seven so far.")
    assert list(ReportingDuty.objects.returned()) == [duty]


def counted(target, at=None):
    """Return what counts of a target, as it was known at `at`."""
    return [Row(*row).value for _target, *row in Report.objects.values_of([target], at=at)]


def test_a_restatement_replaces_the_value_only_once_it_is_verified():
    desk = make_desk()
    duty = desk.duty("resubmitted")
    target = duty.target_id
    assert counted(target) == [7]
    then = OPENED + timedelta(days=2)
    report = newest(duty)
    verifications.verify(
        report_id=report.pk, by=desk.verifier, expected=report.etag_version, at=then
    )
    assert counted(target) == [5]
    assert counted(target, at=then - timedelta(days=1)) == [7]
    assert duty.reports.get(n=1).state == ReportState.RESTATED


def test_the_lock_takes_only_what_never_came():
    desk = make_desk()
    desk.duty("in_review", place=0)
    desk.duty("returned", place=1)
    desk.duty("drafted", place=2)
    assert duties.lock_due(at=AFTER_LOCK - timedelta(days=1)) == 8  # January and February of four
    assert duties.lock_due(at=AFTER_LOCK) == 2
    assert duties.lock_due(at=AFTER_LOCK) == 0
    march = ReportingDuty.objects.filter(period=desk.months[2]).order_by("target__code")
    assert [duty.state for duty in march] == ["in_review", "awaited", "missing", "missing"]


def test_an_unlock_takes_two_people_and_runs_out():
    desk = make_desk()
    duty = desk.duty("missing")
    ask = {"duty_id": duty.pk, "reason": "Flood.", "expected": duty.etag_version, "at": AFTER_LOCK}
    assert refused_by(unlocks.ask, by=desk.reporter, **ask) == "unlock-not-allowed"
    grant(desk.body.assigner, Role.SUPERVISOR, desk.body.committee)
    asked = unlocks.ask(by=desk.body.assigner, **ask)
    own = {"unlock_id": asked.pk, "granted": True, "by": desk.body.assigner, "at": AFTER_LOCK}
    assert refused_by(unlocks.answer, **own) == "unlock-own-request"
    unlocks.answer(**own | {"granted": False, "by": another_assigner(desk)})

    duty.refresh_from_db()
    unlock(desk, duty, AFTER_LOCK)
    duty.refresh_from_db()
    assert duty.state == DutyState.AWAITED
    assert duties.lock_due(at=AFTER_LOCK + timedelta(days=6)) == 0
    ended = AFTER_LOCK + timedelta(days=7)
    with pytest.raises(Conflict) as locked:
        desk.filed(duty, at=ended)
    assert locked.value.code == "duty-locked"
    assert desk.filed(duty, at=ended - timedelta(seconds=1)).state == ReportState.SUBMITTED
    duty.refresh_from_db()
    assert duty.timeliness == Timeliness.LATE


def another_assigner(desk):
    other = person("other-assigner")
    grant(other, Role.ASSIGNER, desk.body.committee)
    return other


def test_an_unlock_that_ran_out_locks_again():
    desk = make_desk()
    duty = desk.duty("missing")
    unlock(desk, duty, AFTER_LOCK)
    assert duties.lock_due(at=AFTER_LOCK + timedelta(days=7)) == 1
    duty.refresh_from_db()
    assert duty.state == DutyState.MISSING
    assert Unlock.objects.count() == 1


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Answer(value=Decimal(0)), Answer(nothing_to_report=True)])
def test_zero_and_nothing_count_as_reported(answer):  # G-13
    desk = make_desk()
    duty = desk.duty()
    desk.verified(duty, answer=answer)
    duties.lock_due(at=AFTER_LOCK)
    duty.refresh_from_db()
    assert (duty.state, duty.timeliness) == (DutyState.VERIFIED, Timeliness.ON_TIME)


def test_a_stale_draft_and_a_bad_answer_are_refused():
    desk = make_desk()
    duty = desk.duty("drafted")
    asked = {"duty_id": duty.pk, "by": desk.reporter, "at": OPENED}
    with pytest.raises(StaleVersion) as stale:
        reports.save(answer=Answer(value=Decimal(9)), expected=0, **asked)
    assert stale.value.code == "report-changed"
    with pytest.raises(StaleVersion):
        reports.save(answer=SAID, expected=0, **asked | {"by": desk.body.secretary})
    with pytest.raises(Invalid) as bad:
        reports.save(answer=Answer(value=Decimal("7.5")), expected=1, **asked)
    assert (bad.value.code, set(bad.value.fields)) == ("too-many-decimals", {"value"})
    reports.save(answer=Answer(), expected=1, **asked)
    with pytest.raises(Invalid) as empty:
        reports.submit(report_id=newest(duty).pk, by=desk.reporter, expected=2, at=OPENED)
    assert empty.value.code == "answer-missing"


def test_the_same_draft_again_from_its_author_is_no_conflict():
    desk = make_desk()
    duty = desk.duty("drafted")
    again = reports.save(duty_id=duty.pk, answer=SAID, by=desk.reporter, expected=0, at=OPENED)
    assert (again.n, again.etag_version) == (1, newest(duty).etag_version) == (1, 1)


# --- duties ---------------------------------------------------------------------------------------


def test_duties_of_a_year_have_their_days():
    desk = make_desk()
    march = desk.duty()
    assert (march.opens_on, march.due_on, march.locks_on) == (
        date(2024, 3, 26),
        date(2024, 4, 5),
        date(2024, 4, 22),
    )
    assert desk.body.targets[0].duties.count() == 12


def test_what_was_assigned_earlier_gets_what_can_still_be_reported():
    desk = make_desk()
    ReportingDuty.objects.all().delete()
    june = datetime(2024, 6, 3, 2, tzinfo=UTC)
    assert duties.catch_up(at=june) == 4
    assert duties.catch_up(at=june) == 0
    first = desk.body.targets[0].duties.order_by("due_on").first()
    assert first.period.code == "2024-05"  # April was locked on 20 May
    assert RegisterEntry.objects.filter(kind="duty.generate").count() == 4


def test_a_plan_that_asks_for_nothing_hides_no_other():
    desk = make_desk()
    ReportingDuty.objects.all().delete()
    barren = Period.objects.get(pk=desk.body.plan.pk)
    barren.pk, barren.code, barren.starts_on = -1, "2024-A", date(2024, 1, 2)  # without months
    barren.save(force_insert=True)
    Target.objects.filter(pk__in=[row.pk for row in desk.body.targets[:2]]).update(period=barren)
    june = datetime(2024, 6, 3, 2, tzinfo=UTC)
    assert [duties.catch_up(at=june, limit=1) for _turn in range(3)] == [1, 1, 0]
    assert {duty.target.period for duty in ReportingDuty.objects.all()} == {desk.body.plan}


def test_a_withdrawn_target_is_reported_no_more():
    desk = make_desk()
    target = desk.body.targets[0]
    targets.withdraw_target(
        target_id=target.pk,
        reason="Moved to another unit.",
        by=desk.body.assigner,
        expected=target.etag_version,
        at=ASSIGNED,
    )
    assert set(target.duties.values_list("state", flat=True)) == {DutyState.WAIVED}


def test_a_whole_period_is_waived_in_one_act_and_what_came_stays():
    desk = make_desk()
    came = desk.duty("in_review")
    asked = {"period_id": desk.months[2].pk, "reason": "Assigned in April.", "at": OPENED}
    assert refused_by(duties.waive_period, by=desk.body.planner, **asked) == "waive-not-allowed"
    assert duties.waive_period(by=desk.body.assigner, **asked) == 3
    came.refresh_from_db()
    assert came.state == DutyState.IN_REVIEW
    entry = RegisterEntry.objects.get(kind="duty.waive_period")
    assert data_of(entry)["duties"] == 3
    assert not ReportingDuty.objects.counted("unit", on=LATE.date()).filter(missing__gt=0).exists()
