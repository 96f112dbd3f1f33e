"""The page for a moment in which the database had no turn for us: nothing was done, nothing is lost."""

import sys
from collections.abc import Iterator

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from units.errors import Refused
from units.http import problems

WAIT = 2  # seconds
SECRET = ("password", "code", "otp", "secret")  # parts of names of what no page repeats


def page_of_present_error(request: HttpRequest) -> HttpResponse | None:
    """Return the page if what is being handled just now is a busy database; None: it is something else.

    A form that was sent comes back with what was typed, to be sent once more. What holds a secret or
    files does not: there the browser's own way back keeps the form. Reads no database.
    """
    error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
    if not isinstance(error, OperationalError) or not problems.is_busy(error):
        return None
    if request.headers.get("HX-Request"):
        text = _("The database was busy, and nothing was changed. Try again in a few seconds.")
        refused = Refused(text, code="busy")
        refused.status = 503
        answer = render(None, "_refused.html", {"refused": refused}, status=503)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#notices", "innerHTML"
    else:
        context = {
            "typed": list(_typed(request)),
            "path": request.get_full_path(),
            "sent": request.method == "POST",
        }
        answer = render(None, "503.html", context, status=503)
    answer["Retry-After"] = str(WAIT)
    answer["Cache-Control"] = "no-store"
    return answer


def _typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Yield the fields of the form that was sent, the proof of its origin among them; or nothing."""
    if request.method != "POST" or request.FILES:
        return
    if any(part in name.lower() for name in request.POST for part in SECRET):
        return
    for name, values in request.POST.lists():
        for value in values:
            yield name, str(value)
