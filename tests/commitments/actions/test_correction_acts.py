"""A corrective action is a duty: said to be done, confirmed or taken back, and reminded of till then."""

from contextlib import suppress
from datetime import date, datetime, time
from threading import Barrier, BrokenBarrierError, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from commitments.actions import cases, corrections, invariants, scoring, targets
from commitments.enums import VerdictValue
from commitments.enums.backlog import CorrectionAct, CorrectionState
from commitments.models import CaseClock, CorrectiveAction, StepFired, Target, Verdict
from commitments.rules.corrections import MOVES
from tests.commitments.actions.test_corrections import DUE, kinds, settled, write
from tests.factories.body import NOW, make_body, office, person
from tests.factories.clocks import decisions, sweep_days
from tests.factories.units import RoleGrantFactory
from units.actions.register import data_of
from units.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, StaleVersion, WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
A = CorrectionAct


def at_nine(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=ZONE)


@pytest.fixture
def body():
    return settled(make_body())


def row() -> CorrectiveAction:
    return CorrectiveAction.objects.get()


def clock() -> CaseClock:
    return CaseClock.objects.get(kind="correction")


def act(body, which, **changes):
    """Do `which` as whoever may, by default with what stands there."""
    told = {"target_id": body.targets[0].pk, "expected": row().etag_version, "at": NOW}
    asked = {
        A.FINISH: (corrections.finish, {"note": " Đã bố trí 1,2 tỷ. ", "by": body.secretary}),
        A.TAKE_BACK: (corrections.take_back, {"reason": " Chưa có. ", "by": body.supervisor}),
        A.CONFIRM: (corrections.confirm, {"by": body.supervisor}),
        A.REVISE: (write, {"by": body.planner}),
    }
    do, more = asked[which]
    if which == A.REVISE:
        told.pop("target_id")
        return write(body, **(told | more | changes))
    return do(**(told | more | changes))


def brought_to(body, state):
    write(body)
    if state != CorrectionState.OPEN:
        act(body, A.FINISH)
    if state == CorrectionState.CONFIRMED:
        act(body, A.CONFIRM)


def test_it_is_done_taken_back_done_again_and_confirmed_and_the_register_keeps_each(body):
    write(body)
    done = act(body, A.FINISH)
    assert (done.state, done.note, done.done_by, done.done_at) == (
        "done",
        "Đã bố trí 1,2 tỷ.",
        body.secretary,
        NOW,
    )
    back = act(body, A.TAKE_BACK)
    assert (back.state, back.answer, back.decided_by) == ("open", "Chưa có.", body.supervisor)
    assert back.note == "Đã bố trí 1,2 tỷ."  # stays beside the answer until something else is said
    again = act(body, A.FINISH, note="Đã có quyết định.")
    assert (again.answer, again.decided_by, again.decided_at) == ("", None, None)
    end = act(body, A.CONFIRM)
    assert (end.state, end.decided_by, end.etag_version) == ("confirmed", body.supervisor, 5)
    assert kinds("correction") == [
        "correction.write",
        "correction.finish",
        "correction.take_back",
        "correction.finish",
        "correction.confirm",
    ]
    first = RegisterEntry.objects.filter(kind="correction.finish").order_by("pk").first()
    assert data_of(first) == {"target": "2024-t1", "note": "Đã bố trí 1,2 tỷ."}
    assert set(first.reach.values_list("unit", flat=True)) == {body.commune.pk, body.committee.pk}
    taken = RegisterEntry.objects.get(kind="correction.take_back")
    assert data_of(taken) == {"target": "2024-t1", "done_by": "secretary", "reason": "Chưa có."}


