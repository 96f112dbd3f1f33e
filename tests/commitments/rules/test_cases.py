import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import ClockKind
from commitments.rules.cases import (
    DEFAULT_POLICIES,
    Clock,
    Due,
    Policy,
    Step,
    advanced,
    after_empty,
    due_after,
    due_steps,
    next_action_at,
    schedule,
)
from units.rules.calendars import Calendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = frozenset(range(5))
PLAIN = Calendar(WEEK)
TET = Calendar(WEEK, closed=frozenset(date(2024, 2, day) for day in range(8, 15)))
MAY = Calendar(
    WEEK,
    closed=frozenset({date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}),
    opened=frozenset({date(2024, 5, 4)}),
)
PLACE = {"zone": ZONE, "opens_at": time(8)}
SIGN = DEFAULT_POLICIES[ClockKind.SIGN]
CASE = Policy("case", (Step(0, (-7,), "holder"), *SIGN.steps[1:]))
NAGGING = Policy(
    "nagging",
    (
        Step(0, (-2, 0), "holder"),
        Step(1, (1,), "holder", repeat_days=2),
        Step(2, (6,), "supervisor", ("letter", "ask_explanation"), explanation_days=1),
        Step(3, (9,), "leader_in_charge", repeat_days=3, repeat_max=2),
    ),
)
CLOCK = Clock(due_on=date(2024, 1, 31), started_on=date(2024, 1, 1))


def morning(day: date) -> datetime:
    return datetime.combine(day, time(8), tzinfo=ZONE)


def keys(steps):
    return [(step.level, step.repeat) for step in steps]


def dates(policy, clock, calendar):
    return [(step.level, step.on) for step in schedule(policy, clock, calendar=calendar, **PLACE)]


def sweep(policy, clock, calendar, instants):
    """Run a sweep at each instant; return [(decision, level, repeat, local day)] and the clock."""
    log = []
    for at in instants:
        due = due_steps(policy, clock, calendar=calendar, at=at, **PLACE)
        day = at.astimezone(ZONE).date()
        log += [("superseded", step.level, step.repeat, day) for step in due.superseded]
        log += [("fired", due.fired.level, due.fired.repeat, day)] if due.fired else []
        clock = advanced(clock, due)
    return log, clock


def test_the_ladder_of_a_signature_over_the_new_year_festival():  # G-22
    steps = schedule(SIGN, CLOCK, calendar=TET, **PLACE)

    assert [(step.level, step.repeat, step.on) for step in steps] == [
        (0, 0, date(2024, 1, 17)),
        (0, 1, date(2024, 1, 24)),
        (0, 2, date(2024, 1, 26)),  # 28 January is a Sunday
        (0, 3, date(2024, 1, 30)),
        (0, 4, date(2024, 1, 31)),
        (1, 0, date(2024, 2, 1)),
        (2, 0, date(2024, 2, 7)),
        (3, 0, date(2024, 2, 20)),  # not on 15 February: the explanation is awaited
        (4, 0, date(2024, 3, 1)),
    ]
    assert [step.explanation_due_on for step in steps[-3:]] == [date(2024, 2, 19), None, None]
    assert steps[0].at == datetime(2024, 1, 17, 1, tzinfo=UTC)
    assert [(str(step.audience), *step.acts) for step in steps[4:]] == [
        ("holder", "remind"),
        ("holder", "remind"),
        ("supervisor", "letter", "ask_explanation"),
        ("leader_in_charge", "agenda"),
        ("standing_committee", "agenda"),
    ]


def test_the_ladder_of_a_case_over_the_may_holidays():  # G-23
    clock = Clock(due_on=date(2024, 4, 26), started_on=date(2024, 3, 1))
    steps = schedule(CASE, clock, calendar=MAY, **PLACE)

    assert [(step.level, step.on) for step in steps[1:]] == [
        (1, date(2024, 5, 2)),
        (2, date(2024, 5, 3)),
        (3, date(2024, 5, 13)),
        (4, date(2024, 5, 27)),
    ]
    assert steps[2].explanation_due_on == date(2024, 5, 7)


