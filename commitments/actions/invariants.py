"""What no constraint can say of clocks, asked of all rows: who waits has a clock, and who has one waits.

Each question is one statement, so that an act that commits meanwhile is seen whole or not at all.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from commitments.actions.rounds import WAITS
from commitments.actions.subjects import DIRECTORIES, OF_MODEL
from commitments.enums import ClockKind, ClockState
from commitments.enums.backlog import CaseState, CorrectionState
from commitments.enums.reports import ReportState
from commitments.models import (
    BacklogCase,
    CaseClock,
    CommitmentVersion,
    CorrectiveAction,
    Report,
    ReportingDuty,
    ReportRound,
    ReturnAnswer,
)
from commitments.rules.cases import EXHAUSTED

MOST = 50  # differences of one sort that are named; the rest are no help to whoever mends


class InvariantsBroken(Exception):
    """Raised by the job, so that the status page, /healthz and the watcher outside say it."""


class Wait(NamedTuple):
    """What waits with a clock of `kind`. `still`: of these, with a clock that stands still."""

    kind: ClockKind
    rows: QuerySet[Any]
    still: QuerySet[Any]

    @property
    def column(self) -> str:
        return OF_MODEL[self.rows.model].column


def waits() -> Iterator[Wait]:
    """Yield everything that a ladder runs for, as sets of rows."""
    rows: QuerySet[Any]
    versions: QuerySet[Any] = CommitmentVersion.objects.select_related("commitment")
    answered = ReturnAnswer.objects.filter(act__slot__document=OuterRef("document"))
    for kind, states in DIRECTORIES["version"].waiting.items():
        rows = versions.filter(state__in=states)
        if kind == ClockKind.ANSWER:
            rows = rows.filter(~Exists(answered))
        yield Wait(kind, rows, rows.none())
    paused: QuerySet[Any] = BacklogCase.objects.filter(state=CaseState.SUSPENDED)
    for kind, states in DIRECTORIES["case"].waiting.items():
        waiting = BacklogCase.objects.filter(state__in=states)
        stands = kind == ClockKind.CASE
        yield Wait(
            kind, waiting | paused if stands else waiting, paused if stands else waiting.none()
        )
    for state, kind in WAITS.items():
        left = ReportingDuty.objects.filter(round=OuterRef("pk"), state=state)
        rounds = ReportRound.objects.filter(Exists(left))
        yield Wait(kind, rounds, rounds.none())
    undecided = Report.objects.filter(duty__round=OuterRef("pk"), state=ReportState.SUBMITTED)
    reviewed = ReportRound.objects.filter(Exists(undecided))
    yield Wait(ClockKind.VERIFY, reviewed, reviewed.none())
    owed = CorrectiveAction.objects.owed().select_related("target")
    yield Wait(ClockKind.CORRECTION, owed, owed.none())
    done = CorrectiveAction.objects.filter(state=CorrectionState.DONE).select_related("target")
    yield Wait(ClockKind.VERIFY, done, done.none())


def differences() -> list[str]:
    """Return each difference between clocks and what waits, in English, with the name of its row.

    At most MOST of one sort. A ladder that has ended at its last step leaves its subject waiting.
    """
    return [text for wait in waits() for text in _of(wait)]


def _of(wait: Wait) -> Iterator[str]:
    column, noun = wait.column, DIRECTORIES[wait.column].noun
    clocks = CaseClock.objects.filter(kind=wait.kind, **{f"{column}__isnull": False})
    its = clocks.filter(**{column: OuterRef("pk")})
    ended = Q(state=ClockState.DONE, end_reason=EXHAUSTED)
    there = its.filter(~Q(state=ClockState.DONE) | ended)
    for row in wait.rows.filter(~Exists(there)).order_by("pk")[:MOST]:
        yield f"{noun}/{row.ref} waits ({wait.kind}) and no clock runs for it"
    open_ones = clocks.open().order_by("pk")
    waiting = Exists(wait.rows.filter(pk=OuterRef(column)).order_by())
    for row in open_ones.filter(~waiting)[:MOST]:
        yield f"clock {row.pk} ({wait.kind}) runs for {noun}/{row.subject.ref}, which waits for nothing"
    still = Exists(wait.still.filter(pk=OuterRef(column)).order_by())
    unlike = Q(~still, state=ClockState.PAUSED) | (Q(still) & ~Q(state=ClockState.PAUSED))
    for row in open_ones.filter(waiting, unlike)[:MOST]:
        yield f"clock {row.pk} ({wait.kind}) of {noun}/{row.subject.ref} is {row.state}"
