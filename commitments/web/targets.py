"""Targets on pages: one target, drawing it up, revising, withdrawing, splitting it among units."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import allocations, inspections, judgements, portraits, revisions, targets
from commitments.enums import IndicatorKind, PeriodKind, TargetState
from commitments.models import Allocation, Period, Target
from commitments.rules.targets import FIXED
from commitments.web import pictures
from commitments.web.board import item_of
from commitments.web.corrections import chain_before, followed, following_one
from commitments.web.forms.targets import ReasonForm, RevisionForm, TargetForm
from commitments.web.inspections import counted_words
from commitments.web.lookback import look
from commitments.web.plans import plan_or_404
from commitments.web.words import words_of
from units import clock
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit, RegisterEntry
from units.querysets.ordering import as_counted
from units.web import refusals


def _target(request: WebRequest, ref: str) -> Target:
    seen = Target.objects.visible_to(request.user, at=request.now).for_rows()
    return get_object_or_404(seen, ref=ref)


def own_target_or_404(request: WebRequest, ref: str) -> Target:
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
    parts = Target.objects.filter(parent=target).visible_to(request.user, at=request.now)
    if split is not None:
        parts = parts.filter(pk__in=split.lines.values("child"))
    portrait, looked = None, look(request, target.period)
    if target.state != TargetState.PLANNED:
        portrait = portraits.portrait(target, at=looked.at, known_at=looked.known_at)
    if looked.is_past:  # nothing can be done there any more
        then = followed([portrait.line] if portrait else [], at=looked.at)
        after = then.get(target.pk)
    else:
        after = following_one(target, by=request.user, at=request.now)
    context = {
        "target": target,
        "looked": looked,
        "standing": item_of(portrait.line) if portrait else None,
        "picture": pictures.of(portrait, on=looked.day) if portrait else None,
        "reasons": pictures.why(portrait.line) if portrait else [],
        "words": words_of(target),
        "judgements": [row for row in judgements.given_on(target) if row.given_at <= looked.at]
        if portrait
        else [],
        "may_judge": portrait is not None
        and not looked.is_past
        and target.state == TargetState.ASSIGNED
        and not portrait.line.result.concluded
        and permissions.may_judge(request.user, target.unit_id, at=request.now),
        "after": after,
        "before": chain_before(target),
        "revisions": [
            {
                "revision": row,
                "words": words_of(target, row),
                "roadmap": sorted(row.roadmap.all(), key=lambda point: point.period.ends_on),
            }
            for row in revisions
        ],
        "split": split,
        "parts": [
            {"target": part, "words": words_of(part)}
            for part in parts.exclude(state=TargetState.WITHDRAWN)
            .for_rows()
            .order_by(as_counted("code"))
        ],
        "counted": counted_words(target, request=request),
        "may_count": permissions.plans_in_person(request.user, target.assigner_id, at=request.now)
        and inspections.may_fix(target),
        "gap": allocations.gaps(targets=[target]).get(target.pk),
        "may_plan": permissions.may_plan(request.user, target.assigner, at=request.now),
        "may_split": allocations.may_add_up(target, target.current),
        "may_withdraw": permissions.may_assign_period(request.user, target.period, at=request.now),
        "history": (
            RegisterEntry.objects.about("target", target.ref)
            | RegisterEntry.objects.about("correction", target.ref)
        )
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
        with refusals.shown_in(form):
            target = targets.create_target(
                period_id=plan.pk,
                wanted=form.wanted(),
                by=request.user,
                at=request.now,
                **form.identity(),
            )
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
        "needs_evidence": target.needs_evidence,
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
    target = own_target_or_404(request, ref)
    units = OrgUnit.objects.within_reach_of(request.user, at=request.now)
    units = units.in_force(clock.local_date(request.now)).with_names().order_by("ref")
    form = TargetForm(
        request.POST or None, plan=target.period, units=units, initial=_initial(target)
    )
    form.add_roadmap(_quarters(target.period), _roadmap(target))
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            targets.edit_target(
                target_id=target.pk,
                wanted=form.wanted(),
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
                **form.identity(),
            )
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
    target = own_target_or_404(request, ref)
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
    target = own_target_or_404(request, ref)
    form = RevisionForm(request.POST or None, indicator=target.indicator, initial=_initial(target))
    form.add_roadmap(_quarters(target.period), _roadmap(target))
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            targets.revise_target(
                target_id=target.pk,
                wanted=form.wanted(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
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
        with refusals.shown_in(form):
            targets.withdraw_target(
                target_id=target.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                expected=etags.seen_version(request.POST),
                at=request.now,
            )
            return redirect("commitments:target", ref=ref)
    return _page(
        request,
        form,
        _("Withdraw %(code)s") % {"code": target.code},
        _("Withdraw the target"),
        plan=target.period,
        version=target.etag_version,
    )
