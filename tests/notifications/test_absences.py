"""Being away: who may enter which days, whom messages reach meanwhile, and what never moves."""

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import cases
from commitments.enums import VersionAct
from notifications.actions import absences, deliveries, needs
from notifications.models import Absence, Notice, Preference
from notifications.models import absences as models
from tests.constraints import again, change, named, refused
from tests.factories.body import NOW, make_body
from tests.factories.clocks import local, make_scene
from tests.factories.notices import FIRST_STEP, MORNING, make_told, read_register
from tests.factories.readers import person
from tests.factories.units import AppointmentFactory, PositionFactory, UserFactory
from units import clock
from units.errors import Invalid, WrongState
from units.models import DemonstrationClock, RegisterEntry, User

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
STEP_ON = date(2024, 1, 24)  # the second reminder, 7 days before the last day to sign


def code_of(do, **asked) -> str:
    with pytest.raises((Invalid, WrongState)) as refusal:
        do(**asked)
    return refusal.value.code


def colleague(told) -> User:
    """Appoint somebody to a second office of the unit of `told`."""
    office = PositionFactory(unit=told.version.commitment.unit)
    found = AppointmentFactory(position=office).person
    found.email = f"{found.username}@example.org"
    found.save(update_fields=["email"])
    return found


def away(who: User, deputy: User, *, first=STEP_ON, last=STEP_ON, at=FIRST_STEP) -> Absence:
    return absences.enter(from_on=first, to_on=last, deputy=deputy, by=who, at=at)


def step(on: date = STEP_ON) -> dict[str, Notice]:
    """Let the step of that day fire and be told; return what is new, by user name."""
    known = set(Notice.objects.values_list("pk", flat=True))
    cases.sweep(at=local(on))
    read_register(at=local(on))
    fresh = Notice.objects.exclude(pk__in=known).exclude(message__startswith="absence")
    return {row.recipient.username: row for row in fresh}


# --- entering and ending --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (NOW.date(), NOW.date() - DAY, "absence-range-empty"),
        (NOW.date() - 3 * DAY, NOW.date() - DAY, "absence-over"),
        (NOW.date(), NOW.date() + 366 * DAY, "absence-too-long"),
    ],
)
def test_days_that_cannot_be_are_refused_by_name(first, last, code):
    who, deputy = UserFactory(), UserFactory()
    asked = {"deputy": deputy, "by": who, "at": NOW}
    assert code_of(absences.enter, from_on=first, to_on=last, **asked) == code
    absences.enter(from_on=NOW.date(), to_on=NOW.date() + 365 * DAY, **asked)  # a year may be
    assert Absence.objects.count() == 1


def test_a_deputy_is_somebody_else_who_can_read_and_is_there():
    who, deputy, away_too = UserFactory(), UserFactory(), UserFactory()
    today = NOW.date()
    asked = {"from_on": today, "to_on": today + 5 * DAY, "by": who, "at": NOW}
    away(away_too, deputy, first=today + 5 * DAY, last=today + 9 * DAY, at=NOW)
    for wrong, code in (
        (who, "deputy-is-oneself"),
        (UserFactory(closed=True), "deputy-unknown"),
        (UserFactory(machine=True), "deputy-unknown"),
        (away_too, "deputy-away"),  # on the last day
    ):
        assert code_of(absences.enter, deputy=wrong, **asked) == code
    absences.enter(deputy=away_too, **(asked | {"to_on": today + 4 * DAY}))


def test_absences_of_one_person_share_no_day_and_an_ended_one_leaves_room():
    who, other, deputy = UserFactory(), UserFactory(), UserFactory()
    first = NOW.date() + 10 * DAY
    row = away(who, deputy, first=first, last=first + 2 * DAY, at=NOW)
    away(other, deputy, first=first, last=first, at=NOW)  # somebody else's are their own
    asked = {"deputy": deputy, "by": who, "at": NOW}
    for from_on, to_on in ((-1, 0), (1, 1), (2, 3), (-1, 3)):
        days = {"from_on": first + from_on * DAY, "to_on": first + to_on * DAY}
        assert code_of(absences.enter, **days, **asked) == "absence-overlaps"
    away(who, deputy, first=first + 3 * DAY, last=first + 3 * DAY, at=NOW)
    absences.end(absence_id=row.pk, by=who, at=NOW)
    away(who, deputy, first=first, last=first + 2 * DAY, at=NOW)


