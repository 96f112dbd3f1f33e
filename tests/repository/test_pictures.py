"""`make screenshots` takes every page that somebody may open."""

from django.urls import resolve

from tests.browser.pages import BARE, FILES, PAGES, WALKED, Behind
from tests.repository.matrix import TABLE


def opened() -> set[str]:
    """Return the routes that answer somebody's GET with 200, less the API, whose page is one."""
    rows = [line.split() for line in TABLE.splitlines() if line.startswith("GET ")]
    found = {name for _get, name, *answers in rows if "200" in answers}
    return {name for name in found if not name.startswith("api:")}


def pictured() -> set[str]:
    found = set()
    for pages in PAGES.values():
        for page in pages.values():
            if isinstance(page, Behind):
                found.add(page.route)
            elif page != "/no-such-page/":
                found.add(resolve(page.split("?")[0]).view_name)
    return found


def test_every_page_has_its_picture():
    assert opened() - pictured() - WALKED - FILES - BARE == set()


def test_no_page_is_excused_that_has_a_picture_or_is_gone():
    assert (WALKED | FILES | BARE) & pictured() == set()
    assert opened() >= WALKED | FILES | BARE
