"""The body's working calendar: the days of a year, proposed, approved and withdrawn."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from units import clock
from units.actions import calendars
from units.enums import DayKind
from units.http.requests import WebRequest
from units.models import CalendarDay
from units.permissions import may_administer
from units.web import refusals
from units.web.forms import DayInput

FIRST_YEAR, LAST_YEAR = 2000, 2100


class DayForm(forms.Form):
    """One day that differs from the week."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput())
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=DayKind.choices)
    label = forms.CharField(label=gettext_lazy("Occasion"), max_length=120)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The document that orders it, if there is one."),
    )


@login_required
def calendar(request: WebRequest, year: int | None = None) -> HttpResponse:
    """Show the days of a year; on POST, an administrator proposes one more."""
    shown = clock.local_date(request.now).year if year is None else year
    if not FIRST_YEAR <= shown <= LAST_YEAR:
        raise Http404
    administers = may_administer(request.user, None, at=request.now)
    if request.method == "POST" and not administers:
        raise Http404
    form = DayForm(request.POST or None) if administers else None
    if request.method == "POST" and form is not None and form.is_valid():
        with refusals.shown_in(form):
            day = calendars.propose_day(by=request.user, at=request.now, **form.cleaned_data)
            messages.success(request, _("Proposed. It counts once another administrator approves."))
            return redirect("units:calendar", year=day.date.year)
    rows = CalendarDay.objects.filter(date__year=shown, calendar__key=calendars.BODY)
    if not administers:
        rows = rows.exclude(approved_by=None)
    context: dict[str, Any] = {
        "year": shown,
        "earlier": shown - 1 if shown > FIRST_YEAR else None,
        "later": shown + 1 if shown < LAST_YEAR else None,
        "days": rows.select_related("proposed_by", "approved_by").order_by("date"),
        "administers": administers,
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "units/calendar.html", context, status=status)


@login_required
@require_POST
def propose(request: WebRequest, year: int) -> HttpResponse:
    """Propose the public holidays of a year, as a library knows them."""
    _require_administrator(request)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    found = calendars.propose_days(year=year, by=request.user, at=request.now)
    messages.success(request, _("Days proposed: %(count)d.") % {"count": len(found)})
    return redirect("units:calendar", year=year)


@login_required
@require_POST
def approve(request: WebRequest, day: int) -> HttpResponse:
    """Let a proposed day count."""
    _require_administrator(request)
    row = calendars.approve_day(day_id=day, by=request.user, at=request.now)
    messages.success(request, _("Approved. Steps that it moves are computed anew."))
    return redirect("units:calendar", year=row.date.year)


@login_required
@require_POST
def withdraw(request: WebRequest, day: int) -> HttpResponse:
    """Take a day out of the calendar."""
    _require_administrator(request)
    row: date | None = CalendarDay.objects.filter(pk=day).values_list("date", flat=True).first()
    calendars.withdraw_day(day_id=day, by=request.user, at=request.now)
    messages.success(request, _("Withdrawn. Steps that it had moved are computed anew."))
    return redirect("units:calendar", year=row.year if row else clock.local_date(request.now).year)


def _require_administrator(request: WebRequest) -> None:
    if not may_administer(request.user, None, at=request.now):
        raise Http404
