"""From the register to notices: each once, whoever else runs, whatever fails."""

from contextlib import suppress
from datetime import date, time, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.enums import VersionAct
from notifications import audiences
from notifications.actions import notices
from notifications.models import FeedPosition, Notice, Preference, SetAside
from tests.factories.body import NOW, make_body
from tests.factories.clocks import local, make_scene
from tests.factories.notices import FIRST_STEP, make_told, read_register
from units.actions import register
from units.models import RegisterEntry, RegisterLink

A = VersionAct
NIGHT = local(date(2024, 2, 2), 21)


def number() -> int:
    """Number the register; return the last place."""
    while register.sequence():
        pass
    return RegisterLink.objects.latest("seq").seq


# --- once -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_entry_is_told_once_and_the_position_stands_behind_it():
    body = make_body()
    body.issued()
    last = number()

    assert notices.dispatch(at=NOW) == last
    assert notices.dispatch(at=NOW) == 0

    assert Notice.objects.count() == 2
    assert FeedPosition.objects.values_list("consumer", "seq").get() == ("notices", last)


@pytest.mark.django_db
def test_a_position_that_was_set_back_tells_nobody_twice():
    make_body().issued()
    read_register(at=NOW)
    uuids = set(Notice.objects.values_list("uuid", flat=True))
    FeedPosition.objects.update(seq=0)

    read_register(at=NOW)

    assert set(Notice.objects.values_list("uuid", flat=True)) == uuids


@pytest.mark.django_db
def test_batches_go_on_where_the_last_one_ended():
    make_body().issued()
    last = number()
    assert [notices.dispatch(at=NOW, limit=1) for _ in range(last + 1)] == [1] * last + [0]
    assert Notice.objects.count() == 2


def meet_before_telling(monkeypatch, parties: int) -> list[int]:
    """Hold `parties` dispatchers between reading and writing; return a list of who arrived."""
    meet, tell, arrived = Barrier(parties), notices._tell, []

    def tell_when_all_have_read(links, **asked):
        arrived.append(1)
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        tell(links, **asked)

    monkeypatch.setattr(notices, "_tell", tell_when_all_have_read)
    return arrived


def run_together(*acts) -> list:
    results: list = [None] * len(acts)

    def run(place, act):
        try:
            results[place] = act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=row) for row in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_dispatchers_at_once_one_has_the_turn(monkeypatch):
    make_body().issued()
    last = number()
    FeedPosition.objects.create(consumer="notices", seq=last - 1)
    arrived = meet_before_telling(monkeypatch, 2)

    results = run_together(lambda: notices.dispatch(at=NOW), lambda: notices.dispatch(at=NOW))

    assert sorted(results) == [0, 1]
    assert len(arrived) == 1  # under the lock only one ever reads
    assert Notice.objects.count() == 2


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_without_the_turn_the_key_alone_refuses_the_second_notice(monkeypatch):
    """The guard's guard: both dispatchers now write, and `notice_once` keeps one of each."""
    make_body().issued()
    last = number()
    FeedPosition.objects.create(consumer="notices", seq=last - 1)
    arrived = meet_before_telling(monkeypatch, 2)
    monkeypatch.setattr(notices, "_turn", lambda: FeedPosition.objects.get(consumer="notices"))

    results = run_together(lambda: notices.dispatch(at=NOW), lambda: notices.dispatch(at=NOW))

    assert (results, len(arrived)) == ([1, 1], 2)
    assert Notice.objects.count() == 2


# --- when it may leave ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_at_night_a_notice_is_in_the_inbox_at_once_and_leaves_in_the_morning():
    body = make_body()
    body.issued(at=NIGHT)  # Friday
    read_register(at=NIGHT)
    for row in Notice.objects.all():
        assert (row.state, row.not_before) == ("held", local(date(2024, 2, 5), 7))
    assert Notice.objects.unread_of(body.secretary).count() == 1


@pytest.mark.django_db
def test_everybody_has_their_own_quiet_hours():
    body = make_body()
    Preference.objects.create(person=body.secretary, quiet_from=time(22), quiet_to=time(6))
    body.issued(at=NIGHT)
    read_register(at=NIGHT)
    states = dict(Notice.objects.values_list("recipient__username", "state"))
    assert states == {"secretary": "pending", "chair": "held"}


@pytest.mark.django_db
def test_for_whom_the_inbox_is_enough_nothing_waits_to_be_sent():
    body = make_body()
    Preference.objects.create(person=body.secretary, channels=["inbox"])
    Preference.objects.create(person=body.chair, channels=["email", "inbox"])
    body.issued()
    read_register(at=NOW)
    states = dict(Notice.objects.values_list("recipient__username", "state"))
    assert states == {"secretary": "accepted", "chair": "pending"}


