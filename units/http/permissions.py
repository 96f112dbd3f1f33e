"""Who may use an address of the API at all; what they see there is the querysets' part."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from units.enums import Scope, UserKind
from units.errors import NotAllowed
from units.models import User

if TYPE_CHECKING:  # REST framework loads this module while it loads its views
    from rest_framework.views import APIView


class May(BasePermission):
    """A person who is logged in, or a machine whose client has the `scope` of the view.

    A view without `scope` serves no machine: forgetting it closes the door.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        user = request.user
        if not user.is_authenticated:
            return False
        if user.kind == UserKind.MACHINE:
            require_scope(user, getattr(view, "scope", None))
        return True


def has_scope(user: User, scope: Scope | None) -> bool:
    """Say whether the machine `user` has `scope`; its scopes are asked at each request."""
    return scope is not None and scope.value in user.api_client.scopes


def require_scope(user: User, scope: Scope | None) -> None:
    """Raise NotAllowed (scope-missing) unless the machine `user` has `scope`."""
    if scope is None:
        raise NotAllowed(_("No token opens this address."), code="not-allowed")
    if not has_scope(user, scope):
        raise NotAllowed(
            _("This address asks for the scope %(scope)s, which your token does not have.")
            % {"scope": scope.value},
            code="scope-missing",
            scope=scope.value,
        )
