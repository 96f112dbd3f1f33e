"""How one wants to be told: by which way, together or one by one, and when not."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from commitments.enums.policies import Route
from notifications.actions import post, preferences, telephones
from units.http.requests import WebRequest
from units.web import refusals


class TimeInput(forms.TimeInput):
    """The browser's own picker."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"class": "input--short"})


class PreferenceForm(forms.Form):
    """What a person may choose."""

    channels = forms.TypedChoiceField(
        label=gettext_lazy("You are told"),
        coerce=lambda value: value.split("+"),
        help_text=gettext_lazy(
            "The inbox has everything in any case. What is about your account comes by e-mail, and a "
            "step of a ladder may name a way that holds for everybody."
        ),
    )
    daily = forms.TypedChoiceField(
        label=gettext_lazy("Reminders and results come"),
        choices=[
            ("no", gettext_lazy("at once, each by itself")),
            ("yes", gettext_lazy("in one letter a day, at 8 in the morning")),
        ],
        coerce=lambda value: value == "yes",
        help_text=gettext_lazy(
            "What asks for an act of yours, or is escalated to you, comes at once in any case."
        ),
    )
    quiet_from = forms.TimeField(label=gettext_lazy("Nothing is sent from"), widget=TimeInput())
    quiet_to = forms.TimeField(
        label=gettext_lazy("until"),
        widget=TimeInput(),
        help_text=gettext_lazy("The same hour twice: no hour is quiet."),
    )

    def __init__(self, *args: Any, routes: Sequence[Route], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channels"].choices = [(route.value, route.label) for route in routes]


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: WebRequest) -> HttpResponse:
    """Show what holds for this person; on POST, let them change it."""
    chosen = preferences.of(request.user)
    initial: dict[str, Any] = {
        "channels": "+".join(chosen.channels) or Route.EMAIL,
        "daily": "yes" if chosen.daily else "no",
        "quiet_from": chosen.quiet_from,
        "quiet_to": chosen.quiet_to,
    }
    telephone = telephones.of(request.user)
    form = PreferenceForm(
        request.POST or None,
        initial=initial,
        routes=_routes(initial["channels"], with_texts=telephone is not None),
    )
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            preferences.choose(by=request.user, at=request.now, **form.cleaned_data)
            messages.success(request, _("Saved. It holds for every message from now on."))
            return redirect("notifications:preferences")
    context = {
        "form": form,
        "no_server": post.way() == "none",
        "telephone": telephone,
        "has_texts": post.way_of_texts() != "none",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "notifications/preferences.html", context, status=status)


def _routes(now: str, *, with_texts: bool) -> list[Route]:
    """Return what a person may choose: text messages with a proved number, or where it is chosen now."""
    may = [Route.EMAIL, Route.EMAIL_SMS, Route.SMS_EMAIL, Route.INBOX]
    return [route for route in may if with_texts or "sms" not in route or route == now]
