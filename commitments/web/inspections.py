"""Inspections on pages: which units a target counts, who was inspected, and each record."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from commitments import permissions
from commitments.actions import inspections
from commitments.models import CountedScope, Inspection, Target
from commitments.rules.inspections import share
from commitments.web import figures
from commitments.web.corrections import seen_or_404
from commitments.web.forms.inspections import CorrectInspectionForm, InspectionForm, ScopeForm
from commitments.web.words import words_of
from units import clock
from units.http.requests import WebRequest
from units.models import OrgUnit, RegisterEntry
from units.rules.dates import day_text
from units.web import refusals

SHOWN = 200


def counted_words(target: Target, *, request: WebRequest) -> dict[str, Any] | None:
    """Return how many units of those counted were inspected by today, in words; None: none are."""
    day = clock.local_date(request.now)
    tally = inspections.tally(target, on=day)
    if tally is None:
        return None
    counted = tally.upto(day)
    return {
        "done": len(counted),
        "of": len(tally.among),
        "share": figures.percent(share(counted, tally.among)),
        "first_by_unit": {record.unit: record for record in counted},
    }


@login_required
@require_GET
def index(request: WebRequest, ref: str) -> HttpResponse:
    """Show which units a target counts, which of them were inspected, and every record."""
    target = seen_or_404(request, ref)
    scope = inspections.scope_of(target)
    if scope is None:
        raise Http404
    counted = counted_words(target, request=request)
    records = Inspection.objects.filter(target=target).for_rows().order_by("-inspected_on", "-pk")
    units = OrgUnit.objects.filter(pk__in=scope.units.values("unit")).with_names().order_by("ref")
    first = counted["first_by_unit"] if counted else {}
    context = {
        "target": target,
        "words": words_of(target),
        "scope": scope,
        "counted": counted,
        "units": [{"unit": unit, "first": first.get(unit.pk)} for unit in units],
        "records": [
            {"row": row, "is_first": row.unit_id in first and first[row.unit_id].ref == row.ref}
            for row in records[:SHOWN]
        ],
        "more": records.count() > SHOWN,
        **_may(request, target),
    }
    return render(request, "commitments/inspections/list.html", context)


def _may(request: WebRequest, target: Target) -> dict[str, bool]:
    recorder = permissions.may_record(request.user, target, at=request.now)
    planner = permissions.plans_in_person(request.user, target.assigner_id, at=request.now)
    return {
        "may_record": recorder and target.state == "assigned",
        "may_fix": planner and inspections.may_fix(target),
    }


@login_required
def fix(request: WebRequest, ref: str) -> HttpResponse:
    """Say which units a target counts; from then on they are frozen."""
    target = seen_or_404(request, ref)
    if not permissions.plans_in_person(request.user, target.assigner_id, at=request.now):
        raise Http404
    if request.method == "GET" and not inspections.may_fix(target):
        raise Http404
    form = ScopeForm(request.POST or None, countable=inspections.countable(target))

    def run(**given: Any) -> CountedScope:
        return inspections.fix_scope(target_id=target.pk, **given)

    return _asked(
        request,
        form,
        run,
        title=_("Units that %(code)s counts") % {"code": target.code},
        lead=_(
            "Choose the units as they stood on %(day)s. Once frozen, only a revision of the target lets others be counted."
        )
        % {"day": day_text(inspections.counted_on(target))},
        button=_("Freeze these units"),
        done=_("The units are frozen."),
        target=target,
    )


@login_required
def record(request: WebRequest, ref: str) -> HttpResponse:
    """Record one inspection, with photos or documents."""
    target = seen_or_404(request, ref)
    scope = _scope_or_404(request, target)
    among = scope.units.values("unit")
    form = InspectionForm(
        request.POST or None,
        request.FILES or None,
        among=among,
        initial={"inspected_on": clock.local_date(request.now)},
    )

    def run(**given: Any) -> Inspection:
        return inspections.record(target_id=target.pk, **given)

    return _asked(
        request,
        form,
        run,
        title=_("Record an inspection"),
        lead=_("A unit that is inspected again is counted once. Both records stay."),
        button=_("Record the inspection"),
        done=_("The inspection is recorded."),
        target=target,
    )


@login_required
def correct(request: WebRequest, ref: str) -> HttpResponse:
    """Put another record in the place of one that was wrong."""
    wrong = _record_or_404(request, ref)
    scope = _scope_or_404(request, wrong.target)
    if request.method == "GET" and wrong.is_corrected:
        raise Http404
    form = CorrectInspectionForm(
        request.POST or None, request.FILES or None, wrong=wrong, among=scope.units.values("unit")
    )

    def run(**given: Any) -> Inspection:
        return inspections.correct(inspection_id=wrong.pk, **given)

    return _asked(
        request,
        form,
        run,
        title=_("Correct a record"),
        lead=_(
            "What you write stands in the place of the record. The wrong one stays to be read, with your reason."
        ),
        button=_("Correct the record"),
        done=_("The record is corrected."),
        target=wrong.target,
    )


@login_required
@require_GET
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one record: who was inspected, what came out, its files, and how it was corrected."""
    row = _record_or_404(request, ref)
    names = [one.ref for one in (row, row.corrects) if one is not None]
    may = _may(request, row.target)
    context = {
        "row": row,
        "target": row.target,
        "after": row.corrected_by if row.is_corrected else None,
        "may_correct": may["may_record"] and not row.is_corrected,
        "history": RegisterEntry.objects.about("inspection", *names)
        .select_related("actor")
        .order_by("-pk"),
    }
    return render(request, "commitments/inspections/detail.html", context)


def _record_or_404(request: WebRequest, ref: str) -> Inspection:
    seen = Inspection.objects.visible_to(request.user, at=request.now).for_rows()
    return get_object_or_404(seen.select_related("target__indicator", "target__period"), ref=ref)


def _scope_or_404(request: WebRequest, target: Target) -> CountedScope:
    """Return the units that are counted, to whoever records inspections of them."""
    scope = inspections.scope_of(target)
    if scope is None or not permissions.may_record(request.user, target, at=request.now):
        raise Http404
    return scope


def _asked(
    request: WebRequest,
    form: Form,
    run: Callable[..., Any],
    *,
    done: str,
    **context: Any,
) -> HttpResponse:
    """Do what a form asks for and lead to the inspections of the target; else show it, filled in."""
    if request.method == "POST" and form.is_valid():
        with refusals.shown_in(form):
            run(by=request.user, at=request.now, **form.as_arguments())
            messages.success(request, done)
            return redirect("commitments:target-inspections", ref=context["target"].ref)
    status = 422 if request.method == "POST" else 200
    context |= {"form": form}
    return render(request, "commitments/inspections/form.html", context, status=status)
