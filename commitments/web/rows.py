"""One row about a version, as the queue, the home page and the list show it.

Everything that rows need beyond the version itself is read for all rows at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from commitments.actions import cases
from commitments.enums import VersionState
from commitments.models import CaseClock, CommitmentVersion, DocumentSlot, SignatureAct, StepFired
from units import clock
from units.models import Appointment, Position, RegisterEntry, User
from units.permissions import holders_at


@dataclass(frozen=True)
class Office:
    """An office of a version: who holds it now, and whether its signature is there."""

    position: Position
    holder: Appointment | None  # None: nobody, a gap
    signed: SignatureAct | None


@dataclass(frozen=True)
class Row:
    """`days_late` 0: in time or nothing awaited. `next_step` None: no step will come by itself."""

    version: CommitmentVersion
    undertakers: list[Office]
    assigner: Office
    days_late: int
    last_entry: RegisterEntry | None
    next_step: Any | None
    waiting_clock: CaseClock | None

    @property
    def has_gap(self) -> bool:
        """Whether somebody who must sign is missing from office."""
        return any(office.holder is None and office.signed is None for office in self.undertakers)


@dataclass(frozen=True)
class Event:
    """One line of a commitment's history: an act with its entry, or a step of the ladder."""

    at: datetime
    n: int  # of the version that it is about
    entry: RegisterEntry | None = None
    step: StepFired | None = None
    provable: bool = False  # the reader may have the receipt of the entry


def events_of(
    versions: Iterable[CommitmentVersion], *, reader: User, at: datetime, most: int = 100
) -> list[Event]:
    """Return the newest `most` acts on these versions and steps about them, newest first, as `reader`
    sees them at `at`."""
    versions = list(versions)
    numbers = {version.ref: version.n for version in versions}
    entries = RegisterEntry.objects.about("commitment_version", *numbers)
    entries = entries.exclude(kind__startswith="desk.")  # who works on it is nothing for the unit
    by_key = {version.pk: version.n for version in versions}
    steps = StepFired.objects.filter(clock__version__in=by_key)
    provable = set(entries.provable_to(reader, at=at).values_list("pk", flat=True))
    events = [
        Event(entry.at, numbers[entry.subject_ref], entry=entry, provable=entry.pk in provable)
        for entry in entries.select_related("actor", "office").order_by("-pk")[:most]
    ]
    events += [
        Event(step.decided_at, by_key[step.clock.subject_id], step=step)
        for step in steps.select_related("clock").order_by("-pk")[:most]
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:most]


def days_late(version: CommitmentVersion, *, on: date) -> int:
    """Return the days since the day to sign, 0 or more; 0 when no signature is awaited."""
    if version.state != VersionState.ISSUED:
        return 0
    return max(0, (on - version.sign_by).days)


def rows_for(versions: Iterable[CommitmentVersion], *, at: datetime) -> list[Row]:
    """Return one row per version, in order; a constant number of queries. `versions`: `for_rows()`."""
    versions = list(versions)
    offices = {
        office.pk
        for version in versions
        for office in (version.first_undertaker, version.second_undertaker, version.assigner)
        if office
    }
    holders = holders_at(offices, at=at)
    documents = [version.document_id for version in versions if version.document_id]
    signed: dict[tuple[int | None, int], SignatureAct] = {
        (act.slot.document_id, act.slot.office_id): act
        for act in SignatureAct.objects.filter(
            slot__document__in=documents, act__in=["sign", "countersign"]
        ).select_related("slot", "person")
    }
    refs = {version.ref: version for version in versions}
    newest = (
        RegisterEntry.objects.filter(subject_kind="commitment_version", subject_ref__in=refs)
        .exclude(kind__startswith="desk.")  # who works on the row is no act on it
        .values("subject_ref")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    entries = {
        entry.subject_ref: entry
        for entry in RegisterEntry.objects.filter(pk__in=list(newest)).select_related("actor")
    }
    clocks: dict[int, CaseClock] = {}
    open_clocks = CaseClock.objects.open().filter(version__in=versions)
    for waiting in open_clocks.with_ladder():
        clocks[waiting.version_id] = waiting
    asked = _asked(versions)
    day = clock.local_date(at)

    def office(version: CommitmentVersion, position: Position) -> Office:
        return Office(
            position, holders.get(position.pk), signed.get((version.document_id, position.pk))
        )

    rows = []
    for version in versions:
        undertakers = [
            position
            for position in (version.first_undertaker, version.second_undertaker)
            if position and position.pk in asked.get(version.document_id, {position.pk})
        ]
        waiting_clock = clocks.get(version.pk)
        rows.append(
            Row(
                version=version,
                undertakers=[office(version, position) for position in undertakers],
                assigner=office(version, version.assigner),
                days_late=days_late(version, on=day),
                last_entry=entries.get(version.ref),
                next_step=cases.next_step(waiting_clock) if waiting_clock else None,
                waiting_clock=waiting_clock,
            )
        )
    return rows


def _asked(versions: Iterable[CommitmentVersion]) -> dict[int | None, set[int]]:
    """Return, by key of the document, the offices that sign a takeover: not all that are parties to it."""
    documents = [row.document_id for row in versions if row.is_takeover and row.document_id]
    asked: dict[int | None, set[int]] = {}
    if documents:
        slots = DocumentSlot.objects.filter(document__in=documents)
        for document, office in slots.values_list("document_id", "office_id"):
            asked.setdefault(document, set()).add(office)
    return asked
