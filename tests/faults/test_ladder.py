"""A ladder climbed by whole processes: each step reaches the right person once, whatever happens.

Processes share the business time of the database; a test moves it and waits for the mail.
"""

from collections import Counter
from datetime import date

from commitments.models import StepFired
from notifications.models import DeliveryAttempt, Notice
from tests.factories.clocks import decisions, head_of, local, make_scene, start
from tests.factories.notices import give_addresses
from tests.factories.units import UserFactory
from units.actions import calendars
from units.enums import DayKind
from units.models import RegisterEntry

DUE = date(2024, 3, 13)  # Wednesday
FIRST, LATE, UP, HOLIDAY = (
    date(2024, 2, 28),
    date(2024, 3, 14),
    date(2024, 3, 21),
    date(2024, 3, 20),
)
LEADER, COMMITTEE = date(2024, 3, 28), date(2024, 4, 12)


class Story:
    """One commitment that nobody signs. People by what they are to it."""

    def __init__(self) -> None:
        self.administrators = [UserFactory(roles=["administrator"]) for _ in range(2)]
        scene = make_scene()
        self.version = scene.version()
        self.clock = start(self.version, due_on=DUE)
        self.head = head_of(self.version, at=local(FIRST))
        self.supervisor, self.leader = scene.supervisor, scene.leader
        self.committee = scene.committee
        give_addresses()
        for person in (self.head, self.supervisor, self.leader, self.committee):
            person.refresh_from_db()

    def close(self, day: date) -> None:
        """Enter a day off: one administrator proposes it, another approves it."""
        first, second = self.administrators
        asked = {"label": "Nghỉ bù", "kind": DayKind.CLOSED}
        row = calendars.propose_day(day=day, by=first, at=local(LATE), **asked)
        calendars.approve_day(day_id=row.pk, by=second, at=local(LATE))


def subjects(server, person) -> list[str]:
    """Return what `person` got, as the words before the colon."""
    return [str(row["Subject"]).split(":")[0] for row in server.sent_to(person.email)]


def nothing_is_under_way() -> bool:
    """Say whether the outcome of every message is written."""
    return not Notice.objects.exclude(state="accepted").exists()


def test_two_beats_and_two_workers_climb_the_ladder_once(world):
    story, server = Story(), world.server
    world.move_to(local(FIRST, 8, 1))
    world.start_engine(workers=2, beats=2)

    # A reminder of real beats and workers reaches a real mail server.
    world.wait_for(lambda: server.sent_to(story.head.email))

    # The day on which level two would fall is approved as a day off: its clock moves behind it.
    world.move_to(local(LATE, 9))
    world.wait_for(lambda: len(server.sent_to(story.head.email)) == 2)
    story.clock.refresh_from_db()
    assert story.clock.next_action_at == local(HOLIDAY)
    story.close(HOLIDAY)
    world.wait_for(lambda: type(story.clock).objects.filter(next_action_at=local(UP)).exists())
    world.move_to(local(HOLIDAY, 10))
    world.run_jobs()  # a whole run on the closed day
    assert subjects(server, story.supervisor) == []
    world.move_to(local(UP, 8, 1))
    world.wait_for(lambda: server.sent_to(story.supervisor.email))
    world.wait_for(lambda: len(server.sent_to(story.head.email)) == 3)

    # A broker that forgets everything costs only delay.
    world.broker.flush()
    world.move_to(local(LEADER, 8, 1))
    world.wait_for(lambda: server.sent_to(story.leader.email))

    # So does one that is killed, and comes back. A worker that loses it drops what it is doing, so
    # nothing may stand between the mail server's yes and the row: that would be sent once more.
    world.wait_for(nothing_is_under_way)
    world.broker.kill()
    world.move_to(local(COMMITTEE, 8, 1))
    world.broker.start()
    world.wait_for(lambda: server.sent_to(story.committee.email))

    # When nothing is under way any more, each step was told once.
    world.wait_for(nothing_is_under_way)
    world.run_jobs()
    world.stop()
    assert subjects(server, story.head) == ["Reminder", "Late", "Please explain"]
    for person in (story.supervisor, story.leader, story.committee):
        assert subjects(server, person) == ["Escalated to you"]
    assert set(Counter(str(row["Message-ID"]) for row in server.messages).values()) == {1}
    assert set(Notice.objects.values_list("state", flat=True)) == {"accepted"}
    assert set(DeliveryAttempt.objects.values_list("number", "outcome")) == {(1, "accepted")}
    fired = StepFired.objects.filter(decision="fired").order_by("level")
    assert [row.level for row in fired] == [0, 1, 2, 3, 4]
    assert RegisterEntry.objects.filter(kind="step.fired").count() == 5
    assert RegisterEntry.objects.filter(kind="clock.recompute").count() == 1


def test_without_a_broker_one_step_fires_after_a_long_sleep_and_twice_does_nothing_twice(world):
    story, server = Story(), world.server
    world.move_to(local(date(2024, 3, 11), 8, 1))  # three reminders are due at once
    world.run_jobs(copies=2)
    world.run_jobs()
    assert subjects(server, story.head) == ["Reminder"]

    world.move_to(local(LATE, 8, 1))  # asleep for three days: two reminders, then level one
    world.run_jobs(copies=2)
    world.run_jobs()

    assert subjects(server, story.head) == ["Reminder", "Late"]
    assert Counter(row[0] for row in decisions(story.clock)) == {"fired": 2, "superseded": 4}
    assert [row[:3] for row in decisions(story.clock) if row[3] == LATE] == [
        ("superseded", 0, 3),
        ("superseded", 0, 4),
        ("fired", 1, 0),
    ]
    assert len(server.messages) == 2
    assert Notice.objects.count() == 2
