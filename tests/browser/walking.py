"""How the walks go through pages: by mouse or thumb, or by the keyboard alone; each page looked at."""

from collections.abc import Callable

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.factories.body import code_of
from units import clock
from units.models import User

PRIMARY = 'main form button[class*="primary"]'
GO_ON = ".actions--sticky .button--primary, .actions--sticky .button--danger"
Check = Callable[[Page], None]


class Mouse:
    """Works a page by pointing at it. `look` checks every page that is passed."""

    def __init__(self, page: Page, look: Check | None = None) -> None:
        self.page, self._look = page, look

    def look(self) -> None:
        """Check the page as it stands."""
        if self._look:
            self._look(self.page)

    def open(self, address: str) -> None:
        """Go to an address, as one types it into the bar of the browser."""
        self.page.goto(address)
        self.look()

    def press(self, selector: str) -> None:
        """Follow a link or send a form, and look at the next page."""
        with self.page.expect_navigation():
            self._activate(selector)
        self.look()

    def _activate(self, selector: str) -> None:
        self.page.click(selector)

    def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.page.fill(selector, text)

    def tick(self, selector: str) -> None:
        """Tick a box."""
        self.page.check(selector)

    def choose(self, selector: str, value: str) -> None:
        """Choose from a list."""
        self.page.select_option(selector, value)


class Keys(Mouse):
    """Works a page by the keyboard alone: Tab until it is there, then Enter, Space or arrows."""

    def reach(self, selector: str, *, most: int = 150) -> None:
        """Move the focus forward until it is on `selector`."""
        for _press in range(most):
            if self.page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.page.url}: the keyboard never reaches {selector}")

    def _activate(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Enter")

    def write(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        assert self.page.input_value(selector) == text

    def tick(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Space")
        assert self.page.is_checked(selector)

    def choose(self, selector: str, value: str) -> None:
        self.reach(selector)
        for _press in range(20):
            if self.page.input_value(selector) == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{self.page.url}: the keyboard never chooses {value}")


def log_in(hand: Mouse, person: User) -> None:
    """Log in through the pages, both steps of it."""
    page = hand.page
    page.goto("/accounts/login/")
    hand.write("#id_login", person.username)
    hand.write("#id_password", f"password-of-{person.username}")
    with page.expect_navigation():
        page.keyboard.press("Enter") if isinstance(hand, Keys) else page.press(
            "#id_password", "Enter"
        )
    if "/authenticate/" in page.url:
        hand.write("#id_code", code_of(person, clock.real_now()))
        with page.expect_navigation():
            page.press("#id_code", "Enter")
    assert "/accounts/" not in page.url, page.inner_text("main")


def come_in(hand: Mouse, person: User) -> None:
    """Be logged in by a session made here. The pages of the login have tests of their own, and are
    gone by keyboard and without scripts; for all other walks they are a third of the way."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": clock.real_now().timestamp()}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    context = hand.page.context
    language = next(one for one in context.cookies() if one["name"] == "django_language")
    name, value = settings.SESSION_COOKIE_NAME, session.session_key
    context.add_cookies([{**language, "name": name, "value": value}])


def begin(hand: Mouse, version, act: str) -> None:
    """Go from the commitment's page to its text."""
    hand.open(f"/commitments/{version.commitment.ref}/")
    hand.press(f'a[href$="/{act}/"]')
    hand.press(PRIMARY)


def declare(hand: Mouse) -> None:
    """Tick the declaration and go on to the confirmation."""
    hand.tick("#agreed")
    hand.press(GO_ON)
    assert "/confirmations/" in hand.page.url, hand.page.inner_text("main")


def confirm(hand: Mouse) -> None:
    """Type the code that the demonstration shows; the receipt comes."""
    hand.write("#code", hand.page.inner_text("[data-demonstration-code]"))
    hand.press("main form:has(#code) button")
    assert "/receipts/" in hand.page.url, hand.page.inner_text("main")
