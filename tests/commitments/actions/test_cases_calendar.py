"""A changed calendar moves the clocks; the step that is shown is the step that fires."""

from datetime import date, timedelta

import pytest

from commitments.actions import calendars, cases
from commitments.models import CaseClock, Explanation, StepFired
from tests.factories.clocks import local, make_scene, start, sweep_days
from tests.factories.units import CalendarDayFactory, UserFactory
from units.actions import register
from units.models import RegisterEntry, WorkingCalendar

pytestmark = pytest.mark.django_db


def test_a_closed_day_approved_for_tomorrow_moves_the_clock_and_its_withdrawal_moves_it_back():
    scene = make_scene()
    clock = start(scene.version())
    sweep_days(date(2024, 1, 17), date(2024, 1, 31))
    noon = local(date(2024, 1, 31), 12)

    day = CalendarDayFactory(calendar=clock.policy.calendar, date=date(2024, 2, 1), approved=True)
    _next_version_of_calendar()
    assert calendars.recompute(at=noon) == 1
    assert calendars.recompute(at=noon) == 0
    clock.refresh_from_db()
    assert clock.next_action_at == local(date(2024, 2, 2))

    day.delete()
    _next_version_of_calendar()
    calendars.recompute(at=noon)
    clock.refresh_from_db()
    assert clock.next_action_at == local(date(2024, 2, 1))
    assert StepFired.objects.filter(clock=clock).count() == 5  # what has fired stays
    told = [
        register.data_of(entry)
        for entry in RegisterEntry.objects.filter(kind="clock.recompute").order_by("pk")
    ]
    assert [(row["moved"], row["latest_shift_hours"]) for row in told] == [(1, 24), (1, -24)]


def test_an_awaited_explanation_moves_with_the_calendar():
    clock = start(make_scene().version())
    sweep_days(date(2024, 1, 17), date(2024, 2, 7))
    CalendarDayFactory(calendar=clock.policy.calendar, date=date(2024, 2, 15), approved=True)
    _next_version_of_calendar()

    calendars.recompute(at=local(date(2024, 2, 8)))

    clock.refresh_from_db()
    assert clock.explanation_due_on == date(2024, 2, 20)
    assert clock.next_action_at == local(date(2024, 2, 21))
    assert Explanation.objects.get().due_on == date(2024, 2, 20)


def test_a_day_that_nobody_approved_moves_nothing():
    clock = start(make_scene().version())
    CalendarDayFactory(calendar=clock.policy.calendar, date=date(2024, 1, 17))
    _next_version_of_calendar()
    calendars.recompute(at=local(date(2024, 1, 10)))
    clock.refresh_from_db()
    assert clock.next_action_at == local(date(2024, 1, 17))
    assert not RegisterEntry.objects.filter(kind="clock.recompute").exists()


@pytest.mark.parametrize("clocks", [1, 3])
def test_what_a_day_would_move_is_what_it_moves_then(clocks, django_assert_num_queries):
    scene = make_scene()
    for place in range(clocks):
        started = start(scene.version(elsewhere=place > 0))
    sweep_days(date(2024, 1, 17), date(2024, 1, 31))
    other = start(scene.case(assigned=True), kind="case", due_on=date(2025, 3, 3))
    day = CalendarDayFactory(calendar=started.policy.calendar, date=date(2024, 2, 1))

    with django_assert_num_queries(4):  # policies, their steps, days, groups of clocks
        effect = calendars.effect_of(day)

    assert (effect.running, effect.moved, effect.ended) == (clocks + 1, clocks, 0)
    assert effect.earliest == effect.latest == timedelta(days=1)
    before = other.next_action_at
    day.approved_by = UserFactory()
    day.save()
    _next_version_of_calendar()
    calendars.recompute(at=local(date(2024, 1, 31), 12))
    moved = CaseClock.objects.filter(next_action_at=local(date(2024, 2, 2)))
    assert moved.count() == effect.moved
    other.refresh_from_db()
    assert other.next_action_at == before
    back = calendars.effect_of(day)  # and withdrawn again
    assert (back.moved, back.earliest) == (clocks, timedelta(days=-1))


def test_what_a_day_would_do_to_an_awaited_explanation():
    clock = start(make_scene().version())
    sweep_days(date(2024, 1, 17), date(2024, 2, 7))
    day = CalendarDayFactory(calendar=clock.policy.calendar, date=date(2024, 2, 15))
    clock.refresh_from_db()
    effect = calendars.effect_of(day)
    assert effect.moved == 1
    assert clock.next_action_at + effect.latest == local(date(2024, 2, 21))


def _next_version_of_calendar() -> None:
    calendar = WorkingCalendar.objects.get()
    calendar.version += 1
    calendar.save(update_fields=["version"])


def test_the_next_step_that_is_shown_is_the_step_that_fires():
    clock = start(make_scene().version())
    shown = []
    while (clock := CaseClock.objects.with_ladder().get(pk=clock.pk)).level < 4:
        step = cases.next_step(clock)
        shown.append((step.level, step.at))
        cases.sweep(at=step.at - timedelta(seconds=1))
        cases.sweep(at=step.at)
    fired = StepFired.objects.filter(clock=clock).order_by("decided_at")
    assert [(row.level, row.decided_at) for row in fired] == shown


def test_a_clock_that_does_not_run_has_no_next_step():
    version = make_scene().version()
    clock = start(version)
    cases.finish(subject=version, at=local(date(2024, 1, 3)), reason="signed")
    clock.refresh_from_db()
    assert cases.next_step(clock) is None


@pytest.mark.parametrize("count", [1, 3])
def test_showing_the_next_steps_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    scene = make_scene()
    for _place in range(count):
        start(scene.version(elsewhere=True))
    with django_assert_num_queries(3):  # clocks with ladder and calendar, steps, days
        found = [cases.next_step(row) for row in CaseClock.objects.with_ladder()]
    assert [step.audience for step in found] == ["holder"] * count


@pytest.mark.parametrize("count", [1, 3])
def test_a_sweep_asks_the_same_about_one_and_three_clocks(count, django_assert_max_num_queries):
    scene = make_scene()
    for _place in range(count):
        start(scene.version(elsewhere=True))
    with django_assert_max_num_queries(23):
        cases.sweep(at=local(date(2024, 1, 17)))
