"""What people get wrong, or find changed: a clear answer in their language, and what they typed."""

from datetime import date

import pytest

from commitments.enums import VersionAct, VersionState
from commitments.models import TotpStepUsed
from tests.browser.walking import GO_ON, Mouse, begin, come_in, confirm, declare
from tests.factories.body import code_of, make_body
from units import clock
from units.actions import factors
from units.models import Appointment, DemonstrationClock
from units.rules.factors import totp_step_at

S = VersionState
LANGUAGES = pytest.mark.parametrize("language", ["vi", "en"])
CONFIRM = "main form:has(#code) button"


@pytest.fixture(autouse=True)
def business_time(settings, transactional_db):
    """Business time is 2 February 2024, 09:00 of the body; logins and codes use real time."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)


@pytest.fixture
def head_of(page_at, assert_accessible):
    """Return a function that logs a person in at 360 px."""

    def logged_in(person, language: str) -> Mouse:
        hand = Mouse(page_at(360, language=language))
        come_in(hand, person)
        hand._look = assert_accessible
        return hand

    return logged_in


def told(hand: Mouse) -> str:
    """Return what the page says is wrong; it has the focus where scripts run."""
    part = hand.page.locator(".error-summary, .panel--danger").first
    return part.inner_text()


@LANGUAGES
def test_a_wrong_code_and_a_used_one_are_told_apart(language, head_of):
    body = make_body()
    version = body.issued(second=False)
    head = head_of(body.secretary, language)
    begin(head, version, "sign")
    declare(head)
    page, right = head.page, head.page.inner_text("[data-demonstration-code]")
    head.write("#code", "000000" if right != "000000" else "111111")
    head.press(CONFIRM)
    assert {"vi": "Mã không đúng", "en": "That code is wrong"}[language] in told(head)
    assert page.locator(".error-summary").evaluate("part => part === document.activeElement")
    confirm(head)

    version.refresh_from_db()
    assert version.state == S.SIGNED


@LANGUAGES
def test_a_code_that_has_served_does_not_serve_again(language, head_of):
    body = make_body()
    version = body.issued(second=False)
    head = head_of(body.secretary, language)
    begin(head, version, "sign")
    declare(head)
    now = totp_step_at(clock.real_now())
    [key] = factors.authenticators_of(body.secretary)
    TotpStepUsed.objects.bulk_create(
        TotpStepUsed(authenticator=key, time_step=step) for step in range(now - 2, now + 40)
    )
    head.write("#code", code_of(body.secretary, clock.real_now()))
    head.press(CONFIRM)

    assert {"vi": "đã được dùng", "en": "has been used already"}[language] in told(head)
    version.refresh_from_db()
    assert version.state == S.ISSUED


@LANGUAGES
def test_a_page_that_others_have_overtaken_gives_back_what_was_typed(language, head_of):
    body = make_body()
    version = body.issued()
    head = head_of(body.chair, language)
    begin(head, version, "return")
    head.tick("#item-1")
    head.choose("#code-1", "value_too_high")
    head.write("#text-1", "19 là mức chúng tôi làm được.")
    body.act(VersionAct.SIGN, version, body.secretary)
    head.press(GO_ON)

    assert {"vi": "đã thay đổi", "en": "has changed"}[language] in told(head)
    page = head.page
    assert page.is_checked("#item-1")
    assert page.input_value("#code-1") == "value_too_high"
    assert page.input_value("#text-1") == "19 là mức chúng tôi làm được."
    head.press(GO_ON)  # it was read again
    confirm(head)
    version.refresh_from_db()
    assert version.state == S.RETURNED


@LANGUAGES
def test_a_head_whose_term_ended_yesterday_is_told_so(language, head_of):
    body = make_body()
    version = body.issued(second=False)
    head = head_of(body.secretary, language)
    begin(head, version, "sign")
    declare(head)
    Appointment.objects.filter(position=body.first).update(valid_to=date(2024, 2, 2))
    head.write("#code", head.page.inner_text("[data-demonstration-code]"))
    head.press(CONFIRM)

    assert "/receipts/" not in head.page.url
    assert {"vi": "nhiệm kỳ", "en": "term has just ended"}[language] in told(head)
    version.refresh_from_db()
    assert version.state == S.ISSUED
