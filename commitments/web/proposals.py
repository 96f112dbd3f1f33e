"""Items that heads propose: made on one page, answered on another."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import proposals
from commitments.enums import ProposalState, TargetState
from commitments.models import Period, Proposal, Target
from commitments.web.plans import plan_or_404
from units.http import etags
from units.http.requests import WebRequest
from units.models import Position
from units.permissions import offices_of
from units.querysets.ordering import as_counted
from units.web import refusals
from units.web.fields import WordsField


class ProposalForm(forms.Form):
    """One item in the words of the head."""

    office = forms.ModelChoiceField(Position.objects.none(), label=gettext_lazy("For the unit of"))
    title = forms.CharField(
        label=gettext_lazy("What is to be reached"),
        max_length=300,
        help_text=gettext_lazy("For example: households with clean water"),
    )
    wanted = forms.CharField(
        label=gettext_lazy("How much, by when"),
        max_length=300,
        help_text=gettext_lazy("For example: at least 95 % by the end of the year"),
    )
    reason = WordsField(
        label=gettext_lazy("Why"),
        required=False,
    )

    def __init__(self, data: Any = None, *, offices: list[Position]) -> None:
        super().__init__(data)
        keys = [office.pk for office in offices]
        field = self.fields["office"]
        field.queryset = Position.objects.filter(pk__in=keys).select_related("unit")
        field.label_from_instance = lambda office: f"{office.title} – {office.unit.name}"
        if len(offices) == 1:
            field.initial, field.empty_label = offices[0], None


class AnswerForm(forms.Form):
    """What the planner says to one proposal."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            (state.value, state.label)
            for state in (ProposalState.ACCEPTED, ProposalState.CHANGED, ProposalState.DECLINED)
        ],
        widget=forms.RadioSelect,
    )
    target = forms.ModelChoiceField(
        Target.objects.none(),
        label=gettext_lazy("Target that carries it"),
        required=False,
        help_text=gettext_lazy("Add the target to the plan first, then choose it here."),
    )
    text = WordsField(
        label=gettext_lazy("Answer to the head"),
        required=False,
    )

    def __init__(self, data: Any = None, *, proposal: Proposal) -> None:
        super().__init__(data)
        own = Target.objects.filter(period=proposal.period, unit=proposal.unit)
        own = own.exclude(state=TargetState.WITHDRAWN).select_related("indicator")
        self.fields["target"].queryset = own.order_by(as_counted("code"))


@login_required
def index(request: WebRequest, code: str) -> HttpResponse:
    """List the proposals for a plan: a planner sees all of them, a head those of the own units."""
    plan = plan_or_404(request, code)
    plans_it = permissions.may_plan(request.user, plan.owner, at=request.now)
    seen = plan.proposals.all() if plans_it else _own(request, plan)
    context = {
        "plan": plan,
        "rows": seen.select_related("unit", "proposed_by", "target")
        .prefetch_related("unit__versions")
        .order_by("-pk"),
        "may_plan": plans_it,
        "may_propose": permissions.may_propose(request.user, plan, at=request.now),
    }
    return render(request, "commitments/proposals/list.html", context)


def _own(request: WebRequest, plan: Period) -> Any:
    heads = [
        office.position.unit_id
        for office in offices_of(request.user, at=request.now)
        if office.position.is_head
    ]
    return plan.proposals.filter(Q(unit__in=heads) | Q(proposed_by=request.user))


@login_required
def make(request: WebRequest, code: str) -> HttpResponse:
    """Propose an item, as the head of a unit."""
    plan = plan_or_404(request, code)
    offices = permissions.may_propose(request.user, plan, at=request.now)
    if not offices:
        raise Http404
    form = ProposalForm(request.POST or None, offices=offices)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        with refusals.shown_in(form):
            proposals.make(
                period_id=plan.pk,
                office_id=data.pop("office").pk,
                by=request.user,
                at=request.now,
                **data,
            )
            messages.success(request, _("Your proposal is sent. The planner answers it."))
            return redirect("commitments:proposals", code=code)
    context = {"plan": plan, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/proposals/make.html", context, status=status)


@login_required
def detail(request: WebRequest, code: str, proposal: int) -> HttpResponse:
    """Show one proposal; a planner answers it here."""
    plan = plan_or_404(request, code)
    plans_it = permissions.may_plan(request.user, plan.owner, at=request.now)
    seen = plan.proposals.all() if plans_it else _own(request, plan)
    found = get_object_or_404(
        seen.select_related("unit", "office", "proposed_by", "answered_by", "target__indicator"),
        pk=proposal,
    )
    answers = plans_it and found.state == ProposalState.OPEN and found.proposed_by != request.user
    if request.method == "POST" and not plans_it:
        raise Http404
    form = AnswerForm(request.POST or None, proposal=found) if answers else None
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        with refusals.shown_in(form):
            proposals.answer(
                proposal_id=found.pk,
                decision=ProposalState(data["decision"]),
                target_id=data["target"].pk if data["target"] else None,
                text=data["text"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
            messages.success(request, _("The answer is sent."))
            return redirect("commitments:proposals", code=code)
    holds = {office.position_id for office in offices_of(request.user, at=request.now)}
    context = {
        "plan": plan,
        "proposal": found,
        "form": form,
        "seen": request.POST.get("version") or found.etag_version,
        "may_withdraw": found.state == ProposalState.OPEN and found.office_id in holds,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/proposals/detail.html", context, status=status)


@login_required
@require_POST
def withdraw(request: WebRequest, code: str, proposal: int) -> HttpResponse:
    """Take a proposal back."""
    plan = plan_or_404(request, code)
    found = get_object_or_404(_own(request, plan), pk=proposal)
    proposals.withdraw(
        proposal_id=found.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("The proposal is taken back."))
    return redirect("commitments:proposals", code=code)
