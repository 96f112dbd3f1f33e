"""Reports: drafted, submitted, taken back, restated. Who decides on them stands in `verifications`."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.actions import duties, filings
from commitments.enums.reports import ReportAct, ReportState, Timeliness
from commitments.models import Report, ReportingDuty
from commitments.rules.reports import Answer
from units import clock
from units.errors import Conflict, NotAllowed
from units.models import User


@transaction.atomic
def save(*, duty_id: int, answer: Answer, by: User, expected: int, at: datetime) -> Report:
    """Write the draft of a report as far as it is known; begin it where there is none.

    `expected`: the version of the draft that the caller has seen, 0 where there was none. The same
    content again from its author changes nothing, whatever was seen: a page that was left while it
    saved sends it twice. A draft is its own side's paper: it leaves no register entry.
    Raises NotFound, NotAllowed (save-not-allowed), StaleVersion (report-changed), WrongState
    (save-not-from-<state>), Conflict (duty-not-open, duty-locked, plan-closed), Invalid.
    """
    duty = duties.lock(duty_id)
    filings.require_reporter(ReportAct.SAVE, duty, by=by, at=at)
    report = filings.open_report(duty)
    if (
        report is not None
        and (report.state, report.author_id) == (ReportState.DRAFT, by.pk)
        and filings.answer_of(report) == answer
    ):
        return report
    filings.require_seen(duty, report.etag_version if report else 0, expected)
    filings.require_listed(ReportAct.SAVE, duty, report)
    filings.require_writable(duty, at=at)
    filings.require_sound(answer, duty, complete=False)
    if report is None:
        return filings.begin(duty, by=by, **asdict(answer))
    if filings.answer_of(report) == answer:
        return report
    for field, value in asdict(answer).items():
        setattr(report, field, value)
    report.author = by
    report.etag_version += 1
    report.save()
    return report


@transaction.atomic
def submit(*, report_id: int, by: User, expected: int, at: datetime) -> Report:
    """Hand a draft in. The first time fixes for ever whether it came on time.

    Raises NotFound, NotAllowed (submit-not-allowed), StaleVersion (report-changed), WrongState
    (submit-not-from-<state>), Conflict (duty-not-open, duty-locked, plan-closed), Invalid with the
    faults by field (evidence-missing: each report of the target shows a file).
    """
    duty, report = filings.lock(report_id)
    filings.require_reporter(ReportAct.SUBMIT, duty, by=by, at=at)
    filings.require_seen(duty, report.etag_version, expected)
    filings.require_listed(ReportAct.SUBMIT, duty, report)
    return _submit(duty, report, by=by, at=at)


@transaction.atomic
def file(*, duty_id: int, answer: Answer, by: User, expected: int, at: datetime) -> Report:
    """Write and hand in at once: `save` and `submit` in one transaction. Raises as they do."""
    report = save(duty_id=duty_id, answer=answer, by=by, expected=expected, at=at)
    return _submit(report.duty, report, by=by, at=at)


def _submit(duty: ReportingDuty, report: Report, *, by: User, at: datetime) -> Report:
    filings.require_writable(duty, at=at)
    filings.require_sound(filings.answer_of(report), duty, complete=True)
    filings.require_evidence(duty, report)
    if duty.first_submitted_at is None:
        on_time = clock.local_date(at) <= duty.due_on
        duty.first_submitted_at = at
        duty.timeliness = Timeliness.ON_TIME if on_time else Timeliness.LATE
    duty.resubmit_by = None
    report.author, report.submitted_at = by, at
    filings.move(
        ReportAct.SUBMIT, duty, report, by=by, at=at, timeliness=duty.timeliness, n=report.n
    )
    return report


@transaction.atomic
def recall(*, report_id: int, by: User, expected: int, at: datetime) -> Report:
    """Take a report back into draft before anybody has decided. By its author alone.

    Raises NotFound, NotAllowed (recall-not-allowed), StaleVersion, WrongState
    (recall-not-from-<state>), Conflict (recall-decided: a first level has passed it).
    """
    duty, report = filings.lock(report_id)
    if report.author_id != by.pk:
        raise NotAllowed(
            _("Only the author takes %(what)s back. Ask the verifier to return it.")
            % {"what": duties.what(duty)},
            code="recall-not-allowed",
        )
    filings.require_reporter(ReportAct.RECALL, duty, by=by, at=at)
    filings.require_seen(duty, report.etag_version, expected)
    filings.require_listed(ReportAct.RECALL, duty, report)
    if report.checks.exists():
        raise Conflict(
            _("%(what)s has passed the first verifier. Ask the second one to return it.")
            % {"what": duties.what(duty)},
            code="recall-decided",
        )
    report.submitted_at = None
    filings.move(ReportAct.RECALL, duty, report, by=by, at=at)
    return report


@transaction.atomic
def restate(*, report_id: int, reason: str, by: User, expected: int, at: datetime) -> Report:
    """Begin a report that is to replace a verified one; until it is verified the old one counts.

    Return the new draft. Raises NotFound, NotAllowed (restate-not-allowed), StaleVersion,
    WrongState (restate-not-from-<state>), Conflict (report-open: a draft is there already;
    plan-closed), Invalid (reason-missing).
    """
    duty, report = filings.lock(report_id)
    filings.require_reporter(ReportAct.RESTATE, duty, by=by, at=at)
    filings.require_seen(duty, report.etag_version, expected)
    if report.state != ReportState.VERIFIED:
        raise filings.wrong(ReportAct.RESTATE, duty, report.state)
    duties.require_plan_open(duty)
    said = duties.said_in(reason)
    if filings.open_report(duty) is not None:
        raise Conflict(
            _("%(what)s is being restated already. Go on with that draft.")
            % {"what": duties.what(duty)},
            code="report-open",
        )
    draft = filings.next_draft(duty, report, by=by, restate_reason=said)
    duty.etag_version += 1
    duty.save(update_fields=["etag_version"])
    filings.enter("restate", duty, draft, by=by, at=at, reason=said, restates=report.ref)
    return draft
