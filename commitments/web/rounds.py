"""What the ladder will do about reports that have not come or await a decision, for rows and pages."""

from collections.abc import Iterable

from commitments.actions import cases
from commitments.actions.cases import NextStep
from commitments.actions.rounds import WAITS
from commitments.enums import ClockKind
from commitments.enums.reports import ReportState
from commitments.models import CaseClock, ReportingDuty


def _waits_for(duty: ReportingDuty) -> ClockKind | None:
    """Return what `duty`, of `with_open()`, waits for; None: for nothing that a clock runs for."""
    if duty.round_id is None:
        return None
    if any(report.state == ReportState.SUBMITTED for report in getattr(duty, "shown", [])):
        return ClockKind.VERIFY
    return WAITS.get(duty.state)


def clock_of(duty: ReportingDuty) -> CaseClock | None:
    """Return the clock that runs for what `duty` waits for, with its ladder; None: none does."""
    kind = _waits_for(duty)
    if kind is None:
        return None
    rows = CaseClock.objects.open().filter(round=duty.round_id, kind=kind)
    return rows.with_ladder().first()


def next_steps(duties: Iterable[ReportingDuty]) -> dict[int, NextStep]:
    """Return the next automatic step by the key of the duty, where one will come; a constant number
    of queries. A step is about the whole round, so duties of one round share it."""
    waiting = [(duty, kind) for duty in duties if (kind := _waits_for(duty)) is not None]
    if not waiting:
        return {}
    clocks = CaseClock.objects.open().filter(round__in={duty.round_id for duty, _kind in waiting})
    steps = {
        (row.round_id, row.kind): step
        for row in clocks.with_ladder()
        if (step := cases.next_step(row)) is not None
    }
    found = {duty.pk: steps.get((duty.round_id, kind)) for duty, kind in waiting}
    return {key: step for key, step in found.items() if step is not None}
