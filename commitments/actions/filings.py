"""One report and its duty: their locks, the guards of every act, and the only writer of their states."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import duties, rounds
from commitments.enums.reports import DutyState, ReportAct, ReportState
from commitments.models import Evidence, Report, ReportingDuty, Unlock
from commitments.rules import reports as rules
from commitments.rules.reports import Answer
from units import clock
from units.actions import register
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion, WrongState
from units.models import User
from units.rules.dates import day_text

CANNOT = {
    ReportAct.SAVE: _("%(what)s cannot be written: it is “%(state)s”. Open it to see why."),
    ReportAct.SUBMIT: _("%(what)s cannot be submitted: it is “%(state)s”. Only a draft can."),
    ReportAct.RECALL: _(
        "%(what)s cannot be taken back: it is “%(state)s”. Only one that awaits verification can."
    ),
    ReportAct.RETURN: _(
        "%(what)s cannot be returned: it is “%(state)s”. Only one that awaits verification can."
    ),
    ReportAct.VERIFY: _(
        "%(what)s cannot be verified: it is “%(state)s”. Wait until it is submitted again."
    ),
    ReportAct.RESTATE: _(
        "%(what)s cannot be restated: it is “%(state)s”. Only a verified report can."
    ),
}
FAULTS = {
    "answer-missing": _("Give a figure, or say that there is nothing to report."),
    "answer-of-another-kind": _("This indicator is not answered in this way."),
    "too-many-decimals": _("This figure has more decimals than the indicator has. Write fewer."),
    "negative": _("What is counted is not below 0."),
    "not-in-whole": _("A share of the work done lies between 0 and 100."),
    "grade-unknown": _("This is no grade of the scale. Choose one."),
    "denominator-not-positive": _(
        "The denominator is above 0. Where there is nothing to divide by, there is nothing to report."
    ),
    "two-answers": _("Give a figure or “nothing to report”, not both."),
    "width-missing": _("“About” needs to say how far the figure may be off."),
    "width-not-positive": _("This must be above 0."),
    "width-without-about": _("Only “about” has this."),
}


def begin(duty: ReportingDuty, *, by: User, **fields: Any) -> Report:
    n = duty.reports.count() + 1
    return Report.objects.create(
        ref=f"{duty.ref}-r{n}",
        duty=duty,
        n=n,
        author=by,
        provenance=duty.target.period.provenance,
        **fields,
    )


def answer_of(report: Report) -> Answer:
    """Return what a report says."""
    return Answer(**{field: getattr(report, field) for field in Answer.__dataclass_fields__})


def next_draft(duty: ReportingDuty, report: Report, *, by: User, restate_reason: str) -> Report:
    """Return the draft that follows `report`: the same content and the same evidence."""
    draft = begin(duty, by=by, restate_reason=restate_reason, **asdict(answer_of(report)))
    Evidence.objects.bulk_create(
        Evidence(
            report=draft,
            **{
                name: getattr(row, name)
                for name in ("file", "sha256", "size", "name", "kind", "captured_on")
            },
            added_by_id=row.added_by_id,
            added_at=row.added_at,
        )
        for row in report.evidence.order_by("pk")
    )
    return draft


# --- what every act asks --------------------------------------------------------------------------


def lock(report_id: int) -> tuple[ReportingDuty, Report]:
    """Return the duty and the report, both locked, the whole before its part."""
    found = Report.objects.filter(pk=report_id).values_list("duty_id", flat=True).first()
    if found is None:
        raise NotFound(
            _("There is no such report. Open the list of reports."), code="report-not-found"
        )
    duty = duties.lock(found)
    rows = Report.objects.select_for_update(of=("self",), no_key=True).select_related("author")
    report = rows.get(pk=report_id)
    report.duty = duty
    return duty, report


def open_report(duty: ReportingDuty) -> Report | None:
    rows = duty.reports.open().select_for_update(of=("self",), no_key=True)
    report: Report | None = rows.first()
    if report is not None:
        report.duty = duty
    return report


def require_reporter(act: ReportAct, duty: ReportingDuty, *, by: User, at: datetime) -> None:
    if not permissions.may_report(by, duty.unit_id, at=at):
        raise NotAllowed(
            _("You do not report for the unit of %(what)s. Ask the administrator for that role.")
            % {"what": duties.what(duty)},
            code=f"{act}-not-allowed",
        )


def require_seen(duty: ReportingDuty, version: int, expected: int) -> None:
    if version != expected:
        raise StaleVersion(
            _("%(what)s has changed since you opened it. Read it again, then decide.")
            % {"what": duties.what(duty)},
            code="report-changed",
        )


def require_listed(act: ReportAct, duty: ReportingDuty, report: Report | None) -> None:
    state = report.state if report else None
    open_state = state if state in {ReportState.DRAFT, ReportState.SUBMITTED} else None
    if report is not None and open_state is None:
        raise wrong(act, duty, report.state)
    if not rules.is_listed(act, duty.state, open_state):
        raise wrong(act, duty, report.state if report else duty.state)


def wrong(act: ReportAct, duty: ReportingDuty, state: str) -> WrongState:
    known = ReportState if state in ReportState.values else DutyState
    return WrongState(
        CANNOT[act] % {"what": duties.what(duty), "state": known(state).label},
        code=f"{act}-not-from-{state}",
    )


def require_writable(duty: ReportingDuty, *, at: datetime) -> None:
    """Raise Conflict unless reports of this duty are taken at `at`.

    From the day it opens to the last day before the lock, or while an unlock is in force. What came
    once, returned or to be restated, is mended at any time until the plan is closed.
    """
    duties.require_plan_open(duty)
    today = clock.local_date(at)
    if duty.first_submitted_at is not None:
        return
    if today < duty.opens_on:
        raise Conflict(
            _("%(what)s is taken from %(day)s on.")
            % {"what": duties.what(duty), "day": day_text(duty.opens_on)},
            code="duty-not-open",
        )
    if today > duty.locks_on and not Unlock.objects.filter(duty=duty, expires_at__gt=at).exists():
        raise Conflict(
            _("%(what)s was locked after %(day)s. Ask your supervisor to have it unlocked.")
            % {"what": duties.what(duty), "day": day_text(duty.locks_on)},
            code="duty-locked",
        )


def require_sound(answer: Answer, duty: ReportingDuty, *, complete: bool) -> None:
    indicator = duty.target.indicator
    judge = rules.submit_problems if complete else rules.draft_problems
    grades: Iterable[int] = indicator.grades("vi") if indicator.scale else ()
    found = judge(answer, kind=indicator.kind, decimals=indicator.decimals, grades=grades)
    if found:
        fields: dict[str, list[Any]] = {}
        for field, code in found:
            fields.setdefault(field, []).append(FAULTS[code])
        raise Invalid(
            _("%(what)s cannot be taken: %(fault)s")
            % {"what": duties.what(duty), "fault": FAULTS[found[0][1]]},
            code=found[0][1],
            fields=fields,
        )


def require_evidence(duty: ReportingDuty, report: Report) -> None:
    """Raise Invalid (evidence-missing) where each report must show a file and this one shows none.

    Where nothing happened there is nothing to show.
    """
    if not duty.target.needs_evidence or report.nothing_to_report or report.evidence.exists():
        return
    text = _("Each report of this target shows a file. Save the draft and add one to it first.")
    raise Invalid(
        _("%(what)s cannot be taken: %(fault)s") % {"what": duties.what(duty), "fault": text},
        code="evidence-missing",
        fields={"evidence": [text]},
    )


# --- the one writer -------------------------------------------------------------------------------


def move(
    act: ReportAct, duty: ReportingDuty, report: Report, *, by: User, at: datetime, **data: Any
) -> None:
    """Write both states by the table, and the register entry of the act."""
    before, move = report.state, rules.MOVES[act]
    owed = duty.state
    has_verified = duty.state == DutyState.VERIFIED
    report.state = move.report_to or report.state
    duty.state = rules.duty_after(act, duty.state, has_verified=has_verified)
    report.etag_version += 1
    duty.etag_version += 1
    report.save()
    duty.save(
        update_fields=["state", "etag_version", "first_submitted_at", "timeliness", "resubmit_by"]
    )
    data |= rounds.review(duty, at=at)
    data |= rounds.follow(duty, owed, at=at, due_on=duty.resubmit_by)
    enter(act.value, duty, report, by=by, at=at, **{"from": before, "to": report.state, **data})


def enter(
    act: str, duty: ReportingDuty, report: Report, *, by: User, at: datetime, **data: Any
) -> None:
    own = {duty.unit_id}
    both = own | {duty.target.assigner_id}
    said = {
        name: None if value is None else str(value) if not isinstance(value, bool) else int(value)
        for name, value in asdict(answer_of(report)).items()
        if name in {"value", "numerator", "denominator", "is_true", "nothing_to_report"}
    }
    said |= {"qualifier": report.qualifier, "stage": report.stage}
    register.append(
        kind=f"report.{act}",
        subject=f"report/{report.ref}",
        subject_version=report.etag_version,
        reach=own if report.state == ReportState.DRAFT else both,
        reach_before=own if act == ReportAct.SUBMIT else None,
        by=by,
        at=at,
        data={"duty": duty.ref, "target": duty.target.ref, "period": duty.period.code}
        | ({} if report.state == ReportState.DRAFT else said)
        | data,
    )
