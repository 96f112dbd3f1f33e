"""One row of the queue: who works on it, what was noted, and the acts of the desk."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import cases, desk, reminders
from commitments.models import CommitmentVersion
from commitments.web.commitments import version_of
from commitments.web.rows import rows_for
from units import clock
from units.enums import Role
from units.errors import Conflict
from units.http.requests import WebRequest
from units.models import User
from units.permissions import granted
from units.web import refusals
from units.web.fields import WordsField


class NoteForm(forms.Form):
    text = WordsField(
        label=gettext_lazy("Note for those who steer"),
    )


def _version_or_404(request: WebRequest, version: int) -> CommitmentVersion:
    """Return the version for a supervisor of its unit; 404 for everybody else."""
    seen = CommitmentVersion.objects.visible_to(request.user, at=request.now).for_rows()
    found = get_object_or_404(seen, pk=version)
    if not permissions.may_remind(request.user, found, at=request.now):
        raise Http404
    return found


@login_required
def row(request: WebRequest, version: int) -> HttpResponse:
    """Show one row with its holder and notes; on POST, add a note."""
    found = _version_or_404(request, version)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            desk.note(version_id=found.pk, by=request.user, at=request.now, **form.cleaned_data)
            messages.success(request, _("The note is kept."))
            return redirect("commitments:queue-row", version=found.pk)
    hold = found.holds.filter(released_at=None).select_related("person").first()
    unit = found.commitment.unit_id
    shown, day = rows_for([found], at=request.now)[0], clock.local_date(request.now)
    context = {
        "row": shown,
        "may_wait": reminders.last_day_by(shown.waiting_clock, found, on=day) > day,
        "hold": hold,
        "mine": hold is not None and hold.person_id == request.user.pk,
        "aside": found.reminders.hiding(at=request.now).select_related("person").order_by("pk"),
        "notes": found.notes.select_related("person").order_by("-pk"),
        "others": [
            person
            for person in granted(Role.SUPERVISOR, unit, at=request.now)
            if person.pk != request.user.pk
        ],
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/queue/row.html", context, status=status)


def _do(request: WebRequest, version: int, act: Callable[..., Any], done: str) -> HttpResponse:
    """Do one act of the desk; a refusal is told on the page that one comes back to."""
    found = _version_or_404(request, version)
    try:
        act(version_id=found.pk, by=request.user, at=request.now)
    except Conflict as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, done)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    if safe and back.startswith("/"):
        return redirect(back)
    return redirect("commitments:queue-row", version=found.pk)


@login_required
@require_POST
def take(request: WebRequest, version: int) -> HttpResponse:
    """Take a row, or take it over where the form says so."""
    over = "over" in request.POST
    return _do(
        request,
        version,
        lambda **asked: desk.take(over=over, **asked),
        _("You have taken it. Others see your name beside it."),
    )


@login_required
@require_POST
def release(request: WebRequest, version: int) -> HttpResponse:
    """Put a row back."""
    return _do(request, version, desk.release, _("It is put back."))


@login_required
@require_POST
def hand_over(request: WebRequest, version: int) -> HttpResponse:
    """Hand a row to another supervisor."""
    to = get_object_or_404(User.objects.people().active(), username=request.POST.get("to", ""))
    return _do(
        request,
        version,
        lambda **asked: desk.hand_over(to=to, **asked),
        _("It is handed over to %(person)s, who is told.") % {"person": to.full_name},
    )


@login_required
@require_POST
def keep_view(request: WebRequest) -> HttpResponse:
    """Keep the present filters under a name."""
    query = request.POST.get("query", "")
    view = desk.keep_view(name=request.POST.get("name", ""), query=query, by=request.user)
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
    return redirect(f"/queue/?{view.query}")


@login_required
@require_POST
def drop_view(request: WebRequest, view: int) -> HttpResponse:
    """Remove a view of one's own."""
    desk.drop_view(view_id=view, by=request.user)
    return redirect("commitments:queue")


@login_required
@require_POST
def remind(request: WebRequest, ref: str) -> HttpResponse:
    """Remind the undertakers of one commitment now."""
    version = version_of(request, ref)
    cases.remind_now(version_id=version.pk, by=request.user, at=request.now)
    messages.success(request, _("The reminder is on its way."))
    return redirect("commitments:detail", ref=ref)
