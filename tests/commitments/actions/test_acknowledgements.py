"""“I have seen it”: who may say so, of what, how often, and what the ladder makes of it."""

from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import acknowledgements, cases
from commitments.enums import ClockKind
from commitments.models import CaseClock
from tests.factories.clocks import decisions, head_of, local, make_scene, start, sweep_days
from tests.factories.readers import person
from units import clock
from units.actions import register
from units.errors import Conflict, NotAllowed, NotFound, Refused, StaleVersion, WrongState
from units.models import DemonstrationClock, RegisterEntry

pytestmark = pytest.mark.django_db
FIRST, SEVENTH = date(2024, 1, 17), date(2024, 1, 24)  # the first two reminders
AT = local(SEVENTH, 10)


def make(**scene):
    """Return a scene, its version with a clock of which the second reminder has fired, and the head."""
    scene = make_scene(**scene)
    version = scene.version()
    row = start(version)
    sweep_days(FIRST, SEVENTH)
    row.refresh_from_db()
    return scene, row, head_of(version, at=AT)


@pytest.fixture
def at_ten(settings) -> None:
    """A demonstration in which it is AT."""
    settings.DEMO = True
    offset = (clock.real_now() - AT).total_seconds()
    DemonstrationClock.objects.create(offset_seconds=offset)


def code_of(error: type[Refused], **asked) -> str:
    with pytest.raises(error) as refusal:
        acknowledgements.acknowledge(**asked)
    return refusal.value.code


def test_the_holder_hears_nothing_of_that_level_for_three_working_days_and_the_next_one_comes():
    _scene, row, head = make()
    asked = {"clock_id": row.pk, "by": head, "at": AT}
    done = acknowledgements.acknowledge(level=0, **asked)
    assert (done.ack_by, done.ack_until) == (head, date(2024, 1, 29))
    assert done.next_action_at == local(date(2024, 1, 30))
    assert code_of(Conflict, level=0, **asked) == "acknowledged-already"

    sweep_days(date(2024, 1, 25), date(2024, 2, 1))
    fired = [(level, on) for _what, level, _n, on, _who in decisions(row)]
    assert fired == [
        (0, FIRST),
        (0, SEVENTH),
        (0, date(2024, 1, 30)),
        (0, date(2024, 1, 31)),
        (1, date(2024, 2, 1)),
    ]
    row.refresh_from_db()
    assert (row.level, row.ack_by, row.ack_until) == (1, None, None)
    entry = RegisterEntry.objects.get(kind="clock.acknowledge")
    assert (entry.subject_ref, entry.actor) == (row.version.ref, head)
    assert register.data_of(entry) == {"kind": "sign", "level": 0, "until": "2024-01-29"}


def test_once_it_has_run_out_it_may_be_said_again():
    _scene, row, head = make()
    asked = {"clock_id": row.pk, "by": head, "level": 0}
    acknowledgements.acknowledge(at=AT, **asked)
    assert code_of(Conflict, at=local(date(2024, 1, 29), 23), **asked) == "acknowledged-already"
    again = acknowledgements.acknowledge(at=local(date(2024, 1, 30), 0), **asked)
    assert again.ack_until == date(2024, 2, 2)


def test_only_the_holder_and_only_what_was_seen():
    scene, row, head = make()
    asked = {"clock_id": row.pk, "at": AT}
    for other in (scene.supervisor, scene.planner, scene.leader):
        assert code_of(NotAllowed, by=other, level=0, **asked) == "acknowledge-not-allowed"
    assert code_of(StaleVersion, by=head, level=1, **asked) == "clock-changed"
    missing = asked | {"clock_id": row.pk + 1}
    assert code_of(NotFound, by=head, level=0, **missing) == "clock-not-found"
    assert not RegisterEntry.objects.filter(kind="clock.acknowledge").exists()


def test_before_the_first_step_and_after_the_last_there_is_nothing_to_say():
    scene = make_scene()
    version = scene.version()
    row = start(version)
    head = head_of(version, at=AT)
    asked = {"clock_id": row.pk, "by": head, "at": AT}
    assert code_of(WrongState, level=0, **asked) == "nothing-to-acknowledge"
    CaseClock.objects.update(state="paused", next_action_at=None, level=0)
    assert code_of(WrongState, level=0, **asked) == "acknowledge-not-from-paused"


def test_a_new_generation_has_not_been_acknowledged():
    _scene, row, head = make()
    acknowledgements.acknowledge(clock_id=row.pk, level=0, by=head, at=AT)
    start(row.version, due_on=date(2024, 3, 15), at=AT)
    row.refresh_from_db()
    assert (row.generation, row.ack_by, row.ack_until) == (2, None, None)


@pytest.mark.django_db(transaction=True)
def test_two_holders_at_once_leave_one_word(monkeypatch):
    scene = make_scene()
    version = scene.version(issued=True, both=True)
    row = start(version)
    cases.sweep(at=local(SEVENTH))
    who = [
        one.person
        for one in acknowledgements.directory_of(version, at=AT).awaited(version, ClockKind.SIGN)
    ]
    assert len(who) == 2
    both_have_looked, save, codes = Barrier(2), CaseClock.save, []

    def save_when_both_have_looked(self, **fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            both_have_looked.wait(timeout=0.5)
        save(self, **fields)

    monkeypatch.setattr(CaseClock, "save", save_when_both_have_looked)

    def say(by) -> None:
        try:
            acknowledgements.acknowledge(clock_id=row.pk, level=0, by=by, at=AT)
            codes.append("said")
        except Conflict as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=say, args=[one]) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["acknowledged-already", "said"]


# --- pages ----------------------------------------------------------------------------------------


def test_the_page_offers_it_to_the_holder_and_says_to_everybody_that_it_was_said(at_ten):
    scene, row, head = make()
    path = f"/commitments/{row.version.commitment.ref}/"
    asked = {"level": "0", "back": path}
    address = f"/clocks/{row.pk}/acknowledge/"
    assert "I have seen it" not in person(scene.supervisor).get(path).content.decode()
    browser = person(head)
    page = browser.get(path).content.decode()
    assert "I have seen it" in page
    assert f'action="{address}"' in page

    stale = browser.post(address, asked | {"level": "1"}, follow=True).content.decode()
    assert "The next level has fired since you opened the page." in stale
    done = browser.post(address, asked, follow=True)
    assert done.redirect_chain == [(path, 302)]
    assert "not repeated up to 29/01/2024" in done.content.decode()
    seen = person(scene.supervisor).get(path).content.decode()
    assert f"Acknowledged by {head.full_name}: level 0 is not repeated up to 29/01/2024" in seen
    assert "Acknowledged: no repeats for some days" in seen  # in the history
    assert person(scene.supervisor).post(address, asked).status_code == 403
    elsewhere = browser.post(address, asked | {"back": "https://example.org/"})
    assert elsewhere["Location"] == "/"


def test_a_case_offers_it_too_and_a_stranger_finds_nothing(at_ten):
    scene = make_scene()
    case = scene.case()
    row = start(case, kind=ClockKind.CASE)
    cases.sweep(at=local(SEVENTH))
    head = acknowledgements.directory_of(case, at=AT).awaited(case, ClockKind.CASE)[0].person
    page = person(head).get(f"/cases/{case.ref}/").content.decode()
    assert f'action="/clocks/{row.pk}/acknowledge/"' in page
    stranger = head_of(scene.version(elsewhere=True), at=AT)
    assert (
        person(stranger).post(f"/clocks/{row.pk}/acknowledge/", {"level": "0"}).status_code == 404
    )
