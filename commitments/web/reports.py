"""Reports on pages: the grid of a unit and a period, one report with its history, its evidence."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import duties, filings, reports, unlocks, verifications
from commitments.enums.reports import DutyState, ReportState
from commitments.models import Period, Report, ReportingDuty, Unlock
from commitments.querysets.reports import own_side
from commitments.web.discipline import shares_of
from commitments.web.filings import TAGS, Row, rows_for, said_in
from commitments.web.forms.reports import AnswerForm, seen_in
from commitments.web.rounds import next_steps
from units import clock
from units.errors import Refused
from units.http import etags
from units.http.requests import WebRequest
from units.models import OrgUnit, RegisterEntry


def _visible(request: WebRequest) -> QuerySet[ReportingDuty]:
    return ReportingDuty.objects.visible_to(request.user, at=request.now)


def _rows_of(duties_: QuerySet[ReportingDuty], request: WebRequest, **more: Any) -> list[Row]:
    found = duties_.for_rows().with_open(request.user, at=request.now)
    on = clock.local_date(request.now)
    return rows_for(found, on=on, **more)


# --- the grid -------------------------------------------------------------------------------------


@login_required
def index(request: WebRequest) -> HttpResponse:
    """Show the reports of one unit for one period as a grid; who may write, writes them here."""
    seen = _visible(request)
    unit = _unit(request, seen)
    if unit is None:
        return redirect("commitments:reports-overview")
    period = _period(request, seen.filter(unit=unit))
    may_write = permissions.may_report(request.user, unit, at=request.now)
    owed = seen.filter(unit=unit, period__code=period).order_by("target__code", "pk")
    typed, done = None, 0
    faults: dict[int, Any] = {}
    if request.method == "POST":
        if not may_write:
            raise Http404
        typed = request.POST
        done, faults = _take(request, _rows_of(owed, request, writable=True, typed=typed))
        if not faults:
            _told(request, done)
            return redirect(f"{reverse('commitments:reports')}?unit={unit.ref}&period={period}")
    rows = _rows_of(owed, request, writable=may_write, typed=typed, faults=faults)
    if faults:
        rows = [_still_typed(row, faults) for row in rows]
    counts = next(iter(owed.order_by().counted("unit", on=clock.local_date(request.now))), None)
    context = {
        "unit": unit,
        "period": next((row.duty.period for row in rows), None),
        "units": _units(seen),
        "periods": _periods(request, seen.filter(unit=unit)),
        "rows": rows,
        "writes": any(row.form for row in rows),
        "counts": counts,
        "shares": shares_of(counts) if counts else None,
        "faults": faults,
        "done": done,
    }
    status = 422 if faults else 200
    return render(request, "commitments/reports/grid.html", context, status=status)


def _told(request: WebRequest, done: int) -> None:
    text = ngettext("%(done)d row was taken.", "%(done)d rows were taken.", done)
    messages.success(request, text % {"done": done})


def _still_typed(row: Row, faults: Mapping[int, Any]) -> Row:
    """Return a row whose form shows what was typed if it was refused, and what is stored if not."""
    if row.form is None or row.duty.pk in faults:
        return row
    shown = row.report if row.report and row.report.state == ReportState.DRAFT else None
    return Row(**{**row.__dict__, "form": AnswerForm(row.duty, shown)})


def _take(request: WebRequest, rows: list[Row]) -> tuple[int, dict[int, Any]]:
    """Save, or hand in, every row that was typed into; return how many, and the faults by duty."""
    act = request.POST.get("act", "save")
    done, faults = 0, {}
    for row in rows:
        form, duty = row.form, row.duty
        if form is None or f"d{duty.pk}-version" not in request.POST:
            continue
        alone = act.removeprefix("submit-") if act.startswith("submit-") else ""
        if (alone and alone != str(duty.pk)) or form.is_untouched():
            continue
        try:
            _write(request, duty, form, hand_in=act.startswith("submit"))
        except Refused as error:
            faults[duty.pk] = error.message
            _into(form, error)
        else:
            done += 1
    return done, faults


def _write(request: WebRequest, duty: ReportingDuty, form: AnswerForm, *, hand_in: bool) -> Report:
    """Save one row, or hand it in. Raises Refused; what cannot be read is a refusal too."""
    expected = seen_in(request.POST, duty)
    if not form.is_valid():
        raise unreadable(form)
    do = reports.file if hand_in else reports.save
    return do(
        duty_id=duty.pk,
        answer=form.answer(),
        by=request.user,
        expected=expected,
        at=request.now,
    )


def unreadable(form: AnswerForm) -> Refused:
    """Return the refusal of a form whose fields cannot be read; the form keeps its own faults."""
    texts = [str(text) for faults in form.errors.values() for text in faults]
    refused = Refused(" ".join(texts), code="row-unreadable")
    refused.fields = {name: list(faults) for name, faults in form.errors.items()}
    refused.status = 422
    return refused


def _into(form: AnswerForm, error: Refused) -> None:
    if error.code == "row-unreadable" or not form.is_bound:
        return
    form.is_valid()
    for name, texts in error.fields.items():
        if name in form.fields:
            form.add_error(name, list(texts))


def _unit(request: WebRequest, seen: QuerySet[ReportingDuty]) -> OrgUnit | None:
    """Return the unit of the address, else the one that this person reports for; None: none."""
    if ref := request.GET.get("unit"):
        owing = seen.filter(unit__ref=ref).values("unit")
        return get_object_or_404(OrgUnit.objects.filter(pk__in=owing).with_names(), ref=ref)
    own = own_side(request.user, at=request.now)
    mine = seen.filter(own.on("unit")).order_by("unit__ref").values("unit")
    return OrgUnit.objects.filter(pk__in=mine).with_names().order_by("ref").first()


def _period(request: WebRequest, owed: QuerySet[ReportingDuty]) -> str:
    """Return the code of the period of the address, else of the newest that has opened."""
    if code := request.GET.get("period"):
        if not owed.filter(period__code=code).exists():
            raise Http404
        return code
    today = clock.local_date(request.now)
    named = owed.select_related("period")
    opened = named.filter(opens_on__lte=today).order_by("-due_on", "-period__code")
    found = opened.first() or named.order_by("due_on", "period__code").first()
    if found is None:
        raise Http404
    return found.period.code


def _units(seen: QuerySet[ReportingDuty]) -> QuerySet[OrgUnit]:
    owing = seen.values("unit")
    return OrgUnit.objects.filter(pk__in=owing).with_names().order_by("ref")[:300]


def _periods(request: WebRequest, owed: QuerySet[ReportingDuty]) -> QuerySet[Period]:
    opened = owed.filter(opens_on__lte=clock.local_date(request.now)).values("period")
    return Period.objects.filter(pk__in=opened).order_by("-starts_on")


# --- one report -----------------------------------------------------------------------------------


def duty_or_404(request: WebRequest, ref: str) -> ReportingDuty:
    return get_object_or_404(_visible(request), ref=ref)


@login_required
def detail(request: WebRequest, ref: str) -> HttpResponse:
    """Show one report: what is owed, what was said, who decided; write it where that is due."""
    duty = duty_or_404(request, ref)
    may_write = permissions.may_report(request.user, duty.unit_id, at=request.now)
    typed = request.POST if request.method == "POST" else None
    if typed is not None and not may_write:
        raise Http404
    found = _visible(request).filter(pk=duty.pk)
    (row,) = _rows_of(found, request, writable=may_write, typed=typed)
    status = 200
    if typed is not None and row.form is not None:
        try:
            _write(request, row.duty, row.form, hand_in=typed.get("act") == "submit")
        except Refused as error:
            status = error.status
            _into(row.form, error)
            row = Row(**{**row.__dict__, "fault": error.message})
        else:
            return redirect("commitments:report", ref=ref)
    return _detail(request, row, status=status)


def _detail(
    request: WebRequest, row: Row, *, fault: Any = "", status: int = 200, reason: str = ""
) -> HttpResponse:
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
    asked = Unlock.objects.filter(duty=duty, approved_at=None, declined_at=None).first()
    context = {
        "row": row,
        "duty": duty,
        "next_step": next_steps([duty]).get(duty.pk),
        "fault": fault,
        "reason": reason,
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
        "may_answer": asked is not None and waiver and asked.requested_by_id != request.user.pk,
        **_beside(request, duty, reporter=reporter),
    }
    return render(request, "commitments/reports/detail.html", context, status=status)


def _beside(request: WebRequest, duty: ReportingDuty, *, reporter: bool) -> dict[str, Any]:
    """Return the reports before and behind this one in the grid: one target a screen."""
    if not reporter:
        return {}
    same = _visible(request).filter(unit=duty.unit_id, period=duty.period_id)
    refs = list(same.order_by("target__code", "pk").values_list("ref", flat=True))
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
    (row,) = _rows_of(
        _visible(request).filter(pk=duty.pk), request, writable=True, typed=request.POST
    )
    try:
        if row.form is None:
            filings.require_reporter(
                reports.ReportAct.SAVE, row.duty, by=request.user, at=request.now
            )
            raise filings.wrong(
                reports.ReportAct.SAVE, row.duty, row.report.state if row.report else duty.state
            )
        saved = _write(request, row.duty, row.form, hand_in=False)
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
    except Refused as error:
        if "reason" not in error.fields:
            raise
        (row,) = _rows_of(_visible(request).filter(pk=duty.pk), request)
        return _detail(request, row, fault=error.message, status=error.status)
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
