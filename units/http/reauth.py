"""Was the login proved lately? If not, ask again, and keep what was typed until it was."""

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from units import clock


def is_fresh(request: HttpRequest) -> bool:
    """Say whether the last login or reauthentication lies at most REAUTH_MAX_AGE seconds back."""
    records = get_authentication_records(request, request.user)
    last = max((record["at"] for record in records), default=0)
    return clock.real_now().timestamp() - last <= settings.REAUTH_MAX_AGE


def keep_and_ask_again(request: HttpRequest) -> HttpResponse:
    """Keep the posted form with the login and send its person to prove the login again."""
    if request.method == "POST":
        request.session[_key(request)] = request.POST.urlencode()
    return redirect(
        f"{reverse('account_reauthenticate')}?{urlencode({'next': request.get_full_path()})}"
    )


def take_kept(request: HttpRequest) -> QueryDict | None:
    """Return, once, the form that was kept for this address; None: there is none."""
    kept = request.session.pop(_key(request), None)
    return QueryDict(kept) if kept else None


def _key(request: HttpRequest) -> str:
    return f"kept:{request.path}"
