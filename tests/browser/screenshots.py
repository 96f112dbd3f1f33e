"""Take a picture of every page, for people who look at pages: `make screenshots`.

Starts a demonstration of its own in a folder that goes away, logs in as each persona, and writes
`<persona>-<page>-<language>-<width>.png` under `var/screenshots`. It asserts nothing; it prints
which pages scroll sideways or complain in the console. `--only soi queue` takes the
pictures whose name contains one of these; `--at` uses a demonstration that runs already.
"""

import os
import socket
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.pages import PAGES, Behind
from tests.conftest import find_program

ROOT = Path(__file__).parents[2]
LANGUAGES = ("vi", "en")
WIDTHS = (1280, 360)
PASSWORD = "binh-xuyen-2024"  # of every persona, as the login page says
OPEN = ".actions--sticky .button--primary, .actions--sticky .button--danger"


@contextmanager
def demonstration() -> Iterator[str]:
    """Run a demonstration in a folder that goes away; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        env = os.environ | {"DEMO": "1", "DATA_DIR": folder, "PORT": str(port)}
        for name in ("DATABASE_URL", "REDIS_URL"):
            env.pop(name, None)
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        started = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for line in started.stdout:
                if line.startswith("Ready:"):
                    break
            else:
                sys.exit("The demonstration did not start.")
            yield f"http://localhost:{port}"
        finally:
            started.terminate()
            started.wait(60)


class Camera:
    """Takes each page in both languages and both widths."""

    def __init__(self, browser: Browser, url: str, folder: Path, only: list[str]) -> None:
        self.browser, self.url, self.folder, self.only = browser, url, folder, only
        self.taken, self.faults = 0, []

    def wants(self, name: str) -> bool:
        """Whether the picture `name` is asked for."""
        return any(text in name for text in self.only)

    def log_in(self, username: str) -> Page:
        """Return a page on which the persona is logged in; "" stays outside."""
        context = self.browser.new_context(
            base_url=self.url, viewport={"width": 1280, "height": 800}
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("console", lambda said: self.heard(page, said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        if username:
            page.goto("/accounts/login/")
            page.fill("#id_login", username)
            page.fill("#id_password", PASSWORD)
            page.press("#id_password", "Enter")
            page.wait_for_url("**/authenticate/**")
            if username == "soi":
                self.everywhere(page, "soi-login-code")
            page.fill("#id_code", page.inner_text("[data-demonstration-code]"))
            page.press("#id_code", "Enter")
            page.wait_for_url(lambda address: "/accounts/" not in address)
        return page

    def heard(self, page: Page, kind: str, text: str) -> None:
        """Keep what a page complains of; answers of 4xx are asked for."""
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.faults.append(f"{page.url}: {text}")

    def speak(self, page: Page, language: str) -> None:
        """Switch the language the way people do."""
        if page.get_attribute("html", "lang") != language:
            if not page.locator("[name=csrfmiddlewaretoken]").count():
                page.goto("/")
            page.context.request.post(
                "/language/",
                form={"language": language, "csrfmiddlewaretoken": self.token(page)},
                headers={"Referer": f"{self.url}/"},
            )

    def token(self, page: Page) -> str:
        """Return the token of forms that the page carries."""
        return page.locator("[name=csrfmiddlewaretoken]").first.input_value()

    def take(self, page: Page, name: str, language: str) -> None:
        """Take the page as it stands in each width."""
        if not self.wants(name):
            return
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800 if width > 500 else 740})
            file = self.folder / f"{name}-{language}-{width}.png"
            page.screenshot(path=file, full_page=True, animations="disabled")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                self.faults.append(f"{file.name} scrolls sideways: {wide} px")
            self.taken += 1

    def everywhere(self, page: Page, name: str, address: str = "") -> None:
        """Take one address, or the page as it stands loaded again, in both languages."""
        if not self.wants(name):
            return
        address = address or page.url
        for language in LANGUAGES:
            page.goto(address)
            self.speak(page, language)
            page.goto(address)
            self.take(page, name, language)

    def behind(self, page: Page, name: str, way: Behind) -> None:
        """Take the page to which a link of another leads; say so when there is no such link."""
        if not self.wants(name):
            return
        page.goto(way.page)
        links = page.locator("a[href]").evaluate_all(
            "all => all.filter(one => one.origin == location.origin).map(one => one.pathname)"
        )
        found = next((link for link in links if route_of(link) == way.route), None)
        if found is None:
            self.faults.append(f"{name}: no link to {way.route} on {way.page}")
        else:
            self.everywhere(page, name, found)

    def in_both(self, page: Page, walk: Callable[[Page, str], None]) -> None:
        """Go a way that ends in answers of a POST once in each language."""
        for language in LANGUAGES:
            page.goto("/")
            self.speak(page, language)
            walk(page, language)


def route_of(path: str) -> str:
    """Return the name of the route that answers `path`; "" of none."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def click(page: Page, selector: str) -> None:
    """Click and wait for the next page."""
    with page.expect_navigation():
        page.click(selector)


