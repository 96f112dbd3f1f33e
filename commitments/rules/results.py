"""How one target stands: from what it demands and what was verified to verdict, light and headline.

Everything here is computed anew from rows, so a figure that changes changes everything that rests
on it at once; only what was concluded is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import (
    FigureName,
    IndicatorKind,
    LightColour,
    TargetMode,
    VerdictValue,
)
from commitments.rules import lights, progress, verdicts
from commitments.rules.figures import (
    Figure,
    figure,
)
from commitments.rules.lights import HOUSE_RULE, Thresholds
from commitments.rules.standings import Part, Row, Standing, Terms, meaning, rolled, stands
from commitments.rules.verdicts import Kept

N = FigureName
MET, UNMET = VerdictValue.MET, VerdictValue.UNMET
NOTHING_EXPECTED = figure(N.EXPECTED, None)


class Stored(NamedTuple):
    """A verdict that was recorded: by a source, or computed and frozen."""

    verdict: str
    source: str = ""
    provenance: str = ""
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How one target stands. `concluded`: its verdict is given and no light any more, but the colour
    of the verdict. `hatched`: the last period that is over has no verified figure."""

    standing: Standing
    verdict: Figure
    light: LightColour
    headline: Figure
    expected: Figure
    concluded: bool
    hatched: bool
    kept: Kept | None = None
    known: int = 0  # children that are known, of a roll-up
    of: int = 0  # children that there are


def judge(
    terms: Terms,
    rows: Sequence[Row],
    *,
    on: date,
    ends_on: date,
    standing: Standing | None = None,
    children: Sequence[Part] = (),
    stored: Stored | None = None,
    closing: bool = False,
    thresholds: Thresholds = HOUSE_RULE,
) -> Result:
    """Return how a target stands on the day `on`, by its own rows or else by its children.

    `standing`: how it stands by its rows up to `on`, for whoever knows it already; None: found here.
    `stored`: its verdict, which stands before everything. `closing`: the books are being closed, so
    that the verdict follows now; else it follows the day after `ends_on`, the last of the year.
    """
    until = max(on, ends_on if closing else on)
    seen = [row for row in rows if row.ends_on <= until]
    known = 0
    if standing is None or until > on:
        standing = stands(terms, seen)
    if standing.as_of is None and children:
        standing, known = rolled(terms, children)
    concluded = stored is not None or closing or on > ends_on
    kept = _kept(terms, seen, on=on, ended=concluded)
    verdict = _verdict(terms, standing, kept, stored)
    expected = _expected(terms, standing.as_of)
    if concluded:
        light = lights.concluded_light(verdict.said)
    else:
        light = _light(terms, seen, standing, kept, on=on, thresholds=thresholds)
    subject = progress.Subject(
        terms.kind,
        terms.demand.comparator,
        terms.mode,
        terms.nature,
        terms.demand.value,
        terms.baseline,
    )
    levels = terms.kind == IndicatorKind.GROWTH and standing.first and standing.second
    first = progress.headline(
        subject,
        standing.first if levels else standing.actual.value,
        last_year=standing.second if levels else None,
        kept=None if kept is None else kept.share,
    )
    if seen and seen[-1].share is not None:
        first = _published(first, seen[-1])
    due = [day for day in terms.checkpoints if day <= on]
    late = bool(due) and (standing.as_of is None or standing.as_of < due[-1])
    return Result(
        standing,
        verdict,
        light,
        first,
        expected,
        concluded,
        late and not concluded and standing.as_of is not None,
        kept,
        known,
        len(children) if not seen else 0,
    )


def _published(computed: Figure, row: Row) -> Figure:
    """Return the published percent of plan, with the one that is computed as what it rests beside."""
    value = None if row.share is None else Fraction(row.share)
    return Figure(
        N.PERCENT_OF_PLAN,
        value,
        (computed,),
        about=row.period,
        source=row.source,
        provenance=row.provenance,
    )


def _kept(terms: Terms, rows: Sequence[Row], *, on: date, ended: bool) -> Kept | None:
    if terms.mode != TargetMode.MAINTAIN:
        return None
    due, total = _checks(terms, rows, on=on, ended=ended)
    return verdicts.keep(
        due, total=total, rule=terms.maintain_rule, share=terms.maintain_share, ended=ended
    )


def _checks(
    terms: Terms, rows: Sequence[Row], *, on: date, ended: bool
) -> tuple[list[bool | None], int]:
    """Return what is known of each checkpoint due so far, and how many there are in the year."""
    found = {row.ends_on: meaning(row, terms) for row in rows}
    days = sorted({*terms.checkpoints, *found}) if terms.checkpoints else sorted(found)
    due = [day for day in days if ended or day <= on]
    while due and not ended and due[-1] not in found:
        due.pop()  # not reported yet
    answers = {MET: True, UNMET: False}
    return (
        [answers.get(verdicts.verdict(found.get(day), terms.demand)) for day in due],
        len(days),
    )


def _verdict(terms: Terms, standing: Standing, kept: Kept | None, stored: Stored | None) -> Figure:
    if stored is not None:
        parts = [_demanded(terms)]
        if standing.actual.value is not None:
            parts.append(standing.actual)
        return Figure(
            N.VERDICT, None, tuple(parts), stored.verdict, "", stored.source, stored.provenance
        )
    if kept is not None:
        share = figure(N.MAINTAINED, kept.share)
        said = kept.verdict or VerdictValue.INDETERMINATE
        return Figure(N.VERDICT, None, (_demanded(terms), share, standing.actual), said.value)
    return verdicts.concluded(standing.reach, terms.demand, standing.actual)


def _demanded(terms: Terms) -> Figure:
    return figure(N.TARGET, terms.demand.value, about=terms.demand.comparator)


def _expected(terms: Terms, as_of: date | None) -> Figure:
    """Return the checkpoint that the last figure is compared with: the last one it covers."""
    due = [point for point in terms.roadmap if as_of is not None and point.ends_on <= as_of]
    if not due:
        return NOTHING_EXPECTED
    return figure(N.EXPECTED, due[-1].value, about=due[-1].period)


def _light(
    terms: Terms,
    rows: Sequence[Row],
    standing: Standing,
    kept: Kept | None,
    *,
    on: date,
    thresholds: Thresholds,
) -> LightColour:
    if kept is not None:
        due, total = _checks(terms, rows, on=on, ended=False)
        return verdicts.keeping_light(
            due, total=total, rule=terms.maintain_rule, share=terms.maintain_share
        )
    if standing.actual.value is None:
        return LightColour.GREY
    before: LightColour | None = None
    for checkpoint in terms.roadmap:
        upto = [row for row in rows if row.ends_on <= checkpoint.ends_on]
        if standing.as_of is None or checkpoint.ends_on > standing.as_of:
            break
        whole = upto == list(rows) or not upto
        value = standing.actual.value if whole else stands(terms, upto).actual.value
        before = lights.light(
            value,
            checkpoint.value,
            comparator=terms.demand.comparator,
            baseline=terms.baseline if terms.kind != IndicatorKind.GROWTH else None,
            before=before,
            thresholds=thresholds,
        )
    if before is not None:
        return before
    reached = verdicts.verdict(standing.reach, terms.demand) == MET
    return LightColour.GREEN if reached else LightColour.GREY