def test_sweeps_on_the_day_keep_the_schedule():
    clock, fired = CLOCK, []
    while (at := next_action_at(SIGN, clock, calendar=TET, **PLACE)) and len(fired) < 9:
        due = due_steps(SIGN, clock, calendar=TET, at=at, **PLACE)
        assert due.superseded == ()
        fired.append(due.fired._replace(explanation_due_on=due.explanation_due_on))
        clock = advanced(clock, due)

    assert tuple(fired) == schedule(SIGN, CLOCK, calendar=TET, **PLACE)
    assert at == morning(date(2024, 4, 1))  # level 4 again: 60 days after 31 January


def test_a_sweep_run_twice_fires_once():  # G-24
    at = morning(date(2024, 2, 7))
    log, clock = sweep(SIGN, replace(CLOCK, level=1), TET, [at, at, at + timedelta(hours=9)])

    assert log == [("fired", 2, 0, date(2024, 2, 7))]
    assert clock == replace(CLOCK, level=2, explanation_due_on=date(2024, 2, 19))
    assert next_action_at(SIGN, clock, calendar=TET, **PLACE) == morning(date(2024, 2, 20))


@pytest.mark.parametrize(
    ("calendar", "due_on", "late_on", "answer", "level_3"),
    [
        (TET, date(2024, 1, 31), date(2024, 2, 10), date(2024, 2, 19), date(2024, 2, 20)),
        (PLAIN, date(2024, 6, 6), date(2024, 6, 16), date(2024, 6, 19), date(2024, 6, 21)),
        (PLAIN, date(2024, 6, 3), date(2024, 6, 13), date(2024, 6, 18), date(2024, 6, 19)),
    ],
    ids=["stays over the festival", "stays at +15", "the explanation really asked ends later"],
)
def test_level_2_three_days_late(calendar, due_on, late_on, answer, level_3):  # G-24
    clock = Clock(due_on=due_on, started_on=date(2024, 1, 1), level=1)
    due = due_steps(SIGN, clock, calendar=calendar, at=morning(late_on), **PLACE)

    assert (keys([due.fired]), due.superseded) == ([(2, 0)], ())
    assert due.explanation_due_on == answer
    again = next_action_at(SIGN, advanced(clock, due), calendar=calendar, **PLACE)
    assert again == morning(level_3)


@pytest.mark.parametrize(
    ("calendar", "due_on", "answer"),
    [
        (TET, date(2024, 1, 31), date(2024, 2, 21)),
        (PLAIN, date(2024, 6, 3), date(2024, 6, 24)),
    ],
)
def test_a_sweep_down_from_day_1_to_day_16(calendar, due_on, answer):  # G-24
    clock = Clock(due_on=due_on, started_on=date(2024, 1, 1), level=0, repeat_no=4)
    at = morning(due_on + timedelta(days=16))
    due = due_steps(SIGN, clock, calendar=calendar, at=at, **PLACE)

    assert keys([due.fired]) == [(3, 0)]
    assert [(s.level, s.reason) for s in due.superseded] == [(1, "overtaken"), (2, "overtaken")]
    assert due.explanation_due_on == answer  # asked with level 3, from this day on
    assert advanced(clock, due).level == 3
    assert due_steps(SIGN, advanced(clock, due), calendar=calendar, at=at, **PLACE) == Due(None)


def test_a_second_before_its_instant_no_step_is_due():
    at = morning(date(2024, 2, 1))
    clock = replace(CLOCK, level=0, repeat_no=4)

    early = due_steps(SIGN, clock, calendar=TET, at=at - timedelta(seconds=1), **PLACE)
    assert early == Due(None)
    assert advanced(clock, early) == clock
    assert keys([due_steps(SIGN, clock, calendar=TET, at=at, **PLACE).fired]) == [(1, 0)]


@pytest.mark.parametrize(
    ("started_on", "first"),
    [
        (date(2024, 1, 23), (0, 1)),
        (date(2024, 1, 24), (0, 1)),  # the day itself is not before the start
        (date(2024, 1, 25), (0, 2)),
        (date(2024, 2, 1), (1, 0)),
    ],
)
def test_reminders_before_the_start_are_skipped_and_keep_their_numbers(started_on, first):
    clock = replace(CLOCK, started_on=started_on)
    assert keys(schedule(SIGN, clock, calendar=TET, **PLACE))[0] == first


