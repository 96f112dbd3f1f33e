"""What a step of a ladder says of channels and pace is what its messages do, whatever was chosen."""

import json
from datetime import date, time

import pytest

from commitments.actions import cases, ladders
from commitments.enums import Audience, ClockKind
from commitments.models import EscalationPolicy, EscalationStep
from commitments.rules.policies import rung
from notifications.actions import deliveries
from notifications.models import Notice, Preference
from tests import receiver
from tests.factories.clocks import local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from tests.factories.texts import give_number, set_up
from units.models import RegisterEntry
from units.permissions import holder_at

pytestmark = pytest.mark.django_db
FRIDAY, MONDAY = date(2024, 4, 19), date(2024, 4, 22)  # seven days before 26 April


def publish(**told) -> None:
    """Make a ladder of cases whose first step says how it is told."""
    first = ladders.in_force(ClockKind.CASE, on=date(2024, 1, 2))
    policy = EscalationPolicy.objects.create(
        key=first.key,
        version=2,
        subject_kind=first.subject_kind,
        calendar=first.calendar,
        in_force_from=first.in_force_from,
    )
    steps = [rung(0, [-7], Audience.HOLDER, **told), rung(1, [1], Audience.HOLDER)]
    EscalationStep.objects.bulk_create(
        EscalationStep(policy=policy, **ladders.columns_of(step)) for step in steps
    )


def fire(*, count: int, preference: dict | None = None):
    """Let the first step of `count` cases of one head fire; return the head."""
    scene = make_scene()
    office = scene.case().office
    for _ in range(count):
        case = scene.case(assigned=True, office=office)
        start(case, due_on=date(2024, 4, 26), kind=ClockKind.CASE)
    at = local(FRIDAY, 9)
    head = holder_at(office.pk, at=at).person
    give_addresses()
    head.refresh_from_db()
    if preference:
        Preference.objects.create(person=head, **preference)
    cases.sweep(at=at)
    read_register(at=at)
    return head


def test_channels_and_pace_of_a_step_hold_for_everybody_and_go_in_one_text(tmp_path, settings):
    publish(channels="sms+email", pace="daily")
    head = fire(count=3, preference={"channels": ["inbox"]})
    give_number(head)
    entry = RegisterEntry.objects.filter(kind="step.fired").first()
    data = json.loads(entry.text)["data"]
    assert (data["channels"], data["pace"]) == ("sms+email", "daily")
    told = Notice.objects.filter(recipient=head)
    assert set(told.values_list("channel", "fallbacks", "daily", "state", "not_before")) == {
        ("sms", "email", True, "held", local(MONDAY, 8))
    }
    with receiver.running(tmp_path) as there:
        set_up(settings, there)
        assert deliveries.send(at=local(FRIDAY, 23), channel="sms") == 0
        assert deliveries.send(at=local(MONDAY, 8), channel="sms") > 0
        [call] = there.calls
    said = json.loads(call.body)["data"]
    assert ", and 2 other messages. Sent to you as " in said["text"]
    assert said["text"].endswith("See http://localhost:8000/inbox/")
    assert len(said["plain"]) <= 160
    assert set(told.values_list("state", flat=True)) == {"accepted"}


def test_a_step_that_comes_at_once_does_not_wait_for_anybodys_morning(server):
    publish(pace="instant")
    head = fire(count=2, preference={"daily": True, "quiet_from": time(22), "quiet_to": time(6)})
    told = Notice.objects.filter(recipient=head)
    assert set(told.values_list("channel", "fallbacks", "daily", "state")) == {
        ("email", "", False, "pending")
    }
    while deliveries.send(at=local(FRIDAY, 9)):
        pass
    assert len(server.sent_to(head.email)) == 2


def test_the_inbox_alone_is_where_it_has_arrived():
    publish(channels="inbox")
    head = fire(count=1)
    told = Notice.objects.get(recipient=head)
    assert (told.channel, told.state, told.daily) == ("inbox", "accepted", False)
