"""Units on pages: the list, one unit with who heads it, and what an administrator changes."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from units import clock
from units.actions import organisation
from units.enums import Role
from units.http import etags
from units.http.requests import WebRequest
from units.models import Appointment, OrgEdge, OrgUnit, Oversight, Position
from units.permissions import (
    holders_at,
    holders_on,
    is_administrator,
    may_administer,
    roles_of,
)
from units.querysets.organisation import in_force
from units.web import refusals
from units.web.forms import EndForm, NameForm, SuperiorForm, UnitForm
from units.web.lists import page_of


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


def seen_or(request: WebRequest, unit: OrgUnit) -> str | int:
    """Return the version for the form: the one that was read, also when it is stale by now."""
    return request.POST.get(etags.FIELD) or unit.etag_version


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the units in reach as of a day: their names then, and who headed them; search in them."""
    day = _day_asked(request) or clock.local_date(request.now)
    text = request.GET.get("q", "").strip()
    seen = OrgUnit.objects.within_reach_of(request.user, at=request.now).in_force(day)
    if text:
        seen = OrgUnit.objects.filter(pk__in=seen.called(text, on=day).values("pk"))
    units, more = page_of(seen.with_names(), request, by="ref")
    heads = Position.objects.heads().in_force(day).filter(unit__in=units).order_by("tree", "pk")
    heads = list(heads)
    held = holders_on([head.pk for head in heads], day=day)
    by_unit: dict[int, list[dict[str, Any]]] = {}
    for head in heads:
        by_unit.setdefault(head.unit_id, []).append({"office": head, "holder": held.get(head.pk)})
    rows = [
        {"unit": unit, "name": unit.name_on(day), "heads": by_unit.get(unit.pk, [])}
        for unit in units
    ]
    context = {
        "rows": rows,
        "query": text,
        "more": more,
        "on": day,
        "administers": is_administrator(request.user, at=request.now),
    }
    return render(request, "units/list.html", context)


def _day_asked(request: WebRequest) -> date | None:
    try:
        return parse_date(request.GET.get("on", ""))
    except ValueError:  # the form of a day, but none that there is: 30 February
        return None


@login_required
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show a unit: who heads it today, who did, its offices, its place."""
    unit = unit_or_404(request, ref)
    day = clock.local_date(request.now)
    lasting = Q(valid_to=None) | Q(valid_to__gt=day)
    offices = list(unit.positions.filter(lasting).order_by("-is_head", "rank", "pk"))
    held = holders_at([office.pk for office in offices], at=request.now)
    terms = (
        Appointment.objects.filter(position__unit=unit)
        .select_related("person", "position")
        .order_by("position_id", "-valid_from")
    )
    edges = OrgEdge.objects.filter(in_force(day))
    seen = OrgUnit.objects.within_reach_of(request.user, at=request.now)
    context = {
        "unit": unit,
        "offices": [{"office": office, "holder": held.get(office.pk)} for office in offices],
        "terms": terms,
        "superiors": edges.filter(child=unit)
        .annotate(seen=Exists(seen.filter(pk=OuterRef("parent"))))
        .select_related("parent")
        .prefetch_related("parent__versions"),
        "below": edges.filter(parent=unit)
        .annotate(seen=Exists(seen.filter(pk=OuterRef("child"))))
        .select_related("child")
        .prefetch_related("child__versions")
        .order_by("child__ref"),
        "versions": unit.versions.order_by("-valid_from"),
        "watchers": Oversight.objects.in_force(day)
        .filter(unit=unit)
        .select_related("position__unit")
        .prefetch_related("position__unit__versions")
        .order_by("position__rank", "pk"),
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
        with refusals.shown_in(form):
            unit = organisation.create_unit(by=request.user, at=request.now, **form.arguments())
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
        with refusals.shown_in(form):
            organisation.put_under(
                unit_id=unit.pk,
                parent_id=data["parent"].pk if data["parent"] else None,
                tree=data["tree"],
                from_on=data["from_on"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
            return redirect("units:detail", ref=ref)
    return page(
        request,
        form,
        _("Superior of %(unit)s") % {"unit": unit.name},
        _("Save"),
        back=f"/units/{ref}/",
        version=seen_or(request, unit),
    )


@login_required
def rename(request: WebRequest, ref: str) -> HttpResponse:
    """Give a unit another name or code from a day on."""
    unit = own_unit(request, ref)
    now = unit.version_on(clock.local_date(request.now))
    known = {} if now is None else {name: getattr(now, name) for name in NameForm.KEPT}
    form = NameForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            organisation.rename_unit(
                unit_id=unit.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.arguments(code_system=now.code_system if now else ""),
            )
            return redirect("units:detail", ref=ref)
    title = _("New name or code of %(unit)s") % {"unit": unit.name}
    return page(
        request, form, title, _("Save"), back=f"/units/{ref}/", version=seen_or(request, unit)
    )


@login_required
def end(request: WebRequest, ref: str) -> HttpResponse:
    """End a unit, with its offices and who holds them."""
    unit = own_unit(request, ref)
    form = EndForm(request.POST or None, initial={"last_on": clock.local_date(request.now)})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            organisation.end_unit(
                unit_id=unit.pk,
                end_on=form.first_day_without(),
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
            return redirect("units:detail", ref=ref)
    title = _("End %(unit)s with its offices and who holds them") % {"unit": unit.name}
    return page(
        request, form, title, _("End it"), back=f"/units/{ref}/", version=seen_or(request, unit)
    )
