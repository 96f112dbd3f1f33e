"""A changed calendar: clocks that were computed from an older version of it are computed anew."""

from datetime import date, datetime, timedelta

from django.db import transaction

from commitments.actions import firings, ladders
from commitments.actions.ladders import Ladder
from commitments.models import CaseClock, Explanation
from units import clock
from units.actions import register
from units.rules.calendars import add_working_days


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
