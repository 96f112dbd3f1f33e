"""B-2: the broker is emptied, restarted, frozen, cut off, full and read-only, and people sign on."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kombu import Connection, Consumer, Producer, Queue

from commitments.enums import VersionAct, VersionState
from config.celery import app
from notifications.actions import notices
from notifications.models import Notice
from tests.commitments.web.conftest import client_of  # noqa: F401  # a fixture
from tests.factories.body import NOW, make_body
from tests.factories.notices import give_addresses
from tests.faults.scale import pick
from tests.faults.worlds import Broker
from units.models import RegisterPending

log = logging.getLogger(__name__)
UNDER_WAY = ("pending", "leased", "gathered")


@contextmanager
def emptied(broker) -> Iterator[None]:
    broker.flush()
    yield
    broker.flush()


@contextmanager
def restarted(broker) -> Iterator[None]:
    broker.kill()
    yield
    broker.start()


@contextmanager
def frozen(broker) -> Iterator[None]:
    broker.freeze()
    time.sleep(pick(full=30, quick=3))
    yield
    broker.thaw()


@contextmanager
def cut_off(broker) -> Iterator[None]:
    broker.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield
    broker.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@contextmanager
def full(broker) -> Iterator[None]:
    broker.ask("CONFIG", "SET", "maxmemory", 1)
    time.sleep(3)
    yield
    broker.ask("CONFIG", "SET", "maxmemory", 0)


@contextmanager
def read_only(broker) -> Iterator[None]:
    broker.ask("REPLICAOF", "127.0.0.1", 1)  # nobody is there: what it has it keeps
    time.sleep(3)
    yield
    broker.ask("REPLICAOF", "NO", "ONE")


FAULTS = (emptied, restarted, frozen, cut_off, full, read_only)


@pytest.mark.faults
def test_people_sign_while_the_broker_fails_and_hear_of_it_soon_after(
    world,
    client_of,  # noqa: F811
    settings,
    monkeypatch,
):
    """No worker is started again: `wait_for` fails as soon as one has ended."""
    settings.DEMO = True
    body = make_body()
    give_addresses()
    world.move_to(NOW)
    world.start_engine(workers=2, beats=1)
    monkeypatch.setattr(app.conf, "broker_url", world.broker.url)

    for fault in FAULTS:
        version = body.issued(second=False)
        world.wait_for(lambda: nothing_is_left() and world.server.messages)
        told, began = len(world.server.messages), time.monotonic()
        client = client_of(body.secretary)
        with fault(world.broker):
            sign(client, version, body)
            signed = time.monotonic() - began
        seconds = world.wait_for(
            lambda told=told: nothing_is_left() and len(world.server.messages) > told
        )
        print(f"B-2 {fault.__name__}: signed after {signed:.1f} s, told {seconds:.1f} s later")
        assert version.state == VersionState.SIGNED
        body.act(VersionAct.VOID, version, body.assigner)  # and the next one is written


def test_a_worker_goes_on_after_an_acknowledgement_was_refused(tmp_path):
    """Without giving the place back it would hold one message for ever, and take no other one."""
    broker = Broker(tmp_path)
    broker.start()
    try:
        with Connection(broker.url) as link, link.channel() as channel:
            channel.basic_qos(0, 1, False)
            queue, taken = Queue("wakes", channel=channel), []
            queue.declare()
            with Consumer(channel, [queue], on_message=taken.append):
                for _wake in range(2):
                    Producer(channel).publish({}, routing_key="wakes")
                link.drain_events(timeout=5)
                with read_only(broker):
                    taken[0].ack_log_error(log, link.connection_errors)
                link.drain_events(timeout=5)
        assert len(taken) == 2
    finally:
        broker.kill()


def sign(client, version, body) -> None:
    """Sign, and see it on the page. The whole ceremony; each code serves once, so it has its own time."""
    address = f"/commitments/{version.commitment.ref}/"
    assert client.get(address).status_code == 200
    body.act(VersionAct.SIGN, version, body.secretary)
    assert client.get(address).status_code == 200
    assert client.get("/queue/").status_code == 200


def nothing_is_left() -> bool:
    """Say whether every entry of the register was told and every notice has its end."""
    return not (
        RegisterPending.objects.exists()
        or notices.is_behind()
        or Notice.objects.filter(state__in=UNDER_WAY).exists()
    )
