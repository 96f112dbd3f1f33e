"""Issuing all drafts of a plan: asked once, carried out one commitment a transaction, resumable.

Nothing of it lives in a message or a process: a run is a row, each draft is a line, and whoever has
time takes the next one. A killed worker leaves a lease that runs out.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from commitments import permissions
from commitments.actions import commitments, versions
from commitments.enums import IssueOutcome, VersionState
from commitments.models import CommitmentVersion, IssueLine, IssueRun, Period
from units import clock
from units.actions import register
from units.actions.guards import unique_or
from units.errors import Conflict, Invalid, NotFound, Refused
from units.models import User
from units.querysets.ordering import as_counted

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=120)


@transaction.atomic
def begin(*, period_id: int, by: User, at: datetime) -> IssueRun:
    """Ask that every draft of a plan be issued; return the run, whose lines wait.

    Each draft is issued as it stands now: one that changes meanwhile is refused and left to a
    person. Raises NotAllowed (issue-all-not-allowed), Invalid (no-drafts), Conflict
    (issue-all-under-way).
    """
    period = Period.objects.select_for_update(no_key=True).get(pk=period_id)
    versions.require(permissions.plans_in_person(by, period.owner_id, at=at), "issue_all", period)
    under_way = Conflict(
        _("%(plan)s is being issued already. Look at its progress.") % {"plan": period.name},
        code="issue-all-under-way",
    )
    if period.issue_runs.filter(ended_at=None).exists():
        raise under_way
    drafts = drafts_of(period, by=by, at=at)
    if not drafts:
        raise Invalid(
            _("%(plan)s has no draft to issue. Draft the commitments first.")
            % {"plan": period.name},
            code="no-drafts",
        )
    with unique_or(under_way):
        run = IssueRun.objects.create(period=period, asked_by=by, asked_at=at)
    IssueLine.objects.bulk_create(
        IssueLine(
            run=run,
            version=draft,
            number=draft.commitment.number,
            seen_version=draft.etag_version,
        )
        for draft in drafts
    )
    _enter(run, "issue_all", by=by, at=at, drafts=len(drafts))
    return run


def drafts_of(period: Period, *, by: User, at: datetime) -> list[CommitmentVersion]:
    """Return the drafts of a plan that `by` may issue, by number, each with `item_count`."""
    drafts = (
        CommitmentVersion.objects.filter(commitment__period=period, state=VersionState.DRAFT)
        .for_rows()
        .annotate(item_count=Count("items"))
        .order_by(as_counted("commitment__number"), "pk")
    )
    assigners = {draft.commitment.assigner_unit_id for draft in drafts}
    mine = {unit for unit in assigners if permissions.plans_in_person(by, unit, at=at)}
    return [draft for draft in drafts if draft.commitment.assigner_unit_id in mine]


def _enter(run: IssueRun, act: str, *, by: User | None, at: datetime, **data: int) -> None:
    register.append(
        kind=f"period.{act}",
        subject=f"period/{run.period.code}",
        subject_version=None,
        reach=[run.period.owner_id],
        by=by,
        at=at,
        data={"run": run.pk, **data},
    )


def carry_on(*, at: datetime, limit: int = 20) -> int:
    """Issue up to `limit` waiting drafts of whatever runs there are; return how many were taken.

    Any number may do it at once: a line is leased by one of them before its work begins, and no
    lock is held while a document is rendered.
    """
    _tidy(real_at=clock.real_now())
    taken = 0
    while taken < limit:
        line = _claim(real_at=clock.real_now())
        if line is None:
            break
        taken += 1
        _issue(line, at=max(at, line.run.asked_at))
    _end_runs(at=at)
    return taken


@transaction.atomic
def _claim(*, real_at: datetime) -> IssueLine | None:
    rows = IssueLine.objects.free(real_at=real_at).select_related("run__asked_by", "version")
    line = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if line is not None:
        line.lease_until = real_at + LEASE
        line.save(update_fields=["lease_until"])
    return line


def _issue(line: IssueLine, *, at: datetime) -> None:
    version, by = line.version, line.run.asked_by
    if version is None:
        _close(line, IssueOutcome.GONE)
        return
    if version.state != VersionState.DRAFT:  # a run that was killed, or a person, was first
        _close(line, IssueOutcome.ISSUED)
        return
    with translation.override(by.language):  # whoever asked reads the reasons
        try:
            commitments.issue(version_id=version.pk, by=by, expected=line.seen_version, at=at)
        except NotFound:
            _close(line, IssueOutcome.GONE)
        except Refused as refused:
            _close(line, IssueOutcome.REFUSED, code=refused.code, message=str(refused.message))
        except Exception:
            log.exception("Issuing %s failed.", line.number)
            text = _("Something went wrong on our side. Issue this one from its page.")
            _close(line, IssueOutcome.REFUSED, code="failed", message=str(text))
        else:
            _close(line, IssueOutcome.ISSUED)


def _close(line: IssueLine, outcome: IssueOutcome, *, code: str = "", message: str = "") -> None:
    IssueLine.objects.waiting().filter(pk=line.pk).update(
        outcome=outcome, code=code, message=message, lease_until=None
    )


def _tidy(*, real_at: datetime) -> None:
    """Say what became of lines that were under work when their run was stopped, and then killed."""
    dead = IssueLine.objects.waiting().filter(run__ended_at__isnull=False, lease_until__lte=real_at)
    for line in dead.select_related("version"):
        kept = line.version is not None and line.version.state == VersionState.DRAFT
        _close(line, IssueOutcome.LEFT if kept else IssueOutcome.ISSUED)


def _end_runs(*, at: datetime) -> None:
    """End every run without a waiting line; one entry says how it ended."""
    open_runs = IssueRun.objects.filter(ended_at=None)
    for pk in open_runs.exclude(lines__outcome=IssueOutcome.WAITING).values_list("pk", flat=True):
        with transaction.atomic():
            run = _lock(pk)
            if run.ended_at is None:
                _end(run, at=max(at, run.asked_at), by=None)


def _lock(pk: int) -> IssueRun:
    rows = IssueRun.objects.select_related("period")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _end(run: IssueRun, *, at: datetime, by: User | None) -> None:
    run.ended_at, run.stopped_by = at, by
    run.save(update_fields=["ended_at", "stopped_by"])
    _enter(run, "issue_all_ended", by=by, at=at, **run.lines.counted())


@transaction.atomic
def stop(*, run_id: int, by: User, at: datetime) -> IssueRun:
    """Leave what is still waiting as a draft; what is issued stays issued.

    Raises NotAllowed (stop-issuing-not-allowed), Conflict (issue-all-ended).
    """
    run = _lock(run_id)
    versions.require(
        permissions.plans_in_person(by, run.period.owner_id, at=at), "stop_issuing", run.period
    )
    if run.ended_at is not None:
        raise Conflict(
            _("This run has ended already: nothing waits. Drafts that are left go into a new run."),
            code="issue-all-ended",
        )
    run.lines.waiting().filter(lease_until=None).update(outcome=IssueOutcome.LEFT)
    _end(run, at=at, by=by)
    return run


def end_leases() -> int:
    """Give every claimed draft back to whoever comes next; return how many there were.

    For a database that was put back: who claimed them has ended with the old one.
    """
    return IssueLine.objects.filter(lease_until__isnull=False).update(lease_until=None)
