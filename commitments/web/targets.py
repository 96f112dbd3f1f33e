"""Targets on pages: one target, drawing it up, revising, withdrawing, splitting it among units."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import allocations, revisions, targets
from commitments.enums import IndicatorKind, PeriodKind, TargetState
from commitments.models import Allocation, Period, Target
from commitments.rules import allocations as allocation_rules
from commitments.rules.targets import FIXED
from commitments.web.forms.targets import AllocationForm, ReasonForm, RevisionForm, TargetForm
from commitments.web.plans import faults_into, plan_or_404
from commitments.web.words import words_of
from units import clock
from units.errors import NotAllowed, Refused
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit, RegisterEntry


def _target(request: WebRequest, ref: str) -> Target:
    seen = Target.objects.visible_to(request.user, at=request.now).for_rows()
    return get_object_or_404(seen, ref=ref)


def _own_target(request: WebRequest, ref: str) -> Target:
    target = _target(request, ref)
    if not permissions.may_plan(request.user, target.assigner, at=request.now):
        raise Http404
    return target


def _quarters(plan: Period) -> list[Period]:
    return list(plan.children.filter(kind=PeriodKind.QUARTER).order_by("starts_on"))


def _page(
    request: WebRequest, form: Form, title: str, button: str, *, plan: Period, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "button": button,
        "plan": plan,
        "back": "commitments:plan",
        **more,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/plans/form.html", context, status=status)


@login_required
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show what is to be reached, its roadmap, its split among units and how it came about."""
    target = _target(request, ref)
    revisions = sorted(target.revisions.all(), key=lambda row: -row.n)
    split = Allocation.objects.filter(revision=revisions[0]).first() if revisions else None
    parts = []
    if split is not None:
        lines = split.lines.select_related("child__unit", "child__indicator__uom").prefetch_related(
            "child__unit__versions", "child__revisions"
        )
        parts = [
            {"target": line.child, "words": words_of(line.child)}
            for line in lines.order_by("child__code")
        ]
    context = {
        "target": target,
        "words": words_of(target),
        "revisions": [
            {
                "revision": row,
                "words": words_of(target, row),
                "roadmap": sorted(row.roadmap.all(), key=lambda point: point.period.ends_on),
            }
            for row in revisions
        ],
        "split": split,
        "parts": parts,
        "gap": allocations.gaps(targets=[target]).get(target.pk),
        "may_plan": permissions.may_plan(request.user, target.assigner, at=request.now),
        "may_split": allocations.may_add_up(target, target.current),
        "may_withdraw": permissions.may_assign_period(request.user, target.period, at=request.now),
        "history": RegisterEntry.objects.about("target", target.ref)
        .select_related("actor")
        .order_by("-pk")[:50],
    }
    return render(request, "commitments/targets/detail.html", context)


