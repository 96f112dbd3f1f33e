"""One form, one effect: the form carries a key, and sent twice it is done once."""

import hashlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from units import clock
from units.actions import idempotency
from units.actions.idempotency import Asked
from units.http.requests import WebRequest

FIELD = "once"


def key() -> str:
    """Return a new key for a form that is shown."""
    return secrets.token_urlsafe(24)


def done(request: WebRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do `act`, which answers with a redirect; if this very form was sent already, only go there.

    The key is taken in the transaction of the effect, as by REST: a twin waits for it, and what is
    refused leaves nothing. Something else typed into the same form is another wish. A form
    without a key is done each time.
    """
    sent = request.POST.get(FIELD, "")
    if not sent:
        return act()
    typed = [(name, request.POST.getlist(name)) for name in sorted(request.POST)]
    said = urlencode([one for one in typed if one[0] != "csrfmiddlewaretoken"], doseq=True)
    fingerprint = hashlib.sha256(f"{request.path}?{said}".encode()).hexdigest()
    with transaction.atomic():
        asked = Asked(request.user, f"form-{fingerprint[:48]}", "POST", request.path, fingerprint)
        record = idempotency.claim(asked, at=clock.real_now())
        if record.status is not None:
            return redirect(record.headers["Location"])
        answer = act()
        # 200: it was done; where it leads says the header
        idempotency.keep(record, status=200, headers={"Location": answer["Location"]}, body="")
    return answer
