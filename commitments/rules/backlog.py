"""The life of a backlog case: which act leads where, how old it is, and what is still unclear."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from commitments.enums.backlog import CaseAct, CaseState


class Move(NamedTuple):
    """`target` None: the act does not change the state."""

    sources: frozenset[CaseState]
    target: CaseState | None


S = CaseState
MOVES: Mapping[CaseAct, Move] = {
    CaseAct.EDIT: Move(frozenset({S.REGISTERED}), None),
    CaseAct.ASSIGN: Move(frozenset({S.REGISTERED}), S.ASSIGNED),
    CaseAct.EXTEND: Move(frozenset({S.ASSIGNED}), None),
    CaseAct.SUSPEND: Move(frozenset({S.ASSIGNED}), S.SUSPENDED),
    CaseAct.RESUME: Move(frozenset({S.SUSPENDED}), S.ASSIGNED),
    CaseAct.RESOLVE: Move(frozenset({S.ASSIGNED}), S.RESOLVED),
    CaseAct.ACCEPT: Move(frozenset({S.RESOLVED}), S.CLOSED),
    CaseAct.REJECT: Move(frozenset({S.RESOLVED}), S.ASSIGNED),
    CaseAct.REOPEN: Move(frozenset({S.CLOSED}), S.ASSIGNED),
    CaseAct.CANCEL: Move(frozenset({S.REGISTERED, S.ASSIGNED}), S.CANCELLED),
}
CLEARS = ("office", "task", "responsibility", "product", "current_due_on", "authority")
BUCKETS: Mapping[str, tuple[int, int | None]] = {  # days, both inclusive; None: no upper end
    "30": (0, 30),
    "90": (31, 90),
    "180": (91, 180),
    "365": (181, 365),
    "older": (366, None),
}


def allowed_acts(state: CaseState) -> list[CaseAct]:
    """Return the acts that the table lists for `state`, in the table's order."""
    return [act for act, move in MOVES.items() if state in move.sources]


def age(original_due_on: date, *, on: date) -> int:
    """Return the age in days on the day `on`, 0 before the original due date (F-24).

    No extension, suspension or reopening changes it.

    >>> age(date(2023, 12, 31), on=date(2024, 10, 1))
    275
    """
    return max(0, (on - original_due_on).days)


def overdue(current_due_on: date, *, on: date) -> int:
    """Return the days since the current due date, 0 in time (F-24); the due day is in time."""
    return max(0, (on - current_due_on).days)


def bucket_of(days: int) -> str:
    """Return the key in BUCKETS of an age in days."""
    return next(key for key, (_low, high) in BUCKETS.items() if high is None or days <= high)


def unclear(values: Mapping[str, Any]) -> list[str]:
    """Return which of the six clears `values` leaves open, in their order.

    `authority` is clear when both the competence and the words are there.
    """
    found = [name for name in CLEARS if not values.get(name)]
    if "authority" not in found and not values.get("competence"):
        found.append("authority")
    return found


def latest_due(plan_ends_on: date, *, today: date) -> date:
    """Return the last day that a case of a plan may be put off to: the end of the next year, counted
    from the year of the plan, or from this one where the plan is past. What is further away is a
    slip of the pen, or no promise.
    """
    return date(max(plan_ends_on.year, today.year) + 1, 12, 31)
