"""For administrators: whom to trust for signatures made outside, and whose certificate is whose."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from commitments.actions import trust
from commitments.models import SignerCertificate, TrustSet
from units.enums import UserKind
from units.errors import NotAllowed, Refused
from units.http.requests import WebRequest
from units.models import User
from units.permissions import may_administer
from units.web import refusals

SHOWN = 200


class TrustForm(forms.Form):
    """Whom to trust from now on, as a whole."""

    roots = forms.CharField(
        label=gettext_lazy("Certificates of the authorities at the top (PEM)"),
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    intermediates = forms.CharField(
        label=gettext_lazy("Certificates of authorities below them (PEM)"),
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        required=False,
    )
    hosts = forms.CharField(
        label=gettext_lazy("Hosts that may be asked about revocation"),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        required=False,
        help_text=gettext_lazy("One in a line, such as crl.example.vn. No other host is asked."),
    )


class CertificateForm(forms.Form):
    """Whose certificate it is."""

    person = forms.ModelChoiceField(
        label=gettext_lazy("Person"), queryset=User.objects.none(), to_field_name="username"
    )
    file = forms.FileField(
        label=gettext_lazy("Certificate (.cer, .crt, .pem)"),
        widget=forms.FileInput({"accept": ".cer,.crt,.pem,.der"}),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, kind=UserKind.HUMAN).exclude(pk=by.pk)
        field = self.fields["person"]
        field.queryset = people.order_by("full_name")
        field.label_from_instance = lambda person: f"{person.full_name} ({person.username})"


def _require_administrator(request: WebRequest) -> None:
    if not may_administer(request.user, None, at=request.now):
        raise Http404


@login_required
@require_GET
def index(request: WebRequest) -> HttpResponse:
    """Show whom we trust and whose certificates count, with what waits for a second person."""
    _require_administrator(request)
    sets = TrustSet.objects.select_related("proposed_by", "approval__by").order_by("-pk")
    certificates = SignerCertificate.objects.select_related(
        "person", "registered_by", "confirmation__by", "end__by"
    )
    context = {
        "in_force": trust.in_force(),
        "sets": [_with(row, "approval") for row in sets[:SHOWN]],
        "certificates": [
            _with(row, "confirmation", "end") for row in certificates.order_by("-pk")[:SHOWN]
        ],
    }
    return render(request, "commitments/trust/index.html", context)


def _with(row: Any, *names: str) -> dict[str, Any]:
    """Return a row with what a second person added to it later; None where nobody has."""
    return {"row": row} | {name: getattr(row, name, None) for name in names}


@login_required
def propose(request: WebRequest) -> HttpResponse:
    """Propose whom to trust; the form begins with what is in force."""
    _require_administrator(request)
    now = trust.in_force()
    initial = {name: getattr(now, name, "") for name in ("roots", "intermediates", "hosts")}
    form = TrustForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            trust.propose(by=request.user, at=request.now, **form.cleaned_data)
            messages.success(request, _("Proposed. It counts once another administrator approves."))
            return redirect("commitments:trust")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "title": _("Whom to trust"), "button": _("Propose it")}
    return render(request, "commitments/trust/form.html", context, status=status)


@login_required
def register(request: WebRequest) -> HttpResponse:
    """Register a certificate for a person; a second administrator confirms it."""
    _require_administrator(request)
    form = CertificateForm(request.POST or None, request.FILES or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            trust.register_certificate(
                person=form.cleaned_data["person"],
                data=form.cleaned_data["file"].read(trust.MAX_BYTES),
                by=request.user,
                at=request.now,
            )
            messages.success(
                request, _("Registered. It counts once another administrator confirms.")
            )
            return redirect("commitments:trust")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "title": _("Register a certificate"), "button": _("Register it")}
    return render(request, "commitments/trust/form.html", context, status=status)


@login_required
@require_POST
def approve(request: WebRequest, trust_set: int) -> HttpResponse:
    """Let a proposed trust set count."""
    _require_administrator(request)
    return _done(
        request,
        lambda: trust.approve(trust_set_id=trust_set, by=request.user, at=request.now),
        _("Approved. Signatures are judged by it from now on."),
    )


@login_required
@require_POST
def confirm(request: WebRequest, certificate: int) -> HttpResponse:
    """Let a registered certificate count."""
    _require_administrator(request)
    return _done(
        request,
        lambda: trust.confirm_certificate(
            certificate_id=certificate, by=request.user, at=request.now
        ),
        _("Confirmed. The person may sign with it."),
    )


@login_required
@require_POST
def end(request: WebRequest, certificate: int) -> HttpResponse:
    """Let nobody sign with a certificate any more."""
    _require_administrator(request)
    return _done(
        request,
        lambda: trust.end_certificate(
            certificate_id=certificate,
            reason=request.POST.get("reason", ""),
            by=request.user,
            at=request.now,
        ),
        _("Ended. What was signed with it stays."),
    )


def _done(request: WebRequest, act: Any, said: str) -> HttpResponse:
    try:
        act()
    except NotAllowed:
        raise
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("commitments:trust")
