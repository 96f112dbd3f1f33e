"""Where programs are told of changes, on pages: their addresses, and what became of each call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from notifications.actions import hints, webhooks
from notifications.models import WebhookDelivery, WebhookEndpoint
from units import clock
from units.enums import Role, Scope
from units.http import etags, reauth
from units.http.doors import administrators_only
from units.http.requests import WebRequest
from units.models import ApiClient
from units.querysets.organisation import reach_of
from units.web import once, refusals
from units.web.lists import newest_of
from units.web.organisation import page

SHOWN = "webhook-secret-shown-once"
OF_A_PAGE = 50
HOURS = int(webhooks.LIVES_ON.total_seconds() // 3600)
TYPES = {
    "unit": gettext_lazy("Units"),
    "appointment": gettext_lazy("Appointments"),
    "plan": gettext_lazy("Plans"),
    "target": gettext_lazy("Targets"),
    "commitment": gettext_lazy("Commitments"),
    "report": gettext_lazy("Reports"),
    "case": gettext_lazy("Backlog cases"),
}


class AddressForm(forms.Form):
    """Where a program is told, and of what."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=webhooks.LONGEST_URL,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Such as https://warehouse.example.org/hints: https, on port 443, of the open network "
            "unless the installation allows more."
        ),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told of"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Only what the program may read. A hint names an object, never a content."
        ),
    )

    def __init__(self, data: Any = None, *, client: ApiClient) -> None:
        super().__init__(data)
        may = [name for name, row in webhooks.TYPES.items() if row.scope in client.scopes]
        self.fields["types"].choices = [(name, TYPES.get(name, name)) for name in may]
        self.fields["types"].initial = may


class RotateForm(forms.Form):
    """How long the old secret signs beside the new one."""

    old_lives_hours = forms.IntegerField(
        label=gettext_lazy("For how many hours the old secret signs beside the new one"),
        min_value=0,
        max_value=HOURS,
        initial=HOURS,
        help_text=gettext_lazy("0 if somebody else may have learnt it: then it ends at once."),
    )


class ReplayForm(forms.Form):
    """From which place of the register on hints are sent anew."""

    from_seq = forms.IntegerField(
        label=gettext_lazy("From which place of the register on"),
        min_value=1,
        max_value=2**63 - 1,
        help_text=gettext_lazy(
            "The place of the last hint that the program has worked off; it stands in the hint as “seq”."
        ),
    )


def _administered(request: WebRequest, field: str) -> Q:
    return reach_of(request.user, at=request.now, roles=[Role.ADMINISTRATOR]).on(field)


def _client_or_404(request: WebRequest, ref: str) -> ApiClient:
    rows = ApiClient.objects.filter(_administered(request, "owner_unit"))
    return get_object_or_404(rows, ref=ref)


def _endpoint_or_404(request: WebRequest, ref: str) -> WebhookEndpoint:
    seen = WebhookEndpoint.objects.visible_to(request.user, at=request.now)
    return get_object_or_404(seen.select_related("client"), ref=ref)


@administrators_only
def index(request: WebRequest, ref: str) -> HttpResponse:
    """List the addresses of one program: at most webhooks.MOST, so on one page."""
    client = _client_or_404(request, ref)
    context = {
        "client": client,
        "rows": client.webhooks.order_by("pk"),
        "may_have": Scope.WEBHOOKS_MANAGE in client.scopes,
    }
    return render(request, "notifications/webhooks/list.html", context)


@administrators_only
def create(request: WebRequest, ref: str) -> HttpResponse:
    """Enter an address; its secret is shown on the page of the address, this once."""
    client = _client_or_404(request, ref)
    kept = reauth.take_kept(request) if request.method == "GET" else None
    form = AddressForm(request.POST or kept or None, client=client)
    if request.method == "POST" and form.is_valid():
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        with refusals.shown_in(form):
            return once.done(request, lambda: _enter(request, ref, form.cleaned_data))
    back = reverse("notifications:webhooks", args=[ref])
    title, button = _("Where the program is told"), _("Enter the address")
    return page(request, form, title, button, back=back, once=_key_of(request))


def _enter(request: WebRequest, ref: str, typed: dict[str, Any]) -> HttpResponse:
    who: dict[str, Any] = {"by": request.user, "at": request.now, "real_at": clock.real_now()}
    return _show_secret(request, webhooks.create(client_ref=ref, **who, **typed))


def _key_of(request: WebRequest) -> str:
    """Return the key for a form that is shown: the one that it was sent with, as it comes back."""
    return request.POST.get(once.FIELD) or once.key()


