"""How complete and how timely units report, on pages: one period in numbers, a year in one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments.actions import exports
from commitments.models import Period, ReportingDuty
from commitments.rules import discipline as rules
from units import clock
from units.http import tables
from units.http.requests import WebRequest
from units.models import OrgUnit

COUNTS = ("expected", "on_time", "late", "missing", "not_in", "verified", "in_review", "returned")


@dataclass(frozen=True)
class Field:
    """How one unit reported for one period, or several together. `counts` None: nothing is expected."""

    counts: Mapping[str, int] | None
    unit: OrgUnit | None = None
    period: Period | None = None

    @property
    def shares(self) -> rules.Reporting:
        return shares_of(self.counts) if self.counts else rules.Reporting(None, None)

    @property
    def percent(self) -> int | None:
        """Completeness in whole percent, rounded down, so that 100 is all of it."""
        share = self.shares.completeness
        return None if share is None else int(share)

    @property
    def colour(self) -> str:
        return rules.colour(self.shares.completeness)


@dataclass(frozen=True)
class Row:
    unit: OrgUnit
    fields: list[Field]
    whole: Field


def shares_of(counts: Mapping[str, int]) -> rules.Reporting:
    return rules.reporting(
        expected=counts["expected"], on_time=counts["on_time"], late=counts["late"]
    )


def _together(counted: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(row[name] for row in counted) for name in COUNTS}


def _opened(request: WebRequest) -> QuerySet[ReportingDuty]:
    seen = ReportingDuty.objects.visible_to(request.user, at=request.now)
    return seen.filter(opens_on__lte=clock.local_date(request.now))


@login_required
def overview(request: WebRequest) -> HttpResponse:
    """Show how complete and how timely reports are, by unit, for one period."""
    today = clock.local_date(request.now)
    seen = _opened(request)
    periods = Period.objects.filter(pk__in=seen.values("period")).order_by("-starts_on")
    code = request.GET.get("period") or next((period.code for period in periods), None)
    chosen = next((period for period in periods if period.code == code), None)
    if code and chosen is None:
        raise Http404
    owed = seen.filter(period=chosen).order_by()
    counted = list(owed.counted("unit", on=today))
    names = OrgUnit.objects.filter(pk__in=owed.values("unit")).with_names().order_by("ref")
    found = {row["unit"]: row for row in counted}
    rows = [
        (unit, found.get(unit.pk), shares_of(found[unit.pk]) if unit.pk in found else None)
        for unit in names
    ]
    total = _together(counted)
    context = {
        "periods": periods,
        "chosen": chosen,
        "rows": rows,
        "total": total,
        "shares": shares_of(total),
    }
    return render(request, "commitments/reports/overview.html", context)


@login_required
def year(request: WebRequest) -> HttpResponseBase:
    """Show a whole year in one picture: units down, periods across, completeness in each field."""
    seen = _opened(request)
    plans = list(
        Period.objects.years()
        .filter(targets__duties__in=seen)
        .distinct()
        .order_by("-starts_on", "code")
    )
    code = request.GET.get("year")
    plan = next((one for one in plans if code in {None, "", one.code}), None)
    if plan is None:
        if code:
            raise Http404
        return render(request, "commitments/reports/year.html", {"plan": None})
    owed = seen.filter(target__period=plan).order_by()
    counted = list(owed.counted("unit", "period", on=clock.local_date(request.now)))
    periods = list(
        Period.objects.filter(pk__in=owed.values("period")).order_by("starts_on", "code")
    )
    units = list(OrgUnit.objects.filter(pk__in=owed.values("unit")).with_names().order_by("ref"))
    rows = [_row(unit, periods, counted) for unit in units]
    if (form := request.GET.get("export")) in {"csv", "xlsx"}:
        return _export(plan, rows, form)
    below = [
        Field(
            _together([row for row in counted if row["period"] == period.pk]) or None, period=period
        )
        for period in periods
    ]
    context = {
        "plan": plan,
        "plans": plans,
        "periods": periods,
        "rows": rows,
        "below": below,
        "whole": Field(_together(counted)),
    }
    return render(request, "commitments/reports/year.html", context)


def _row(unit: OrgUnit, periods: Sequence[Period], counted: Sequence[Mapping[str, Any]]) -> Row:
    own = {row["period"]: row for row in counted if row["unit"] == unit.pk}
    return Row(
        unit,
        [Field(own.get(period.pk), unit, period) for period in periods],
        Field(_together(list(own.values()))),
    )


def _export(plan: Period, rows: Sequence[Row], form: str) -> HttpResponseBase:
    """Return every field of the picture as a line with the counts behind it."""
    headings = [
        _("Unit"),
        _("Period"),
        _("Expected"),
        _("On time"),
        pgettext("report", "Late"),
        pgettext("report", "Missing"),
        pgettext("report", "Not in yet"),
        pgettext("report", "Verified"),
        _("Complete"),
        _("Timely"),
    ]
    lines = [
        [
            row.unit.name,
            one.period.name if one.period else "",
            *(one.counts[name] for name in COUNTS[:6]),
            _plain(one.shares.completeness),
            _plain(one.shares.timeliness),
        ]
        for row in rows
        for one in row.fields
        if one.counts
    ]
    name = f"reporting-{plan.code}"
    if form == "csv":
        return tables.csv_response(name, headings, lines)
    data = exports.table(plan.name, headings, lines, widths=(32, 18, *([12] * 8)))
    return tables.xlsx_response(name, data)


def _plain(share: Fraction | None) -> str:
    """Return a share in percent with two decimals; “” where nothing is expected."""
    return "" if share is None else f"{float(share):.2f}"
