"""Who gets through a door at all; whether an act is allowed is asked again by the action."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from units.errors import NotAllowed
from units.http.requests import WebRequest
from units.permissions import is_administrator

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """Let only people through who administer something; others get 403 `administrators-only`."""

    @login_required
    @wraps(view)
    def through(request: WebRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_administrator(request.user, at=request.now):
            raise NotAllowed(
                _("This page is for administrators of units and accounts. Ask one of them."),
                code="administrators-only",
            )
        return view(request, *args, **kwargs)

    return through
