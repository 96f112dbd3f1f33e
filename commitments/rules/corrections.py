"""The life of a corrective action: which act leads where, and how late it is."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from commitments.enums.backlog import CorrectionAct, CorrectionState


class Move(NamedTuple):
    source: CorrectionState
    target: CorrectionState


S = CorrectionState
MOVES: Mapping[CorrectionAct, Move] = {
    CorrectionAct.REVISE: Move(S.OPEN, S.OPEN),
    CorrectionAct.FINISH: Move(S.OPEN, S.DONE),
    CorrectionAct.TAKE_BACK: Move(S.DONE, S.OPEN),
    CorrectionAct.CONFIRM: Move(S.DONE, S.CONFIRMED),
}


def days_late(state: CorrectionState, due_on: date, *, on: date) -> int:
    """Return the days by which what is not done is late on the day `on`; the due day is in time.

    0 for what is said to be done: it waits for whoever confirms.

    >>> days_late(CorrectionState.OPEN, date(2024, 3, 31), on=date(2024, 4, 2))
    2
    """
    return max(0, (on - due_on).days) if state == CorrectionState.OPEN else 0