def ceremony(camera: Camera) -> Callable[[Page, str], None]:
    """Return the walk of a head through signing, returning and refusing, short of the act itself."""

    def walk(page: Page, language: str) -> None:
        at = "/commitments/2024-bx-thien-ke"
        for act in ("sign", "return", "refuse"):
            page.goto(f"{at}/{act}/")
            camera.take(page, f"soi-{act}-1-begin", language)
            click(page, "main form button")
            camera.take(page, f"soi-{act}-2-read", language)
            click(page, OPEN)
            camera.take(page, f"soi-{act}-3-missing", language)
            if act == "sign":
                page.check("#agreed")
            elif act == "return":
                page.check("#item-1")
                page.select_option("#code-1", index=1)
                page.fill("#text-1", "Mức này cao hơn khả năng của xã.")
            else:
                page.select_option("#code", index=1)
                page.fill("#text-reason", "Không thuộc chức năng của xã.")
            click(page, OPEN)
            camera.take(page, f"soi-{act}-4-confirm", language)
            page.fill("#code", "000000")
            click(page, "main form:has(#code) button")
            camera.take(page, f"soi-{act}-5-wrong-code", language)

    return walk


def act(page: Page, commitment: str, act: str) -> str:
    """Sign or countersign for good; return the address of the receipt."""
    page.goto(f"/commitments/{commitment}/{act}/")
    click(page, "main form button")
    page.check("#agreed")
    click(page, OPEN)
    page.fill("#code", page.inner_text("[data-demonstration-code]"))
    click(page, "main form:has(#code) button")
    return page.url


def receipts(camera: Camera) -> None:
    """Act for good as the last thing, and take the receipts."""
    for username, commitment, name in (
        ("soi", "2024-bx-thien-ke", "sign"),
        ("tung", "2024-bx-thanh-lang", "countersign"),
    ):
        if camera.wants(f"{username}-{name}-6-receipt"):
            page = camera.log_in(username)
            camera.everywhere(page, f"{username}-{name}-6-receipt", act(page, commitment, name))
            page.context.close()


def stale(camera: Camera) -> Callable[[Page, str], None]:
    """Return the walk of a planner who sends an old page, and one without its token."""

    def walk(page: Page, language: str) -> None:
        for name, field in (("412", "version"), ("403-csrf", "csrfmiddlewaretoken")):
            page.goto("/commitments/2024-bx-vphu/")
            form = page.locator('main form[action$="/issue/"]')
            form.locator(f"[name={field}]").evaluate("field => (field.value = '999')")
            with page.expect_navigation():
                form.locator("button").click()
            camera.take(page, f"truc-{name}", language)

    return walk


def buckets(camera: Camera, page: Page) -> None:
    """Take every bucket of the queue."""
    page.goto("/queue/")
    links = page.locator("main a[href*='bucket=']").evaluate_all("all => all.map(one => one.href)")
    for link in dict.fromkeys(links):
        name = parse_qs(urlsplit(link).query)["bucket"][0]
        camera.everywhere(page, f"bach-queue-{name}", link)


def first_letter(camera: Camera, page: Page) -> None:
    """Take the newest of the kept letters."""
    page.goto("/mail/")
    links = page.locator("main a[href^='/mail/']")
    if links.count():
        camera.everywhere(page, "vien-letter", links.first.get_attribute("href"))


def papers(camera: Camera, page: Page) -> None:
    """Take what the printer gets, and the PDF of a commitment as it is stored."""
    for ref in ("2024-bx-huong-son", "2024-bx-thien-ke"):
        if camera.wants(f"paper-{ref}"):
            for language in LANGUAGES:
                page.goto(f"/commitments/{ref}/")
                camera.speak(page, language)
                page.goto(f"/commitments/{ref}/")
                page.pdf(path=camera.folder / f"paper-{ref}-{language}.pdf", format="A4")
            answer = page.context.request.get(f"/commitments/{ref}/pdf/")
            (camera.folder / f"paper-{ref}-document.pdf").write_bytes(answer.body())


MORE: dict[str, list[Callable[[Camera, Page], None]]] = {
    "soi": [lambda camera, page: camera.in_both(page, ceremony(camera))],
    "truc": [lambda camera, page: camera.in_both(page, stale(camera))],
    "bach": [buckets],
    "que": [papers],
    "vien": [first_letter],
}


def take_all(camera: Camera) -> None:
    """Take the pages of everybody, then what changes the data."""
    for username, pages in PAGES.items():
        names = {name: f"{username or 'nobody'}-{name}" for name in pages}
        if camera.wants(username) or any(map(camera.wants, names.values())) or username in MORE:
            page = camera.log_in(username)
            for name, address in pages.items():
                if isinstance(address, Behind):
                    camera.behind(page, names[name], address)
                else:
                    camera.everywhere(page, names[name], address)
            for more in MORE.get(username, []):
                more(camera, page)
            page.context.close()
    receipts(camera)


def main() -> None:
    """Take what is asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    django.setup()
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="+", default=[""], help="pictures whose name contains this")
    asked.add_argument("--at", default="", help="the address of a running demonstration")
    asked.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    options = asked.parse_args()
    program = find_program("chromium")
    if program is None:
        sys.exit("Chromium is not installed: the pictures are taken with it.")
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        nullcontext(options.at) if options.at else demonstration() as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        camera = Camera(browser, url, options.out, options.only)
        take_all(camera)
        browser.close()
    sys.stdout.write(f"{camera.taken} pictures in {options.out}\n")
    sys.stdout.write("".join(f"{fault}\n" for fault in dict.fromkeys(camera.faults)))


if __name__ == "__main__":
    main()
