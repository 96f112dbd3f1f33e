"""Putting a row of one's own queue aside until a day, and taking it back."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from commitments.actions import reminders
from commitments.models import CommitmentVersion, Reminder
from units import clock
from units.errors import Conflict
from units.http.requests import WebRequest
from units.web import refusals
from units.web.forms import DayInput


class SnoozeForm(forms.Form):
    """Until when, and why."""

    until = forms.DateField(label=gettext_lazy("Comes back in the morning of"), widget=DayInput())
    reason = forms.CharField(
        label=gettext_lazy("Why not now"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The supervisors read it, never the unit."),
    )


def _version_or_404(request: WebRequest, version: int) -> CommitmentVersion:
    seen = CommitmentVersion.objects.visible_to(request.user, at=request.now).latest()
    return get_object_or_404(seen.for_rows(), pk=version)


@login_required
@require_http_methods(["GET", "POST"])
def snooze(request: WebRequest, version: int) -> HttpResponse:
    """Ask until when and why; on POST, put the row aside for this reader."""
    found = _version_or_404(request, version)
    today = clock.local_date(request.now)
    last = reminders.last_day(found, on=today)
    form = SnoozeForm(request.POST or None, initial={"until": min(today + timedelta(days=3), last)})
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = form.cleaned_data
        with refusals.shown_in(form):
            reminders.snooze(version_id=found.pk, by=request.user, at=request.now, **asked)
            messages.success(request, _("Put aside. It comes back by itself; the ladder goes on."))
            return redirect("commitments:queue")
    mine = Reminder.objects.hiding(at=request.now).filter(version=found, person=request.user)
    context = {
        "version": found,
        "form": form,
        "last": last,
        "too_late": last <= today,
        "mine": mine.first(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/queue/snooze.html", context, status=status)


@login_required
@require_POST
def take_back(request: WebRequest, version: int) -> HttpResponse:
    """Let the row stand in this reader's queue again."""
    found = _version_or_404(request, version)
    try:
        reminders.take_back(version_id=found.pk, by=request.user, at=request.now)
    except Conflict as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("It stands in your queue again."))
    return redirect("commitments:queue")
