"""A head who has never been in: from the invitation in the mail to the first signature."""

import re
import socket
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page

from commitments.enums import VersionState
from notifications.actions import deliveries, notices
from tests.browser.walking import Mouse, come_in
from tests.factories.body import make_body
from units import clock
from units.models import DemonstrationClock
from units.rules.factors import totp_code, totp_step_at

OWN = "một câu chỉ mình tôi biết"


class Letterbox:
    """What a mail server keeps of what it was given."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []

    def link_to(self, address: str) -> str:
        """Return the address of the invitation in the one letter to `address`."""
        [letter] = [
            message
            for message in (message_from_bytes(one, policy=default) for one in self.letters)
            if address in message["To"]
            and "/invitation/" in message.get_body(("plain",)).get_content()
        ]
        text = letter.get_body(("plain",)).get_content()
        return re.search(r"\S+/invitation/\S+", text)[0]

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.letters.append(envelope.content)
        return "250 OK"


@pytest.fixture
def letterbox(settings, transactional_db):
    """A real mail server on loopback; business time is 2 February 2024, 09:00 of the body."""
    box = Letterbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)
    yield box
    server.stop()


def press(page: Page, selector: str) -> None:
    page.click(selector)
    page.wait_for_load_state()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_from_the_invitation_to_the_first_signature(
    language, page_at, letterbox, live_server, settings, assert_accessible
):
    settings.SITE_URL = live_server.url
    body = make_body()
    version = body.issued(second=False)
    head = body.secretary
    head.set_unusable_password()
    head.language = language
    head.save()
    Authenticator.objects.filter(user=head).delete()
    body.make_administrator(body.leader)

    administrator = page_at(1280, language=language)
    come_in(Mouse(administrator), body.leader)
    administrator.goto(f"/people/{head.username}/")
    assert_accessible(administrator)
    press(administrator, f'form[action="/people/{head.username}/invite/"] button')
    assert_accessible(administrator)
    at = clock.business_now()
    notices.dispatch(at=at)
    while deliveries.send(at=at):
        pass
    link = letterbox.link_to(head.email)

    page = page_at(360, language=language)
    page.goto(link)
    assert_accessible(page)
    press(page, "main form .button--primary")
    assert_accessible(page)  # told that something is missing
    page.fill("#id_password", OWN)
    page.fill("#id_again", OWN)
    press(page, "main form .button--primary")
    page.fill("#id_login", head.username)
    page.fill("#id_password", OWN)
    press(page, "main form .button--primary")
    assert page.url.endswith("/accounts/first-factor/")
    assert_accessible(page)
    press(page, 'a[href="/accounts/2fa/totp/activate/"]')
    assert_accessible(page)
    secret = "".join(page.inner_text("#secret").split())
    page.fill("#id_code", totp_code(secret, totp_step_at(clock.real_now())))
    press(page, "main form .button--primary")
    assert "/2fa/recovery-codes/" in page.url
    assert_accessible(page)

    page.goto("/")
    press(page, ".card--task a.button--primary")
    press(page, 'main form button[class*="primary"]')
    page.check("#agreed")
    press(page, ".actions--sticky .button--primary")
    page.fill("#code", totp_code(secret, totp_step_at(clock.real_now()) + 1))
    page.press("#code", "Enter")
    page.wait_for_load_state()
    assert "/receipts/" in page.url, page.inner_text("main")
    version.refresh_from_db()
    assert version.state == VersionState.SIGNED

    page.goto(link)
    assert page.locator("h1").count() == 1
    assert_accessible(page)  # the link has served
