"""Reports that are owed by one day: one clock for all of them, which follows every act on them."""

from datetime import date, timedelta

import pytest
from django.db import connection

from commitments.actions import cases, duties, reports, rounds, unlocks, verifications
from commitments.enums.reports import DutyState
from commitments.models import CaseClock, ReportingDuty, ReportRound, StepFired
from tests.factories.reports import AFTER_LOCK, ASSIGNED, LATE, OPENED, make_desk, newest
from tests.factories.rounds import DUE, clock_of, morning, owed_in, round_of
from units.actions import register
from units.models import RegisterEntry

# Queries of a sweep with one unit and one person, however many clocks are due.
SWEPT = {"sqlite": 24, "postgresql": 26}

pytestmark = pytest.mark.django_db
REMINDED = date(2024, 4, 2)  # three days before Friday the 5th


def handed_in(desk, round_):
    """Hand in every report of a round but the last one; return the last duty."""
    *others, last = owed_in(round_)
    for duty in others:
        desk.filed(duty)
    return last


def test_duties_of_a_unit_and_a_day_share_one_round_and_one_clock():
    desk = make_desk()

    round_ = round_of(desk)
    assert len(owed_in(round_)) > 1
    assert {duty.due_on for duty in owed_in(round_)} == {DUE}
    assert not ReportingDuty.objects.filter(round=None).exists()
    assert CaseClock.objects.count() == ReportRound.objects.count()
    clock = clock_of(round_)
    assert (clock.state, clock.due_on, clock.generation) == ("running", DUE, 1)
    assert clock.next_action_at == morning(REMINDED)


def test_the_ladder_climbs_from_the_unit_to_the_leader():
    desk = make_desk()
    clock = clock_of(round_of(desk))
    for day in (2, 8, 10, 15):  # of April; L1 waits for Monday
        cases.sweep(at=morning(date(2024, 4, day)))

    fired = StepFired.objects.filter(clock=clock).order_by("level")
    assert [(row.level, row.decision) for row in fired] == [(n, "fired") for n in range(4)]
    people = [{one["person"] for one in row.addressees} for row in fired]
    unit = {desk.body.secretary.username, desk.body.chair.username, desk.reporter.username}
    assert people == [unit, unit, {desk.body.supervisor.username}, {desk.body.leader.username}]
    clock.refresh_from_db()
    assert (clock.state, clock.end_reason) == ("done", "exhausted")


def test_it_runs_until_the_last_report_is_handed_in():
    desk = make_desk()
    round_ = round_of(desk)
    last = handed_in(desk, round_)
    assert clock_of(round_).state == "running"

    desk.filed(last)

    assert (clock_of(round_).state, clock_of(round_).end_reason) == ("done", "settled")
    said = [
        register.data_of(row)
        for row in RegisterEntry.objects.filter(kind="report.submit").order_by("pk")
    ]
    assert [one.get("round") for one in said][-2:] == [None, round_.ref]
    assert said[-1]["ends"] == "report"
    cases.sweep(at=LATE)
    assert not StepFired.objects.filter(
        clock__round=round_, clock__kind="report", decision="fired"
    ).exists()


def test_what_is_taken_back_is_waited_for_again_and_nothing_fires_twice():
    desk = make_desk()
    round_ = round_of(desk)
    cases.sweep(at=OPENED)
    last = handed_in(desk, round_)
    report = desk.filed(last)

    reports.recall(report_id=report.pk, by=desk.reporter, expected=report.etag_version, at=OPENED)

    clock = clock_of(round_)
    assert (clock.state, clock.level, clock.generation) == ("running", 0, 1)
    assert clock.next_action_at == morning(date(2024, 4, 8))


def test_what_is_returned_goes_over_into_the_round_of_its_new_day():
    desk = make_desk()
    first = round_of(desk)
    duty = owed_in(first)[0]
    report = desk.filed(duty)
    verifications.return_to_author(
        report_id=report.pk,
        reason="Count again.",
        by=desk.verifier,
        expected=report.etag_version,
        at=LATE,
    )

    duty.refresh_from_db()
    mended = duty.round
    assert mended != first
    assert mended.due_on == clock_of(mended).due_on == duty.resubmit_by == date(2024, 4, 11)
    assert clock_of(mended).state == "running"
    assert clock_of(first).state == "running"  # of its other reports

    desk.filed(duty, at=LATE)
    assert clock_of(mended).state == "done"


