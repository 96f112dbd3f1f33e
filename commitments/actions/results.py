"""How targets stand, read and computed: the board, the target's page and the API all ask here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, overload

from django.db.models import QuerySet

from commitments.actions import demands, inspections, lookback
from commitments.actions.inspections import Tally
from commitments.enums import IndicatorKind, PeriodState, RollUp, TargetState
from commitments.models import Report, RuleSet, Target
from commitments.querysets import board as rows
from commitments.rules import results as rules
from commitments.rules.board import Entry
from commitments.rules.consistency import Consistency, check_triple
from commitments.rules.inspections import Record, why
from commitments.rules.judgements import Judged
from commitments.rules.lights import Thresholds
from commitments.rules.results import Result, Stored
from commitments.rules.standings import Part, Row, Terms, needs_every_row, stands
from units import clock
from units.enums import Provenance

CHUNK = 2_000  # rows of reports at a time
MOST_DAYS = 16  # on which a result may rest; with more of them everything is read
PLAIN = (  # of an observation
    "ends_on",
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "about_width",
    "provenance",
)


class Told(Sequence[Row]):
    """Rows as the database gives them (`ReportQuerySet.values_of`), each made when it is read.

    A plan holds hundreds of thousands. Plain tuples of plain values are no business of the garbage
    collector, which else would go through all of them again and again.
    """

    __slots__ = ("_told",)

    def __init__(self, told: list[tuple[Any, ...]]) -> None:
        self._told = told

    def __len__(self) -> int:
        return len(self._told)

    def __iter__(self) -> Iterator[Row]:
        return map(_row, self._told)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [_row(one) for one in self._told[place]]
        return _row(self._told[place])


def _row(told: tuple[Any, ...]) -> Row:
    _target, on, period, value, above, below, true, none, how, width, ref, mark = told
    return Row(on, period, value, above, below, true, none, how, width, f"report/{ref}", mark)


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
) -> Standings:
    """Return how each of these targets stands at `at`, in the order of their groups.

    A whole without figures of its own is rolled up from those of its parts that are among
    `targets`. `revision`: by the demand of this revision and without the stored verdict; None: by
    the newest. `known_at`: as it was known at that past instant, which is then `at`; None: as it is
    known now. `with_course`: every row of each line, for whoever shows how it came about; without it
    only those that the result rests on, which a board reads. A constant number of queries, whatever
    their number.
    """
    on = clock.local_date(at)
    said = rows.lines(targets, on=on, at=known_at)
    if known_at is not None:
        said = lookback.restore(said, at=known_at)
    observed = rows.observed(said, at=known_at)
    demanded = rows.terms(targets, on=None if known_at is None else on)
    if revision is not None:
        demanded = [row for row in demanded if row["n"] == revision]
    terms, stored = demands.of_lines(said, demanded), {} if revision else _stored(said)
    days, in_full = (None, set()) if with_course else _days(said, terms, on=on)
    reports = Report.objects.values_of(
        targets.values_list("pk", flat=True), at=known_at, days=days, in_full=in_full
    )
    found = _rows(said, observed, reports.iterator(chunk_size=CHUNK))
    _count_units(said, found, on=on, known_at=known_at)
    parts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in said:
        if line["parent_id"] and line["state"] != TargetState.WITHDRAWN:
            parts[line["parent_id"]].append(line)
    standings = {pk: stands(terms[pk], ()) for pk, known in found.items() if not known}
    judged = {}
    for line in sorted(said, key=lambda line: not found[line["pk"]]):  # parts before their wholes
        pk = line["pk"]
        children = []
        closing = line["year_state"] in {PeriodState.CLOSING, PeriodState.CLOSED}
        past = [row for row in found[pk] if row.ends_on <= on]  # read once, and let go
        if found[pk]:
            standings[pk] = stands(terms[pk], past)
        elif terms[pk].unit_agg != RollUp.NONE:
            children = [
                Part(part["code"], standings[part["pk"]], part["weight"]) for part in parts[pk]
            ]
        judged[pk] = rules.judge(
            terms[pk],
            found[pk] if closing else past,
            on=on,
            ends_on=line["year_ends_on"],
            standing=standings[pk],
            children=children,
            stored=stored.get(pk),
            closing=closing,
            thresholds=thresholds or Thresholds(),
        )
    made = [Line(line, terms[line["pk"]], judged[line["pk"]], found[line["pk"]]) for line in said]
    return Standings(made, observed)


def _days(
    said: Sequence[dict[str, Any]], terms: dict[int, Terms], *, on: date
) -> tuple[set[date] | None, set[int]]:
    """Return the days by whose last rows these targets are judged, and the keys of the indicators of
    which every row counts. None for days: everything is to be read."""
    in_full = {
        line["indicator_id"]
        for line in said
        if line["counts_units"] or needs_every_row(terms[line["pk"]])
    }
    rest = [line for line in said if line["indicator_id"] not in in_full]
    days = {on} | {line["year_ends_on"] for line in rest}
    days.update(point.ends_on for line in rest for point in terms[line["pk"]].roadmap)
    return (days if rest and len(days) <= MOST_DAYS else None), in_full


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


def _rows(
    said: Sequence[dict[str, Any]],
    observed: Iterable[dict[str, Any]],
    reports: Iterable[tuple[Any, ...]],
) -> dict[int, Sequence[Row]]:
    """Return what is known of each target: its verified reports, else what sources state."""
    found: dict[int, Sequence[Row]] = {line["pk"]: () for line in said}
    told: dict[int, list[tuple[Any, ...]]] = {pk: [] for pk in found}
    for report in reports:
        if report[0] in told:  # else not assigned yet, of a day that is looked back to
            told[report[0]].append(report)
    found.update((pk, Told(its)) for pk, its in told.items() if its)
    stated: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
    for one in observed:
        stated[one["indicator_id"], one["unit_id"], one["period_id"]].append(
            Row(
                **{name: one[name] for name in PLAIN},
                period=one["period_code"],
                source=one["source_ref"],
                share=one["percent_of_plan"],
            )
        )
    for line in said:
        if not found[line["pk"]]:
            found[line["pk"]] = stated[line["indicator_id"], line["unit_id"], line["period_id"]]
    return found


def _count_units(
    said: Sequence[dict[str, Any]],
    found: dict[int, Sequence[Row]],
    *,
    on: date,
    known_at: datetime | None,
) -> None:
    """Lead what is known of a share of distinct units down to the records behind it.

    Where nobody reports on it the records themselves are what is known, from the month of the first
    one on: before that nothing is, which is not 0.
    """
    counting = [line["pk"] for line in said if line["counts_units"]]
    tallies = inspections.tallies(counting, on=on, known_at=known_at) if counting else {}
    for line in said:
        tally = tallies.get(line["pk"])
        if tally is None:
            continue
        if found[line["pk"]] or tally.reported:
            found[line["pk"]] = [
                row._replace(counted=why(tally.upto(row.ends_on))) for row in found[line["pk"]]
            ]
            continue
        found[line["pk"]] = [
            _of_records(counted, tally, day)
            for day in demands.months(line["year_starts_on"], line["year_ends_on"])
            if day <= on and (counted := tally.upto(day))
        ]


def _of_records(counted: Sequence[Record], tally: Tally, day: date) -> Row:
    """Return how far a share of distinct units is at the end of a month, by the records alone."""
    marks = {record.provenance for record in counted}
    return Row(
        day,
        f"{day.year}-{day.month:02}",
        numerator=Decimal(len(counted)),
        denominator=Decimal(len(tally.among)),
        provenance=Provenance.SYNTHETIC if Provenance.SYNTHETIC in marks else Provenance.LIVE,
        counted=why(counted),
    )


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
