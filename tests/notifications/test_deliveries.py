"""Sending over a real mail server: what each of its answers leads to, and what is never sent."""

from datetime import date, timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import translation

from commitments.enums import VersionState
from commitments.models import CommitmentVersion
from notifications import health
from notifications.actions import deliveries
from notifications.models import ChannelState, Notice
from notifications.web.queue import UNDELIVERED
from tests.factories.clocks import local, make_scene
from tests.factories.notices import FIRST_STEP, MORNING, make_told
from units import clock
from units.models import Appointment, User

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def tries_of(notice) -> list[tuple]:
    """Return (number, outcome, what the server said, perhaps a double) of every try."""
    rows = notice.tries.order_by("number")
    return list(rows.values_list("number", "outcome", "code", "maybe_duplicate"))


def send(*, at=MORNING) -> int:
    """Run the job as its runner does: until nothing is left."""
    total = 0
    while done := deliveries.send(at=at):
        total += done
    return total


def wait_is_over(notice) -> timedelta:
    """Let the wait for the next try pass; return how long it was."""
    row = Notice.objects.get(pk=notice.pk)
    last = row.tries.latest("number").ended_at
    Notice.objects.filter(pk=row.pk).update(next_try_at=clock.real_now())
    return row.next_try_at - last


def figure(label: str):
    """Return (value, well) of the health figure that is called `label` in English."""
    with translation.override("en"):
        rows = health.figures(clock.real_now())
        return {str(name): (str(value), well) for name, value, well in rows}[label]


# --- it is sent -----------------------------------------------------------------------------------


def test_a_notice_is_handed_over_once_in_the_readers_language(server):
    told = make_told(language="vi")
    assert send() == 1
    assert send() == 0

    (message,) = server.messages
    assert told.notice.state == "accepted"
    assert message["Subject"] == (
        f"Nhắc việc: ký bản cam kết {told.version.commitment.number} "
        f"của {told.version.commitment.unit.name}, hạn 31/01/2024"
    )
    assert message["Message-ID"] == f"<{told.notice.uuid}@localhost>"
    assert message["To"].addresses[0].addr_spec == told.head.email
    text = message.get_body(("plain",)).get_content()
    assert f"/commitments/{told.version.commitment.ref}/" in text
    assert tries_of(told.notice) == [(1, "accepted", "250 OK", False)]


def test_a_line_that_begins_with_a_dot_arrives_whole(server):
    told = make_told(full_name=".dot")
    told.version.commitment.period.__class__.objects.update(name_en="\n.hidden\n.")
    send()
    text = server.messages[0].get_body(("plain",)).get_content()
    assert ".hidden" in text.splitlines()
    assert text.rstrip().endswith("Nobody reads answers to this message.")


def test_many_leave_over_one_connection(server):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    assert send() == 3
    assert (server.connections, len(server.messages)) == (1, 3)
    assert [row.notice.state for row in told] == ["accepted"] * 3


def test_the_most_urgent_leave_first_when_not_all_can(server):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    Notice.objects.filter(pk=told[2].notice.pk).update(kind="escalation")
    assert deliveries.send(at=MORNING, limit=1) == 1
    assert [row.notice.state for row in told] == ["pending", "pending", "accepted"]


def test_a_server_that_closes_the_kept_connection_costs_nothing(server):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    server.answers["mail", ""] = ["250 OK", "421 enough for one connection", "250 OK", "close"]
    send()
    assert [row.notice.state for row in told] == ["accepted"] * 3
    assert len(server.messages) == 3
    assert not ChannelState.objects.exclude(broken_since=None).exists()


def test_before_its_hour_nothing_leaves(server):
    told = make_told(at=local(date(2024, 1, 17), 21))
    assert send(at=local(date(2024, 1, 17), 23)) == 0
    assert (told.notice.state, server.connections) == ("held", 0)
    assert send(at=local(date(2024, 1, 18), 7)) == 1
    assert told.notice.state == "accepted"


def test_without_a_mail_server_the_inbox_is_where_it_arrives(settings):
    settings.EMAIL_URL = ""
    told = make_told()
    assert send() == 1
    assert told.notice.state == "accepted"
    assert not told.notice.tries.exists()


# --- answers of the server ------------------------------------------------------------------------


