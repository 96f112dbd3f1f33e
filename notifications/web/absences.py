"""When one is away: the days, the deputy, and for whom one stands in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from notifications.actions import absences
from notifications.models import Absence
from units import clock
from units.errors import WrongState
from units.http.requests import WebRequest
from units.models import User
from units.web import refusals
from units.web.forms import DayInput, PersonField

PAST = 5  # absences that are over and still shown


class AbsenceForm(forms.Form):
    """From when to when, and who stands in; `offered`: people with their office or role in words."""

    from_on = forms.DateField(label=gettext_lazy("First day"), widget=DayInput())
    to_on = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput())
    deputy = PersonField(label=gettext_lazy("Deputy"))

    def __init__(self, data: Any = None, *, offered: list[tuple[User, str]], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["deputy"].offer(offered)


@login_required
@require_http_methods(["GET", "POST"])
def index(request: WebRequest) -> HttpResponse:
    """Show this person's absences and for whom they stand in; on POST, enter one."""
    offered = absences.candidates(request.user, at=request.now)
    today = clock.local_date(request.now)
    form = AbsenceForm(request.POST or None, offered=offered, initial={"from_on": today})
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            row = absences.enter(by=request.user, at=request.now, **form.cleaned_data)
            text = _("Entered. %(person)s is told, and gets your messages in these days.")
            messages.success(request, text % {"person": row.deputy.full_name})
            return redirect("notifications:absence")
    open_ones = Absence.objects.not_over(at=request.now)
    mine = list(open_ones.filter(person=request.user).select_related("deputy"))
    past = Absence.objects.filter(person=request.user).exclude(pk__in=[row.pk for row in mine])
    context = {
        "form": form,
        "offered": offered,
        "today": today,
        "mine": mine,
        "past": past.select_related("deputy").order_by("-from_on", "-pk")[:PAST],
        "standing_in": open_ones.filter(deputy=request.user).select_related("person"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "notifications/absence.html", context, status=status)


@login_required
@require_POST
def end(request: WebRequest, absence: int) -> HttpResponse:
    """End an absence of one's own: one is back, or stays after all."""
    try:
        absences.end(absence_id=absence, by=request.user, at=request.now)
    except Absence.DoesNotExist as error:
        raise Http404 from error
    except WrongState as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Ended. From now on you are told as before."))
    return redirect("notifications:absence")
