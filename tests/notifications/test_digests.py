"""Several notices in one letter: who gets one, what stands in it, and what becomes of its notices."""

import re
from contextlib import suppress
from datetime import date, time
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commitments.actions import cases
from commitments.enums import ClockKind, VersionState
from commitments.models import CommitmentVersion
from notifications import rules
from notifications.actions import deliveries, digests, notices, withholding
from notifications.models import Notice, Preference
from tests.factories.clocks import head_of, local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from tests.notifications.test_leases import kill_during, let_leases_run_out
from units import clock
from units.actions import register
from units.permissions import holder_at

LATE = local(date(2024, 2, 7), 9)  # seven days after the last day to sign


@pytest.fixture(autouse=True)
def three_are_too_many(monkeypatch):
    """Let three notices at once become one letter, so that a test needs no more of them."""
    monkeypatch.setattr(rules, "MOST_SINGLE", 2)


def make_late(count: int):
    """Let `count` commitments be late at once; return their scene. Its supervisor is told of each."""
    scene = make_scene()
    for _ in range(count):
        start(scene.version(elsewhere=True))
    give_addresses()
    scene.supervisor.refresh_from_db()
    cases.sweep(at=LATE)
    read_register(at=LATE)
    return scene


def told_to(person, *states):
    rows = Notice.objects.filter(recipient=person).order_by("pk")
    return rows.filter(state__in=states) if states else rows


def send(*, at=LATE) -> int:
    total = 0
    while done := deliveries.send(at=at):
        total += done
    return total


def letters_to(server, person) -> list:
    assert person.email
    return server.sent_to(person.email)


def put_off(server, person) -> None:
    """Let the server put one letter to `person` off."""
    server.answers["rcpt", person.email] = ["451 later"]
    send()
    assert letters_to(server, person) == []


def text_of(letter) -> str:
    return letter.get_body(("plain",)).get_content()


# --- who gets one ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_after_an_outage_each_person_gets_one_letter(server):
    scene = make_late(3)
    send()

    (letter,) = letters_to(server, scene.supervisor)
    assert letter["Subject"].startswith("3 ")
    body = text_of(letter)
    rows = list(told_to(scene.supervisor))
    assert {row.state for row in rows} == {"accepted"}
    assert all(row.version.commitment.number in body for row in rows)
    assert body.count("/commitments/") == 3
    for row in rows:  # who has few is told of each alone
        head = head_of(row.version, at=LATE)
        assert len(letters_to(server, head)) == told_to(head).count() > 0


@pytest.mark.django_db
def test_five_at_once_are_five_letters(server, monkeypatch):
    monkeypatch.setattr(rules, "MOST_SINGLE", 5)
    scene = make_late(5)
    send()
    assert len(letters_to(server, scene.supervisor)) == 5


@pytest.mark.django_db
def test_the_letter_of_a_day_takes_what_can_wait_and_leaves_the_rest_alone(server, monkeypatch):
    monkeypatch.setattr(rules, "MOST_SINGLE", 5)
    scene = make_scene()
    office = scene.case().office
    for _ in range(3):
        case = scene.case(assigned=True, office=office)
        start(case, due_on=date(2024, 4, 26), kind=ClockKind.CASE)
    head = holder_at(office.pk, at=LATE).person
    Preference.objects.create(person=head, daily=True)
    give_addresses()
    head.refresh_from_db()

    reminded, monday = local(date(2024, 4, 19), 9), date(2024, 4, 22)
    cases.sweep(at=reminded)
    read_register(at=reminded)
    assert list(told_to(head).values_list("kind", "state")) == [("reminder", "held")] * 3
    for early in (reminded, local(monday, 7, 59)):
        send(at=early)
    assert letters_to(server, head) == []
    send(at=local(monday))
    assert len(letters_to(server, head)) == 1
    assert told_to(head, "accepted").count() == 3

    asked = local(date(2024, 5, 6), 9)  # an explanation is asked of the head: that does not wait
    cases.sweep(at=asked)
    read_register(at=asked)
    send(at=asked)
    assert told_to(head, "accepted").filter(kind="request").count() == 3
    assert len(letters_to(server, head)) == 4


