"""After the verdict: who writes what will be done, and how an unmet target goes on, once."""

from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import allocations, backlog, carryovers, corrections, openings, scoring
from commitments.actions.carryovers import New
from commitments.enums import PeriodState, TargetState, VerdictValue
from commitments.enums.backlog import CaseKind, CaseState
from commitments.models import BacklogCase, Carryover, CaseRule, Period, Target, TaskGroup, Verdict
from commitments.models import CorrectiveAction as Row
from tests.factories.body import NOW, make_body, office, person
from tests.factories.units import RoleGrantFactory
from units.actions.register import data_of
from units.errors import Conflict, Invalid, NotAllowed, Refused, StaleVersion
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
DUE = date(2024, 3, 31)
ENDS = date(2024, 12, 31)


@pytest.fixture
def body():
    return settled(make_body())


def settled(body):
    """Begin to settle 2024: the first target is unmet, the second indeterminate, the third met."""
    Period.objects.filter(pk=body.plan.pk).update(state=PeriodState.CLOSING)
    for target, verdict in zip(
        body.targets,
        (VerdictValue.UNMET, VerdictValue.INDETERMINATE, VerdictValue.MET),
        strict=False,
    ):
        scoring.assert_verdict(
            target_id=target.pk,
            verdict=verdict,
            as_of=ENDS,
            source_ref="Biên bản",
            by=body.assigner,
            at=NOW,
        )
    return body


def next_plan(body, year=2025):
    """Begin the plan of `year` with a group; return the group."""
    plan = Period.objects.create(
        code=str(year),
        kind="year",
        owner=body.committee,
        name_vi=f"Năm {year}",
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        state=PeriodState.PLANNING,
    )
    return TaskGroup.objects.create(
        period=plan, mandate=body.mandate, code="N01", title_vi="Nhóm", field="socio_economic"
    )


def write(body, place=0, **changes):
    told = {
        "target_id": body.targets[place].pk,
        "cause": "funding",
        "reason": "Vốn về chậm.",
        "remedy": "Bố trí vốn trong quý I.",
        "office_id": body.first.pk,
        "due_on": DUE,
        "by": body.secretary,
        "expected": 0,
        "at": NOW,
    }
    return corrections.write(**(told | changes))


def carry(body, place=0, **changes):
    told = {"target_id": body.targets[place].pk, "by": body.planner, "at": NOW}
    return carryovers.carry(**(told | changes))


def kinds(noun):
    return list(
        RegisterEntry.objects.filter(subject_kind=noun)
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def test_the_head_and_the_planner_write_one_action_and_the_register_keeps_both(body):
    assert set(Verdict.objects.unanswered().values_list("target__ref", flat=True)) == {
        "2024-t1",
        "2024-t2",
    }
    write(body)
    row = write(body, remedy=" Vay vốn. ", by=body.planner, expected=1)
    assert (row.remedy, row.etag_version, row.written_by) == ("Vay vốn.", 2, body.planner)
    assert Row.objects.count() == 1
    assert kinds("correction") == ["correction.write", "correction.revise"]
    first = RegisterEntry.objects.get(kind="correction.write")
    assert data_of(first)["remedy"] == "Bố trí vốn trong quý I."
    assert set(first.reach.values_list("unit", flat=True)) == {
        body.commune.pk,
        body.committee.pk,
    }
    write(body, place=1)  # nobody can say: it asks, too
    assert not Verdict.objects.unanswered().exists()


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"reason": " "}, Invalid, "correction-incomplete"),
        ({"remedy": ""}, Invalid, "correction-incomplete"),
        ({"due_on": date(2024, 2, 1)}, Invalid, "due-past"),
        ({"office": "assigning"}, Invalid, "office-elsewhere"),
        ({"expected": 3}, StaleVersion, "correction-changed"),
        ({"place": 2}, Conflict, "correction-not-asked"),
        ({"by": "supervisor"}, NotAllowed, "write-correction-not-allowed"),
        ({"by": "assigner"}, NotAllowed, "write-correction-not-allowed"),
    ],
)
def test_a_corrective_action_is_refused_with_a_reason(body, changes, error, code):
    told = dict(changes)
    if "office" in told:
        told["office_id"] = getattr(body, told.pop("office")).pk
    if "by" in told:
        told["by"] = getattr(body, told["by"])
    with pytest.raises(error) as refused:
        write(body, **told)
    assert refused.value.code == code
    assert not Row.objects.exists()
    assert not kinds("correction")


def test_nobody_is_asked_while_the_year_runs_or_for_what_was_withdrawn(body):
    Period.objects.filter(pk=body.plan.pk).update(state=PeriodState.OPEN)
    with pytest.raises(Conflict):
        write(body)
    Period.objects.filter(pk=body.plan.pk).update(state=PeriodState.CLOSED)
    write(body)
    Target.objects.filter(pk=body.targets[1].pk).update(state="withdrawn", end_reason="Thôi")
    assert not Verdict.objects.asking().filter(target=body.targets[1]).exists()


def test_a_reporter_of_the_unit_writes_and_a_neighbour_does_not(body):
    reporter, neighbour = person("reporter"), person("neighbour")
    RoleGrantFactory(person=reporter, role="reporter", unit=body.commune)
    office(body.other, "Secretary", neighbour)
    write(body, by=reporter)
    with pytest.raises(NotAllowed):
        write(body, by=neighbour, expected=1)


# --- carrying over --------------------------------------------------------------------------------


