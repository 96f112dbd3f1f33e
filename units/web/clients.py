"""Machine clients on pages: which programs read and write by REST, and with which tokens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from units import clock
from units.actions import clients
from units.enums import Role, Scope
from units.http import reauth
from units.http.doors import administrators_only
from units.http.requests import WebRequest
from units.models import ApiClient, OrgUnit
from units.querysets.organisation import Reach, reach_of
from units.web import refusals
from units.web.lists import page_of
from units.web.organisation import page

SHOWN = "token-shown-once"
USUAL_DAYS = 90


class ClientForm(forms.Form):
    """A program, who answers for it, and what it may do where."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy(
            "What people call the program, such as “Provincial data warehouse”."
        ),
    )
    ref = forms.SlugField(
        label=gettext_lazy("Permanent reference"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits and hyphens. It stands in the register."),
    )
    owner = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=gettext_lazy("Unit that answers for it"),
        empty_label="–",
        help_text=gettext_lazy("The program sees at most what this unit sees, and ends with it."),
    )
    within = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label=gettext_lazy("Only within this unit and what stands under it"),
        required=False,
        empty_label=gettext_lazy("all that its unit sees"),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "As little as it needs. No program signs, returns, refuses, countersigns or verifies."
        ),
    )

    def __init__(self, data: Any = None, *, units: Any) -> None:
        super().__init__(data)
        for name in ("owner", "within"):
            self.fields[name].queryset = units


class TokenForm(forms.Form):
    """How long a token is good."""

    days = forms.IntegerField(
        label=gettext_lazy("Good for how many days"),
        min_value=1,
        max_value=clients.LONGEST.days,
        initial=USUAL_DAYS,
    )


def _administered(request: WebRequest) -> Reach:
    return reach_of(request.user, at=request.now, roles=[Role.ADMINISTRATOR])


def _client_or_404(request: WebRequest, ref: str) -> ApiClient:
    """Return the client if this person administers the unit that answers for it."""
    rows = ApiClient.objects.filter(_administered(request).on("owner_unit"))
    named = rows.select_related("owner_unit", "unit_scope").prefetch_related(
        "owner_unit__versions", "unit_scope__versions"
    )
    return get_object_or_404(named, ref=ref)


@administrators_only
def index(request: WebRequest) -> HttpResponse:
    """List the programs of the units that the reader administers."""
    good = Q(tokens__revoked_at=None, tokens__expires_at__gt=clock.real_now())
    found = (
        ApiClient.objects.filter(_administered(request).on("owner_unit"))
        .select_related("owner_unit")
        .prefetch_related("owner_unit__versions", "tokens")
        .annotate(good=Count("tokens", filter=good))
    )
    rows, more = page_of(found, request, by="name")
    for row in rows:
        used = [token.last_used_at for token in row.tokens.all() if token.last_used_at]
        row.last_used_at = max(used, default=None)
    return render(request, "units/clients/list.html", {"rows": rows, "more": more})


@administrators_only
def create(request: WebRequest) -> HttpResponse:
    """Make a program known; it has no token yet."""
    units = OrgUnit.objects.filter(_administered(request).on("pk")).with_names()
    kept = reauth.take_kept(request) if request.method == "GET" else None
    form = ClientForm(request.POST or kept or None, units=units)
    if request.method == "POST" and form.is_valid():
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        data = dict(form.cleaned_data)
        owner = data.pop("owner")
        within = data.pop("within") or owner
        with refusals.shown_in(form):
            client = clients.create_client(
                owner_unit_id=owner.pk,
                unit_scope_id=within.pk,
                by=request.user,
                at=request.now,
                **data,
            )
            messages.success(request, _("Made. It can do nothing until it has a token."))
            return redirect("units:client", ref=client.ref)
    return page(request, form, _("New program"), _("Make it known"), back="/clients/")


@administrators_only
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one program with its tokens; on POST, make a token, whose text is shown once."""
    client = _client_or_404(request, ref)
    kept = reauth.take_kept(request) if request.method == "GET" else None
    form = TokenForm(request.POST or kept or None)
    if request.method == "POST" and form.is_valid():
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        with refusals.shown_in(form):
            issued = clients.issue_token(
                client_id=client.pk,
                lasts=timedelta(days=form.cleaned_data["days"]),
                by=request.user,
                at=request.now,
                real_at=clock.real_now(),
            )
            request.session[SHOWN] = [ref, issued.text]
            return redirect("units:client", ref=ref)
    shown = request.session.get(SHOWN)
    text = ""
    if shown and shown[0] == ref and request.method == "GET":
        text = shown[1]
        del request.session[SHOWN]
    labels = dict(Scope.choices)
    context = {
        "client": client,
        "scopes": [(scope, labels.get(scope, scope)) for scope in client.scopes],
        "tokens": client.tokens.order_by("-created_at", "-pk"),
        "token": text,
        "form": form,
        "real_now": clock.real_now(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "units/clients/detail.html", context, status=status)


@administrators_only
@require_POST
def revoke(request: WebRequest, ref: str, token: int) -> HttpResponse:
    """Make a token useless from now on."""
    client = _client_or_404(request, ref)
    row = get_object_or_404(client.tokens, pk=token)
    clients.revoke_token(token_id=row.pk, by=request.user, at=request.now, real_at=clock.real_now())
    messages.success(request, _("Revoked. Whoever still sends it gets 401."))
    return redirect("units:client", ref=ref)


@administrators_only
@require_POST
def disable(request: WebRequest, ref: str) -> HttpResponse:
    """Close a program with all its tokens, for good."""
    client = _client_or_404(request, ref)
    clients.disable_client(
        client_id=client.pk, by=request.user, at=request.now, real_at=clock.real_now()
    )
    messages.success(request, _("Closed. None of its tokens opens anything any more."))
    return redirect("units:client", ref=ref)
