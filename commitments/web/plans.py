"""Plans on pages: the list, one plan with its groups and targets, and what builds it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import allocations, plans, targets
from commitments.enums import TargetState
from commitments.models import CommitmentVersion, Period, Target
from commitments.rules.targets import MOST_TARGETS
from commitments.web.forms.plans import GroupForm, IndicatorForm, MandateForm, PlanForm
from commitments.web.rows import rows_for
from commitments.web.words import words_of
from units import clock
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit
from units.querysets.ordering import as_counted
from units.rules import refs
from units.rules.counting import counted
from units.web import refusals

PLANNED = Q(state=TargetState.PLANNED)
MOVES = {"open": plans.open_period, "start_closing": plans.start_closing, "close": plans.close}


def own_units(request: WebRequest) -> Any:
    """Return the units for which this person plans."""
    day = clock.local_date(request.now)
    units = OrgUnit.objects.within_reach_of(request.user, at=request.now).in_force(day)
    mine = [unit.pk for unit in units if permissions.may_plan(request.user, unit, at=request.now)]
    return OrgUnit.objects.filter(pk__in=mine).with_names().order_by("ref")


def plan_or_404(request: WebRequest, code: str) -> Period:
    """Return the plan `code` if this person may see it."""
    plans_seen = Period.objects.years().visible_to(request.user, at=request.now)
    return get_object_or_404(plans_seen.select_related("owner"), code=code)


@login_required
def index(request: WebRequest) -> HttpResponse:
    """List the plans that this person may see, the newest first."""
    seen = Period.objects.years().visible_to(request.user, at=request.now)
    rows = (
        seen.select_related("owner")
        .prefetch_related("owner__versions")
        .order_by("-starts_on", "code")
    )
    context = {
        "plans": rows,
        "may_create": permissions.plans_somewhere(request.user, at=request.now),
    }
    return render(request, "commitments/plans/list.html", context)


@login_required
def create(request: WebRequest) -> HttpResponse:
    """Begin the plan of a year."""
    if not permissions.plans_somewhere(request.user, at=request.now):
        raise Http404
    form = PlanForm(request.POST or None, owners=own_units(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with refusals.shown_in(form):
            plan = plans.create_period(
                owner_id=data["owner"].pk,
                year=data["year"],
                code=data["code"],
                by=request.user,
                at=request.now,
            )
            return redirect("commitments:plan", code=plan.code)
    return _page(request, form, _("New plan"), _("Begin the plan"), back="commitments:plans")


def _page(
    request: WebRequest,
    form: Form,
    title: str,
    button: str,
    *,
    back: str,
    plan: Period | None = None,
    **more: Any,
) -> HttpResponse:
    """Show one form on a page of its own; 422 when it comes back."""
    context = {"form": form, "title": title, "button": button, "plan": plan, "back": back, **more}
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/plans/form.html", context, status=status)


@login_required
def detail(request: WebRequest, code: str) -> HttpResponse:
    """Show a plan: where it stands, its groups with their targets, its commitments.

    Of more than MOST_TARGETS, those that are no part of another; the parts are on the pages of their
    wholes.
    """
    plan = plan_or_404(request, code)
    seen = Target.objects.filter(period=plan).visible_to(request.user, at=request.now)
    number = seen.aggregate(all=Count("pk"), planned=Count("pk", filter=PLANNED))
    is_wide = number["all"] > MOST_TARGETS
    listed = (seen.standing_alone() if is_wide else seen).for_rows()
    groups = (
        plan.groups.select_related("mandate")
        .order_by("ordinal")
        .prefetch_related(Prefetch("targets", queryset=listed, to_attr="seen"))
    )
    for group in groups:
        group.seen.sort(key=lambda target: counted(target.code))
    shown = [target for group in groups for target in group.seen]
    missing = allocations.gaps(targets=shown)
    for target in shown:
        target.gap = missing.get(target.pk)
        target.words = words_of(target)
    versions = CommitmentVersion.objects.visible_to(request.user, at=request.now).latest()
    rows = (
        versions.filter(commitment__period=plan)
        .for_rows()
        .order_by(as_counted("commitment__number"), "pk")
    )
    plans_it = permissions.may_plan(request.user, plan.owner, at=request.now)
    context = {
        "plan": plan,
        "groups": groups,
        "mandates": plan.owner.mandates.order_by("pk"),
        "rows": rows_for(rows, at=request.now),
        "may_plan": plans_it,
        "may_propose": permissions.may_propose(request.user, plan, at=request.now),
        "proposed": plan.proposals.filter(state="open").count() if plans_it else 0,
        "may_move": permissions.may_assign_period(request.user, plan, at=request.now),
        "planned": number["planned"],
        "totals": {"targets": number["all"], "parts": number["all"] - len(shown)},
    }
    return render(request, "commitments/plans/detail.html", context)


@login_required
@require_POST
def move(request: WebRequest, code: str, act: str) -> HttpResponse:
    """Open a plan, begin to close it, or close it."""
    plan = plan_or_404(request, code)
    if act not in MOVES:
        raise Http404
    MOVES[act](
        period_id=plan.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("%(plan)s has moved on.") % {"plan": plan.name})
    return redirect("commitments:plan", code=code)


@login_required
@require_POST
def assign(request: WebRequest, code: str) -> HttpResponse:
    """Assign every target of the plan that is still planned."""
    plan = plan_or_404(request, code)
    planned = plan.targets.filter(state=TargetState.PLANNED).values_list("pk", flat=True)
    done = targets.assign_targets(target_ids=planned, by=request.user, at=request.now)
    messages.success(request, _("Targets assigned: %(count)s.") % {"count": len(done)})
    return redirect("commitments:plan", code=code)


@login_required
def mandate(request: WebRequest, code: str) -> HttpResponse:
    """Enter a document by which targets are given."""
    plan = own_plan_or_404(request, code)
    form = MandateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            plans.create_mandate(
                issuer_id=plan.owner_id, by=request.user, at=request.now, **form.cleaned_data
            )
            return redirect("commitments:plan", code=code)
    return _page(
        request, form, _("New mandate"), _("Enter the mandate"), back="commitments:plan", plan=plan
    )


@login_required
def group(request: WebRequest, code: str) -> HttpResponse:
    """Add a group of targets."""
    plan = own_plan_or_404(request, code)
    form = GroupForm(request.POST or None, plan=plan)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        chosen = data.pop("mandate")
        with refusals.shown_in(form):
            plans.create_group(
                period_id=plan.pk, mandate_id=chosen.pk, by=request.user, at=request.now, **data
            )
            return redirect("commitments:plan", code=code)
    return _page(
        request, form, _("New task group"), _("Add the group"), back="commitments:plan", plan=plan
    )


@login_required
def indicator(request: WebRequest, code: str) -> HttpResponse:
    """Define what is measured, with a new unit of measure where there is none yet."""
    plan = own_plan_or_404(request, code)
    form = IndicatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        uom, new_uom = data.pop("uom"), data.pop("new_uom")
        scale = data.pop("scale")
        data.pop("new_scale")
        with refusals.shown_in(form):
            with transaction.atomic():
                if uom is None:
                    uom = targets.define_unit_of_measure(
                        code=refs.slug(new_uom, longest=20) or "uom",
                        label_vi=new_uom,
                        by=request.user,
                        at=request.now,
                    )
                if scale is None and form.levels():
                    scale = targets.define_scale(
                        code=data["code"],
                        name_vi=data["name_vi"],
                        name_en=data["name_en"],
                        levels=form.levels(),
                        by=request.user,
                        at=request.now,
                    )
                targets.define_indicator(
                    uom_id=uom.pk,
                    scale_id=scale.pk if scale else None,
                    by=request.user,
                    at=request.now,
                    **data,
                )
            messages.success(request, _("The indicator is defined. Add targets that use it."))
            return redirect("commitments:target-new", code=code)
    return _page(
        request,
        form,
        _("New indicator"),
        _("Define the indicator"),
        back="commitments:plan",
        plan=plan,
    )


def own_plan_or_404(request: WebRequest, code: str) -> Period:
    """Return the plan if this person builds it; 404 for everybody else."""
    plan = plan_or_404(request, code)
    if not permissions.may_plan(request.user, plan.owner, at=request.now):
        raise Http404
    return plan
