"""What a sweep decides: which step of each claimed clock fires, who is told, and what is written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commitments.actions import ladders
from commitments.actions.addressees import Addressee, Directory
from commitments.actions.ladders import Ladder
from commitments.actions.subjects import DIRECTORIES
from commitments.enums import ClockState, Decision
from commitments.models import (
    CaseClock,
    EscalationPolicy,
    Explanation,
    StepFired,
)
from commitments.rules import cases as rules
from commitments.rules.cases import EXHAUSTED
from units.actions import register

FULFILLED = "fulfilled"


@dataclass
class Decided:
    """What one clock comes to. `fired` None: nothing is due, only the next instant is written."""

    row: CaseClock
    subject: Any
    ladder: Ladder
    after: rules.Clock
    next_at: datetime | None
    fired: rules.StepAt | None = None
    decision: Decision = Decision.FIRED
    superseded: tuple[rules.StepAt, ...] = ()
    explanation_due_on: date | None = None
    addressees: Sequence[Addressee] = ()
    asked: Sequence[Addressee] = ()  # who is to explain

    def key_of(self, step: rules.StepAt) -> tuple[int, int, int, int]:
        """Return the key under which `step` of this clock is recorded."""
        return (self.row.pk, self.row.generation, step.level, step.repeat)


def fire(rows: list[CaseClock], *, at: datetime) -> int:
    """Decide and record the steps of claimed `rows` inside the caller's transaction."""
    if not rows:
        return 0
    known = {key: Climb(ladder, at=at) for key, ladder in ladders_of(rows).items()}
    decided: list[Decided] = []
    for column, kind in DIRECTORIES.items():
        alike = [row for row in rows if row.column == column]
        if not alike:
            continue
        subjects = kind.load({row.subject_id for row in alike})
        directory = kind(subjects.values(), at=at)
        decided += [
            _decide(row, subjects[row.subject_id], known[row.policy_id], directory) for row in alike
        ]
    _record(decided, at=at)
    _advance(decided)
    return len(rows)


def ladders_of(rows: Iterable[CaseClock]) -> dict[int, Ladder]:
    """Return the ladders of `rows` by the key of their policy; a constant number of queries."""
    policies = EscalationPolicy.objects.select_related("calendar").prefetch_related(
        "steps", "calendar__days"
    )
    used = policies.filter(pk__in={row.policy_id for row in rows})
    return {policy.pk: ladders.of(policy) for policy in used}


class Climb:
    """What a ladder says of clocks at one instant; clocks that stand alike are asked about once."""

    def __init__(self, ladder: Ladder, *, at: datetime) -> None:
        self.ladder, self._at = ladder, at
        self._due: dict[rules.Clock, rules.Due] = {}
        self._next: dict[rules.Clock, datetime | None] = {}

    def due(self, clock: rules.Clock) -> rules.Due:
        """Return `rules.due_steps` of this clock."""
        if clock not in self._due:
            ladder = self.ladder
            self._due[clock] = rules.due_steps(
                ladder.policy,
                clock,
                calendar=ladder.calendar,
                at=self._at,
                zone=ladder.zone,
                opens_at=ladder.opens_at,
            )
        return self._due[clock]

    def next_at(self, clock: rules.Clock) -> datetime | None:
        """Return the instant of the next step of this clock; None: none is left."""
        if clock not in self._next:
            self._next[clock] = next_at(clock, self.ladder)
        return self._next[clock]


def _decide(row: CaseClock, subject: Any, climb: Climb, directory: Directory) -> Decided:
    """Return what `row` comes to at the directory's instant; writes nothing."""
    ladder, at = climb.ladder, directory.at
    policy, calendar = ladder.policy, ladder.calendar
    before = as_rule(row)
    due = climb.due(before)
    if due.fired is None:  # a new calendar has moved the step, or a retry came early
        return Decided(row, subject, ladder, before, climb.next_at(before))
    if not directory.is_waiting(subject, row.kind):
        fired = due.fired._replace(reason=FULFILLED)
        return Decided(row, subject, ladder, before, None, fired, Decision.SUPPRESSED)
    fired = due.fired
    addressees = directory.of(subject, row.kind, fired.audience)
    while not addressees and (
        higher := rules.after_empty(policy, due, calendar=calendar, at=at, zone=ladder.zone)
    ):
        due = higher
        fired = due.fired or fired
        addressees = directory.of(subject, row.kind, fired.audience)
    after = rules.advanced(before, due)
    return Decided(
        row,
        subject,
        ladder,
        after,
        climb.next_at(after),
        fired if addressees else fired._replace(reason=rules.NO_HOLDER),
        superseded=due.superseded,
        explanation_due_on=due.explanation_due_on,
        addressees=addressees,
        asked=directory.awaited(subject, row.kind) if due.explanation_due_on else (),
    )


