"""How the installation is: /healthz for programs, /status/ for administrators.

Both answer from the database alone, so they answer also when every worker is dead.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET

from commitments import health as commitments_health
from config.backups import shelf
from config.schedule import JOBS, Job, late_after
from notifications import health as notifications_health
from units import clock
from units.actions import restorations, verification
from units.enums import Role
from units.http.requests import WebRequest
from units.models import JobKind
from units.permissions import roles_of

OK, STARTING, LATE = "ok", "starting", "late"
PATIENCE = timedelta(minutes=5)  # with a step or a notice that is due
JOB_NAMES = {
    "sequence_register": gettext_lazy("Number the register"),
    "make_checkpoint": gettext_lazy("Close and publish the register"),
    "verify_register": gettext_lazy("Check the whole register each night"),
    "forget_answers": gettext_lazy("Forget answers that nobody repeats any more"),
    "dispatch_notices": gettext_lazy("Decide who is told"),
    "send_notices": gettext_lazy("Send notices"),
    "keep_lines": gettext_lazy("Prepare what programs will read"),
    "forget_lines": gettext_lazy("Forget changes that are too old for programs"),
    "dispatch_webhooks": gettext_lazy("Decide which programs are told"),
    "send_texts": gettext_lazy("Send text messages"),
    "send_webhooks": gettext_lazy("Call programs"),
    "forget_hints": gettext_lazy("Forget calls to programs that were made long ago"),
    "sweep_cases": gettext_lazy("Remind and escalate"),
    "wake_reminders": gettext_lazy("Bring back what was put aside"),
    "recompute_cases": gettext_lazy("Follow changes of the calendar"),
    "issue_all": gettext_lazy("Issue whole plans"),
    "check_revisions": gettext_lazy("Check what was sealed and signed"),
    "recheck_revocation": gettext_lazy("Ask whether certificates of signatories were revoked"),
    "advance_periods": gettext_lazy("Close plans whose year is over"),
    "open_cases": gettext_lazy("Register backlog cases by rule"),
    "check_invariants": gettext_lazy("Compare the ladders with what waits"),
    "watch": gettext_lazy("Look after the jobs themselves"),
}
STARTED = clock.real_now()  # of the web server: its jobs were started with it, or stand since then


class JobState(NamedTuple):
    """One job as it stands. `age`: seconds since its last good run; None: there was none yet.

    `word`: ok, starting (no good run lately, but the server is too young to blame anybody), late.
    `error`: what stopped its last run, if that failed.
    """

    job: Job
    age: int | None
    word: str
    error: str

    @property
    def late(self) -> bool:
        return self.word == LATE

    @property
    def well(self) -> bool:
        return self.word != LATE and not self.error

    @property
    def name_for_people(self) -> Any:
        return JOB_NAMES.get(self.job.name, self.job.name)

    @property
    def age_in_words(self) -> str:
        return age_in_words(self.age)

    @property
    def label(self) -> str:
        """Return the job's state for people."""
        if self.error:
            return _("failed")
        return {OK: _("on time"), STARTING: _("starting"), LATE: _("late")}[self.word]

    @property
    def tag(self) -> str:
        return "ok" if self.well and self.word == OK else "warning" if self.well else "late"


class Figure(NamedTuple):
    """One line of the status page. `well`: nobody need look."""

    label: Any
    value: Any
    well: bool


def job_states(*, at: datetime) -> list[JobState]:
    """Return every job of the schedule as it stands at the real instant `at`."""
    rows = {row.name: row for row in JobKind.objects.all()}
    return [_state(job, rows.get(job.name), at=at) for job in JOBS]


def _state(job: Job, row: JobKind | None, *, at: datetime) -> JobState:
    last = row.last_ok_at if row else None
    patience = late_after(job)
    if last is not None and at - last <= patience:
        word = OK
    elif at - STARTED <= patience:
        word = STARTING
    else:
        word = LATE
    age = None if last is None else int((at - last).total_seconds())
    return JobState(job, age, word, error=row.last_error if row else "")


