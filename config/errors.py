"""Errors that no view answered: a problem under /api/, Django's own page everywhere else."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults

from config import busy
from units.http import problems
from units.origin import Origin, acting_from


def _as_problem(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the problem of what was raised before any view, so perhaps before its origin is known."""
    came = Origin(door="api", request_id=getattr(request, "number", ""))
    with acting_from(came):
        return problems.of_exception(exception) or problems.server_error()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if problems.is_api(request):
        return _as_problem(request, exception)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if problems.is_api(request):
        return _as_problem(request, exception)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if problems.is_api(request):
        return _as_problem(request, exception)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if problems.is_api(request):
        return _as_problem(request, RuntimeError())
    return busy.page_of_present_error(request) or defaults.server_error(request)
