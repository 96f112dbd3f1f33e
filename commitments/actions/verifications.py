"""Decisions on reports: verified at one level or two, or returned with a reason; never by the author."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import duties, filings, ladders, rounds
from commitments.enums.reports import CheckDecision, ReportAct, ReportState
from commitments.models import Report, ReportCheck, ReportingDuty
from units import clock
from units.errors import NotAllowed, Refused
from units.models import User
from units.rules.calendars import add_working_days
from units.rules.dates import day_text


@transaction.atomic
def return_to_author(
    *, report_id: int, reason: str, by: User, expected: int, at: datetime
) -> Report:
    """Send a report back with a reason; its content becomes a new draft, to be mended in working
    days, also past the lock. Return the report that was sent back.

    Raises NotFound, NotAllowed (return-not-allowed, return-own-report, return-own-unit),
    StaleVersion, WrongState (return-not-from-<state>), Invalid (reason-missing).
    """
    duty, report = filings.lock(report_id)
    level = _require_verifier(ReportAct.RETURN, duty, report, by=by, at=at)
    filings.require_seen(duty, report.etag_version, expected)
    filings.require_listed(ReportAct.RETURN, duty, report)
    said = duties.said_in(reason)
    ReportCheck.objects.create(
        report=report, level=level, person=by, decision=CheckDecision.RETURN, reason=said, at=at
    )
    days, today = ladders.body_calendar(), clock.local_date(at)
    mend_by = add_working_days(today, duty.rule.resubmit_days, is_open=days.is_open)
    duty.resubmit_by = mend_by
    report.decided_by, report.decided_at, report.return_reason = by, at, said
    filings.move(
        ReportAct.RETURN, duty, report, by=by, at=at, reason=said, resubmit_by=day_text(mend_by)
    )
    filings.next_draft(duty, report, by=report.author, restate_reason=report.restate_reason)
    return report


@transaction.atomic
def verify(*, report_id: int, by: User, expected: int, at: datetime) -> Report:
    """Accept a submitted report: at the last level its value counts in every total from now on, in
    the place of an older one; before it, one more person looks.

    `expected`: the version that the caller has seen. Raises NotFound, NotAllowed
    (verify-not-allowed, verify-own-report, verify-own-unit, verify-both-levels), StaleVersion
    (report-changed), WrongState (verify-not-from-<state>).
    """
    duty, report = filings.lock(report_id)
    level = _require_verifier(ReportAct.VERIFY, duty, report, by=by, at=at)
    filings.require_seen(duty, report.etag_version, expected)
    filings.require_listed(ReportAct.VERIFY, duty, report)
    ReportCheck.objects.create(
        report=report, level=level, person=by, decision=CheckDecision.PASS, at=at
    )
    if level < duty.rule.levels:
        report.etag_version += 1
        report.save(update_fields=["etag_version"])
        ended = rounds.review(duty, at=at)
        filings.enter("check", duty, report, by=by, at=at, level=level, **ended)
        return report
    older = duty.reports.filter(state=ReportState.VERIFIED).first()
    data: dict[str, Any] = {"level": level}
    if older is not None:
        older.state, older.restated_at = ReportState.RESTATED, at
        older.etag_version += 1
        older.save(update_fields=["state", "restated_at", "etag_version"])
        data["restates"] = older.ref
    report.decided_by, report.decided_at = by, at
    filings.move(ReportAct.VERIFY, duty, report, by=by, at=at, **data)
    return report


class Result(NamedTuple):
    """What became of one report of a bulk act. `refused` None: it was done."""

    report_id: int
    refused: Refused | None


def verify_many(*, seen: Sequence[tuple[int, int]], by: User, at: datetime) -> list[Result]:
    """Verify each of these reports in its own transaction; one that cannot be stops nobody.

    `seen`: (key, version that was read) each.
    """
    results = []
    for report_id, expected in dict(seen).items():
        try:
            verify(report_id=report_id, by=by, expected=expected, at=at)
        except Refused as refused:
            results.append(Result(report_id, refused))
        else:
            results.append(Result(report_id, None))
    return results


def _require_verifier(
    act: ReportAct, duty: ReportingDuty, report: Report, *, by: User, at: datetime
) -> int:
    """Return at which level `by` decides. Raises NotAllowed for whoever may not."""
    named = {"what": duties.what(duty)}
    if report.author_id == by.pk:
        raise NotAllowed(
            _("You have written %(what)s. Another person decides on it.") % named,
            code=f"{act}-own-report",
        )
    if not permissions.verifies(by, duty.unit_id, at=at):
        raise NotAllowed(
            _("You are no verifier of the unit of %(what)s. Ask the administrator for that role.")
            % named,
            code=f"{act}-not-allowed",
        )
    if permissions.belongs_to(by, duty.unit_id, at=at):
        raise NotAllowed(
            _("You are of the unit of %(what)s. Somebody of another unit decides on it.") % named,
            code=f"{act}-own-unit",
        )
    if report.state != ReportState.SUBMITTED:
        return 1
    people = list(report.checks.values_list("person_id", flat=True))
    if by.pk in people:
        raise NotAllowed(
            _("You have passed %(what)s already. Another person looks next.") % named,
            code=f"{act}-both-levels",
        )
    return len(people) + 1