def test_two_reminders_on_one_day_are_one():
    clock = Clock(due_on=date(2024, 6, 16), started_on=date(2024, 6, 1), level=0, repeat_no=2)
    friday = date(2024, 6, 14)  # of the 15th, a Saturday, and the 16th
    log, _ = sweep(SIGN, clock, PLAIN, [morning(friday)])
    assert log == [("superseded", 0, 3, friday), ("fired", 0, 4, friday)]


def test_the_last_level_repeats_every_thirty_days_of_the_due_date():
    at = [morning(date(2024, 3, 1)), morning(date(2024, 4, 5)), morning(date(2024, 7, 1))]
    log, clock = sweep(SIGN, replace(CLOCK, level=3), TET, at)

    assert log == [
        ("fired", 4, 0, date(2024, 3, 1)),
        ("fired", 4, 1, date(2024, 4, 5)),  # due on 31 March, a Sunday, so on 1 April
        ("superseded", 4, 2, date(2024, 7, 1)),
        ("superseded", 4, 3, date(2024, 7, 1)),
        ("fired", 4, 4, date(2024, 7, 1)),  # due on 29 June, a Saturday
    ]
    assert next_action_at(SIGN, clock, calendar=TET, **PLACE) == morning(date(2024, 7, 29))


def test_closed_days_alone_never_fold_level_3_into_the_level_that_asks():
    closed = frozenset(date(2025, 1, 25) + timedelta(days=n) for n in range(9))
    calendar, due_on = Calendar(WEEK, closed), date(2025, 1, 18)  # +7 and +15 are both closed
    clock = Clock(due_on=due_on, started_on=date(2025, 1, 1), level=1)
    every_day = [morning(due_on + timedelta(days=n)) for n in range(1, 40)]

    log, _ = sweep(SIGN, clock, calendar, every_day)
    assert log == [
        ("fired", 2, 0, date(2025, 2, 3)),
        ("fired", 3, 0, date(2025, 2, 7)),  # the explanation was due on 6 February
        ("fired", 4, 0, date(2025, 2, 17)),
    ]


def test_a_repeat_ends_where_the_next_level_begins_and_at_its_number():
    clock = Clock(due_on=date(2024, 6, 3), started_on=date(2024, 6, 1))
    every_day = Calendar(frozenset(range(7)))
    log, clock = sweep(
        NAGGING, clock, every_day, [morning(date(2024, 6, 1 + n)) for n in range(28)]
    )

    assert [(level, repeat, day.day) for _, level, repeat, day in log] == [
        (0, 0, 1),
        (0, 1, 3),
        (1, 0, 4),
        (1, 1, 6),
        (1, 2, 8),
        (2, 0, 9),
        (3, 0, 12),
        (3, 1, 15),
        (3, 2, 18),
    ]
    assert next_action_at(NAGGING, clock, calendar=every_day, **PLACE) is None  # exhausted


def test_a_repeat_on_the_day_of_the_next_level_is_left_out():
    every_five = replace(NAGGING.steps[1], repeat_days=5)  # on +1 and +6
    policy = Policy("nagging", (every_five, *NAGGING.steps[2:]))
    clock = Clock(due_on=date(2024, 6, 3), started_on=date(2024, 6, 1), level=1)
    due = due_steps(policy, clock, calendar=PLAIN, at=morning(date(2024, 6, 10)), **PLACE)
    assert (keys([due.fired]), due.superseded) == ([(2, 0)], ())


def test_a_step_that_asks_nothing_leaves_the_explanation_awaited():
    clock = replace(CLOCK, level=2, explanation_due_on=date(2024, 2, 19))
    due = due_steps(SIGN, clock, calendar=TET, at=morning(date(2024, 2, 20)), **PLACE)

    assert due.explanation_due_on is None
    assert advanced(clock, due) == replace(clock, level=3)


def test_a_schedule_names_only_the_next_repeat():
    clock = Clock(due_on=date(2024, 6, 3), started_on=date(2024, 6, 1), level=1, repeat_no=1)
    assert keys(schedule(NAGGING, clock, calendar=PLAIN, **PLACE)) == [(1, 2), (2, 0), (3, 0)]