def test_an_unmet_target_goes_on_as_a_case_that_is_old_already(body):
    write(body)
    done = carry(body, as_case=True)
    case = done.case
    assert (case.kind, case.state) == (CaseKind.CARRYOVER, CaseState.REGISTERED)
    assert (case.original_due_on, done.first_due_on) == (ENDS, ENDS)
    assert (case.unit, case.target, case.origin_period) == (
        body.commune,
        body.targets[0],
        body.plan,
    )
    assert (case.cause, case.office, case.task) == (
        "funding",
        body.first,
        "Bố trí vốn trong quý I.",
    )
    assert (case.title, case.title_en) == (
        "Chuyển tiếp: N01.1 Chỉ tiêu 1",
        "Carried over: N01.1 Indicator 1",
    )
    assert kinds("carryover") == ["carryover.accept"]
    assert kinds("backlog_case") == ["case.register"]
    with pytest.raises(Conflict) as refused:
        carry(body, as_case=True)
    assert refused.value.code == "carried-already"


def test_a_chain_keeps_its_first_due_date_and_one_case(body):
    group = next_plan(body)
    carry(body, as_case=True)
    done = carry(body, new=New(group.pk, "N01.1"))  # once there is a next plan
    following = done.next_target
    assert (following.state, following.period.code, following.unit) == (
        TargetState.PLANNED,
        "2025",
        body.commune,
    )
    assert following.current.value == body.targets[0].current.value
    assert kinds("carryover") == ["carryover.accept", "carryover.extend"]

    Target.objects.filter(pk=following.pk).update(state="assigned")
    Period.objects.filter(pk=group.period_id).update(state=PeriodState.CLOSING)
    scoring.assert_verdict(
        target_id=following.pk,
        verdict=VerdictValue.UNMET,
        as_of=date(2025, 12, 31),
        source_ref="Biên bản",
        by=body.assigner,
        at=NOW,
    )
    after = carryovers.carry(target_id=following.pk, as_case=True, by=body.planner, at=NOW)
    assert after.first_due_on == ENDS
    assert after.case == done.case
    backlog.cancel(
        case_id=done.case_id, reason="Thôi", by=body.leader, expected=1, at=NOW
    )  # and a new one is as old
    Carryover.objects.filter(pk=after.pk).delete()
    again = carryovers.carry(target_id=following.pk, as_case=True, by=body.planner, at=NOW)
    assert (again.case.original_due_on, again.case == done.case) == (ENDS, False)


def test_a_target_that_is_there_already_takes_the_item_on_and_no_second_one(body):
    group = next_plan(body)
    there = Target.objects.create(
        ref="2025-t1",
        period=group.period,
        code="N01.1",
        group=group,
        indicator=body.targets[0].indicator,
        unit=body.commune,
        assigner=body.committee,
    )
    assert carry(body, next_target_id=there.pk).next_target == there
    assert not BacklogCase.objects.exists()
    Verdict.objects.filter(target=body.targets[1]).update(verdict="unmet")
    with pytest.raises(Invalid) as refused:
        carry(body, place=1, next_target_id=there.pk)
    assert refused.value.code == "next-target-unfit"
    with pytest.raises(Invalid) as elsewhere:
        carry(body, place=1, next_target_id=body.targets[2].pk)
    assert elsewhere.value.code == "next-target-unfit"


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"place": 1, "as_case": True}, Conflict, "carry-not-offered"),
        ({"place": 2, "as_case": True}, Conflict, "carry-not-offered"),
        ({}, Invalid, "carry-where"),
        ({"as_case": True, "by": "secretary"}, NotAllowed, "carry-not-allowed"),
        ({"as_case": True, "by": "assigner"}, NotAllowed, "carry-not-allowed"),
        ({"new": New(1, "N01.1")}, Invalid, "next-target-unfit"),  # of no later plan
    ],
)
def test_carrying_over_is_refused_with_a_reason(body, changes, error, code):
    told = dict(changes)
    if "by" in told:
        told["by"] = getattr(body, told["by"])
    with pytest.raises(error) as refused:
        carry(body, **told)
    assert refused.value.code == code
    assert not Carryover.objects.exists()
    assert not BacklogCase.objects.exists()


def open_by_rule(at):
    CaseRule.objects.get_or_create(
        version=1, defaults={"in_force_from": date(2024, 1, 1), "red_periods": 2}
    )
    opening = openings.Opening(at=at)
    while opening.batch():
        pass
    return list(BacklogCase.objects.order_by("pk"))


def test_a_case_that_the_system_opened_becomes_the_one_of_the_carry_over(body):
    later = datetime(2025, 1, 6, 2, tzinfo=UTC)
    (opened,) = open_by_rule(later)
    assert opened.kind == CaseKind.TARGET
    case = carry(body, as_case=True).case
    assert (case.pk, case.kind, case.etag_version) == (opened.pk, CaseKind.CARRYOVER, 2)
    assert kinds("backlog_case") == ["case.register", "case.carry"]
    assert open_by_rule(later) == [case]


def test_what_a_planner_carried_over_is_no_cause_for_the_system(body):
    there = next_plan(body)
    carry(body, new=New(there.pk, "N01.1"))
    assert open_by_rule(datetime(2025, 1, 6, 2, tzinfo=UTC)) == []


def test_a_part_that_carries_an_item_on_is_not_dropped_from_a_split(body):
    group = next_plan(body)
    part = carry(body, new=New(group.pk, "N01.1")).next_target
    with pytest.raises(Conflict) as refused:
        allocations._drop(part, by=body.planner, at=NOW)
    assert refused.value.code == "part-carried"


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_carry_it_over_once(monkeypatch):
    """Both stand before writing; without the lock on the target both would have found nothing."""
    body = settled(make_body())
    meet, save, came = Barrier(2), Carryover.save, []

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(Carryover, "save", save_when_both_have_read)

    def run():
        try:
            carry(body, as_case=True)
            came.append("done")
        except Refused as refused:
            came.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["carried-already", "done"]
    assert BacklogCase.objects.count() == Carryover.objects.count() == 1
