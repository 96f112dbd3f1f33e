"""The board: units and targets in one picture, and above it what the year comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.actions import exports, results
from commitments.actions.results import Line
from commitments.enums import (
    IndicatorKind,
    PeriodState,
    Stage,
    TargetOrigin,
    TargetState,
)
from commitments.models import Period, Target
from commitments.rules import board as rules
from commitments.rules.board import Scope
from commitments.rules.judgements import Judged
from commitments.rules.targets import MOST_TARGETS
from commitments.web import columns, figures
from commitments.web.columns import BoardRow, unit_name
from commitments.web.figures import Mark, Reason
from commitments.web.lookback import look
from commitments.web.words import language
from units import clock
from units.http import tables
from units.http.requests import WebRequest
from units.models import OrgUnit
from units.querysets.organisation import Reach, reach_of

FORMS = {"csv", "xlsx"}
Targets = QuerySet[Target]
_IS_WIDE = Exists(
    Target.objects.filter(period=OuterRef("pk")).exclude(state=TargetState.PLANNED)[MOST_TARGETS:]
)
FIELD_NAMES = {
    "party": pgettext_lazy("scoreboard", "Party building"),
    "other": pgettext_lazy("scoreboard", "Socio-economic, defence, security"),
}
ORIGINS = {
    TargetOrigin.SUPERIOR: gettext_lazy("Assigned by the superior"),
    TargetOrigin.OWN: gettext_lazy("Added by this level"),
}


@dataclass(frozen=True)
class ScopeShown:
    """One scope of the scoreboard in words. `share` "": not everything is concluded yet."""

    scope: Scope
    label: str
    why: Reason
    share: str
    coverage: str
    interval: str
    by_field: list[tuple[str, str]]
    lights: list[tuple[Mark, int]]


@dataclass(frozen=True)
class Item:
    """One line of the table under the picture: the same as the cell, in words and numbers."""

    ref: str
    code: str
    name: str
    demand: str
    actual: str
    headline: str
    mark: Mark
    why: Reason
    is_synthetic: bool
    check: str = ""  # what the published figures are to each other
    judged: Mark | None = None  # what a person holds of it, beside the light
    judgement: Judged | None = None


@login_required
def board(request: WebRequest) -> HttpResponseBase:
    """Show one plan: the counts of one unit by scope, all units and targets, and the numbers.

    Where there are more than MOST_TARGETS, the unit that carries the wholes and the one that is looked
    at; a file has them all.
    """
    reach = reach_of(request.user, at=request.now)
    day = clock.local_date(request.now)
    plans = list(plans_of(reach).annotate(is_wide=_IS_WIDE))
    plan = chosen_plan(plans, request.GET.get("year"), day)
    if plan is None:
        return render(request, "commitments/board/empty.html")
    looked = look(request, plan, keeping=["year", "unit"])
    targets = Target.objects.filter(period=plan).within(reach).exclude(state=TargetState.PLANNED)
    form, ref = request.GET.get("export"), request.GET.get("unit")
    number = targets.count() if plan.is_wide and form not in FORMS else 0
    is_wide = number > MOST_TARGETS
    shown, parts = _some(targets, ref) if is_wide else (targets, None)
    found = results.of(
        shown,
        at=looked.at,
        thresholds=results.thresholds_of(results.rules_in_force(on=looked.day)),
        known_at=looked.known_at,
        with_course=False,
        parts=parts,
    )
    lines = found.lines
    names = {line.said["unit_id"]: line for line in lines}
    subject = _subject(lines, ref)
    mine = [line for line in lines if line.said["unit_id"] == subject]
    headings = columns.columns_of(lines)
    matrix = columns.matrix_of(lines, headings, names, subject)
    if form in FORMS:
        return _export(plan, matrix, form, on=looked.day if looked.is_past else None)
    scopes = rules.scopes(results.entries(mine, language=language()))
    context = {
        "plan": plan,
        "plans": plans,
        "subject_name": unit_name(names[subject]) if subject else plan.owner.name,
        "scopes": [_shown(scope) for scope in scopes],
        "items": [item_of(line) for line in mine],
        "groups": columns.groups_of(headings),
        "columns": headings,
        "matrix": matrix,
        "number": figures.number(Decimal(number)),
        "units": _carriers(targets, on=looked.day) if is_wide else (),
        "chosen": names[subject].said["unit_ref"] if subject else None,
        "legend": columns.legend(),
        "published": [_observation(row) for row in found.observed if row["unit_id"] == subject],
        "is_synthetic": any(line.is_synthetic for line in lines),
        "looked": looked,
        "state": PeriodState(lines[0].said["year_state"] if lines else plan.state).label,
        "today": day,
    }
    return render(request, "commitments/board/board.html", context)


def _some(targets: Targets, ref: str | None) -> tuple[Targets, Targets]:
    """Return those of these targets that are shown where all would be too many, and the parts that the
    wholes among them are rolled up from.

    Shown are the targets of the unit that carries most of those which are no part of another, and of
    the unit `ref`; None: of no other one.
    """
    alone = targets.standing_alone()
    counted = alone.order_by().values("unit").annotate(number=Count("pk"))
    busiest = counted.order_by("-number", "unit").values("unit")[:1]
    wholes = alone.filter(unit__in=busiest)
    shown = targets.filter(Q(pk__in=wholes) | Q(unit__ref=ref)) if ref else wholes
    return shown, targets.filter(parent__in=wholes)


def _carriers(targets: Targets, *, on: date) -> list[tuple[str, str]]:
    """Return reference and name of each unit that carries one of these targets."""
    refs = targets.order_by("unit__ref").values_list("unit_id", "unit__ref").distinct()
    return list(OrgUnit.names_of(dict(refs), on=on))


def plans_of(reach: Reach) -> QuerySet[Period]:
    """Return the plans that have begun and are seen in `reach`, the newest first."""
    begun = Period.objects.years().within(reach).exclude(state=PeriodState.PLANNING)
    return begun.select_related("owner").order_by("-starts_on", "code")


def chosen_plan(plans: Sequence[Period], code: str | None, day: date) -> Period | None:
    """Return the plan of that code; without one the newest that has begun. None: there is none.

    Raises Http404 for a code that is not seen.
    """
    if code:
        found = next((plan for plan in plans if plan.code == code), None)
        if found is None:
            raise Http404
        return found
    return next((plan for plan in plans if plan.starts_on <= day), None) or next(iter(plans), None)


def _subject(lines: Sequence[Line], ref: str | None) -> int | None:
    """Return the unit whose counts stand above: the one asked for, else the one that carries most
    targets which are no part of another. Raises Http404 for a unit without targets."""
    if ref:
        named = next((line for line in lines if line.said["unit_ref"] == ref), None)
        if named is None:
            raise Http404
        return named.said["unit_id"]
    return results.subject_of(lines)


def _shown(scope: Scope) -> ScopeShown:
    counted = scope.counted
    interval = counted.interval
    spread = ""
    if interval is not None and interval.low != interval.high:
        spread = f"{figures.percent(interval.low)} – {figures.percent(interval.high)}"
    return ScopeShown(
        scope=scope,
        label=str(ORIGINS[TargetOrigin(scope.origin)]),
        why=figures.reason(scope.why, depth=1),
        share=figures.text_of(scope.why) if scope.concluded else "",
        coverage=figures.percent(counted.coverage),
        interval=spread,
        by_field=[
            (str(FIELD_NAMES[name]), _of(count.met, count.assigned, count.share))
            for name, count, _why in scope.by_field
            if len(scope.by_field) > 1
        ],
        lights=_tally(scope),
    )


def _tally(scope: Scope) -> list[tuple[Mark, int]]:
    """Return how many targets carry each mark: verdicts once all are given, lights before."""
    found: dict[tuple[str, str], tuple[Mark, int]] = {}
    for line in scope.entries:
        mark = figures.mark_of(line.result)
        held = found.get((mark.colour, str(mark.letter)), (mark, 0))
        found[mark.colour, str(mark.letter)] = (held[0], held[1] + 1)
    return sorted(found.values(), key=lambda pair: -pair[1])


def _of(met: int, assigned: int, share: Any) -> str:
    """Return “14/14”, and with its share where that says more: “16/18 (88.89 %)”."""
    text = f"{met}/{assigned}"
    return text if met == assigned else f"{text} ({figures.percent(share)})"


def item_of(line: Line) -> Item:
    """Return one target in words and numbers."""
    return Item(
        line.said["ref"],
        line.said["code"],
        line.named("name", language()),
        figures.demand(line),
        figures.actual(line),
        figures.headline(line),
        figures.mark(line),
        figures.reason(line.result.verdict),
        line.is_synthetic,
        figures.check_words(line.check),
        figures.judged(line),
        line.judgement,
    )


def _observation(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a source states, in words."""
    english = language() == "en"
    if row["numerator"] is not None:
        text = f"{figures.number(row['numerator'])}/{figures.number(row['denominator'])}"
    else:
        sign = "+" if row["kind"] == IndicatorKind.GROWTH and row["value"] > 0 else ""
        amount = figures.number(row["value"], most=6)
        uom = (english and row["uom_en"]) or row["uom_vi"]
        text = f"{figures.qualifier(row['qualifier'])}{sign}{amount} {uom}"
    more = [] if row["stage"] == Stage.FINAL else [str(Stage(row["stage"]).label).lower()]
    if row["percent_of_plan"] is not None:
        more.append(_("%(share)s of plan") % {"share": figures.percent(row["percent_of_plan"])})
    if row["growth"] is not None:
        sign = "+" if row["growth"] > 0 else ""
        more.append(
            _("%(growth)s on last year") % {"growth": f"{sign}{figures.percent(row['growth'])}"}
        )
    source = row["source_ref"]
    return {
        "name": (english and row["name_en"]) or row["name_vi"],
        "text": " · ".join([text, *more]),
        "note": (english and row["note_en"]) or row["note_vi"],
        "source": source,
        "link": source.split(" ")[0] if source.startswith("https://") else "",
        "badge": figures.badge(row["provenance"]),
    }


def _export(
    plan: Period,
    matrix: Sequence[BoardRow],
    form: str,
    *,
    on: date | None,
) -> HttpResponseBase:
    """Return every cell as a line: a file is for counting on, the picture is for looking at. `on`: the
    day that is looked back to, which the name of the file says."""
    headings = [
        _("Unit"),
        _("Code"),
        _("Target"),
        _("To be reached"),
        _("Actual"),
        _("Against plan"),
        _("State"),
        _("Judgement"),
        _("Provenance"),
    ]
    lines = [
        [
            row.name,
            cell.line.said["code"],
            cell.line.named("name", language()),
            figures.demand(cell.line),
            figures.actual(cell.line),
            figures.headline(cell.line),
            str(cell.mark.words),
            figures.judged_words(cell.line),
            _("Demonstration data") if cell.line.is_synthetic else "",
        ]
        for row in matrix
        for cell in row.cells
        if cell is not None
    ]
    name = f"board-{plan.code}{f'-{on.isoformat()}' if on else ''}"
    if form == "csv":
        return tables.csv_response(name, headings, lines)
    data = exports.table(plan.name, headings, lines, widths=(32, 12, 48, 22, 22, 24, 24, 40, 20))
    return tables.xlsx_response(name, data)
