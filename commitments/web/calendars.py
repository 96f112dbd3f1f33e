"""What a day of the calendar moves, read before an administrator lets it count or takes it out."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from commitments.actions import calendars
from units.http.requests import WebRequest
from units.models import CalendarDay
from units.permissions import may_administer

DAY = timedelta(days=1)


@login_required
@require_GET
def effect(request: WebRequest, day: int) -> HttpResponse:
    """Show how many clocks would move if the day were approved, or withdrawn if it counts already."""
    if not may_administer(request.user, None, at=request.now):
        raise Http404
    rows = CalendarDay.objects.select_related("proposed_by", "approved_by")
    found = get_object_or_404(rows, pk=day)
    moves = calendars.effect_of(found)
    context = {
        "day": found,
        "effect": moves,
        "least": _days(moves.earliest),
        "most": _days(moves.latest),
    }
    return render(request, "commitments/calendars/effect.html", context)


def _days(shift: timedelta | None) -> str:
    """Return a shift as a signed number of days; a step moves from morning to morning."""
    return f"{round(shift / DAY):+d}" if shift is not None else ""
