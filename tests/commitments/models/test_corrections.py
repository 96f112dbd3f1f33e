"""What the database itself refuses of corrective actions and of what is carried over."""

from datetime import date

import pytest

from commitments.models import Carryover, CorrectiveAction, corrections
from tests.constraints import named, refused
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import PositionFactory, UserFactory

pytestmark = pytest.mark.django_db


def correction(*, beside=False, **changes):
    def rows():
        told = {
            "target": target_of(CommitmentFactory()).target,
            "cause": "funding",
            "reason": "Vốn về chậm",
            "remedy": "Bố trí vốn",
            "office": PositionFactory(),
            "due_on": date(2025, 3, 31),
            "written_on": date(2025, 1, 10),
            "written_by": UserFactory(),
        }
        if beside:
            CorrectiveAction.objects.create(**told)
        return lambda: CorrectiveAction.objects.create(**(told | changes))

    return rows


def carryover(*, twice="", itself=False, **changes):
    """`twice`: what a row beside has the same, `target` or `next_target`."""

    def rows():
        commitment = CommitmentFactory()
        first, second, third = (target_of(commitment).target for _n in range(3))
        told = {
            "target": first,
            "next_target": second,
            "first_due_on": date(2024, 12, 31),
            "case": BacklogCaseFactory(),
            "accepted_by": UserFactory(),
            "accepted_at": NOW,
        }
        if twice:
            other = "next_target" if twice == "target" else "target"
            Carryover.objects.create(**(told | {other: third}))
        if itself:
            told["next_target"] = first
        return lambda: Carryover.objects.create(**(told | changes))

    return rows


def acted(*, same=False, **changes):
    """A row that was said to be done and taken back. `same`: by the same person."""

    def rows():
        said, other = UserFactory(), UserFactory()
        told = {
            "note": "Đã bố trí",
            "done_by": said,
            "done_at": NOW,
            "answer": "Chưa thấy quyết định",
            "decided_by": said if same else other,
            "decided_at": NOW,
        }
        return correction(**(told | changes))()

    return rows


UNDECIDED = {"answer": "", "decided_by": None, "decided_at": None}
UNSAID = {"note": "", "done_by": None, "done_at": None}
NOT_OPEN_UNDONE = "correction_open_was_not_done_or_taken_back_with_a_reason"
REFUSED = [
    ("correction_has_a_known_state", acted(state="lost")),
    ("correction_done_with_a_note", correction(note="Đã làm")),
    ("correction_done_with_a_note", acted(note="")),
    ("correction_done_with_a_note", acted(done_at=None)),
    ("correction_decided_together", acted(decided_at=None)),
    ("correction_decided_together", acted(state="done", decided_by=None, decided_at=None)),
    ("correction_decided_by_another", acted(same=True)),
    ("correction_decided_by_another", acted(same=True, state="confirmed", answer="")),
    (NOT_OPEN_UNDONE, acted(**UNDECIDED)),
    (NOT_OPEN_UNDONE, acted(answer="")),
    (NOT_OPEN_UNDONE, acted(**UNSAID)),
    ("correction_done_awaits_a_decision", acted(state="done")),
    ("correction_done_awaits_a_decision", acted(state="done", **UNSAID, **UNDECIDED)),
    ("correction_confirmed_was_done_and_decided", acted(state="confirmed")),
    ("correction_confirmed_was_done_and_decided", acted(state="confirmed", **UNDECIDED)),
    ("correction_confirmed_was_done_and_decided", acted(state="confirmed", answer="", **UNSAID)),
    ("correction_once", correction(beside=True)),
    ("correction_is_complete", correction(cause="")),
    ("correction_is_complete", correction(reason="")),
    ("correction_is_complete", correction(remedy="")),
    ("correction_due_not_past", correction(due_on=date(2025, 1, 9))),
    ("carryover_once", carryover(twice="target")),
    ("carryover_next_takes_one", carryover(twice="next_target")),
    ("carryover_leads_on", carryover(case=None, next_target=None)),
    ("carryover_not_to_itself", carryover(itself=True)),
]
TAKEN = [
    acted(),
    acted(state="done", **UNDECIDED),
    acted(state="confirmed", answer=""),
    correction(due_on=date(2025, 1, 10)),
    carryover(),
    carryover(case=None),
    carryover(next_target=None),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED)
def test_the_database_refuses(name, rows):
    write = rows()
    with refused(name):
        write()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes(rows):
    rows()()


def test_every_constraint_is_tried():
    assert {name for name, _rows in REFUSED} == named(corrections).keys()
