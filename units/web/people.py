"""People on pages: accounts, roles, temporary passwords. For administrators."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from units import clock
from units.actions import people
from units.errors import Refused
from units.http.requests import WebRequest
from units.models import OrgUnit, RoleGrant, User
from units.permissions import may_administer
from units.web.forms import PersonForm, RoleForm
from units.web.organisation import faults_into, page

SHOWN = "password-shown-once"


def _require(request: WebRequest) -> None:
    if not may_administer(request.user, None, at=request.now):
        raise Http404


def _person(request: WebRequest, username: str) -> User:
    _require(request)
    return get_object_or_404(User.objects.people(), username=username)


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the accounts with their offices and roles."""
    _require(request)
    day = clock.local_date(request.now)
    found = User.objects.people().order_by("full_name", "pk")
    if text := request.GET.get("q", "").strip():
        found = found.filter(full_name__icontains=text) | found.filter(username__icontains=text)
    rows = list(
        found.prefetch_related("role_grants__unit__versions", "appointments__position")[:500]
    )
    context = {
        "rows": [
            {
                "person": person,
                "roles": [
                    grant
                    for grant in person.role_grants.all()
                    if grant.valid_to is None or grant.valid_to > day
                ],
                "offices": [
                    row.position
                    for row in person.appointments.all()
                    if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
                ],
            }
            for person in rows
        ],
        "query": text,
    }
    return render(request, "units/people.html", context)


@login_required
def create(request: WebRequest) -> HttpResponse:
    """Open an account; its temporary password is shown once."""
    _require(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            opened = people.create_person(by=request.user, at=request.now, **form.cleaned_data)
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            request.session[SHOWN] = [opened.person.username, opened.password]
            return redirect("units:person", username=opened.person.username)
    return page(request, form, _("New person"), _("Open the account"), back="/people/")


@login_required
def detail(request: WebRequest, username: str) -> HttpResponse:
    """Show one person: offices, roles, and the temporary password right after it was made."""
    person = _person(request, username)
    shown = request.session.get(SHOWN)
    password = ""
    if shown and shown[0] == username:
        password = shown[1]
        del request.session[SHOWN]
    day = clock.local_date(request.now)
    context = {
        "person": person,
        "password": password,
        "grants": person.role_grants.in_force(day)
        .select_related("unit")
        .prefetch_related("unit__versions"),
        "terms": person.appointments.select_related("position__unit")
        .prefetch_related("position__unit__versions")
        .order_by("-valid_from"),
        "oneself": person.pk == request.user.pk,
    }
    return render(request, "units/person.html", context)


@login_required
@require_POST
def reset(request: WebRequest, username: str) -> HttpResponse:
    """Give a new temporary password."""
    opened = people.reset_password(
        person_id=_person(request, username).pk, by=request.user, at=request.now
    )
    request.session[SHOWN] = [username, opened.password]
    return redirect("units:person", username=username)


@login_required
@require_POST
def close(request: WebRequest, username: str) -> HttpResponse:
    """Close an account, or open it again."""
    person = _person(request, username)
    act = people.close_account if person.is_active else people.reopen_account
    act(person_id=person.pk, by=request.user, at=request.now)
    messages.success(request, _("Done."))
    return redirect("units:person", username=username)


@login_required
def grant(request: WebRequest, username: str) -> HttpResponse:
    """Grant a role over a unit, or over the whole body."""
    person = _person(request, username)
    units = OrgUnit.objects.in_force(clock.local_date(request.now)).with_names().order_by("ref")
    form = RoleForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        unit = form.cleaned_data["unit"]
        try:
            people.grant_role(
                person_id=person.pk,
                role=form.cleaned_data["role"],
                unit_id=unit.pk if unit else None,
                by=request.user,
                at=request.now,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("units:person", username=username)
    title = _("Grant a role to %(person)s") % {"person": person.full_name}
    return page(request, form, title, _("Grant the role"), back=f"/people/{username}/")


@login_required
@require_POST
def end_role(request: WebRequest, grant: int) -> HttpResponse:
    """End a role from tomorrow on."""
    _require(request)
    row = get_object_or_404(RoleGrant.objects.select_related("person"), pk=grant)
    tomorrow = clock.local_date(request.now) + timedelta(days=1)
    people.end_role(grant_id=row.pk, end_on=tomorrow, by=request.user, at=request.now)
    return redirect("units:person", username=row.person.username)
