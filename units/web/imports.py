"""Units and people in a workbook, on pages: taken away, brought back, checked, applied or dropped."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from units import clock
from units.actions import exports, faults, imports
from units.actions.workbooks import MAX_BYTES
from units.enums import ImportState
from units.errors import Conflict, Invalid, StaleVersion
from units.http import tables
from units.http.requests import WebRequest
from units.models import OrganisationImport, User
from units.rules.columns import TABLES
from units.web import refusals, workbooks
from units.web.people import require_administrator


@login_required
def begin(request: WebRequest) -> HttpResponse:
    """Offer template, export and upload; keep what is uploaded and show its check."""
    require_administrator(request)
    form = workbooks.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        with refusals.shown_in(form):
            kept = imports.upload(
                file_name=file.name,
                data=file.read(MAX_BYTES + 1),
                by=request.user,
                at=request.now,
            )
            return redirect("units:import", ref=kept.ref)
    rows = OrganisationImport.objects.defer("content").select_related("uploaded_by")
    context = {"form": form, "imports": rows.order_by("-pk")[:20]}
    status = 422 if request.method == "POST" else 200
    return render(request, "units/imports/begin.html", context, status=status)


def _kept(ref: UUID) -> OrganisationImport:
    return get_object_or_404(OrganisationImport.objects.select_related("uploaded_by"), ref=ref)


@login_required
def detail(request: WebRequest, ref: UUID) -> HttpResponse:
    """Show what a kept workbook would change now, or everything that stands in the way."""
    require_administrator(request)
    return _detail(request, _kept(ref))


def _detail(
    request: WebRequest, kept: OrganisationImport, *, refused: Any = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"kept": kept, "form": workbooks.UploadForm(), "refused": refused}
    if kept.state == ImportState.APPLIED:
        real_at = clock.real_now()
        context["to_invite"] = User.objects.to_invite(real_at=real_at).count()
    if kept.state == ImportState.WAITING:
        found = imports.check(data=imports.bytes_of(kept), by=request.user, at=request.now)
        context |= workbooks.shown(found, TABLES, faults.in_words)
    return render(request, "units/imports/detail.html", context, status=status)


@login_required
@require_POST
def apply(request: WebRequest, ref: UUID) -> HttpResponse:
    """Write all of a kept workbook, or nothing; then show whom it let in, to be invited."""
    require_administrator(request)
    kept = _kept(ref)
    if kept.state == ImportState.APPLIED:  # pressed twice
        return redirect("units:import", ref=ref)
    try:
        done = imports.apply(
            import_id=kept.pk, seen=request.POST.get("seen", ""), by=request.user, at=request.now
        )
    except (StaleVersion, Conflict, Invalid) as error:
        return _detail(request, kept, refused=error.message, status=error.status)
    except ValidationError as error:
        return _detail(request, kept, refused=" ".join(error.messages), status=422)
    messages.success(
        request,
        ngettext(
            "%(file)s is applied: %(count)s change.",
            "%(file)s is applied: %(count)s changes.",
            done.changes,
        )
        % {"file": kept.file_name, "count": done.changes},
    )
    return redirect("units:import", ref=ref)


@login_required
@require_POST
def drop(request: WebRequest, ref: UUID) -> HttpResponse:
    """Throw a kept workbook away."""
    require_administrator(request)
    imports.drop(import_id=_kept(ref).pk, by=request.user, at=request.now)
    return redirect("units:import-begin")


@login_required
def template(request: WebRequest) -> HttpResponse:
    """Hand out an empty workbook in the reader's language."""
    require_administrator(request)
    data = exports.template(by=request.user, at=request.now, language=workbooks.language())
    return tables.xlsx_response("people-template", data)


@login_required
def export(request: WebRequest) -> HttpResponse:
    """Hand out units and people as a workbook; uploaded again it changes nothing."""
    require_administrator(request)
    data = exports.export(by=request.user, at=request.now, language=workbooks.language())
    return tables.xlsx_response("people", data)
