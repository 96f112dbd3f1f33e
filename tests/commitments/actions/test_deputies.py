"""A duty handed on: to whom, of what they hear, how it ends, and what never moves."""

from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import acknowledgements, cases, deputies
from commitments.models import CaseClock, Deputy, StepFired
from commitments.models import deputies as models
from commitments.web import deputies as pages
from notifications.actions import needs
from notifications.actions.facts import facts_of
from notifications.messages import compose
from notifications.models import Notice
from tests.constraints import again, change, named, refused
from tests.factories.body import come_into_office
from tests.factories.clocks import local
from tests.factories.notices import MORNING, Told, make_told, read_register
from tests.factories.readers import person
from tests.factories.units import (
    AppointmentFactory,
    PositionFactory,
    RoleGrantFactory,
    UserFactory,
)
from units import clock
from units.actions import register
from units.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, WrongState
from units.models import DemonstrationClock, RegisterEntry, User

pytestmark = pytest.mark.django_db
SEVENTH = date(2024, 1, 24)  # the second reminder


def colleague(told: Told) -> User:
    """Appoint somebody to a second office of the unit of `told`."""
    office = PositionFactory(unit=told.version.commitment.unit)
    found = AppointmentFactory(position=office).person
    User.objects.filter(pk=found.pk).update(email=f"{found.username}@example.org")
    found.refresh_from_db()
    return found


def hand(told: Told, deputy: User, **changes) -> Deputy:
    asked = {"clock_id": told.clock.pk, "task": "Prepare it.", "by": told.head, "at": MORNING}
    return deputies.name(deputy=deputy, **(asked | changes))


def code_of(error: type[Refused], do, *args, **asked) -> str:
    with pytest.raises(error) as refusal:
        do(*args, **asked)
    return refusal.value.code


def step(on: date = SEVENTH) -> dict[str, Notice]:
    """Let the step of that day fire and be told; return what is new, by user name."""
    known = set(Notice.objects.values_list("pk", flat=True))
    cases.sweep(at=local(on))
    read_register(at=local(on))
    return {row.recipient.username: row for row in Notice.objects.exclude(pk__in=known)}


# --- whom, and by whom ----------------------------------------------------------------------------


def test_the_deputy_is_told_at_once_what_is_asked_by_whom_and_that_no_right_moves():
    told = make_told()
    who = colleague(told)
    row = hand(told, who)
    assert (row.generation, row.holder, row.deputy) == (told.clock.generation, told.head, who)
    entry = RegisterEntry.objects.get(kind="clock.delegate")
    assert (entry.actor, entry.subject_ref) == (told.head, told.version.ref)
    assert register.data_of(entry) == {
        "kind": "sign",
        "deputy": who.username,
        "task": "Prepare it.",
    }
    read_register(at=MORNING)
    notice = Notice.objects.with_matter().get(recipient=who)
    assert (notice.message, notice.awaits) == ("row-delegated", "sign")
    facts = facts_of(notice, at=MORNING, language="en")
    text = compose(notice.message, facts, language="en").text
    assert "“Prepare it.”" in text
    assert "Neither the duty nor any right has moved" in text


def test_only_the_holder_hands_on_and_only_to_a_colleague_who_can_see_it():
    told = make_told()
    who = colleague(told)
    assert code_of(NotAllowed, hand, told, who, by=told.scene.supervisor) == "delegate-not-allowed"
    assert code_of(NotFound, hand, told, who, clock_id=told.clock.pk + 9) == "clock-not-found"
    assert code_of(Invalid, hand, told, who, task=" ") == "task-missing"
    assert code_of(Invalid, hand, told, told.head) == "deputy-is-oneself"
    assert code_of(Invalid, hand, told, told.scene.supervisor) == "deputy-elsewhere"
    gone = colleague(told)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    assert code_of(Invalid, hand, told, gone) == "deputy-unknown"
    hand(told, who)
    assert code_of(Conflict, hand, told, who) == "delegated-already"
    CaseClock.objects.update(state="done", next_action_at=None, end_reason="signed")
    assert code_of(WrongState, hand, told, who) == "delegate-not-from-done"


def test_who_has_a_role_in_the_unit_may_be_named_but_an_administrator_by_that_alone():
    told = make_told()
    unit = told.version.commitment.unit
    reporter = RoleGrantFactory(role="reporter", unit=unit).person
    RoleGrantFactory(role="administrator", unit=unit)
    offered = deputies.candidates(told.clock, of=told.head, at=MORNING)
    assert [person for person, _words in offered] == [reporter]


# --- what follows ---------------------------------------------------------------------------------


def test_each_step_reaches_both_and_the_ladder_names_the_holder_alone():
    told = make_told()
    who = colleague(told)
    hand(told, who)
    read_register(at=MORNING)
    new = step()
    assert set(new) == {told.head.username, who.username}
    passed_on = new[who.username]
    assert passed_on.on_behalf_of == told.head
    assert new[told.head.username].channel == "email"  # an absence would leave it in the inbox
    fired = StepFired.objects.latest("pk")
    assert [one["person"] for one in fired.addressees] == [told.head.username]
    assert not acknowledgements.is_holder(who, told.clock, at=MORNING)


