"""A backlog case in accelerated time, by everybody's own hand: two administrators change the ladder, the
case climbs it, is explained, extended, resolved, verified and closed."""

from datetime import date

import pytest
from playwright.sync_api import expect

from commitments.actions import backlog, cases
from commitments.models import BacklogCase, CaseClock, Explanation
from tests.browser.walking import Mouse, come_in
from tests.factories.backlog import SIX_CLEARS
from tests.factories.body import make_body, person
from tests.factories.clocks import local
from tests.factories.units import RoleGrantFactory
from units import clock
from units.models import DemonstrationClock


def let_it_be(day: date) -> None:
    """Move business time to that morning and let the ladder take its steps."""
    offset = clock.real_now() - local(day, 9)
    DemonstrationClock.objects.update_or_create(defaults={"offset_seconds": offset.total_seconds()})
    while cases.sweep(at=local(day, 9)):
        pass


LETTER = {
    "name": "Quyết định.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
}
SAYS = {  # of the timeline: what was done, by whom, and what was written
    "vi": ("Cấp 2", "Chờ giá đất", "Còn hộ chưa nhận tiền", "12/QĐ-UBND", "Quyết định.pdf"),
    "en": ("Level 2", "Chờ giá đất", "Còn hộ chưa nhận tiền", "12/QĐ-UBND", "Quyết định.pdf"),
}


