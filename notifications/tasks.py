"""Wakes: no arguments, no result, harmless if lost or doubled."""

from celery import shared_task

from commitments.api import changes as commitments_changes
from commitments.enums.policies import Channel
from notifications.actions import calls, deliveries, hints, notices
from units import clock
from units.actions import jobs
from units.api import changes
from units.http import lines

FEEDS = (*changes.FEEDS, *commitments_changes.FEEDS)


@shared_task
def dispatch_notices() -> None:
    """Tell whom new entries of the register concern."""
    jobs.run("dispatch_notices", lambda: notices.dispatch(at=clock.job_now()))


@shared_task
def send_notices() -> None:
    """Send what is due."""
    jobs.run("send_notices", lambda: deliveries.send(at=clock.job_now()))


@shared_task
def send_texts() -> None:
    """Hand over what is due by text message."""
    jobs.run("send_texts", lambda: deliveries.send(at=clock.job_now(), channel=Channel.SMS))


@shared_task
def keep_lines() -> None:
    """Keep ready what programs will read of new entries of the register."""
    jobs.run("keep_lines", lambda: lines.keep(FEEDS, at=clock.job_now()))


@shared_task
def forget_lines() -> None:
    """Forget, of what is kept ready, what is too old for the feed."""
    jobs.run("forget_lines", lambda: lines.forget(at=clock.job_now()))


@shared_task
def dispatch_webhooks() -> None:
    """Tell which programs new entries of the register concern."""
    jobs.run("dispatch_webhooks", lambda: hints.dispatch(at=clock.job_now()))


@shared_task
def send_webhooks() -> None:
    """Call programs that are to be told."""
    jobs.run("send_webhooks", lambda: calls.send(at=clock.job_now()))


@shared_task
def forget_hints() -> None:
    """Delete the log of calls that were made long ago."""
    jobs.run("forget_hints", lambda: calls.forget(real_at=clock.real_now()))
