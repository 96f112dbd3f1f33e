"""/metrics: the figures of the status page for a program that draws them and alarms (Prometheus text).

From the database alone: this process never opens a connection to the broker. A source that does not
answer is left out, so whoever alarms on absence hears of it.
"""

import hmac
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from config import status
from units import clock
from units.enums import Role
from units.http.requests import WebRequest
from units.permissions import roles_of

log = logging.getLogger(__name__)
PREFIX = "commitments_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HELP = {  # of each name; what is not here is not sent
    "job_last_ok_age_seconds": "Seconds since the last good run of a job.",
    "job_late": "1 if a job is later than three minutes or three intervals.",
    "job_failing": "1 if the last run of a job failed.",
    "due_lateness_seconds": "How late the due steps of ladders are; quantile 1 is the oldest.",
    "due_clocks": "Steps of ladders that are due now.",
    "clocks_quarantined": "Clocks set aside after three failures.",
    "notices_by_state": "Notices by how far each has come.",
    "notices_doubtful_total": "Tries that may have arrived although nobody said so.",
    "fenced_total": "Tries that were answered when another run had taken the notice over.",
    "set_aside": "Entries of the register that could not be told.",
    "channel_broken": "1 while a channel refuses everything.",
    "feed_lag_entries": "Entries of the register that nobody was told of yet.",
    "feed_lag_seconds": "Age of the oldest of these.",
    "webhook_oldest_seconds": "How long the oldest due call to a program has waited.",
    "register_pending": "Entries of the register without a number yet.",
    "register_broken": "1 if the last check found the register not as it was written.",
    "held_after_restore": "1 while a database that was put back is held.",
    "clock_skew_seconds": "Between the clocks of the database and of this host.",
}


@require_GET
def metrics(request: WebRequest) -> HttpResponse:
    """Answer whoever shows METRICS_TOKEN, and administrators who are logged in."""
    if not _shows_token(request):
        who: Any = request.user  # perhaps nobody
        if not who.is_authenticated:
            challenge = {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
            return HttpResponse(status=401, headers=challenge)
        if Role.ADMINISTRATOR not in roles_of(who, at=request.now):
            raise PermissionDenied
    lines = "".join(_lines(at=clock.real_now()))
    return HttpResponse(lines, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _shows_token(request: WebRequest) -> bool:
    kind, _space, shown = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    same = hmac.compare_digest(shown.strip().encode(), wanted.encode())
    return bool(wanted) and kind.lower() == "bearer" and same


def _lines(*, at: datetime) -> Iterator[str]:
    told: set[str] = set()
    for name, labels, value in sorted(_measures(at=at), key=lambda one: one[0]):
        if name not in told:
            told.add(name)
            kind = "counter" if name.endswith("_total") else "gauge"
            yield f"# HELP {PREFIX}{name} {HELP[name]}\n# TYPE {PREFIX}{name} {kind}\n"
        inner = ",".join(f'{key}="{text}"' for key, text in labels.items())
        yield f"{PREFIX}{name}{{{inner}}} {value:g}\n" if inner else f"{PREFIX}{name} {value:g}\n"


def _measures(*, at: datetime) -> Iterator[tuple[str, dict[str, str], float]]:
    for state in status.job_states(at=at):
        labels = {"job": state.job.name}
        if state.age is not None:
            yield ("job_last_ok_age_seconds", labels, state.age)
        yield ("job_late", labels, float(state.late))
        yield ("job_failing", labels, float(bool(state.error)))
    for path in settings.MEASURES:
        try:
            with transaction.atomic():
                found = list(import_string(path)(at))
        except DatabaseError:
            log.exception("No figures of %s.", path)
            continue
        yield from found
