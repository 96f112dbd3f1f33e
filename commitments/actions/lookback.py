"""How targets stood as it was known at the end of a past day, as far as rows and register tell.

Figures carry when they were verified or recorded, and demands from when they hold. What is written
over since, the states of plans and targets and the verdicts, is told by the register, which keeps
every act with its instant. Names of groups and indicators are those of today.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from commitments.enums import PeriodState, TargetState, VerdictAgainst
from commitments.enums.backlog import CorrectionState
from commitments.models import BacklogCase, Carryover, CorrectiveAction, Period, Target, Verdict
from commitments.rules.corrections import MOVES
from units import clock
from units.actions.register import data_of
from units.models import Position, RegisterEntry

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
STATES_OF_CORRECTIONS: Mapping[str, CorrectionState] = {  # after each act
    f"correction.{act}": move.target for act, move in MOVES.items()
}
WHAT_IT_SAYS: Mapping[str, str] = {
    "correction.write": "write",
    "correction.revise": "write",
    "correction.finish": "finish",
    "correction.take_back": "decide",
    "correction.confirm": "decide",
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
            | (NOT_CONCLUDED if told is None else _concluded(line, data_of(told)))
        )
    return found


def target_states(targets: Iterable[Target], *, at: datetime) -> dict[str, str]:
    """Return the state at `at` of each of these targets, by its ref."""
    now = {target.ref: target.state for target in targets}
    return now | _before("target", list(now), TARGET_BEFORE, at=at)


def verdicts(refs: Iterable[str], *, at: datetime) -> dict[str, Verdict]:
    """Return the verdicts as they were recorded at `at`, by the ref of their target: rows that are
    read and never saved."""
    found = {}
    for ref, entry in _verdicts(refs, at=at).items():
        told = data_of(entry)
        found[ref] = Verdict(
            against=VerdictAgainst.ADJUSTED,
            verdict=told["verdict"],
            basis=told["basis"],
            source_ref=told["source"],
            as_of=date.fromisoformat(told["as_of"])
            if "as_of" in told  # earlier entries do not say it
            else clock.local_date(entry.at),
        )
    return found


def plan_state(plan: Period, *, at: datetime) -> PeriodState:
    """Return the state in which `plan` was at `at`."""
    before = _before("period", [plan.code], PLAN_BEFORE, at=at)
    return PeriodState(before.get(plan.code, plan.state))


def corrections(keys: Mapping[str, int], *, at: datetime) -> dict[str, CorrectiveAction]:
    """Return the corrective actions as they stood at `at`, by the ref of their target: rows that are
    read and never saved. `keys`: the key of each target by its ref."""
    acts = _acts_on_corrections(keys, at=at)
    told = {ref: data_of(done["write"]) for ref, done in acts.items()}
    offices = Position.objects.in_bulk({data["office"] for data in told.values()}, field_name="ref")
    marks = dict(
        CorrectiveAction.objects.filter(target__in=[keys[ref] for ref in told]).values_list(
            "target", "provenance"
        )
    )
    found = {}
    for ref, data in told.items():
        done = acts[ref]
        written, last = done["write"], done["last"]
        said, decided = done.get("finish"), done.get("decide")
        found[ref] = CorrectiveAction(
            target_id=keys[ref],
            provenance=marks[keys[ref]],
            cause=data["cause"],
            reason=data["reason"],
            remedy=data["remedy"],
            office=offices[data["office"]],
            due_on=date.fromisoformat(data["due_on"]),
            written_on=clock.local_date(written.at),
            written_by=written.actor,
            state=STATES_OF_CORRECTIONS.get(last.kind, CorrectionState.OPEN),
            note=data_of(said)["note"] if said else "",
            done_by=said.actor if said else None,
            done_at=said.at if said else None,
            answer=data_of(decided).get("reason", "") if decided else "",
            decided_by=decided.actor if decided else None,
            decided_at=decided.at if decided else None,
            etag_version=last.subject_version or 1,
        )
    return found


def _acts_on_corrections(
    refs: Iterable[str], *, at: datetime
) -> dict[str, dict[str, RegisterEntry]]:
    """Return the last acts on each corrective action up to `at`, by what they say: `write`, `finish`,
    `decide` on what was said last, and `last` of all. One query."""
    entries = RegisterEntry.objects.filter(
        subject_kind="correction", subject_ref__in=list(refs), at__lte=at
    )
    found: dict[str, dict[str, RegisterEntry]] = {}
    for entry in entries.select_related("actor").order_by("pk"):
        done = found.setdefault(entry.subject_ref, {})
        done[WHAT_IT_SAYS[entry.kind]] = done["last"] = entry
        if entry.kind == "correction.finish":
            done.pop("decide", None)
    return found


def carryovers(keys: Mapping[str, int], *, at: datetime) -> dict[str, Carryover]:
    """Return how items went on as it was accepted at `at`; as `corrections`."""
    told = [
        data_of(entry)
        for entry in _last(("carryover.accept", "carryover.extend"), keys, at=at).values()
    ]
    cases = BacklogCase.objects.in_bulk({data["case"] for data in told}, field_name="ref")
    targets = Target.objects.select_related("period").in_bulk(
        {data["next_target"] for data in told}, field_name="ref"
    )
    return {
        data["target"]: Carryover(
            target_id=keys[data["target"]],
            first_due_on=date.fromisoformat(data["first_due_on"]),
            case=cases.get(data["case"]),
            next_target=targets.get(data["next_target"]),
        )
        for data in told
    }


def _last(kinds: tuple[str, ...], refs: Iterable[str], *, at: datetime) -> dict[str, RegisterEntry]:
    """Return the last act of these kinds on each of `refs` up to `at`."""
    noun = kinds[0].split(".")[0]
    entries = RegisterEntry.objects.filter(
        subject_kind=noun, subject_ref__in=list(refs), kind__in=kinds, at__lte=at
    )
    return {entry.subject_ref: entry for entry in entries.select_related("actor").order_by("pk")}


def _before(noun: str, refs: Any, before: Mapping[str, str], *, at: datetime) -> dict[str, str]:
    """Return the state at `at` of those whose state was changed since."""
    later = RegisterEntry.objects.filter(
        subject_kind=noun, subject_ref__in=list(refs), kind__in=list(before), at__gt=at
    )
    rows = later.order_by("-pk").values_list("subject_ref", "kind")
    return {ref: before[kind] for ref, kind in rows}  # the first act after `at` is written last


def _verdicts(refs: Iterable[str], *, at: datetime) -> dict[str, RegisterEntry]:
    """Return the last act on each verdict up to `at`, by the ref of its target."""
    mark = f"-{VerdictAgainst.ADJUSTED}"
    found = _last(VERDICTS, [f"{ref}{mark}" for ref in refs], at=at)
    return {ref.removesuffix(mark): entry for ref, entry in found.items()}


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
