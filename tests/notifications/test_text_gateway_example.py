"""The adapter in docs/examples, as a program of its own, against the sender that we really have."""

import json
import os
import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as ours

from notifications.actions import deliveries
from notifications.models import ChannelState, Notice
from tests import receiver
from tests.factories.notices import MORNING, make_told
from tests.factories.texts import NUMBER, SECRET, give_number, set_up
from tests.receiver import Receiver
from units import clock

PROGRAM = Path(ours.BASE_DIR) / "docs" / "examples" / "text_gateway.py"
OLD_SECRET = "whsec_" + b64encode(b"an older secret of this test").decode()


@pytest.fixture
def adapter(tmp_path, settings):
    """Run it as its documentation says; return the file of what it took."""
    ca_file, chain = receiver.certificates(tmp_path)
    outbox = tmp_path / "outbox.sqlite3"
    command = [
        sys.executable,
        str(PROGRAM),
        "--port",
        "0",
        "--certificate",
        str(chain),
        str(outbox),
    ]
    env = {"SECRET": f"{SECRET},{OLD_SECRET}", "PATH": os.environ["PATH"]}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as program:
        try:
            said = program.stdout.readline()
            set_up(settings, Receiver(int(said.rpartition(":")[2]), ca_file), "/texts")
            yield outbox
        finally:
            program.kill()


def taken(outbox: Path) -> list[tuple]:
    with closing(sqlite3.connect(outbox)) as db:
        return db.execute("SELECT id, number, text, said FROM outbox ORDER BY taken_at").fetchall()


def send() -> int:
    return deliveries.send(at=MORNING, channel="sms")


@pytest.mark.django_db
def test_the_example_takes_what_we_send_once_and_refuses_what_we_did_not_sign(adapter, settings):
    told = make_told(language="vi")
    give_number(told.head)
    notice = Notice.objects.filter(pk=told.notice.pk)
    notice.update(channel="sms")
    assert send() == 1
    assert told.notice.state == "accepted"
    [(key, number, text, said)] = taken(adapter)
    assert (key, number) == (str(told.notice.uuid), NUMBER)
    assert text.startswith("Nhac viec: ky ban cam ket ")
    assert said == f"line of {len(text)} signs"

    notice.update(state="pending")  # as after a kill: the same text with the same key
    settings.SMS_GATEWAY_SECRET = OLD_SECRET  # while somebody changes over, both are good
    assert send() == 1
    assert told.notice.state == "accepted"
    assert len(taken(adapter)) == 1

    notice.update(state="pending")
    settings.SMS_GATEWAY_SECRET = "whsec_" + b64encode(b"of somebody else").decode()
    assert send() == 1
    assert ChannelState.objects.get().last_error == "HTTP 401"

    settings.SMS_GATEWAY_SECRET = SECRET
    ChannelState.objects.all().delete()
    with pytest.MonkeyPatch.context() as patch:  # a clock that is wrong by ten minutes
        late = clock.real_now() - timedelta(minutes=10)
        patch.setattr(clock, "real_now", lambda: late)
        assert send() == 1
    assert ChannelState.objects.get().last_error == "HTTP 401"
    assert len(taken(adapter)) == 1


@pytest.mark.django_db
def test_a_number_that_the_example_does_not_serve_is_refused_for_it_alone(adapter):
    told = make_told()
    give_number(told.head, "+0")
    Notice.objects.filter(pk=told.notice.pk).update(channel="sms")
    send()
    assert (told.notice.state, told.notice.end_reason) == ("dead", "HTTP 422")
    assert not ChannelState.objects.exists()
    assert taken(adapter) == []


def test_the_body_that_the_documentation_shows_is_the_one_that_leaves():
    page = (Path(ours.BASE_DIR) / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert set(shown) == {"type", "timestamp", "data"}
    assert set(shown["data"]) == {"id", "to", "text", "plain", "language"}
    assert len(shown["data"]["plain"]) <= 160
