"""How targets stood as it was known at the end of a past day, as far as rows and register tell.

Figures carry when they were verified or recorded, and demands from when they hold. What is written
over since, the states of plans and targets and the verdicts, is told by the register, which keeps
every act with its instant. Names of groups and indicators are those of today.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from commitments.enums import PeriodState, TargetState, VerdictAgainst
from units import clock
from units.actions.register import data_of
from units.models import RegisterEntry

TARGET_BEFORE: Mapping[str, str] = {  # the state before each act that changes it
    "target.assign": TargetState.PLANNED,
    "target.withdraw": TargetState.ASSIGNED,
    "target.conclude": TargetState.ASSIGNED,
}
PLAN_BEFORE: Mapping[str, str] = {
    "period.open": PeriodState.PLANNING,
    "period.start_closing": PeriodState.OPEN,
    "period.close": PeriodState.CLOSING,
}
VERDICTS = ("verdict.assert", "verdict.compute", "verdict.correct")
NOT_CONCLUDED = dict.fromkeys(
    ("concluded", "basis", "verdict_source", "verdict_provenance", "low", "high")
)


def end_of(day: date) -> datetime:
    """Return the last instant of a day of the body."""
    after = datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.body_zone())
    return after - timedelta(microseconds=1)


def restore(said: Sequence[Mapping[str, Any]], *, at: datetime) -> list[dict[str, Any]]:
    """Return these lines (columns of `querysets.board.lines`) with states and verdicts of `at`; what
    was not assigned yet is left out. Three queries, whatever their number."""
    targets = _before("target", [line["ref"] for line in said], TARGET_BEFORE, at=at)
    plans = _before("period", {line["year"] for line in said}, PLAN_BEFORE, at=at)
    verdicts = _verdicts([line["ref"] for line in said], at=at)
    found = []
    for line in said:
        state = targets.get(line["ref"], line["state"])
        if state == TargetState.PLANNED:
            continue
        told = verdicts.get(line["ref"])
        found.append(
            dict(line)
            | {"state": state, "year_state": plans.get(line["year"], line["year_state"])}
            | (NOT_CONCLUDED if told is None else _concluded(line, told))
        )
    return found


def _before(noun: str, refs: Any, before: Mapping[str, str], *, at: datetime) -> dict[str, str]:
    """Return the state at `at` of those whose state was changed since."""
    later = RegisterEntry.objects.filter(
        subject_kind=noun, subject_ref__in=list(refs), kind__in=list(before), at__gt=at
    )
    rows = later.order_by("-pk").values_list("subject_ref", "kind")
    return {ref: before[kind] for ref, kind in rows}  # the first act after `at` is written last


def _verdicts(refs: Sequence[str], *, at: datetime) -> dict[str, Mapping[str, Any]]:
    """Return what the last act on each verdict up to `at` says, by target."""
    mark = f"-{VerdictAgainst.ADJUSTED}"
    entries = RegisterEntry.objects.filter(
        subject_kind="verdict",
        subject_ref__in=[f"{ref}{mark}" for ref in refs],
        kind__in=VERDICTS,
        at__lte=at,
    )
    return {
        entry.subject_ref.removesuffix(mark): data_of(entry) for entry in entries.order_by("pk")
    }


def _concluded(line: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a verdict as the register tells it; bounds only if it still stands so."""
    same = (line["concluded"], line["basis"], line["verdict_source"]) == (
        told["verdict"],
        told["basis"],
        told["source"],
    )
    return {
        "concluded": told["verdict"],
        "basis": told["basis"],
        "verdict_source": told["source"],
        "verdict_provenance": line["verdict_provenance"],
        "low": line["low"] if same else None,
        "high": line["high"] if same else None,
    }
