"""The public page: is this document, or this file, what the record holds? No login, no cookie.

A file never leaves the machine of whoever asks: a script of the page hashes it, or its owner does.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe

from commitments.actions import verify as actions
from commitments.actions.verify import Verified
from commitments.enums import VersionState
from commitments.rules import verify as rules
from units.errors import Refused
from units.http import throttling

PAGE = "commitments/verify/verify.html"
LANGUAGES = dict(settings.LANGUAGES)
AWAITING = {VersionState.ISSUED, VersionState.SIGNED}


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a page speak the language that its address names, and be kept by nobody.

    The language stands in the address because a cookie would follow whoever asks.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        language = asked if asked in LANGUAGES else translation.get_language()
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response["Content-Language"] = language or settings.LANGUAGE_CODE
        response["Cache-Control"] = "no-store"  # what was voided a minute ago says so
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


@require_safe
@_public
def begin(request: HttpRequest) -> HttpResponse:
    """Ask for a code or a file; `?code=` leads to its page, `?sha256=` says what the file is."""
    if typed := request.GET.get("code", "").strip():
        if code := rules.read_code(typed):
            where = redirect("commitments:verify-code", code=code)
            if (lang := request.GET.get("lang", "")) in LANGUAGES:
                where["Location"] += f"?lang={lang}"
            return where
        return _answered(request, {"typed_code": typed}, lambda: {"found": actions.by_code(typed)})
    if typed := request.GET.get("sha256", "").strip():
        return _answered(request, {"typed_digest": typed}, lambda: _of_file(typed))
    return _page(request, {})


@require_safe
@_public
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """Show the document that carries this code, as the address in its QR asks."""
    return _answered(request, {"typed_code": code}, lambda: {"found": actions.by_code(code)})


def _of_file(typed: str) -> dict[str, Any]:
    file = actions.by_digest(typed)
    return {"file": file, "found": file.document}


def _answered(
    request: HttpRequest, typed: dict[str, Any], ask: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Show what `ask` finds, or on the same page why it finds nothing."""
    limits = {"most": settings.VERIFY_PER_MINUTE, "most_misses": settings.VERIFY_MISSES_PER_MINUTE}
    try:
        with throttling.calm("verify", **limits):
            return _page(request, typed | ask())
    except Refused as refused:
        response = _page(request, typed | {"refused": refused}, status=refused.status)
        if wait := refused.members.get("wait"):
            response["Retry-After"] = str(wait)
        return response


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    found: Verified | None = context.get("found")
    if found is not None:
        state = VersionState(found.version.state)
        context |= {"awaits": len(found.signatories) - found.signed if state in AWAITING else 0}
    shell = {
        "typed_code": "",
        "typed_digest": "",
        "query": _kept(request),
        "language": translation.get_language(),
    }
    return render(request, PAGE, shell | context, status=status)


def _kept(request: HttpRequest) -> str:
    """Return the question again, for the link to the other language; "" for none."""
    query = request.GET.copy()
    query.pop("lang", None)
    return query.urlencode()
