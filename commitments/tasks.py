"""Wakes: no arguments, no result, harmless if lost or doubled. What is due stands in rows."""

from celery import shared_task

from commitments.actions import (
    calendars,
    cases,
    checks,
    corrections,
    duties,
    invariants,
    issuing,
    openings,
    plans,
    reminders,
    revocations,
    rounds,
    uploads,
)
from units import clock
from units.actions import jobs


@shared_task
def sweep_cases() -> None:
    """Decide every step of a ladder that is due."""
    jobs.run("sweep_cases", lambda: cases.sweep(at=clock.job_now()))


@shared_task
def recompute_cases() -> None:
    """Move the clocks whose calendar has changed."""
    jobs.run("recompute_cases", lambda: calendars.recompute(at=clock.job_now()))


@shared_task
def wake_reminders() -> None:
    """Tell again who has put a row aside until now."""
    jobs.run("wake_reminders", lambda: reminders.wake(at=clock.job_now()))


@shared_task
def advance_periods() -> None:
    """Let plans whose last day has passed begin to close; lock reports that never came."""
    jobs.run("advance_periods", _advance)


def _advance() -> int:
    at = clock.job_now()
    made = duties.catch_up(at=at) + rounds.catch_up(at=at) + rounds.catch_up_reviews(at=at)
    made += corrections.catch_up(at=at)
    return plans.advance(at=at) + made + duties.lock_due(at=at)


@shared_task
def open_cases() -> None:
    """Register what the rule makes a backlog case."""
    jobs.run("open_cases", openings.Opening(at=clock.job_now()).batch)


@shared_task
def issue_all() -> None:
    """Issue the next drafts of plans that are being issued."""
    jobs.run("issue_all", lambda: issuing.carry_on(at=clock.job_now()))


@shared_task
def check_revisions() -> None:
    """Validate in full what was sealed or signed lately."""
    jobs.run("check_revisions", checks.carry_on)


@shared_task
def recheck_revocation() -> None:
    """Ask authorities about signatures made outside; forget refused files that were kept long enough."""
    jobs.run("recheck_revocation", _recheck)


def _recheck() -> int:
    answered = revocations.recheck(at=clock.job_now())
    return answered + uploads.forget_refused(real_at=clock.real_now())


@shared_task
def check_invariants() -> None:
    """Compare clocks with what waits; what differs fails the job, and its words name the rows."""
    jobs.run("check_invariants", _compare)


def _compare() -> int:
    if found := invariants.differences():
        raise invariants.InvariantsBroken("; ".join(found))
    return 0
