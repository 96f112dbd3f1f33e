"""Sending short texts by a real gateway: what each of its answers leads to, and what is fallen back on."""

from datetime import timedelta

import pytest
from django.utils import translation
from standardwebhooks import Webhook

from notifications import health
from notifications.actions import deliveries
from notifications.channels import webhooks
from notifications.models import ChannelState, Notice
from notifications.web.queue import UNDELIVERED
from tests import receiver
from tests.factories.notices import MORNING, make_told
from tests.factories.texts import NUMBER, SECRET, give_number, set_up
from units import clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def there(tmp_path, settings):
    with receiver.running(tmp_path) as running:
        set_up(settings, running)
        yield running


@pytest.fixture
def at(there, settings):
    """Return a function that lets the gateway answer as a path of the receiver does."""

    def answer(path: str) -> None:
        set_up(settings, there, path)

    return answer


def told_by(channel: str, scene=None, *, fallbacks: str = "", number: bool = True, **person):
    """Return a head who is to be reminded by `channel`."""
    told = make_told(scene, **person)
    if number:
        give_number(told.head)
    Notice.objects.filter(pk=told.notice.pk).update(channel=channel, fallbacks=fallbacks)
    return told


def send(channel: str = "sms") -> int:
    return deliveries.send(at=MORNING, channel=channel)


def run() -> None:
    """Let both jobs go until nothing is left for now."""
    while send("email") + send("sms"):
        pass


def tries_of(told) -> list[tuple]:
    return list(told.notice.tries.order_by("pk").values_list("channel", "outcome", "code"))


def figure(label: str):
    with translation.override("en"):
        rows = health.figures(clock.real_now())
        return {str(name): (str(value), well) for name, value, well in rows}[label]


# --- it is sent -----------------------------------------------------------------------------------


def test_a_text_is_signed_says_what_why_and_where_and_carries_no_authority(there):
    told = told_by("sms", language="vi")
    assert (send(), send()) == (1, 0)
    [call] = there.calls
    body = Webhook(SECRET).verify(call.body, call.headers)
    notice = told.notice
    assert call.headers["webhook-id"] == call.headers["idempotency-key"] == str(notice.uuid)
    assert body["type"] == "text.send"
    said = body["data"]
    assert (said["id"], said["to"], said["language"]) == (str(notice.uuid), NUMBER, "vi")
    number = told.version.commitment.number
    address = f"http://localhost:8000/inbox/{notice.pk}/"
    assert said["text"].startswith(f"Nhắc việc: ký bản cam kết {number} của ")
    assert "Gửi bạn do giữ chức danh " in said["text"]
    assert said["plain"].startswith(f"Nhac viec: ky ban cam ket {number} ")
    assert said["plain"].isascii()
    assert len(said["plain"]) <= 160
    for text in (said["text"], said["plain"]):
        assert text.endswith(f"Xem {address}")
    assert tries_of(told) == [("sms", "accepted", "HTTP 204")]
    assert notice.state == "accepted"


def test_the_short_address_leads_its_reader_to_the_page_and_nobody_else(there, client_of):
    told = told_by("sms")
    address = f"/inbox/{told.notice.pk}/"
    answer = client_of(told.head).get(address)
    assert answer.url == f"/commitments/{told.version.commitment.ref}/"
    assert told.notice.read_at is None  # following an address changes nothing
    assert client_of(told.scene.supervisor).get(address).status_code == 404


def test_every_try_carries_the_same_body_and_the_same_key(there, at):
    told = told_by("sms")
    at("/fails")
    send()
    Notice.objects.update(next_try_at=None)
    at("/ok")
    send()
    first, second = there.calls
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert told.notice.state == "accepted"


# --- answers of the gateway -----------------------------------------------------------------------


def test_a_refused_recipient_is_told_by_the_next_channel_at_once(there, at, server):
    told = told_by("sms", fallbacks="email")
    at("/refuses")
    run()
    assert tries_of(told) == [("sms", "refused", "HTTP 422"), ("email", "accepted", "250 OK")]
    assert (told.notice.state, told.notice.channel) == ("accepted", "email")
    assert len(server.messages) == 1


def test_a_refused_letter_becomes_a_text(there, server):
    told = told_by("email", fallbacks="sms")
    server.answers["rcpt", told.head.email] = ["550 no such user"]
    run()
    assert tries_of(told) == [
        ("email", "refused", "550 no such user"),
        ("sms", "accepted", "HTTP 204"),
    ]
    assert told.notice.state == "accepted"


def test_what_no_channel_takes_is_work_for_the_supervisor(there, at, server):
    told = told_by("email", fallbacks="sms")
    server.answers["rcpt", told.head.email] = ["550 no such user"]
    at("/refuses")
    run()
    assert (told.notice.state, told.notice.end_reason) == ("dead", "HTTP 422")
    assert UNDELIVERED.rows(told.scene.supervisor, at=MORNING) == [told.notice]


