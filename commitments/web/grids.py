"""The grid: all reports of a unit for a period on one page, worked like a spreadsheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from commitments import permissions
from commitments.actions import reports
from commitments.enums.reports import ReportState
from commitments.models import Period, Report, ReportingDuty
from commitments.querysets.reports import own_side
from commitments.web.discipline import shares_of
from commitments.web.filings import Row, rows_for
from commitments.web.forms.reports import AnswerForm, seen_in
from units import clock
from units.errors import Refused
from units.http.requests import WebRequest
from units.models import OrgUnit
from units.querysets.ordering import as_counted


def visible(request: WebRequest) -> QuerySet[ReportingDuty]:
    return ReportingDuty.objects.visible_to(request.user, at=request.now)


def rows_of(duties_: QuerySet[ReportingDuty], request: WebRequest, **more: Any) -> list[Row]:
    found = duties_.for_rows().with_open(request.user, at=request.now)
    on = clock.local_date(request.now)
    return rows_for(found, on=on, **more)


@dataclass(frozen=True)
class Grid:
    """What one unit owes for one period, as the reader sees it. `seen`: everything that is owed and
    that the reader sees."""

    seen: QuerySet[ReportingDuty]
    unit: OrgUnit
    period: str
    owed: QuerySet[ReportingDuty]
    may_write: bool

    @property
    def address(self) -> str:
        return f"{reverse('commitments:reports')}?unit={self.unit.ref}&period={self.period}"


def grid_of(request: WebRequest) -> Grid | None:
    """Return the grid that the address names, else the reader's own newest one; None: there is none.

    Raises Http404 for a unit or period of which nothing is seen.
    """
    seen = visible(request)
    unit = _unit(request, seen)
    if unit is None:
        return None
    period = _period(request, seen.filter(unit=unit))
    owed = seen.filter(unit=unit, period__code=period).order_by(as_counted("target__code"), "pk")
    return Grid(
        seen, unit, period, owed, permissions.may_report(request.user, unit, at=request.now)
    )


@login_required
def index(request: WebRequest) -> HttpResponse:
    """Show the reports of one unit for one period as a grid; who may write, writes them here."""
    grid = grid_of(request)
    if grid is None:
        return redirect("commitments:reports-overview")
    typed, done = None, 0
    faults: dict[int, Any] = {}
    if request.method == "POST":
        if not grid.may_write:
            raise Http404
        typed = request.POST
        done, faults = _take(request, rows_of(grid.owed, request, writable=True, typed=typed))
        if not faults:
            _told(request, done)
            return redirect(grid.address)
    rows = rows_of(grid.owed, request, writable=grid.may_write, typed=typed, faults=faults)
    if faults:
        rows = [_still_typed(row, faults) for row in rows]
    return shown(request, grid, rows, faults=faults, done=done)


def shown(
    request: WebRequest, grid: Grid, rows: list[Row], *, faults: Mapping[int, Any], **more: Any
) -> HttpResponse:
    """Return the page of a grid with these rows; 422 where something stands in the way."""
    today = clock.local_date(request.now)
    counts = next(iter(grid.owed.order_by().counted("unit", on=today)), None)
    context = {
        "unit": grid.unit,
        "period": next((row.duty.period for row in rows), None),
        "units": _units(grid.seen),
        "periods": _periods(request, grid.seen.filter(unit=grid.unit)),
        "rows": rows,
        "writes": any(row.form for row in rows),
        "counts": counts,
        "shares": shares_of(counts) if counts else None,
        "faults": faults,
        **more,
    }
    status = 422 if faults else 200
    return render(request, "commitments/reports/grid.html", context, status=status)


def _told(request: WebRequest, done: int) -> None:
    text = ngettext("%(done)d row was taken.", "%(done)d rows were taken.", done)
    messages.success(request, text % {"done": done})


def _still_typed(row: Row, faults: Mapping[int, Any]) -> Row:
    """Return a row whose form shows what was typed if it was refused, and what is stored if not."""
    if row.form is None or row.duty.pk in faults:
        return row
    shown = row.report if row.report and row.report.state == ReportState.DRAFT else None
    return Row(**{**row.__dict__, "form": AnswerForm(row.duty, shown)})


def _take(request: WebRequest, rows: list[Row]) -> tuple[int, dict[int, Any]]:
    """Save every row that was typed into, or hand in every row that says something; return how many,
    and the faults by duty.

    A draft that stands, as a returned report leaves one, is handed in as it is, and not saved again.
    """
    act = request.POST.get("act", "save")
    done, faults = 0, {}
    for row in rows:
        form, duty = row.form, row.duty
        if form is None or f"d{duty.pk}-version" not in request.POST:
            continue
        alone = act.removeprefix("submit-") if act.startswith("submit-") else ""
        hand_in = act.startswith("submit")
        untouched = form.is_untouched() if hand_in else not form.has_changed()
        if (alone and alone != str(duty.pk)) or untouched:
            continue
        try:
            write(request, duty, form, hand_in=hand_in)
        except Refused as error:
            faults[duty.pk] = error.message
            into(form, error)
        else:
            done += 1
    return done, faults


def write(request: WebRequest, duty: ReportingDuty, form: AnswerForm, *, hand_in: bool) -> Report:
    """Save one row, or hand it in. Raises Refused; what cannot be read is a refusal too."""
    expected = seen_in(request.POST, duty)
    if not form.is_valid():
        raise unreadable(form)
    do = reports.file if hand_in else reports.save
    return do(
        duty_id=duty.pk,
        answer=form.answer(),
        by=request.user,
        expected=expected,
        at=request.now,
    )


def unreadable(form: AnswerForm) -> Refused:
    """Return the refusal of a form whose fields cannot be read; the form keeps its own faults."""
    texts = [str(text) for faults in form.errors.values() for text in faults]
    refused = Refused(" ".join(texts), code="row-unreadable")
    refused.fields = {name: list(faults) for name, faults in form.errors.items()}
    refused.status = 422
    return refused


def into(form: AnswerForm, error: Refused) -> None:
    if error.code == "row-unreadable" or not form.is_bound:
        return
    form.is_valid()
    for name, texts in error.fields.items():
        if name in form.fields:
            form.add_error(name, list(texts))


def _unit(request: WebRequest, seen: QuerySet[ReportingDuty]) -> OrgUnit | None:
    """Return the unit of the address, else the one that this person reports for; None: none."""
    if ref := request.GET.get("unit"):
        owing = seen.filter(unit__ref=ref).values("unit")
        return get_object_or_404(OrgUnit.objects.filter(pk__in=owing).with_names(), ref=ref)
    own = own_side(request.user, at=request.now)
    mine = seen.filter(own.on("unit")).order_by("unit__ref").values("unit")
    return OrgUnit.objects.filter(pk__in=mine).with_names().order_by("ref").first()


def _period(request: WebRequest, owed: QuerySet[ReportingDuty]) -> str:
    """Return the code of the period of the address, else of the newest that has opened."""
    if code := request.GET.get("period"):
        if not owed.filter(period__code=code).exists():
            raise Http404
        return code
    today = clock.local_date(request.now)
    named = owed.select_related("period")
    opened = named.filter(opens_on__lte=today).order_by("-due_on", "-period__code")
    found = opened.first() or named.order_by("due_on", "period__code").first()
    if found is None:
        raise Http404
    return found.period.code


def _units(seen: QuerySet[ReportingDuty]) -> QuerySet[OrgUnit]:
    owing = seen.values("unit")
    return OrgUnit.objects.filter(pk__in=owing).with_names().order_by("ref")[:300]


def _periods(request: WebRequest, owed: QuerySet[ReportingDuty]) -> QuerySet[Period]:
    opened = owed.filter(opens_on__lte=clock.local_date(request.now)).values("period")
    return Period.objects.filter(pk__in=opened).order_by("-starts_on")
