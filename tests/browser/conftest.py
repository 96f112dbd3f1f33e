"""A real browser against the live server: pages at a width, logins, and axe over what they show."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.axe import PHONE, sideways, violations
from tests.conftest import engine, find_program
from units import clock
from units.models import User
from units.rules.factors import totp_code, totp_step_at

PASSWORD = "password of this test alone"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
LOADING = "Failed to load resource"  # an answer of 4xx, which tests ask for by intention
PATIENCE = 60_000  # ms: what a loaded machine may need; nothing waits for it otherwise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.program("chromium"))
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, without a window and without calling home."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop is no place of our code
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=find_program("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page_at(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page `width` px wide: `page_at(360)`, each a browser of its own.

    `language` "vi" or "en"; `scheme` "light" or "dark"; `scripts` False: JavaScript off. Addresses
    are relative to the live server. The test fails at its end when a script failed, the policy of
    contents stopped something, or a page asked another host for anything.
    """
    cache.clear()  # counters of logins outlive the rows of a test
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    host = urlsplit(live_server.url).netloc

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and LOADING not in message.text:
            faults.append(f"{message.page.url if message.page else ''}: {message.text}")

    def asked(request) -> None:
        if not request.url.startswith("data:") and urlsplit(request.url).netloc != host:
            faults.append(f"asked another host: {request.url}")

    def open_page(
        width: int = 1280, *, language: str = "vi", scheme: str = "light", scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 740 if width < PHONE else 800},
            is_mobile=width < PHONE,
            has_touch=width < PHONE,
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(f"script failed: {error}"))
        page.on("request", asked)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def enrol() -> Callable[..., User]:
    """Return a function that gives a person PASSWORD and an authenticator with SECRET."""

    def give(person: User, *, authenticator: bool = True) -> User:
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
        if authenticator:
            TOTP.activate(person, SECRET)
        return person

    return give


@pytest.fixture
def log_in() -> Callable[[Page, User], None]:
    """Return a function that logs an enrolled person in through the pages, both steps of it."""

    def through_the_pages(page: Page, person: User) -> None:
        page.goto("/accounts/login/")
        page.fill("#id_login", person.username)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_load_state()
        if "/authenticate/" in page.url:
            page.fill("#id_code", code_now())
            page.press("#id_code", "Enter")
            page.wait_for_load_state()
        assert "/accounts/" not in page.url, page.inner_text("main")

    return through_the_pages


def code_now(secret: str = SECRET) -> str:
    """Return what an authenticator with `secret` shows now."""
    return totp_code(secret, totp_step_at(clock.real_now()))


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Return a function that finds no violation on a page.

    Axe, its rule of contrast again in the other colour scheme, and no sideways scroll: at the width
    of the page, and on a wide one also at a zoom of 200 % and of 400 %. A page looks the same
    whatever database is behind it: on PostgreSQL the walks are gone and nobody looks.
    """

    def check(page: Page) -> None:
        assert violations(page) == [], page.url
        assert_fits(page)

    return check if engine() == "sqlite" else lambda _page: None


def assert_fits(page: Page) -> None:
    """Find no sideways scroll, on a wide page also at a zoom of 200 % and of 400 %."""
    assert sideways(page) == [], page.url
