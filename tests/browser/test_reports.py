"""Monthly reports: a grid filled by keyboard, cut off from the network, and open in two windows."""

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from commitments.enums.reports import ReportState
from commitments.models import Report
from tests.browser.walking import Keys, Mouse, come_in
from tests.factories.reports import OPENED, Desk, make_desk
from units import clock
from units.models import DemonstrationClock

S = ReportState
LATER = 'button.button--secondary[value="save"]'
ALL = 'button.button--primary[value="submit"]'
WARNING = "[data-warning]"


@pytest.fixture
def desk(settings, transactional_db, tmp_path) -> Desk:
    """Business time is 2 April 2024, 09:00 of the body: the reports of March are open."""
    settings.DEMO, settings.DATA_DIR = True, tmp_path
    offset = clock.real_now().timestamp() - OPENED.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)
    return make_desk()


def owed(desk: Desk, count: int = 3) -> list:
    """Return the first duties of March of the first commune, in the order of the grid."""
    return [desk.duty(place=place) for place in range(count)]


def cell(duty, name: str = "value") -> str:
    return f"#d{duty.pk}-{name}-{duty.pk}"


def state_of(duty) -> str:
    return f"[data-row]:has({cell(duty)}) [data-status]"


def stored() -> list:
    return list(Report.objects.order_by("duty").values_list("duty", "state", "value"))


def test_a_head_fills_the_month_by_keyboard_and_hands_in(desk, page_at, assert_accessible):
    first, second, third = owed(desk)
    page = page_at(1280, language="en")
    keys = Keys(page)
    come_in(keys, desk.body.secretary)
    keys.open("/reports/")
    assert_accessible(page)
    keys.reach(cell(first))
    for figure in ("7", "8", "x"):
        page.keyboard.type(figure)
        page.keyboard.press("Enter")  # to the same field of the next row; in the last it stays
    expect(page.locator(state_of(first))).to_have_text("Saved")
    expect(page.locator(state_of(second))).to_have_text("Saved")
    keys.reach(cell(first, "narrative"))
    page.keyboard.type("Three of them new.")
    keys.press(ALL)  # at once: what was just typed comes along
    assert "“x” is not a number" in page.inner_text(".error-summary")
    assert_accessible(page)
    assert stored() == [(first.pk, S.SUBMITTED, 7), (second.pk, S.SUBMITTED, 8)]
    assert Report.objects.get(duty=first).narrative == "Three of them new."
    assert page.input_value(cell(third)) == "x"
    keys.write(cell(third), "9")
    keys.press(ALL)
    assert stored()[2:] == [(third.pk, S.SUBMITTED, 9)]
    assert page.locator("main input[data-name=value]").count() == 0
    assert_accessible(page)


def test_enter_in_a_box_hands_nothing_in(desk, page_at):
    first, *_others = owed(desk)
    page = page_at(1280, language="en")
    keys = Keys(page)
    come_in(keys, desk.body.secretary)
    keys.open("/reports/")
    keys.write(cell(first), "7")
    keys.press(cell(first, "nothing_to_report"))
    assert stored() == [(first.pk, S.DRAFT, 7)]


@pytest.mark.parametrize("way", ["/reports/", "/reports/{ref}/"])
def test_rows_that_are_saved_already_are_handed_in_by_the_first_press(way, desk, page_at):
    first, *_others = owed(desk)
    page = page_at(1280, language="en")
    come_in(Mouse(page), desk.body.secretary)
    page.goto(way.format(ref=first.ref))
    page.fill(cell(first), "7")
    expect(page.locator(state_of(first))).to_have_text("Saved")
    with page.expect_navigation(timeout=10_000):
        page.click(ALL)
    assert stored() == [(first.pk, S.SUBMITTED, 7)]


@pytest.mark.parametrize("way", ["/reports/", "/reports/{ref}/"])
def test_what_was_typed_survives_a_reload_at_once_and_one_row_takes_the_others_along(
    way, desk, page_at
):
    first, second, _third = owed(desk)
    page = page_at(1280)
    come_in(Mouse(page), desk.body.secretary)
    page.goto(way.format(ref=first.ref))
    page.fill(cell(first), "7")
    page.reload()
    assert page.input_value(cell(first)) == "7"
    page.goto("/reports/")
    assert page.input_value(cell(first)) == "7"
    page.fill(cell(first), "11")
    page.fill(cell(second), "8")
    with page.expect_navigation():
        page.click(f'button[value="submit-{second.pk}"]')
    assert stored() == [(first.pk, S.DRAFT, 11), (second.pk, S.SUBMITTED, 8)]


