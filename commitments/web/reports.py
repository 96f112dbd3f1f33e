"""One report on its page: what is owed, what was said, who decided, and the acts on it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import cases, duties, filings, reports, unlocks, verifications
from commitments.actions.rounds import WAITS
from commitments.enums.reports import DutyState, ReportState
from commitments.models import Report, ReportingDuty, Unlock
from commitments.web import acknowledgements, deputies, reminders
from commitments.web.filings import TAGS, Row, said_in
from commitments.web.grids import into, rows_of, visible, write
from commitments.web.rounds import clock_of
from units.errors import NotAllowed, Refused
from units.http import etags
from units.http.requests import WebRequest
from units.models import RegisterEntry
from units.querysets.ordering import as_counted
from units.rules import texts


def duty_or_404(request: WebRequest, ref: str) -> ReportingDuty:
    return get_object_or_404(visible(request), ref=ref)


@login_required
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one report: what is owed, what was said, who decided; write it where that is due."""
    duty = duty_or_404(request, ref)
    may_write = permissions.may_report(request.user, duty.unit_id, at=request.now)
    typed = request.POST if request.method == "POST" else None
    if typed is not None and not may_write:
        raise Http404
    found = visible(request).filter(pk=duty.pk)
    (row,) = rows_of(found, request, writable=may_write, typed=typed, filled=True)
    status = 200
    if typed is not None and row.form is not None:
        try:
            write(request, row.duty, row.form, hand_in=typed.get("act") == "submit")
        except Refused as error:
            status = error.status
            into(row.form, error)
            row = Row(**{**row.__dict__, "fault": error.message})
        else:
            return redirect("commitments:report", ref=ref)
    return _detail(request, row, status=status)