def test_not_now_is_tried_again_ever_later_and_then_becomes_work(server):
    told = make_told()
    server.answers["rcpt", told.head.email] = ["451 greylisted, come again"] * 5
    waits = []
    for _try in range(4):
        send()
        assert (told.notice.state, send()) == ("pending", 0)  # not before its time
        waits.append(round(wait_is_over(told.notice) / MINUTE))
    send()

    assert waits == [1, 5, 15, 60]
    assert (told.notice.state, told.notice.end_reason) == ("dead", "451 greylisted, come again")
    assert server.messages == []
    assert [row[1] for row in tries_of(told.notice)] == ["deferred"] * 5


def test_not_now_and_then_yes(server):
    told = make_told()
    server.answers["data", told.head.email] = ["452 mailbox full"]
    send()
    wait_is_over(told.notice)
    send()
    assert told.notice.state == "accepted"
    assert [row[1] for row in tries_of(told.notice)] == ["deferred", "accepted"]


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_refused_recipient_becomes_work_for_the_supervisor(server, stage):
    scene = make_scene()
    told, other = make_told(scene), make_told(scene)
    server.answers[stage, told.head.email] = ["550 no such user"]
    send()

    assert (told.notice.state, told.notice.end_reason) == ("dead", "550 no such user")
    assert other.notice.state == "accepted"  # the others are not touched by it
    assert UNDELIVERED.count(scene.supervisor, at=MORNING) == 1
    assert UNDELIVERED.rows(scene.supervisor, at=MORNING) == [told.notice]
    assert UNDELIVERED.count(other.head, at=MORNING) == 0  # who does not see the matter
    assert figure("Notices that could not be delivered") == ("1", False)


def test_whoever_has_no_address_becomes_work_without_a_try(server):
    told = make_told(email="")
    send()
    assert (told.notice.state, told.notice.end_reason) == ("dead", "no-address")
    assert server.connections == 0


def test_an_address_that_is_none_becomes_work(server):
    told = make_told(email="an\r\nRCPT TO:<all@example.org>")
    send()
    assert told.notice.state == "dead"
    assert told.notice.end_reason == "line-break"
    assert server.connections == 0


def test_a_connection_lost_after_the_message_is_tried_once_more_with_the_same_number(server):
    told = make_told()
    server.answers["data", told.head.email] = ["drop"]
    assert deliveries.send(at=MORNING) == 1
    assert (told.notice.state, told.notice.doubts) == ("unknown", 1)

    assert deliveries.send(at=MORNING) == 1

    assert told.notice.state == "accepted"
    assert [row["Message-ID"] for row in server.messages] == [f"<{told.notice.uuid}@localhost>"] * 2
    assert [(row[0], row[1], row[3]) for row in tries_of(told.notice)] == [
        (1, "lost", False),
        (2, "accepted", True),
    ]


def test_lost_twice_is_never_sent_a_third_time_and_listed(server):
    told = make_told()
    server.answers["data", told.head.email] = ["drop", "drop"]
    assert send() == 2
    assert (told.notice.state, told.notice.doubts) == ("unknown", 2)
    assert send() == 0
    assert len(server.messages) == 2
    assert UNDELIVERED.count(told.scene.supervisor, at=MORNING) == 1


# --- the channel ----------------------------------------------------------------------------------


def probe_is_due():
    assert ChannelState.objects.update(next_try_at=clock.real_now()) == 1


def test_a_server_that_is_down_uses_up_no_tries_and_comes_back(server):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    server.stop()
    assert send() == 3  # all were taken, the first found out, the rest was given back
    assert send() == 0  # before the next probe nothing is even tried

    for hour in range(3):  # a probe takes one message only
        probe_is_due()
        assert send() == 1, hour
    assert [(row.notice.state, row.notice.attempts) for row in told] == [("pending", 0)] * 3
    assert sum(row.notice.tries.count() for row in told) == 4
    error, well = figure("E-mail")
    assert ("ConnectionRefusedError" in error, well) == (True, False)
    since = ChannelState.objects.get().broken_since

    server.start()
    assert ChannelState.objects.get().broken_since == since
    probe_is_due()
    assert send() == 3
    assert [row.notice.state for row in told] == ["accepted"] * 3
    assert figure("E-mail") == ("works", True)


