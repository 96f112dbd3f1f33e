"""People on pages: accounts, roles, temporary passwords. For administrators."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from units import clock
from units.actions import accounts, people
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit, RoleGrant, User
from units.permissions import may_administer
from units.web import refusals
from units.web.forms import PersonChangeForm, PersonForm, RoleForm
from units.web.lists import page_of
from units.web.organisation import page

SHOWN = "password-shown-once"


def require_administrator(request: WebRequest) -> None:
    """Raise Http404 unless the reader administers the whole body."""
    if not may_administer(request.user, None, at=request.now):
        raise Http404


def person_or_404(request: WebRequest, username: str) -> User:
    """Return the person for an administrator; 404 for everybody else."""
    require_administrator(request)
    return get_object_or_404(User.objects.people(), username=username)


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the accounts with their offices and roles."""
    require_administrator(request)
    day = clock.local_date(request.now)
    found = User.objects.people()
    if text := request.GET.get("q", "").strip():
        named = Q(full_name__icontains=text) | Q(username__icontains=text)
        found = found.filter(named | Q(email__icontains=text) | Q(personnel_no=text))
    rows, more = page_of(
        found.prefetch_related("role_grants__unit__versions", "appointments__position"),
        request,
        by="full_name",
    )
    context = {
        "to_invite": User.objects.to_invite(real_at=clock.real_now()).count(),
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
        "more": more,
    }
    return render(request, "units/people.html", context)


@login_required
def create(request: WebRequest) -> HttpResponse:
    """Open an account; its temporary password is shown once."""
    require_administrator(request)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            opened = _open(request, form)
            return redirect("units:person", username=opened.person.username)
    return page(request, form, _("New person"), _("Open the account"), back="/people/")


@transaction.atomic
def _open(request: WebRequest, form: PersonForm) -> people.Opened:
    """Open the account and send the invitation, or keep the temporary password to be shown once."""
    data = dict(form.cleaned_data)
    invited = data.pop("invite") and bool(data["email"])
    opened = people.create_person(by=request.user, at=request.now, invited=invited, **data)
    if invited:
        invitation = accounts.invite(
            person_id=opened.person.pk,
            by=request.user,
            at=request.now,
            real_at=clock.real_now(),
        )
        text = _("An invitation is on its way to %(address)s.")
        messages.success(request, text % {"address": invitation.sent_to})
    else:
        request.session[SHOWN] = [opened.person.username, opened.password]
    return opened


@login_required
def detail(request: WebRequest, username: str) -> HttpResponse:
    """Show one person: offices, roles, and the temporary password right after it was made."""
    person = person_or_404(request, username)
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
        "invitation": person.invitations.unspent().select_related("invited_by").first(),
        "reset_asked": person.factor_resets.open(real_at=clock.real_now())
        .select_related("asked_by")
        .first(),
        "has_factor": accounts.has_factor(person),
        "real_now": clock.real_now(),
        "rests": person.may_sign_from is not None and request.now < person.may_sign_from,
    }
    return render(request, "units/person.html", context)


@login_required
def change(request: WebRequest, username: str) -> HttpResponse:
    """Correct the name, address, telephone or number of a person."""
    person = person_or_404(request, username)
    initial = {
        name: getattr(person, name) for name in ("full_name", "email", "phone", "personnel_no")
    }
    form = PersonChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            people.change_person(
                person_id=person.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                real_at=clock.real_now(),
                **form.cleaned_data,
            )
            messages.success(request, _("Done."))
            return redirect("units:person", username=username)
    title = _("Change %(person)s") % {"person": person.full_name}
    seen = request.POST.get("version") or person.etag_version
    return page(request, form, title, _("Save"), back=f"/people/{username}/", version=seen)


@login_required
@require_POST
def reset(request: WebRequest, username: str) -> HttpResponse:
    """Give a new temporary password."""
    opened = people.reset_password(
        person_id=person_or_404(request, username).pk, by=request.user, at=request.now
    )
    request.session[SHOWN] = [username, opened.password]
    return redirect("units:person", username=username)


@login_required
@require_POST
def close(request: WebRequest, username: str) -> HttpResponse:
    """Close an account, or open it again: what the page that was read offered."""
    person = person_or_404(request, username)
    act = people.reopen_account if "reopen" in request.POST else people.close_account
    act(
        person_id=person.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("Done."))
    return redirect("units:person", username=username)


@login_required
def grant(request: WebRequest, username: str) -> HttpResponse:
    """Grant a role over a unit, or over the whole body."""
    person = person_or_404(request, username)
    units = OrgUnit.objects.in_force(clock.local_date(request.now)).with_names().order_by("ref")
    form = RoleForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        unit = form.cleaned_data["unit"]
        with refusals.shown_in(form):
            people.grant_role(
                person_id=person.pk,
                role=form.cleaned_data["role"],
                unit_id=unit.pk if unit else None,
                by=request.user,
                at=request.now,
            )
            return redirect("units:person", username=username)
    title = _("Grant a role to %(person)s") % {"person": person.full_name}
    return page(request, form, title, _("Grant the role"), back=f"/people/{username}/")


@login_required
@require_POST
def end_role(request: WebRequest, grant: int) -> HttpResponse:
    """End a role from tomorrow on."""
    require_administrator(request)
    row = get_object_or_404(RoleGrant.objects.select_related("person"), pk=grant)
    tomorrow = clock.local_date(request.now) + timedelta(days=1)
    people.end_role(grant_id=row.pk, end_on=tomorrow, by=request.user, at=request.now)
    return redirect("units:person", username=row.person.username)