def _detail(
    request: WebRequest,
    row: Row,
    *,
    fault: Any = "",
    status: int = 200,
    said: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Show one report. `said`: what was typed for an act that was refused, by the act's name."""
    duty, at = row.duty, request.now
    newest = row.report
    names = [report.ref for report in row.reports]
    history = RegisterEntry.objects.about("report", *names) | RegisterEntry.objects.about(
        "duty", duty.ref
    )
    submitted = newest is not None and newest.state == ReportState.SUBMITTED
    verifier = submitted and permissions.may_verify(request.user, duty.unit_id, at=at)
    reporter = permissions.may_report(request.user, duty.unit_id, at=at)
    waiver = permissions.may_waive(request.user, duty.target.period, at=at)
    waiting = clock_of(duty)
    asked = Unlock.objects.filter(duty=duty, approved_at=None, declined_at=None).first()
    context = {
        "row": row,
        "duty": duty,
        "next_step": cases.next_step(waiting) if waiting else None,
        "ack": acknowledgements.of(waiting, reader=request.user, at=at),
        "aside": reminders.aside(
            duty.round, waiting=waiting, reader=request.user, at=at, page=duty.ref
        )
        if waiting and duty.state in WAITS
        else None,
        "deputy": deputies.of(waiting, reader=request.user, at=at),
        "fault": fault,
        "said": dict.fromkeys(WITH_REASON, "") | dict(said or {}),
        "longest": texts.ACCOUNT,
        "spoken": [
            (report, said_in(report, duty.target.indicator), TAGS[report.state])
            for report in row.reports
        ],
        "history": history.select_related("actor").order_by("-pk")[:50],
        "may_verify": verifier and newest is not None and newest.author_id != request.user.pk,
        "may_recall": submitted
        and newest is not None
        and newest.author_id == request.user.pk
        and not newest.checks.all(),
        "may_restate": reporter
        and newest is not None
        and newest.state == ReportState.VERIFIED
        and duty.state == DutyState.VERIFIED,
        "may_waive": waiver and duty.state in {DutyState.AWAITED, DutyState.MISSING},
        "may_ask": duty.state == DutyState.MISSING
        and asked is None
        and permissions.may_ask_unlock(request.user, duty.unit_id, at=at),
        "asked": asked,
        "counted_differs": row.counted is not None and row.counted.differs_from(newest),
        "may_answer": asked is not None and waiver and asked.requested_by_id != request.user.pk,
        **_beside(request, duty, reporter=reporter),
    }
    return render(request, "commitments/reports/detail.html", context, status=status)


def _beside(request: WebRequest, duty: ReportingDuty, *, reporter: bool) -> dict[str, Any]:
    """Return the reports before and behind this one in the grid: one target a screen."""
    if not reporter:
        return {}
    same = visible(request).filter(unit=duty.unit_id, period=duty.period_id)
    refs = list(same.order_by(as_counted("target__code"), "pk").values_list("ref", flat=True))
    place = refs.index(duty.ref)
    return {
        "before": refs[place - 1] if place else None,
        "behind": refs[place + 1] if place + 1 < len(refs) else None,
        "place": place + 1,
        "places": len(refs),
    }


@login_required
@require_POST
def autosave(request: WebRequest, ref: str) -> JsonResponse:
    """Keep one row while it is typed; answer with the version to go on from, or with its faults."""
    duty = duty_or_404(request, ref)
    (row,) = rows_of(
        visible(request).filter(pk=duty.pk), request, writable=True, typed=request.POST
    )
    try:
        if row.form is None:
            filings.require_reporter(
                reports.ReportAct.SAVE, row.duty, by=request.user, at=request.now
            )
            raise filings.wrong(
                reports.ReportAct.SAVE, row.duty, row.report.state if row.report else duty.state
            )
        saved = write(request, row.duty, row.form, hand_in=False)
    except Refused as error:
        fields = {name: [str(text) for text in texts] for name, texts in error.fields.items()}
        body = {"code": error.code, "message": str(error.message), "fields": fields}
        return JsonResponse(body, status=error.status)
    return JsonResponse({"version": saved.etag_version})


Act = Callable[..., Any]
ON_A_REPORT: Mapping[str, tuple[Act, bool]] = {  # act -> what does it, whether it takes a reason
    "recall": (reports.recall, False),
    "restate": (reports.restate, True),
    "verify": (verifications.verify, False),
    "return": (verifications.return_to_author, True),
}
ON_A_DUTY: Mapping[str, Act] = {"waive": duties.waive, "ask-unlock": unlocks.ask}
WITH_REASON = ("return", "restate", "waive", "ask_unlock")


@login_required
@require_POST
def act(request: WebRequest, ref: str, name: str) -> HttpResponse:
    """Do one act on a report, from its page; a refusal comes back with what was typed."""
    duty = duty_or_404(request, ref)
    asked: dict[str, Any] = {"by": request.user, "at": request.now}
    asked["expected"] = etags.seen_version(request.POST)
    try:
        if name in ON_A_DUTY:
            reason = request.POST.get("reason", "")
            ON_A_DUTY[name](duty_id=duty.pk, reason=reason, **asked)
        elif name in ON_A_REPORT:
            do, takes_reason = ON_A_REPORT[name]
            seen = Report.objects.visible_to(request.user, at=request.now).filter(duty=duty)
            report = get_object_or_404(seen, ref=request.POST.get("report", ""))
            if takes_reason:
                asked["reason"] = request.POST.get("reason", "")
            do(report_id=report.pk, **asked)
        else:
            raise Http404
    except NotAllowed:
        raise  # and is noted
    except Refused as error:
        typed = request.POST.get("reason", "")
        if not typed and "reason" not in error.fields:
            raise
        (row,) = rows_of(visible(request).filter(pk=duty.pk), request)
        said = {name.replace("-", "_"): typed}
        return _detail(request, row, fault=error.message, status=error.status, said=said)
    return redirect("commitments:report", ref=ref)


@login_required
@require_POST
def answer_unlock(request: WebRequest, ref: str, unlock: int) -> HttpResponse:
    """Grant or decline what a supervisor asked."""
    duty = duty_or_404(request, ref)
    asked = get_object_or_404(Unlock, pk=unlock, duty=duty)
    granted = request.POST.get("answer") == "grant"
    unlocks.answer(unlock_id=asked.pk, granted=granted, by=request.user, at=request.now)
    return redirect("commitments:report", ref=ref)
