"""Splitting a target among units on a page: the gap in sight, a proposal by keys."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from commitments.actions import allocations
from commitments.enums import TargetState
from commitments.models import Allocation, Target, TargetRevision
from commitments.rules import allocations as rules
from commitments.web.forms.targets import AllocationForm
from commitments.web.targets import own_target_or_404
from commitments.web.words import language, words_of
from units import clock
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit
from units.web import refusals

LIVE = frozenset({TargetState.PLANNED, TargetState.ASSIGNED})


@login_required
def allocate(request: WebRequest, ref: str) -> HttpResponse:
    """Split a target among units. "propose" and "count" change what is typed and save nothing."""
    target = own_target_or_404(request, ref)
    whole = target.current
    if whole is None or target.state not in LIVE or not allocations.may_add_up(target, whole):
        raise Http404
    known = {
        child.unit_id: child.current.value
        for child in target.children.prefetch_related("revisions")
        if child.current and child.current.value is not None
    }
    units = _units(request, target, known)
    split = Allocation.objects.filter(revision__target=target).order_by("-revision__n").first()
    names = ("reserve", "overage", "key_used")
    form = AllocationForm(
        request.POST if request.method == "POST" else None,  # a form may be sent empty
        units=units,
        parts=known,
        decimals=target.indicator.decimals,
        initial={name: getattr(split, name) for name in names} if split else None,
    )
    if request.method == "POST" and form.is_valid():
        if "propose" in request.POST:
            form = _proposed(form, whole, units, target.indicator.decimals)
        elif "count" not in request.POST:
            with refusals.shown_in(form):
                _save(request, target, form)
                return redirect("commitments:target", ref=ref)
    elif request.method == "GET" and split is not None and split.revision_id != whole.pk:
        form.initial["reserve"] = form.initial["overage"] = None  # they were those of another value
    return _page(request, target, whole, form, known, split)


def _units(request: WebRequest, target: Target, known: Mapping[int, Decimal]) -> list[OrgUnit]:
    """Return whom the target may be split among: units in reach, and those that have a part."""
    reach = OrgUnit.objects.within_reach_of(request.user, at=request.now)
    there = reach.in_force(clock.local_date(request.now)).exclude(
        pk__in=[target.unit_id, target.assigner_id]
    )
    rows = OrgUnit.objects.filter(pk__in=[*there.values_list("pk", flat=True), *known])
    return list(rows.with_names().order_by("ref"))


def _save(request: WebRequest, target: Target, form: AllocationForm) -> None:
    data = form.cleaned_data
    allocations.allocate(
        target_id=target.pk,
        parts=form.typed("part"),
        reserve=data["reserve"] or Decimal(0),
        overage=data["overage"] or Decimal(0),
        key_used=data["key_used"],
        by=request.user,
        expected=etags.seen_version(request.POST),
        at=request.now,
    )


def _proposed(
    form: AllocationForm, whole: TargetRevision, units: list[OrgUnit], decimals: int
) -> AllocationForm:
    """Return the form with the parts that the typed keys give by largest remainder."""
    data = form.cleaned_data
    total = (whole.value or 0) - (data["reserve"] or 0) + (data["overage"] or 0)
    keys = form.typed("key")
    codes = {unit.pk: _code(unit) for unit in units}
    rows = [rules.Key(pk, codes[pk], weight) for pk, weight in keys.items()]
    if not any(weight > 0 for weight in keys.values()) or min(keys.values()) < 0:
        form.add_error(None, _("Type at least one key above 0 and none below, then propose."))
        return form
    try:
        parts = rules.largest_remainder(Decimal(total), rows, decimals=decimals)
    except ValueError:
        form.add_error(
            None,
            _(
                "The target less its reserve is below 0 or has more decimals than the indicator. "
                "Correct the reserve or the overage, then propose."
            ),
        )
        return form
    typed = dict(form.data.items())
    for unit in units:
        field = form.fields[f"part-{unit.pk}"]
        typed[f"part-{unit.pk}"] = field.prepare_value(parts[unit.pk]) if unit.pk in parts else ""
    proposed = AllocationForm(typed, units=units, parts={}, decimals=decimals)
    proposed.is_valid()
    return proposed


def _code(unit: OrgUnit) -> str:
    """Return what settles a tie: the official code, of which the lower one goes first."""
    version = unit.version_now
    return (version.official_code if version else "") or unit.ref


def _page(
    request: WebRequest,
    target: Target,
    whole: TargetRevision,
    form: AllocationForm,
    known: Mapping[int, Decimal],
    split: Allocation | None,
) -> HttpResponse:
    gap: Decimal | None = None
    given: Decimal | None = sum(known.values(), Decimal(0))
    value = whole.value or Decimal(0)
    if request.method == "GET":
        kept = split if split is not None and split.revision_id == whole.pk else None
        reserve, overage = (kept.reserve, kept.overage) if kept else (Decimal(0), Decimal(0))
        gap = rules.gap(value, known.values(), reserve=reserve, overage=overage)
    elif any(name != "__all__" for name in form.errors):
        given = None  # what cannot be read cannot be added
    else:
        parts = form.typed("part").values()
        given = sum(parts, Decimal(0))
        extra = {name: form.cleaned_data.get(name) or Decimal(0) for name in ("reserve", "overage")}
        gap = rules.gap(value, parts, **extra)
    context: dict[str, Any] = {
        "target": target,
        "form": form,
        "words": words_of(target),
        "whole": value,
        "plain": f"{value:f}",
        "given": given,
        "gap": gap,
        "decimals": target.indicator.decimals,
        "language": language(),
        "version": target.etag_version,
    }
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "commitments/targets/allocate.html", context, status=status)
