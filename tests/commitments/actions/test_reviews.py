"""Reports that await a decision: one clock for those of a round, which climbs until all are decided."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from commitments.actions import (
    acknowledgements,
    cases,
    invariants,
    ladders,
    reminders,
    reports,
    rounds,
    verifications,
)
from commitments.actions.subjects import Rounds
from commitments.enums import ClockKind
from commitments.enums.policies import LadderKey
from commitments.models import CaseClock, Report, ReportingDuty, ReportRound, StepFired
from tests.factories.reports import LATE, OPENED, grant, make_desk, newest
from tests.factories.rounds import clock_of, morning, round_of
from units import clock
from units.actions import register
from units.enums import Role
from units.models import RegisterEntry, RoleGrant

pytestmark = pytest.mark.django_db
DUE = date(2024, 4, 9)  # Tuesday: five working days after the 2nd
NEXT_DUE = date(2024, 4, 10)
WEDNESDAY = morning(date(2024, 4, 3), 9)


def review_of(round_):
    return clock_of(round_, ClockKind.VERIFY)


def decide(act, report, by, at=WEDNESDAY, **more):
    report.refresh_from_db()
    return act(report_id=report.pk, by=by, expected=report.etag_version, at=at, **more)


def fired(round_):
    rows = StepFired.objects.filter(clock=review_of(round_), decision="fired").order_by("pk")
    return [(row.level, {one["person"] for one in row.addressees}) for row in rows]


def last_entry(kind):
    return register.data_of(RegisterEntry.objects.filter(kind=kind).latest("pk"))


def test_a_report_that_is_handed_in_starts_the_clock_of_who_verifies_and_a_second_one_shares_it():
    desk = make_desk()
    round_ = round_of(desk)
    assert not CaseClock.objects.filter(kind=ClockKind.VERIFY).exists()

    desk.filed(desk.duty())
    row = review_of(round_)
    assert (row.state, row.due_on, row.generation) == ("running", DUE, 1)
    assert row.next_action_at == morning(date(2024, 4, 5))  # the Sunday before is closed
    assert row.policy.key == LadderKey.REVIEW

    desk.filed(desk.duty(place=1), at=WEDNESDAY)
    row.refresh_from_db()
    assert (row.due_on, row.generation) == (DUE, 1)
    assert invariants.differences() == []


def test_the_ladder_climbs_from_who_verifies_to_the_supervisor():
    desk = make_desk()
    desk.filed(desk.duty())
    round_ = round_of(desk)
    for day in (5, 10, 15):  # of April; the 14th is a Sunday
        cases.sweep(at=morning(date(2024, 4, day)))

    verifiers = {desk.verifier.username, desk.second.username}
    assert fired(round_) == [(0, verifiers), (1, verifiers), (2, {desk.body.supervisor.username})]
    row = review_of(round_)
    assert (row.state, row.end_reason) == ("done", "exhausted")
    assert invariants.differences() == []  # the ladder has ended, the report waits on

    desk.filed(desk.duty(place=1), at=morning(date(2024, 4, 16)))
    row.refresh_from_db()
    assert row.state == "done"  # nothing falls back below what was said of the first


def test_the_last_decision_ends_it_and_the_entry_says_so():
    desk = make_desk()
    first, second = desk.filed(desk.duty()), desk.filed(desk.duty(place=1))
    round_ = round_of(desk)

    decide(verifications.verify, first, desk.verifier)
    assert review_of(round_).state == "running"
    assert "ends" not in last_entry("report.verify")

    decide(verifications.return_to_author, second, desk.verifier, reason="Count again.")
    row = review_of(round_)
    assert (row.state, row.end_reason) == ("done", "decided")
    assert last_entry("report.return")["ends"] == "verify"
    assert last_entry("report.return")["round"] == round_.ref
    assert invariants.differences() == []
    cases.sweep(at=morning(date(2024, 4, 5)))
    assert fired(round_) == []


def test_once_the_first_is_decided_it_runs_from_the_day_of_the_next():
    desk = make_desk()
    first = desk.filed(desk.duty())
    desk.filed(desk.duty(place=1), at=WEDNESDAY)
    round_ = round_of(desk)
    cases.sweep(at=morning(date(2024, 4, 5)))

    decide(verifications.verify, first, desk.verifier, at=morning(date(2024, 4, 9), 9))

    row = review_of(round_)
    assert (row.state, row.due_on, row.generation, row.level) == ("running", NEXT_DUE, 2, -1)
    assert last_entry("report.verify")["ends"] == "verify"  # what was said of the first is over
    cases.sweep(at=morning(date(2024, 4, 9), 10))  # the reminder before the day is not lost
    assert fired(round_)[-1][0] == 0


def test_each_level_has_the_full_time_and_is_asked_of_whoever_has_not_passed_it():
    desk = make_desk(levels=2)
    report = desk.filed(desk.duty())
    round_ = round_of(desk)

    decide(verifications.verify, report, desk.verifier)

    row = review_of(round_)
    assert (row.state, row.due_on, row.generation) == ("running", NEXT_DUE, 2)
    assert last_entry("report.check")["ends"] == "verify"
    cases.sweep(at=morning(date(2024, 4, 8)))
    assert fired(round_) == [(0, {desk.second.username})]
    assert acknowledgements.holders_of(row, at=WEDNESDAY) == {desk.second.pk}

    decide(verifications.verify, report, desk.second)
    assert review_of(round_).state == "done"


def test_taken_back_by_its_author_it_is_nobodys_to_verify():
    desk = make_desk()
    report = desk.filed(desk.duty())
    decide(reports.recall, report, desk.reporter)
    assert review_of(round_of(desk)).state == "done"
    assert last_entry("report.recall")["ends"] == "verify"

    desk.filed(desk.duty(), at=WEDNESDAY)
    row = review_of(round_of(desk))
    assert (row.state, row.due_on, row.generation) == ("running", NEXT_DUE, 2)
    assert invariants.differences() == []


def test_a_returned_report_waits_in_the_round_of_its_new_day():
    desk = make_desk()
    duty = desk.duty()
    decide(verifications.return_to_author, desk.filed(duty), desk.verifier, reason="Again.")
    desk.filed(duty, at=LATE)

    duty.refresh_from_db()
    assert duty.round != round_of(desk)
    assert review_of(duty.round).due_on == date(2024, 4, 15)
    assert review_of(round_of(desk)).state == "done"
    assert invariants.differences() == []


def test_what_replaces_a_verified_report_is_waited_for_too():
    desk = make_desk()
    duty = desk.duty("resubmitted")
    assert review_of(duty.round).state == "running"
    decide(verifications.verify, newest(duty), desk.verifier)
    assert review_of(duty.round).state == "done"
    assert invariants.differences() == []


def test_nobody_is_asked_about_an_own_report_or_one_of_the_own_unit():
    desk = make_desk()
    desk.filed(desk.duty())
    round_ = round_of(desk)

    def asked():
        directory = Rounds([round_], at=OPENED)
        return {row.person for row in directory.awaited(round_, ClockKind.VERIFY)}

    grant(desk.reporter, Role.VERIFIER, desk.body.committee)  # has written it
    grant(desk.body.secretary, Role.VERIFIER, desk.body.committee)  # holds an office of the unit
    assert asked() == {desk.verifier, desk.second}
    grant(desk.second, Role.REPORTER, desk.body.commune)
    assert asked() == {desk.verifier}
    Report.objects.update(author=desk.verifier)
    assert asked() == set()
    other = desk.filed(desk.duty(place=1))
    Report.objects.filter(pk=other.pk).update(author=desk.second)
    assert asked() == {desk.verifier}


def test_where_nobody_may_verify_the_supervisor_hears_it_before_the_day():
    desk = make_desk()
    desk.filed(desk.duty())
    RoleGrant.objects.filter(role=Role.VERIFIER).delete()
    cases.sweep(at=morning(date(2024, 4, 5)))
    assert fired(round_of(desk)) == [(0, {desk.body.supervisor.username})]


def test_what_was_handed_in_before_there_were_such_clocks_has_the_full_time_from_now_on():
    desk = make_desk()
    reports_ = [desk.filed(desk.duty(place=place)) for place in (0, 1)]
    CaseClock.objects.all().delete()
    ReportingDuty.objects.filter(pk=reports_[1].duty_id).update(round=None)
    assert "waits (verify) and no clock runs for it" in " ".join(invariants.differences())

    assert rounds.catch_up_reviews(at=LATE) == 2
    assert rounds.catch_up_reviews(at=LATE) == 0
    row = review_of(round_of(desk))
    assert (row.state, row.due_on, row.started_on) == (
        "running",
        date(2024, 4, 15),
        clock.local_date(LATE),
    )
    decide(verifications.verify, reports_[0], desk.verifier, at=LATE)
    row.refresh_from_db()
    assert (row.state, row.generation) == ("running", 1)
    decide(verifications.verify, reports_[1], desk.verifier, at=LATE)
    assert review_of(round_of(desk)).state == "done"


def test_a_round_has_one_such_clock():
    desk = make_desk()
    desk.filed(desk.duty())
    row = review_of(round_of(desk))
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_what_is_not_in_can_be_put_aside_although_another_report_waits_too_long():
    desk = make_desk()
    desk.filed(desk.duty())
    round_ = round_of(desk)
    CaseClock.objects.filter(kind=ClockKind.VERIFY).update(due_on=date(2024, 4, 1))
    assert reminders.last_day(round_, on=date(2024, 4, 2)) == date(2024, 4, 5)


@pytest.mark.parametrize("count", [1, 3])
def test_a_sweep_asks_as_much_of_one_round_as_of_three(count, django_assert_num_queries):
    desk = make_desk()
    for month in (1, 2, 3)[:count]:
        desk.filed(desk.duty(month=month), at=morning(date(2024, month, 27), 9))
    CaseClock.objects.exclude(kind=ClockKind.VERIFY).delete()
    ladders.in_force(LadderKey.REVIEW, on=date(2024, 4, 1))
    assert ReportRound.objects.filter(clocks__kind=ClockKind.VERIFY).count() == count
    with django_assert_num_queries(SWEPT[connection.vendor]):
        assert cases.sweep(at=morning(date(2024, 5, 2))) == count


SWEPT = {"sqlite": 25, "postgresql": 27}