def test_an_empty_audience_raises_the_next_level_at_once():  # G-25
    at = morning(date(2024, 2, 1))
    clock = replace(CLOCK, level=0, repeat_no=4)
    due = due_steps(SIGN, clock, calendar=TET, at=at, **PLACE)
    raised = after_empty(SIGN, due, calendar=TET, at=at, zone=ZONE)

    assert (keys([raised.fired]), raised.fired.on) == ([(2, 0)], date(2024, 2, 1))
    assert raised.fired.audience == "supervisor"
    assert [(s.level, s.reason) for s in raised.superseded] == [(1, "no-holder")]
    assert raised.explanation_due_on == date(2024, 2, 6)
    after = advanced(clock, raised)
    assert next_action_at(SIGN, after, calendar=TET, **PLACE) == morning(date(2024, 2, 15))


def test_an_explanation_taken_over_goes_up_with_the_empty_audience():
    at = morning(date(2024, 2, 16))
    clock = replace(CLOCK, level=0, repeat_no=4)
    due = due_steps(SIGN, clock, calendar=TET, at=at, **PLACE)
    raised = after_empty(SIGN, due, calendar=TET, at=at, zone=ZONE)

    assert [(s.level, s.reason) for s in (*raised.superseded, raised.fired)] == [
        (1, "overtaken"),
        (2, "overtaken"),
        (3, "no-holder"),
        (4, ""),
    ]
    assert raised.explanation_due_on == date(2024, 2, 21)
    assert after_empty(SIGN, raised, calendar=TET, at=at, zone=ZONE) is None


def test_a_reminder_that_nobody_hears_goes_to_the_next_audience_and_uses_up_no_level():
    at = morning(date(2024, 1, 17))
    due = due_steps(SIGN, CLOCK, calendar=TET, at=at, **PLACE)
    told = []
    while due:
        told.append((*keys([due.fired])[0], str(due.fired.audience), due.fired.reason))
        after = advanced(CLOCK, due)
        due = after_empty(SIGN, due, calendar=TET, at=at, zone=ZONE)

    assert told == [
        (0, 0, "holder", ""),
        (0, 0, "supervisor", "no-holder"),
        (0, 0, "leader_in_charge", "no-holder"),
        (0, 0, "standing_committee", "no-holder"),
    ]
    assert next_action_at(SIGN, after, calendar=TET, **PLACE) == morning(date(2024, 1, 24))


def test_where_no_step_fires_no_audience_is_empty():
    with pytest.raises(ValueError, match="No step fires"):
        after_empty(SIGN, Due(None), calendar=TET, at=morning(date(2024, 1, 1)), zone=ZONE)


@pytest.mark.parametrize("kind", [ClockKind.COUNTERSIGN, ClockKind.ANSWER])
def test_what_waits_for_the_assigning_side_is_due_after_five_working_days(kind):
    due_on = due_after(kind, date(2024, 2, 5), calendar=TET)
    clock = Clock(due_on=due_on, started_on=date(2024, 2, 5))

    assert due_on == date(2024, 2, 19)  # G-20
    steps = schedule(DEFAULT_POLICIES[kind], clock, calendar=TET, **PLACE)
    assert [(step.level, step.on, str(step.audience)) for step in steps] == [
        (1, date(2024, 2, 20), "holder"),
        (2, date(2024, 2, 26), "supervisor"),  # +5 is a Saturday
    ]


def test_a_signature_has_no_due_day_by_rule():
    with pytest.raises(KeyError):
        due_after(ClockKind.SIGN, date(2024, 2, 5), calendar=TET)


