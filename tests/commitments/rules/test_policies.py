"""Which ladders contradict themselves, and what a new one changes."""

import pytest

from commitments.enums import Audience
from commitments.rules.cases import AGENDA, DEFAULT_POLICIES, LETTER
from commitments.rules.policies import changed_levels, problems, rung

HOLDER, SUPERVISOR = Audience.HOLDER, Audience.SUPERVISOR


@pytest.mark.parametrize("kind", DEFAULT_POLICIES)
def test_the_ladders_of_the_house_are_sound(kind):
    assert problems(DEFAULT_POLICIES[kind].steps) == []


@pytest.mark.parametrize("kind", DEFAULT_POLICIES)
def test_a_ladder_that_is_chosen_as_it_is_stays_the_same(kind):
    steps = DEFAULT_POLICIES[kind].steps
    chosen = [
        rung(
            step.level,
            step.offsets,
            step.audience,
            letter=LETTER in step.acts,
            agenda=AGENDA in step.acts,
            explanation_days=step.explanation_days,
            repeat_days=step.repeat_days,
            channels=step.channels,
            pace=step.pace,
        )
        for step in steps
    ]
    assert changed_levels(steps, chosen) == {}


@pytest.mark.parametrize(
    ("rungs", "found"),
    [
        ([], [(0, "ladder-empty")]),
        ([rung(0, [-7, 1], HOLDER)], [(0, "level-late")]),
        ([rung(0, [0, -7], HOLDER)], [(0, "level-not-rising")]),
        ([rung(0, [-7, -7], HOLDER)], [(0, "level-not-rising")]),
        ([rung(1, [-1], HOLDER)], [(1, "level-early")]),
        ([rung(0, [0], HOLDER), rung(1, [0], HOLDER)], [(1, "level-not-rising")]),
        ([rung(1, [5], HOLDER), rung(2, [5], SUPERVISOR)], [(2, "level-not-rising")]),
        ([rung(4, [401], HOLDER)], [(4, "level-too-far")]),
        ([rung(2, [5], SUPERVISOR, pace="daily")], [(2, "level-waits")]),
        ([rung(0, [-400, 0], HOLDER), rung(4, [400], HOLDER)], []),
    ],
)
def test_what_contradicts_is_named_level_by_level(rungs, found):
    assert problems(rungs) == found


def test_only_levels_that_differ_are_changes():
    before = [rung(0, [-7], HOLDER), rung(1, [1], HOLDER), rung(2, [7], SUPERVISOR, letter=True)]
    after = [before[0], rung(2, [7], SUPERVISOR), rung(3, [20], SUPERVISOR, agenda=True)]
    assert changed_levels(before, after) == {1: "removed", 2: "changed", 3: "added"}
    assert changed_levels(before, reversed(before)) == {}
    told = [rung(0, [-7], HOLDER, channels="sms"), rung(1, [1], HOLDER, pace="daily")]
    assert changed_levels(before[:2], told) == {0: "changed", 1: "changed"}