def _show_secret(request: WebRequest, made: webhooks.Made) -> HttpResponse:
    request.session[SHOWN] = [made.endpoint.ref, made.secret]
    return redirect("notifications:webhook", ref=made.endpoint.ref)


@administrators_only
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one address: how it fares, its secrets without themselves, and the log of its calls."""
    endpoint = _endpoint_or_404(request, ref)
    shown, secret = request.session.get(SHOWN), ""
    if shown and shown[0] == ref:
        secret = shown[1]
        del request.session[SHOWN]
    log, more = newest_of(
        WebhookDelivery.objects.filter(endpoint=endpoint), request, size=OF_A_PAGE
    )
    context = {
        "endpoint": endpoint,
        "types": [TYPES.get(name, name) for name in endpoint.types],
        "secret": secret,
        "secrets": endpoint.secrets.live(real_at=clock.real_now()),
        "log": log,
        "more": more,
        "once": once.key(),
    }
    return render(request, "notifications/webhooks/detail.html", context)


@administrators_only
def rotate(request: WebRequest, ref: str) -> HttpResponse:
    """Draw a new secret, which is shown once."""
    endpoint = _endpoint_or_404(request, ref)
    kept = reauth.take_kept(request) if request.method == "GET" else None
    form = RotateForm(request.POST or kept or None)
    if request.method == "POST" and form.is_valid():
        if not reauth.is_fresh(request):
            return reauth.keep_and_ask_again(request)
        made = webhooks.rotate(
            ref=ref,
            lives_on=timedelta(hours=form.cleaned_data["old_lives_hours"]),
            by=request.user,
            at=request.now,
            real_at=clock.real_now(),
            expected=etags.seen_version(request.POST),
        )
        return _show_secret(request, made)
    return _form(request, endpoint, form, _("A new secret"), _("Draw a new secret"))


@administrators_only
def replay(request: WebRequest, ref: str) -> HttpResponse:
    """Send anew what was done from a place of the register on."""
    endpoint = _endpoint_or_404(request, ref)
    form = ReplayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            return once.done(request, lambda: _send_anew(request, ref, form.cleaned_data))
    return _form(request, endpoint, form, _("Send hints anew"), _("Send anew"))


def _send_anew(request: WebRequest, ref: str, typed: dict[str, Any]) -> HttpResponse:
    who: dict[str, Any] = {"by": request.user, "at": request.now, "real_at": clock.real_now()}
    count = hints.replay(ref=ref, **who, **typed)
    said = ngettext("%(n)d hint will be sent.", "%(n)d hints will be sent.", count)
    messages.success(request, said % {"n": count})
    return redirect("notifications:webhook", ref=ref)


def _form(
    request: WebRequest, endpoint: WebhookEndpoint, form: forms.Form, title: str, button: str
) -> HttpResponse:
    back = reverse("notifications:webhook", args=[endpoint.ref])
    version = endpoint.etag_version
    if request.method == "POST":
        version = etags.seen_version(request.POST)
    return page(request, form, title, button, back=back, version=version, once=_key_of(request))


@administrators_only
@require_POST
def act(request: WebRequest, ref: str, act: str) -> HttpResponse:
    """Pause an address, let it be told again, try it, or remove it."""
    if act not in ACTS:
        raise Http404
    endpoint = _endpoint_or_404(request, ref)

    def do() -> HttpResponse:
        messages.success(request, ACTS[act](request, ref))
        if act == "remove":
            return redirect("notifications:webhooks", ref=endpoint.client.ref)
        return redirect("notifications:webhook", ref=ref)

    return once.done(request, do)


def _pause(request: WebRequest, ref: str) -> str:
    _turn(request, ref, active=False)
    return _("Paused. Nothing is gathered for it meanwhile.")


def _resume(request: WebRequest, ref: str) -> str:
    _turn(request, ref, active=True)
    return _(
        "It is told again of what is done from now on. “Send hints anew” sends what it has missed."
    )


def _turn(request: WebRequest, ref: str, *, active: bool) -> None:
    webhooks.change(
        ref=ref,
        expected=etags.seen_version(request.POST),
        active=active,
        by=request.user,
        at=request.now,
    )


def _test(request: WebRequest, ref: str) -> str:
    webhooks.test(ref=ref, by=request.user, at=request.now, real_at=clock.real_now())
    return _("It is called within seconds. Load this page again to see what came of it.")


def _remove(request: WebRequest, ref: str) -> str:
    webhooks.remove(
        ref=ref, expected=etags.seen_version(request.POST), by=request.user, at=request.now
    )
    return _("Removed, with its secrets and the log of its calls.")


ACTS: dict[str, Callable[[WebRequest, str], str]] = {
    "pause": _pause,
    "resume": _resume,
    "test": _test,
    "remove": _remove,
}