@pytest.mark.parametrize("answer", ["530 log in first", "451 not today", "421 going away", "close"])
def test_a_server_that_takes_nothing_from_us_is_no_fault_of_the_recipient(server, answer):
    told = make_told()
    server.answers["mail", ""] = [answer]
    send()
    assert (told.notice.state, told.notice.attempts) == ("pending", 0)
    assert ChannelState.objects.get().broken_since is not None
    probe_is_due()
    send()
    assert told.notice.state == "accepted"


def test_a_folder_that_refuses_is_a_broken_channel(settings, tmp_path):
    settings.EMAIL_URL, settings.DEMO, settings.DATA_DIR = "", True, tmp_path
    (tmp_path / "mail").write_text("This is no folder.")
    told = make_told()
    send()
    assert told.notice.state == "pending"
    assert ChannelState.objects.get().last_error.startswith("FileExistsError")
    (tmp_path / "mail").unlink()
    probe_is_due()
    send()
    assert told.notice.state == "accepted"
    assert [path.suffix for path in (tmp_path / "mail").iterdir()] == [".eml"]


# --- right before sending -------------------------------------------------------------------------


def _sign(told):
    row = CommitmentVersion.objects.filter(pk=told.version.pk)
    row.update(state=VersionState.SIGNED, signed_at=FIRST_STEP)


def _leave_office(told):
    Appointment.objects.filter(person=told.head).update(valid_to=date(2024, 1, 17))


def _close_account(told):
    User.objects.filter(pk=told.head.pk).update(is_active=False)


def _expire(told):
    Notice.objects.update(expires_at=MORNING)


NEEDLESS = {
    "settled": _sign,
    "recipient-gone": _close_account,
    "overtaken": _expire,
}


@pytest.mark.parametrize("reason", NEEDLESS)
def test_what_is_needless_meanwhile_is_cancelled_and_not_sent(server, reason):
    told = make_told()
    NEEDLESS[reason](told)
    send()
    assert (told.notice.state, told.notice.end_reason) == ("cancelled", reason)
    assert (server.messages, told.notice.tries.count()) == ([], 0)


def test_whoever_left_the_office_is_not_reminded_of_its_duty(server):
    told = make_told()
    _leave_office(told)
    send(at=local(date(2024, 1, 18)))
    assert told.notice.state == "cancelled"
    assert server.messages == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("meanwhile", ["settled", "recipient-gone"])
def test_what_is_settled_between_claim_and_its_turn_is_not_sent(server, meanwhile):
    scene = make_scene()
    told = {row.head.email: row for row in (make_told(scene), make_told(scene))}

    def settle_the_other(address):
        def settle():
            for row in (row for email, row in told.items() if email != address):
                NEEDLESS[meanwhile](row)
            connection.close()

        other = Thread(target=settle)
        other.start()
        other.join()

    server.on_rcpt = settle_the_other
    assert deliveries.send(at=MORNING) == 2  # one batch
    assert len(server.messages) == 1
    assert sorted(row.notice.state for row in told.values()) == ["accepted", "cancelled"]
    assert Notice.objects.get(state="cancelled").end_reason == meanwhile


# --- one that cannot be written -------------------------------------------------------------------


def test_one_that_cannot_be_written_stops_nobody_else(server, monkeypatch):
    scene = make_scene()
    bad, good = make_told(scene), make_told(scene)
    Notice.objects.filter(pk=bad.notice.pk).update(message="no-such-text")
    assert send() == 2
    assert good.notice.state == "accepted"
    assert (bad.notice.state, bad.notice.attempts) == ("pending", 1)
    assert bad.notice.lease_token is None

    Notice.objects.filter(pk=bad.notice.pk).update(attempts=4, next_try_at=None)
    send()
    assert bad.notice.state == "dead"
    assert "no-such-text" in bad.notice.end_reason


def test_a_slow_server_gives_the_rest_of_the_batch_back(server, monkeypatch):
    scene = make_scene()
    told = [make_told(scene) for _ in range(3)]
    monkeypatch.setattr(deliveries, "BATCH_SECONDS", 0)
    assert deliveries.send(at=MORNING) == 3
    assert [row.notice.state for row in told] == ["pending"] * 3
    assert not Notice.objects.exclude(lease_token=None).exists()
