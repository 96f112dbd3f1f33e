"""One target with how it came to stand, and beside the year before: its page and the API ask here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from commitments.actions import results
from commitments.actions.results import Line
from commitments.enums import RollUp, TargetState
from commitments.models import Target
from commitments.rules.standings import Standing, history
from units import clock


@dataclass(frozen=True)
class Portrait:
    """One target with how it came to stand: at each checkpoint of its year and of the year before.

    `history` and `last_year` leave out checkpoints at which nothing new was known.
    """

    line: Line
    history: list[tuple[date, Standing]]
    last_year: list[tuple[date, Standing]]


def portrait(target: Target, *, at: datetime, known_at: datetime | None = None) -> Portrait | None:
    """Return how `target` stands at `at` and came to, beside the same indicator and unit last year;
    None: at that instant it was not assigned. `known_at`: as in `results.of`."""
    now = _with_history(target, at=at, known_at=known_at)
    if now is None:
        return None
    line, course = now
    before = Target.objects.filter(
        indicator__code=target.indicator.code,
        unit=target.unit_id,
        period__ends_on=target.period.starts_on - timedelta(days=1),
    ).exclude(state__in=[TargetState.PLANNED, TargetState.WITHDRAWN])
    found = before.select_related("indicator", "period").order_by("pk").first()
    past = _with_history(found, at=at, known_at=known_at) if found else None
    return Portrait(line, course, past[1] if past else [])


def of_one(target: Target, *, at: datetime) -> Line:
    """Return how one target stands at `at`, with all of its parts."""
    found = _with_history(target, at=at, known_at=None)
    if found is None:
        raise ValueError(f"{target} is not assigned.")
    return found[0]


def of_one_then(target: Target, *, at: datetime) -> Line | None:
    """Return how one target stood as it was known at the past instant `at`; None: not assigned yet."""
    found = _with_history(target, at=at, known_at=at)
    return None if found is None else found[0]


def _with_history(
    target: Target, *, at: datetime, known_at: datetime | None
) -> tuple[Line, list[tuple[date, Standing]]] | None:
    parts = Q(parent=target.pk) & ~Q(state=TargetState.PLANNED)
    on = clock.local_date(at)
    used = results.thresholds_of(results.rules_in_force(on=on))
    found = results.of(
        Target.objects.filter(Q(pk=target.pk) | parts),
        at=at,
        thresholds=used,
        known_at=known_at,
    ).lines
    line = next((line for line in found if line.said["pk"] == target.pk), None)
    if line is None:
        return None
    children = [
        (part.said["code"], part.terms, part.rows, part.said["weight"])
        for part in found
        if part.said["parent_id"] == target.pk and part.said["state"] != TargetState.WITHDRAWN
    ]
    if line.terms.unit_agg == RollUp.NONE:
        children = []
    return line, history(line.terms, line.rows, children, on=on)
