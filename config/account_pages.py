"""The page of one's own account, and the switch of the language."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from config.accounts import remember_language
from units.actions import accounts


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Gather what a person can set: second factors, language, password, devices."""
    by_type: dict = {}
    for row in Authenticator.objects.filter(user_id=request.user.pk).order_by("pk"):
        if row.type == Authenticator.Type.WEBAUTHN:
            by_type.setdefault(row.type, []).append(row.wrap())
        else:
            by_type[row.type] = row.wrap()
    sessions = UserSession.objects.purge_and_list(request.user)
    context = {
        "authenticators": by_type,
        "is_mfa_enabled": bool(by_type),
        "sessions": sorted(sessions, key=lambda session: session.created_at, reverse=True),
    }
    return render(request, "your_account.html", context)


@login_required
@require_GET
def first_factor(request: HttpRequest) -> HttpResponse:
    """Ask whoever has just come in for the first time to add a second factor, and say why."""
    if not getattr(request.user, "must_enrol_factor", False):
        return redirect("/")
    context = {"authenticators": {}, "is_mfa_enabled": False}
    return render(request, "first_factor.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of this browser, and of the account when somebody is logged in."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(b"language: write 'vi' or 'en'.", content_type="text/plain")
    if request.user.is_authenticated:
        accounts.choose_language(by=request.user, language=chosen)
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = redirect(wanted if safe else "/")
    remember_language(response, chosen)
    return response
