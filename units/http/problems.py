"""How every door says no. Under /api/ each error is a problem document (RFC 9457)."""

import json
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg import errors as postgresql
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS

from units import clock, origin
from units.actions import register
from units.errors import NotAllowed, Refused
from units.http import codes

CONTENT_TYPE = "application/problem+json"
BUSY_WAIT = "2"  # seconds until a write that found no turn is worth repeating
BUSY_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_api(request: HttpRequest) -> bool:
    """Say whether a program asks: then errors are problem documents, never pages."""
    return request.path_info.startswith("/api/")


FAMILIES = {  # of the codes that belong to one act each: their page is that of the family
    403: "not-allowed",
    404: "not-found",
    409: "wrong-state",
    412: "object-changed",
    422: "rule-broken",
}


def type_of(code: str, status: int) -> str:
    """Return the address of the page that explains `code`, or problems of its kind."""
    known = code if code in codes.registry() else FAMILIES.get(status, code)
    return f"{settings.SITE_URL}/problems/{known}/"


def response(
    code: str,
    detail: Any = None,
    *,
    status: int | None = None,
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> HttpResponse:
    """Return one problem document in the language of the request.

    `detail`: the sentence about this case; None: what to do about the code in general. `status`:
    None: that of the code. `errors`: {"pointer" | "parameter", "code", "detail"} each. `members`: what
    a program may want beside the code; they never replace a member of the standard.
    """
    known = codes.registry().get(code)
    status = status or (known.status if known else 400)
    kind = known or codes.registry().get(FAMILIES.get(status, ""))
    title = str(kind.title) if kind else HTTPStatus(status).phrase
    if detail is None:
        detail = known.advice if known else title
    body: dict[str, Any] = {
        **members,
        "type": type_of(code, status),
        "title": title,
        "status": status,
        "detail": str(detail),
        "code": code,
        "request_id": origin.current().request_id,
    }
    if errors := list(errors):
        body["errors"] = errors
    text = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False)
    return HttpResponse(
        text,
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of_refused(refused: Refused) -> HttpResponse:
    """Return the problem document of an action that said no."""
    errors = [
        {"pointer": f"/{field}" if field else "", "code": refused.code, "detail": str(message)}
        for field, messages in refused.fields.items()
        for message in messages
    ]
    members = dict(refused.members)
    errors += members.pop("errors", [])
    headers = {}
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="api", error="invalid_token"'
    if wait := members.pop("wait", None):
        headers["Retry-After"] = str(wait)
    if scope := members.get("scope"):
        headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
    return response(
        refused.code,
        refused.message,
        status=refused.status,
        errors=errors,
        headers=headers,
        **members,
    )


def handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Turn what an API view raised into a problem; None: a fault of ours, for `server_error`.

    Only an attempt to act leaves its note in the register: reading never writes.
    """
    request = context["request"]
    if isinstance(exc, NotAllowed) and request.method not in SAFE_METHODS:
        note_denied(request, exc)
    if isinstance(exc, ValidationError):
        return _of_rules(exc, getattr(context["view"], "pointers", {}))
    return of_exception(exc)


def _of_rules(exc: ValidationError, pointers: Mapping[str, str]) -> HttpResponse:
    """Return the problem of what a model refuses. `pointers`: the name that a body has for a field."""
    found = exc.message_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.messages}
    errors = [
        {
            "pointer": "" if field == NON_FIELD_ERRORS else f"/{pointers.get(field, field)}",
            "code": "rule-broken",
            "detail": message,
        }
        for field, messages in found.items()
        for message in messages
    ]
    return response("rule-broken", " ".join(error["detail"] for error in errors), errors=errors)


def status_of(exc: BaseException) -> int:
    """Return the status with which `exc` is answered.

    >>> status_of(ValueError("a fault")), status_of(ValidationError("a rule"))
    (500, 422)
    """
    if isinstance(exc, ValidationError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    answer = of_exception(exc)
    return answer.status_code if answer else HTTPStatus.INTERNAL_SERVER_ERROR


def of_exception(exc: BaseException) -> HttpResponse | None:
    """Return the problem document of `exc`; None for a fault of ours.

    >>> of_exception(ValueError("a fault")) is None
    True
    """
    if isinstance(exc, Refused):
        return of_refused(exc)
    if isinstance(exc, Http404 | exceptions.NotFound):
        return response("not-found")
    if isinstance(exc, PermissionDenied):
        return response("not-allowed")
    if isinstance(exc, exceptions.Throttled):
        return _throttled(exc)
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(exc)
    if isinstance(exc, exceptions.APIException):
        return _of_rest_framework(exc)
    if isinstance(exc, OperationalError) and is_busy(exc):
        return response("busy", headers={"Retry-After": BUSY_WAIT})
    if isinstance(exc, RequestDataTooBig):
        return response("too-large")
    if isinstance(exc, SuspiciousOperation):  # a forged host among them
        return response("bad-request")
    return None


def is_busy(exc: OperationalError) -> bool:
    """Say whether the database gave up waiting for others, so that nothing of ours was written."""
    cause = exc.__cause__
    if isinstance(cause, sqlite3.OperationalError):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in BUSY_SQLITE  # without its extension
    return isinstance(cause, postgresql.LockNotAvailable | postgresql.DeadlockDetected)


class CsrfFailed(exceptions.PermissionDenied):
    """The form does not prove that it comes from this site."""


_NAMED: Mapping[type[exceptions.APIException], str] = {
    CsrfFailed: "csrf-failed",
    exceptions.ParseError: "malformed-json",
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.AuthenticationFailed: "token-invalid",
    exceptions.PermissionDenied: "not-allowed",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
}


def _of_rest_framework(exc: exceptions.APIException) -> HttpResponse | None:
    name = next((name for kind, name in _NAMED.items() if isinstance(exc, kind)), None)
    if name is None:
        return None
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return response(name, headers=headers)


def _throttled(exc: exceptions.Throttled) -> HttpResponse:
    seconds = max(1, int(exc.wait or 1))
    detail = ngettext(
        "Too many requests in this minute. Wait %(seconds)d second.",
        "Too many requests in this minute. Wait %(seconds)d seconds.",
        seconds,
    ) % {"seconds": seconds}
    return response("too-many-requests", detail, headers={"Retry-After": str(seconds)})


def _invalid(exc: exceptions.ValidationError) -> HttpResponse:
    """List each wrong field by its JSON pointer; one unknown name makes the whole unknown-field."""
    errors = [
        {"pointer": pointer, "code": _kebab(error.code), "detail": str(error)}
        for pointer, error in _flat(exc.detail, "")
    ]
    unknown = [error for error in errors if error["code"] == "unknown-field"]
    if unknown:
        names = ", ".join(error["pointer"] for error in unknown)
        return response(
            "unknown-field",
            _("The body has fields that this address does not know: %(names)s.") % {"names": names},
            errors=errors,
        )
    if errors and all(error["code"] == "reference-unknown" for error in errors):
        return response("reference-unknown", errors=errors)  # well-formed: it only names nothing
    return response("invalid", errors=errors)


def _kebab(code: str) -> str:
    return code.replace("_", "-")


def _flat(detail: Any, pointer: str) -> Iterable[tuple[str, exceptions.ErrorDetail]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = (
                ""
                if name == "non_field_errors"
                else f"/{str(name).replace('~', '~0').replace('/', '~1')}"
            )
            yield from _flat(inner, pointer + own)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            deeper = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{pointer}/{place}" if deeper else pointer)
    else:
        yield pointer, detail


# --- what Django itself refuses, before or outside any view ----------------------------------------


def server_error() -> HttpResponse:
    """Return the problem of a fault of ours. It says the number of the request and nothing else."""
    return response("server-error")


# --- what an action refuses on a page --------------------------------------------------------------


class RefusedMiddleware:
    """Turn a Refused that a page's view raised into a page, or for htmx into a message.

    Stands after the middleware of login and messages. Problems under /api/ are the handler's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused) or is_api(request):
            return None
        if request.method not in SAFE_METHODS:  # reading never writes
            note_denied(request, error)
        return page_of_refused(request, error)


def page_of_refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return what a person sees of `refused`; htmx shows it where messages stand."""
    if getattr(request, "htmx", False):
        answer = render(request, "_refused.html", {"refused": refused}, status=refused.status)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#notices", "innerHTML"
        return answer
    if refused.status == HTTPStatus.NOT_FOUND:
        return render(request, "404.html", status=refused.status)
    context = {"refused": refused, "back": _where_from(request)}
    answer = render(request, "refused.html", context, status=refused.status)
    if wait := refused.members.get("wait"):
        answer["Retry-After"] = str(wait)
    return answer


def _where_from(request: HttpRequest) -> str:
    """Return the page of this site on which the form stood; "" where the browser does not say."""
    came = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(
        came, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return came if own else ""


def note_denied(request: HttpRequest, refused: Refused) -> None:
    """Leave an `audit.denied` entry of an attempt that was refused for want of a right."""
    user = getattr(request, "user", None)
    if not isinstance(refused, NotAllowed) or user is None or not user.is_authenticated:
        return
    with transaction.atomic():
        register.append(
            kind="audit.denied",
            subject=f"user/{user.username}",
            subject_version=None,
            reach=[],
            by=user,
            at=getattr(request, "now", None) or clock.business_now(),
            data={
                "code": refused.code,
                "method": request.method or "",
                "path": unicodedata.normalize("NFC", request.path_info)[:200],
            },
        )
