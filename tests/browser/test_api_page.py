"""The page of the API and the pages of its codes, in a real browser: readable, closed to the outside."""

import pytest

from tests.browser.conftest import assert_fits

# Ten thousand elements take axe five seconds: the long page once at each width and in each language.
SEEN = {(360, "en"), (1280, "vi")}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_description_is_readable_and_asks_nobody_else(
    width, language, page_at, assert_accessible
):
    page = page_at(width, language=language)
    for address in ("/problems/", "/problems/page-invalid/", "/api/v1/docs/"):
        assert page.goto(address).status == 200
        assert_fits(page)
        if address != "/api/v1/docs/" or (width, language) in SEEN:
            assert_accessible(page)


def test_the_description_leads_by_its_own_links_and_without_scripts(page_at):
    page = page_at(language="en", scripts=False)
    page.goto("/api/v1/docs/")
    page.click('a[href="#group-commitments"]')
    assert page.url.endswith("#group-commitments")
    answers = page.locator('section[aria-labelledby="operation-commitments_list"] details')
    answers.locator("summary").click()
    answers.get_by_role("link", name="page-invalid").click()
    assert page.url.endswith("/problems/page-invalid/")
    assert "page-invalid" in page.inner_text("main")
