"""What the ladder will do about reports that have not come, for rows and pages about them."""

from collections.abc import Iterable

from commitments.actions import cases
from commitments.actions.cases import NextStep
from commitments.actions.rounds import WAITS
from commitments.models import CaseClock, ReportingDuty


def clock_of(duty: ReportingDuty) -> CaseClock | None:
    """Return the clock that runs for what `duty` waits for, with its ladder; None: none does."""
    if duty.state not in WAITS or duty.round_id is None:
        return None
    rows = CaseClock.objects.open().filter(round=duty.round_id, kind=WAITS[duty.state])
    return rows.with_ladder().first()


def next_steps(duties: Iterable[ReportingDuty]) -> dict[int, NextStep]:
    """Return the next automatic step by the key of the duty, where one will come; a constant number
    of queries. A step is about the whole round, so duties of one round share it."""
    owed = [duty for duty in duties if duty.state in WAITS and duty.round_id is not None]
    if not owed:
        return {}
    clocks = CaseClock.objects.open().filter(round__in={duty.round_id for duty in owed})
    steps = {
        (row.round_id, row.kind): step
        for row in clocks.with_ladder()
        if (step := cases.next_step(row)) is not None
    }
    found = {duty.pk: steps.get((duty.round_id, WAITS[duty.state])) for duty in owed}
    return {key: step for key, step in found.items() if step is not None}