def test_what_is_over_is_ended_no_more_and_nobody_ends_that_of_another():
    who, deputy = UserFactory(), UserFactory()
    row = away(who, deputy, first=NOW.date(), last=NOW.date(), at=NOW)
    with pytest.raises(Absence.DoesNotExist):
        absences.end(absence_id=row.pk, by=deputy, at=NOW)
    asked = {"absence_id": row.pk, "by": who}
    assert code_of(absences.end, at=NOW + DAY, **asked) == "end-absence-not-from-ended"
    assert absences.end(at=NOW, **asked).ended_at == NOW
    assert code_of(absences.end, at=NOW, **asked) == "end-absence-not-from-ended"
    kinds = RegisterEntry.objects.filter(subject_kind="absence").order_by("pk")
    assert list(kinds.values_list("kind", "actor", "subject_ref")) == [
        ("absence.enter", who.pk, who.username),
        ("absence.end", who.pk, who.username),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_entered_at_once_leave_one(monkeypatch):
    who, deputy = UserFactory(), UserFactory()
    both_have_looked, save, codes = Barrier(2), Absence.save, []

    def save_when_both_have_looked(self, **fields):
        with suppress(BrokenBarrierError):  # under the lock only one of them ever gets here
            both_have_looked.wait(timeout=0.5)
        save(self, **fields)

    monkeypatch.setattr(Absence, "save", save_when_both_have_looked)

    def enter(days: int) -> None:
        try:
            away(who, deputy, first=NOW.date() + days * DAY, last=NOW.date() + 3 * DAY, at=NOW)
            codes.append("entered")
        except Invalid as error:
            codes.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=enter, args=[days]) for days in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["absence-overlaps", "entered"]


# --- what the database refuses --------------------------------------------------------------------


def test_the_database_refuses_an_absence_that_cannot_be():
    row = away(UserFactory(), UserFactory(), first=NOW.date(), last=NOW.date(), at=NOW)
    with refused("absence_range_not_empty"):
        change(row, to_on=row.from_on - DAY)
    with refused("absence_deputy_is_another"):
        change(row, deputy=row.person)
    with refused("absence_ended_after_entered"):
        change(row, ended_at=NOW - DAY)
    with refused("absence_begins_once"):
        again(row)
    change(row, ended_at=NOW)
    again(row, ended_at=None)
    assert set(named(models)) == {
        "absence_range_not_empty",
        "absence_deputy_is_another",
        "absence_ended_after_entered",
        "absence_begins_once",
    }


# --- who is told ----------------------------------------------------------------------------------


def test_who_is_away_keeps_the_inbox_and_the_deputy_gets_the_letter(server):
    told = make_told()
    deputy = colleague(told)
    away(told.head, deputy)
    rows = step()
    mine, theirs = rows[told.head.username], rows[deputy.username]
    assert (mine.state, mine.on_behalf_of) == ("accepted", None)  # no letter, the inbox has it
    assert (theirs.state, theirs.on_behalf_of) == ("pending", told.head)
    assert (theirs.awaits, theirs.awaits_recipient) == (mine.awaits, mine.awaits_recipient)

    while deliveries.send(at=local(STEP_ON, 9)):
        pass
    letter = next(one for one in server.messages if "For " in one["Subject"])
    assert letter["To"].addresses[0].addr_spec == deputy.email
    text = " ".join(letter.get_body(("plain",)).get_content().split())
    assert f"{told.head.full_name} was told: “Commitment" in text
    assert f"because {told.head.full_name} has named you as deputy" in text
    assert "Neither the duty nor the right to sign passes to you." in text
    line = person(deputy).get("/inbox/").content.decode()
    assert f"For {told.head.full_name}: Reminder: sign commitment" in line


