"""A plan in a workbook, on pages: taken away, brought back, checked, applied or dropped."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from commitments.actions import exports, faults, imports
from commitments.models import Period, PlanImport
from commitments.rules.columns import TABLES
from commitments.web.plans import own_plan_or_404
from commitments.web.words import language
from units.actions.workbooks import MAX_BYTES
from units.enums import ImportState
from units.errors import StaleVersion
from units.http import tables
from units.http.requests import WebRequest
from units.web import refusals, workbooks


@login_required
def begin(request: WebRequest, code: str) -> HttpResponse:
    """Offer template, export and upload; keep what is uploaded and show its check."""
    plan = own_plan_or_404(request, code)
    form = workbooks.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        with refusals.shown_in(form):
            kept = imports.upload(
                period_id=plan.pk,
                file_name=file.name,
                data=file.read(MAX_BYTES + 1),
                by=request.user,
                at=request.now,
            )
            return redirect("commitments:import", code=code, ref=kept.ref)
    rows = plan.imports.select_related("uploaded_by").order_by("-pk")[:20]
    context = {"plan": plan, "form": form, "imports": rows}
    status = 422 if request.method == "POST" else 200
    return render(request, "commitments/imports/begin.html", context, status=status)


def _kept(plan: Period, ref: UUID) -> PlanImport:
    return get_object_or_404(plan.imports.select_related("uploaded_by"), ref=ref)


@login_required
def detail(request: WebRequest, code: str, ref: UUID) -> HttpResponse:
    """Show what a kept workbook would change now, or everything that stands in the way."""
    plan = own_plan_or_404(request, code)
    return _detail(request, plan, _kept(plan, ref))


def _detail(
    request: WebRequest, plan: Period, kept: PlanImport, *, refused: Any = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "plan": plan,
        "kept": kept,
        "form": workbooks.UploadForm(),
        "refused": refused,
    }
    if kept.state == ImportState.WAITING:
        found = imports.check(
            plan=plan, data=imports.bytes_of(kept), by=request.user, at=request.now
        )
        context |= workbooks.shown(found, TABLES, faults.in_words)
    return render(request, "commitments/imports/detail.html", context, status=status)


@login_required
@require_POST
def apply(request: WebRequest, code: str, ref: UUID) -> HttpResponse:
    """Write all of a kept workbook, or nothing."""
    plan = own_plan_or_404(request, code)
    kept = _kept(plan, ref)
    if kept.state == ImportState.APPLIED:  # pressed twice
        return redirect("commitments:import", code=code, ref=ref)
    try:
        done = imports.apply(
            import_id=kept.pk,
            seen=request.POST.get("seen", ""),
            by=request.user,
            at=request.now,
        )
    except StaleVersion as error:
        return _detail(request, plan, kept, refused=error.message, status=error.status)
    except ValidationError as error:
        return _detail(request, plan, kept, refused=" ".join(error.messages), status=422)
    messages.success(
        request,
        ngettext(
            "%(file)s is applied: %(count)s change.",
            "%(file)s is applied: %(count)s changes.",
            done.changes,
        )
        % {"file": kept.file_name, "count": done.changes},
    )
    return redirect("commitments:plan", code=code)


@login_required
@require_POST
def drop(request: WebRequest, code: str, ref: UUID) -> HttpResponse:
    """Throw a kept workbook away."""
    plan = own_plan_or_404(request, code)
    imports.drop(import_id=_kept(plan, ref).pk, by=request.user, at=request.now)
    return redirect("commitments:import-begin", code=code)


@login_required
def template(request: WebRequest, code: str) -> HttpResponse:
    """Hand out an empty workbook in the reader's language."""
    plan = own_plan_or_404(request, code)
    data = exports.template(plan, by=request.user, at=request.now, language=language())
    return tables.xlsx_response(f"{_('plan-template')}-{plan.code}", data)


@login_required
def export(request: WebRequest, code: str) -> HttpResponse:
    """Hand out the plan as a workbook; uploaded again it changes nothing."""
    plan = own_plan_or_404(request, code)
    data = exports.export(plan, by=request.user, at=request.now, language=language())
    return tables.xlsx_response(f"{_('plan')}-{plan.code}", data)