def test_it_is_sent_while_the_duty_waits_and_dropped_once_it_is_done(mailoutbox):
    told = make_told()
    who = colleague(told)
    hand(told, who)
    read_register(at=MORNING)
    notice = step()[who.username]
    at = local(SEVENTH, 9)
    assert needs.reasons([notice], at=at) == {notice.pk: ""}
    told.version.state = "void"
    type(told.version).objects.filter(pk=told.version.pk).update(state="void", ended_at=MORNING)
    assert needs.reasons([notice], at=at) == {notice.pk: "settled"}


def test_taken_back_the_deputy_is_told_so_and_nothing_more():
    told = make_told()
    who = colleague(told)
    hand(told, who)
    read_register(at=MORNING)
    waiting = step()[who.username]
    assert code_of(Conflict, deputies.take_back, clock_id=told.clock.pk, by=who, at=MORNING) == (
        "not-delegated"
    )
    later = local(SEVENTH, 9)
    deputies.take_back(clock_id=told.clock.pk, by=told.head, at=later)
    read_register(at=later)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert Notice.objects.filter(recipient=who).latest("pk").message == "row-undelegated"
    assert set(step(date(2024, 1, 30))) == {told.head.username}
    hand(told, who, at=later)  # and again


def test_it_ends_with_the_duty_and_with_its_day():
    told = make_told()
    who = colleague(told)
    hand(told, who)
    CaseClock.objects.filter(pk=told.clock.pk).update(generation=2)
    assert deputies.of([told.clock]) == []
    CaseClock.objects.filter(pk=told.clock.pk).update(generation=1)
    assert len(deputies.of([told.clock])) == 1
    ended = {"state": "done", "next_action_at": None}
    CaseClock.objects.filter(pk=told.clock.pk).update(**ended, end_reason="exhausted")
    assert len(deputies.of([told.clock])) == 1  # its last step was taken and it waits on
    CaseClock.objects.filter(pk=told.clock.pk).update(**ended, end_reason="signed")
    assert deputies.of([told.clock]) == []


def test_what_a_head_handed_on_is_shown_no_more_once_somebody_else_must_act():
    told = make_told()
    hand(told, colleague(told))
    before = pages.of(told.clock, reader=told.head, at=MORNING)
    assert (len(before.rows), before.mine) == (1, True)
    follower = UserFactory()
    come_into_office(told.version.first_undertaker, follower, on=date(2024, 1, 20))
    for who, offered in ((told.head, False), (follower, True)):
        after = pages.of(told.clock, reader=who, at=local(SEVENTH))
        assert (after.rows, after.mine, after.offered) == ([], False, offered)


@pytest.mark.django_db(transaction=True)
def test_named_twice_at_once_leaves_one(monkeypatch):
    told = make_told()
    first, second = colleague(told), colleague(told)
    both_have_looked, save, codes = Barrier(2), Deputy.save, []

    def save_when_both_have_looked(self, **fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            both_have_looked.wait(timeout=0.5)
        save(self, **fields)

    monkeypatch.setattr(Deputy, "save", save_when_both_have_looked)

    def try_it(who: User) -> None:
        try:
            hand(told, who)
            codes.append("named")
        except Conflict as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=try_it, args=[who]) for who in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["delegated-already", "named"]


def test_the_database_refuses_a_deputy_that_cannot_be():
    told = make_told()
    row = hand(told, colleague(told))
    with refused("deputy_one_for_a_duty"):
        again(row)
    with refused("deputy_is_another"):
        change(row, deputy=told.head)
    with refused("deputy_has_task"):
        change(row, task="")
    with refused("deputy_ended_after_named"):
        change(row, ended_at=local(date(2024, 1, 1)))
    change(row, ended_at=MORNING)
    again(row, ended_at=None)
    assert set(named(models)) == {
        "deputy_one_for_a_duty",
        "deputy_is_another",
        "deputy_has_task",
        "deputy_ended_after_named",
    }


# --- pages ----------------------------------------------------------------------------------------


def test_the_page_offers_it_to_the_holder_and_shows_it_to_everybody(settings):
    settings.DEMO = True
    offset = (clock.real_now() - MORNING).total_seconds()
    DemonstrationClock.objects.create(offset_seconds=offset)
    told = make_told()
    who = colleague(told)
    path, address = (
        f"/commitments/{told.version.commitment.ref}/",
        f"/clocks/{told.clock.pk}/deputy/",
    )
    holder, watcher = person(told.head), person(told.scene.supervisor)
    for browser in (holder, watcher):
        browser.cookies["django_language"] = "en"
    assert f'href="{address}?back={path.replace("/", "%2F")}"' in holder.get(path).content.decode()
    assert address not in watcher.get(path).content.decode()
    assert watcher.get(address).status_code == 404
    form = holder.get(address, {"back": path}).content.decode()
    assert who.full_name in form
    assert holder.post(address, {"back": path}).status_code == 422
    sent = {"deputy": who.username, "task": "Prepare it.", "back": path}
    done = holder.post(address, sent, follow=True)
    assert done.redirect_chain == [(path, 302)]
    seen = watcher.get(path).content.decode()
    assert f"Handed to {who.full_name} by {told.head.full_name}" in seen
    assert f"the duty stays with {told.head.full_name}" in seen
    assert "Handed to somebody of the own unit" in seen  # in the history
    back = holder.post(f"{address}take-back/", {"back": path}, follow=True).content.decode()
    assert "Taken back." in back
    assert "Handed to " + who.full_name not in watcher.get(path).content.decode()
    again_ = holder.post(f"{address}take-back/", {"back": path}, follow=True).content.decode()
    assert "You have named no deputy for this" in again_
