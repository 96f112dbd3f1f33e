"""Verdicts on pages: the settlement of a plan, and one verdict stated or corrected."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import permissions
from commitments.actions import lookback, results, scoring
from commitments.enums import PeriodState, TargetState, VerdictAgainst, VerdictValue
from commitments.models import Target
from commitments.web.board import item_of
from commitments.web.corrections import followed, following
from commitments.web.forms.scoring import VerdictForm
from commitments.web.lookback import look
from commitments.web.plans import plan_or_404
from units import clock
from units.http.requests import WebRequest
from units.web import refusals


@login_required
def settlement(request: WebRequest, code: str) -> HttpResponse:
    """Show what each target of a plan comes to; POST: record it for all that have no verdict yet."""
    plan = plan_or_404(request, code)
    if request.method == "POST":
        done = scoring.compute_verdicts(plan_id=plan.pk, by=request.user, at=request.now)
        messages.success(
            request,
            ngettext("%(count)s verdict recorded.", "%(count)s verdicts recorded.", done)
            % {"count": done},
        )
        return redirect("commitments:settlement", code=code)
    seen = Target.objects.filter(period=plan).visible_to(request.user, at=request.now)
    looked = look(request, plan)
    stood = results.of(
        seen.exclude(state=TargetState.PLANNED),
        at=looked.at,
        thresholds=results.thresholds_of(results.rules_in_force(on=looked.day)),
        known_at=looked.known_at,
        with_course=False,
    ).lines
    lines = [line for line in stood if line.said["state"] != TargetState.WITHDRAWN]
    if looked.is_past:
        after = followed(lines, at=looked.at)
    else:
        keys = [line.said["pk"] for line in lines]
        after = following(plan, keys, by=request.user, at=request.now)
    may = permissions.may_conclude(request.user, plan.owner_id, at=request.now)
    context = {
        "plan": plan,
        "looked": looked,
        "state": lookback.plan_state(plan, at=looked.at),
        "items": [
            (item_of(line), bool(line.said["concluded"]), after.get(line.said["pk"]))
            for line in lines
        ],
        "missing": sum(one.is_missing for one in after.values()),
        "waiting": sum(not line.said["concluded"] for line in lines),
        "may_conclude": may and plan.state == PeriodState.CLOSING and not looked.is_past,
    }
    return render(request, "commitments/scoring/settlement.html", context)


@login_required
def verdict(request: WebRequest, ref: str) -> HttpResponse:
    """State what a source says about a target, or replace the verdict that it has."""
    seen = Target.objects.visible_to(request.user, at=request.now).select_related("period")
    target = get_object_or_404(seen, ref=ref)
    if not permissions.may_conclude(request.user, target.assigner_id, at=request.now):
        raise Http404
    held = target.verdicts.filter(against=VerdictAgainst.ADJUSTED).first()
    form = VerdictForm(request.POST or None, initial={"verdict": held.verdict} if held else None)
    if request.method == "POST" and form.is_valid():
        told = {
            "target_id": target.pk,
            "verdict": VerdictValue(form.cleaned_data["verdict"]),
            "source_ref": form.cleaned_data["source_ref"],
            "by": request.user,
            "at": request.now,
        }
        with refusals.shown_in(form):
            if held:
                scoring.correct_verdict(**told)
            else:
                scoring.assert_verdict(as_of=clock.local_date(request.now), **told)
            messages.success(
                request, _("The verdict on %(code)s is recorded.") % {"code": target.code}
            )
            return redirect("commitments:settlement", code=target.period.code)
    context = {
        "form": form,
        "title": (
            _("Correct the verdict on %(code)s") if held else _("State a verdict on %(code)s")
        )
        % {"code": target.code},
        "button": _("Record the verdict"),
        "plan": target.period,
        "back": "commitments:settlement",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/plans/form.html", context, status=status)
