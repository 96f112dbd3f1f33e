"""What a database that was put back may have sent before: withheld, listed, released by a person."""

import io
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from notifications import audiences
from notifications.actions import deliveries, notices, withholding
from notifications.models import DeliveryAttempt, Notice
from tests.constraints import change
from tests.factories.clocks import make_scene
from tests.factories.notices import MORNING, make_told
from tests.factories.units import RoleGrantFactory, UserFactory
from units.errors import NotAllowed, WrongState
from units.models import RegisterEntry, Restoration

pytestmark = pytest.mark.django_db
LEASE = {"lease_token": uuid.uuid4(), "lease_until": MORNING}


@pytest.fixture
def chief():
    return UserFactory(username="chief", roles=["administrator"])


def withheld() -> Notice:
    """Return the notice to a head, withheld."""
    notice = make_told().notice
    withholding.withhold(real_at=MORNING)
    return Notice.objects.get(pk=notice.pk)


def asked(*words: str) -> list[str]:
    out = io.StringIO()
    call_command("release_notices", *words, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"state": "pending"}, "withheld"),
        ({"state": "held"}, "withheld"),
        ({"state": "leased", **LEASE}, "withheld"),
        ({"state": "unknown", "doubts": 1}, "withheld"),
        ({"state": "accepted"}, "accepted"),
        ({"state": "delivered"}, "delivered"),
        ({"state": "cancelled", "end_reason": "settled"}, "cancelled"),
        ({"state": "dead", "end_reason": "no-address"}, "dead"),
    ],
    ids=lambda value: value["state"] if isinstance(value, dict) else value,
)
def test_what_is_on_its_way_is_withheld_and_nothing_else(before, after):
    notice = make_told().notice
    change(notice, **before)
    withholding.withhold(real_at=MORNING)
    notice.refresh_from_db()
    assert notice.state == after
    assert (notice.lease_token, notice.lease_until) == (None, None)
    assert (notice.end_reason == "restore") is (after == "withheld")


def test_an_attempt_that_had_begun_has_an_unknown_end():
    notice = make_told().notice
    change(notice, state="leased", **LEASE)
    row = DeliveryAttempt.objects.create(
        notice=notice,
        channel="email",
        number=1,
        lease_token=LEASE["lease_token"],
        started_at=MORNING,
    )
    withholding.withhold(real_at=MORNING)
    row.refresh_from_db()
    assert (row.outcome, row.ended_at, row.code) == ("lost", MORNING, "put back")


def test_from_a_database_put_back_nothing_leaves_until_it_was_owned_up_to(server):
    notice = make_told().notice
    row = Restoration.objects.create(put_back_at=MORNING)
    assert deliveries.send(at=MORNING) == 0
    row.delete()
    assert deliveries.send(at=MORNING) == 1
    assert len(server.messages) == 1
    assert notice.state == "pending"


def test_what_is_withheld_leaves_when_a_person_says_so_and_no_sooner(server, chief):
    notice = withheld()
    later = MORNING + timedelta(hours=1)
    assert deliveries.send(at=later) == 0
    assert withholding.decide(uuids=[notice.uuid], send=True, by=chief, at=later) == 1
    assert deliveries.send(at=later) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.end_reason, len(server.messages)) == ("accepted", "", 1)
    entry = RegisterEntry.objects.latest("pk")
    assert (entry.kind, entry.actor, '"count":1' in entry.text) == ("notice.release", chief, True)
    assert audiences.is_known(entry.kind)


def test_what_was_overtaken_meanwhile_does_not_leave(server, chief):
    notice = withheld()
    withholding.decide(uuids=None, send=True, by=chief, at=notice.expires_at)
    deliveries.send(at=notice.expires_at)
    notice.refresh_from_db()
    assert (notice.state, notice.end_reason, server.messages) == ("cancelled", "overtaken", [])


def test_what_is_dropped_is_never_sent_and_says_why(server, chief):
    notice = withheld()
    assert (
        withholding.decide(uuids=None, send=False, by=chief, at=MORNING) == Notice.objects.count()
    )
    assert deliveries.send(at=MORNING) == 0
    notice.refresh_from_db()
    assert (notice.state, notice.end_reason) == ("cancelled", "dropped")


