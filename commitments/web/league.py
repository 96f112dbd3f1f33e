"""The league table of units on a page: places, scores with their spread, and why."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments.actions import exports, league
from commitments.actions.league import League
from commitments.enums import NoPlace, TargetOrigin
from commitments.models import Period
from commitments.rules.league import Place
from commitments.web import figures
from commitments.web.board import FORMS, ORIGINS, chosen_plan, plans_of
from commitments.web.columns import unit_name
from commitments.web.figures import Reason
from commitments.web.lookback import look
from commitments.web.words import language
from units import clock
from units.http import tables
from units.http.requests import WebRequest
from units.querysets.organisation import reach_of

WIDE = 100  # of the drawn scale: one step for each percent
WIDTHS = (8, 34, 10, 10, 10, 12, 10, 10, 10, 44)


@dataclass(frozen=True)
class Row:
    """One unit in words. `why_not`: why it has no place; "" with one. `low`, `wide`, `at`: where its
    interval begins, how wide it is and where its score lies on the drawn scale; `at` "": unknown."""

    found: Place
    ref: str
    name: str
    score: str
    spread: str
    coverage: str
    why_not: str
    why: Reason
    low: str
    wide: str
    at: str


@login_required
def table(request: WebRequest) -> HttpResponseBase:
    """Show the units of one plan by their composite score, inside one scope."""
    reach = reach_of(request.user, at=request.now)
    day = clock.local_date(request.now)
    plans = list(plans_of(reach))
    plan = chosen_plan(plans, request.GET.get("year"), day)
    if plan is None:
        return render(request, "commitments/board/empty.html")
    asked = request.GET.get("scope", "")
    if asked and asked not in TargetOrigin.values:
        raise Http404
    looked = look(request, plan, keeping=["year", "scope"])
    found = league.of(
        plan,
        reach=reach,
        at=looked.at,
        language=language(),
        origin=TargetOrigin(asked) if asked else None,
        known_at=looked.known_at,
    )
    rows = [_row(place, found) for place in found.places]
    if (form := request.GET.get("export")) in FORMS:
        return _export(plan, found, rows, form, on=looked.day if looked.is_past else None)
    context = {
        "plan": plan,
        "plans": plans,
        "found": found,
        "scopes": [(one, ORIGINS[one]) for one in found.origins],
        "scope_name": ORIGINS[found.origin] if found.origin else "",
        "rows": rows,
        "is_partial": any(place.without == NoPlace.PARTIAL for place in found.places),
        "minimum": figures.percent(found.minimum),
        "looked": looked,
        "today": day,
    }
    return render(request, "commitments/board/league.html", context)


def _row(place: Place, found: League) -> Row:
    line, one = found.lines[place.unit], place.composite
    low = one.interval.low if one.interval else None
    high = one.interval.high if one.interval else None
    spread = ""
    if low is not None and high is not None and low != high:
        spread = f"{figures.number(low, most=1)} – {figures.number(high, most=1)}"
    return Row(
        place,
        line.said["unit_ref"],
        unit_name(line),
        figures.number(one.score, most=2, least=1),
        spread,
        figures.percent(None if one.coverage is None else round(one.coverage, 1)),
        _why_not(place, found),
        figures.reason(one.why, depth=2),
        _on_scale(low or Fraction(0)),
        _on_scale((high or Fraction(0)) - (low or Fraction(0))),
        "" if one.score is None else _on_scale(one.score),
    )


def _on_scale(value: Fraction) -> str:
    """Return a place on the drawn scale, as SVG writes it whatever the language."""
    return f"{float(value * WIDE / 100):.1f}"


def _why_not(place: Place, found: League) -> str:
    if place.without == NoPlace.COVERAGE:
        return _("Only %(coverage)s is known; a place needs %(minimum)s.") % {
            "coverage": figures.percent(round(place.composite.coverage or Fraction(0), 1)),
            "minimum": figures.percent(found.minimum),
        }
    return str(place.without.label) if place.without else ""


def _export(
    plan: Period, found: League, rows: list[Row], form: str, *, on: date | None
) -> HttpResponseBase:
    """Return every unit as a line with its numbers. `on`: the day that is looked back to, which the
    name of the file says."""
    headings = [
        pgettext("league", "Place"),
        _("Unit"),
        _("Score"),
        _("Lowest"),
        _("Highest"),
        _("Coverage"),
        _("Targets"),
        pgettext("league", "Known"),
        _("Met"),
        _("Why it has no place"),
    ]
    lines = [
        [
            "" if row.found.place is None else row.found.place,
            row.name,
            _plain(row.found.composite.score),
            _plain(row.found.composite.interval.low if row.found.composite.interval else None),
            _plain(row.found.composite.interval.high if row.found.composite.interval else None),
            _plain(row.found.composite.coverage),
            row.found.targets,
            row.found.known,
            row.found.met,
            row.why_not,
        ]
        for row in rows
    ]
    name = f"league-{plan.code}-{found.origin or 'none'}" + (f"-{on.isoformat()}" if on else "")
    if form == "csv":
        return tables.csv_response(name, headings, lines)
    data = exports.table(plan.name, headings, lines, widths=WIDTHS)
    return tables.xlsx_response(name, data)


def _plain(value: Fraction | None) -> str:
    """Return a number with two decimals; "" for what is not known."""
    return "" if value is None else f"{float(value):.2f}"