@pytest.mark.parametrize("state", CorrectionState)
@pytest.mark.parametrize("which", CorrectionAct)
def test_every_act_in_every_state(body, which, state):
    brought_to(body, state)
    entries = RegisterEntry.objects.count()
    if state == MOVES[which].source:
        assert act(body, which).state == MOVES[which].target
        return
    with pytest.raises(WrongState) as refused:
        act(body, which)
    assert refused.value.code == f"{which}-not-from-{state}".replace("_", "-")
    assert RegisterEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("which", "changes", "error", "code"),
    [
        (A.FINISH, {"by": "supervisor"}, NotAllowed, "finish-correction-not-allowed"),
        (A.FINISH, {"by": "planner"}, NotAllowed, "finish-correction-not-allowed"),
        (A.FINISH, {"expected": 7}, StaleVersion, "correction-changed"),
        (A.FINISH, {"note": "  "}, Invalid, "note-missing"),
        (A.TAKE_BACK, {"by": "secretary"}, NotAllowed, "decide-correction-not-allowed"),
        (A.TAKE_BACK, {"by": "planner"}, NotAllowed, "decide-correction-not-allowed"),
        (A.TAKE_BACK, {"expected": 1}, StaleVersion, "correction-changed"),
        (A.TAKE_BACK, {"reason": " "}, Invalid, "reason-missing"),
        (A.CONFIRM, {"by": "chair"}, NotAllowed, "decide-correction-not-allowed"),
        (A.CONFIRM, {"expected": 0}, StaleVersion, "correction-changed"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(body, which, changes, error, code):
    brought_to(body, MOVES[which].source)
    before = row()
    told = dict(changes)
    if "by" in told:
        told["by"] = getattr(body, told["by"])
    with pytest.raises(error) as refused:
        act(body, which, **told)
    assert refused.value.code == code
    assert row().etag_version == before.etag_version


def test_nothing_is_done_about_what_nobody_has_written(body):
    with pytest.raises(NotFound) as refused:
        corrections.finish(
            target_id=body.targets[0].pk, note="Xong", by=body.secretary, expected=0, at=NOW
        )
    assert refused.value.code == "correction-not-found"


def test_whoever_answers_or_reports_says_so_and_whoever_assigned_decides(body):
    deputy, reporter, neighbour = person("deputy"), person("reporter"), person("neighbour")
    answers = office(body.commune, "Deputy Chair", deputy, is_head=False)
    office(body.commune, "Clerk", neighbour, is_head=False)
    RoleGrantFactory(person=reporter, role="reporter", unit=body.commune)
    write(body, office_id=answers.pk)
    with pytest.raises(NotAllowed):  # of the unit, but neither head nor the office that answers
        act(body, A.FINISH, by=neighbour)
    act(body, A.FINISH, by=deputy)
    act(body, A.TAKE_BACK, by=body.assigner)
    act(body, A.FINISH, by=reporter)
    act(body, A.CONFIRM, by=body.assigner)


def test_a_supervisor_who_is_of_the_unit_does_not_decide(body):
    brought_to(body, CorrectionState.DONE)
    RoleGrantFactory(person=body.chair, role="supervisor", unit=body.committee)
    with pytest.raises(NotAllowed):
        act(body, A.CONFIRM, by=body.chair)


def test_whoever_said_so_does_not_decide_even_from_another_unit(body):
    outside = RoleGrantFactory(role="reporter", unit=body.committee).person
    RoleGrantFactory(person=outside, role="supervisor", unit=body.committee)
    write(body)
    act(body, A.FINISH, by=outside)
    with pytest.raises(NotAllowed):
        act(body, A.CONFIRM, by=outside)
    act(body, A.CONFIRM, by=body.supervisor)


def test_a_day_that_has_passed_is_moved_by_a_planner_alone(body):
    write(body)
    last, late = at_nine(DUE), at_nine(date(2024, 4, 1))
    write(body, expected=1, due_on=date(2024, 4, 30), at=last)  # the day itself is in time
    CorrectiveAction.objects.update(due_on=DUE)
    with pytest.raises(Conflict) as refused:
        write(body, expected=2, due_on=date(2024, 5, 31), at=late)
    assert refused.value.code == "correction-late"
    moved = write(body, expected=2, due_on=date(2024, 5, 31), by=body.planner, at=late)
    assert (moved.due_on, clock().due_on) == (date(2024, 5, 31), date(2024, 5, 31))


# --- the clock ------------------------------------------------------------------------------------


def test_the_clock_fires_at_each_step_until_somebody_says_that_it_is_done(body):
    write(body)
    assert (clock().state, clock().due_on, clock().policy.key) == ("running", DUE, "correction")
    sweep_days(date(2024, 2, 3), date(2024, 5, 31))
    assert decisions(clock()) == [
        ("fired", 0, 0, date(2024, 3, 22), ["secretary"]),  # Friday: the 24th is a Sunday
        ("fired", 1, 0, date(2024, 4, 1), ["secretary"]),
        ("fired", 2, 0, date(2024, 4, 8), ["supervisor"]),
        ("fired", 3, 0, date(2024, 4, 15), ["leader"]),
        ("fired", 4, 0, date(2024, 4, 30), []),  # no standing committee here: recorded all the same
        ("fired", 4, 1, date(2024, 5, 30), []),
    ]
    act(body, A.FINISH)
    assert (clock().state, clock().end_reason) == ("done", "done")
    assert invariants.differences() == []


def test_whoever_holds_the_office_at_that_instant_is_reminded(body):
    write(body)
    follower = person("follower")
    body.first.appointments.update(valid_to=date(2024, 3, 1))
    body.first.appointments.create(ref="first-2", person=follower, valid_from=date(2024, 3, 1))
    sweep_days(date(2024, 3, 22), date(2024, 3, 22))
    assert decisions(clock())[-1][-1] == ["follower"]
    body.first.appointments.update(valid_to=date(2024, 3, 25))
    sweep_days(date(2024, 4, 1), date(2024, 4, 1))
    assert decisions(clock())[-1] == ("fired", 2, 0, date(2024, 4, 1), ["supervisor"])


def test_what_is_taken_back_goes_on_where_it_stood(body):
    write(body)
    sweep_days(date(2024, 3, 22), date(2024, 4, 1))
    act(body, A.FINISH)
    sweep_days(date(2024, 4, 2), date(2024, 4, 12))
    act(body, A.TAKE_BACK, at=at_nine(date(2024, 4, 12)))
    assert (clock().state, clock().generation, clock().level) == ("running", 1, 1)
    assert invariants.differences() == []
    sweep_days(date(2024, 4, 12), date(2024, 4, 12))
    assert decisions(clock())[-1] == ("fired", 2, 0, date(2024, 4, 12), ["supervisor"])
    act(body, A.FINISH)
    act(body, A.CONFIRM)
    assert clock().state == "done"
    assert invariants.differences() == []


def test_written_anew_it_is_reminded_of_towards_the_new_day(body):
    write(body)
    sweep_days(date(2024, 3, 22), date(2024, 3, 22))
    write(body, expected=1, due_on=date(2024, 6, 28), at=at_nine(date(2024, 3, 25)))
    assert (clock().generation, clock().level, clock().due_on) == (2, -1, date(2024, 6, 28))
    sweep_days(date(2024, 4, 1), date(2024, 6, 20))
    assert not StepFired.objects.filter(generation=2).exists()
    sweep_days(date(2024, 6, 21), date(2024, 6, 21))
    assert decisions(clock())[-1] == ("fired", 0, 0, date(2024, 6, 21), ["secretary"])


def test_the_clock_stands_still_while_no_verdict_asks_for_it(body):
    write(body)

    def correct(verdict):
        scoring.correct_verdict(
            target_id=body.targets[0].pk,
            verdict=verdict,
            source_ref="Biên bản 2",
            by=body.assigner,
            at=NOW,
        )

    correct(VerdictValue.MET)
    assert (clock().state, clock().end_reason) == ("done", "not-asked")
    assert not CorrectiveAction.objects.owed().exists()
    assert invariants.differences() == []
    correct(VerdictValue.INDETERMINATE)
    assert (clock().state, clock().generation) == ("running", 1)
    assert invariants.differences() == []
    target = Target.objects.get(pk=body.targets[0].pk)
    targets.withdraw_target(
        target_id=target.pk, reason="Thôi.", by=body.assigner, expected=target.etag_version, at=NOW
    )
    assert clock().state == "done"
    assert invariants.differences() == []


def test_what_was_written_before_there_were_clocks_gets_one(body):
    write(body)
    write(body, place=1)
    CaseClock.objects.all().delete()
    assert [text.split()[0] for text in invariants.differences()] == [
        "correction/2024-t1",
        "correction/2024-t2",
    ]
    assert corrections.catch_up(at=NOW, limit=1) == 1
    assert corrections.catch_up(at=NOW) == 1
    assert corrections.catch_up(at=NOW) == 0
    assert CaseClock.objects.filter(state="running", due_on=DUE).count() == 2
    assert invariants.differences() == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_sweep_costs_the_same_for_one_and_three(body, count, django_assert_num_queries):
    Verdict.objects.update(verdict=VerdictValue.UNMET)
    for place in range(count):
        write(body, place=place)
    asked = 2 if connection.vendor == "postgresql" else 0  # the database for the time
    with django_assert_num_queries(20 + asked):
        cases.sweep(at=at_nine(date(2024, 3, 22)))
    assert StepFired.objects.filter(decision="fired").count() == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("which", "came"),
    [
        ((A.FINISH, A.FINISH), {"finish", "correction-changed"}),
        ((A.CONFIRM, A.TAKE_BACK), {"one", "correction-changed"}),
    ],
)
def test_of_two_at_once_one_is_told_that_it_has_changed(monkeypatch, which, came):
    """Both have read the same version; without the lock on the target both would have written."""
    body = settled(make_body())
    brought_to(body, MOVES[which[0]].source)
    version, meet, save, told = row().etag_version, Barrier(2), CorrectiveAction.save, []

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(CorrectiveAction, "save", save_when_both_have_read)

    def run(one):
        try:
            act(body, one, expected=version)
            told.append("finish" if one == A.FINISH else "one")
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(one,)) for one in which]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(told) == came
    assert row().etag_version == version + 1
