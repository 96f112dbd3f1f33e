"""A changed calendar: clocks that were computed from an older version of it are computed anew."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery

from commitments.actions import firings, ladders
from commitments.actions.ladders import Ladder
from commitments.enums import ClockState
from commitments.models import CaseClock, EscalationPolicy, Explanation
from commitments.rules import cases as rules
from units import clock
from units.actions import register
from units.enums import DayKind
from units.models import CalendarDay
from units.rules.calendars import Calendar, add_working_days

OF_RULE = (
    "due_on",
    "started_on",
    "generation",
    "level",
    "repeat_no",
    "explanation_due_on",
    "ack_until",
)


def recompute(*, at: datetime, limit: int = 200) -> int:
    """Compute up to `limit` clocks anew whose calendar has changed; return how many were looked at.

    What has fired stays fired. One register entry says how many clocks moved, and by how much.
    """
    if not CaseClock.objects.behind_their_calendar().exists():
        return 0
    return _recompute(at=at, limit=limit)


@transaction.atomic
def _recompute(*, at: datetime, limit: int) -> int:
    behind = CaseClock.objects.behind_their_calendar()
    rows = list(behind.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    if not rows:
        return 0
    known = firings.ladders_of(rows)
    asked = _asked_on(rows)
    shifts = []
    for row in rows:
        ladder, before = known[row.policy_id], row.next_action_at
        if row.explanation_due_on is not None and (row.pk, row.generation) in asked:
            level, on = asked[row.pk, row.generation]
            row.explanation_due_on = _explanation_due(ladder, level, on)
            row.explanations.filter(generation=row.generation, level=level).update(
                due_on=row.explanation_due_on
            )
        row.next_action_at = firings.next_at(firings.as_rule(row), ladder)
        row.state, row.end_reason = firings.state_for(row.next_action_at)
        row.calendar_version = ladder.calendar_version
        if row.next_action_at is not None and before is not None and row.next_action_at != before:
            shifts.append(row.next_action_at - before)
    CaseClock.objects.bulk_update(
        rows,
        ["explanation_due_on", "next_action_at", "state", "end_reason", "calendar_version"],
    )
    if shifts:
        register.append(
            kind="clock.recompute",
            subject=f"working_calendar/{ladders.BODY_CALENDAR}",
            subject_version=None,
            reach=[],
            by=None,
            at=at,
            data={
                "calendar_version": max(row.calendar_version for row in rows),
                "moved": len(shifts),
                "earliest_shift_hours": int(min(shifts) / timedelta(hours=1)),
                "latest_shift_hours": int(max(shifts) / timedelta(hours=1)),
            },
        )
    return len(rows)


def _asked_on(rows: list[CaseClock]) -> dict[tuple[int, int], tuple[int, date]]:
    """Return level and local day of the last explanation asked, by clock and generation."""
    asked = Explanation.objects.filter(clock__in=rows).order_by("level")
    return {
        (row.clock_id, row.generation): (row.level, clock.local_date(row.asked_at)) for row in asked
    }


def _explanation_due(ladder: Ladder, level: int, asked_on: date) -> date:
    """Return the day by which an explanation asked at `level` on `asked_on` is due.

    A level that has overtaken the one that asks has asked in its place.
    """
    days = [step.explanation_days for step in ladder.policy.steps if step.level <= level]
    last = next(wanted for wanted in reversed(days) if wanted)
    return add_working_days(asked_on, last, is_open=ladder.calendar.is_open)


class Effect(NamedTuple):
    """What a day in the calendar would do: of `running` clocks, `moved` ones get another next step,
    shifted by `earliest` to `latest`; None where nothing moves. `ended`: have no step left by it."""

    running: int
    moved: int
    ended: int
    earliest: timedelta | None
    latest: timedelta | None


def effect_of(day: CalendarDay) -> Effect:
    """Return what `recompute` would come to once `day` is approved; withdrawn, if it counts already.

    Nothing is written. Clocks that stand alike are asked about once, so the queries are constant and
    the time follows the number of different days, not that of clocks.
    """
    approves = day.approved_by_id is None
    policies = EscalationPolicy.objects.filter(calendar=day.calendar_id).select_related("calendar")
    known = {
        row.pk: _with_day(ladders.of(row), day, counts=approves)
        for row in policies.prefetch_related("steps", "calendar__days")
    }
    asked = Explanation.objects.filter(clock=OuterRef("pk"), generation=OuterRef("generation"))
    last = asked.order_by("-level")
    clocks = CaseClock.objects.filter(state=ClockState.RUNNING, policy__in=known)
    alike = clocks.annotate(
        asked_level=Subquery(last.values("level")[:1]),
        asked_at=Subquery(last.values("asked_at")[:1]),
    )
    columns = ("policy", "next_action_at", "asked_level", "asked_at", *OF_RULE)
    running = moved = ended = 0
    shifts: list[timedelta] = []
    for row in alike.order_by().values(*columns).annotate(clocks=Count("pk")):
        ladder, rule = known[row["policy"]], rules.Clock(**{name: row[name] for name in OF_RULE})
        if rule.explanation_due_on is not None and row["asked_at"] is not None:
            on = clock.local_date(row["asked_at"])
            rule = replace(
                rule, explanation_due_on=_explanation_due(ladder, row["asked_level"], on)
            )
        after = firings.next_at(rule, ladder)
        running += row["clocks"]
        if after is None:
            ended += row["clocks"]
        elif after != row["next_action_at"]:
            moved += row["clocks"]
            shifts.append(after - row["next_action_at"])
    return Effect(running, moved, ended, min(shifts, default=None), max(shifts, default=None))


def _with_day(ladder: Ladder, day: CalendarDay, *, counts: bool) -> Ladder:
    """Return `ladder` on a calendar in which `day` counts, or does not."""
    was, that = ladder.calendar, frozenset({day.date})
    closed, opened = was.closed - that, was.opened - that
    if counts and day.kind == DayKind.CLOSED:
        closed |= that
    elif counts:
        opened |= that
    return ladder._replace(calendar=Calendar(was.week_mask, closed, opened))
