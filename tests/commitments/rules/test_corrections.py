"""The life of a corrective action, and how late it is."""

from datetime import date, timedelta

import pytest

from commitments.enums.backlog import CorrectionAct, CorrectionState
from commitments.rules.corrections import MOVES, days_late

DUE = date(2024, 3, 31)


def test_the_table_names_every_act_and_ends_in_confirmed():
    assert set(MOVES) == set(CorrectionAct)
    left = {move.source for move in MOVES.values()}
    assert set(CorrectionState) - left == {CorrectionState.CONFIRMED}


@pytest.mark.parametrize(("days", "late"), [(-1, 0), (0, 0), (1, 1), (30, 30)])
@pytest.mark.parametrize("state", CorrectionState)
def test_only_what_is_to_be_done_is_late_from_the_day_after(state, days, late):
    found = days_late(state, DUE, on=DUE + timedelta(days=days))
    assert found == (late if state == CorrectionState.OPEN else 0)
