"""Unmet targets that go on, on a page: as a backlog case, as a target of the next plan, or both."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from commitments import permissions
from commitments.actions import carryovers
from commitments.models import Carryover
from commitments.web.corrections import seen_or_404
from commitments.web.forms.corrections import CarryForm
from units.http.requests import WebRequest
from units.web import refusals


@login_required
def carry(request: WebRequest, ref: str) -> HttpResponse:
    """Accept the offer to carry an unmet target over, or what was left open of it."""
    target = seen_or_404(request, ref)
    if not permissions.plans_in_person(request.user, target.assigner_id, at=request.now):
        raise Http404
    held = Carryover.objects.filter(target=target).first()
    form = CarryForm(request.POST or None, target=target, held=held)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            done = carryovers.carry(
                target_id=target.pk, by=request.user, at=request.now, **form.as_arguments()
            )
            messages.success(request, _("%(code)s is carried over.") % {"code": target.code})
            to = done.next_target if form.as_arguments()["new"] and done.next_target else target
            return redirect("commitments:target", ref=to.ref)
    context = {
        "form": form,
        "target": target,
        "title": _("Carry %(code)s over") % {"code": target.code},
        "button": _("Carry it over"),
        "first_due_on": carryovers.first_due_on(target),
        "is_offered": carryovers.is_offered(target),
        "has_plan": form.plan is not None,
        "held": held,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/corrections/form.html", context, status=status)
