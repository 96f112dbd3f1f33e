"""Offices on pages: made and ended, filled and left, and which of them watch a unit."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from units import clock
from units.actions import appointments, organisation
from units.http.requests import WebRequest
from units.models import Appointment, Oversight, Position
from units.web import refusals
from units.web.forms import AppointForm, EndForm, OfficeForm, OversightForm
from units.web.organisation import own_unit, page


@login_required
def create(request: WebRequest, ref: str) -> HttpResponse:
    """Make an office of a unit."""
    unit = own_unit(request, ref)
    form = OfficeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            organisation.create_position(
                unit_id=unit.pk, by=request.user, at=request.now, **form.arguments()
            )
            return redirect("units:detail", ref=ref)
    return page(
        request,
        form,
        _("New office of %(unit)s") % {"unit": unit.name},
        _("Make the office"),
        back=f"/units/{ref}/",
    )


def _office_or_404(request: WebRequest, ref: str) -> Position:
    position = get_object_or_404(Position.objects.select_related("unit"), ref=ref)
    own_unit(request, position.unit.ref)
    return position


@login_required
def appoint(request: WebRequest, ref: str) -> HttpResponse:
    """Put somebody in an office."""
    position = _office_or_404(request, ref)
    form = AppointForm(request.POST or None, initial={"valid_from": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            appointments.appoint(
                position_id=position.pk, by=request.user, at=request.now, **form.arguments()
            )
            return redirect("units:detail", ref=position.unit.ref)
    title = _("Appoint to %(office)s") % {"office": position.title}
    return page(request, form, title, _("Appoint"), back=f"/units/{position.unit.ref}/")


@login_required
def leave(request: WebRequest, ref: str) -> HttpResponse:
    """End an appointment on a day."""
    row = get_object_or_404(Appointment.objects.select_related("position__unit", "person"), ref=ref)
    own_unit(request, row.position.unit.ref)
    form = EndForm(request.POST or None, initial={"last_on": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            appointments.end_appointment(
                appointment_id=row.pk,
                end_on=form.first_day_without(),
                by=request.user,
                at=request.now,
            )
            return redirect("units:detail", ref=row.position.unit.ref)
    title = _("End the appointment of %(person)s") % {"person": row.person.full_name}
    return page(request, form, title, _("End it"), back=f"/units/{row.position.unit.ref}/")


@login_required
def oversee(request: WebRequest, ref: str) -> HttpResponse:
    """Let an office watch this unit."""
    unit = own_unit(request, ref)
    form = OversightForm(
        request.POST or None, initial={"valid_from": clock.local_date(request.now)}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals.shown_in(form):
            appointments.add_oversight(
                position_id=data.pop("position").pk,
                unit_id=unit.pk,
                by=request.user,
                at=request.now,
                **data,
            )
            return redirect("units:detail", ref=ref)
    return page(
        request,
        form,
        _("Who watches %(unit)s") % {"unit": unit.name},
        _("Save"),
        back=f"/units/{ref}/",
    )


@login_required
def end(request: WebRequest, ref: str) -> HttpResponse:
    """End an office, with who holds it."""
    position = _office_or_404(request, ref)
    form = EndForm(request.POST or None, initial={"last_on": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            organisation.end_position(
                position_id=position.pk,
                end_on=form.first_day_without(),
                by=request.user,
                at=request.now,
            )
            return redirect("units:detail", ref=position.unit.ref)
    title = _("End the office %(office)s and who holds it") % {"office": position.title}
    return page(request, form, title, _("End it"), back=f"/units/{position.unit.ref}/")


@login_required
def unwatch(request: WebRequest, watcher: int) -> HttpResponse:
    """End that an office watches a unit."""
    row = get_object_or_404(Oversight.objects.select_related("position", "unit"), pk=watcher)
    own_unit(request, row.unit.ref)
    form = EndForm(request.POST or None, initial={"last_on": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            appointments.end_oversight(
                oversight_id=row.pk,
                end_on=form.first_day_without(),
                by=request.user,
                at=request.now,
            )
            return redirect("units:detail", ref=row.unit.ref)
    names = {"office": row.position.title, "unit": row.unit.name}
    title = _("%(office)s watches %(unit)s no longer") % names
    return page(request, form, title, _("End it"), back=f"/units/{row.unit.ref}/")
