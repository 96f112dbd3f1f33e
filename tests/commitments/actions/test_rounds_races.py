"""Reports handed in while a sweep fires, or both last ones at once: the wait ends once, and ends."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import cases
from commitments.actions.subjects import Rounds
from commitments.models import ReportingDuty, StepFired
from notifications.models import Notice
from tests.factories.notices import read_register
from tests.factories.reports import OPENED, make_desk
from tests.factories.rounds import clock_of, owed_in, round_of

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run `acts` in threads of their own; each must come to its end."""
    done = []

    def run(act):
        try:
            act()
            done.append(act)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(acts)


def meeting_after(monkeypatch, of, *names):
    """Let two threads meet after each of these methods; alone, one goes on after a second."""
    meet = Barrier(2)
    for owner, name in zip(of, names, strict=True):
        real = getattr(owner, name)

        def then_meet(*args, real=real, **kwargs):
            result = real(*args, **kwargs)
            with suppress(BrokenBarrierError):
                meet.wait(timeout=1)
            return result

        monkeypatch.setattr(owner, name, then_meet)


def test_the_last_two_reports_handed_in_at_once_end_the_wait(monkeypatch):
    desk = make_desk()
    round_ = round_of(desk)
    *others, one, other = owed_in(round_)
    for duty in others:
        desk.filed(duty)
    meeting_after(monkeypatch, [ReportingDuty], "save")

    together(lambda: desk.filed(one), lambda: desk.filed(other))

    assert (clock_of(round_).state, clock_of(round_).end_reason) == ("done", "settled")


def test_a_report_handed_in_while_the_reminder_fires_leaves_nothing_to_send(monkeypatch):
    desk = make_desk()
    round_ = round_of(desk)
    *others, last = owed_in(round_)
    for duty in others:
        desk.filed(duty)
    meeting_after(monkeypatch, [ReportingDuty, Rounds], "save", "prepare")

    together(lambda: desk.filed(last), lambda: cases.sweep(at=OPENED))

    monkeypatch.undo()
    assert (clock_of(round_).state, clock_of(round_).next_action_at) == ("done", None)
    assert StepFired.objects.filter(clock__round=round_).count() <= 1
    read_register(at=OPENED)
    about = Notice.objects.filter(round=round_)
    assert set(about.values_list("state", flat=True)) <= {"cancelled"}