def delayed_since(*, at: datetime, real_at: datetime) -> datetime | None:
    """Return since when reminders are delayed: the business instant of the oldest step or notice that
    should have gone out; None where nothing is later than PATIENCE. Two indexed queries.

    `at`: business time; `real_at`: the same moment in real time, in which tries are counted.
    """
    oldest = [
        found
        for found in (
            commitments_health.oldest_due(at=at),
            notifications_health.oldest_waiting(at=at, real_at=real_at - PATIENCE),
        )
        if found is not None and at - found > PATIENCE
    ]
    return min(oldest, default=None)


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while pages can be served, 503 with the reason when the database does not answer.

    Late and failing jobs are said by name, not punished: the pages still work, and whoever restarts
    a web server for them makes things worse. What a job died of stands on /status/ alone.
    """
    try:
        states = job_states(at=clock.real_now())
        broken = verification.alarm()
        put_back = restorations.is_open()
        now = clock.real_now()
        delayed = delayed_since(at=now - clock.demonstration_offset(), real_at=now)
    except DatabaseError as error:
        connection.close()
        text = {"status": "failing", "database": f"does not answer ({type(error).__name__})"}
        return _json(text, status=503)
    return _json(
        {
            "status": "ok",
            "database": "ok",
            "register": "broken" if broken else "ok",
            "put_back": put_back,  # then nothing is sent until `after_restore` was run
            "reminders": "delayed" if delayed else "ok",
            "reminders_delayed_since": delayed and delayed.isoformat(),
            "jobs": _jobs_in_a_word(states),
            "jobs_late": [state.job.name for state in states if state.late],
            "jobs_failing": [state.job.name for state in states if state.error],
            "job_age_seconds": {state.job.name: state.age for state in states},
        }
    )


def _jobs_in_a_word(states: Iterable[JobState]) -> str:
    words = {"failing" if state.error else state.word for state in states}
    return next(word for word in ("failing", LATE, STARTING, OK) if word in words)


def _json(body: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


@login_required
@require_GET
def status(request: WebRequest) -> HttpResponse:
    """Show an administrator what runs, what is late, and what each part says about itself."""
    if Role.ADMINISTRATOR not in roles_of(request.user, at=request.now):
        raise PermissionDenied
    at = clock.real_now()
    states = job_states(at=at)
    figures = [*_own_figures(at=at), *_figures_of_apps(at=at)]
    context = {
        "jobs": states,
        "figures": figures,
        "well": all(state.well for state in states) and all(figure.well for figure in figures),
    }
    return render(request, "config/status.html", context)


def _own_figures(*, at: datetime) -> Iterable[Figure]:
    postgresql = connection.vendor == "postgresql"
    yield Figure(_("Database"), "PostgreSQL" if postgresql else "SQLite", well=True)
    if not postgresql and not settings.DEMO:
        yield Figure(
            _("Protection of the register"),
            _("The owner of the database file could rewrite it; use PostgreSQL with two roles."),
            well=False,
        )

    yield _last_backup(at=at)
    yield _last_drill(at=at)


def _last_backup(*, at: datetime) -> Figure:
    """Say how old the last backup is; older than BACKUP_LATE_HOURS, or with something missing, is bad."""
    last, most = shelf.last(), settings.BACKUP_LATE_HOURS * 3600
    if last is None:
        return Figure(_("Last backup"), _("None was made here."), well=not most)
    seconds = int((at - last.made_at).total_seconds())
    said = {"age": age_in_words(seconds), "name": last.name}
    if last.complete:
        text = _("%(name)s, %(age)s") % said
    else:
        text = _("%(name)s, %(age)s: files that the database names were missing") % said
    return Figure(_("Last backup"), text, well=last.complete and (not most or seconds <= most))


def _last_drill(*, at: datetime) -> Figure:
    """Say when a backup was last put back on trial; longer ago than DRILL_LATE_DAYS is bad."""
    last, most = shelf.last_drill(), settings.DRILL_LATE_DAYS
    if last is None:
        return Figure(_("Last restore drill"), _("None was written down."), well=not most)
    ago = at - last.ended_at
    text = ngettext(
        "%(name)s, %(age)s: put back and good after %(minutes)d minute",
        "%(name)s, %(age)s: put back and good after %(minutes)d minutes",
        last.minutes,
    )
    said = {"name": last.name, "age": age_in_words(int(ago.total_seconds()))}
    return Figure(
        _("Last restore drill"),
        text % (said | {"minutes": last.minutes}),
        well=not most or ago.days <= most,
    )


def _figures_of_apps(*, at: datetime) -> Iterable[Figure]:
    """Ask each app that speaks of itself; one that fails says so and stops no other."""
    for path in settings.HEALTH:
        module = path.rpartition(".")[0]
        if find_spec(module) is None:
            continue
        try:
            yield from (Figure(*figure) for figure in import_string(path)(at))
        except DatabaseError as error:
            yield Figure(module.partition(".")[0], type(error).__name__, well=False)


def age_in_words(seconds: int | None) -> str:
    """Return an age for people.

    >>> age_in_words(90)
    '1 minute ago'
    """
    if seconds is None:
        return pgettext("a job", "never")
    if seconds < 60:
        return ngettext("%(n)d second ago", "%(n)d seconds ago", seconds) % {"n": seconds}
    if seconds < 3600:
        minutes = seconds // 60
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    hours = seconds // 3600
    return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
