"""Who asks: a machine with its token, or a person who is logged in in this browser."""

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from units import clock, origin
from units.actions import clients
from units.http.problems import CsrfFailed
from units.models import ApiToken, User

SCHEME = "bearer"
CHALLENGE = 'Bearer realm="api"'


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cs_<prefix>_<secret>`; the token stands nowhere else.

    Whoever sends a token is judged by it alone: a login in the same browser does not help.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        now = getattr(request, "now", None) or clock.business_now()
        found = clients.authenticate(
            token=token.strip(), at=clock.real_now(), day=clock.local_date(now)
        )
        origin.proven_by("token")
        return found.client.user, found

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class LoginAuthentication(SessionAuthentication):
    """The login of a person. What writes needs the form token as everywhere else on the site."""

    def enforce_csrf(self, request: HttpRequest) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise CsrfFailed from error
