"""What the database itself refuses of ladders, clocks, steps, explanations and reminders."""

from datetime import date

import pytest
from django.db import transaction

from commitments.enums import ClockKind
from commitments.models import CaseClock, Explanation, RemindedNow, StepFired, cases
from tests.commitments.models.rows import AT
from tests.constraints import again, change, named, refused
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.clocks import start
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.corrections import CorrectiveActionFactory
from tests.factories.rounds import ReportRoundFactory
from tests.factories.units import UserFactory
from units.actions import register

pytestmark = pytest.mark.django_db
DUE = date(2024, 2, 20)


def clock(about: str = "version") -> CaseClock:
    """A running clock of the house's ladder, `about` a version to be signed, a backlog case or reports owed."""
    if about == "case":
        return start(BacklogCaseFactory(assigned=True), kind=ClockKind.CASE, due_on=DUE, at=AT)
    if about == "correction":
        return start(CorrectiveActionFactory(), kind=ClockKind.CORRECTION, due_on=DUE, at=AT)
    if about == "round":
        return start(ReportRoundFactory(), kind=ClockKind.REPORT, due_on=DUE, at=AT)
    return start(CommitmentVersionFactory(issued=True), due_on=DUE, at=AT)


def policy(**changes):
    def rows():
        first = clock().policy
        return lambda: again(first, **changes)

    return rows


def step(**changes):
    def rows():
        first = again(clock().policy, version=2)
        told = {"policy": first, "level": 4, "offset_days": [30], "audience": "holder"}
        first.steps.create(**(told | {"level": 0}))
        return lambda: first.steps.create(**(told | changes))

    return rows


def clock_with(**changes):
    def rows():
        running = clock()
        return lambda: change(running, **changes)

    return rows


def acknowledged(**changes):
    def rows():
        running, said = clock(), {"ack_until": date(2024, 2, 21), "level": 0}
        return lambda: change(running, **({"ack_by": UserFactory()} | said | changes))

    return rows


def clock_of_two():
    running, case = clock(), BacklogCaseFactory(assigned=True)
    return lambda: change(running, case=case)


def clock_beside(state, *, about="version", **changes):
    """A second clock beside one in `state`."""

    def rows():
        first = clock(about)
        told = {"state": state, "next_action_at": AT if state == "running" else None}
        change(first, **told, end_reason="signed" if state == "done" else "")
        return lambda: again(
            first, **({"state": "running", "next_action_at": AT, "end_reason": ""} | changes)
        )

    return rows


def entry():
    with transaction.atomic():
        return register.append(
            kind="step.fired",
            subject="step_fired/1-1-0-0",
            subject_version=None,
            reach=[],
            by=None,
            at=AT,
        )


def fired(*, beside=False, with_entry=True, **changes):
    def rows():
        told = {
            "clock": clock(),
            "generation": 1,
            "level": 0,
            "repeat": 0,
            "decision": "fired",
            "due_seen": DUE,
            "decided_at": AT,
        }
        if beside:
            StepFired.objects.create(**told, entry=entry())
        told["entry"] = entry() if with_entry else None
        return lambda: StepFired.objects.create(**(told | changes))

    return rows


def explanation(**changes):
    def rows():
        told = {"clock": clock(), "generation": 1, "level": 2, "asked_at": AT, "due_on": DUE}
        Explanation.objects.create(**told)
        return lambda: Explanation.objects.create(**(told | changes))

    return rows


def explained(by_giver=False, **changes):
    def rows():
        giver = UserFactory()
        told = {
            "clock": clock(),
            "generation": 1,
            "level": 2,
            "asked_at": AT,
            "due_on": DUE,
            "text": "Mưa lũ",
            "given_by": giver,
            "given_at": AT,
            "accepted": True,
            "decided_by": giver if by_giver else UserFactory(),
            "decided_at": AT,
        }
        return lambda: Explanation.objects.create(**(told | changes))

    return rows


def reminder(**changes):
    def rows():
        told = {
            "version": CommitmentVersionFactory(issued=True),
            "person": UserFactory(),
            "on": DUE,
            "by": UserFactory(),
            "at": AT,
        }
        RemindedNow.objects.create(**told)
        return lambda: RemindedNow.objects.create(**(told | changes))

    return rows


REFUSED = [
    ("policy_version_once", policy()),
    ("policy_acknowledged_for_days", policy(version=2, ack_days=0)),
    ("step_level_once", step(level=0)),
    ("step_level_is_known", step(level=5)),
    ("step_goes_by_a_known_route", step(channels="sms+inbox")),
    ("step_goes_at_a_known_pace", step(pace="weekly")),
    ("step_that_is_escalated_waits_for_no_morning", step(level=2, pace="daily")),
    *(
        ("clock_one_open_per_subject", clock_beside(state))
        for state in ("running", "paused", "quarantined")
    ),
    *(
        ("clock_one_open_per_case", clock_beside(state, about="case"))
        for state in ("running", "paused", "quarantined")
    ),
    *(
        ("clock_one_open_per_round", clock_beside(state, about="round"))
        for state in ("running", "paused", "quarantined")
    ),
    *(
        ("clock_one_open_per_correction", clock_beside(state, about="correction"))
        for state in ("running", "paused", "quarantined")
    ),
    ("clock_one_subject", clock_with(version=None)),
    ("clock_one_subject", clock_of_two),
    ("clock_running_has_next", clock_with(next_action_at=None)),
    ("clock_running_has_next", clock_with(state="paused")),
    ("clock_running_has_next", clock_with(state="quarantined")),
    ("clock_done_has_reason", clock_with(state="done", next_action_at=None, end_reason="")),
    ("clock_acknowledged_together", clock_with(ack_until=date(2024, 2, 21), level=0)),
    ("clock_acknowledged_together", acknowledged(ack_until=None)),
    ("clock_acknowledged_together", acknowledged(level=-1)),
    ("step_fired_once", fired(beside=True)),
    ("step_fired_once", fired(beside=True, decision="suppressed", with_entry=False)),
    ("stepfired_fired_has_entry", fired(with_entry=False)),
    ("explanation_once", explanation()),
    ("explanation_given_together", explanation(level=3, text="Mưa")),
    ("explanation_given_together", explanation(level=3, given_at=AT)),
    ("explanation_decided_together", explained(decided_at=None)),
    ("explanation_decided_together", explained(accepted=None)),
    ("explanation_decided_after_given", explained(text="", given_by=None, given_at=None)),
    ("explanation_decided_by_another", explained(by_giver=True)),
    ("explanation_refused_has_answer", explained(accepted=False)),
    ("remindednow_once_a_day", reminder()),
]
TAKEN = [
    policy(version=2),
    step(),
    clock_beside("done"),
    clock_beside("running", kind=ClockKind.ANSWER),
    clock_beside("done", about="case"),
    clock_beside("running", about="case", kind=ClockKind.VERIFY),
    clock_with(state="done", next_action_at=None, end_reason="signed"),
    acknowledged(),
    fired(),
    fired(beside=True, generation=2),
    fired(beside=True, level=1),
    fired(beside=True, repeat=1),
    fired(decision="superseded", with_entry=False),
    explanation(level=3),
    explained(),
    explained(accepted=False, answer="Không"),
    reminder(on=date(2024, 2, 21)),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(cases))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)