@pytest.mark.parametrize(
    ("width", "language", "said", "saved"),
    [(1280, "en", "nothing is saved", "Saved"), (360, "vi", "chưa có gì được lưu", "Đã lưu")],
)
def test_without_a_network_nothing_is_lost_and_the_page_says_so(
    width, language, said, saved, desk, page_at, assert_accessible
):
    first, *_others = owed(desk)
    page = page_at(width, language=language)
    come_in(Mouse(page), desk.body.secretary)
    page.goto(f"/reports/{first.ref}/" if width == 360 else "/reports/")
    assert_accessible(page)
    page.context.set_offline(True)
    page.fill(cell(first), "7")
    expect(page.locator(WARNING)).to_contain_text(said)
    expect(page.locator(WARNING)).to_be_in_viewport()
    assert_accessible(page)
    page.click(ALL)  # handing in must wait, and must not leave the page
    page.wait_for_timeout(300)
    assert page.input_value(cell(first)) == "7"
    assert page.locator(WARNING).inner_text() != ""
    assert stored() == []
    page.context.set_offline(False)
    expect(page.locator(state_of(first))).to_have_text(saved)
    expect(page.locator(WARNING)).to_have_text("")
    assert stored() == [(first.pk, S.DRAFT, 7)]


def test_a_tab_closed_without_a_network_finds_its_text_again(desk, page_at):
    first, *_others = owed(desk)
    page = page_at(1280, language="en")
    come_in(Mouse(page), desk.body.secretary)
    page.goto("/reports/")
    page.context.set_offline(True)
    # A tab that closes is let go of by the emulation first: a last call could slip out to the server.
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    page.fill(cell(first), "7")
    page.fill(cell(first, "narrative"), "In the hills.")
    context = page.context
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto("/reports/")
    assert again.input_value(cell(first, "narrative")) == "In the hills."
    expect(again.locator(state_of(first))).to_have_text("Saved")
    assert stored() == [(first.pk, S.DRAFT, 7)]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_second_window_is_told_and_keeps_its_text(language, desk, page_at, assert_accessible):
    first, *_others = owed(desk)
    one = page_at(1280, language=language)
    come_in(Mouse(one), desk.body.secretary)
    two = one.context.new_page()
    one.goto("/reports/")
    two.goto("/reports/")
    one.fill(cell(first), "7")
    expect(one.locator(state_of(first))).to_have_text({"vi": "Đã lưu", "en": "Saved"}[language])
    two.fill(cell(first), "9")
    row = two.locator(f"#row-{first.pk}")
    told = {"vi": "đã thay đổi", "en": "has changed since you opened it"}[language]
    expect(row.locator("[data-fault]")).to_contain_text(told)
    assert_accessible(two)
    one.fill(cell(first, "narrative"), "Seven.")  # the first goes on; the second reads again
    expect(one.locator(state_of(first))).to_have_text({"vi": "Đã lưu", "en": "Saved"}[language])
    two.reload()
    assert two.input_value(cell(first)) == "7"
    expect(row.locator(".typed-aside [data-said]")).to_contain_text("9")
    assert_accessible(two)
    two.click(".typed-aside [data-use]")
    expect(two.locator(state_of(first))).to_have_text({"vi": "Đã lưu", "en": "Saved"}[language])
    assert stored() == [(first.pk, S.DRAFT, 9)]
    assert Report.objects.get().narrative == "Seven."  # what the second never touched stays
    two.reload()
    assert two.locator(".typed-aside").count() == 0


def test_whoever_was_logged_out_meanwhile_is_told_and_loses_nothing(desk, page_at):
    first, *_others = owed(desk)
    page = page_at(1280, language="en")
    come_in(Mouse(page), desk.body.secretary)
    page.goto("/reports/")
    logged_in = page.context.cookies()
    page.context.clear_cookies()
    page.context.add_cookies([one for one in logged_in if "session" not in one["name"]])
    page.fill(cell(first), "7")
    expect(page.locator(WARNING)).to_contain_text("you are logged out")
    page.context.add_cookies(logged_in)
    page.goto("/reports/")
    assert page.input_value(cell(first)) == "7"
    expect(page.locator(state_of(first))).to_have_text("Saved")


