"""The cases that the demonstration tells of, as they stand on its first morning."""

from datetime import date

import pytest

from commitments.actions import backlog, cases, invariants
from commitments.enums import ClockKind
from commitments.models import BacklogCase, CaseClock, Explanation, StepFired
from commitments.rules.backlog import age, overdue
from units import clock

pytestmark = pytest.mark.usefixtures("at")
D = date(2024, 5, 15)
CASES = {  # number: (unit, original due, current due, extensions, age, days over, state, level)
    "TĐ-01": ("bx-p-tckh", (2023, 12, 31), (2024, 12, 31), 1, 136, 0, "assigned", 0),
    "TĐ-02": ("bx-p-tnmt", (2023, 12, 31), (2024, 6, 28), 1, 136, 0, "assigned", 0),
    "TĐ-03": ("bx-f1", (2022, 6, 30), (2024, 4, 26), 3, 685, 19, "assigned", 3),
    "TĐ-04": ("bx-f1", (2023, 6, 30), (2024, 3, 29), 2, 320, 47, "assigned", 4),
    "TĐ-05": ("bx-ba-hien", (2023, 9, 29), (2024, 6, 28), 1, 229, 0, "suspended", 0),
    "TĐ-06": ("bx-p-tnmt", (2023, 12, 31), (2024, 5, 31), 1, 136, 0, "resolved", 0),
    "TĐ-07": ("bx-huong-son", (2023, 12, 29), (2024, 3, 29), 1, 90, 0, "closed", 0),
    "TĐ-08": ("bx-f2", (2023, 12, 31), (2024, 5, 8), 1, 136, 7, "assigned", 2),
    "TĐ-09": ("bx-f2", (2023, 11, 30), (2024, 5, 13), 2, 167, 2, "assigned", 1),
    "TĐ-10": ("bx-dao-duc", (2023, 12, 31), (2024, 5, 22), 1, 136, 0, "assigned", 0),
    "TĐ-11": ("bx-vphu", (2023, 10, 31), (2024, 5, 31), 2, 197, 0, "assigned", 0),
    "TĐ-12": ("bx-f1", (2023, 12, 31), (2023, 12, 31), 0, 136, 136, "registered", 0),
    "TĐ-13": ("bx-son-loi", (2023, 12, 31), (2023, 12, 31), 0, 3, 0, "cancelled", 0),
}


def test_the_thirteen_cases_stand_as_written():
    found = {}
    for case in BacklogCase.objects.for_rows():
        last = case.last_day(today=D)
        found[case.number] = (
            case.unit.ref,
            (case.original_due_on.year, case.original_due_on.month, case.original_due_on.day),
            (case.current_due_on.year, case.current_due_on.month, case.current_due_on.day),
            case.extension_count,
            age(case.original_due_on, on=last),
            0 if case.ended_on else overdue(case.current_due_on, on=D),
            case.state,
            max(0, case.level),
        )
    assert found == CASES


def fired(number: str) -> list[tuple[int, date]]:
    steps = StepFired.objects.filter(
        clock__case__number=number, clock__kind=ClockKind.CASE, level__gt=0, decision="fired"
    )
    return [
        (step.level, clock.local_date(step.decided_at)) for step in steps.order_by("decided_at")
    ]


def test_the_ladders_have_climbed_on_the_days_written():
    assert fired("TĐ-03") == [
        (1, date(2024, 5, 2)),
        (2, date(2024, 5, 3)),
        (3, date(2024, 5, 13)),
    ]
    assert fired("TĐ-04")[-1] == (4, date(2024, 5, 2))
    assert fired("TĐ-08")[-1] == (2, D)
    assert fired("TĐ-09") == [(1, date(2024, 5, 14))]
    reminded = StepFired.objects.filter(clock__case__number="TĐ-10").latest("pk")
    assert (reminded.level, clock.local_date(reminded.decided_at)) == (0, D)
    running = CaseClock.objects.with_ladder().get(case__number="TĐ-03", kind=ClockKind.CASE)
    step = cases.next_step(running)
    assert step is not None
    assert (step.level, clock.local_date(step.at)) == (4, date(2024, 5, 27))


def test_what_was_explained_and_what_is_still_asked():
    rows = Explanation.objects.exclude(clock__case=None).order_by("clock__case__number")
    assert [
        (row.clock.case.number, row.due_on, row.accepted)
        for row in rows.select_related("clock__case")
        if row.clock.case
    ] == [
        ("TĐ-03", date(2024, 5, 7), False),
        ("TĐ-04", date(2024, 4, 10), True),
        ("TĐ-08", date(2024, 5, 20), None),
    ]


def test_one_case_cannot_be_assigned_because_two_things_are_unclear():
    case = BacklogCase.objects.get(number="TĐ-12")
    assert backlog.unclear(case) == ["product", "authority"]


@pytest.mark.parametrize(
    ("who", "bucket", "numbers"),
    [
        ("bach", "cases_escalated", {"TĐ-03", "TĐ-04", "TĐ-08", "TĐ-09"}),
        ("lieu", "cases_escalated", {"TĐ-03", "TĐ-04"}),
        ("tung", "cases_escalated", {"TĐ-04"}),
        ("bach", "cases_to_verify", {"TĐ-06"}),
    ],
)
def test_whose_queue_holds_which_case(who, bucket, numbers, client_of):
    page = client_of(who).get(f"/queue/?bucket={bucket}").content.decode()
    every = set(BacklogCase.objects.values_list("number", flat=True))
    assert {number for number in every if f">{number}</a>" in page} == numbers


def test_the_agenda_holds_the_case_and_the_commitment_of_the_top_level(client_of):
    page = client_of("bach").get("/cases/agenda/").content.decode()
    assert "TĐ-04" in page
    assert "TĐ-03" not in page
    assert "2024-bx-f1" in page


def test_whatever_waits_has_its_clock_and_no_clock_runs_for_nothing():
    assert invariants.differences() == []
