"""Logins, second factors and passwords through the pages, without a browser."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail  # noqa: TID251
from django.core.cache import cache

from tests.factories.units import UserFactory
from units import clock
from units.rules.factors import totp_code, totp_step_at

PASSWORD = "password of this test alone"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LOGIN = "/accounts/login/"
SECOND = "/accounts/2fa/authenticate/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_counters():
    cache.clear()


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


def code(offset: int = 0) -> str:
    return totp_code(SECRET, totp_step_at(clock.real_now()) + offset)


def first_step(client, login: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": login, "password": password})


@pytest.mark.parametrize("login", ["lua", "lua@example.org"])
def test_login_by_name_or_address(login, client):
    UserFactory(username="lua", email="lua@example.org", password=PASSWORD)
    assert first_step(client, login)["Location"] == "/"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "Tên đăng nhập hoặc mật khẩu không đúng"),
        ("en", "The user name or the password is not right"),
    ],
)
def test_wrong_password_is_told_in_the_readers_language(language, said, client):
    UserFactory(username="lua", password=PASSWORD)
    client.cookies["django_language"] = language
    assert said in first_step(client, "lua", "wrong").content.decode()


def test_closed_account_and_absent_account_do_not_log_in(english):
    UserFactory(username="lua", password=PASSWORD, closed=True)
    absent = first_step(english, "nobody").content.decode()
    assert "is not right" in absent
    first_step(english, "lua")
    assert "_auth_user_id" not in english.session


def test_sixth_wrong_password_waits(english):
    UserFactory(username="lua", password=PASSWORD)
    for _try in range(5):
        first_step(english, "lua", "wrong")
    assert "Too many attempts" in first_step(english, "lua").content.decode()


def test_nobody_registers(english):
    assert "Nobody registers alone" in english.get("/accounts/signup/").content.decode()
    english.post(
        "/accounts/signup/",
        {"username": "me", "email": "me@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert "_auth_user_id" not in english.session
    assert english.get("/accounts/email/").status_code == 404


def test_second_step_asks_for_the_code(client):
    TOTP.activate(UserFactory(username="lua", password=PASSWORD), SECRET)
    assert first_step(client, "lua")["Location"] == SECOND
    assert "_auth_user_id" not in client.session
    assert client.post(SECOND, {"code": code()})["Location"] == "/"


def test_a_login_code_serves_once_also_where_the_tolerance_would_take_it_again(english):
    TOTP.activate(UserFactory(username="lua", password=PASSWORD), SECRET)
    served, began = code(), clock.real_now()
    first_step(english, "lua")
    assert english.post(SECOND, {"code": served})["Location"] == "/"
    english.post("/accounts/logout/")
    with time_machine.travel(began + timedelta(seconds=31)):  # the library has forgotten it by now
        first_step(english, "lua")
        page = english.post(SECOND, {"code": served}).content.decode()
        assert "has served already" in page
        assert english.post(SECOND, {"code": code()})["Location"] == "/"


def test_a_code_far_away_is_wrong(english):
    TOTP.activate(UserFactory(username="lua", password=PASSWORD), SECRET)
    first_step(english, "lua")
    assert "This code is not right" in english.post(SECOND, {"code": code(5)}).content.decode()


def test_demonstration_shows_a_code_that_logs_in_twice_running(client, settings):
    settings.DEMO = True
    TOTP.activate(UserFactory(username="lua", password=PASSWORD), SECRET)
    for _login in range(2):
        first_step(client, "lua")
        page = client.get(SECOND).content.decode()
        shown = re.search(r"data-demonstration-code>(\d{6})<", page)[1]
        assert client.post(SECOND, {"code": shown})["Location"] == "/"
        client.post("/accounts/logout/")


def test_no_code_is_shown_outside_the_demonstration(client):
    TOTP.activate(UserFactory(username="lua", password=PASSWORD), SECRET)
    first_step(client, "lua")
    page = client.get(SECOND).content.decode()
    assert "data-demonstration-code" not in page
    assert code() not in page


def test_a_given_password_is_changed_before_anything_else(client):
    person = UserFactory(username="lua", password=PASSWORD, must_change_password=True)
    first_step(client, "lua")
    assert client.get("/account/")["Location"] == "/accounts/password/change/"
    assert client.get("/commitments/")["Location"] == "/accounts/password/change/"
    changed = {
        "oldpassword": PASSWORD,
        "password1": "one of my own 42",
        "password2": "one of my own 42",
    }
    assert client.post("/accounts/password/change/", changed)["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    person.refresh_from_db()
    assert person.must_change_password is False


def test_weak_and_unequal_passwords_come_back_with_reasons(english):
    UserFactory(username="lua", password=PASSWORD)
    first_step(english, "lua")
    wrong = {"oldpassword": "not mine", "password1": "12345", "password2": "54321"}
    page = english.post("/accounts/password/change/", wrong).content.decode()
    assert "This is not your present password" in page
    assert "at least 10 characters" in page


def test_forgotten_password_is_set_by_a_link_that_works_once(english):
    UserFactory(username="lua", email="lua@example.org", password=PASSWORD, language="en")
    english.post("/accounts/password/reset/", {"email": "lua@example.org"})
    [message] = mail.outbox
    assert message.subject == "Set a new password"
    address = re.search(r"http://\S+", message.body)[0].partition("testserver")[2]
    form = english.get(address, follow=True)
    new = {"password1": "one of my own 42", "password2": "one of my own 42"}
    english.post(form.redirect_chain[-1][0], new)
    assert first_step(english, "lua", "one of my own 42")["Location"] == "/"
    english.post("/accounts/logout/")
    assert "no longer works" in english.get(address, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(english):
    answer = english.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    assert mail.outbox == []


def test_account_page_costs_the_same_for_one_and_three_devices(
    client, django_assert_max_num_queries
):
    UserFactory(username="lua", password=PASSWORD)
    first_step(client, "lua")
    with django_assert_max_num_queries(12):
        page = client.get("/account/")
    assert page.status_code == 200


def test_passkeys_belong_to_the_host_of_the_site(client, settings):
    settings.SITE_URL = "https://cam-ket.example.vn:8443"
    UserFactory(username="lua", password=PASSWORD)
    first_step(client, "lua")
    page = client.get("/accounts/2fa/webauthn/add/").content.decode()
    assert "&quot;id&quot;: &quot;cam-ket.example.vn&quot;" in page
    assert "&quot;userVerification&quot;: &quot;required&quot;" in page


def test_every_account_page_of_ours_replaces_the_librarys(client):
    own = Path(__file__).parents[2] / "config" / "templates"
    for folder in ("account", "mfa", "usersessions"):
        for path in (own / folder).rglob("*.html"):
            assert "{% element" not in path.read_text(encoding="utf-8")
    UserFactory(username="lua", password=PASSWORD)
    first_step(client, "lua")
    assert Authenticator.objects.count() == 0


def test_reset_link_that_somebody_invents_bars_nobody_from_a_second_factor(client, english):
    person = UserFactory(username="lua", email="lua@example.org", password=PASSWORD)
    made_up = client.get(f"/accounts/password/reset/key/{person.pk:x}-invented/")
    assert made_up.status_code == 200
    assert first_step(english, "lua")["Location"] == "/"
    assert english.get("/accounts/2fa/totp/activate/").status_code == 200
    assert english.get("/accounts/2fa/webauthn/add/").status_code == 200