@pytest.mark.django_db
def test_news_that_no_ladder_overtakes_is_old_after_two_weeks():
    make_body().in_force()
    read_register(at=NOW)
    row = Notice.objects.filter(message="in-force").first()
    assert row.expires_at == NOW + timedelta(days=14)


# --- the wait is over -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_whoever_has_signed_is_not_asked_any_more_and_the_other_still_is():
    body = make_body()
    version = body.issued(at=NIGHT)
    read_register(at=NIGHT)
    body.act(A.SIGN, version, body.secretary, at=NIGHT)
    read_register(at=NIGHT)
    rows = Notice.objects.filter(message="sign-request")
    assert dict(rows.values_list("recipient__username", "state")) == {
        "secretary": "cancelled",
        "chair": "held",
    }
    assert rows.get(recipient=body.secretary).end_reason == "settled"


def let_both_sign(body, version):
    body.act(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.chair)


ENDS = {
    "both sign": let_both_sign,
    "returned": lambda body, version: body.act(A.RETURN, version, body.secretary),
    "refused": lambda body, version: body.act(A.REFUSE, version, body.chair),
}


@pytest.mark.django_db
@pytest.mark.parametrize("end", ENDS)
def test_what_ends_the_wait_cancels_every_message_about_it(end):
    body = make_body()
    version = body.issued(at=NIGHT)
    read_register(at=NIGHT)
    ENDS[end](body, version)
    read_register(at=NIGHT)
    rows = Notice.objects.filter(awaits="sign")
    assert set(rows.values_list("state", flat=True)) == {"cancelled"}
    assert not Notice.objects.unread_of(body.secretary).filter(awaits="sign").exists()


@pytest.mark.django_db
def test_the_wait_of_another_version_goes_on():
    scene = make_scene()
    first, second = make_told(scene), make_told(scene)
    entry = RegisterEntry(
        subject_kind="commitment_version", subject_ref=first.version.ref, text='{"data": {}}'
    )
    notices._cancel(entry, ["sign"])
    assert (first.notice.state, second.notice.state) == ("cancelled", "pending")


# --- what fails -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_fails_three_times_is_set_aside_and_the_rest_goes_on(monkeypatch):
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    body.act(A.SIGN, version, body.chair)
    number()
    bad = RegisterLink.objects.get(entry__kind="commitment.issue").seq
    recipients_of = audiences.recipients_of

    def fail_at_issue(entries, *, at):
        if "commitment.issue" in {entry.kind for entry in entries}:
            raise ValueError("It is broken.")
        return recipients_of(entries, at=at)

    monkeypatch.setattr(audiences, "recipients_of", fail_at_issue)
    runs = [notices.dispatch(at=NOW) for _ in range(12)]

    aside = SetAside.objects.get()
    assert (aside.consumer, aside.seq) == ("notices", bad)
    assert "It is broken." in aside.error
    assert list(Notice.objects.values_list("message", flat=True)) == ["countersign-request"]
    assert runs[runs.index(0) : runs.index(0) + 3] == [0, 0, 1]  # a failure ends the run
    position = FeedPosition.objects.get()
    assert (position.failures, position.seq) == (0, RegisterLink.objects.latest("seq").seq)


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_ends_the_process_is_passed_over_after_the_third_time(monkeypatch):
    make_body().issued()
    number()

    def end_the_process(entries, *, at):
        raise SystemExit  # no error that anybody could catch and count

    monkeypatch.setattr(audiences, "recipients_of", end_the_process)
    first = RegisterLink.objects.earliest("seq")
    FeedPosition.objects.create(consumer="notices", seq=first.seq - 1)
    for _time in range(3):
        with pytest.raises(SystemExit):
            notices._dispatch_one(at=NOW)
    assert notices._dispatch_one(at=NOW) == 1
    assert SetAside.objects.get().seq == first.seq


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_reading_is_noted_once():
    told = make_told()
    notices.mark_read(notice_id=told.notice.pk, by=told.head, at=FIRST_STEP)
    notices.mark_read(notice_id=told.notice.pk, by=told.head, at=FIRST_STEP + timedelta(hours=1))
    assert told.notice.read_at == FIRST_STEP


@pytest.mark.django_db
def test_nobody_reads_the_notice_of_another():
    told = make_told()
    with pytest.raises(Notice.DoesNotExist):
        notices.mark_read(notice_id=told.notice.pk, by=told.scene.supervisor, at=FIRST_STEP)
    assert told.notice.read_at is None