def test_only_those_that_are_named_are_decided_and_each_once(chief):
    one = withheld()
    with pytest.raises(WrongState):
        withholding.decide(uuids=[uuid.uuid4()], send=True, by=chief, at=MORNING)
    withholding.decide(uuids=[one.uuid], send=True, by=chief, at=MORNING)
    with pytest.raises(WrongState):
        withholding.decide(uuids=[one.uuid], send=False, by=chief, at=MORNING)


def test_nobody_decides_but_an_administrator():
    notice = withheld()
    with pytest.raises(NotAllowed):
        withholding.decide(uuids=None, send=True, by=UserFactory(roles=["supervisor"]), at=MORNING)
    notice.refresh_from_db()
    assert notice.state == "withheld"


def test_the_command_lists_and_decides(chief):
    assert asked() == ["No notice is withheld."]
    notice = withheld()
    (line,) = [line for line in asked() if str(notice.uuid) in line]
    assert f"{notice.recipient.username}: " in line
    for words in (["--send"], ["--send", "--all", str(notice.uuid)]):
        with pytest.raises(CommandError, match="Name the notices, or say --all"):
            asked(*words, "--by", "chief")
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        asked("--send", "--all", "--by", "nobody")
    with pytest.raises(CommandError, match="Only an administrator"):
        asked("--send", "--all", "--by", notice.recipient.username)
    assert asked("--drop", str(notice.uuid), "--by", "chief") == ["1 notice is ended unsent."]


@pytest.mark.parametrize("behind", [True, False])
def test_whether_everybody_was_told_can_be_asked(behind):
    make_told()
    if behind:
        notices.FeedPosition.objects.update(seq=0)
    assert notices.is_behind() is behind


# --- the page -------------------------------------------------------------------------------------


def page_of(who, **headers) -> Client:
    browser = Client(headers={"Accept-Language": "en", **headers})
    browser.force_login(who)
    return browser


def test_an_administrator_sends_what_is_ticked_and_drops_the_rest(chief):
    notice = withheld()
    others = Notice.objects.withheld().count() - 1
    browser = page_of(chief)
    page = browser.get("/withheld/").content.decode()
    assert notice.recipient.full_name in page
    answer = browser.post("/withheld/", {"what": "send", "notice": str(notice.uuid)}, follow=True)
    assert "1 message leaves now." in answer.content.decode()
    notice.refresh_from_db()
    assert notice.state == "pending"
    assert Notice.objects.withheld().count() == others
    again = {"what": "drop", "notice": str(notice.uuid)}
    assert browser.post("/withheld/", again).status_code == 409


def test_all_of_them_are_ended_at_once(chief):
    notice = withheld()
    answer = page_of(chief).post("/withheld/", {"what": "drop", "all": "yes"}, follow=True)
    assert "No message is withheld." in answer.content.decode()
    notice.refresh_from_db()
    assert (notice.state, notice.end_reason) == ("cancelled", "dropped")


def test_without_a_choice_nothing_happens_and_the_page_says_so(chief):
    withheld()
    answer = page_of(chief).post("/withheld/", {"what": "send"})
    assert answer.status_code == 422
    assert "Nothing was chosen." in answer.content.decode()
    assert page_of(chief).post("/withheld/", {"notice": "x"}).status_code == 404
    assert Notice.objects.withheld().exists()


def test_what_a_message_is_about_is_shown_to_who_may_see_that_alone(chief):
    notice = withheld()
    number = notice.version.commitment.number
    assert number not in page_of(chief).get("/withheld/").content.decode()
    RoleGrantFactory(person=chief, role="supervisor", unit=None)
    assert number in page_of(chief).get("/withheld/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(count, chief, django_assert_num_queries):
    scene = make_scene()
    for _ in range(count):
        make_told(scene)
    withholding.withhold(real_at=MORNING)
    Notice.objects.exclude(kind="reminder").update(state="cancelled")
    assert Notice.objects.withheld().count() == count
    browser = page_of(chief)
    browser.get("/withheld/")
    with django_assert_num_queries(COST):
        assert browser.get("/withheld/").content.decode().count("choose") == count


COST = 12
