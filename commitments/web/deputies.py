"""Handing one duty to somebody of the own unit, on the page of the thing, and taking it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from commitments.actions import deputies
from commitments.actions.acknowledgements import holders_of, is_holder
from commitments.models import CaseClock, Deputy
from commitments.web.acknowledgements import clock_or_404, way_back
from units.errors import Conflict
from units.http.requests import WebRequest
from units.models import User
from units.rules import texts
from units.web import refusals
from units.web.fields import WordsField
from units.web.forms import PersonField


@dataclass(frozen=True)
class Delegation:
    """What a page says of it: who sees to it for whom, and whether the reader may hand it on (`offered`)
    or take it back (`mine`)."""

    clock: int
    rows: list[Deputy]
    mine: bool
    offered: bool


def of(row: CaseClock | None, *, reader: User, at: datetime) -> Delegation | None:
    """Return what stands beside the clock `row`; None: nothing is waited for.

    Whoever no longer has to act, such as a head who has left the office, has handed on nothing.
    """
    if row is None:
        return None
    holders = holders_of(row, at=at)
    rows = [one for one in deputies.of([row]) if one.holder_id in holders]
    mine = any(one.holder_id == reader.pk for one in rows)
    return Delegation(row.pk, rows, mine, not mine and reader.pk in holders)


class DeputyForm(forms.Form):
    """Whom, and what is to be done. `offered`: people with their office or role in words."""

    deputy = PersonField(label=gettext_lazy("Who sees to it"))
    task = WordsField(
        label=gettext_lazy("What is to be done"),
        max_length=texts.NOTE,
        rows=2,
    )

    def __init__(self, data: Any = None, *, offered: list[tuple[User, str]], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["deputy"].offer(offered)


@login_required
@require_http_methods(["GET", "POST"])
def delegate(request: WebRequest, row: int) -> HttpResponse:
    """Ask who sees to it; on POST, hand the duty on. For whoever must act; 404 for everybody else."""
    found = clock_or_404(request, row)
    if not is_holder(request.user, found, at=request.now):
        raise Http404
    offered = deputies.candidates(found, of=request.user, at=request.now)
    form, back = DeputyForm(request.POST or None, offered=offered), way_back(request)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            made = deputies.name(
                clock_id=found.pk, by=request.user, at=request.now, **form.cleaned_data
            )
            text = _("%(person)s is told, and gets what you are told about it.")
            messages.success(request, text % {"person": made.deputy.full_name})
            return redirect(back)
    context = {"form": form, "offered": offered, "back": back, "clock": found}
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/deputies/name.html", context, status=status)


@login_required
@require_POST
def take_back(request: WebRequest, row: int) -> HttpResponse:
    """End what this reader has handed on."""
    found = clock_or_404(request, row)
    try:
        ended = deputies.take_back(clock_id=found.pk, by=request.user, at=request.now)
    except Conflict as refused:
        messages.error(request, str(refused.message))
    else:
        text = _("Taken back. %(person)s is told nothing more about it.")
        messages.success(request, text % {"person": ended.deputy.full_name})
    return redirect(way_back(request))
