"""The ways into an account through the pages, without a browser."""

from datetime import timedelta

import pytest
import time_machine

from tests.constraints import change
from tests.factories.body import enrol
from tests.factories.units import UserFactory
from units import clock
from units.actions import accounts
from units.models import FactorReset, Invitation, RegisterEntry

pytestmark = pytest.mark.django_db
OWN = {"password": "a sentence that only I know", "again": "a sentence that only I know"}


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def first(english):
    person = UserFactory(username="first", roles=["administrator"])
    english.force_login(person)
    return person


@pytest.fixture
def head():
    return UserFactory(username="head", full_name="Head Of All", email="head@example.org")


def invitation_of(head) -> str:
    """Invite and return the path of the link."""
    by = UserFactory(roles=["administrator"])
    now = clock.real_now()
    row = accounts.invite(person_id=head.pk, by=by, at=now, real_at=now)
    return f"/invitation/{accounts.secret_of(row)}/"


def test_opening_the_link_spends_nothing(english, head):
    path = invitation_of(head)
    for _scanner in range(3):
        page = english.get(path, follow=True)
        assert page.request["PATH_INFO"] == "/invitation/"  # the secret has left the address
        assert "Head Of All" in page.content.decode()
        assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert Invitation.objects.get().used_at is None


def test_a_password_is_chosen_once_and_leads_to_the_second_factor(english, head):
    path = invitation_of(head)
    english.get(path)
    assert english.post("/invitation/", OWN)["Location"] == "/accounts/login/"
    assert english.get(path, follow=True).status_code == 404
    english.post("/accounts/login/", {"login": "head", "password": OWN["password"]})
    assert english.get("/commitments/")["Location"] == "/accounts/first-factor/"
    page = english.get("/accounts/first-factor/").content.decode()
    assert "One more step" in page
    assert "/accounts/2fa/totp/activate/" in page


def test_an_unfit_password_comes_back_with_reasons_and_spends_nothing(english, head):
    english.get(invitation_of(head))
    short = english.post("/invitation/", {"password": "12345", "again": "54321"})
    assert short.status_code == 422
    assert "at least 10 characters" in short.content.decode()
    assert "The two are not the same" in short.content.decode()
    assert Invitation.objects.get().used_at is None


def test_an_old_link_says_what_to_do(english, head):
    path = invitation_of(head)
    with time_machine.travel(clock.real_now() + timedelta(days=8)):
        for answer in (english.get(path, follow=True), english.post("/invitation/", OWN)):
            assert answer.status_code == 404
            assert "Ask your administrator for a new one" in answer.content.decode()


def test_a_new_person_with_an_address_is_invited(english, first):
    form = {"full_name": "New", "username": "novice", "email": "new@example.org", "language": "en"}
    page = english.post("/people/new/", form | {"invite": "on"}, follow=True).content.decode()
    assert "An invitation is on its way to new@example.org" in page
    assert "data-temporary-password" not in page
    assert Invitation.objects.get().person.username == "novice"
    page = english.post("/people/new/", form | {"username": "other"}, follow=True).content.decode()
    assert "data-temporary-password" in page


@pytest.mark.parametrize("people", [1, 3])
def test_everybody_who_has_never_been_in_is_invited_at_once(people, english, first, head):
    for number in range(people):
        UserFactory(email=f"one{number}@example.org", full_name=f"One {number}")
    silent = UserFactory(full_name="Without Address")
    page = english.get("/people/").content.decode()
    assert f"Invite {people + 2} people" in page
    result = english.post("/people/invite/").content.decode()
    assert f"{people + 1} invitations are on their way" in result
    assert "Without Address has no e-mail address" in result
    assert "Invite 1 person who" in english.get("/people/").content.decode()
    assert not silent.invitations.exists()


def test_a_lost_factor_through_the_pages(english, first, head):
    enrol(head)
    form = english.post("/people/head/factor/reset/", {"reason": ""})
    assert form.status_code == 422
    english.post("/people/head/factor/reset/", {"reason": "Telephone drowned"})
    own = english.get("/people/head/").content.decode()
    assert "Telephone drowned" in own
    assert "Another administrator confirms it" in own
    assert english.post("/people/head/factor/reset/confirm/").status_code == 403
    english.force_login(UserFactory(username="second", roles=["administrator"]))
    assert "Confirm the reset" in english.get("/people/head/").content.decode()
    page = english.post("/people/head/factor/reset/confirm/", follow=True).content.decode()
    assert "cannot sign yet" in page
    assert "Has no second factor yet" in page
    assert FactorReset.objects.get().confirmed_by.username == "second"


def test_a_reset_without_an_address_hands_a_password_over(english, first):
    silent = UserFactory(username="silent")
    enrol(silent)
    english.post("/people/silent/factor/reset/", {"reason": "lost"})
    english.force_login(UserFactory(username="second", roles=["administrator"]))
    page = english.post("/people/silent/factor/reset/confirm/", follow=True).content.decode()
    assert "data-temporary-password" in page
    silent.refresh_from_db()
    assert silent.password_given_by.username == "second"


def test_a_withdrawn_reset_leaves_the_page(english, first, head):
    enrol(head)
    english.post("/people/head/factor/reset/", {"reason": "lost"})
    page = english.post("/people/head/factor/reset/withdraw/", follow=True).content.decode()
    assert "The reset is withdrawn" in page
    assert "Confirm the reset" not in page


def test_vouching_is_offered_to_another_administrator_only(english, first, head):
    change(head, password_given_by=first)
    assert "I vouch" not in english.get("/people/head/").content.decode()
    english.force_login(UserFactory(username="second", roles=["administrator"]))
    assert "I vouch" in english.get("/people/head/").content.decode()
    page = english.post("/people/head/vouch/", follow=True).content.decode()
    assert "in the hands of its person" in page
    head.refresh_from_db()
    assert head.password_vouched_by.username == "second"


def test_a_changed_person_is_entered_and_a_stale_page_refused(english, first, head):
    form = {"full_name": "Head Anew", "email": "head@example.org", "phone": "", "personnel_no": ""}
    sent = english.post("/people/head/change/", form | {"version": "1"})
    assert sent["Location"] == "/people/head/"
    stale = english.post("/people/head/change/", form | {"full_name": "Mine", "version": "1"})
    assert stale.status_code == 422
    assert "has changed since you opened it" in stale.content.decode()
    assert "Mine" in stale.content.decode()
    assert list(RegisterEntry.objects.values_list("kind", flat=True)) == ["person.change"]


@pytest.mark.parametrize(
    "path",
    [
        "/people/head/invite/",
        "/people/head/vouch/",
        "/people/head/factor/reset/",
        "/people/head/factor/reset/confirm/",
        "/people/head/factor/reset/withdraw/",
        "/people/head/change/",
        "/people/invite/",
    ],
)
def test_nobody_else_finds_these_doors(path, english, head):
    english.force_login(UserFactory(roles=["planner", "supervisor"]))
    assert english.post(path).status_code == 404
