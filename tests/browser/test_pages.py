"""Every page that `make screenshots` takes, and every state of it, is accessible and fits its screen."""

import uuid

import pytest

from tests.browser import tour
from tests.browser.axe import sideways, violations
from tests.browser.conftest import assert_fits
from tests.browser.walking import Mouse, come_in
from tests.factories.notices import make_told
from tests.running import SERVE, free_port, running

ELSEWHERE = {"vien-api-docs"}  # ten thousand elements take axe long: `test_api_page` lets it


class Inspector(tour.Tour):
    """Lets axe look at each page as a phone shows it in Vietnamese; in English at four times the size.

    320 px are what a window of 1280 px has left at a zoom of 400 %. What axe finds is the same in both
    languages; `make screenshots` lets it look at everything.
    """

    def __init__(self, browser, url) -> None:
        super().__init__(browser, url)
        self.seen = set()

    def look(self, page, name, language) -> None:
        self.seen.add((name, language))
        phone = language == "vi"
        page.set_viewport_size({"width": 360 if phone else 320, "height": 740})
        found = violations(page) if phone and name not in ELSEWHERE else []
        self.faults += [f"{name}-{language}: {one}" for one in found + sideways(page)]


@pytest.mark.sqlite_only
def test_every_page_of_the_demonstration_is_accessible_and_fits(browser, tmp_path):
    port = free_port()
    with running(SERVE, folder=tmp_path / "data", port=port, DEMO="1"):
        inspector = Inspector(browser, f"http://localhost:{port}")
        tour.go(inspector)
    assert inspector.faults == []
    named = {
        (f"{username or 'nobody'}-{name}", language)
        for username, pages in tour.PAGES.items()
        for name in pages
        for language in tour.LANGUAGES
    }
    assert named - inspector.seen == set()


@pytest.mark.parametrize("unread", [12, 120])
def test_a_narrow_head_has_room_for_many_unread_messages(page_at, unread):
    told = make_told()
    one = told.notice
    for copy in range(unread - 1):
        one.pk, one.uuid, one.kind = None, uuid.uuid4(), f"k{copy}"
        one.save(force_insert=True)
    page = page_at(320, language="en")
    come_in(Mouse(page), told.head)
    page.goto("/account/")
    assert str(unread) in page.inner_text(".menu > summary")
    assert_fits(page)
