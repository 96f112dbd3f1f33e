"""The demonstration's kept mail, for those who steer or administer."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render

from notifications.actions import post
from units.enums import Role
from units.http.requests import WebRequest
from units.permissions import roles_of

STAFF = {Role.ADMINISTRATOR, Role.SUPERVISOR, Role.PLANNER, Role.ASSIGNER, Role.INSPECTOR}
SHOWN = 100


def _require_staff(request: WebRequest) -> None:
    if not settings.DEMO or not roles_of(request.user, at=request.now) & STAFF:
        raise Http404


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the letters kept last."""
    _require_staff(request)
    context = {"letters": post.newest(limit=SHOWN), "way": post.way()}
    return render(request, "notifications/mail_list.html", context)


@login_required
def letter(request: WebRequest, name: str) -> HttpResponse:
    """Show one kept letter as its recipient reads it."""
    _require_staff(request)
    found = post.letter(name)
    if found is None:
        raise Http404
    return render(request, "notifications/mail_letter.html", {"letter": found})