@pytest.mark.django_db
def test_a_single_notice_of_the_morning_is_an_ordinary_letter(server):
    scene = make_scene()
    version = scene.version()
    head = head_of(version, at=LATE)
    Preference.objects.create(person=head, daily=True, quiet_from=time(22), quiet_to=time(9))
    start(version)
    give_addresses()
    cases.sweep(at=local(date(2024, 1, 17), 9))
    read_register(at=local(date(2024, 1, 17), 9))
    send(at=local(date(2024, 1, 18), 8, 30))
    assert server.messages == []  # quiet until nine
    send(at=local(date(2024, 1, 18), 9))
    (letter,) = server.messages
    assert version.commitment.number in letter["Subject"]


# --- what stands in it ----------------------------------------------------------------------------


def settle_while_sending(version, monkeypatch) -> None:
    """Let `version` be signed after its notice was claimed and before a letter is written."""
    begin = deliveries._send_all

    def settle_first(leased, mailbox, *, at):
        rows = CommitmentVersion.objects.filter(pk=version.pk)
        rows.update(state=VersionState.SIGNED, signed_at=LATE)
        return begin(leased, mailbox, at=at)

    monkeypatch.setattr(deliveries, "_send_all", settle_first)


@pytest.mark.django_db
def test_what_was_settled_meanwhile_is_left_out(server, monkeypatch):
    scene = make_late(3)
    settled = told_to(scene.supervisor).last().version
    settle_while_sending(settled, monkeypatch)
    send()

    (letter,) = letters_to(server, scene.supervisor)
    assert letter["Subject"].startswith("2 ")
    assert settled.commitment.number not in text_of(letter)
    assert told_to(scene.supervisor).get(version=settled).state == "cancelled"


@pytest.mark.django_db
def test_where_its_leader_falls_away_the_others_are_told_all_the_same(server, monkeypatch):
    scene = make_late(4)
    leader = told_to(scene.supervisor).first().version
    settle_while_sending(leader, monkeypatch)
    send()

    (letter,) = letters_to(server, scene.supervisor)
    assert letter["Subject"].startswith("3 ")
    assert told_to(scene.supervisor).get(version=leader).state == "cancelled"
    assert told_to(scene.supervisor, "accepted").count() == 3


@pytest.mark.django_db
def test_a_long_letter_tells_the_first_and_counts_the_others(server, monkeypatch):
    monkeypatch.setattr(digests, "SHOWN", 1)
    scene = make_late(3)
    send()
    (letter,) = letters_to(server, scene.supervisor)
    assert text_of(letter).count("/commitments/") == 1
    assert "2 " in text_of(letter)
    assert "/inbox/" in text_of(letter)
    assert told_to(scene.supervisor, "accepted").count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_letter_speaks_its_readers_language(server, language):
    scene = make_late(3)
    scene.supervisor.language = language
    scene.supervisor.save(update_fields=["language"])
    send()
    (letter,) = letters_to(server, scene.supervisor)
    assert ("Dear " in text_of(letter)) is (language == "en")
    assert letter["Content-Language"] == language


# --- what becomes of its notices ------------------------------------------------------------------


@pytest.mark.django_db
def test_a_server_that_puts_it_off_keeps_it_together(server):
    scene = make_late(3)
    put_off(server, scene.supervisor)
    assert told_to(scene.supervisor, "gathered").count() == 2
    Notice.objects.update(next_try_at=None)
    send()
    assert len(letters_to(server, scene.supervisor)) == 1
    assert told_to(scene.supervisor, "accepted").count() == 3


@pytest.mark.django_db
def test_without_an_address_each_is_work_for_a_person(server):
    scene = make_late(3)
    scene.supervisor.email = ""
    scene.supervisor.save(update_fields=["email"])
    send()
    assert told_to(scene.supervisor, "dead").count() == 3
    assert set(told_to(scene.supervisor).values_list("end_reason", flat=True)) == {"no-address"}


@pytest.mark.django_db
def test_a_kill_after_the_servers_yes_doubles_the_letter_with_the_same_number(server, monkeypatch):
    scene = make_late(3)
    kill_during("_record", monkeypatch, at=LATE)
    let_leases_run_out()
    send()
    doubled = letters_to(server, scene.supervisor) or server.messages
    assert len({row["Message-ID"] for row in doubled}) == 1
    assert not told_to(scene.supervisor).exclude(state="accepted").exists()


