"""The account pages in a real browser: accessible in both languages, and passkeys that work."""

import gzip

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page

from tests.browser.conftest import PASSWORD, SECRET, code_now
from tests.browser.walking import Mouse, come_in
from tests.factories.units import UserFactory
from units.rules.factors import totp_code

ACCOUNT = [
    "/account/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/reauthenticate/",
    "/accounts/logout/",
    "/no-such-page/",
]
ENTRANCE = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/accounts/inactive/",
]


def inside(address: str) -> bool:
    """Whether the login is behind us."""
    return "/accounts/" not in address


def security_key(page: Page):
    """Give the browser a platform authenticator that verifies its user, as a telephone does."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_before_the_login_are_accessible(width, language, page_at, assert_accessible):
    page = page_at(width, language=language)
    for address in ENTRANCE:
        page.goto(address)
        assert page.get_attribute("html", "lang") == language
        assert_accessible(page)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_account_pages_are_accessible(width, language, page_at, enrol, assert_accessible):
    page = page_at(width, language=language)
    come_in(Mouse(page), enrol(UserFactory(full_name="Trần Thị Lụa", roles=["administrator"])))
    for address in ACCOUNT:
        page.goto(address)
        assert_accessible(page)


def test_wrong_password_names_the_fault_and_keeps_the_name(page_at, enrol, assert_accessible):
    enrol(UserFactory(username="lua"))
    page = page_at(360, language="en")
    page.goto("/accounts/login/")
    page.fill("#id_login", "lua")
    page.fill("#id_password", "not this one")
    page.press("#id_password", "Enter")
    summary = page.locator(".error-summary")
    assert "The user name or the password is not right" in summary.inner_text()
    assert summary.evaluate("part => part === document.activeElement")
    assert page.input_value("#id_login") == "lua"
    assert_accessible(page)


def test_second_step_refuses_a_wrong_code_and_takes_the_right_one(
    page_at, enrol, assert_accessible
):
    enrol(UserFactory(username="lua"))
    page = page_at(360)
    page.goto("/accounts/login/")
    page.fill("#id_login", "lua")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/authenticate/")
    assert_accessible(page)
    page.fill("#id_code", totp_code(SECRET, 1))
    page.press("#id_code", "Enter")
    page.wait_for_selector(".field--error")
    assert_accessible(page)
    page.fill("#id_code", code_now())
    page.press("#id_code", "Enter")
    page.wait_for_url(inside)


def test_authenticator_app_is_set_up_by_typing_the_secret(
    page_at, enrol, log_in, assert_accessible
):
    person = enrol(UserFactory(), authenticator=False)
    page = page_at(360)
    log_in(page, person)
    page.goto("/accounts/2fa/totp/activate/")
    assert_accessible(page)
    secret = page.inner_text("#secret").replace(" ", "")
    page.fill("#id_code", code_now(secret))
    page.press("#id_code", "Enter")
    page.wait_for_url("**/recovery-codes/")
    assert page.locator(".codes li").count() == 10
    assert_accessible(page)
    kinds = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "totp"]


def test_passkey_is_added_and_logs_in_alone_and_as_second_step(
    page_at, enrol, log_in, assert_accessible
):
    person = enrol(UserFactory(), authenticator=False)
    page = page_at(360)
    security_key(page)
    log_in(page, person)

    page.goto("/accounts/2fa/webauthn/add/")
    page.fill("#id_name", "Điện thoại")
    page.click("[data-passkey-button]")
    page.wait_for_url("**/recovery-codes/")
    page.goto("/accounts/2fa/webauthn/")
    assert "Điện thoại" in page.inner_text("tbody")
    assert_accessible(page)

    page.goto("/accounts/logout/")
    page.click("main button[type=submit]")
    page.wait_for_url("**/login/")
    page.click("[data-passkey-button]")
    page.wait_for_url(inside)

    page.goto("/accounts/logout/")
    page.click("main button[type=submit]")
    page.wait_for_url("**/login/")
    page.fill("#id_login", person.username)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/authenticate/")
    assert_accessible(page)
    page.click("[data-passkey-button]")
    page.wait_for_url(inside)

    page.goto("/accounts/2fa/webauthn/reauthenticate/")
    assert_accessible(page)
    page.click("[data-passkey-button]")
    page.wait_for_url(inside)


def test_a_passkey_that_fails_is_said_aloud_and_nothing_is_sent(page_at, enrol, log_in):
    person = enrol(UserFactory(), authenticator=False)
    page = page_at(1280, language="en")
    session, key = security_key(page)
    log_in(page, person)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto("/accounts/2fa/webauthn/add/")
    page.click("[data-passkey-button]")
    said = page.locator("[data-passkey-error]:not(:empty)")
    said.wait_for()
    assert "No passkey was used" in said.inner_text()
    assert page.locator("[data-passkey-button]").evaluate("part => part === document.activeElement")
    assert not Authenticator.objects.exists()


def test_the_menu_of_a_telephone_works_by_keyboard(page_at, enrol, assert_accessible):
    page = page_at(360)
    come_in(Mouse(page), enrol(UserFactory()))
    page.goto("/account/")
    page.focus(".menu > summary")
    page.keyboard.press("Enter")
    assert page.locator(".menu__panel nav a").first.is_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert page.locator(".menu > summary").evaluate("part => part === document.activeElement")
    assert not page.locator(".menu__panel").is_visible()


def test_language_changes_without_a_script_and_stays(page_at, enrol, log_in):
    person = enrol(UserFactory(language="vi"))
    page = page_at(1280, scripts=False)
    log_in(page, person)
    page.goto("/account/")
    page.click("header >> text=English")
    page.wait_for_selector("html[lang=en]")
    assert page.url.endswith("/account/")
    person.refresh_from_db()
    assert person.language == "en"


def test_first_visit_weighs_less_than_250_kilobytes(page_at, enrol, log_in):
    page = page_at(1280)
    sizes = []
    page.on(
        "response",
        lambda answer: sizes.append(len(gzip.compress(answer.body())) if answer.ok else 0),
    )
    log_in(page, enrol(UserFactory()))
    page.goto("/account/")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 250_000  # compressed, as the site sends them
