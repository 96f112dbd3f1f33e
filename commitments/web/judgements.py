"""The judgement of a person beside the light of a target, on its page."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import permissions
from commitments.actions import judgements, portraits
from commitments.enums import JudgedLight
from commitments.web.board import item_of
from commitments.web.corrections import seen_or_404
from units.http import etags
from units.http.requests import WebRequest
from units.web import refusals
from units.web.fields import WordsField


class JudgementForm(forms.Form):
    """What somebody holds of a target, and why. `held`: there is one, which can be taken back."""

    light = forms.ChoiceField(label=gettext_lazy("Judgement"), required=False)
    reason = WordsField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "What the figures do not show, so that somebody else can follow you."
        ),
    )

    def __init__(self, data: Any = None, *, held: bool) -> None:
        super().__init__(data)
        first = _("Take the judgement back") if held else _("Choose…")
        choices = (
            [*JudgedLight.choices, ("", first)] if held else [("", first), *JudgedLight.choices]
        )
        self.fields["light"].choices = choices
        self.fields["light"].required = not held


@login_required
def judge(request: WebRequest, ref: str) -> HttpResponse:
    """Ask what somebody holds of a target, beside the light that is computed."""
    target = seen_or_404(request, ref)
    if not permissions.may_judge(request.user, target.unit_id, at=request.now):
        raise Http404
    given = judgements.given_on(target)
    item = item_of(portraits.of_one(target, at=request.now))
    form = JudgementForm(request.POST or None, held=item.judgement is not None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            judgements.give(
                target_id=target.pk,
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.cleaned_data,
            )
            messages.success(
                request, _("Your judgement on %(code)s is written.") % {"code": target.code}
            )
            return redirect("commitments:target", ref=ref)
    context = {
        "target": target,
        "item": item,
        "form": form,
        "version": given[0].n if given else 0,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/targets/judgement.html", context, status=status)
