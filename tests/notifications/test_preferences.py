"""How a person wants to be told: what may be chosen, what holds before, and who may choose."""

from datetime import time

import pytest
from django.test import Client

from notifications import rules
from notifications.actions import preferences
from notifications.models import Preference
from tests.factories.body import NOW
from tests.factories.units import UserFactory
from units.errors import Invalid
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
TYPED = {"channels": "email", "daily": "yes", "quiet_from": "21:30", "quiet_to": "06:00"}


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_before_a_choice_everybody_is_told_by_mail_at_once_and_not_at_night():
    found = preferences.of(UserFactory())
    assert (found.channels, found.daily) == ([], False)
    assert (found.quiet_from, found.quiet_to) == (rules.QUIET_FROM, rules.QUIET_TO)
    assert not Preference.objects.exists()


def test_the_page_writes_what_was_chosen_and_the_register_says_so():
    user = UserFactory()
    browser = browser_of(user)
    page = browser.get("/inbox/preferences/")
    assert page.status_code == 200
    assert browser.post("/inbox/preferences/", TYPED).status_code == 302

    row = Preference.objects.get(person=user)
    assert (row.channels, row.daily) == (["email"], True)
    assert (row.quiet_from, row.quiet_to) == (time(21, 30), time(6))
    entry = RegisterEntry.objects.get(kind="preference.choose")
    assert (entry.subject_ref, entry.actor) == (user.username, user)
    assert 'value="21:30"' in browser.get("/inbox/preferences/").content.decode()

    browser.post("/inbox/preferences/", TYPED | {"channels": "inbox", "daily": "no"})
    row.refresh_from_db()
    assert (row.channels, row.daily) == (["inbox"], False)


def test_a_day_leaves_room_for_what_cannot_wait():
    user = UserFactory()
    long = TYPED | {"quiet_from": "16:00", "quiet_to": "08:01"}
    page = browser_of(user).post("/inbox/preferences/", long, HTTP_ACCEPT_LANGUAGE="en")
    assert page.status_code == 422
    assert "At most 16 hours" in page.content.decode()
    assert 'value="16:00"' in page.content.decode()  # what was typed comes back
    assert not Preference.objects.exists()
    with pytest.raises(Invalid, match="16 hours"):
        preferences.choose(
            channels=["email"], daily=False, quiet_from=time(8), quiet_to=time(7), by=user, at=NOW
        )
    preferences.choose(
        channels=["email"], daily=False, quiet_from=time(16), quiet_to=time(8), by=user, at=NOW
    )  # 16 hours exactly may be
    preferences.choose(
        channels=["email"], daily=False, quiet_from=time(8), quiet_to=time(8), by=user, at=NOW
    )  # and none


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_from": "25:00"}, {"channels": "perhaps"}, {"channels": "sms+email"}, {"daily": ""}],
)
def test_nonsense_is_named_and_changes_nothing(wrong):
    page = browser_of(UserFactory()).post("/inbox/preferences/", TYPED | wrong)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode()
    assert not Preference.objects.exists()


def test_everybody_chooses_for_themselves_alone():
    mine, other = UserFactory(), UserFactory()
    browser_of(other).post("/inbox/preferences/", TYPED)
    assert not Preference.objects.filter(person=mine).exists()
