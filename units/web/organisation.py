"""Units on pages: the list, one unit with who heads it, and what an administrator changes."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from units import clock
from units.actions import appointments, organisation
from units.enums import Role
from units.errors import Refused
from units.http import etags
from units.http.requests import WebRequest
from units.models import Appointment, OrgEdge, OrgUnit, Oversight, Position
from units.permissions import holders_at, is_administrator, may_administer, roles_of
from units.querysets.organisation import in_force
from units.web.forms import (
    AppointForm,
    EndForm,
    OfficeForm,
    OversightForm,
    SuperiorForm,
    UnitForm,
)


def faults_into(form: Form, error: Refused | ValidationError) -> None:
    """Put what an action refuses at the fields it speaks of, so that the form comes back filled."""
    if isinstance(error, ValidationError):
        for name, texts in error.message_dict.items():
            form.add_error(name if name in form.fields else None, texts)
        return
    for name, faults in error.fields.items():
        if name in form.fields:
            form.add_error(name, list(faults))
    form.add_error(None, error.message)


def page(
    request: WebRequest, form: Form, title: str, button: str, *, back: str, **more: Any
) -> HttpResponse:
    """Show one form on a page of its own; 422 when it comes back."""
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "title": title, "button": button, "back": back, **more}
    return render(request, "units/form.html", context, status=status)


def unit_or_404(request: WebRequest, ref: str) -> OrgUnit:
    """Return the unit if this person may see it."""
    seen = OrgUnit.objects.within_reach_of(request.user, at=request.now).with_names()
    return get_object_or_404(seen, ref=ref)


def own_unit(request: WebRequest, ref: str) -> OrgUnit:
    """Return the unit if this person administers it; 404 for everybody else."""
    unit = unit_or_404(request, ref)
    if not may_administer(request.user, unit, at=request.now):
        raise Http404
    return unit


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the units in reach with who heads them today; search by name or code, as of a day."""
    today = clock.local_date(request.now)
    day = parse_date(request.GET.get("on", "")) or today
    text = request.GET.get("q", "").strip()
    seen = OrgUnit.objects.within_reach_of(request.user, at=request.now).in_force(day)
    if text:
        seen = OrgUnit.objects.filter(pk__in=seen.called(text, on=day).values("pk"))
    units = list(seen.with_names().order_by("ref")[:500])
    heads = Position.objects.heads().in_force(day).filter(unit__in=units).order_by("tree", "pk")
    heads = list(heads)
    held = holders_at([head.pk for head in heads], at=request.now)
    by_unit: dict[int, list[dict[str, Any]]] = {}
    for head in heads:
        by_unit.setdefault(head.unit_id, []).append({"office": head, "holder": held.get(head.pk)})
    rows = [{"unit": unit, "heads": by_unit.get(unit.pk, [])} for unit in units]
    context = {
        "rows": rows,
        "query": text,
        "on": day,
        "administers": may_administer(request.user, None, at=request.now),
    }
    return render(request, "units/list.html", context)


@login_required
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show a unit: who heads it today, who did, its offices, its place."""
    unit = unit_or_404(request, ref)
    day = clock.local_date(request.now)
    offices = list(unit.positions.order_by("-is_head", "rank", "pk"))
    held = holders_at([office.pk for office in offices], at=request.now)
    terms = (
        Appointment.objects.filter(position__in=offices)
        .select_related("person", "position")
        .order_by("position_id", "-valid_from")
    )
    edges = OrgEdge.objects.filter(in_force(day))
    context = {
        "unit": unit,
        "offices": [{"office": office, "holder": held.get(office.pk)} for office in offices],
        "terms": terms,
        "superiors": edges.filter(child=unit)
        .select_related("parent")
        .prefetch_related("parent__versions"),
        "below": edges.filter(parent=unit)
        .select_related("child")
        .prefetch_related("child__versions")
        .order_by("child__ref"),
        "versions": unit.versions.order_by("-valid_from"),
        "watchers": Oversight.objects.in_force(day)
        .filter(unit=unit)
        .select_related("position__unit"),
        "administers": may_administer(request.user, unit, at=request.now),
        "steers": bool(
            roles_of(request.user, at=request.now) & {Role.SUPERVISOR, Role.PLANNER, Role.ASSIGNER}
        ),
        "today": day,
    }
    return render(request, "units/detail.html", context)


def _all_units(request: WebRequest) -> Any:
    return (
        OrgUnit.objects.within_reach_of(request.user, at=request.now)
        .in_force(clock.local_date(request.now))
        .with_names()
        .order_by("ref")
    )


@login_required
def create(request: WebRequest) -> HttpResponse:
    """Found a unit."""
    if not is_administrator(request.user, at=request.now):
        raise Http404
    form = UnitForm(request.POST or None, units=_all_units(request))
    if request.method == "POST" and form.is_valid():
        try:
            unit = organisation.create_unit(by=request.user, at=request.now, **form.arguments())
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            messages.success(request, _("%(unit)s is entered.") % {"unit": unit.name})
            return redirect("units:detail", ref=unit.ref)
    return page(request, form, _("New unit"), _("Enter the unit"), back="/units/")


@login_required
def superior(request: WebRequest, ref: str) -> HttpResponse:
    """Put a unit under a superior in one line."""
    unit = own_unit(request, ref)
    form = SuperiorForm(request.POST or None, units=_all_units(request).exclude(pk=unit.pk))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            organisation.put_under(
                unit_id=unit.pk,
                parent_id=data["parent"].pk if data["parent"] else None,
                tree=data["tree"],
                from_on=data["from_on"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("units:detail", ref=ref)
    return page(
        request,
        form,
        _("Superior of %(unit)s") % {"unit": unit.name},
        _("Save"),
        back=f"/units/{ref}/",
        version=unit.etag_version,
    )


@login_required
def office(request: WebRequest, ref: str) -> HttpResponse:
    """Make an office of a unit."""
    unit = own_unit(request, ref)
    form = OfficeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organisation.create_position(
                unit_id=unit.pk, by=request.user, at=request.now, **form.arguments()
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
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
        try:
            appointments.appoint(
                position_id=position.pk, by=request.user, at=request.now, **form.arguments()
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("units:detail", ref=position.unit.ref)
    title = _("Appoint to %(office)s") % {"office": position.title}
    return page(request, form, title, _("Appoint"), back=f"/units/{position.unit.ref}/")


@login_required
def end(request: WebRequest, ref: str) -> HttpResponse:
    """End an appointment on a day."""
    row = get_object_or_404(Appointment.objects.select_related("position__unit", "person"), ref=ref)
    own_unit(request, row.position.unit.ref)
    form = EndForm(request.POST or None, initial={"last_on": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        try:
            appointments.end_appointment(
                appointment_id=row.pk,
                end_on=form.cleaned_data["last_on"] + timedelta(days=1),
                by=request.user,
                at=request.now,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
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
        try:
            appointments.add_oversight(
                position_id=data.pop("position").pk,
                unit_id=unit.pk,
                by=request.user,
                at=request.now,
                **data,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("units:detail", ref=ref)
    return page(
        request,
        form,
        _("Who watches %(unit)s") % {"unit": unit.name},
        _("Save"),
        back=f"/units/{ref}/",
    )