@pytest.mark.parametrize(
    "rung",
    [
        {"level": 1, "offsets": (1, 2)},
        {"level": 1, "offsets": ()},
        {"level": 1, "offsets": (1,), "explanation_days": 3},
        {"level": 1, "offsets": (1,), "acts": ("ask_explanation",)},
        {"level": 1, "offsets": (1,), "repeat_days": 0},
        {
            "level": 1,
            "offsets": (1,),
            "acts": ("ask_explanation",),
            "explanation_days": 3,
            "repeat_days": 5,
        },
        {"level": 0, "offsets": (-1,), "repeat_days": 5},
        {"level": 0, "offsets": (-1,), "acts": ("ask_explanation",), "explanation_days": 3},
    ],
)
def test_a_rung_that_contradicts_itself_is_refused(rung):
    with pytest.raises(ValueError, match=r"[Ll]evel [01]"):
        Step(audience="holder", **rung)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (Step(0, (), "holder"),),
        (Step(0, (-1, -7), "holder"),),
        (Step(1, (1,), "holder"), Step(1, (2,), "holder")),
        (Step(1, (5,), "holder"), Step(2, (5,), "supervisor")),
    ],
)
def test_a_ladder_that_does_not_ascend_is_refused(steps):
    with pytest.raises(ValueError, match="does not ascend"):
        Policy("sign", steps)


@st.composite
def situations(draw):
    """A ladder, a clock at its start, and a calendar with closed days around the due day."""
    due_on = draw(
        st.one_of(st.dates(date(2023, 1, 1), date(2026, 1, 1)), st.just(date(2024, 2, 29)))
    )
    near = st.builds(lambda n: due_on + timedelta(days=n), st.integers(-20, 70))
    run = draw(st.integers(-5, 35))
    closed = draw(st.frozensets(near, max_size=20)) | {
        due_on + timedelta(days=run + n) for n in range(draw(st.integers(0, 25)))
    }
    clock = Clock(due_on=due_on, started_on=due_on - timedelta(days=draw(st.integers(0, 20))))
    return draw(st.sampled_from([SIGN, CASE, NAGGING])), clock, Calendar(WEEK, closed)


@given(situations(), st.lists(st.integers(-480, 2400), max_size=40))
def test_any_sweeps_decide_each_step_once_and_never_a_lower_after_a_higher(situation, hours):
    policy, clock, calendar = situation
    instants = [morning(clock.due_on) + timedelta(hours=n) for n in sorted(hours)]
    log, clock = sweep(policy, clock, calendar, instants)
    decided = [(level, repeat) for _, level, repeat, _ in log]

    assert decided == sorted(set(decided))
    again = next_action_at(policy, clock, calendar=calendar, **PLACE)
    assert again is None or not instants or again > instants[-1]


@given(situations(), st.integers(-480, 2400))
def test_what_is_due_at_once_is_what_is_due_step_by_step(situation, hour):
    policy, clock, calendar = situation
    at = morning(clock.due_on) + timedelta(hours=hour)
    due = due_steps(policy, clock, calendar=calendar, at=at, **PLACE)
    first = next_action_at(policy, clock, calendar=calendar, **PLACE)

    assert (due.fired is not None) == (first <= at)
    assert due_steps(policy, advanced(clock, due), calendar=calendar, at=at, **PLACE) == Due(None)


@given(situations(), st.integers(-25, 75))
def test_a_closed_day_more_never_hastens_a_level_above_0(situation, n):
    policy, clock, calendar = situation
    more = Calendar(WEEK, calendar.closed | {clock.due_on + timedelta(days=n)})
    every_day = [morning(clock.due_on + timedelta(days=n)) for n in range(-25, 120)]

    before, after = (
        {
            (level, repeat): day
            for _, level, repeat, day in sweep(policy, clock, given_calendar, every_day)[0]
            if level > 0
        }
        for given_calendar in (calendar, more)
    )
    assert before.keys() >= after.keys()
    assert all(before[key] <= day for key, day in after.items())
    planned = zip(
        schedule(policy, clock, calendar=calendar, **PLACE)[::-1],
        schedule(policy, clock, calendar=more, **PLACE)[::-1],
        strict=False,  # reminders before the start may drop out
    )
    assert all(old.on <= new.on for old, new in planned if old.level > 0)


@given(situations())
def test_steps_stand_on_open_days_in_the_order_of_their_levels(situation):
    policy, clock, calendar = situation
    steps = schedule(policy, clock, calendar=calendar, **PLACE)

    assert all(calendar.is_open(step.on) for step in steps)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    for lower, higher in itertools.pairwise(steps):
        assert not lower.explanation_due_on or higher.on > lower.explanation_due_on
