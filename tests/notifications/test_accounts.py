"""Messages about accounts: the way in, a lost factor, a replaced password."""

import re

import pytest

from notifications.actions import deliveries, notices, post
from notifications.enums import CancelReason, NoticeState
from notifications.models import Notice
from tests.constraints import change, refused
from tests.factories.body import NOW, REAL, enrol
from tests.factories.units import UserFactory
from units.actions import accounts, people, register

pytestmark = pytest.mark.django_db
WHEN = {"at": NOW, "real_at": REAL}


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    """Letters are kept where the test can read them."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path


@pytest.fixture
def first():
    return UserFactory(username="first", full_name="First Administrator", roles=["administrator"])


@pytest.fixture
def head():
    return UserFactory(username="head", full_name="Head", email="head@example.org")


def tell(at=NOW) -> list[str]:
    """Number the register, make the notices, send them; return the texts of the letters."""
    register.sequence()
    notices.dispatch(at=at)
    deliveries.send(at=at)
    return [post.letter(kept.name).text for kept in reversed(post.newest(limit=10))]


def test_an_invitation_brings_the_link_that_works(first, head):
    row = accounts.invite(person_id=head.pk, by=first, **WHEN)
    [text] = tell()
    assert f"/invitation/{accounts.secret_of(row)}/" in text
    assert "Your user name is head" in text
    assert "First Administrator has opened an account for you" in text
    assert "do not pass this message on" in text
    assert "You get this message because it is about your account." in text


def test_an_invitation_leaves_at_night_too(first, head):
    night = NOW.replace(hour=15)  # 22:00 of the body
    accounts.invite(person_id=head.pk, by=first, at=night, real_at=REAL)
    assert len(tell(at=night)) == 1


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_invitation_speaks_the_language_of_its_person(language, first, head):
    change(head, language=language)
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    [text] = tell()
    assert ("Choose your password" in text) == (language == "en")
    assert "%(" not in text


def test_a_replaced_invitation_is_not_sent(first, head):
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    row = accounts.invite(person_id=head.pk, by=first, **WHEN)
    [text] = tell()
    assert accounts.secret_of(row).partition(":")[0] in text  # the rest is the second of the asking
    cancelled = Notice.objects.get(state=NoticeState.CANCELLED)
    assert cancelled.end_reason == CancelReason.SETTLED


def test_a_lost_factor_is_told_to_its_person_and_to_those_who_may_confirm(first, head):
    second = UserFactory(username="second", email="second@example.org", roles=["administrator"])
    enrol(head)
    accounts.ask_factor_reset(person_id=head.pk, reason="lost", by=first, **WHEN)
    mine, theirs = sorted(tell(), key=lambda text: "/people/head/" in text)
    assert "If that is not so, tell your administrators at once" in mine
    assert "because of your role: Administrator" in theirs
    assert set(Notice.objects.values_list("recipient__username", "message")) == {
        ("head", "factor-reset-asked"),
        ("second", "factor-reset-confirm"),
    }
    accounts.confirm_factor_reset(person_id=head.pk, by=second, **WHEN)
    texts = "\n".join(tell())
    assert "Your second factor was removed" in str([one.subject for one in post.newest(limit=9)])
    assert re.search(r"You can sign again from \d\d/02/2024", texts)
    assert "/invitation/" in texts


def test_a_replaced_password_is_told(first, head):
    people.reset_password(person_id=head.pk, by=first, at=NOW)
    [text] = tell()
    assert "has replaced the password of your account head" in text


def test_an_invitation_that_cannot_leave_stands_in_the_queue_of_administrators(first, head):
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    change(head, email="")
    tell()
    found = Notice.objects.undelivered()
    assert found.get().message == "invited" or not found.exists()
    change(Notice.objects.get(), state=NoticeState.DEAD, end_reason="no such mailbox")
    assert found.about_visible_to(first, at=NOW).count() == 1
    assert found.about_visible_to(UserFactory(roles=["supervisor"]), at=NOW).count() == 0


def test_inbox_and_queue_show_messages_about_accounts(client, first, head):
    client.cookies["django_language"] = "en"
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    tell()
    client.force_login(head)
    page = client.get("/inbox/").content.decode()
    assert "Your way in to the commitments of your unit" in page
    assert "/invitation/" not in page  # whoever reads it is in already
    row = Notice.objects.get()
    assert client.post(f"/inbox/{row.pk}/read/")["Location"] == "/account/"
    change(row, state=NoticeState.DEAD, end_reason="no such mailbox")
    client.force_login(first)
    assert "no such mailbox" in client.get("/queue/?bucket=undelivered").content.decode()


def test_the_database_refuses_a_wait_without_a_matter(first, head):
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    tell()
    with refused("notice_about_an_account_awaits_nothing"):
        change(Notice.objects.get(), awaits="sign")


@pytest.mark.parametrize("number", [1, 3])
def test_messages_about_accounts_cost_the_same_for_one_and_three(
    number, client, first, django_assert_num_queries
):
    second = UserFactory(username="second", roles=["administrator"])
    accounts.invite(person_id=UserFactory(email="own@example.org").pk, by=first, **WHEN)
    for _n in range(number):
        lost = UserFactory(email="lost@example.org")
        enrol(lost)
        accounts.ask_factor_reset(person_id=lost.pk, reason="lost", by=first, **WHEN)
    tell()
    client.force_login(second)
    client.get("/inbox/")
    with django_assert_num_queries(7):
        page = client.get("/inbox/").content.decode()
    assert page.count("/read/") == number
