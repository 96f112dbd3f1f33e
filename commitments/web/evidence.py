"""Evidence on pages: sent, taken out, and handed only to whoever may see what it belongs to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import evidence, reports
from commitments.enums.reports import ReportState
from commitments.models import BacklogCase, Evidence, Inspection, Report
from commitments.rules.reports import Answer
from commitments.web.reports import duty_or_404
from units.errors import Refused
from units.http.requests import WebRequest


def _seen_or_404(request: WebRequest, pk: int) -> Evidence:
    reports_seen = Report.objects.visible_to(request.user, at=request.now)
    cases_seen = BacklogCase.objects.visible_to(request.user, at=request.now)
    inspections_seen = Inspection.objects.visible_to(request.user, at=request.now)
    rows = Evidence.objects.filter(
        Q(report__in=reports_seen) | Q(case__in=cases_seen) | Q(inspection__in=inspections_seen)
    )
    return get_object_or_404(rows.select_related("report__duty"), pk=pk)


@login_required
def download(request: WebRequest, pk: int) -> HttpResponse:
    """Hand out a file. Whoever may not see its subject learns no more than from an invented address."""
    row = _seen_or_404(request, pk)
    answer = HttpResponse(evidence.read(row), content_type=row.kind)
    answer.headers["Content-Disposition"] = _disposition(row)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _disposition(row: Evidence) -> str:
    plain = row.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return f'attachment; filename="{plain}"'


@login_required
@require_POST
def add(request: WebRequest, ref: str) -> HttpResponse:
    """Take a file for the draft of a report; where there is none yet, it begins."""
    duty = duty_or_404(request, ref)
    if not permissions.may_report(request.user, duty.unit_id, at=request.now):
        raise Http404
    sent = request.FILES.get("file")
    if sent is None:
        messages.error(request, _("Choose a file first."))
        return redirect("commitments:report", ref=ref)
    draft = duty.reports.filter(state=ReportState.DRAFT).first()
    try:
        if draft is None:
            draft = reports.save(
                duty_id=duty.pk, answer=Answer(), by=request.user, expected=0, at=request.now
            )
        evidence.add(
            report_id=draft.pk,
            name=sent.name or "file",
            data=sent.read(evidence.files.MAX_BYTES + 1),
            by=request.user,
            at=request.now,
        )
    except Refused as error:
        messages.error(request, str(error.message))
    return redirect("commitments:report", ref=ref)


@login_required
@require_POST
def remove(request: WebRequest, pk: int) -> HttpResponse:
    """Take a file out of a draft."""
    row = _seen_or_404(request, pk)
    report = evidence.remove(evidence_id=row.pk, by=request.user, at=request.now)
    return redirect("commitments:report", ref=report.duty.ref)
