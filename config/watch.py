"""Lateness, said to a watcher outside that alarms at silence.

All of it is read from the database, so it is true also when every worker is dead.
"""

import http.client
import logging
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from config import status
from units import clock
from units.actions import restorations, verification

log = logging.getLogger(__name__)
ITSELF = "watch"
TIMEOUT = 10  # seconds, for the connection and for each answer


def troubles(*, at: datetime) -> list[str]:
    """Return what somebody must look at, at the real instant `at`, in English for the log; [] is well.

    Late and failing jobs but for the watch itself, delayed reminders, a broken register, a database
    that was put back.
    """
    states = [state for state in status.job_states(at=at) if state.job.name != ITSELF]
    found = [f"{state.job.name} is late" for state in states if state.late]
    found += [f"{state.job.name} fails" for state in states if state.error]
    business = at - clock.demonstration_offset()
    if since := status.delayed_since(at=business, real_at=at):
        found.append(f"reminders are delayed since {since.isoformat()}")
    if verification.alarm():
        found.append("the register is not as it was written")
    if restorations.is_open():
        found.append("the database was put back and nobody has owned up to it")
    return found


def watch() -> int:
    """Tell the watcher outside that all is well, or keep silent, which alarms; return 0: one batch.

    Without DEADMAN_URL no connection is ever made.
    """
    found = troubles(at=clock.real_now())
    if found:
        log.warning("watch: %s", "; ".join(found))
    elif settings.DEADMAN_URL:
        _call(settings.DEADMAN_URL)
    return 0


def _call(url: str) -> None:
    """GET `url`. Raises OSError unless the answer is a 2xx: then the status page says so."""
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.hostname or "", parts.port, timeout=TIMEOUT)
    address = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", address, headers={"User-Agent": "commitments-watch"})
        answer = connection.getresponse()
        if not 200 <= answer.status < 300:
            raise OSError(f"The watcher at {parts.hostname} answered {answer.status}.")
    except http.client.HTTPException as error:
        raise OSError(f"The watcher at {parts.hostname}: {type(error).__name__}.") from error
    finally:
        connection.close()
