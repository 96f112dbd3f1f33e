"""The main job in a real browser: sign, return, refuse, act for another, countersign."""

import pytest
from playwright.sync_api import Page

from commitments.enums import VersionAct, VersionState
from tests.browser.test_accounts import security_key
from tests.factories.body import code_of, make_body
from units import clock
from units.models import Appointment, DemonstrationClock, User

S, A = VersionState, VersionAct


@pytest.fixture(autouse=True)
def business_time(settings, transactional_db):
    """Business time is 2 February 2024, 09:00 of the body; logins and codes use real time."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)


def log_in(page: Page, person: User) -> None:
    """Log in through the pages, both steps of it."""
    page.goto("/accounts/login/")
    page.fill("#id_login", person.username)
    page.fill("#id_password", f"password-of-{person.username}")
    page.press("#id_password", "Enter")
    page.wait_for_load_state()
    if "/authenticate/" in page.url:
        page.fill("#id_code", code_of(person, clock.real_now()))
        page.press("#id_code", "Enter")
        page.wait_for_load_state()
    assert "/accounts/" not in page.url, page.inner_text("main")


class Look:
    """Checks every page of a walk as it is passed."""

    def __init__(self, assert_accessible):
        self.at = assert_accessible

    def through(self, page: Page, *clicks: str) -> None:
        """Look at the page, click, look at the next one, and so on."""
        self.at(page)
        for selector in clicks:
            page.click(selector)
            page.wait_for_load_state()
            self.at(page)


@pytest.fixture
def look(assert_accessible):
    return Look(assert_accessible)


def confirm(page: Page, look: Look) -> None:
    """Type the code that the demonstration shows, and look at the receipt."""
    look.at(page)
    page.fill("#code", page.inner_text("[data-demonstration-code]"))
    page.press("#code", "Enter")
    page.wait_for_load_state()
    assert "/receipts/" in page.url, page.inner_text("main")
    look.at(page)


def begin(page: Page, version, act: str, look: Look) -> None:
    """Go from the commitment's page to its text."""
    page.goto(f"/commitments/{version.commitment.ref}/")
    look.through(page, f'a[href$="/{act}/"]', 'main form button[class*="primary"]')


@pytest.mark.parametrize("language", ["vi", "en"])
def test_from_signature_to_in_force(language, page_at, look):
    body = make_body()
    version = body.issued(second=False)

    head = page_at(360, language=language)
    log_in(head, body.secretary)
    look.through(head, ".card--task a.button--primary", 'main form button[class*="primary"]')
    assert head.inner_text(".hash").strip() == version.document.content_sha256
    head.check("#agreed")
    head.click(".actions--sticky .button--primary")
    head.wait_for_load_state()
    confirm(head, look)

    desk = page_at(1280, language=language)
    log_in(desk, body.supervisor)
    desk.goto("/queue/?bucket=awaiting")
    look.at(desk)
    assert desk.locator("#queue-rows").count() == 0
    desk.goto("/queue/?bucket=to_countersign")
    look.at(desk)
    assert version.commitment.number in desk.inner_text("#queue-rows")

    assigner = page_at(1280, language=language)
    log_in(assigner, body.assigner)
    look.through(assigner, ".card--task a.button--primary", 'main form button[class*="primary"]')
    assigner.check("#agreed")
    assigner.click(".actions--sticky .button--primary")
    assigner.wait_for_load_state()
    confirm(assigner, look)

    version.refresh_from_db()
    assert version.state == S.IN_FORCE
    head.goto(f"/commitments/{version.commitment.ref}/")
    look.at(head)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_return_with_its_reason_and_the_answer(language, page_at, look):
    body = make_body()
    version = body.issued()
    head = page_at(360, language=language)
    log_in(head, body.chair)
    begin(head, version, "return", look)
    head.click(".actions--sticky .button--primary")
    head.wait_for_load_state()
    look.at(head)  # told that something is missing
    assert head.locator(".error-summary").is_visible()
    head.check("#item-1")
    head.select_option("#code-1", "value_too_high")
    head.fill("#text-1", "19 là mức chúng tôi làm được.")
    head.click(".actions--sticky .button--primary")
    head.wait_for_load_state()
    confirm(head, look)
    version.refresh_from_db()
    assert (version.state, version.end_reason) == (S.RETURNED, "19 là mức chúng tôi làm được.")

    planner = page_at(1280, language=language)
    log_in(planner, body.planner)
    planner.goto(f"/commitments/{version.commitment.ref}/answer/")
    look.at(planner)
    planner.fill('textarea[name^="answer-"]', "Giao 19.")
    planner.fill("#id_sign_by", "2024-03-01")
    planner.click("main form .button--primary")
    planner.wait_for_load_state()
    look.at(planner)
    assert version.commitment.versions.get(n=2).state == S.DRAFT


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_refusal(language, page_at, look):
    body = make_body()
    version = body.issued()
    head = page_at(360, language=language)
    log_in(head, body.secretary)
    begin(head, version, "refuse", look)
    head.select_option("#code", "not_competent")
    head.fill("#text-reason", "Không thuộc chức năng.")
    head.click(".actions--sticky .button--danger")
    head.wait_for_load_state()
    confirm(head, look)
    version.refresh_from_db()
    assert version.state == S.REFUSED


