"""Wakes of the ground floor: no arguments, no result, harmless if lost or doubled."""

from celery import shared_task

from units.actions import jobs, register


@shared_task
def sequence_register(**_) -> None:
    """Give committed register entries their places."""
    jobs.run("sequence_register", register.sequence)