def _record(decided: Iterable[Decided], *, at: datetime) -> None:
    """Write fired steps, their register entries and the explanations they ask for.

    Keys that stand there already (after a restore, or a fault) are left alone.
    """
    there = set(
        StepFired.objects.filter(clock__in=[row.row for row in decided]).values_list(
            "clock_id", "generation", "level", "repeat"
        )
    )
    steps: list[StepFired] = []
    explanations: list[Explanation] = []
    drafts: list[register.Draft] = []
    fired: list[StepFired] = []  # to each draft, the step that it is the entry of
    for one in decided:
        if one.fired is None:
            continue
        steps.extend(
            _step(one, step, Decision.SUPERSEDED, at=at)
            for step in one.superseded
            if one.key_of(step) not in there
        )
        if one.key_of(one.fired) in there:
            continue
        steps.append(_step(one, one.fired, one.decision, at=at))
        if one.decision == Decision.FIRED:
            drafts.append(_draft(one, one.fired, at=at))
            fired.append(steps[-1])
        if one.explanation_due_on is not None:
            explanations.append(
                Explanation(
                    clock=one.row,
                    generation=one.row.generation,
                    level=one.fired.level,
                    asked_at=at,
                    due_on=one.explanation_due_on,
                )
            )
    for step, entry in zip(fired, register.append_all(drafts), strict=True):
        step.entry = entry
    StepFired.objects.bulk_create(steps)
    Explanation.objects.bulk_create(explanations)


def _step(
    one: Decided,
    step: rules.StepAt,
    decision: Decision,
    *,
    at: datetime,
) -> StepFired:
    addressees = one.addressees if decision == Decision.FIRED else ()
    return StepFired(
        clock=one.row,
        generation=one.row.generation,
        level=step.level,
        repeat=step.repeat,
        decision=decision,
        reason=step.reason,
        due_seen=one.row.due_on,
        decided_at=at,
        addressees=[row.as_data() for row in addressees],
    )


def _draft(one: Decided, step: rules.StepAt, *, at: datetime) -> register.Draft:
    """Return the register entry of a step that fires: all that a notice needs stands in it."""
    return register.Draft(
        kind="step.fired",
        subject="step_fired/" + "-".join(map(str, one.key_of(step))),
        subject_version=None,
        reach=DIRECTORIES[one.row.column].reach(one.subject),
        by=None,
        at=at,
        data={
            one.row.column: one.subject.ref,
            "kind": one.row.kind,
            "policy": one.ladder.key,
            "policy_version": one.ladder.version,
            "level": step.level,
            "repeat": step.repeat,
            "reason": step.reason,
            "due_on": one.row.due_on.isoformat(),
            "audience": step.audience,
            "acts": list(step.acts),
            "channels": step.channels,
            "pace": step.pace,
            "addressees": [row.as_data() for row in one.addressees],
            "asked": [row.as_data() for row in one.asked],
            "explanation_due_on": _iso(one.explanation_due_on),
            "next_action_at": _iso(one.next_at),
        },
    )


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None


def _advance(decided: Iterable[Decided]) -> None:
    """Write where each clock stands now, one statement per group of clocks that come to the same."""
    groups: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for one in decided:
        state, reason = state_for(one.next_at)
        if one.decision == Decision.SUPPRESSED:
            reason = FULFILLED
        values = {
            "level": one.after.level,
            "repeat_no": one.after.repeat_no,
            "explanation_due_on": one.after.explanation_due_on,
            "next_action_at": one.next_at,
            "state": state,
            "end_reason": reason,
            "fail_count": 0,
            "last_error": "",
        }
        if one.after.ack_until is None:  # another level: it was acknowledged before
            values |= {"ack_until": None, "ack_by": None}
        groups[tuple(values.items())].append(one.row.pk)
    for same, pks in groups.items():
        CaseClock.objects.filter(pk__in=pks).update(**dict(same))


def as_rule(row: CaseClock) -> rules.Clock:
    """Return `row` as the rules see it."""
    return rules.Clock(
        due_on=row.due_on,
        started_on=row.started_on,
        generation=row.generation,
        level=row.level,
        repeat_no=row.repeat_no,
        explanation_due_on=row.explanation_due_on,
        ack_until=row.ack_until,
    )


def next_at(rule: rules.Clock, ladder: Ladder) -> datetime | None:
    """Return the instant of the next step of `rule`; None: none is left."""
    return rules.next_action_at(
        ladder.policy, rule, calendar=ladder.calendar, zone=ladder.zone, opens_at=ladder.opens_at
    )


def state_for(next_at: datetime | None) -> tuple[ClockState, str]:
    """Return state and end reason of a clock whose next step is at `next_at`; None: no step left."""
    return (ClockState.RUNNING, "") if next_at else (ClockState.DONE, EXHAUSTED)