@pytest.fixture
def scene(settings, transactional_db, tmp_path):
    """The body on 3 January 2024 with a verifier and a case that is clear and not assigned yet."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    let_it_be(date(2024, 1, 3))
    body = make_body()
    body.verifier = person("verifier")
    RoleGrantFactory(role="verifier", unit=body.committee, person=body.verifier)
    body.case = backlog.register_case(
        kind="clearance",
        title="Giải phóng mặt bằng dự án A",
        unit_id=body.commune.pk,
        period_id=body.plan.pk,
        original_due_on=date(2023, 12, 29),
        office_id=body.first.pk,
        by=body.supervisor,
        at=local(date(2024, 1, 3)),
        **SIX_CLEARS,
    )
    return body


@pytest.mark.parametrize(("width", "language"), [(1280, "vi"), (360, "en")])
def test_a_case_from_the_ladder_to_its_end(width, language, scene, page_at, assert_accessible):
    case, administrators = scene.case, [person("first"), person("second")]
    for one in administrators:
        scene.make_administrator(one)
    hands = {}
    for who in (scene.supervisor, scene.secretary, scene.assigner, scene.verifier, *administrators):
        hands[who.pk] = Mouse(page_at(width, language=language), assert_accessible)
        come_in(hands[who.pk], who)
    steers, heads = hands[scene.supervisor.pk], hands[scene.secretary.pk]
    proposes, publishes = (hands[one.pk] for one in administrators)

    def act(hand: Mouse, name: str, *, file: dict | None = None, **fields: str) -> None:
        hand.page.goto(f"/cases/{case.ref}/")  # it is looked at after each act
        hand.press(f'a[href$="/act/{name}/"]')
        for field, text in fields.items():
            if text in {"grant", "decline"}:
                hand.tick(f'[name={field}][value="{text}"]')
            else:
                hand.write(f"#id_{field}", text)
        if file:
            hand.page.set_input_files("#id_attached", file)
        with hand.page.expect_navigation(url=f"**/cases/{case.ref}/"):
            hand.page.click("main form .button--primary")
        hand.look()

    # Level 2 comes five days after the due date from now on, no longer seven.
    act(steers, "assign")  # the ladder of the house becomes version 1 now that somebody needs it
    proposes.open("/cases/ladders/")
    proposes.press('a[href$="/ladders/case/propose/"]')
    proposes.write("#id_offsets_2", "5")
    proposes.write("#id_reason", "Bảy ngày là quá lâu.")
    proposes.press("main form .button--primary")
    assert proposes.page.locator('form[action$="/publish/"]').count() == 0  # not one's own
    publishes.open("/cases/ladders/")
    publishes.press('form[action$="/publish/"] button')
    assert CaseClock.objects.get(kind="case").policy.version == 1  # what runs keeps its own

    let_it_be(date(2024, 1, 5))  # level 2 asks for an explanation
    heads.open("/")
    heads.press(f'main a.button[href="/cases/{case.ref}/"]')
    buttons = heads.page.locator(".actions--sticky .button--primary").all()
    explain, resolve = (button.bounding_box() for button in buttons)
    assert (explain["x"], explain["y"]) != (resolve["x"], resolve["y"])  # neither lies on the other
    heads.press('.actions--sticky a[href^="/explanations/"]')
    heads.write("#id_text", "Còn hộ chưa nhận tiền bồi thường")
    with heads.page.expect_navigation(url=f"**/cases/{case.ref}/"):
        heads.page.click("main form .button--primary")
    steers.open(f"/explanations/{Explanation.objects.get().pk}/")
    steers.tick('[name=decision][value="accept"]')
    with steers.page.expect_navigation():
        steers.page.click("main form .button--primary")
    act(steers, "extend", new_due_on="2024-03-29", reason="Chờ giá đất")
    act(hands[scene.assigner.pk], "decide", decision="grant")
    assert (
        CaseClock.objects.get(kind="case").policy.version == 2
    )  # it has begun anew, on the new ladder
    let_it_be(date(2024, 3, 22))  # a reminder, seven days before the new day
    act(
        heads,
        "resolve",
        file=LETTER,
        outcome="Quyết định thu hồi đất",
        reference="12/QĐ-UBND",
    )
    act(hands[scene.verifier.pk], "accept")

    case.refresh_from_db()
    assert (case.state, case.extensions.count(), case.ended_on) == (
        "closed",
        1,
        date(2024, 3, 22),
    )
    steers.open(f"/cases/{case.ref}/")
    story = steers.page.inner_text("main")
    people = (scene.supervisor, scene.secretary, scene.assigner, scene.verifier)
    days = ("03/01/2024", "05/01/2024", "22/03/2024", "29/03/2024")
    for told in (*days, *SAYS[language], *(who.full_name for who in people)):
        assert told in story, told
    steers.open("/cases/agenda/")


def test_what_a_head_writes_outlives_a_lost_connection_and_a_lost_login(scene, page_at):
    backlog.assign(
        case_id=scene.case.pk, by=scene.supervisor, expected=1, at=local(date(2024, 1, 3))
    )
    page = page_at(360, language="en")
    come_in(Mouse(page), scene.secretary)
    logged_in = page.context.cookies()
    address, status = f"/cases/{scene.case.ref}/act/resolve/", page.locator("[data-status]")
    page.goto(address)
    page.fill("#id_outcome", "Quyết định thu hồi đất")

    page.reload()  # a tab that was closed, a battery that was empty
    assert page.input_value("#id_outcome") == "Quyết định thu hồi đất"
    expect(status).to_have_text("What you had written here before is back; it was not sent yet.")

    page.context.clear_cookies()
    page.context.add_cookies([one for one in logged_in if "session" not in one["name"]])
    page.fill("#id_reference", "12/QĐ-UBND")
    page.click("main form .button--primary")
    expect(status).to_contain_text("It was not sent: you are logged out.")
    page.context.add_cookies(logged_in)
    page.click("[data-status] a")  # here the login would come first
    assert page.input_value("#id_reference") == "12/QĐ-UBND"

    page.context.set_offline(True)
    page.click("main form .button--primary")
    expect(status).to_contain_text("It did not arrive: no connection.")
    assert BacklogCase.objects.get().state == "assigned"
    page.context.set_offline(False)  # and it is sent by itself
    page.wait_for_url(f"**/cases/{scene.case.ref}/")
    assert BacklogCase.objects.get().outcome == "Quyết định thu hồi đất"
    assert page.evaluate("() => localStorage.length") == 0
