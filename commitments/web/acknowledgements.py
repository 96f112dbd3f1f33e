"""Saying on the page of a thing that its reminder is seen."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments.actions import acknowledgements
from commitments.enums import ClockState
from commitments.models import CaseClock
from commitments.web.words import as_key
from units.errors import Conflict, StaleVersion, WrongState
from units.http.requests import WebRequest
from units.models import User
from units.rules.dates import day_text


@dataclass(frozen=True)
class Acknowledgement:
    """What a page says of it. `until` None: nobody has; `offered`: the reader may, for `days`."""

    clock: int
    level: int
    days: int
    by: User | None
    until: date | None
    offered: bool


def of(row: CaseClock | None, *, reader: User, at: datetime) -> Acknowledgement | None:
    """Return what stands beside the clock `row`, of `with_ladder()`; None: nothing could be repeated."""
    if row is None or row.state != ClockState.RUNNING or row.level < 0:
        return None
    held = acknowledgements.holds(row, at=at)
    offered = not held and acknowledgements.is_holder(reader, row, at=at)
    return Acknowledgement(
        row.pk,
        row.level,
        row.policy.ack_days,
        row.ack_by if held else None,
        row.ack_until if held else None,
        offered,
    )


@login_required
@require_POST
def acknowledge(request: WebRequest, row: int) -> HttpResponse:
    """Acknowledge the level that the page showed; a refusal is told where one comes back to."""
    clock_or_404(request, row)
    level = as_key(request.POST.get("level", ""))
    try:
        done = acknowledgements.acknowledge(
            clock_id=row, level=-1 if level is None else level, by=request.user, at=request.now
        )
    except (Conflict, StaleVersion, WrongState) as refused:
        messages.error(request, str(refused.message))
    else:
        day = day_text(done.ack_until) if done.ack_until else ""
        text = _("Noted. It is not repeated up to %(day)s; the next level comes all the same.")
        messages.success(request, text % {"day": day})
    return redirect(way_back(request))


def clock_or_404(request: WebRequest, row: int) -> CaseClock:
    """Return the clock of that key whose subject the reader sees."""
    found = get_object_or_404(CaseClock, pk=row)
    subjects = type(found.subject).objects.visible_to(request.user, at=request.now)
    if not subjects.filter(pk=found.subject_id).exists():
        raise Http404
    return found


def way_back(request: WebRequest) -> str:
    """Return the page from which one came, which `back` names; the start for anything else."""
    back = request.POST.get("back") or request.GET.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if safe and back.startswith("/") else reverse("commitments:home")
