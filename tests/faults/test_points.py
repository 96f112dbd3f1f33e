"""A-4: the process dies at each point between a due clock and the mail server's yes."""

import sys
from collections import Counter

import pytest

from commitments.actions import cases
from commitments.models import Explanation, StepFired
from notifications.actions import deliveries
from notifications.models import DeliveryAttempt, Notice
from tests.dying import DIED
from tests.factories.clocks import local
from tests.factories.notices import read_register
from tests.faults.dying import POINTS
from tests.faults.points import let_everything_run_out
from tests.faults.test_ladder import UP, Story
from units.models import JobRun, RegisterEntry


@pytest.mark.parametrize("point", POINTS)
def test_whatever_the_process_had_reached_the_next_one_ends_it(point, world, settings):
    """A double only where the mail was handed over and nobody could write it down: one, flagged."""
    story = Story()
    at, later = local(UP, 9), local(UP, 10)
    world.move_to(at)  # level two is due, which asks for an explanation, too

    settings.EMAIL_URL = world.server.url
    child = world.start("dying", sys.executable, "-m", "tests.faults.dying", point)
    assert child.wait(timeout=120) == DIED, world.logs()
    world.forget("dying")
    let_everything_run_out()
    for _round in range(2):
        cases.sweep(at=later)
        read_register(at=later)
        while deliveries.send(at=later):
            pass

    doubled = point == "the mail is handed over"
    assert StepFired.objects.filter(decision="fired").count() == 1
    assert Explanation.objects.filter(clock=story.clock).count() == 1
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 1
    assert set(Notice.objects.values_list("state", flat=True)) == {"accepted"}
    copies = Counter(str(row["Message-ID"]) for row in world.server.messages)
    assert len(copies) == Notice.objects.filter(led_by=None).count()
    assert sorted(copies.values())[-1] == (2 if doubled else 1)
    assert sum(copies.values()) - len(copies) == doubled
    flagged = DeliveryAttempt.objects.filter(maybe_duplicate=True).count()
    assert flagged == (1 if doubled or point == "the attempt has begun" else 0)
    assert not JobRun.objects.exists()
