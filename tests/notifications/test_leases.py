"""Leases: what somebody took and never finished, and two who send at once."""

import uuid
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from notifications.actions import deliveries, needs
from notifications.channels.email import Smtp
from notifications.health import measures
from notifications.models import Notice
from tests.factories.clocks import make_scene
from tests.factories.notices import MORNING, make_told
from units import clock, stopping

HOUR = timedelta(hours=1)


class Killed(BaseException):
    """Ends the process as a kill would: nobody catches it."""


def kill(*_args, **_kwargs):
    raise Killed


def kill_during(name: str, monkeypatch, *, at=MORNING) -> None:
    """Send, and end the process when `deliveries.<name>` is reached."""
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, name, kill)
        with pytest.raises(Killed):
            deliveries.send(at=at)


def let_leases_run_out() -> None:
    Notice.objects.filter(state="leased").update(lease_until=clock.real_now() - HOUR)


@pytest.mark.django_db
def test_a_kill_before_the_attempt_costs_only_time(server, monkeypatch):
    told = make_told()
    kill_during("_begin", monkeypatch)
    assert told.notice.state == "leased"
    assert deliveries.send(at=MORNING) == 0  # somebody may still be at it

    let_leases_run_out()
    assert deliveries.send(at=MORNING) == 1

    assert (told.notice.state, told.notice.doubts) == ("accepted", 0)
    assert [row.maybe_duplicate for row in told.notice.tries.all()] == [False]
    assert len(server.messages) == 1


@pytest.mark.django_db
def test_a_kill_after_the_servers_yes_doubles_one_message_with_the_same_number(server, monkeypatch):
    told = make_told()
    kill_during("_record", monkeypatch)
    assert len(server.messages) == 1
    let_leases_run_out()

    assert deliveries.send(at=MORNING) == 1

    assert (told.notice.state, told.notice.doubts) == ("accepted", 1)
    assert len({row["Message-ID"] for row in server.messages}) == 1
    tries = told.notice.tries.order_by("number").values_list("outcome", "maybe_duplicate")
    assert list(tries) == [("lost", False), ("accepted", True)]


@pytest.mark.django_db
def test_what_was_not_reached_is_given_back_even_when_the_process_ends(server, monkeypatch):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    kill_during("_record", monkeypatch)
    assert sorted(row.notice.state for row in told) == ["leased", "pending", "pending"]


@pytest.mark.django_db
def test_whoever_comes_back_late_writes_nothing(server, monkeypatch):
    """The lease ran out during the delivery, and another run has taken the notice over."""
    told = make_told()
    send, taken_over_by = Smtp.send, uuid.uuid4()

    def send_slowly(self, letter):
        result = send(self, letter)
        let_leases_run_out()
        deliveries.reap(real_at=clock.real_now())
        Notice.objects.update(
            state="leased", lease_token=taken_over_by, lease_until=clock.real_now() + HOUR
        )
        return result

    monkeypatch.setattr(Smtp, "send", send_slowly)
    deliveries.send(at=MORNING)

    assert (told.notice.state, told.notice.lease_token) == ("leased", taken_over_by)
    assert told.notice.doubts == 1
    (row,) = told.notice.tries.all()
    assert row.outcome == "lost"
    assert row.late_answer.startswith("accepted 250")  # what it was told stays beside the try
    figures = {name: value for name, _labels, value in measures(MORNING)}
    assert figures["fenced_total"] == 1


@pytest.mark.django_db
def test_whoever_lost_the_lease_before_its_turn_sends_nothing(server, monkeypatch):
    told = make_told()
    reasons = needs.reasons

    def lose_the_lease(told, *, at):
        Notice.objects.update(lease_token=uuid.uuid4())
        return reasons(told, at=at)

    monkeypatch.setattr(needs, "reasons", lose_the_lease)
    deliveries.send(at=MORNING)

    assert server.messages == []
    assert (told.notice.state, told.notice.tries.count()) == ("leased", 0)


@pytest.mark.django_db
def test_each_attempt_renews_the_lease(server, monkeypatch):
    told = make_told()
    monkeypatch.setattr(deliveries, "_record", kill)
    claim = deliveries._claim

    def claim_with_little_left(**asked):
        found = claim(**asked)
        Notice.objects.update(lease_until=clock.real_now() + timedelta(seconds=1))
        return found

    monkeypatch.setattr(deliveries, "_claim", claim_with_little_left)
    with pytest.raises(Killed):
        deliveries.send(at=MORNING)
    assert told.notice.lease_until > clock.real_now() + HOUR / 60


@pytest.mark.django_db
def test_a_lease_that_runs_is_left_alone(server):
    told = make_told()
    lease = {"lease_token": uuid.uuid4(), "lease_until": clock.real_now() + HOUR}
    Notice.objects.update(state="leased", **lease)
    assert deliveries.reap(real_at=clock.real_now()) == 0
    assert deliveries.send(at=MORNING) == 0
    assert told.notice.state == "leased"


# --- two at once ----------------------------------------------------------------------------------


def send_twice_at_once(monkeypatch) -> list[int]:
    """Let two runs send, both held between reading what is due and taking it; return what each took."""
    meet, save, results = Barrier(2), Notice.save, []

    def save_when_both_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(Notice, "save", save_when_both_have_read)

    def run():
        try:
            results.append(deliveries.send(at=MORNING))
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_share_the_work(server, monkeypatch):
    scene = make_scene()
    told = [make_told(scene) for _ in range(4)]
    results = send_twice_at_once(monkeypatch)
    assert results == [0, 4]  # one took them all, and the other found nothing left
    assert len(server.messages) == 4
    assert {row.notice.state for row in told} == {"accepted"}
    assert {row.notice.tries.count() for row in told} == {1}


@pytest.mark.django_db
@pytest.mark.usefixtures("unasked")
def test_a_process_that_should_end_gives_back_what_it_has_not_begun(server):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    stopping.ask()
    deliveries.send(at=MORNING)
    assert [row.notice.state for row in told] == ["pending"] * 3
    assert not server.messages

    stopping.begin()
    deliveries.send(at=MORNING)
    assert [row.notice.state for row in told] == ["accepted"] * 3
