"""Two real browsers press the last button at the same moment: one act, one revision, one entry."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from playwright.sync_api import Page

from commitments.actions import documents, signatures
from commitments.enums import VersionState
from commitments.models import CommitmentVersion, DocumentRevision, SealUse, SignatureAct, StepUp
from tests.browser.walking import Mouse, begin, come_in, declare
from tests.factories.body import make_body
from units import clock
from units.models import DemonstrationClock, RegisterEntry

CONFIRM = "main form:has(#code) button"
PRESS_AT = """([button, moment]) => {
    const pressed = document.querySelector(button);
    setTimeout(() => pressed.click(), moment - Date.now());
}"""
SAID = {
    "vi": "đã có chữ ký của chức danh bạn giữ",
    "en": "already carries the signature of your office",
}


@pytest.fixture(autouse=True)
def business_time(settings, transactional_db):
    """Business time is 2 February 2024, 09:00 of the body; logins and codes use real time."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)


@pytest.fixture
def met(monkeypatch) -> list[str]:
    """Hold whoever has sealed bytes until the other has them too; return who came that far.

    Without it the faster browser would be done before the slower one begins, and the test would stay
    green with every lock removed.
    """
    meet, seal, came = Barrier(2), signatures.sealed, []

    def seal_then_wait(step_up, *args, **kwargs):
        shown = seal(step_up, *args, **kwargs)
        came.append(str(step_up.uuid))
        with suppress(BrokenBarrierError):
            meet.wait(timeout=30)
        return shown

    monkeypatch.setattr(signatures, "sealed", seal_then_wait)
    return came


def ready(hand: Mouse, version: CommitmentVersion) -> Page:
    """Go through the ceremony up to its last button; return the page."""
    begin(hand, version, "sign")
    declare(hand)
    hand.write("#code", hand.page.inner_text("[data-demonstration-code]"))
    return hand.page


def press_together(*pages: Page) -> None:
    """Let each browser press its button by its own clock, at one moment; wait for all answers."""
    moment = clock.real_now().timestamp() * 1000 + 500
    for page in pages:
        page.evaluate("() => { window.before = true; }")
        page.evaluate(PRESS_AT, [CONFIRM, moment])
    for page in pages:
        page.wait_for_function("() => !window.before && document.readyState === 'complete'")


def written(version: CommitmentVersion) -> tuple[int, int, int, int]:
    """Return the acts, revisions of acts, register entries and end of the chain."""
    version = CommitmentVersion.objects.get(pk=version.pk)
    return (
        SignatureAct.objects.filter(slot__document=version.document).count(),
        DocumentRevision.objects.filter(document=version.document, no__gt=1).count(),
        RegisterEntry.objects.filter(kind="commitment.sign").count(),
        version.sealed.chain.last_no,
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_two_browsers_sign_one_field_at_once(language, met, page_at, assert_accessible):
    """One head, logged in on two machines; each has read, declared and typed a good code."""
    body = make_body()
    version = body.issued()
    pages = []
    for width in (1280, 360):
        hand = Mouse(page_at(width, language=language))
        come_in(hand, body.secretary)
        pages.append(ready(hand, version))
    assert StepUp.objects.values("session_key_sha256").distinct().count() == 2

    press_together(*pages)

    assert len(set(met)) == 2  # both had valid bytes for the same field before either was written
    version.refresh_from_db()
    assert (version.state, written(version)) == (VersionState.ISSUED, (1, 1, 1, 2))
    assert SealUse.objects.filter(base_no=1).count() == 2  # what the loser sealed is told apart
    act = SignatureAct.objects.get()
    assert act.revision.sha256 == documents.last_revision(version.sealed).sha256
    [winner] = [page for page in pages if "/receipts/" in page.url]
    [loser] = [page for page in pages if "/confirmations/" in page.url]
    assert winner.url.endswith(f"/receipts/{act.uuid}/")
    told = loser.inner_text(".error-summary")
    assert SAID[language] in told
    assert version.commitment.number in told
    assert loser.locator("#code").count() == 0  # nothing is left to confirm
    assert_accessible(loser)
    loser.click(".error-summary a.button")
    loser.wait_for_url(f"**/commitments/{version.commitment.ref}/")
    assert loser.locator('a[href$="/sign/"]').count() == 0


def test_two_tabs_with_one_confirmation_show_one_receipt(met, page_at):
    """The page was opened twice, or its button pressed twice: the same act is answered twice."""
    body = make_body()
    version = body.issued()
    hand = Mouse(page_at(1280))
    come_in(hand, body.secretary)
    first = ready(hand, version)
    second = first.context.new_page()
    second.goto(first.url)
    second.fill("#code", first.input_value("#code"))

    press_together(first, second)

    assert len(met) == 2
    assert len(set(met)) == 1
    assert written(version) == (1, 1, 1, 2)
    act = SignatureAct.objects.get()
    assert [page.url.split("/")[-2] for page in (first, second)] == [str(act.uuid)] * 2
