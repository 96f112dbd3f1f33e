"""The league table of the units of one plan: read and computed for the page, its files and the API."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from commitments.actions import results, scoring
from commitments.actions.results import Line
from commitments.enums import TargetOrigin, TargetState, VerdictValue
from commitments.models import Period, Target
from commitments.rules import league as rules
from commitments.rules.league import Place
from units import clock
from units.querysets.organisation import Reach


@dataclass(frozen=True)
class League:
    """One scope of one plan. `origins`: the scopes there are; `origin` None: there is none.

    `minimum`: the coverage in percent below which there is no place, by the rules of `version`
    (None: of the house). `lines`: a line of each unit, to call it by.
    """

    origin: TargetOrigin | None
    origins: list[TargetOrigin]
    places: list[Place]
    lines: dict[int, Line]
    minimum: Decimal
    version: int | None
    is_synthetic: bool


def of(
    plan: Period,
    *,
    reach: Reach,
    at: datetime,
    language: str,
    origin: TargetOrigin | None = None,
    known_at: datetime | None = None,
) -> League:
    """Return the league table of the units in `reach` at `at`, in a constant number of queries.

    `origin`: which scope, targets of the superior or own ones; None: the one in which more units
    can be compared. Whoever does not see the unit of the plan, and so not every unit, gets no
    places. `language`: in which explanations name targets. `known_at`: as it was known at that past
    instant, which is then `at`; None: as it is known now.
    """
    used = results.rules_in_force(on=clock.local_date(at))
    seen = Target.objects.filter(period=plan).within(reach)
    stood = results.of(
        seen.exclude(state=TargetState.PLANNED),
        at=at,
        thresholds=results.thresholds_of(used),
        known_at=known_at,
        with_course=False,
    ).lines
    found = [line for line in stood if line.said["state"] != TargetState.WITHDRAWN]
    minimum = used.minimum_coverage if used else scoring.MINIMUM_COVERAGE
    tables = {
        one: rules.league(
            _items([line for line in found if line.said["origin"] == one], language),
            minimum_coverage=minimum,
            seen_whole=reach.everything or plan.owner_id in reach.unit_ids,
        )
        for one in TargetOrigin
    }
    there = [one for one, table in tables.items() if table]
    chosen = origin or max(there, key=lambda one: len(tables[one]), default=None)
    shown = [line for line in found if line.said["origin"] == chosen]
    return League(
        chosen,
        there,
        tables[chosen] if chosen else [],
        {line.said["unit_id"]: line for line in shown},
        minimum,
        used.version if used else None,
        any(line.is_synthetic for line in shown),
    )


def _items(lines: list[Line], language: str) -> list[rules.Item]:
    units = {line.said["pk"]: line.said["unit_id"] for line in lines}
    return [
        rules.Item(
            line.said["unit_id"],
            line.said["weight"],
            rules.score_of(
                line.result,
                line.terms,
                about=f"{line.said['code']} {line.named('name', language)}",
                ref=f"target/{line.said['ref']}",
            ),
            line.result.verdict.said == VerdictValue.MET,
            units.get(line.said["parent_id"]),
        )
        for line in lines
    ]
