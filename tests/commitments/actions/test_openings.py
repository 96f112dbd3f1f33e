"""Cases that the system registers: each cause once, none from before it began, and none taken back."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection
from django.utils.translation import override

from commitments.actions import backlog, duties, openings, scoring, targets, unlocks
from commitments.actions.revisions import Wanted
from commitments.enums import Comparator, IndicatorKind, PeriodState, VerdictValue
from commitments.enums.backlog import CaseKind, CaseState
from commitments.models import BacklogCase, CaseRule, Period, ReportingDuty, TrajectoryPoint
from commitments.rules.reports import Answer
from commitments.rules.targets import Step
from commitments.web.openings import opened
from config.schedule import JOBS, function_of
from notifications.models import Notice
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW
from tests.factories.notices import read_register
from tests.factories.reports import AFTER_LOCK, ASSIGNED, make_desk
from units.actions.register import data_of
from units.enums import Provenance
from units.models import RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
APRIL, MAY = datetime(2024, 4, 8, 2, tzinfo=UTC), datetime(2024, 5, 6, 2, tzinfo=UTC)
DUE = date(2024, 4, 5)


@pytest.fixture
def in_english():
    with override("en"):
        yield


def run(at, *, began=date(2024, 1, 1)):
    """Let one run of the job come to its end; return the cases that are there now, in order."""
    CaseRule.objects.get_or_create(version=1, defaults={"in_force_from": began, "red_periods": 2})
    opening = openings.Opening(at=at)
    while opening.batch():
        pass
    return list(BacklogCase.objects.order_by("pk"))


def lost(desk, month=3):
    """Waive what is awaited but the report of one target for a month, which gets lost."""
    kept = desk.body.targets[0].duties.get(period=desk.months[month - 1])
    ReportingDuty.objects.exclude(pk=kept.pk).update(state="waived", waiver_reason="Not asked.")
    while duties.lock_due(at=AFTER_LOCK):
        pass
    kept.refresh_from_db()
    return kept


def with_roadmap(desk, *points, place=0):
    """Give a target checkpoints: (month, expected)."""
    revision = desk.body.targets[place].revisions.get()
    TrajectoryPoint.objects.bulk_create(
        TrajectoryPoint(revision=revision, period=desk.months[month - 1], value=value)
        for month, value in points
    )


def said(desk, month, value, *, target=None):
    """Report a figure in time and verify it."""
    at = datetime(2024, month + 1, 2, 2, tzinfo=UTC)
    of = target or desk.body.targets[0]
    duty = of.duties.get(period=desk.months[month - 1])
    return desk.verified(duty, answer=Answer(value=Decimal(value)), at=at)


def test_a_report_that_never_came_is_a_case_of_its_unit():
    desk = make_desk()
    duty = lost(desk)
    (case,) = run(AFTER_LOCK)

    assert (case.kind, case.state) == (CaseKind.REPORT, CaseState.REGISTERED)
    assert (case.unit, case.assigner_unit) == (desk.body.commune, desk.body.committee)
    assert (case.original_due_on, case.current_due_on) == (DUE, DUE)
    assert (case.origin_period, case.target) == (desk.body.plan, desk.body.targets[0])
    assert case.opened_for == f"report/{duty.ref}"
    assert case.title == "Thiếu báo cáo: N01.1 Chỉ tiêu 1, Tháng 3"
    assert case.title_en == "Report missing: N01.1 Indicator 1, March 2024"
    assert set(backlog.unclear(case)) == {
        "office", "task", "responsibility", "product", "authority"
    }  # fmt: skip
    entry = RegisterEntry.objects.get(kind="case.register")
    assert entry.actor is None
    assert (data_of(entry)["opened_for"], data_of(entry)["rule_version"]) == (case.opened_for, 1)
    assert (case.clocks.get().kind, case.clocks.get().state) == ("assign", "running")
    read_register(at=AFTER_LOCK)
    asked = Notice.objects.get(case=case)
    assert (asked.message, asked.recipient) == ("case-assign-request", desk.body.supervisor)
    assert (asked.awaits, asked.due_on) == ("assign", case.clocks.get().due_on)


def test_what_was_registered_before_assigning_had_a_clock_gets_one_once():
    case = BacklogCaseFactory(clear=True)
    for _again in range(2):
        run(AFTER_LOCK)
        assert case.clocks.get().started_on == AFTER_LOCK.date()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_start_one_clock(monkeypatch):
    """One has the case in hand and the other waits for it; it was found before, and has a clock now."""
    case = BacklogCaseFactory(clear=True)
    CaseRule.objects.create(version=1, in_force_from=date(2024, 1, 1), red_periods=2)
    meet, start = Barrier(2), backlog.await_assignment

    def when_the_other_waits(case, *, at):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=0.5)
        start(case, at=at)

    monkeypatch.setattr(backlog, "await_assignment", when_the_other_waits)

    def one():
        try:
            openings.Opening(at=AFTER_LOCK).adopt()
        finally:
            connection.close()

    threads = [Thread(target=one) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert case.clocks.get().generation == 1


def test_a_second_run_finds_nothing_new():
    desk = make_desk()
    lost(desk)
    assert len(run(AFTER_LOCK)) == len(run(AFTER_LOCK + timedelta(days=1))) == 1


def test_what_was_lost_before_the_system_began_stays_with_the_people():
    desk = make_desk()
    duty = lost(desk)
    assert run(AFTER_LOCK, began=duty.locks_on + timedelta(days=1)) == []


def test_the_first_run_writes_the_day_from_which_it_counts():
    desk = make_desk()
    lost(desk)
    (job,) = [job for job in JOBS if job.name == "open_cases"]
    function_of(job)()
    rule = CaseRule.objects.get()
    assert (rule.version, rule.red_periods) == (1, 2)
    assert not BacklogCase.objects.exists()


def test_a_report_that_comes_after_all_is_told_on_the_case_and_takes_nothing_back():
    desk = make_desk()
    duty = lost(desk)
    (case,) = run(AFTER_LOCK)
    assert opened(case, at=AFTER_LOCK).since == ""
    desk_unlock(desk, duty)
    assert "awaited again" in opened(case, at=AFTER_LOCK).since
    desk.filed(duty, at=AFTER_LOCK)
    (case,) = run(AFTER_LOCK)
    told = opened(case, at=AFTER_LOCK)
    assert "locked after 22/04/2024" in told.why
    assert told.since == "The report came on 23/04/2024."
    assert case.state == CaseState.REGISTERED


def desk_unlock(desk, duty):
    asked = unlocks.ask(
        duty_id=duty.pk,
        reason="The line was down.",
        by=desk.body.supervisor,
        expected=duty.etag_version,
        at=AFTER_LOCK,
    )
    unlocks.answer(unlock_id=asked.pk, granted=True, by=desk.body.assigner, at=AFTER_LOCK)


@pytest.mark.parametrize(("values", "since"), [((5, 8), 2), ((10, 8), None), ((5, 20), None)])
def test_a_light_red_in_two_verified_periods_is_a_case(values, since):
    desk = make_desk()
    with_roadmap(desk, (2, 10), (3, 20))
    for month, value in zip((2, 3), values, strict=True):
        said(desk, month, value)
    found = run(APRIL)
    if since is None:
        assert found == []
        return
    (case,) = found
    assert (case.kind, case.original_due_on) == (CaseKind.TARGET, date(2024, 2, 29))
    assert case.title_en == "Target far behind: N01.1 Indicator 1"
    assert "2 verified periods in a row" in opened(case, at=APRIL).why
    assert opened(case, at=APRIL).since == ""
    assert run(APRIL) == found


def test_a_light_that_gets_better_is_told_on_the_case():
    desk = make_desk()
    with_roadmap(desk, (2, 10), (3, 20), (4, 30))
    said(desk, 2, 5)
    said(desk, 3, 8)
    (case,) = run(APRIL)
    said(desk, 4, 30)
    assert run(MAY) == [case]
    assert opened(case, at=MAY).since == "Its light is “On track” now."


def test_periods_before_the_system_began_count_for_no_light():
    desk = make_desk()
    with_roadmap(desk, (2, 10), (3, 20))
    said(desk, 2, 5)
    said(desk, 3, 8)
    assert run(APRIL, began=date(2024, 3, 15)) == []


def test_a_target_that_has_an_open_case_gets_no_second_one():
    desk = make_desk()
    with_roadmap(desk, (2, 10), (3, 20))
    said(desk, 2, 5)
    said(desk, 3, 8)
    (case,) = run(APRIL)
    conclude(desk, VerdictValue.UNMET)
    assert run(MAY) == [case]


def conclude(desk, verdict, **more):
    Period.objects.filter(pk=desk.body.plan.pk).update(state=PeriodState.CLOSING)
    return scoring.assert_verdict(
        target_id=desk.body.targets[0].pk,
        verdict=verdict,
        as_of=date(2024, 12, 31),
        source_ref="BC-1",
        by=desk.body.assigner,
        at=MAY,
        **more,
    )


def test_an_unmet_target_is_a_case_and_says_when_its_verdict_was_corrected():
    desk = make_desk()
    conclude(desk, VerdictValue.UNMET)
    (case,) = run(MAY)
    assert (case.kind, case.original_due_on) == (CaseKind.TARGET, date(2024, 12, 31))
    assert opened(case, at=MAY).since == ""
    scoring.correct_verdict(
        target_id=desk.body.targets[0].pk,
        verdict=VerdictValue.MET,
        source_ref="BC-2",
        by=desk.body.assigner,
        at=MAY,
    )
    assert run(MAY) == [case]
    assert opened(case, at=MAY).since.startswith("The verdict was corrected")


@pytest.mark.parametrize(
    ("verdict", "provenance"),
    [
        (VerdictValue.MET, Provenance.LIVE),
        (VerdictValue.INDETERMINATE, Provenance.LIVE),
        (VerdictValue.UNMET, Provenance.SOURCED),
    ],
)
def test_neither_another_verdict_nor_published_history_is_a_case(verdict, provenance):
    conclude(make_desk(), verdict, provenance=provenance)
    assert run(MAY) == []


def task_of(desk):
    """Assign a task of two steps: 40 % by 15 February, 60 % by 31 March; return its target."""
    body = desk.body
    measured = targets.define_indicator(
        code="of-task",
        name_vi="Công trình",
        name_en="Works",
        kind=IndicatorKind.MILESTONE,
        uom_id=body.targets[0].indicator.uom_id,
        by=body.planner,
        at=NOW,
    )
    made = targets.create_target(
        period_id=body.plan.pk,
        group_id=body.targets[0].group_id,
        indicator_id=measured.pk,
        unit_id=body.commune.pk,
        code="X.1",
        wanted=Wanted(
            comparator=Comparator.GE,
            value=None,
            steps=(
                Step("Lập dự án", date(2024, 2, 15), Decimal(40), "Project drawn up"),
                Step("Thi công", date(2024, 3, 31), Decimal(60), "Built"),
            ),
        ),
        by=body.planner,
        at=ASSIGNED,
    )
    targets.assign_target(target_id=made.pk, by=body.planner, expected=1, at=ASSIGNED)
    return made


def test_a_step_that_a_verified_report_denies_is_a_case_until_it_is_reported_done():
    desk = make_desk()
    task = task_of(desk)
    said(desk, 2, 40, target=task)
    said(desk, 3, 70, target=task)
    (case,) = run(APRIL)
    assert (case.kind, case.original_due_on) == (CaseKind.MILESTONE, date(2024, 3, 31))
    assert case.opened_for == f"milestone/{task.ref}/2/2024-03-31"
    assert case.title == "Mốc bị lỡ: Thi công (X.1 Công trình)"
    assert "“Built”" in opened(case, at=APRIL).why
    said(desk, 4, 100, target=task)
    assert run(MAY) == [case]
    assert opened(case, at=MAY).since == "A verified report says now that it is done."


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_open_one_case(monkeypatch):
    """Both have looked and found no case; without the constraint both would write one."""
    desk = make_desk()
    lost(desk)
    CaseRule.objects.create(version=1, in_force_from=date(2024, 1, 1), red_periods=2)
    meet, real, done = Barrier(2), openings.Opening.open, []

    def both_looked(self, cause):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=5)
        return real(self, cause)

    monkeypatch.setattr(openings.Opening, "open", both_looked)

    def one():
        try:
            opening = openings.Opening(at=AFTER_LOCK)
            while opening.batch():
                pass
            done.append(opening)
        finally:
            connection.close()

    threads = [Thread(target=one) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
    assert BacklogCase.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="case.register").count() == 1
