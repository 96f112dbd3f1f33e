"""Acts on backlog cases: who may, in which state, and what each leaves behind."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from commitments.actions import backlog, proposed, resolutions, suspensions
from commitments.actions import cases as clocks
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct, CaseProposalAct, CaseState
from commitments.models import BacklogCase, CaseClock
from commitments.rules.backlog import MOVES, age, latest_due
from tests.factories.backlog import SIX_CLEARS
from tests.factories.clocks import decisions, local, make_scene
from tests.factories.commitments_versions import year_of
from tests.factories.units import AppointmentFactory, PositionFactory, RoleGrantFactory
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion, WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
DAY = date(2024, 4, 22)
AT = local(DAY, 9)
LATER = date(2024, 9, 30)


class Office:
    """The people around one case of the scene."""

    def __init__(self, state: str = "assigned") -> None:
        self.scene = make_scene()
        self.supervisor = RoleGrantFactory(role="supervisor", unit=self.scene.district).person
        self.assigner = RoleGrantFactory(role="assigner", unit=self.scene.district).person
        self.verifier = RoleGrantFactory(role="verifier", unit=self.scene.district).person
        self.leader = self.scene.leader
        self.case = self.scene.case(**({"clear": True} if state == "registered" else {state: True}))
        self.head = self.case.office.appointments.get().person if self.case.office else None
        if state == "assigned":
            with transaction.atomic():
                backlog.start_clock(self.case, at=local(date(2024, 1, 2), 9))

    def seen(self) -> dict:
        return {
            "case_id": self.case.pk,
            "expected": BacklogCase.objects.get(pk=self.case.pk).etag_version,
        }

    def propose(self, act=CaseProposalAct.EXTEND, *, at=AT, new_due_on=LATER):
        return proposed.propose(
            **self.seen(),
            act=act,
            reason="Chờ quy hoạch",
            by=self.supervisor,
            at=at,
            new_due_on=new_due_on if act == CaseProposalAct.EXTEND else None,
        )

    def decide(self, *, by=None, at=AT, **more):
        return proposed.decide(
            **self.seen(), **({"granted": True} | more), by=by or self.assigner, at=at
        )

    def clock(self, kind=ClockKind.CASE) -> CaseClock:
        return CaseClock.objects.get(case=self.case, kind=kind)


DO = {
    CaseAct.EDIT: lambda o, **at: backlog.edit(
        **o.seen(), by=o.supervisor, office_id=o.case.office_id, task="Rõ hơn", **at
    ),
    CaseAct.ASSIGN: lambda o, **at: backlog.assign(**o.seen(), by=o.supervisor, **at),
    CaseAct.EXTEND: lambda o, **at: (o.propose(), o.decide()),
    CaseAct.SUSPEND: lambda o, **at: suspensions.suspend(
        **o.seen(), by=o.leader, reason="Chờ tỉnh", **at
    ),
    CaseAct.RESUME: lambda o, **at: suspensions.resume(
        **o.seen(), by=o.leader, new_due_on=LATER, **at
    ),
    CaseAct.RESOLVE: lambda o, **at: resolutions.resolve(
        **o.seen(), by=o.head, outcome="Quyết định 12", reference="12/QĐ", **at
    ),
    CaseAct.ACCEPT: lambda o, **at: resolutions.accept(**o.seen(), by=o.verifier, **at),
    CaseAct.REJECT: lambda o, **at: resolutions.reject(
        **o.seen(), by=o.verifier, reason="Thiếu bản đồ", **at
    ),
    CaseAct.REOPEN: lambda o, **at: (
        o.propose(CaseProposalAct.REOPEN),
        o.decide(by=o.leader),
    ),
    CaseAct.CANCEL: lambda o, **at: backlog.cancel(
        **o.seen(), by=o.leader, reason="Ghi hai lần", **at
    ),
}


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("act", CaseAct)
def test_every_act_in_every_state(act, state):
    office = Office(state.value)
    if state == CaseState.CANCELLED and act == CaseAct.RESOLVE:
        BacklogCase.objects.filter(pk=office.case.pk).update(
            **SIX_CLEARS, office=PositionFactory(unit=office.case.unit, head=True)
        )
        office.case.refresh_from_db()
        office.head = AppointmentFactory(position=office.case.office).person

    if state in MOVES[act].sources:
        DO[act](office, at=AT)
        office.case.refresh_from_db()
        assert office.case.state == (MOVES[act].target or state)
        assert RegisterEntry.objects.filter(
            kind=f"case.{act}",
            subject_ref=office.case.ref,
            subject_version=office.case.etag_version,
        ).exists()
        return
    with pytest.raises(WrongState) as refused:
        DO[act](office, at=AT)
    assert refused.value.code == f"{act}-not-from-{state}"
    assert not RegisterEntry.objects.exists()


@pytest.mark.parametrize("act", CaseAct)
def test_nobody_else_does_it(act):
    """Each act by everybody around the case whose part it is not."""
    office = Office(next(iter(sorted(MOVES[act].sources))).value)
    people = {
        "supervisor": office.supervisor,
        "leader": office.leader,
        "head": office.head,
        "verifier": office.verifier,
        "assigner": office.assigner,
        "planner": office.scene.planner,
    }
    may = {
        CaseAct.EDIT: {"supervisor"},
        CaseAct.ASSIGN: {"supervisor"},
        CaseAct.EXTEND: {"assigner"},
        CaseAct.SUSPEND: {"leader"},
        CaseAct.RESUME: {"leader"},
        CaseAct.RESOLVE: {"head"},
        CaseAct.ACCEPT: {"verifier"},
        CaseAct.REJECT: {"verifier"},
        CaseAct.REOPEN: {"leader"},
        CaseAct.CANCEL: {"leader"},
    }[act]
    if act in {CaseAct.EXTEND, CaseAct.REOPEN}:
        office.propose(CaseProposalAct(act.value))
    for name in sorted(set(people) - may):
        asked = people[name]
        if act in {CaseAct.EXTEND, CaseAct.REOPEN}:
            with pytest.raises(NotAllowed, match="decide-not-allowed"):
                office.decide(by=asked)
            continue
        for part in ("supervisor", "leader", "head", "verifier"):
            setattr(office, part, asked)
        with pytest.raises(NotAllowed, match=f"{act}-not-allowed"):
            DO[act](office, at=AT)


def test_a_case_is_registered_with_the_next_free_number():
    office = Office()
    period = year_of(office.scene.district)

    def register(**more):
        return backlog.register_case(
            kind="clearance",
            title=" Dự án A ",
            unit_id=office.scene.commune.pk,
            period_id=period.pk,
            original_due_on=date(2022, 6, 30),
            by=office.supervisor,
            at=AT,
            **more,
        )

    first, second = register(number="TĐ-02"), register()

    assert (first.title, first.state, first.assigner_unit) == (
        "Dự án A",
        "registered",
        office.scene.district,
    )
    assert second.number not in {first.number, office.case.number}
    assert age(first.original_due_on, on=DAY) == 662
    with pytest.raises(Conflict, match="case-number-taken"):
        register(number="TĐ-02")
    with pytest.raises(Invalid, match="case-incomplete"):
        backlog.register_case(
            kind="admin",
            title=" ",
            unit_id=office.scene.commune.pk,
            period_id=period.pk,
            original_due_on=DAY,
            by=office.supervisor,
            at=AT,
        )


@pytest.mark.parametrize(
    ("year", "taken"), [(1993, False), (1994, True), (2054, True), (2055, False)]
)
def test_an_original_day_decades_away_is_a_slip_of_the_pen(year, taken):
    office = Office()
    asked = {
        "kind": "admin",
        "title": "Hồ sơ",
        "unit_id": office.scene.commune.pk,
        "period_id": year_of(office.scene.district).pk,
        "original_due_on": date(year, 6, 30),
        "by": office.supervisor,
        "at": AT,  # in 2024
    }
    if taken:
        assert backlog.register_case(**asked).original_due_on == date(year, 6, 30)
        return
    with pytest.raises(Invalid, match="case-day-unlikely"):
        backlog.register_case(**asked)


def test_only_a_case_with_six_clears_is_assigned():
    office = Office("registered")
    backlog.edit(**office.seen(), by=office.supervisor, at=AT, product="", authority="")

    with pytest.raises(Invalid) as refused:
        DO[CaseAct.ASSIGN](office, at=AT)

    assert refused.value.code == "case-unclear"
    assert set(refused.value.fields) == {"office", "product", "authority"}
    assert not CaseClock.objects.exists()


def test_two_extensions_are_counted_and_the_age_goes_on():  # G-19
    office = Office("registered")
    office.case = office.scene.case(
        clear=True, original_due_on=date(2023, 12, 31), current_due_on=date(2023, 12, 31)
    )
    at = local(date(2024, 1, 2), 9)
    DO[CaseAct.ASSIGN](office, at=at)
    for day in (date(2024, 6, 28), date(2024, 9, 30)):
        office.propose(new_due_on=day, at=at)
        office.decide(at=at)

    office.case.refresh_from_db()
    rows = office.case.extensions.order_by("ordinal")
    assert [(row.ordinal, row.new_due_on) for row in rows] == [
        (1, date(2024, 6, 28)),
        (2, date(2024, 9, 30)),
    ]
    assert age(office.case.original_due_on, on=date(2024, 10, 1)) == 275
    assert (office.clock().generation, office.clock().due_on) == (3, date(2024, 9, 30))


@pytest.mark.parametrize("day", [date(2024, 4, 26), date(2024, 4, 21), None])
def test_an_extension_moves_forward(day):
    with pytest.raises(Invalid, match="due-not-later"):
        Office().propose(new_due_on=day)


def test_an_extension_ends_with_the_year_after_the_plan_or_this_one():
    office = Office()
    for day in (date(2026, 1, 1), date.max):
        with pytest.raises(Invalid, match="due-too-far"):
            office.propose(new_due_on=day)
    office.propose(new_due_on=date(2025, 12, 31))
    assert latest_due(date(2023, 12, 31), today=date(2026, 4, 1)) == date(2027, 12, 31)


def test_who_proposed_does_not_decide_and_declining_says_why():
    office = Office()
    RoleGrantFactory(person=office.supervisor, role="assigner", unit=office.scene.district)
    office.propose()
    with pytest.raises(NotAllowed, match="decide-not-allowed"):
        office.decide(by=office.supervisor)
    with pytest.raises(Invalid, match="answer-missing"):
        office.decide(granted=False)
    with pytest.raises(Conflict, match="proposal-open"):
        office.propose()

    declined = office.decide(granted=False, answer="Không có lý do mới")

    assert (declined.state, office.case.extensions.count()) == ("declined", 0)
    assert office.clock().due_on == date(2024, 4, 26)
    with pytest.raises(Conflict, match="no-proposal"):
        office.decide()


def test_a_proposal_lapses_when_the_case_is_resolved_meanwhile():
    office = Office()
    proposal = office.propose()
    DO[CaseAct.RESOLVE](office, at=AT)
    proposal.refresh_from_db()
    assert proposal.state == "lapsed"


def test_who_granted_an_extension_does_not_verify_and_neither_does_the_own_unit():
    office = Office()
    RoleGrantFactory(person=office.assigner, role="verifier", unit=office.scene.district)
    RoleGrantFactory(person=office.head, role="verifier", unit=office.scene.district)
    clerk = AppointmentFactory(position=PositionFactory(unit=office.case.unit)).person
    RoleGrantFactory(person=clerk, role="verifier", unit=office.scene.district)
    office.propose()
    office.decide()
    DO[CaseAct.RESOLVE](office, at=AT)
    for person in (office.assigner, office.head, clerk):
        with pytest.raises(NotAllowed, match="accept-not-allowed"):
            resolutions.accept(**office.seen(), by=person, at=AT)
    DO[CaseAct.ACCEPT](office, at=AT)


def test_what_was_read_is_what_is_decided():
    office = Office()
    seen = office.seen()
    office.propose()
    with pytest.raises(StaleVersion, match="case-changed"):
        proposed.decide(**seen, granted=True, by=office.assigner, at=AT)


def test_a_paused_clock_fires_nothing_and_starts_anew():
    office = Office()
    DO[CaseAct.SUSPEND](office, at=AT)
    assert (office.clock().state, office.clock().next_action_at) == ("paused", None)
    assert clocks.sweep(at=local(date(2024, 8, 1))) == 0

    DO[CaseAct.RESUME](office, at=AT)

    again = office.clock()
    assert (again.state, again.generation, again.due_on) == ("running", 2, LATER)


def test_a_rejected_and_a_reopened_case_climb_from_the_same_day():
    office = Office()
    DO[CaseAct.RESOLVE](office, at=AT)
    assert office.clock().end_reason == "resolved"
    assert office.clock(ClockKind.VERIFY).due_on == date(2024, 5, 2)
    DO[CaseAct.REJECT](office, at=AT)
    assert (office.clock().generation, office.clock().due_on) == (2, date(2024, 4, 26))
    DO[CaseAct.RESOLVE](office, at=AT)
    DO[CaseAct.ACCEPT](office, at=AT)
    DO[CaseAct.REOPEN](office, at=AT)
    office.case.refresh_from_db()
    assert (office.clock().generation, office.clock().due_on) == (3, date(2024, 4, 26))
    assert (office.case.ended_on, office.case.verified_by, office.case.outcome) == (None, None, "")


def test_a_case_climbs_over_the_may_holidays():  # G-23
    office = Office()
    clocks.sweep(at=local(date(2024, 4, 19)))
    day = date(2024, 4, 26)
    while day < date(2024, 5, 28):
        day += timedelta(days=1)
        clocks.sweep(at=local(day))

    fired = [(row[1], row[3]) for row in decisions(office.clock())]
    assert fired == [
        (0, date(2024, 4, 19)),
        (1, date(2024, 5, 2)),
        (2, date(2024, 5, 3)),
        (3, date(2024, 5, 13)),
        (4, date(2024, 5, 27)),
    ]
    asked = office.clock().explanations.get()
    assert (asked.level, asked.due_on) == (2, date(2024, 5, 7))


def test_after_an_outage_a_case_stands_at_its_highest_step_and_is_explained_with_it():  # G-24
    office = Office()
    clocks.sweep(at=local(date(2024, 4, 19)))
    clocks.sweep(at=local(date(2024, 5, 13)))
    clocks.sweep(at=local(date(2024, 5, 13)))

    assert [(row[0], row[1]) for row in decisions(office.clock())] == [
        ("fired", 0),
        ("superseded", 1),
        ("superseded", 2),
        ("fired", 3),
    ]
    assert office.clock().explanations.get().level == 3


def test_a_step_for_an_office_in_a_gap_goes_one_level_up_at_once():  # G-25
    office = Office()
    clocks.sweep(at=local(date(2024, 4, 19)))
    office.case.office.appointments.update(valid_to=date(2024, 5, 1))
    clocks.sweep(at=local(date(2024, 5, 2)))

    gap, told = office.clock().fired.filter(level__gt=0).order_by("level")
    assert (gap.level, gap.reason, gap.addressees) == (1, "no-holder", [])
    assert (told.level, told.decision) == (2, "fired")
    assert [row["person"] for row in told.addressees] == [office.scene.supervisor.username]
