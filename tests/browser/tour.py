"""The way through every page of the demonstration, as each persona, for whoever looks at pages.

`screenshots` takes pictures on it, and `test_pages` lets axe look. Pages whose address is known are
in `pages`; here are the ways that lead through acts: a ceremony short of its act, answers to a stale
form, the buckets of the queue, and receipts as the last thing.
"""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page

from tests.browser.pages import PAGES, Behind

LANGUAGES = ("vi", "en")
PASSWORD = "binh-xuyen-2024"  # of every persona, as the login page says
OPEN = ".actions--sticky .button--primary, .actions--sticky .button--danger"


class Tour:
    """Brings each page before `look` in each of `languages`; keeps in `faults` what was wrong.

    `only`: pages whose name contains one of these. Complaints of the console and links that are not
    there are faults of the tour itself.
    """

    languages: tuple[str, ...] = LANGUAGES

    def __init__(self, browser: Browser, url: str, only: Sequence[str] = ("",)) -> None:
        self.browser, self.url, self.only = browser, url, only
        self.faults: list[str] = []

    def look(self, page: Page, name: str, language: str) -> None:
        """Look at the page `name` as it stands; may change its width."""
        raise NotImplementedError

    def see(self, page: Page, name: str, language: str) -> None:
        """Look at the page `name` if it is asked for."""
        if self.wants(name):
            self.look(page, name, language)

    def wants(self, name: str) -> bool:
        """Whether the page of this name is asked for."""
        return any(text in name for text in self.only)

    def log_in(self, username: str) -> Page:
        """Return a page on which the persona is logged in; "" stays outside."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": 1280, "height": 800},
            reduced_motion="reduce",  # colours half way between two schemes are nobody's colours
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
        """Switch the language the way people do, and come back."""
        if page.get_attribute("html", "lang") != language:
            address = page.url
            if not page.locator("[name=csrfmiddlewaretoken]").count():
                page.goto("/")
            page.context.request.post(
                "/language/",
                form={"language": language, "csrfmiddlewaretoken": self.token(page)},
                headers={"Referer": f"{self.url}/"},
            )
            page.goto(address)

    def token(self, page: Page) -> str:
        """Return the token of forms that the page carries."""
        return page.locator("[name=csrfmiddlewaretoken]").first.input_value()

    def everywhere(self, page: Page, name: str, address: str = "") -> None:
        """Look at one address, or the page as it stands loaded again, in each language."""
        if not self.wants(name):
            return
        address = address or page.url
        for language in self.languages:
            page.goto(address)
            self.speak(page, language)
            self.see(page, name, language)

    def behind(self, page: Page, name: str, way: Behind) -> None:
        """Look at the page to which a link of another leads; say so when there is no such link."""
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

    def in_each(self, page: Page, walk: Callable[[Page, str], None]) -> None:
        """Go a way that ends in answers of a POST once in each language."""
        for language in self.languages:
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


def ceremony(tour: Tour) -> Callable[[Page, str], None]:
    """Return the walk of a head through signing, returning and refusing, short of the act itself."""

    def walk(page: Page, language: str) -> None:
        at = "/commitments/2024-bx-thien-ke"
        for act in ("sign", "return", "refuse"):
            page.goto(f"{at}/{act}/")
            tour.see(page, f"soi-{act}-1-begin", language)
            click(page, "main form button")
            tour.see(page, f"soi-{act}-2-read", language)
            click(page, OPEN)
            tour.see(page, f"soi-{act}-3-missing", language)
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
            tour.see(page, f"soi-{act}-4-confirm", language)
            page.fill("#code", "000000")
            click(page, "main form:has(#code) button")
            tour.see(page, f"soi-{act}-5-wrong-code", language)

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


def receipts(tour: Tour) -> None:
    """Act for good as the last thing, and look at the receipts."""
    for username, commitment, name in (
        ("soi", "2024-bx-thien-ke", "sign"),
        ("tung", "2024-bx-thanh-lang", "countersign"),
    ):
        if tour.wants(f"{username}-{name}-6-receipt"):
            page = tour.log_in(username)
            tour.everywhere(page, f"{username}-{name}-6-receipt", act(page, commitment, name))
            page.context.close()


def stale(tour: Tour) -> Callable[[Page, str], None]:
    """Return the walk of a planner who sends an old page, and one without its token."""

    def walk(page: Page, language: str) -> None:
        for name, field in (("412", "version"), ("403-csrf", "csrfmiddlewaretoken")):
            page.goto("/commitments/2024-bx-vphu/")
            form = page.locator('main form[action$="/issue/"]')
            form.locator(f"[name={field}]").evaluate("field => (field.value = '999')")
            with page.expect_navigation():
                form.locator("button").click()
            tour.see(page, f"truc-{name}", language)

    return walk


def buckets(tour: Tour, page: Page) -> None:
    """Look at every bucket of the queue."""
    page.goto("/queue/")
    links = page.locator("main a[href*='bucket=']").evaluate_all("all => all.map(one => one.href)")
    for link in dict.fromkeys(links):
        name = parse_qs(urlsplit(link).query)["bucket"][0]
        tour.everywhere(page, f"bach-queue-{name}", link)


def first_letter(tour: Tour, page: Page) -> None:
    """Look at the newest of the kept letters."""
    page.goto("/mail/")
    links = page.locator("main a[href^='/mail/']")
    if links.count():
        tour.everywhere(page, "vien-letter", links.first.get_attribute("href"))


MORE: dict[str, Callable[[Tour, Page], None]] = {
    "soi": lambda tour, page: tour.in_each(page, ceremony(tour)),
    "truc": lambda tour, page: tour.in_each(page, stale(tour)),
    "bach": buckets,
    "vien": first_letter,
}


def go(tour: Tour) -> None:
    """Go through the pages of everybody, then through what changes the data."""
    for username, pages in PAGES.items():
        names = {name: f"{username or 'nobody'}-{name}" for name in pages}
        if tour.wants(username) or any(map(tour.wants, names.values())) or username in MORE:
            page = tour.log_in(username)
            for name, address in pages.items():
                if isinstance(address, Behind):
                    tour.behind(page, names[name], address)
                else:
                    tour.everywhere(page, names[name], address)
            if username in MORE:
                MORE[username](tour, page)
            page.context.close()
    receipts(tour)