def test_a_verified_report_that_is_restated_is_owed_by_nobody():
    desk = make_desk()
    duty = desk.duty("restating")
    resubmitted = desk.filed(duty)
    before = duty.round_id
    verifications.return_to_author(
        report_id=resubmitted.pk,
        reason="Count again.",
        by=desk.verifier,
        expected=resubmitted.etag_version,
        at=OPENED,
    )
    duty.refresh_from_db()
    assert (duty.state, duty.round_id) == (DutyState.VERIFIED, before)


def test_waiving_ends_it_by_one_by_period_or_with_the_target():
    desk = make_desk()
    round_ = round_of(desk)
    for duty in owed_in(round_):
        duties.waive(
            duty_id=duty.pk,
            reason="Assigned later.",
            by=desk.body.assigner,
            expected=duty.etag_version,
            at=OPENED,
        )
    assert clock_of(round_).state == "done"

    april = desk.months[3]
    duties.waive_period(period_id=april.pk, reason="Flood.", by=desk.body.assigner, at=OPENED)
    of_april = CaseClock.objects.filter(round__period=april)
    assert set(of_april.values_list("state", flat=True)) == {"done"}

    for target in desk.body.targets:
        duties.waive_of_target(target, reason="Withdrawn.", at=OPENED)
    assert not CaseClock.objects.open().exists()


def test_at_the_lock_the_wait_for_reports_ends_and_the_missing_ones_are_told_upwards():
    desk = make_desk()
    round_ = round_of(desk)
    duties.lock_due(at=AFTER_LOCK)

    assert clock_of(round_).state == "done"
    missing = clock_of(round_, "missing")
    assert (missing.state, missing.due_on) == ("running", date(2024, 4, 22))
    cases.sweep(at=AFTER_LOCK)
    [step] = StepFired.objects.filter(clock=missing)
    assert step.level == 4

    duty = owed_in(round_)[0]
    asked = unlocks.ask(
        duty_id=duty.pk,
        reason="The roof fell in.",
        by=desk.body.supervisor,
        expected=duty.etag_version,
        at=AFTER_LOCK,
    )
    unlocks.answer(unlock_id=asked.pk, granted=True, by=desk.body.assigner, at=AFTER_LOCK)
    duty.refresh_from_db()
    assert duty.round.due_on == date(2024, 4, 30)
    assert clock_of(duty.round).state == "running"


def test_duties_of_before_there_were_rounds_get_theirs():
    desk = make_desk()
    CaseClock.objects.all().delete()
    ReportingDuty.objects.update(round=None)
    ReportRound.objects.all().delete()
    march = ReportingDuty.objects.filter(period=desk.months[2])
    count = ReportingDuty.objects.filter(locks_on__gte=date(2024, 4, 2)).count()

    assert rounds.catch_up(at=OPENED) == count
    assert rounds.catch_up(at=OPENED) == 0
    assert {duty.round.due_on for duty in march} == {DUE}
    assert clock_of(round_of(desk)).state == "running"


def test_a_clock_that_has_climbed_goes_on_from_there_and_not_from_below():
    desk = make_desk()
    round_ = round_of(desk)
    cases.sweep(at=morning(date(2024, 4, 10)))
    last = handed_in(desk, round_)
    desk.filed(last, at=morning(date(2024, 4, 10), 9))
    report = newest(last)

    reports.recall(
        report_id=report.pk,
        by=desk.reporter,
        expected=report.etag_version,
        at=morning(date(2024, 4, 10), 10),
    )
    cases.sweep(at=morning(date(2024, 4, 10), 11))

    assert clock_of(round_).level == 2
    fired = StepFired.objects.filter(clock__round=round_, clock__kind="report", decision="fired")
    assert list(fired.values_list("level", flat=True)) == [2]


@pytest.mark.parametrize("count", [1, 3])
def test_sweeping_rounds_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    """What is asked once per unit is the same unit here: each round is of another period."""
    desk = make_desk()
    CaseClock.objects.exclude(
        round__unit=desk.body.commune, round__period__in=desk.months[3 : 3 + count]
    ).delete()
    rows = CaseClock.objects.all()
    assert rows.count() == count
    rows.update(next_action_at=ASSIGNED, due_on=(ASSIGNED + timedelta(days=4)).date())

    with django_assert_num_queries(SWEPT[connection.vendor]):
        cases.sweep(at=OPENED)
    assert RegisterEntry.objects.filter(kind="step.fired").count() == count


@pytest.mark.parametrize("count", [1, 3])
def test_making_duties_with_their_rounds_costs_the_same_for_one_and_three(
    count, django_assert_num_queries
):
    desk = make_desk()
    CaseClock.objects.all().delete()
    ReportingDuty.objects.all().delete()
    ReportRound.objects.all().delete()
    with django_assert_num_queries(21):
        duties.generate(desk.body.targets[:count], at=ASSIGNED)