@login_required
def create(request: WebRequest, code: str) -> HttpResponse:
    """Draw up a target."""
    plan = plan_or_404(request, code)
    if not permissions.may_plan(request.user, plan.owner, at=request.now):
        raise Http404
    units = OrgUnit.objects.within_reach_of(request.user, at=request.now)
    units = units.in_force(clock.local_date(request.now)).with_names().order_by("ref")
    form = TargetForm(request.POST or None, plan=plan, units=units)
    form.add_roadmap(_quarters(plan), {})
    if request.method == "POST" and form.is_valid():
        try:
            target = targets.create_target(
                period_id=plan.pk,
                wanted=form.wanted(),
                by=request.user,
                at=request.now,
                **form.identity(),
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            messages.success(request, _("%(code)s is drawn up.") % {"code": target.code})
            return redirect("commitments:target", ref=target.ref)
    return _page(request, form, _("New target"), _("Draw up the target"), plan=plan)


def _initial(target: Target) -> dict[str, Any]:
    said = target.current
    names = (
        "mode",
        "comparator",
        "value_basis",
        "value",
        "upper",
        "tolerance",
        "baseline",
        "baseline_period",
        "maintain_rule",
        "maintain_share",
        "shares",
        "steps",
    )
    wanted = revisions.wanted_of(said) if said else None
    found = {name: getattr(wanted, name) for name in names} if wanted else {}
    if target.indicator.scale and said and said.value is not None:
        rank = int(said.value)
        found["grade"] = target.indicator.scale.levels.filter(rank=rank).first()
    if target.indicator.kind in {*FIXED, IndicatorKind.GRADE}:
        found.pop("value", None)
    return found | {
        "code": target.code,
        "group": target.group_id,
        "indicator": target.indicator_id,
        "unit": target.unit_id,
        "origin": target.origin,
        "clause": target.clause,
        "is_new": target.is_new,
        "is_difficult": target.is_difficult,
    }


def _roadmap(target: Target) -> dict[int, Decimal]:
    return (
        {point.period_id: point.value for point in target.current.roadmap.all()}
        if target.current
        else {}
    )


@login_required
def edit(request: WebRequest, ref: str) -> HttpResponse:
    """Change a planned target."""
    target = _own_target(request, ref)
    units = OrgUnit.objects.within_reach_of(request.user, at=request.now)
    units = units.in_force(clock.local_date(request.now)).with_names().order_by("ref")
    form = TargetForm(
        request.POST or None, plan=target.period, units=units, initial=_initial(target)
    )
    form.add_roadmap(_quarters(target.period), _roadmap(target))
    if request.method == "POST" and form.is_valid():
        try:
            targets.edit_target(
                target_id=target.pk,
                wanted=form.wanted(),
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.identity(),
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("commitments:target", ref=ref)
    return _page(
        request,
        form,
        _("Edit %(code)s") % {"code": target.code},
        _("Save the target"),
        plan=target.period,
        version=target.etag_version,
    )


@login_required
@require_POST
def assign(request: WebRequest, ref: str) -> HttpResponse:
    """Give a planned target to its unit."""
    target = _own_target(request, ref)
    targets.assign_target(
        target_id=target.pk,
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )
    messages.success(request, _("%(code)s is assigned.") % {"code": target.code})
    return redirect("commitments:target", ref=ref)


@login_required
def revise(request: WebRequest, ref: str) -> HttpResponse:
    """Write the next revision of an assigned target."""
    target = _own_target(request, ref)
    form = RevisionForm(request.POST or None, indicator=target.indicator, initial=_initial(target))
    form.add_roadmap(_quarters(target.period), _roadmap(target))
    if request.method == "POST" and form.is_valid():
        try:
            targets.revise_target(
                target_id=target.pk,
                wanted=form.wanted(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            messages.success(
                request,
                _("%(code)s is revised. Amend the commitments that hold it.")
                % {"code": target.code},
            )
            return redirect("commitments:target", ref=ref)
    return _page(
        request,
        form,
        _("Revise %(code)s") % {"code": target.code},
        _("Write the revision"),
        plan=target.period,
        version=target.etag_version,
    )


@login_required
def withdraw(request: WebRequest, ref: str) -> HttpResponse:
    """Take an assigned target back."""
    target = _target(request, ref)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            targets.withdraw_target(
                target_id=target.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
        except NotAllowed:
            raise  # and is noted
        except Refused as error:
            faults_into(form, error)
        else:
            return redirect("commitments:target", ref=ref)
    return _page(
        request,
        form,
        _("Withdraw %(code)s") % {"code": target.code},
        _("Withdraw the target"),
        plan=target.period,
        version=target.etag_version,
    )


@login_required
def allocate(request: WebRequest, ref: str) -> HttpResponse:
    """Split a target among units; the gap is in sight, a proposal by largest remainder one press away."""
    target = _own_target(request, ref)
    whole = target.current
    live = target.state in {TargetState.PLANNED, TargetState.ASSIGNED}
    if whole is None or whole.value is None or not live:
        raise Http404
    if not allocations.may_add_up(target, whole):
        raise Http404
    units = list(
        OrgUnit.objects.within_reach_of(request.user, at=request.now)
        .in_force(clock.local_date(request.now))
        .exclude(pk__in=[target.unit_id, target.assigner_id])
        .with_names()
        .order_by("ref")
    )
    split = Allocation.objects.filter(revision__target=target).order_by("-revision__n").first()
    known = {
        child.unit_id: child.current.value
        for child in target.children.prefetch_related("revisions")
        if child.current and child.current.value is not None
    }
    started = (
        {"reserve": split.reserve, "overage": split.overage, "key_used": split.key_used}
        if split
        else None
    )
    decimals = target.indicator.decimals
    form = AllocationForm(
        request.POST or None, units=units, parts=known, decimals=decimals, initial=started
    )
    gap = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        reserve, overage = data["reserve"] or Decimal(0), data["overage"] or Decimal(0)
        if "propose" in request.POST:
            form = _proposed(target, form, units, decimals, total=whole.value - reserve + overage)
            return _allocation_page(request, target, form, gap=Decimal(0))
        parts = form.typed("part")
        gap = allocation_rules.gap(whole.value, parts.values(), reserve=reserve, overage=overage)
        try:
            allocations.allocate(
                target_id=target.pk,
                parts=parts,
                reserve=reserve,
                overage=overage,
                key_used=data["key_used"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
        except (Refused, ValidationError) as error:
            faults_into(form, error)
        else:
            return redirect("commitments:target", ref=ref)
    elif request.method == "GET":
        gap = allocations.gaps(targets=[target]).get(target.pk)
    return _allocation_page(request, target, form, gap=gap)


def _proposed(
    target: Target, form: AllocationForm, units: list[OrgUnit], decimals: int, *, total: Decimal
) -> AllocationForm:
    """Return the form with the parts that the typed keys give by largest remainder."""
    keys = form.typed("key")
    by_id = {unit.pk: unit for unit in units}
    rows = [allocation_rules.Key(pk, by_id[pk].ref, weight) for pk, weight in keys.items()]
    try:
        parts = allocation_rules.largest_remainder(total, rows, decimals=decimals)
    except ValueError:
        form.add_error(None, _("Type at least one key above 0, then propose."))
        return form
    data = dict(form.data.items())
    for unit in units:
        data[f"part-{unit.pk}"] = (
            form.fields[f"part-{unit.pk}"].prepare_value(parts[unit.pk]) if unit.pk in parts else ""
        )
    return AllocationForm(data, units=units, parts={}, decimals=decimals)


def _allocation_page(
    request: WebRequest, target: Target, form: AllocationForm, *, gap: Decimal | None
) -> HttpResponse:
    context = {
        "target": target,
        "form": form,
        "words": words_of(target),
        "gap": gap,
        "version": target.etag_version,
    }
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "commitments/targets/allocate.html", context, status=status)
