"""Issuing all drafts of a plan on pages: what would be issued, then how far it is."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import issuing
from commitments.enums import IssueOutcome
from commitments.models import IssueRun, Period
from commitments.web.plans import own_plan_or_404
from units.http.requests import WebRequest


@login_required
def begin(request: WebRequest, code: str) -> HttpResponse:
    """Show which drafts would be issued; on POST, ask for it and go to the progress."""
    plan = own_plan_or_404(request, code)
    if request.method == "POST":
        run = issuing.begin(period_id=plan.pk, by=request.user, at=request.now)
        return redirect("commitments:issue-run", code=code, run=run.pk)
    under_way = plan.issue_runs.filter(ended_at=None).first()
    if under_way is not None:
        return redirect("commitments:issue-run", code=code, run=under_way.pk)
    drafts = issuing.drafts_of(plan, by=request.user, at=request.now)
    context = {
        "plan": plan,
        "drafts": drafts,
        "earlier": plan.issue_runs.select_related("asked_by").order_by("-pk")[:10],
    }
    return render(request, "commitments/issuing/begin.html", context)


@login_required
def run(request: WebRequest, code: str, run: int) -> HttpResponse:
    """Show how far a run is, from its rows: a reload, another browser, a restart show the same."""
    plan, found = _run_or_404(request, code, run)
    counted = found.lines.counted()
    total = sum(counted.values())
    context = {
        "plan": plan,
        "run": found,
        "counted": counted,
        "total": total,
        "done": total - counted[IssueOutcome.WAITING],
        "refused": found.lines.filter(outcome=IssueOutcome.REFUSED)
        .select_related("version__commitment")
        .order_by("pk"),
    }
    template = "_progress.html" if request.htmx else "run.html"
    return render(request, f"commitments/issuing/{template}", context)


@login_required
@require_POST
def stop(request: WebRequest, code: str, run: int) -> HttpResponse:
    """Leave what is still waiting as drafts."""
    _plan, found = _run_or_404(request, code, run)
    issuing.stop(run_id=found.pk, by=request.user, at=request.now)
    return redirect("commitments:issue-run", code=code, run=found.pk)


def _run_or_404(request: WebRequest, code: str, run: int) -> tuple[Period, IssueRun]:
    plan = own_plan_or_404(request, code)
    found = get_object_or_404(plan.issue_runs.select_related("asked_by"), pk=run)
    if not permissions.may_plan(request.user, plan.owner, at=request.now):
        raise Http404
    return plan, found