def test_a_verifier_verifies_several_rows_by_keyboard(desk, page_at, assert_accessible):
    duties = owed(desk)
    for duty in duties:
        desk.filed(duty)
    page = page_at(1280, language="en")
    keys = Keys(page)
    come_in(keys, desk.verifier)
    keys.open("/queue/?bucket=to_verify")
    assert_accessible(page)
    for _row in duties[:2]:
        page.keyboard.press("j")
        page.keyboard.press("x")
    keys.press('form[action$="/verify/"] button')
    assert "2 reports were verified" in page.inner_text("h1")
    assert_accessible(page)
    assert Report.objects.filter(state=S.VERIFIED).count() == 2
    keys.open("/queue/?bucket=to_verify")
    assert page.locator("[data-row]").count() == 1


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_about_reports_is_accessible_on_a_phone(
    language, desk, page_at, assert_accessible
):
    returned = desk.duty("returned")
    filed = desk.duty("in_review", place=1)
    for who, addresses in {
        desk.body.secretary: [
            "/reports/",
            f"/reports/{returned.ref}/",
            f"/reports/{filed.ref}/",
            "/reports/overview/",
        ],
        desk.verifier: [f"/reports/{filed.ref}/", "/queue/?bucket=to_verify"],
        desk.body.assigner: [f"/reports/{returned.ref}/", "/board/?year=2024"],
    }.items():
        hand = Mouse(page_at(360, language=language), assert_accessible)
        come_in(hand, who)
        for address in addresses:
            hand.open(address)
            assert hand.page.get_attribute("html", "lang") == language


def test_a_workbook_comes_back_with_a_stale_and_a_wrong_cell(
    desk, page_at, assert_accessible, tmp_path
):
    """Both are refused where they stand; the others wait in the fields until they are saved."""
    first, second, third = owed(desk)
    page = page_at(1280, language="en")
    come_in(Mouse(page), desk.body.secretary)
    page.goto("/reports/")
    page.click("details:has(#sheet) summary")
    with page.expect_download() as download:
        page.click('a[href*="sheet.xlsx"]')
    file = tmp_path / "reports.xlsx"
    download.value.save_as(file)
    book = load_workbook(file)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    cells = {2: {"Value": 11, "Note": "Eleven."}, 3: {"Value": "many"}, 4: {"Value": 13}}
    cells[3]["Note"], cells[4]["Note"] = "Nobody has counted.", "Thirteen."
    for row, said in cells.items():
        for heading, value in said.items():
            sheet.cell(row, places[heading]).value = value
    book.save(file)
    page.fill(cell(third), "12")  # written here since the file was taken
    expect(page.locator(state_of(third))).to_have_text("Saved")

    page.set_input_files("#sheet", file)
    with page.expect_navigation():
        page.get_by_role("button", name="Show what would change").click()
    told = page.inner_text(".panel--info")
    assert "The file would change 3 rows" in told
    assert "Nothing is saved yet." in told
    assert "row 3, N01.2, Value: “many” is not a number" in told
    assert "row 4, N01.3, Value: It was changed here since the file was taken" in told
    assert_accessible(page)
    shown = [page.input_value(cell(duty)) for duty in (first, second, third)]
    assert (shown[0], shown[2]) == ("11", "12")
    page.wait_for_timeout(2_500)  # longer than it takes to save by itself
    assert stored() == [(third.pk, S.DRAFT, 12)]
    assert not Report.objects.exclude(narrative="").exists()

    with page.expect_navigation():
        page.click(LATER)
    assert stored() == [
        (first.pk, S.DRAFT, 11),
        (second.pk, S.DRAFT, None),
        (third.pk, S.DRAFT, 12),
    ]
    notes = dict(Report.objects.values_list("duty", "narrative"))
    assert notes == {first.pk: "Eleven.", second.pk: "Nobody has counted.", third.pk: "Thirteen."}
    assert_accessible(page)
