"""How targets stand, read and computed: the board, the target's page and the API all ask here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from commitments.actions import standings
from commitments.enums import IndicatorKind, PeriodState, RollUp
from commitments.models import RuleSet, Target
from commitments.rules import results as rules
from commitments.rules.board import Entry
from commitments.rules.consistency import Consistency, check_triple
from commitments.rules.judgements import Judged
from commitments.rules.lights import Thresholds
from commitments.rules.results import Result, Stored
from commitments.rules.standings import Part, Row, Terms, stands
from units import clock
from units.enums import Provenance


@dataclass(frozen=True, slots=True)
class Line:
    """One target on a board: what it is called, what it demands and how it stands.

    `said`: the columns of `querysets.board.lines`. `rows`: what it rests on, in order;
    the whole course where `of` was asked for it.
    """

    said: dict[str, Any]
    terms: Terms
    result: Result
    rows: Sequence[Row] = ()

    def named(self, field: str, language: str) -> str:
        """Return a name (`name`, `group`, `unit`, `uom`) in `language`, else in Vietnamese."""
        english = self.said[f"{field}_en"] if language == "en" else ""
        return english or self.said[f"{field}_vi"] or ""

    @property
    def judgement(self) -> Judged | None:
        """What a person holds of it beside the light; None: nobody has said, or it was taken back."""
        told = self.said["judged"]
        return Judged.read(told) if told and told["light"] else None

    @property
    def check(self) -> Consistency | None:
        """How published growth and percent of plan fit the growth target; None: not all are known."""
        last = self.rows[-1] if self.rows else None
        if self.terms.kind != IndicatorKind.GROWTH or last is None:
            return None
        if last.share is None or last.value is None or self.terms.demand.value is None:
            return None
        return check_triple(
            percent_of_plan=last.share, growth=last.value, growth_target=self.terms.demand.value
        )

    @property
    def is_synthetic(self) -> bool:
        """Say whether anything of it is invented: what it demands, what is known, or its verdict."""
        marks = {one.provenance for one in self.result.verdict} | {self.said["provenance"]}
        return Provenance.SYNTHETIC in marks


def rules_in_force(*, on: date) -> RuleSet | None:
    """Return the newest version of the thresholds in force on `on`; None: those of the house hold."""
    return RuleSet.objects.filter(in_force_from__lte=on).order_by("-version").first()


def thresholds_of(found: RuleSet | None) -> Thresholds:
    """Return the thresholds of one version of the rules; None: those of the house."""
    return Thresholds(found.green, found.amber, found.margin) if found else Thresholds()


@dataclass(frozen=True)
class Standings:
    """Targets as they stand, and what sources state about their units beside (`observed`: columns of
    `querysets.board.observed`)."""

    lines: list[Line]
    observed: list[dict[str, Any]]


def of(
    targets: QuerySet[Target],
    *,
    at: datetime,
    thresholds: Thresholds | None = None,
    revision: int | None = None,
    known_at: datetime | None = None,
    with_course: bool = True,
    parts: QuerySet[Target] | None = None,
) -> Standings:
    """Return how each of these targets stands at `at`, in the order of their groups.

    A whole without figures of its own is rolled up from those of its parts that are among `parts`,
    which are no lines themselves; None: among `targets`. `revision`: by the demand of this revision
    and without the stored verdict; None: by the newest. `known_at`: as it was known at that past
    instant, which is then `at`; None: as it is known now. `with_course`: every row of each line, for
    whoever shows how it came about; without it only those that the result rests on, which a board
    reads. A constant number of queries, whatever their number.
    """
    on = clock.local_date(at)
    its = standings.known_of(
        targets, at=at, revision=revision, known_at=known_at, with_course=with_course
    )
    stored = {} if revision else _stored(its.said)
    rolled = None if parts is None else standings.of_parts(parts, at=at, known_at=known_at)
    own = {pk: stands(its.terms[pk], ()) for pk, found in its.rows.items() if not found}
    judged = {}
    for line in sorted(its.said, key=lambda line: not its.rows[line["pk"]]):  # parts before wholes
        pk, terms = line["pk"], its.terms[line["pk"]]
        closing = line["year_state"] in {PeriodState.CLOSING, PeriodState.CLOSED}
        past = [row for row in its.rows[pk] if row.ends_on <= on]  # read once, and let go
        children: Sequence[Part] = ()
        if its.rows[pk]:
            own[pk] = stands(terms, past)
        elif terms.unit_agg != RollUp.NONE:
            if rolled is None:
                rolled = standings.parts_in(its, own)
            children = rolled.get(pk, ())
        judged[pk] = rules.judge(
            terms,
            its.rows[pk] if closing else past,
            on=on,
            ends_on=line["year_ends_on"],
            standing=own[pk],
            children=children,
            stored=stored.get(pk),
            closing=closing,
            thresholds=thresholds or Thresholds(),
        )
    made = [
        Line(line, its.terms[line["pk"]], judged[line["pk"]], its.rows[line["pk"]])
        for line in its.said
    ]
    return Standings(made, its.observed)


def _stored(said: Iterable[dict[str, Any]]) -> dict[int, Stored]:
    return {
        line["pk"]: Stored(
            line["concluded"],
            line["verdict_source"],
            line["verdict_provenance"],
            line["low"],
            line["high"],
        )
        for line in said
        if line["concluded"]
    }


def subject_of(lines: Sequence[Line]) -> int | None:
    """Return the unit whose counts stand above a board: the one that carries most targets which are
    no part of another; of equal ones the one that was there first. None without lines."""
    seen = {line.said["pk"] for line in lines}
    whole: dict[int, int] = {}
    for line in lines:
        stands_alone = line.said["parent_id"] not in seen
        whole[line.said["unit_id"]] = whole.get(line.said["unit_id"], 0) + stands_alone
    return max(whole, key=lambda unit: (whole[unit], -unit)) if whole else None


def entries(lines: Iterable[Line], *, language: str) -> list[Entry]:
    """Return what the counts read of these lines, named in `language`."""
    return [
        Entry(
            f"{line.said['code']} {line.named('name', language)}",
            line.said["ref"],
            line.said["origin"],
            line.said["assigner_id"],
            line.said["field"],
            line.said["state"],
            line.result,
        )
        for line in lines
    ]
