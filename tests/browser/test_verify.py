"""The public page in a real browser: a file is hashed there, and only its digest leaves."""

import hashlib

import pytest

from commitments.actions import documents
from tests.factories.body import make_body


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_file_is_hashed_in_the_browser(language, page_at, assert_accessible, tmp_path):
    version = make_body().issued(second=False)
    pdf = documents.bytes_of(version.document)
    genuine, changed = tmp_path / "genuine.pdf", tmp_path / "changed.pdf"
    genuine.write_bytes(pdf)
    changed.write_bytes(pdf + b"\n")
    page, asked = page_at(360, language=language), []
    page.on("request", lambda request: asked.append((request.method, request.post_data)))
    page.goto("/verify/")
    assert_accessible(page)
    for path, word in ((genuine, "success"), (changed, "info")):
        with page.expect_navigation():
            page.set_input_files("#file", path)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page.inner_text(".hash >> nth=0")
        assert page.locator(f".panel--{word}").is_visible()
        assert_accessible(page)
    assert {(method, data) for method, data in asked} == {("GET", None)}
    page.goto(f"/verify/{version.document.code}/")
    assert page.get_attribute("html", "lang") == language
    assert_accessible(page)
    assert page.context.cookies() == [
        cookie for cookie in page.context.cookies() if cookie["name"] == "django_language"
    ]


def test_without_a_script_a_digest_is_pasted(page_at):
    version = make_body().issued(second=False)
    page = page_at(1280, language="en", scripts=False)
    page.goto("/verify/")
    assert not page.locator("#file").is_visible()
    page.fill("#sha256", version.document.revisions.order_by("no").last().sha256)
    page.click("form:has(#sha256) button")
    assert "newest stage" in page.inner_text("main")
    page.fill("#code", version.document.code.lower())
    page.click("form:has(#code) button")
    assert version.commitment.number in page.inner_text("main")
    page.click("header a[hreflang=vi]")
    assert page.get_attribute("html", "lang") == "vi"
    assert version.document.code in page.url
