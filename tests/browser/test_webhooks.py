"""An administrator enters the address of a program on a phone; each page of its life is accessible."""

import pytest

from tests.browser.walking import PRIMARY, Mouse, come_in
from tests.factories.units import ApiClientFactory, OrgUnitFactory, RoleGrantFactory

URL = "https://1.1.1.1/hints"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_address_is_entered_its_secret_shown_once_and_drawn_anew(
    language, page_at, assert_accessible
):
    program = ApiClientFactory(ref="warehouse", owner_unit=OrgUnitFactory(), name="Warehouse")
    boss = RoleGrantFactory(role="administrator", unit=program.owner_unit).person
    hand = Mouse(page_at(360, language=language), assert_accessible)
    come_in(hand, boss)
    hand.open("/clients/warehouse/webhooks/")
    hand.press('main a[href$="/webhooks/new/"]')
    hand.write("#id_url", "http://10.0.0.1/hints")
    hand.press(PRIMARY)
    assert hand.page.locator(".error-summary").is_visible()
    assert hand.page.input_value("#id_url") == "http://10.0.0.1/hints"
    hand.write("#id_url", URL)
    hand.press(PRIMARY)
    secret = hand.page.inner_text("[data-secret]")
    hand.open(hand.page.url)
    assert hand.page.locator("[data-secret]").count() == 0
    address = hand.page.url
    hand.press('main a[href$="/replay/"]')
    hand.open(address)
    hand.press('main a[href$="/secret/"]')
    hand.press(PRIMARY)
    assert hand.page.inner_text("[data-secret]") != secret