@pytest.mark.parametrize(
    ("first", "last", "moves"), [(-1, -1, False), (0, 0, True), (-2, 3, True), (1, 3, False)]
)
def test_only_in_these_days_and_not_once_they_have_ended(first, last, moves):
    told = make_told()
    deputy = colleague(told)
    row = away(told.head, deputy, first=STEP_ON + first * DAY, last=STEP_ON + last * DAY)
    if moves:
        assert deputy.username in step()
        absences.end(absence_id=row.pk, by=told.head, at=local(STEP_ON, 10))
        assert set(step(date(2024, 1, 29))) == {told.head.username}
    else:
        assert set(step()) == {told.head.username}


def test_a_deputy_who_may_not_see_it_is_not_told_and_the_letter_goes_where_it_went():
    told = make_told()
    stranger = UserFactory()
    away(told.head, stranger)
    rows = step()
    assert set(rows) == {told.head.username}
    assert rows[told.head.username].state == "pending"


def test_a_deputy_who_is_away_passes_nothing_on():
    told = make_told()
    deputy, third = colleague(told), colleague(told)
    away(told.head, deputy)
    away(deputy, third)
    assert set(step()) == {told.head.username, deputy.username}  # and not the third


def test_whoever_is_asked_as_well_is_not_asked_twice():
    body = make_body()  # secretary and chair are both asked to sign
    today = NOW.date()
    away(body.secretary, body.chair, first=today, last=today, at=NOW)
    body.issued()
    read_register(at=NOW)
    asked = Notice.objects.filter(message="sign-request")
    assert set(asked.values_list("recipient__username", "on_behalf_of", "state")) == {
        ("secretary", None, "accepted"),
        ("chair", None, "pending"),
    }


def test_a_deputy_chooses_as_anybody_how_to_be_told():
    told = make_told()
    deputy = colleague(told)
    Preference.objects.create(person=deputy, channels=["inbox"])
    away(told.head, deputy)
    assert step()[deputy.username].state == "accepted"


def test_the_deputy_hears_of_both_ends_and_nothing_about_accounts():
    told = make_told()
    deputy = colleague(told)
    row = away(told.head, deputy)
    absences.end(absence_id=row.pk, by=told.head, at=FIRST_STEP)
    read_register()
    rows = Notice.objects.filter(recipient=deputy).order_by("pk")
    assert list(rows.values_list("message", "on_behalf_of")) == [
        ("absence-entered", None),
        ("absence-ended", None),
    ]
    browser = person(deputy)
    page = browser.get("/inbox/").content.decode()
    assert f"You stand in for {told.head.full_name} from 24/01/2024 to 24/01/2024" in page
    assert f"because {told.head.full_name} has named you as deputy" in page
    assert browser.post(f"/inbox/{rows[0].pk}/read/")["Location"] == "/inbox/absence/"


# --- when the matter is settled -------------------------------------------------------------------


def test_what_the_deputy_was_told_ends_with_the_act_of_the_one_who_was_asked(server):
    body = make_body()
    deputy = AppointmentFactory(position=PositionFactory(unit=body.commune)).person
    today = NOW.date()
    night = local(today, 21)
    away(body.secretary, deputy, first=today, last=today, at=NOW)
    version = body.issued(at=night)
    read_register(at=night)
    mine = Notice.objects.get(recipient=deputy, message="sign-request")
    assert mine.state == "held"
    morning = local(today + 3 * DAY, 9)
    body.act(VersionAct.SIGN, version, body.secretary, at=night)
    again_ = Notice.objects.with_matter().get(pk=mine.pk)
    assert needs.reasons([again_], at=morning) == {mine.pk: "settled"}
    read_register(at=night)
    mine.refresh_from_db()
    assert (mine.state, mine.end_reason) == ("cancelled", "settled")