@pytest.mark.django_db
def test_lost_twice_all_of_it_is_work_for_a_person(server, monkeypatch):
    scene = make_late(3)
    Notice.objects.exclude(recipient=scene.supervisor).update(state="accepted")
    for _ in range(2):
        kill_during("_record", monkeypatch, at=LATE)
        let_leases_run_out()
    deliveries.reap(real_at=clock.real_now())
    assert set(told_to(scene.supervisor).values_list("state", "doubts")) == {("unknown", 2)}
    assert Notice.objects.undelivered().count() == 3


@pytest.mark.django_db
def test_a_wait_that_ends_takes_its_notice_out(server):
    scene = make_late(3)
    put_off(server, scene.supervisor)
    version = told_to(scene.supervisor, "gathered").first().version
    with transaction.atomic():
        register.append(
            kind="commitment.amend",
            subject=f"commitment_version/{version.ref}",
            subject_version=None,
            reach=[],
            by=scene.planner,
            at=LATE,
        )
    read_register(at=LATE)
    assert told_to(scene.supervisor).get(version=version).state == "cancelled"

    Notice.objects.update(next_try_at=None)
    send()
    (letter,) = letters_to(server, scene.supervisor)
    assert letter["Subject"].startswith("2 ")


@pytest.mark.django_db
def test_a_database_that_was_put_back_withholds_each(server):
    scene = make_late(3)
    put_off(server, scene.supervisor)
    withholding.withhold(real_at=clock.real_now())
    rows = told_to(scene.supervisor)
    assert set(rows.values_list("state", "led_by")) == {("withheld", None)}


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_tell_each_notice_once(server, monkeypatch):
    """Both are held between reading what goes together and writing it. The locks keep the second
    away; without them the lease of the leader does, which only one of both still holds."""
    scene = make_late(3)
    meet, together = Barrier(2), rules.together

    def choose_when_both_have_read(daily):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=0.4)
        return together(daily)

    monkeypatch.setattr(rules, "together", choose_when_both_have_read)

    def run():
        try:
            deliveries.send(at=LATE)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    letters = "".join(map(text_of, letters_to(server, scene.supervisor)))
    for row in told_to(scene.supervisor):  # once in the headline, once in the text
        assert len(re.findall(rf"\b{row.version.commitment.number}\b", letters)) == 2


@pytest.mark.django_db
def test_a_claim_costs_the_same_for_one_letter_of_three_and_of_six():
    scene, counts = make_late(6), []
    for count in (6, 3):
        with CaptureQueriesContext(connection) as taken:
            asked = {"at": LATE, "real_at": clock.real_now(), "channel": "email"}
            led = digests.gather({scene.supervisor.pk}, **asked)
        assert len(led) == count - 1
        counts.append(len(taken))
        told_to(scene.supervisor).update(state="pending", led_by=None)
        half = told_to(scene.supervisor)[:3].values_list("pk", flat=True)
        Notice.objects.filter(pk__in=list(half)).update(state="accepted")
    assert counts[0] == counts[1]


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_letter_costs_the_same_queries_however_many_notices_it_tells(server):
    scene, costs = make_scene(), []
    for count in (3, 6):
        _more_late(scene, count)
        waiting = told_to(scene.supervisor, "pending")
        assert waiting.count() == count
        Notice.objects.exclude(recipient=scene.supervisor).update(state="accepted")
        with CaptureQueriesContext(connection) as asked:
            assert deliveries.send(at=LATE) == 1
        costs.append(len(asked))
    assert costs[0] == costs[1], costs


def _more_late(scene, count) -> None:
    """Let that many more commitments of the scene be late and told."""
    for _ in range(count):
        start(scene.version(elsewhere=True))
    give_addresses()
    scene.supervisor.refresh_from_db()
    cases.sweep(at=LATE)
    read_register(at=LATE)


@pytest.mark.django_db
def test_planning_costs_the_same_queries_however_many_steps_have_fired():
    scene, costs = make_scene(), []
    for count in (1, 1, 4):  # the first one also makes the row of the position
        for _ in range(count):
            start(scene.version(elsewhere=True))
        give_addresses()
        cases.sweep(at=LATE)
        while register.sequence():
            pass
        with CaptureQueriesContext(connection) as asked:
            notices.dispatch(at=LATE)
        costs.append(len(asked))
    assert Notice.objects.filter(message="sign-late-watch").count() == 6
    assert costs[1] == costs[2], costs
