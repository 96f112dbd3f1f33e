"""Wakes of the ground floor: no arguments, no result, harmless if lost or doubled."""

from celery import shared_task

from units import clock
from units.actions import checkpoints, idempotency, jobs, register, restorations, verification


@shared_task
def sequence_register(**_) -> None:
    """Give committed register entries their places."""
    jobs.run("sequence_register", register.sequence)


@shared_task
def make_checkpoint(**_) -> None:
    """Sign what the register says by now, and publish what was signed.

    Not in a database that was put back: its checkpoints would bear names that are published already.
    """
    jobs.run("make_checkpoint", _close_and_publish)


def _close_and_publish() -> int:
    at = clock.real_now()
    return 0 if restorations.is_unanswered(at=at) else checkpoints.make_and_publish(at=at)


@shared_task
def verify_register(**_) -> None:
    """Check the whole register once a night, and keep what was found."""
    jobs.run("verify_register", lambda: verification.verify_nightly(at=clock.real_now()))


@shared_task
def forget_answers(**_) -> None:
    """Delete the answers that were kept for a repetition and are older than that is worth."""
    jobs.run("forget_answers", lambda: idempotency.forget(at=clock.real_now()))
