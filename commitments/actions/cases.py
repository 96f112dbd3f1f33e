"""Clocks: started and finished by acts, moved by sweeps, recomputed when the calendar changes.

The future is a row, `CaseClock.next_action_at`. A sweep claims due rows and lets `firings` decide;
step, register entry and the next instant are one transaction, under a key that nothing passes
twice. Dates come from `rules.cases`, and who is told is asked when a step fires.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from commitments import permissions
from commitments.actions import firings, ladders, versions
from commitments.actions.addressees import Addressee
from commitments.actions.subjects import as_column, as_columns, awaited_kind, directory_of
from commitments.enums import Audience, ClockKind, ClockState, VersionState
from commitments.enums.policies import LadderKey
from commitments.models import CaseClock, CommitmentVersion, RemindedNow
from commitments.rules import cases as rules
from units import clock
from units.actions import jobs, register
from units.errors import Conflict, WrongState
from units.models import RegisterEntry, User

log = logging.getLogger(__name__)
JOB = "sweep_cases"
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5))  # then the clock is set aside
MAX_FAILURES = len(RETRY_AFTER) + 1


def start(
    *,
    subject: Any,
    kind: ClockKind,
    at: datetime,
    due_on: date | None = None,
    by: LadderKey | None = None,
    since: datetime | None = None,
) -> CaseClock:
    """Start the clock of `kind` for `subject`, inside the caller's transaction and lock; return it.

    `subject`: of a kind that `subjects` lists. `by`: which ladder it climbs; None: that of `kind`.
    `since`: when it began to wait; None: at `at`. `due_on` None: the working days of the house after
    the local day of that (not for SIGN and CASE, whose day a person sets). An older clock of that kind
    begins its next generation: whatever it has fired stays, and counts no more.
    """
    on = clock.local_date(since or at)
    policy = ladders.in_force(by or LadderKey(kind), on=clock.local_date(at))
    ladder = ladders.of(policy)
    rows = CaseClock.objects.select_for_update(no_key=True).filter(**as_column(subject), kind=kind)
    row = rows.order_by("-pk").first() or CaseClock(**as_column(subject), kind=kind, generation=0)
    row.policy, row.calendar_version = policy, ladder.calendar_version
    row.started_on = on
    row.due_on = due_on or rules.due_after(kind, on, calendar=ladder.calendar)
    row.generation += 1
    row.level, row.repeat_no, row.explanation_due_on = -1, 0, None
    row.ack_by = row.ack_until = None
    row.fail_count, row.last_error = 0, ""
    row.next_action_at = firings.next_at(firings.as_rule(row), ladder)
    row.state, row.end_reason = firings.state_for(row.next_action_at)
    row.save()
    return row


def keep_running(*, subjects: Mapping[Any, date], kind: ClockKind, at: datetime) -> None:
    """Let a clock of `kind` run for each of these subjects, all of one kind of thing, inside the
    caller's transaction and locks; a constant number of queries.

    `subjects`: the day on which each is due. Unlike `start` this begins no generation: a clock that
    had ended on the same day goes on where it stood, so nothing that has fired fires again.
    """
    if not subjects:
        return
    on = clock.local_date(at)
    stood = CaseClock.objects.select_for_update(no_key=True).filter(
        **as_columns(list(subjects)), kind=kind
    )
    known = {row.subject_id: row for row in stood.order_by("pk")}
    idle = [row for row in known.values() if row.state == ClockState.DONE]
    new = [subject for subject in subjects if subject.pk not in known]
    if new:
        policy = ladders.in_force(LadderKey(kind), on=on)
        ladder = ladders.of(policy)
        rows = [
            CaseClock(
                **as_column(subject),
                kind=kind,
                policy=policy,
                calendar_version=ladder.calendar_version,
                started_on=on,
                due_on=subjects[subject],
            )
            for subject in new
        ]
        for row in rows:
            row.next_action_at = firings.next_at(firings.as_rule(row), ladder)
            row.state, row.end_reason = firings.state_for(row.next_action_at)
        CaseClock.objects.bulk_create(rows)
    if idle:
        theirs = firings.ladders_of(idle)
        for row in idle:
            ladder = theirs[row.policy_id]
            row.calendar_version = ladder.calendar_version
            row.next_action_at = firings.next_at(firings.as_rule(row), ladder)
            row.state, row.end_reason = firings.state_for(row.next_action_at)
        CaseClock.objects.bulk_update(
            idle, ["calendar_version", "next_action_at", "state", "end_reason"]
        )


def finish(
    *,
    subject: Any,
    at: datetime,
    reason: str,
    kinds: Collection[ClockKind] | None = None,
) -> int:
    """End the open clocks of `subject` (of `kinds`, or all), inside the caller's transaction.

    Waits for a sweep that holds one of them. Returns how many ended.
    """
    return finish_all(subjects=[subject], reason=reason, kinds=kinds)


def finish_all(
    *, subjects: Collection[Any], reason: str, kinds: Collection[ClockKind] | None = None
) -> int:
    """End the open clocks of these subjects, all of one kind of thing, as `finish` does for one."""
    rows = CaseClock.objects.open().filter(**as_columns(subjects))
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return rows.update(state=ClockState.DONE, next_action_at=None, end_reason=reason[:40])


def pause(*, subject: Any, kind: ClockKind) -> int:
    """Let the clock of `kind` stand still until it is started anew; return how many were running."""
    rows = CaseClock.objects.filter(**as_column(subject), kind=kind, state=ClockState.RUNNING)
    return rows.update(state=ClockState.PAUSED, next_action_at=None)


# --- the sweep ------------------------------------------------------------------------------------


def sweep(*, at: datetime, limit: int = 200) -> int:
    """Decide the due steps of up to `limit` clocks; return how many clocks were looked at.

    Any number of sweeps may run at once: rows are shared by SKIP LOCKED (on SQLite one sweep at a
    time), and `step_fired_once` proves that nothing fires twice. If a batch fails, or one has died
    with its process, clocks are taken one by one, so that one bad clock stops nobody else; whatever
    failed once stays out of batches, and at its third failure in a row it is QUARANTINED.
    """
    due = CaseClock.objects.due(at=at)
    if not due.exists():
        return 0  # an idle sweep is one read and takes no lock
    if lost := jobs.lost(JOB):
        log.error("A sweep has died with its process; clocks are taken one by one.")
        done = _one_by_one(due, at=at, limit=limit)
        jobs.forget(lost)
        return done
    try:
        with jobs.under_way(JOB), transaction.atomic():
            claimed = _claim(at=at, limit=limit)
            done = firings.fire(claimed, at=at)
    except Exception:
        log.exception("A batch of clocks failed; its clocks are taken one by one.")
        return _one_by_one(due, at=at, limit=limit)
    if done < limit:
        done += _one_by_one(due.filter(fail_count__gt=0), at=at, limit=limit - done)
    return done


def _claim(*, at: datetime, limit: int) -> list[CaseClock]:
    due = CaseClock.objects.due(at=at).filter(fail_count=0)
    return list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])


def _one_by_one(due: QuerySet[CaseClock], *, at: datetime, limit: int) -> int:
    """Try up to `limit` of these clocks, each in a transaction of its own; return how many."""
    waiting = list(due.values_list("pk", flat=True)[:limit])
    for pk in waiting:
        if not _count(pk, at=at):
            continue
        try:
            with transaction.atomic():
                firings.fire(list(_locked(CaseClock.objects.filter(pk=pk))), at=at)
        except Exception as error:
            log.exception("Clock %d failed.", pk)
            _note(pk, error)
    return len(waiting)


def _locked(rows: QuerySet[CaseClock]) -> QuerySet[CaseClock]:
    running = rows.filter(state=ClockState.RUNNING)
    return running.select_for_update(skip_locked=True, no_key=True, of=("self",))


@transaction.atomic
def _count(pk: int, *, at: datetime) -> bool:
    """Count a failure of a clock before it is tried, and look at it again later; say whether to try.

    Success forgets both. So a clock that takes the process with it counts too, and holds up nobody
    while it is retried. The retry moves no step: their dates are computed from the due date.
    """
    row = _locked(CaseClock.objects.due(at=at).filter(pk=pk)).first()
    if row is None:
        return False
    if row.fail_count >= MAX_FAILURES:  # and never came back to say why
        _set_aside(row, "The process ended three times in a row.")
        return False
    row.fail_count += 1
    row.next_action_at = at + RETRY_AFTER[min(row.fail_count, len(RETRY_AFTER)) - 1]
    row.save(update_fields=["fail_count", "next_action_at"])
    return True


@transaction.atomic
def _note(pk: int, error: Exception) -> None:
    """Keep why a clock failed; at its third failure leave it to a person."""
    row = _locked(CaseClock.objects.filter(pk=pk)).first()
    if row is None:
        return
    row.last_error = f"{type(error).__name__}: {error}"[:2000]
    if row.fail_count >= MAX_FAILURES:
        _set_aside(row, row.last_error)
    else:
        row.save(update_fields=["last_error"])


def _set_aside(row: CaseClock, why: str) -> None:
    row.last_error, row.state, row.next_action_at = why, ClockState.QUARANTINED, None
    row.save(update_fields=["last_error", "state", "next_action_at"])


# --- by hand, and to be seen ----------------------------------------------------------------------


class NextStep(NamedTuple):
    """The step that the ladder will take by itself. `at`: UTC; `audience`: who will be told."""

    level: int
    at: datetime
    audience: str
    acts: tuple[str, ...] = ()

    @property
    def audience_label(self) -> str:
        """Return who will be told, in words."""
        return str(Audience(self.audience).label)


def coming(row: CaseClock) -> list[NextStep]:
    """Return the steps of `row` that fire if nothing happens, in their order; [] for a clock at rest.

    Lists load clocks by `CaseClock.objects.with_ladder()`; then this asks no query. Should nobody
    be in office on a day, the level above is told. Of repeats only the next one is named.
    """
    if row.state != ClockState.RUNNING:
        return []
    ladder = ladders.of(row.policy)
    steps = rules.schedule(
        ladder.policy,
        firings.as_rule(row),
        calendar=ladder.calendar,
        zone=ladder.zone,
        opens_at=ladder.opens_at,
    )
    return [NextStep(step.level, step.at, step.audience, step.acts) for step in steps]


def next_steps(rows: Collection[CaseClock]) -> dict[int, NextStep | None]:
    """Return the first of the `coming` steps by the key of each clock; a constant number of queries,
    and clocks that stand alike are asked about once."""
    known = firings.ladders_of(rows) if rows else {}
    told: dict[tuple[int, rules.Clock], NextStep | None] = {}
    found: dict[int, NextStep | None] = {}
    for row in rows:
        key = (row.policy_id, firings.as_rule(row))
        if row.state != ClockState.RUNNING:
            found[row.pk] = None
            continue
        if key not in told:
            ladder = known[row.policy_id]
            steps = rules.schedule(
                ladder.policy,
                key[1],
                calendar=ladder.calendar,
                zone=ladder.zone,
                opens_at=ladder.opens_at,
            )
            told[key] = next(
                (NextStep(step.level, step.at, step.audience, step.acts) for step in steps), None
            )
        found[row.pk] = told[key]
    return found


def next_step(row: CaseClock) -> NextStep | None:
    """Return the first of the `coming` steps; None: none will come."""
    return next(iter(coming(row)), None)


@transaction.atomic
def remind_now(*, version_id: int, by: User, at: datetime) -> RegisterEntry:
    """Remind whoever must act on a version, outside its ladder; return the register entry.

    Each person once a day and version. The ladder does not change. Raises NotFound, NotAllowed
    (remind-not-allowed), WrongState (remind-not-from-<state>), Conflict (no-holder: nobody is in
    office; already-reminded, with members `person`, `by` and `at`).
    """
    version = versions.lock(version_id)
    versions.require(permissions.may_remind(by, version, at=at), "remind", versions.what(version))
    directory = directory_of(version, at=at)
    kind = awaited_kind(version)
    subject = {"what": versions.what(version), "state": VersionState(version.state).label}
    if kind is None or not directory.is_waiting(version, kind):
        raise WrongState(
            _("Nobody can be reminded of %(what)s: it is “%(state)s”, and nothing is awaited.")
            % subject,
            code=f"remind-not-from-{version.state}",
        )
    awaited = directory.awaited(version, kind)
    if not awaited:
        raise Conflict(
            _(
                "Nobody can be reminded of %(what)s: no one holds the office that must act now. "
                "Ask the administrator to enter an appointment."
            )
            % subject,
            code="no-holder",
        )
    fresh = _not_reminded_today(version, awaited, by=by, at=at)
    return register.append(
        kind="commitment.remind",
        subject=f"commitment_version/{version.ref}",
        subject_version=None,
        reach=versions.reach(version),
        by=by,
        at=at,
        data={
            "commitment": version.commitment.ref,
            "n": version.n,
            "kind": kind.value,
            "addressees": [row.as_data() for row in fresh],
        },
    )


def _not_reminded_today(
    version: CommitmentVersion, awaited: list[Addressee], *, by: User, at: datetime
) -> list[Addressee]:
    """Note that those of `awaited` who were not yet reminded today are now; return them.

    Raises Conflict (already-reminded) when that is nobody.
    """
    today = clock.local_date(at)
    earlier = {
        row.person_id: row
        for row in RemindedNow.objects.filter(version=version, on=today).select_related("by")
    }
    fresh = [row for row in awaited if row.person.pk not in earlier]
    if not fresh:
        person = awaited[0].person
        last = earlier[person.pk]
        local = last.at.astimezone(clock.body_zone())
        raise Conflict(
            _(
                "%(person)s was already reminded of %(what)s today, by %(by)s at %(time)s. "
                "Remind again tomorrow, or telephone."
            )
            % {
                "person": person.full_name,
                "what": versions.what(version),
                "by": last.by.full_name,
                "time": local.strftime("%H:%M"),
            },
            code="already-reminded",
            person=person.username,
            by=last.by.username,
            at=last.at.isoformat(),
        )
    RemindedNow.objects.bulk_create(
        RemindedNow(version=version, person=row.person, on=today, by=by, at=at) for row in fresh
    )
    return fresh
