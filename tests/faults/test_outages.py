"""A-6, A-8: nothing ran for days; clocks jump, and some of them are wrong."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from commitments.actions import cases
from commitments.models import Explanation, StepFired
from notifications.actions import deliveries
from notifications.models import Notice
from tests import mailserver
from tests.factories.clocks import decisions, local, make_scene, start
from tests.factories.crowds import make_crowd
from tests.factories.notices import give_addresses, read_register
from tests.faults.killing import tidy
from tests.faults.scale import pick

HOUR = timedelta(hours=1)
DUE = date(2024, 3, 13)  # Wednesday
EACH = 6  # cases of one head: more than go in letters of their own


@pytest.mark.django_db(transaction=True)
def test_after_72_hours_each_person_gets_one_letter_about_the_highest_step(settings):
    """From Monday to Thursday nothing runs; the reminder of a week before was told in time."""
    size = pick(full=50_000, quick=60)
    scene = make_scene()
    first = make_crowd(scene, size=size, units=size // EACH, due_on=DUE)
    give_addresses()
    with mailserver.running() as server:
        settings.EMAIL_URL = server.url
        for at in (first.next_action_at, local(date(2024, 3, 14), 9)):
            run_everything(at)
            letters = Counter(mail["To"].addresses[0].addr_spec for mail in server.messages)
            assert set(letters.values()) == {1}
            assert len(letters) == size // EACH
            server.messages.clear()
        assert set(StepFired.objects.values_list("decision", "level")) == {
            ("fired", 0),
            ("fired", 1),
        }

        # A week more: level two speaks, and asks for the explanation once; what it overtook is silent.
        run_everything(local(date(2024, 4, 12), 9))

    fired = StepFired.objects.filter(decision="fired")
    highest = fired.latest("level").level
    assert fired.filter(level=highest).count() == size
    assert fired.count() == 3 * size
    assert StepFired.objects.filter(decision="superseded", level__lt=highest).exists()
    assert Explanation.objects.count() == size
    assert Explanation.objects.values("clock", "generation").distinct().count() == size
    assert not Notice.objects.filter(state__in=["pending", "leased", "gathered"]).exists()


def run_everything(at) -> None:
    """Let each job run until nothing is left for it."""
    while cases.sweep(at=at):
        pass
    tidy()
    read_register(at=at)
    tidy()
    while deliveries.send(at=at + HOUR):
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("zone", "due_on"),
    [
        ("Asia/Ho_Chi_Minh", DUE),
        ("Europe/Rome", date(2024, 4, 3)),  # an hour is missing on 31 March
        ("Europe/Rome", date(2024, 10, 30)),  # an hour comes twice on 27 October
    ],
)
def test_clocks_that_jump_and_differ_neither_skip_nor_double(zone, due_on, settings):
    """Jumps of an hour to and fro, hosts 90 seconds apart, both changes of the clock."""
    settings.BODY_TIME_ZONE = zone
    scene, dice = make_scene(), random.Random(due_on.toordinal())
    begun = {"due_on": due_on, "at": local(due_on - timedelta(days=40))}
    steady, jumping = (start(scene.version(elsewhere=True), **begun) for _ in range(2))
    end = local(due_on + timedelta(days=35))

    at, told = local(due_on - timedelta(days=30)), {}
    while at < end:
        jumps = [timedelta(0), HOUR, -HOUR, 90 * timedelta(seconds=1), -90 * timedelta(seconds=1)]
        for jump in dice.sample(jumps, 3):
            cases.sweep(at=at + jump)
        at += 4 * HOUR
    cases.sweep(at=end)

    told = [[row[:3] for row in decisions(row)] for row in (steady, jumping)]
    steps = [(level, repeat) for _decision, level, repeat in told[0]]
    assert told[0] == told[1]
    assert len(steps) == len(set(steps))
    assert {decision for decision, _level, _repeat in told[0]} == {"fired"}
    assert max(steps)[0] == 4
