"""What targets demand, made from the rows of their revisions."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from commitments.enums import IndicatorKind, ValueBasis
from commitments.rules.standings import Point, Terms
from commitments.rules.targets import threshold
from commitments.rules.verdicts import Demand

_SAID = itemgetter(  # all that `of_line` reads of a line
    "kind", "nature", "input_basis", "unit_agg", "year_starts_on", "year_ends_on"
)
_DEMANDED = itemgetter(  # and of each row of a revision
    "comparator",
    "value_basis",
    "value",
    "upper",
    "tolerance",
    "baseline",
    "mode",
    "maintain_rule",
    "maintain_share",
    "point_on",
    "point_period",
    "point",
    "step",
    "step_on",
    "step_weight",
)


def of_lines(
    said: Sequence[dict[str, Any]], revisions: Sequence[dict[str, Any]]
) -> dict[int, Terms]:
    """Return what each target demands by the last revision among `revisions`."""
    newest: dict[int, list[dict[str, Any]]] = {}
    for row in revisions:
        held = newest.get(row["target_id"])
        if held is None or held[0]["n"] < row["n"]:
            newest[row["target_id"]] = [row]
        elif held[0]["n"] == row["n"]:
            held.append(row)
    made: dict[tuple[Any, ...], Terms] = {}  # parts of a whole mostly demand the same: made once
    found = {}
    for line in said:
        revision = newest.get(line["pk"], [])
        key = (_SAID(line), *map(_DEMANDED, revision))
        if key not in made:
            made[key] = of_line(line, revision)
        found[line["pk"]] = made[key]
    return found


def of_line(line: dict[str, Any], revision: Sequence[dict[str, Any]]) -> Terms:
    """Return what a target demands. `revision`: its rows, one for each checkpoint and step; [] where
    nothing is demanded yet."""
    if not revision:
        return Terms(line["kind"], Demand("ge", None), line["nature"])
    first = revision[0]
    demanded = threshold(
        value_basis=first["value_basis"], value=first["value"], baseline=first["baseline"]
    )
    is_last_year = first["value_basis"] == ValueBasis.LAST_YEAR
    return Terms(
        kind=line["kind"],
        demand=Demand(first["comparator"], demanded, first["upper"], first["tolerance"]),
        nature=line["nature"],
        input_basis=line["input_basis"],
        mode=first["mode"],
        maintain_rule=first["maintain_rule"],
        maintain_share=first["maintain_share"],
        baseline=None if is_last_year else first["baseline"],
        roadmap=_steps(revision) if line["kind"] == IndicatorKind.MILESTONE else _points(revision),
        checkpoints=months(line["year_starts_on"], line["year_ends_on"]),
        unit_agg=line["unit_agg"],
    )


def _points(revision: Sequence[dict[str, Any]]) -> tuple[Point, ...]:
    points = {
        row["point_on"]: Point(row["point_on"], row["point"], row["point_period"])
        for row in revision
        if row["point_on"]
    }
    return tuple(points[day] for day in sorted(points))


def _steps(revision: Sequence[dict[str, Any]]) -> tuple[Point, ...]:
    """Return the roadmap of a task: the weight of the steps due by each day."""
    steps = {row["step"]: (row["step_on"], row["step_weight"]) for row in revision if row["step"]}
    points: dict[date, Point] = {}
    total = Decimal(0)
    for day, weight in sorted(steps.values()):
        total += weight
        points[day] = Point(day, total)
    return tuple(points.values())


@lru_cache(maxsize=64)
def months(starts_on: date, ends_on: date) -> tuple[date, ...]:
    """Return the last day of each month of a year."""
    days, year, month = [], starts_on.year, starts_on.month
    while (day := date(year, month, monthrange(year, month)[1])) <= ends_on:
        days.append(day)
        year, month = year + month // 12, month % 12 + 1
    return tuple(days)