def test_a_failing_gateway_is_tried_ever_later_and_then_left(there, at, server):
    told = told_by("sms", fallbacks="email")
    at("/fails")
    waits = []
    for _try in range(4):
        send()
        row = told.notice
        assert (row.state, send()) == ("pending", 0)
        waits.append(round((row.next_try_at - row.tries.latest("number").ended_at) / MINUTE))
        Notice.objects.update(next_try_at=clock.real_now())
    send()
    assert waits == [1, 5, 15, 60]
    assert (told.notice.channel, told.notice.attempts, told.notice.next_try_at) == (
        "email",
        0,
        None,
    )
    assert ChannelState.objects.count() == 0
    send("email")
    assert told.notice.state == "accepted"


@pytest.mark.parametrize("path", ["/drops", "/hangs"])
def test_no_answer_after_the_whole_text_is_a_doubt_and_sent_once_more(there, at, path, monkeypatch):
    monkeypatch.setattr(webhooks, "SECONDS", 0.5)
    told = told_by("sms", fallbacks="email")
    at(path)
    send()
    assert (told.notice.state, told.notice.doubts) == ("unknown", 1)
    assert not ChannelState.objects.exists()
    at("/ok")
    send()
    assert told.notice.state == "accepted"
    assert [row[1] for row in tries_of(told)] == ["lost", "accepted"]
    assert list(told.notice.tries.values_list("maybe_duplicate", flat=True)) == [False, True]
    assert len({call.headers["webhook-id"] for call in there.calls}) == 1


def test_two_doubts_are_a_persons_work_and_no_third_way(there, at, server):
    told = told_by("sms", fallbacks="email")
    at("/drops")
    run()
    assert (told.notice.state, told.notice.doubts, len(there.calls)) == ("unknown", 2, 2)
    assert server.messages == []  # it may have arrived twice already
    assert UNDELIVERED.count(told.scene.supervisor, at=MORNING) == 1


@pytest.mark.parametrize(
    ("path", "said", "minutes"),
    [
        ("/knows-us-not", "HTTP 401", 1),
        ("/elsewhere", "HTTP 302", 1),
        ("/busy", "HTTP 503", 1),  # asks for 8 seconds, gets a minute
        ("/limits", "HTTP 429", 2),  # asks for 120 seconds
        (None, "connect", 1),
    ],
)
def test_a_gateway_that_takes_nothing_from_us_is_one_fact(there, at, settings, path, said, minutes):
    told = told_by("sms")
    if path is None:
        settings.SMS_GATEWAY_URL = "https://127.0.0.1:9/"
    else:
        at(path)
    send()
    state = ChannelState.objects.get(channel="sms")
    assert (told.notice.state, told.notice.attempts, state.last_error) == ("pending", 0, said)
    assert figure("Text messages") == (said, False)
    assert figure("E-mail")[1] is True
    wait = state.next_try_at - told.notice.tries.get().ended_at
    assert round(wait / MINUTE) == minutes
    assert send() == 0  # before the next probe nothing is even tried

    at("/ok")
    ChannelState.objects.update(next_try_at=clock.real_now())
    assert send() == 1
    assert told.notice.state == "accepted"
    assert figure("Text messages") == ("works", True)


def test_a_gateway_inside_the_network_is_called_only_where_that_is_listed(there, settings):
    told = told_by("sms")
    settings.SMS_GATEWAY_NETWORKS = []
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]  # of programs: opens nothing here
    send()
    assert ChannelState.objects.get().last_error == "address"
    assert there.calls == []
    assert told.notice.state == "pending"


@pytest.mark.parametrize(("minutes", "channel"), [(59, "email"), (61, "sms")])
def test_what_waits_for_a_broken_channel_takes_its_other_way_after_an_hour(
    there, server, minutes, channel
):
    told = told_by("email", fallbacks="sms")
    alone = told_by("email", told.scene)
    now = clock.real_now()
    ChannelState.objects.create(
        channel="email", broken_since=now - minutes * MINUTE, next_try_at=now + MINUTE
    )
    send("email")
    assert (told.notice.channel, alone.notice.channel) == (channel, "email")
    assert alone.notice.state == "pending"
    assert send("sms") == (channel == "sms")


# --- who has no number, and where no gateway is ---------------------------------------------------


def test_without_a_proved_number_the_next_channel_is_taken_and_without_one_it_is_work(
    there, server
):
    told = told_by("sms", fallbacks="email", number=False)
    alone = told_by("sms", told.scene, number=False)
    run()
    assert (told.notice.state, told.notice.channel) == ("accepted", "email")
    assert (alone.notice.state, alone.notice.end_reason) == ("dead", "no-number")
    assert there.calls == []


def test_without_a_number_a_refused_letter_keeps_the_reason_of_the_server(there, server):
    told = told_by("email", fallbacks="sms", number=False)
    server.answers["rcpt", told.head.email] = ["550 no such user"]
    run()
    assert (told.notice.state, told.notice.end_reason) == ("dead", "550 no such user")


def test_without_a_gateway_nothing_is_lost(server):
    told = told_by("sms", fallbacks="email")
    alone = told_by("sms", told.scene)
    run()
    assert (told.notice.state, told.notice.channel) == ("accepted", "email")
    assert (alone.notice.state, alone.notice.end_reason) == ("dead", "no-gateway")
    assert figure("Text messages")[1] is True
