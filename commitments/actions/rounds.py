"""Rounds of reports: which duties are owed by the same day, and the clocks that remind of them.

A clock runs for a round while one of its duties is awaited, another while one is missing, and another,
of whoever verifies, while a report awaits a decision. Every act on a duty brings its round along in
its own transaction: the row of the round is locked before anybody asks whether something is left in
it, so the last two reports, handed in or decided at once, end it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q

from commitments.actions import cases, reminders
from commitments.enums import ClockKind, ClockState
from commitments.enums.policies import LadderKey
from commitments.enums.reports import DutyState
from commitments.models import CaseClock, Report, ReportingDuty, ReportRound
from commitments.rules.cases import EXHAUSTED
from units import clock
from units.models import OrgUnit

WAITS: Mapping[str, ClockKind] = {  # what is waited for while a duty of the round is in this state
    DutyState.AWAITED: ClockKind.REPORT,
    DutyState.MISSING: ClockKind.MISSING,
}


class Place(NamedTuple):
    """What makes a round: one per unit, assigner, period and day."""

    unit_id: int
    assigner_id: int
    period_id: int
    due_on: date


def join(duties: Sequence[ReportingDuty], *, at: datetime) -> None:
    """Put awaited duties, with target and period loaded, into the rounds of their days and
    let the clocks of these run; a constant number of queries. The caller stores the duties.

    A duty is owed by the day to mend it, if it was returned, else by its due day.
    """
    wanted = [_place(duty, duty.resubmit_by or duty.due_on) for duty in duties]
    rounds = _rounds(dict(zip(wanted, duties, strict=True)))
    for place, duty in zip(wanted, duties, strict=True):
        duty.round = rounds[place]
    _run(rounds.values(), ClockKind.REPORT, at=at)


def _place(duty: ReportingDuty, due_on: date) -> Place:
    return Place(duty.unit_id, duty.target.assigner_id, duty.period_id, due_on)


def _rounds(samples: Mapping[Place, ReportingDuty]) -> dict[Place, ReportRound]:
    """Return the round of each place, made where there is none. `samples`: a duty of each."""
    found = _known(samples)
    new = {place: duty for place, duty in samples.items() if place not in found}
    if not new:
        return found
    named = {key for place in new for key in (place.unit_id, place.assigner_id)}
    refs = dict(OrgUnit.objects.filter(pk__in=named).values_list("pk", "ref"))
    rows = [
        ReportRound(
            ref=f"{duty.period.code}-{refs[place.unit_id]}-{refs[place.assigner_id]}"
            f"-{place.due_on:%Y%m%d}",
            **place._asdict(),
        )
        for place, duty in new.items()
    ]
    ReportRound.objects.bulk_create(rows, ignore_conflicts=True)  # reportround_once
    return _known(samples)


def _known(places: Collection[Place]) -> dict[Place, ReportRound]:
    rows = ReportRound.objects.filter(
        unit__in={place.unit_id for place in places},
        period__in={place.period_id for place in places},
        due_on__in={place.due_on for place in places},
    )
    named = {Place(row.unit_id, row.assigner_id, row.period_id, row.due_on): row for row in rows}
    return {place: row for place, row in named.items() if place in places}


def _run(rounds: Iterable[ReportRound], kind: ClockKind, *, at: datetime) -> None:
    """Let the clock of `kind` run for these rounds, which fall due on their own days."""
    locked = _lock({row.pk for row in rounds})
    cases.keep_running(subjects={row: row.due_on for row in locked}, kind=kind, at=at)


def _lock(keys: Collection[int]) -> list[ReportRound]:
    rows = ReportRound.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def follow(
    duty: ReportingDuty, before: str, *, at: datetime, due_on: date | None = None
) -> dict[str, str]:
    """Bring the round of `duty`, whose new state is stored, along from the state `before`.

    `due_on`: the day by which it is owed now, where it is awaited again; None: as before. Return
    what the register entry of the act says of it: `round` and `ends`, the wait that is over for the
    whole round; {} where none is.
    """
    if duty.state == before:
        return {}
    left = duty.round
    if duty.state == DutyState.AWAITED:
        _again(duty, due_on, at=at)
    if left is None or before not in WAITS:
        return {}
    ended = settle({left.pk}, kind=WAITS[before], at=at)
    if duty.state == DutyState.MISSING:
        locked = _lock({left.pk})
        cases.keep_running(
            subjects=dict.fromkeys(locked, duty.locks_on), kind=ClockKind.MISSING, at=at
        )
    return {"round": left.ref, "ends": WAITS[before].value} if ended else {}


def _again(duty: ReportingDuty, due_on: date | None, *, at: datetime) -> None:
    """Let `duty` be awaited by `due_on`; None: by the day of the round that it is in."""
    if due_on is None and duty.round is not None:
        _run([duty.round], ClockKind.REPORT, at=at)
        return
    place = _place(duty, due_on or duty.due_on)
    duty.round = _rounds({place: duty})[place]
    duty.save(update_fields=["round"])
    _run([duty.round], ClockKind.REPORT, at=at)


def settle(keys: Collection[int], *, kind: ClockKind, at: datetime) -> set[int]:
    """End the clock of `kind` in those of these rounds where nothing is left to wait for; return
    their keys. Waits for whoever has one of the rounds in hand. Inside the caller's transaction.
    """
    rows = _lock(keys)
    state = next(state for state, waited in WAITS.items() if waited == kind)
    still = set(
        ReportingDuty.objects.filter(round__in=rows, state=state).values_list("round", flat=True)
    )
    empty = [row for row in rows if row.pk not in still]
    if empty:
        cases.finish_all(subjects=empty, reason="settled", kinds=[kind])
        reminders.cancel(*empty, at=at)  # whoever has put it aside looks at it again
    return {row.pk for row in empty}


def review(duty: ReportingDuty, *, at: datetime, anew: bool = False) -> dict[str, str]:
    """Let the clock of whoever verifies run for the round of `duty` while a report of it awaits a decision,
    inside the caller's transaction; its reports are stored.

    It runs from the day since which the first of them waits: once that one is decided, anew from the
    day of the next. `anew`: the time counts from `at`. Return what the register entry of the act says
    of it: `round` and `ends`, where the wait that people were told of is over; {} where it is not.
    """
    if duty.round is None:  # it is older than rounds
        place = _place(duty, duty.due_on)
        duty.round = _rounds({place: duty})[place]
        duty.save(update_fields=["round"])
    (round_,) = _lock({duty.round.pk})
    clocks = CaseClock.objects.filter(round=round_, kind=ClockKind.VERIFY)
    runs = ~Q(state=ClockState.DONE) | Q(end_reason=EXHAUSTED)  # or has ended at its last step
    there = clocks.filter(runs).first()
    undecided = Report.objects.waiting_since().filter(duty__round=round_).order_by()
    since = undecided.aggregate(first=Min("since"))["first"]
    if there and since is not None and clock.local_date(since) <= there.started_on:
        return {}
    if since is not None:
        cases.start(
            subject=round_,
            kind=ClockKind.VERIFY,
            at=at,
            since=at if anew else since,
            by=LadderKey.REVIEW,
        )
    elif there:
        cases.finish(subject=round_, at=at, reason="decided", kinds=[ClockKind.VERIFY])
    return {"round": round_.ref, "ends": ClockKind.VERIFY.value} if there else {}


@transaction.atomic
def catch_up_reviews(*, at: datetime, limit: int = 100) -> int:
    """Start the clocks of rounds in which reports wait that were submitted before there were such clocks;
    return how many reports were looked at. What has waited so long has the full time from now on. The
    system acts."""
    its = CaseClock.objects.filter(round=OuterRef("duty__round"), kind=ClockKind.VERIFY)
    bare = Report.objects.undecided().filter(~Exists(its)).values_list("duty", flat=True)
    duties = ReportingDuty.objects.select_related("round", "period", "target").order_by("pk")
    locked = duties.select_for_update(of=("self",), no_key=True, skip_locked=True)
    found = list(locked.filter(pk__in=list(bare[:limit])))
    for duty in found:
        review(duty, at=at, anew=True)
    return len(found)


@transaction.atomic
def catch_up(*, at: datetime, limit: int = 500) -> int:
    """Put awaited duties that are in no round, made before there were rounds, into theirs; return
    how many. To which nothing ever came behind the lock, they are left to the lock. The system acts."""
    came = Q(first_submitted_at__isnull=False)
    bare = ReportingDuty.objects.filter(
        Q(locks_on__gte=clock.local_date(at)) | came, state=DutyState.AWAITED, round=None
    )
    rows = bare.select_related("period", "target").order_by("pk")
    found = list(rows.select_for_update(of=("self",), no_key=True, skip_locked=True)[:limit])
    if found:
        join(found, at=at)
        ReportingDuty.objects.bulk_update(found, ["round"])
    return len(found)
