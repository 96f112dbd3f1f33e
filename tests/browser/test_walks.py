"""The main job in a real browser: sign, return, refuse, act for another, countersign.

Each walk is gone by thumb in both languages with axe over every page, and by keyboard alone.
"""

import json

import pytest
from allauth.mfa.models import Authenticator
from fido2.utils import websafe_decode

from commitments.enums import VersionState
from tests.browser.test_accounts import security_key
from tests.browser.walking import (
    GO_ON,
    PRIMARY,
    Keys,
    Mouse,
    begin,
    come_in,
    confirm,
    declare,
    log_in,
)
from tests.factories.body import make_body
from tests.factories.evidence import FLIPS, bad, evidence_of, flipped, run
from units import clock
from units.models import Appointment, DemonstrationClock, RegisterEntry

S = VersionState
WAYS = pytest.mark.parametrize(
    ("kind", "language"),
    [
        pytest.param(Mouse, "vi", id="thumb-vi"),
        pytest.param(Mouse, "en", id="thumb-en"),
        pytest.param(Keys, "vi", id="keyboard"),
    ],
)
TASK = ".card--task a.button--primary"
SAID = {"vi": "Tôi đã đọc", "en": "I have read"}
TABLE = ("no.", "target", "to be reached", "baseline", "roadmap")


