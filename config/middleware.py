"""What is the same for every request: its number, its clock, where it comes from, how its answer is sent."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from config import status
from units import clock
from units.origin import Origin, acting_from

Next = Callable[[HttpRequest], HttpResponseBase]
HEALTH_PATH = "/healthz"
SEEN_EVERY = timedelta(seconds=60)  # a session is written once a minute, not with each request
PLAIN_NUMBER = re.compile(r"[0-9A-Za-z._-]{8,64}")

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class HealthFirst:
    """Answer /healthz before anything that needs a session, a host name or HTTPS."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == HEALTH_PATH:
            return status.healthz(request)
        return self.get_response(request)


class RequestNumber:
    """Give each request a number that the log, the register and the answer share.

    A number that a trusted proxy has given already stays.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        request.number = given if PLAIN_NUMBER.fullmatch(given) else secrets.token_hex(8)
        response = self.get_response(request)
        response["X-Request-ID"] = request.number
        return response


class SecurityHeaders:
    """Tell browsers to load and run nothing but what this site serves itself."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class SessionLimits:
    """End a login after SESSION_COOKIE_AGE without a request, and after SESSION_ABSOLUTE_AGE anyway."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = clock.real_now().timestamp()
            began = request.session.setdefault("began", now)
            seen = request.session.setdefault("seen", now)
            too_old = now - began >= settings.SESSION_ABSOLUTE_AGE
            if too_old or now - seen >= settings.SESSION_COOKIE_AGE:
                logout(request)
            elif now - seen >= SEEN_EVERY.total_seconds():
                request.session["seen"] = now
        return self.get_response(request)


class RequestClock:
    """Read the clock once: everything that one request does happens at `request.now`."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.now = clock.business_now()
        return self.get_response(request)


class ActOrigin:
    """Remember for the register where an act comes from and how its actor logged in."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        came = Origin(
            door="api" if request.path_info.startswith("/api/") else "web",
            request_id=request.number,
            ip=client_address(request),
            user_agent=request.headers.get("User-Agent", "")[:300],
            auth=_methods(request) if request.user.is_authenticated else "",
        )
        with acting_from(came):
            return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """Return the address of the client; behind TRUSTED_PROXIES proxies, what the first of them saw.

    Whatever the client itself wrote into X-Forwarded-For stands before that and is not believed.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return direct
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    believed = hops[-settings.TRUSTED_PROXIES :]
    return believed[0] if len(believed) == settings.TRUSTED_PROXIES and believed[0] else direct


def _methods(request: HttpRequest) -> str:
    """Return how the login was proved, e.g. `password+totp`."""
    records = get_authentication_records(request, request.user)
    return "+".join(dict.fromkeys(record.get("type") or record["method"] for record in records))


class PersonLanguage:
    """Speak the language of the account, unless this browser was told another one."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if request.user.is_authenticated and chosen not in dict(settings.LANGUAGES):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class NotKept:
    """Pages of a logged-in person are not kept by any cache: the next user may be another one.

    Nor is anything of the API, unless it says itself how long a copy is good.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        whose = request.user.is_authenticated or request.path_info.startswith("/api/")
        if whose and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