def test_the_acting_head_signs_under_the_decision_shown(page_at, look):
    body = make_body()
    Appointment.objects.filter(position=body.first).update(person=body.leader)
    Appointment.objects.create(
        ref="acting-1",
        person=body.secretary,
        position=body.first,
        mode="acting",
        acting_reason="absence",
        decision_number="18-QĐ/HU",
        valid_from="2024-01-15",
    )
    version = body.issued(second=False)
    head = page_at(360)
    log_in(head, body.secretary)
    begin(head, version, "sign", look)
    assert "18-QĐ/HU" in head.inner_text("main")
    head.check("#agreed")
    head.click(".actions--sticky .button--primary")
    head.wait_for_load_state()
    confirm(head, look)
    version.refresh_from_db()
    assert version.state == S.SIGNED


def test_a_passkey_signs_the_very_statement(page_at, look):
    body = make_body()
    version = body.issued(second=False)
    head = page_at(1280)
    session, _authenticator = security_key(head)
    log_in(head, body.secretary)
    head.goto("/accounts/2fa/webauthn/add/")
    head.fill("#id_name", "Máy của tôi")
    head.click("[data-passkey-button]")
    head.wait_for_url(lambda url: not url.endswith("/add/"))
    begin(head, version, "sign", look)
    head.check("#agreed")
    head.click(".actions--sticky .button--primary")
    head.wait_for_load_state()
    look.at(head)
    head.click("[data-passkey-button]")
    head.wait_for_url("**/receipts/**")
    use = version.document.slots.get(role="undertaker").acts.get().step_up_use
    assert use.method == "passkey"
    session.detach()


def press_until(page: Page, selector: str, *, key: str = "Tab", most: int = 120) -> None:
    """Move the focus by the keyboard until it is on `selector`."""
    for _press in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{page.url}: the keyboard never reaches {selector}")


def test_the_whole_ceremony_by_keyboard_alone(page_at):
    body = make_body()
    version = body.issued(second=False)
    head = page_at(1280)
    log_in(head, body.secretary)
    press_until(head, ".card--task a.button--primary")
    head.keyboard.press("Enter")
    head.wait_for_url("**/sign/")
    press_until(head, 'main form button[class*="primary"]')
    head.keyboard.press("Enter")
    head.wait_for_url("**/sign/*-*/")
    press_until(head, "#agreed")
    head.keyboard.press("Space")
    press_until(head, ".actions--sticky .button--primary")
    head.keyboard.press("Enter")
    head.wait_for_url("**/confirmations/**")
    code = head.inner_text("[data-demonstration-code]")
    press_until(head, "#code")
    head.keyboard.type(code)
    head.keyboard.press("Enter")
    head.wait_for_url("**/receipts/**")
    version.refresh_from_db()
    assert version.state == S.SIGNED


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_of_the_desk_is_accessible(width, page_at, look):
    body = make_body()
    body.signed()
    planner, administrator = page_at(width), page_at(width, language="en")
    log_in(planner, body.planner)
    ref = "2024-bx-first"
    for address in (
        "/",
        "/queue/",
        "/queue/?bucket=no_head",
        "/commitments/",
        f"/commitments/{ref}/",
        "/plans/",
        "/plans/2024/",
        "/plans/2024/targets/new/",
        "/plans/2024/groups/new/",
        "/plans/2024/indicators/new/",
        f"/targets/{body.targets[0].ref}/",
        f"/targets/{body.targets[0].ref}/allocate/",
        f"/targets/{body.targets[0].ref}/revise/",
        f"/commitments/{ref}/amend/",
        "/units/",
        f"/units/{body.commune.ref}/",
    ):
        planner.goto(address)
        look.at(planner)
    body.make_administrator(body.leader)
    log_in(administrator, body.leader)
    for address in (
        "/units/new/",
        f"/units/{body.commune.ref}/",
        f"/units/{body.commune.ref}/offices/new/",
        f"/offices/{body.first.ref}/appoint/",
        "/people/",
        "/people/new/",
        "/people/chair/",
        "/people/chair/roles/new/",
        "/status/",
    ):
        administrator.goto(address)
        look.at(administrator)
