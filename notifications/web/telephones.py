"""One's own telephone number for text messages: entered, proved by a code, changed, removed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from notifications.actions import post, telephones
from units import clock
from units.errors import Conflict, Invalid
from units.http.requests import WebRequest
from units.web import refusals


class NumberForm(forms.Form):
    """A number as people write it."""

    number = forms.CharField(
        label=gettext_lazy("Number of your mobile telephone"),
        max_length=30,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "class": "input--short"}
        ),
        help_text=gettext_lazy(
            "A code of six digits goes there. The number is used only once you have typed it in."
        ),
    )


class CodeForm(forms.Form):
    """The code that came."""

    code = forms.CharField(
        label=gettext_lazy("The code that came by text message"),
        max_length=12,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "input--short",
            }
        ),
    )


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: WebRequest) -> HttpResponse:
    """Show the number and what it lacks; on POST, send a code to the number that was typed."""
    typed = request.POST if request.method == "POST" else None
    form = NumberForm(typed, initial={"number": request.user.phone})
    if typed is not None and form.is_valid():
        with refusals.shown_in(form):
            telephones.ask(
                number=form.cleaned_data["number"],
                by=request.user,
                at=request.now,
                real_at=clock.real_now(),
            )
            messages.success(request, _("A code is on its way. It comes within a minute."))
            return redirect("notifications:telephone")
    return _page(request, number=form, status=200 if typed is None else 422)


@login_required
@require_POST
def verify(request: WebRequest) -> HttpResponse:
    """Take the number as proved by the code that was typed in."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, code=form, status=422)
    try:
        telephones.verify(
            code=form.cleaned_data["code"],
            by=request.user,
            at=request.now,
            real_at=clock.real_now(),
        )
    except Invalid as error:
        refusals.put_into(form, error)
        return _page(request, code=form, status=error.status)
    except Conflict as error:  # there is no form any more that could say so
        return _page(request, fault=error.message, status=error.status)
    messages.success(
        request, _("The number is proved. Choose here when text messages are to come.")
    )
    return redirect("notifications:preferences")


@login_required
@require_POST
def remove(request: WebRequest) -> HttpResponse:
    """Forget the number, or the code on its way to one."""
    telephones.remove(by=request.user, at=request.now, real_at=clock.real_now())
    messages.success(request, _("Removed. No text message comes any more."))
    return redirect("notifications:telephone")


def _page(
    request: WebRequest,
    *,
    status: int,
    number: forms.Form | None = None,
    code: forms.Form | None = None,
    fault: Any = "",
) -> HttpResponse:
    waiting = telephones.waiting(request.user, real_at=clock.real_now())
    context = {
        "telephone": telephones.of(request.user),
        "waiting": waiting,
        "number_form": number or NumberForm(initial={"number": request.user.phone}),
        "code_form": code or CodeForm(),
        "fault": fault,
        "way": post.way_of_texts(),
    }
    return render(request, "notifications/telephone.html", context, status=status)
