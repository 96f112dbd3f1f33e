"""Clocks in the database: what starts, fires, ends, and who is told, by the golden calendar."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from commitments.actions import cases
from commitments.enums import ClockKind, ClockState, VersionState
from commitments.models import (
    CaseClock,
    CommitmentVersion,
    EscalationPolicy,
    EscalationStep,
    Explanation,
    StepFired,
)
from tests.factories.clocks import decisions, head_of, local, make_scene, start, sweep_days
from units.actions import register
from units.models import CalendarDay, RegisterEntry, WorkingCalendar

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


# --- start and finish -----------------------------------------------------------------------------


def test_the_first_start_writes_the_ladder_of_the_house_and_later_ones_use_it():
    scene = make_scene()
    first = start(scene.version())
    second = start(scene.version(elsewhere=True))

    assert first.policy == second.policy
    assert EscalationPolicy.objects.values_list("key", "version").get() == ("sign", 1)
    steps = EscalationStep.objects.order_by("level").values_list("level", "offset_days", "audience")
    assert list(steps) == [
        (0, [-14, -7, -3, -1, 0], "holder"),
        (1, [1], "holder"),
        (2, [7], "supervisor"),
        (3, [15], "leader_in_charge"),
        (4, [30], "standing_committee"),
    ]


def test_start_needs_no_calendar_to_be_there():
    version = make_scene().version()
    CalendarDay.objects.all().delete()
    WorkingCalendar.objects.all().delete()

    clock = start(version)

    assert clock.policy.calendar.key == "body"
    assert clock.next_action_at == local(date(2024, 1, 17))


def test_a_running_ladder_keeps_its_version_and_the_next_start_takes_the_newest():
    scene = make_scene()
    running = start(scene.version())
    newer = EscalationPolicy.objects.create(
        key="sign",
        version=2,
        subject_kind="sign",
        calendar=running.policy.calendar,
        in_force_from=date(2024, 1, 3),
    )
    EscalationStep.objects.create(policy=newer, level=1, offset_days=[1], audience="supervisor")

    later = start(scene.version(elsewhere=True), at=local(date(2024, 1, 3), 9))
    running.refresh_from_db()

    assert (running.policy.version, later.policy) == (1, newer)


def test_what_waits_for_the_assigner_is_due_after_five_working_days():
    clock = start(
        make_scene().version(signed=True),
        kind=ClockKind.COUNTERSIGN,
        due_on=None,
        at=local(date(2024, 2, 5), 9),
    )
    assert clock.due_on == date(2024, 2, 19)  # G-20: 8 to 14 February are closed
    assert clock.next_action_at == local(date(2024, 2, 20))


def test_a_second_start_begins_the_next_generation_of_the_same_clock():
    version = make_scene().version()
    clock = start(version)
    sweep_days(date(2024, 1, 17), date(2024, 2, 1))

    again = start(version, due_on=date(2024, 3, 20), at=local(date(2024, 2, 2), 9))

    assert (again.pk, again.generation, again.level) == (clock.pk, 2, -1)
    assert again.next_action_at == local(date(2024, 3, 6))
    cases.sweep(at=local(date(2024, 3, 6)))
    assert StepFired.objects.filter(clock=clock, level=0, repeat=0).count() == 2


def test_finish_ends_the_named_clocks_and_fires_nothing_more():
    version = make_scene().version()
    sign = start(version)
    countersign = start(version, kind=ClockKind.COUNTERSIGN, due_on=None)

    ended = cases.finish(
        subject=version, at=local(date(2024, 1, 3)), reason="signed", kinds=[ClockKind.SIGN]
    )

    sign.refresh_from_db()
    countersign.refresh_from_db()
    assert (ended, sign.state, sign.end_reason) == (1, "done", "signed")
    assert countersign.state == "running"
    assert cases.sweep(at=local(date(2024, 1, 9), 7)) == 0


def test_the_database_refuses_a_second_open_clock_and_a_running_one_without_next_step():
    version = make_scene().version()
    clock = start(version)
    twin = {
        "version": version,
        "kind": "sign",
        "policy": clock.policy,
        "calendar_version": 1,
        "started_on": clock.started_on,
        "due_on": clock.due_on,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseClock.objects.create(**twin, next_action_at=clock.next_action_at)
    with pytest.raises(IntegrityError, match="clock_running_has_next"), transaction.atomic():
        CaseClock.objects.filter(pk=clock.pk).update(next_action_at=None)


# --- the golden ladder ----------------------------------------------------------------------------


def test_the_ladder_of_a_signature_over_the_new_year_festival():  # G-22
    scene = make_scene()
    version = scene.version()
    head = head_of(version, at=local(date(2024, 1, 2))).username
    clock = start(version)

    sweep_days(date(2024, 1, 3), date(2024, 4, 10))

    supervisor, leader = scene.supervisor.username, scene.leader.username
    committee = scene.committee.username
    assert decisions(clock) == [
        ("fired", 0, 0, date(2024, 1, 17), [head]),
        ("fired", 0, 1, date(2024, 1, 24), [head]),
        ("fired", 0, 2, date(2024, 1, 26), [head]),  # 28 January is a Sunday
        ("fired", 0, 3, date(2024, 1, 30), [head]),
        ("fired", 0, 4, date(2024, 1, 31), [head]),
        ("fired", 1, 0, date(2024, 2, 1), [head]),
        ("fired", 2, 0, date(2024, 2, 7), [supervisor]),
        ("fired", 3, 0, date(2024, 2, 20), [leader]),  # not 15: the explanation is due on 19
        ("fired", 4, 0, date(2024, 3, 1), [committee]),
        ("fired", 4, 1, date(2024, 4, 1), [committee]),  # 30 days after 1 March is a Sunday
    ]
    asked = Explanation.objects.get()
    assert (asked.level, asked.due_on) == (2, date(2024, 2, 19))
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 10


def test_a_fired_step_leaves_everything_a_notice_needs_in_the_register():
    scene = make_scene()
    version = scene.version()
    head = head_of(version, at=local(date(2024, 1, 2)))
    clock = start(version)
    cases.sweep(at=local(date(2024, 2, 7)))

    entry = RegisterEntry.objects.get(kind="step.fired")
    data = register.data_of(entry)
    assert (entry.subject_kind, entry.subject_ref) == ("step_fired", f"{clock.pk}-1-2-0")
    assert (entry.actor, entry.at) == (None, local(date(2024, 2, 7)))
    assert data["version"] == version.ref
    assert (data["policy"], data["policy_version"]) == ("sign", 1)
    assert (data["kind"], data["level"], data["repeat"]) == ("sign", 2, 0)
    assert (data["due_on"], data["audience"]) == ("2024-01-31", "supervisor")
    assert data["acts"] == ["letter", "ask_explanation"]
    assert [row["person"] for row in data["addressees"]] == [scene.supervisor.username]
    assert [row["person"] for row in data["asked"]] == [head.username]
    assert data["explanation_due_on"] == "2024-02-19"
    assert data["next_action_at"] == local(date(2024, 2, 20)).isoformat()
    reached = set(entry.reach.values_list("unit_id", flat=True))
    assert reached == {scene.district.pk, scene.commune.pk}
    assert StepFired.objects.get(decision="fired").entry == entry


def test_run_twice_it_fires_once():  # G-24
    clock = start(make_scene().version())
    cases.sweep(at=local(date(2024, 1, 17)))
    cases.sweep(at=local(date(2024, 1, 17)))
    cases.sweep(at=local(date(2024, 1, 17), 15))
    assert [row[:3] for row in decisions(clock)] == [("fired", 0, 0)]


def test_the_day_before_at_the_day_and_a_minute_early():
    clock = start(make_scene().version())
    for at in (local(date(2024, 1, 16), 23), local(date(2024, 1, 17), 7, 59)):
        assert cases.sweep(at=at) == 0
    assert cases.sweep(at=local(date(2024, 1, 17))) == 1
    assert len(decisions(clock)) == 1


def test_three_days_of_sleep_send_one_and_not_three():
    """Due on Wednesday 31: the steps of 30, 31 January and 1 February all fall into the sleep."""
    clock = start(make_scene().version())
    sweep_days(date(2024, 1, 17), date(2024, 1, 26))

    cases.sweep(at=local(date(2024, 2, 2), 11))

    fired = [row[:3] for row in decisions(clock) if row[3] == date(2024, 2, 2)]
    assert fired == [("superseded", 0, 3), ("superseded", 0, 4), ("fired", 1, 0)]
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 4


@pytest.mark.parametrize(
    ("swept", "answer_by", "third"),
    [
        (date(2024, 3, 27), date(2024, 4, 1), date(2024, 4, 4)),  # on its day
        (date(2024, 3, 30), date(2024, 4, 3), date(2024, 4, 4)),  # three days late
        (date(2024, 4, 2), date(2024, 4, 5), date(2024, 4, 8)),  # the answer ends later: it waits
    ],
)
def test_the_third_level_stays_unless_the_explanation_really_asked_ends_later(  # G-24
    swept, answer_by, third
):
    clock = start(make_scene().version(), due_on=date(2024, 3, 20), at=local(date(2024, 3, 1)))
    sweep_days(date(2024, 3, 1), date(2024, 3, 26))

    cases.sweep(at=local(swept))
    cases.sweep(at=local(swept, 9))

    clock.refresh_from_db()
    assert [row[:2] for row in decisions(clock) if row[1] == 2] == [("fired", 2)]
    assert clock.explanation_due_on == answer_by
    assert clock.next_action_at == local(third)


def test_after_an_outage_the_highest_step_fires_and_asks_what_the_others_would_have():  # G-24
    scene = make_scene()
    clock = start(scene.version())
    sweep_days(date(2024, 1, 17), date(2024, 1, 31))

    cases.sweep(at=local(date(2024, 2, 16)))  # +16: levels 1, 2 and 3 are past

    day = date(2024, 2, 16)
    assert [row for row in decisions(clock) if row[3] == day] == [
        ("superseded", 1, 0, day, []),
        ("superseded", 2, 0, day, []),
        ("fired", 3, 0, day, [scene.leader.username]),
    ]
    asked = Explanation.objects.get()
    assert (asked.level, asked.due_on) == (3, date(2024, 2, 21))


# --- what ends by itself --------------------------------------------------------------------------


def test_a_fulfilled_subject_is_suppressed_and_its_clock_done():
    version = make_scene().version()
    clock = start(version)
    CommitmentVersion.objects.filter(pk=version.pk).update(
        state=VersionState.SUPERSEDED, ended_at=local(date(2024, 1, 10)), superseded_by=2
    )  # as after a restore: nobody told the clock

    cases.sweep(at=local(date(2024, 1, 17)))

    clock.refresh_from_db()
    assert (clock.state, clock.end_reason) == (ClockState.DONE, "fulfilled")
    step = StepFired.objects.get()
    assert (step.decision, step.reason, step.entry) == ("suppressed", "fulfilled", None)
    assert not RegisterEntry.objects.filter(kind="step.fired").exists()


def test_a_key_that_stands_there_already_is_not_written_again():
    """As after a restore of the clock alone: the step has been fired, the clock has forgotten."""
    clock = start(make_scene().version())
    cases.sweep(at=local(date(2024, 1, 17)))
    CaseClock.objects.filter(pk=clock.pk).update(
        level=-1, repeat_no=0, next_action_at=local(date(2024, 1, 17))
    )

    assert cases.sweep(at=local(date(2024, 1, 18))) == 1

    clock.refresh_from_db()
    assert StepFired.objects.filter(clock=clock).count() == 1
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 1
    assert clock.next_action_at == local(date(2024, 1, 24))


def test_a_poison_clock_is_set_aside_and_stops_nobody_else():
    scene = make_scene()
    poison, good = start(scene.version()), start(scene.version(elsewhere=True))
    broken = EscalationPolicy.objects.create(
        key="broken",
        version=1,
        subject_kind="sign",
        calendar=poison.policy.calendar,
        in_force_from=date(2024, 1, 1),
    )  # a ladder without rungs cannot be climbed
    CaseClock.objects.filter(pk=poison.pk).update(policy=broken)

    at = local(date(2024, 1, 17))
    cases.sweep(at=at)
    poison.refresh_from_db()
    assert (poison.fail_count, poison.next_action_at) == (1, at + timedelta(minutes=1))
    assert len(decisions(good)) == 1  # on time, in the same sweep

    cases.sweep(at=at + timedelta(minutes=1))
    cases.sweep(at=at + timedelta(minutes=6))

    poison.refresh_from_db()
    assert (poison.state, poison.fail_count) == (ClockState.QUARANTINED, 3)
    assert "ladder" in poison.last_error
    assert cases.sweep(at=at + DAY) == 0


def test_success_forgets_earlier_failures():
    clock = start(make_scene().version())
    CaseClock.objects.filter(pk=clock.pk).update(fail_count=2, last_error="boom")
    cases.sweep(at=local(date(2024, 1, 17)))
    clock.refresh_from_db()
    assert (clock.fail_count, clock.last_error) == (0, "")
