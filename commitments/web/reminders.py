"""Putting a row of one's own queue aside until a day, and taking it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from commitments import permissions
from commitments.actions import reminders
from commitments.models import BacklogCase, CaseClock, CommitmentVersion, Reminder, ReportingDuty
from units import clock
from units.enums import Role
from units.errors import Conflict
from units.http.requests import WebRequest
from units.models import User
from units.permissions import roles_of
from units.querysets.organisation import reach_of_page
from units.rules import texts
from units.web import refusals
from units.web.fields import WordsField
from units.web.forms import DayInput

STEERING = {Role.SUPERVISOR, Role.PLANNER, Role.ASSIGNER, Role.VERIFIER}


class SnoozeForm(forms.Form):
    """Until when, and why."""

    until = forms.DateField(label=gettext_lazy("Comes back in the morning of"), widget=DayInput())
    reason = WordsField(
        label=gettext_lazy("Why not now"),
        max_length=texts.NOTE,
        rows=2,
        help_text=gettext_lazy("The supervisors read it, never the unit."),
    )


@dataclass(frozen=True)
class Aside:
    """Who has put a thing aside, and the page on which this reader does."""

    rows: list[Reminder]
    address: str
    may_wait: bool  # what is late is not put aside


@dataclass(frozen=True)
class Thing:
    """What a page is about: the row that is put aside, its words, and its addresses."""

    about: Any
    title: str
    unit: str
    back: str  # where one comes from
    undo: str


def steers(user: User, *, at: datetime) -> bool:
    """Say whether `user` has a queue: works one by a role, or watches units by an office."""
    return (
        bool(roles_of(user, at=at) & STEERING) or permissions.lowest_level(user, at=at) is not None
    )


def aside(
    about: Any, *, waiting: CaseClock | None, reader: User, at: datetime, page: str = ""
) -> Aside | None:
    """Return who has put `about`, a case or a round, aside at `at`; None for who has no queue.
    `waiting`: the clock that waits for it.

    What others wrote is for the side that assigns: whoever steers elsewhere and sees this one as the
    unit that owes it reads their own reason alone. `page`: the report on whose page a round stands.
    """
    if not steers(reader, at=at):
        return None
    name, ref = ("report-snooze", page) if page else ("case-snooze", about.ref)
    rows = list(about.reminders.hiding(at=at).select_related("person").order_by("pk"))
    if any(row.person_id != reader.pk for row in rows) and not _reads_all(about, reader, at=at):
        rows = [row for row in rows if row.person_id == reader.pk]
    day = clock.local_date(at)
    may_wait = reminders.last_day_by(waiting, about, on=day) > day
    return Aside(rows, reverse(f"commitments:{name}", args=[ref]), may_wait)


def _reads_all(about: Any, reader: User, *, at: datetime) -> bool:
    assigner = reminders.assigner_of(about)
    return permissions.supervises(reader, about.unit_id, at=at) or reach_of_page(
        reader, at=at
    ).holds(assigner)


def _version(request: WebRequest, version: int) -> Thing:
    seen = CommitmentVersion.objects.visible_to(request.user, at=request.now).latest()
    found = get_object_or_404(seen.for_rows(), pk=version)
    return Thing(
        found,
        found.commitment.number,
        found.commitment.unit.name,
        reverse("commitments:queue"),
        reverse("commitments:row-take-back", args=[version]),
    )


def _case(request: WebRequest, ref: str) -> Thing:
    _require_queue(request)
    seen = BacklogCase.objects.visible_to(request.user, at=request.now).open()
    found = get_object_or_404(seen.for_rows(), ref=ref)
    return Thing(
        found,
        found.number,
        found.unit.name,
        reverse("commitments:case", args=[ref]),
        reverse("commitments:case-take-back", args=[ref]),
    )


def _round(request: WebRequest, ref: str) -> Thing:
    """Return the round of a report that is waited for: what one does not look at is all of it."""
    _require_queue(request)
    seen = ReportingDuty.objects.visible_to(request.user, at=request.now).owed()
    rows = seen.exclude(round=None).select_related("round", "unit", "period")
    duty = get_object_or_404(rows.prefetch_related("unit__versions"), ref=ref)
    return Thing(
        duty.round,
        _("reports for %(period)s") % {"period": duty.period.name},
        duty.unit.name,
        reverse("commitments:report", args=[ref]),
        reverse("commitments:report-take-back", args=[ref]),
    )


def _require_queue(request: WebRequest) -> None:
    if not steers(request.user, at=request.now):
        raise Http404


def _snooze(request: WebRequest, thing: Thing) -> HttpResponse:
    today = clock.local_date(request.now)
    last = reminders.last_day(thing.about, on=today)
    form = SnoozeForm(request.POST or None, initial={"until": min(today + timedelta(days=3), last)})
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = form.cleaned_data
        with refusals.shown_in(form):
            reminders.snooze(about=thing.about, by=request.user, at=request.now, **asked)
            messages.success(request, _("Put aside. It comes back by itself; the ladder goes on."))
            return redirect("commitments:queue")
    mine = thing.about.reminders.hiding(at=request.now).filter(person=request.user)
    context = {
        "thing": thing,
        "form": form,
        "last": last,
        "too_late": last <= today,
        "mine": mine.first(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/queue/snooze.html", context, status=status)


def _take_back(request: WebRequest, thing: Thing) -> HttpResponse:
    try:
        reminders.take_back(about=thing.about, by=request.user, at=request.now)
    except Conflict as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("It stands in your queue again."))
    return redirect("commitments:queue")


@login_required
@require_http_methods(["GET", "POST"])
def snooze(request: WebRequest, version: int) -> HttpResponse:
    """Ask until when and why; on POST, put the row aside for this reader."""
    return _snooze(request, _version(request, version))


@login_required
@require_POST
def take_back(request: WebRequest, version: int) -> HttpResponse:
    """Let the row stand in this reader's queue again."""
    return _take_back(request, _version(request, version))


@login_required
@require_http_methods(["GET", "POST"])
def snooze_case(request: WebRequest, ref: str) -> HttpResponse:
    """The same for a backlog case."""
    return _snooze(request, _case(request, ref))


@login_required
@require_POST
def take_back_case(request: WebRequest, ref: str) -> HttpResponse:
    """Let the case stand in this reader's queue again."""
    return _take_back(request, _case(request, ref))


@login_required
@require_http_methods(["GET", "POST"])
def snooze_reports(request: WebRequest, ref: str) -> HttpResponse:
    """The same for all reports that a unit owes with this one, by the same day."""
    return _snooze(request, _round(request, ref))


@login_required
@require_POST
def take_back_reports(request: WebRequest, ref: str) -> HttpResponse:
    """Let these reports stand in this reader's queue again."""
    return _take_back(request, _round(request, ref))
