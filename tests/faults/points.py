"""What a process that died has held, and for how long."""

from datetime import timedelta

from notifications.models import Notice
from units import clock
from units.models import JobRun

HOUR = timedelta(hours=1)


def let_everything_run_out() -> None:
    """Let two minutes pass for leases and signs of processes that are dead."""
    Notice.objects.filter(state="leased").update(lease_until=clock.real_now() - HOUR)
    JobRun.objects.update(began_at=clock.real_now() - HOUR)
