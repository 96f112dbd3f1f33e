"""One line about a backlog case, as lists, the queue, the home page and the agenda show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commitments.actions import cases
from commitments.models import BacklogCase, CaseClock, Explanation
from commitments.rules import backlog as rules
from units import clock
from units.models import Appointment
from units.permissions import holders_at


@dataclass(frozen=True)
class CaseRow:
    """`age`, `overdue`: days. `holder` None: nobody is in office, or no office is named yet."""

    case: BacklogCase
    age: int
    overdue: int
    level: int
    holder: Appointment | None
    next_step: Any | None
    waiting_clock: CaseClock | None
    explanation: Explanation | None  # the last one that was asked for

    @property
    def bucket(self) -> str:
        """The ageing bucket."""
        return rules.bucket_of(self.age)


def case_rows(found: Iterable[BacklogCase], *, at: datetime) -> list[CaseRow]:
    """Return one row per case, in order; a constant number of queries. `found`: `for_rows()`."""
    found = list(found)
    today = clock.local_date(at)
    holders = holders_at({case.office_id for case in found if case.office_id}, at=at)
    clocks = CaseClock.objects.open().filter(case__in=found).with_ladder()
    running = {row.subject_id: row for row in clocks}
    asked = Explanation.objects.filter(clock__case__in=found).select_related("clock", "given_by")
    explained = {row.clock.subject_id: row for row in asked.order_by("pk")}
    rows = []
    for case in found:
        waiting = running.get(case.pk)
        ended = case.ended_on is not None
        rows.append(
            CaseRow(
                case=case,
                age=rules.age(case.original_due_on, on=case.last_day(today=today)),
                overdue=0 if ended else rules.overdue(case.current_due_on, on=today),
                level=max(0, case.level),
                holder=holders.get(case.office_id or 0),
                next_step=cases.next_step(waiting) if waiting else None,
                waiting_clock=waiting,
                explanation=explained.get(case.pk),
            )
        )
    return rows