# --- pages ----------------------------------------------------------------------------------------


def typed(deputy: User, **changes) -> dict[str, str]:
    return {"from_on": "2024-01-20", "to_on": "2024-01-31", "deputy": deputy.username} | changes


@pytest.fixture
def shown(settings):
    """A demonstration at 17 January 2024, nine in the morning."""
    settings.DEMO = True
    offset = (clock.real_now() - MORNING).total_seconds()
    DemonstrationClock.objects.create(offset_seconds=offset)


def test_the_page_enters_and_ends_an_absence_and_keeps_what_was_typed(shown):
    told = make_told()
    deputy = colleague(told)
    browser = person(told.head)
    page = browser.get("/inbox/absence/").content.decode()
    assert f'value="{deputy.username}"' in page
    assert "for that, an administrator enters somebody as acting" in page

    wrong = browser.post("/inbox/absence/", typed(deputy, to_on="2024-01-19"))
    assert wrong.status_code == 422
    assert "The last day lies before the first one." in wrong.content.decode()
    assert 'value="2024-01-20"' in wrong.content.decode()
    stranger = UserFactory()
    assert browser.post("/inbox/absence/", typed(stranger)).status_code == 422
    assert not Absence.objects.exists()

    assert browser.post("/inbox/absence/", typed(deputy)).status_code == 302
    row = Absence.objects.get()
    assert (row.person, row.deputy) == (told.head, deputy)
    assert "Withdraw" in browser.get("/inbox/absence/").content.decode()
    assert told.head.full_name in person(deputy).get("/inbox/absence/").content.decode()
    assert person(deputy).post(f"/inbox/absence/{row.pk}/end/").status_code == 404
    assert browser.post(f"/inbox/absence/{row.pk}/end/").status_code == 302
    assert "Over" in browser.get("/inbox/absence/").content.decode()
    again_ = browser.post(f"/inbox/absence/{row.pk}/end/", follow=True)
    assert "This absence is over." in again_.content.decode()


def test_without_a_colleague_the_page_says_what_is_missing():
    page = person(UserFactory()).get("/inbox/absence/").content.decode()
    assert "There is nobody who could stand in." in page


def test_who_sees_a_holder_sees_until_when_that_person_is_away_at_one_query_a_page(shown):
    scene = make_scene()
    one = make_told(scene)
    browser = person(scene.supervisor)

    def cost() -> int:
        browser.get("/queue/?bucket=awaiting")  # warm
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get("/queue/?bucket=awaiting")
        assert "away until" in answer.content.decode()
        return len(queries)

    deputy = colleague(one)
    away(one.head, deputy, first=MORNING.date(), last=MORNING.date() + DAY, at=MORNING)
    before = cost()
    for _more in range(2):
        told = make_told(scene)
        away(told.head, colleague(told), first=MORNING.date(), last=MORNING.date(), at=MORNING)
    assert cost() == before
    page = browser.get("/queue/?bucket=awaiting").content.decode()
    assert f"away until 18/01/2024, deputy: {deputy.full_name}" in page
    unit = one.version.commitment.unit
    assert "away until 18/01/2024" in browser.get(f"/units/{unit.ref}/").content.decode()


def test_the_page_costs_the_same_for_one_absence_and_three(shown):
    told = make_told()
    browser = person(told.head)
    deputy = colleague(told)

    def cost() -> int:
        browser.get("/inbox/absence/")  # warm
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/inbox/absence/").status_code == 200
        return len(queries)

    later = {"first": STEP_ON + 9 * DAY, "last": STEP_ON + 9 * DAY}
    away(told.head, deputy)
    away(UserFactory(), told.head, **later)
    one = cost()
    for days in (1, 2):
        away(told.head, deputy, first=STEP_ON + days * DAY, last=STEP_ON + days * DAY)
        away(UserFactory(), told.head, **later)
        colleague(told)
    assert cost() == one
