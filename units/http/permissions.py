"""Who may use an address of the API at all; what they see there is the querysets' part."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from units.enums import Scope, UserKind
from units.errors import NotAllowed
from units.models import User

if TYPE_CHECKING:  # REST framework loads this module while it loads its views
    from rest_framework.views import APIView


class May(BasePermission):
    """A person who is logged in, or a machine whose client has the `scope` of the view.

    A view without `scope` serves no machine: forgetting it closes the door. A write that has no
    question among `questions` of its view is refused to everybody, for the same reason.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        user = request.user
        if not user.is_authenticated:
            return False
        if user.kind == UserKind.MACHINE:
            require_scope(user, scope_of(view))
        elif _creates(request, view):
            _require_yes(request, view, None)
        return True

    def has_object_permission(self, request: Request, view: "APIView", obj: Any) -> bool:
        """Ask the view's question about one object before it is written."""
        if request.method not in SAFE_METHODS:
            _require_yes(request, view, obj)
        return True


def _creates(request: Request, view: Any) -> bool:
    """Say whether `view` is about to make an object; a method that it does not know is a 405."""
    known = getattr(view, "action", None) is not None
    return known and request.method not in SAFE_METHODS and not getattr(view, "detail", True)


def scope_of(view: Any) -> Scope | None:
    """Return the scope that a machine needs for what `view` is doing."""
    action = getattr(view, "action", None)
    return getattr(view, "scopes", {}).get(action, getattr(view, "scope", None))


def _require_yes(request: Request, view: Any, row: Any) -> None:
    """Raise NotAllowed unless the view has a question for this write, and its answer is yes."""
    question = getattr(view, "questions", {}).get(view.action)
    if question is None or not question(request.user, row, at=request.now):
        raise NotAllowed(
            _("You hold no office or role that lets you do this. Ask the administrator."),
            code="not-allowed",
        )


def has_scope(user: User, scope: Scope | None) -> bool:
    """Say whether the machine `user` has `scope`; its scopes are asked at each request."""
    return scope is not None and scope.value in user.api_client.scopes


def require_scope(user: User, scope: Scope | None) -> None:
    """Raise NotAllowed (scope-missing) unless the machine `user` has `scope`; human-only for None."""
    if scope is None:
        raise NotAllowed(
            _("No token opens this address: it is an act of a person."), code="human-only"
        )
    if not has_scope(user, scope):
        raise NotAllowed(
            _("This address asks for the scope %(scope)s, which your token does not have.")
            % {"scope": scope.value},
            code="scope-missing",
            scope=scope.value,
        )
