"""The ladder: which step of a clock is due, what it overtakes, and when to look again.

A sweep deals with one clock like this, in one transaction (source: F-23, a house rule, not law):

    due = due_steps(policy, clock, ...)
    while due.fired and nobody(due.fired) and (higher := after_empty(policy, due, ...)):
        due = higher
    # due.fired is FIRED, each of due.superseded SUPERSEDED, with their `reason`;
    # due.explanation_due_on: an explanation is asked now, at the level of due.fired
    clock = advanced(clock, due)
    again = next_action_at(policy, clock, ...)  # None: the ladder is exhausted

All follows from the clock's own columns, so a sweep may stop and start anywhere. Equal clocks get
equal answers and a `Clock` is hashable: ask once for each group of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import chain, count, pairwise, takewhile, zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from commitments.enums import Audience, ClockKind
from commitments.enums.policies import LadderKey
from units.rules.calendars import Calendar, add_working_days, instant, step_date

REMIND, LETTER, ASK_EXPLANATION, AGENDA = "remind", "letter", "ask_explanation", "agenda"
ACK_DAYS = 3  # working days for which whoever has acknowledged a step hears no repeat of it
OVERTAKEN, NO_HOLDER = "overtaken", "no-holder"  # reasons of a recorded step
EXHAUSTED = "exhausted"  # why a clock ends after its last step: what it runs for waits on


@dataclass(frozen=True)
class Step:
    """One rung. Several `offsets` (calendar days from the due date) exist only at level 0.

    `explanation_days`: working days for the explanation that it asks for; None: it asks for none.
    `repeat_days`: said again so many days later, until the next rung; at most `repeat_max` times,
    None: no limit. `channels`: a Route, `pace`: a Pace; "": as each person has chosen. Raises
    ValueError for a rung that contradicts itself.
    """

    level: int
    offsets: tuple[int, ...]
    audience: str
    acts: tuple[str, ...] = (REMIND,)
    explanation_days: int | None = None
    repeat_days: int | None = None
    repeat_max: int | None = None
    channels: str = ""
    pace: str = ""

    def __post_init__(self) -> None:
        if self.level > 0 and len(self.offsets) != 1:
            raise ValueError(f"Level {self.level} has one offset; only level 0 may have several.")
        if bool(self.explanation_days) != (ASK_EXPLANATION in self.acts):
            raise ValueError(f"Level {self.level} asks for an explanation within how many days?")
        if self.repeat_days is not None and (self.repeat_days < 1 or self.explanation_days):
            raise ValueError(f"Level {self.level} repeats days apart, and asks only once.")
        if self.level == 0 and (self.repeat_days is not None or self.explanation_days):
            raise ValueError("Level 0 reminds on the days it lists and does nothing else.")


@dataclass(frozen=True)
class Policy:
    """One version of a ladder, its rungs by ascending level and offset; else ValueError.

    `ack_days`: working days for which an acknowledgement keeps repeats away.
    """

    kind: str
    steps: tuple[Step, ...]
    ack_days: int = ACK_DAYS

    def __post_init__(self) -> None:
        levels = [step.level for step in self.steps]
        offsets = [offset for step in self.steps for offset in step.offsets]
        if not offsets or any(a >= b for a, b in chain(pairwise(levels), pairwise(offsets))):
            raise ValueError(f"The ladder for {self.kind!r} does not ascend.")


@dataclass(frozen=True)
class Clock:
    """How far one waiting thing has come: the last decided step and the explanation awaited.

    `level` -1: nothing is decided yet. `repeat_no` numbers the steps of one level. `ack_until`: up to
    and with this local day no further step of `level` fires; None: nobody has acknowledged it.
    """

    due_on: date
    started_on: date
    generation: int = 1
    level: int = -1
    repeat_no: int = 0
    explanation_due_on: date | None = None
    ack_until: date | None = None


class StepAt(NamedTuple):
    """One step on its day. `on` is a local date and `at` that morning, in UTC."""

    level: int
    repeat: int
    on: date
    at: datetime
    audience: str
    acts: tuple[str, ...]
    explanation_due_on: date | None = None  # in a schedule only
    reason: str = ""  # to be recorded: OVERTAKEN, NO_HOLDER or nothing
    channels: str = ""
    pace: str = ""


class Due(NamedTuple):
    """What to record now. `explanation_due_on`: asked with `fired`; None: none is asked now."""

    fired: StepAt | None
    superseded: tuple[StepAt, ...] = ()
    explanation_due_on: date | None = None


def schedule(
    policy: Policy, clock: Clock, *, calendar: Calendar, zone: ZoneInfo, opens_at: time
) -> tuple[StepAt, ...]:
    """Return the steps still to come if each fires on its day; of repeats only the next one."""
    return tuple(_remaining(policy, clock, calendar, zone, opens_at, planned=True))


def due_steps(
    policy: Policy,
    clock: Clock,
    *,
    calendar: Calendar,
    at: datetime,
    zone: ZoneInfo,
    opens_at: time,
) -> Due:
    """Return the highest step that is due at `at` (aware) and the lower ones that it overtakes.

    An explanation that one of them asks for is asked with the fired step and counted from the
    local day of `at`. Missed repeats are overtaken like any other step.
    """
    steps = _remaining(policy, clock, calendar, zone, opens_at, planned=False)
    late = list(takewhile(lambda step: step.at <= at, steps))
    if not late:
        return Due(None)
    reached = {step.level for step in late}
    asking = [step.explanation_days for step in policy.steps if step.level in reached]
    days = next((days for days in reversed(asking) if days), None)
    return Due(
        late[-1],
        tuple(step._replace(reason=OVERTAKEN) for step in late[:-1]),
        _answer_by(days, at, calendar, zone),
    )


def after_empty(
    policy: Policy, due: Due, *, calendar: Calendar, at: datetime, zone: ZoneInfo
) -> Due | None:
    """Return what happens instead when nobody is there to hear `due.fired`; None: nobody is higher.

    Above level 0 the next level is due at once. A step of level 0 stays what it is, a reminder
    of something not yet late, but goes to the next audience up: raising the level would call the
    unit late, and use up its ladder, before the day. With None record `due.fired` all the same,
    with reason NO_HOLDER and no addressee. Raises ValueError if `due` fires nothing.
    """
    empty = due.fired
    if empty is None:
        raise ValueError("No step fires, so no audience can be empty.")
    if empty.level == 0:
        audiences = list(dict.fromkeys(step.audience for step in policy.steps))
        above = audiences[audiences.index(empty.audience) + 1 :]
        if not above:
            return None
        return due._replace(fired=empty._replace(audience=above[0], reason=NO_HOLDER))
    step = next((step for step in policy.steps if step.level > empty.level), None)
    if step is None:
        return None
    return Due(
        StepAt(
            step.level,
            0,
            at.astimezone(zone).date(),
            at,
            step.audience,
            step.acts,
            channels=step.channels,
            pace=step.pace,
        ),
        (*due.superseded, empty._replace(reason=NO_HOLDER)),
        _answer_by(step.explanation_days, at, calendar, zone) or due.explanation_due_on,
    )


def advanced(clock: Clock, due: Due) -> Clock:
    """Return `clock` as it stands once `due` is recorded; the same clock if nothing fires."""
    if due.fired is None:
        return clock
    return replace(
        clock,
        level=due.fired.level,
        repeat_no=due.fired.repeat,
        explanation_due_on=due.explanation_due_on or clock.explanation_due_on,
        ack_until=clock.ack_until if due.fired.level == clock.level else None,
    )


def acknowledged(policy: Policy, clock: Clock, *, on: date, calendar: Calendar) -> Clock:
    """Return `clock` once its present level is acknowledged on the local day `on`.

    Repeats of that level stay away for `ack_days` working days after `on`, then resume by themselves;
    the next level comes on its day. Raises ValueError before anything has fired.
    """
    if clock.level < 0:
        raise ValueError("Nothing has fired, so nothing can be acknowledged.")
    return replace(clock, ack_until=add_working_days(on, policy.ack_days, is_open=calendar.is_open))


def next_action_at(
    policy: Policy, clock: Clock, *, calendar: Calendar, zone: ZoneInfo, opens_at: time
) -> datetime | None:
    """Return when, in UTC, the next step is due; None when no step is left."""
    steps = _remaining(policy, clock, calendar, zone, opens_at, planned=False)
    return next((step.at for step in steps), None)


def due_after(kind: str, on: date, *, calendar: Calendar) -> date:
    """Return when what began to wait on the local day `on` is due.

    Only for kinds in DUE_AFTER; for the others a person sets the day, and this raises KeyError.
    """
    return add_working_days(on, DUE_AFTER[kind], is_open=calendar.is_open)


def _remaining(
    policy: Policy,
    clock: Clock,
    calendar: Calendar,
    zone: ZoneInfo,
    opens_at: time,
    *,
    planned: bool,
) -> Iterator[StepAt]:
    """Yield the steps after the clock's last one in the order of their days; may have no end.

    `planned`: each step fires on its day, so each explanation still to be asked holds back the
    levels above it. Otherwise only one really asked does, wherefore after an outage the highest
    step is due on its own day; yet closed days alone never fold a level into one that asks.
    """
    is_open = calendar.is_open
    free_on = date.min  # no step above level 0 before this day
    if clock.explanation_due_on is not None:
        free_on = step_date(clock.explanation_due_on, 1, level=1, is_open=is_open)
    asked_on, answered_on = None, free_on
    ends = [step.offsets[0] for step in policy.steps[1:]]
    for step, end in zip_longest(policy.steps, ends):
        if step.level < clock.level:
            continue
        first = clock.repeat_no + 1 if step.level == clock.level else 0
        for repeat, offset in _numbered(step, first, before=end):
            on = step_date(clock.due_on, offset, level=step.level, is_open=is_open)
            if step.level == 0 and on < clock.started_on:
                continue
            if step.level > 0:
                on = max(on, free_on)
                on = free_on = answered_on if on == asked_on else on
            if step.level == clock.level and clock.ack_until and on <= clock.ack_until:
                continue
            answer = None
            if step.explanation_days:
                answer = add_working_days(on, step.explanation_days, is_open=is_open)
                asked_on, answered_on = on, step_date(answer, 1, level=1, is_open=is_open)
                free_on = answered_on if planned else free_on
            at = instant(on, opens_at, zone)
            yield StepAt(
                step.level,
                repeat,
                on,
                at,
                step.audience,
                step.acts,
                answer if planned else None,
                channels=step.channels,
                pace=step.pace,
            )
            if planned and step.repeat_days is not None:
                break


def _numbered(step: Step, first: int, *, before: int | None) -> Iterator[tuple[int, int]]:
    """Yield (number, offset) of `step` from number `first` on, while the offset is < `before`."""
    last = len(step.offsets) - 1 if step.repeat_days is None else step.repeat_max
    for number in count(first) if last is None else range(first, last + 1):
        every = step.repeat_days
        offset = step.offsets[number] if every is None else step.offsets[0] + number * every
        if before is not None and offset >= before:
            return
        yield number, offset


def _answer_by(days: int | None, at: datetime, calendar: Calendar, zone: ZoneInfo) -> date | None:
    """Return the day by which an explanation asked at `at` is due; None if none is asked."""
    if not days:
        return None
    return add_working_days(at.astimezone(zone).date(), days, is_open=calendar.is_open)


# House rules, not law. Offsets are calendar days. "One level up" from the holder is the office
# that works the queue; what waits for the assigner or the planner goes no higher by itself.
DUE_AFTER: Mapping[str, int] = {  # working days
    ClockKind.COUNTERSIGN: 5,
    ClockKind.ANSWER: 5,
    ClockKind.VERIFY: 5,
    ClockKind.ASSIGN: 5,
}
_CLIMB = (
    Step(1, (1,), Audience.HOLDER),
    Step(2, (7,), Audience.SUPERVISOR, (LETTER, ASK_EXPLANATION), explanation_days=3),
    Step(3, (15,), Audience.LEADER_IN_CHARGE, (AGENDA,)),
    Step(4, (30,), Audience.STANDING_COMMITTEE, (AGENDA,), repeat_days=30),
)
DEFAULT_POLICIES: Mapping[LadderKey, Policy] = {
    LadderKey.SIGN: Policy(
        ClockKind.SIGN, (Step(0, (-14, -7, -3, -1, 0), Audience.HOLDER), *_CLIMB)
    ),
    LadderKey.HANDOVER: Policy(ClockKind.SIGN, (Step(0, (-7,), Audience.HOLDER), *_CLIMB)),
    **{
        key: Policy(ClockKind.CASE, (Step(0, (-7,), Audience.HOLDER), *_CLIMB))
        for key in (LadderKey.CASE, LadderKey.TARGET, LadderKey.MILESTONE)
    },
    # The supervisor is the holder here: only who stands above can be told that nothing is done.
    LadderKey.ASSIGN: Policy(
        ClockKind.ASSIGN,
        (
            Step(1, (1,), Audience.HOLDER),
            Step(3, (5,), Audience.LEADER_IN_CHARGE, (AGENDA,)),
            Step(4, (15,), Audience.STANDING_COMMITTEE, (AGENDA,), repeat_days=30),
        ),
    ),
    **{
        LadderKey(kind): Policy(
            kind, (Step(1, (1,), Audience.HOLDER), Step(2, (5,), Audience.SUPERVISOR))
        )
        for kind in (ClockKind.COUNTERSIGN, ClockKind.ANSWER, ClockKind.VERIFY)
    },
    LadderKey.REPORT: Policy(
        ClockKind.REPORT,
        (
            Step(0, (-3,), Audience.HOLDER),
            Step(1, (1,), Audience.HOLDER),
            Step(2, (5,), Audience.SUPERVISOR),
            Step(3, (10,), Audience.LEADER_IN_CHARGE),
        ),
    ),
    # As what is verified otherwise; whoever verifies reports is told of them before the day too.
    LadderKey.REVIEW: Policy(
        ClockKind.VERIFY,
        (
            Step(0, (-2,), Audience.HOLDER),
            Step(1, (1,), Audience.HOLDER),
            Step(2, (5,), Audience.SUPERVISOR),
        ),
    ),
    # As a case, by the same days; what it asks of people stands in it, so it only tells.
    LadderKey.CORRECTION: Policy(
        ClockKind.CORRECTION,
        (
            Step(0, (-7,), Audience.HOLDER),
            Step(1, (1,), Audience.HOLDER),
            Step(2, (7,), Audience.SUPERVISOR),
            Step(3, (15,), Audience.LEADER_IN_CHARGE),
            Step(4, (30,), Audience.STANDING_COMMITTEE, repeat_days=30),
        ),
    ),
    # As assigning: the supervisor is the holder, so only who stands above can be told.
    LadderKey.CONFIRM: Policy(
        ClockKind.VERIFY,
        (
            Step(1, (1,), Audience.HOLDER),
            Step(3, (5,), Audience.LEADER_IN_CHARGE),
            Step(4, (15,), Audience.STANDING_COMMITTEE, repeat_days=30),
        ),
    ),
    # "At the lock", which is a day of the duty: due on the last day, so the morning after it.
    LadderKey.MISSING: Policy(ClockKind.MISSING, (Step(4, (1,), Audience.STANDING_COMMITTEE),)),
}
