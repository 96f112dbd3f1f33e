"""Signing outside with one's own certificate: take the file, sign it, bring it back, read the verdict."""

import pytest
import time_machine
from playwright.sync_api import Page

from commitments.enums import VersionState
from commitments.models import HandOut
from tests.browser.walking import PRIMARY, Mouse, begin, come_in
from tests.commitments.actions.outside import registered, signed, trusted
from tests.commitments.documents.authorities import cast
from tests.factories.body import Body, make_body
from units import clock
from units.models import DemonstrationClock

OUTSIDE = 'button[name="outside"]'


@pytest.fixture
def body(settings, transactional_db, tmp_path) -> Body:
    """Business time is 2 February 2024, 09:00 of the body; the secretary has a certificate."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)
    made = make_body()
    trusted(made)
    registered(made, made.secretary, cast().head)
    return made


def taken(hand: Mouse, version) -> Page:
    """Declare, confirm, and come to the page where the file is taken and brought back."""
    begin(hand, version, "sign")
    hand.tick("#agreed")
    hand.press(OUTSIDE)
    hand.write("#code", hand.page.inner_text("[data-demonstration-code]"))
    hand.press("main form:has(#code) button")
    assert "/outside/" in hand.page.url, hand.page.inner_text("main")
    return hand.page


def bring(hand: Mouse, data: bytes) -> None:
    """Choose a file as the signing program has saved it, and send it."""
    sent = {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": data}
    hand.page.set_input_files("#id_file", sent)
    hand.press(PRIMARY)


@pytest.mark.parametrize(
    ("width", "language", "plain", "mend", "done"),
    [
        (
            1280,
            "en",
            "The file is not signed yet.",
            "Sign the file, save it, and send the saved file.",
            "Your signature is recorded.",
        ),
        (360, "vi", "chưa được ký", "Hãy ký", "đã được ghi nhận"),
    ],
)
def test_a_head_signs_outside_and_a_wrong_file_says_what_to_do(
    width, language, plain, mend, done, body, page_at, assert_accessible
):
    version = body.issued(second=False)
    hand = Mouse(page_at(width, language=language), assert_accessible)
    come_in(hand, body.secretary)
    page = taken(hand, version)
    row = HandOut.objects.get()
    with page.expect_download() as waits:
        page.click('a[href$="/file/"]')
    assert waits.value.suggested_filename.endswith(".pdf")
    blank = waits.value.path().read_bytes()
    hand.press(PRIMARY)  # nothing chosen
    assert page.locator(".field__error").is_visible()
    bring(hand, blank)
    told = page.inner_text(".error-summary")
    assert plain in told
    assert mend in told
    bring(hand, b"no PDF at all")
    assert page.locator("#earlier + ul li").count() == 1
    bring(hand, signed(row, cast().head))
    assert done in page.inner_text("[role=status]")
    hand.press('main a[href^="/receipts/"]')
    version.refresh_from_db()
    assert version.state == VersionState.SIGNED


def test_after_the_time_the_page_offers_to_start_again(body, page_at, assert_accessible):
    version = body.issued(second=False)
    hand = Mouse(page_at(360, language="en"), assert_accessible)
    come_in(hand, body.secretary)
    page = taken(hand, version)
    row = HandOut.objects.get()
    with time_machine.travel(row.expires_at.timestamp() + 1, tick=True):
        come_in(hand, body.secretary)
        hand.open(f"/outside/{row.uuid}/")
        assert "The time for this signature has passed." in page.inner_text("main")
        hand.press("main .panel .button--primary")
        assert "/sign/" in page.url
        assert page.locator("#agreed").is_visible()
