"""The board: units and targets in one picture, and above it what the year comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.actions import exports, results
from commitments.actions.results import Line
from commitments.enums import (
    IndicatorKind,
    LightColour,
    PeriodState,
    Stage,
    TargetOrigin,
    TargetState,
)
from commitments.models import Period, Target
from commitments.rules import board as rules
from commitments.rules.board import Scope
from commitments.rules.judgements import Judged
from commitments.web import figures
from commitments.web.figures import LETTERS, Mark, Reason
from commitments.web.lookback import look
from commitments.web.words import language
from units import clock
from units.http import tables
from units.http.requests import WebRequest
from units.querysets.organisation import Reach, reach_of
from units.rules import counting

FORMS = {"csv", "xlsx"}
FIELD_NAMES = {
    "party": pgettext_lazy("scoreboard", "Party building"),
    "other": pgettext_lazy("scoreboard", "Socio-economic, defence, security"),
}
ORIGINS = {
    TargetOrigin.SUPERIOR: gettext_lazy("Assigned by the superior"),
    TargetOrigin.OWN: gettext_lazy("Added by this level"),
}


@dataclass(frozen=True)
class Column:
    """One target of the plan, which units carry in parts. `name` in the reader's language."""

    key: int
    code: str
    name: str
    group: str
    group_title: str


@dataclass(frozen=True)
class Cell:
    """How one unit stands on one target."""

    line: Line
    mark: Mark
    title: str
    judged: Mark | None = None


@dataclass(frozen=True)
class BoardRow:
    """One unit with a cell for each column; None: it carries no part of that target."""

    unit: int
    ref: str
    name: str
    cells: list[Cell | None]


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
    """Show one plan: the counts of one unit by scope, all units and targets, and the numbers."""
    reach = reach_of(request.user, at=request.now)
    day = clock.local_date(request.now)
    plans = list(plans_of(reach))
    plan = chosen_plan(plans, request.GET.get("year"), day)
    if plan is None:
        return render(request, "commitments/board/empty.html")
    looked = look(request, plan, keeping=["year", "unit"])
    targets = Target.objects.filter(period=plan).within(reach)
    found = results.of(
        targets.exclude(state=TargetState.PLANNED),
        at=looked.at,
        thresholds=results.thresholds_of(results.rules_in_force(on=looked.day)),
        known_at=looked.known_at,
        with_course=False,
    )
    lines = found.lines
    names = {line.said["unit_id"]: line for line in lines}
    subject = _subject(lines, request.GET.get("unit"))
    mine = [line for line in lines if line.said["unit_id"] == subject]
    columns = _columns(lines)
    matrix = _matrix(lines, columns, names, subject)
    if (form := request.GET.get("export")) in FORMS:
        return _export(plan, columns, matrix, form, on=looked.day if looked.is_past else None)
    scopes = rules.scopes(results.entries(mine, language=language()))
    context = {
        "plan": plan,
        "plans": plans,
        "subject_name": unit_name(names[subject]) if subject else plan.owner.name,
        "scopes": [_shown(scope) for scope in scopes],
        "items": [item_of(line) for line in mine],
        "groups": _groups(columns),
        "columns": columns,
        "matrix": matrix,
        "legend": _legend(),
        "published": [_observation(row) for row in found.observed if row["unit_id"] == subject],
        "is_synthetic": any(line.is_synthetic for line in lines),
        "looked": looked,
        "state": PeriodState(lines[0].said["year_state"] if lines else plan.state).label,
        "today": day,
    }
    return render(request, "commitments/board/board.html", context)


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


def unit_name(line: Line) -> str:
    """Return what the unit of a line is called; its reference while it has no name."""
    return line.named("unit", language()) or line.said["unit_ref"]


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


def _columns(lines: Sequence[Line]) -> list[Column]:
    """Return one column for each indicator, in the order of the plan: a whole and its parts share it."""
    found: dict[int, Column] = {}
    seen = {line.said["pk"] for line in lines}
    roots_first = sorted(lines, key=lambda line: line.said["parent_id"] in seen)
    for line in roots_first:
        said = line.said
        found.setdefault(
            said["indicator_id"],
            Column(
                said["indicator_id"],
                said["code"],
                line.named("name", language()),
                said["group_code"],
                line.named("group", language()),
            ),
        )
    order = {line.said["group_code"]: line.said["group_place"] for line in lines}
    return sorted(found.values(), key=lambda one: (order[one.group], counting.counted(one.code)))


def _groups(columns: Sequence[Column]) -> list[tuple[str, str, int]]:
    """Return code, title and number of columns of each group."""
    found: dict[str, list[Any]] = {}
    for column in columns:
        found.setdefault(column.group, [column.group_title, 0])[1] += 1
    return [(code, title, number) for code, (title, number) in found.items()]


def _matrix(
    lines: Sequence[Line],
    columns: Sequence[Column],
    names: Mapping[int, Line],
    subject: int | None,
) -> list[BoardRow]:
    """Return a row for each unit, the one that is looked at first."""
    cells: dict[tuple[int, int], Line] = {}
    for line in lines:
        key = line.said["unit_id"], line.said["indicator_id"]
        held = cells.get(key)
        if held is None or held.said["state"] == TargetState.WITHDRAWN:
            cells[key] = line
    return [
        BoardRow(
            unit,
            names[unit].said["unit_ref"],
            unit_name(names[unit]),
            [_cell(cells.get((unit, column.key))) for column in columns],
        )
        for unit in sorted(names, key=lambda unit: (unit != subject, unit))
    ]


def _cell(line: Line | None) -> Cell | None:
    if line is None:
        return None
    mark = figures.mark(line)
    parts = [
        line.said["code"],
        line.named("name", language()),
        figures.demand(line),
        figures.actual(line),
    ]
    held = figures.judged(line)
    words = [mark.words, *([held.words] if held else [])]
    return Cell(line, mark, " · ".join(map(str, [*parts, *words])), held)


def _legend() -> list[Mark]:
    concluded = [("blue", "met"), ("red", "unmet"), ("grey", "indeterminate")]
    words = {"met": _("Met"), "unmet": _("Unmet"), "indeterminate": _("Indeterminate")}
    lights = [LightColour.GREEN, LightColour.AMBER, LightColour.RED, LightColour.GREY]
    return [Mark(colour, LETTERS[name], words[name]) for colour, name in concluded] + [
        Mark(colour.value, LETTERS[colour.value], colour.label) for colour in lights
    ]


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
    columns: Sequence[Column],
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