@pytest.fixture(autouse=True)
def business_time(settings, transactional_db):
    """Business time is 2 February 2024, 09:00 of the body; logins and codes use real time."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)


@pytest.fixture
def hands(page_at, assert_accessible):
    """Return a function that logs a person in and returns the hand that works the pages."""

    def hand_of(kind, person, width: int, language: str, *, look: bool = True) -> Mouse:
        page = page_at(1280 if kind is Keys else width, language=language)
        hand = kind(page, assert_accessible if look and kind is Mouse else None)
        (log_in if kind is Keys else come_in)(hand, person)
        return hand

    return hand_of


def see_in_queue(desk: Mouse, version, bucket: str, *, gone_from: str) -> None:
    """As a supervisor, find the commitment in one bucket of the queue and no more in another."""
    number = version.commitment.number
    desk.page.goto(f"/queue/?bucket={gone_from}")
    assert number not in desk.page.inner_text("main")
    desk.press(f'main a[href*="bucket={bucket}"]')
    assert number in desk.page.inner_text("#queue-rows")


def countersign(hands, kind, language: str, body, version, *, look: bool = True) -> None:
    """Let the assigner countersign from the home page; the commitment is in force."""
    hand = hands(kind, body.assigner, 1280, language, look=look)
    hand.open("/")
    hand.press(TASK)
    hand.press(PRIMARY)
    declare(hand)
    confirm(hand)
    version.refresh_from_db()
    assert version.state == S.IN_FORCE


@WAYS
def test_ceremony_by_keyboard_with_names_and_roles(kind, language, hands):
    body = make_body()
    version = body.issued(second=False)
    desk = hands(kind, body.supervisor, 1280, language)
    desk.open("/queue/?bucket=awaiting")
    assert version.commitment.number in desk.page.inner_text("#queue-rows")

    head = hands(kind, body.secretary, 360, language)
    head.open("/")
    head.press(TASK)
    head.press(PRIMARY)
    assert head.page.inner_text(".hash").strip() == version.document.content_sha256
    declaration = head.page.get_by_role("checkbox", name=SAID[language])
    assert declaration.get_attribute("id") == "agreed"
    assert head.page.get_by_role("columnheader").count() == len(TABLE)
    declare(head)
    assert head.page.get_by_role("textbox").count() == 1
    assert head.page.locator("main img, main canvas").count() == 0  # the text is text, no picture
    confirm(head)
    see_in_queue(desk, version, "to_countersign", gone_from="awaiting")

    countersign(hands, kind, language, body, version)
    see_in_queue(desk, version, "in_force", gone_from="to_countersign")
    head.open(f"/commitments/{version.commitment.ref}/")
    assert head.page.locator(".step--done").count() == len(
        ["issued", "signed", "countersigned", "in force"]
    )


@WAYS
def test_a_return_with_its_reason_and_the_answer(kind, language, hands):
    body = make_body()
    version = body.issued()
    head = hands(kind, body.chair, 360, language)
    begin(head, version, "return")
    head.press(GO_ON)  # told that something is missing
    assert head.page.locator(".error-summary").is_visible()
    head.tick("#item-1")
    head.choose("#code-1", "value_too_high")
    head.write("#text-1", "19 là mức chúng tôi làm được.")
    head.press(GO_ON)
    confirm(head)
    version.refresh_from_db()
    assert (version.state, version.end_reason) == (S.RETURNED, "19 là mức chúng tôi làm được.")

    desk = hands(kind, body.supervisor, 1280, language)
    see_in_queue(desk, version, "returned", gone_from="awaiting")

    planner = hands(kind, body.planner, 1280, language)
    planner.open(f"/commitments/{version.commitment.ref}/")
    assert "19 là mức chúng tôi làm được." in planner.page.inner_text("main")
    planner.press('main a[href$="/answer/"]')
    planner.write('textarea[name^="answer-"]', "Giao 19.")
    planner.page.fill("#id_sign_by", "2024-03-01")  # the parts of a day field follow the browser
    planner.press("main form .button--primary")
    assert version.commitment.versions.get(n=2).state == S.DRAFT


@WAYS
def test_a_refusal(kind, language, hands):
    body = make_body()
    version = body.issued()
    head = hands(kind, body.secretary, 360, language)
    begin(head, version, "refuse")
    head.press(GO_ON)
    assert head.page.locator(".error-summary").is_visible()
    head.choose("#code", "not_competent")
    head.write("#text-reason", "Không thuộc chức năng.")
    head.press(GO_ON)
    confirm(head)
    version.refresh_from_db()
    assert version.state == S.REFUSED
    desk = hands(kind, body.supervisor, 1280, language)
    see_in_queue(desk, version, "refused", gone_from="awaiting")


@WAYS
def test_the_acting_head_signs_under_the_decision_shown(kind, language, hands):
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
    head = hands(kind, body.secretary, 360, language)
    begin(head, version, "sign")
    assert "18-QĐ/HU" in head.page.inner_text("main")
    declare(head)
    confirm(head)
    version.refresh_from_db()
    assert version.state == S.SIGNED
    act = version.document.slots.get(role="undertaker").acts.get()
    assert (act.person, act.appointment.mode) == (body.secretary, "acting")
    desk = hands(kind, body.supervisor, 1280, language, look=False)
    see_in_queue(desk, version, "to_countersign", gone_from="awaiting")
    countersign(hands, kind, language, body, version, look=False)


def test_without_scripts_a_head_signs_and_the_queue_is_read(page_at):
    body = make_body()
    version = body.issued(second=False)
    head = Mouse(page_at(360, scripts=False))
    log_in(head, body.secretary)
    begin(head, version, "sign")
    assert head.page.inner_text(".hash").strip() == version.document.content_sha256
    declare(head)
    confirm(head)
    version.refresh_from_db()
    assert version.state == S.SIGNED
    desk = Mouse(page_at(1280, scripts=False))
    log_in(desk, body.supervisor)
    see_in_queue(desk, version, "to_countersign", gone_from="awaiting")
    desk.write("main form [name=q]", "no such unit")
    desk.press("main form:has([name=q]) button")
    assert version.commitment.number not in desk.page.inner_text("main")


def test_a_passkey_signs_the_very_statement(
    page_at, assert_accessible, live_server, settings, tmp_path
):
    settings.SITE_URL = live_server.url
    body = make_body()
    version = body.issued(second=False)
    head = Mouse(page_at(1280))
    session, _authenticator = security_key(head.page)
    log_in(head, body.secretary)
    head.page.goto("/accounts/2fa/webauthn/add/")
    head.page.fill("#id_name", "Máy của tôi")
    head.page.click("[data-passkey-button]")
    head.page.wait_for_url(lambda url: not url.endswith("/add/"))
    begin(head, version, "sign")
    declare(head)
    assert_accessible(head.page)
    head.page.click("[data-passkey-button]")
    head.page.wait_for_url("**/receipts/**")
    act = version.document.slots.get(role="undertaker").acts.get()
    use, proof = act.step_up_use, json.loads(act.step_up_use.proof)
    assert (use.method, proof["origins"]) == ("passkey", [live_server.url])
    told = json.loads(websafe_decode(proof["answer"]["clientDataJSON"]))
    assert websafe_decode(told["challenge"]).hex() == use.step_up.statement_sha256
    enrolled = RegisterEntry.objects.get(kind="account.enrol_factor")
    assert json.loads(enrolled.text)["data"]["credential"] == use.credential
    assert enrolled.pk < RegisterEntry.objects.get(kind="commitment.sign").pk
    key = Authenticator.objects.get(user_id=body.secretary.pk, type="webauthn")
    head.page.goto(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    head.press("main form button.button--danger")
    removed = RegisterEntry.objects.get(kind="account.remove_factor")
    assert json.loads(removed.text)["data"]["credential"] == use.credential
    session.detach()

    version.refresh_from_db()  # and years later, the account closed, somebody has only the archive
    proof = evidence_of(version, at=clock.real_now())
    _code, lines = run(tmp_path, proof, "--key", proof.key)
    assert bad(lines) == []
    assert "GOOD 1 acts are confirmed by a passkey over the statement" in lines
    for flip in FLIPS.values():  # and whoever has changed one byte of it is found out
        code, lines = run(tmp_path, flipped(proof, flip), "--key", proof.key)
        assert code == 1
        assert any(flip.said in line for line in bad(lines)), (flip, lines)
