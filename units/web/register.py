"""What proves one entry of the register: on a page for people, and as the file for the verifier."""

import json
from pathlib import Path
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from units.actions import checkpoints
from units.http.requests import WebRequest
from units.models import RegisterEntry
from units.rules import checkpoints as rules
from units.standalone import verify_register

VERIFIER = Path(verify_register.__file__)


def _entry_or_404(request: WebRequest, uuid: UUID) -> RegisterEntry:
    seen = RegisterEntry.objects.provable_to(request.user, at=request.now)
    return get_object_or_404(seen.select_related("actor", "office"), uuid=uuid)


@login_required
@require_GET
def receipt(request: WebRequest, uuid: UUID) -> HttpResponse:
    """Show what was entered, at which place, and under which signed root it stands."""
    entry = _entry_or_404(request, uuid)
    found = checkpoints.receipt_of(entry)
    closed = rules.read_parts(found["checkpoint"]) if found["checkpoint"] else None
    context = {
        "entry": entry,
        "receipt": found,
        "checkpoint": closed.said if closed else None,
        "signed_at": closed.at if closed else None,
        "places": checkpoints.published_at(found["checkpoint"]),
    }
    return render(request, "units/receipt.html", context)


@login_required
@require_GET
def receipt_file(request: WebRequest, uuid: UUID) -> HttpResponse:
    """Hand out the receipt as the file that the verifier takes."""
    entry = _entry_or_404(request, uuid)
    text = json.dumps(checkpoints.receipt_of(entry), ensure_ascii=False, separators=(",", ":"))
    answer = HttpResponse(text + "\n", content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{entry.uuid}.json"'
    return answer


@login_required
@require_GET
def verifier(request: WebRequest) -> HttpResponse:
    """Hand out the verifier: one file that needs nothing of ours."""
    answer = HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{VERIFIER.name}"'
    return answer
