"""From the grid to the board: by keyboard, with a photo, over a line that is cut while it is sent."""

import socket
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from commitments.enums.reports import ReportState
from commitments.models import Evidence, Report
from tests.browser.test_reports import ALL, cell, desk, owed, state_of, stored
from tests.browser.walking import PRIMARY, Keys, Mouse, come_in

__all__ = ["desk"]
S = ReportState
PHOTO = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"p" * 600_000}


def board_of(page) -> str:
    page.goto("/board/?year=2024")
    return page.inner_text("main table.board, main table")


def cut_in_the_middle(route: Route) -> None:
    """Send half of what the page sends to the server itself, then let go at both ends."""
    place = urlsplit(route.request.url)
    body = route.request.post_data_buffer or b""
    headers = {**route.request.all_headers(), "content-length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in headers.items() if not name.startswith(":")]
    head = f"POST {place.path} HTTP/1.1\r\nhost: {place.netloc}\r\n" + "\r\n".join(lines)
    with socket.create_connection((place.hostname, place.port)) as line:
        line.sendall(head.encode() + b"\r\n\r\n" + body[: len(body) // 2])
    route.abort("connectionreset")


def test_from_the_grid_to_the_board(desk, page_at, assert_accessible):
    """The reporter never touches a mouse; the verifier returns one row and verifies the others."""
    duties = owed(desk)
    watching = page_at(1280, language="en")
    come_in(Mouse(watching), desk.body.assigner)
    before = board_of(watching)

    page = page_at(1280, language="en")
    keys = Keys(page)
    come_in(keys, desk.body.secretary)
    keys.open(f"/reports/{duties[0].ref}/")
    keys.reach("#file")
    page.set_input_files("#file", PHOTO)
    with page.expect_navigation():
        keys.reach("form[data-upload] button")
        page.keyboard.press("Enter")
    assert "photo.jpg" in page.inner_text("main")
    assert_accessible(page)
    keys.open("/reports/")
    for duty, figure in zip(duties, ("7", "80", "90"), strict=True):
        keys.write(cell(duty), figure)
        expect(page.locator(state_of(duty))).to_have_text("Saved")
    keys.press(ALL)
    assert {state for _duty, state, _value in stored()} == {S.SUBMITTED}
    assert Evidence.objects.get().report.duty == duties[0]
    assert board_of(watching) == before  # what nobody has verified changes nothing

    checking = page_at(1280, language="en")
    hand = Mouse(checking, assert_accessible)
    come_in(hand, desk.verifier)
    hand.open(f"/reports/{duties[0].ref}/")
    hand.write("#reason", "The photo shows another road.")
    hand.press('form[action$="/return/"] button')
    hand.open("/queue/?bucket=to_verify")
    assert checking.locator("[data-row]").count() == 2
    for number in range(2):
        checking.locator("[data-row] input[type=checkbox]").nth(number).check()
    hand.press('form[action$="/verify/"] button')
    assert "2 reports were verified" in checking.inner_text("h1")

    after = board_of(watching)
    assert after != before
    assert (before.count("Nothing to judge yet"), after.count("Nothing to judge yet")) == (4, 2)
    assert_accessible(watching)
    keys.open(f"/reports/{duties[0].ref}/")
    assert "The photo shows another road." in page.inner_text("main")
    assert "photo.jpg" in page.inner_text("main")  # the file came along into the new draft


@pytest.mark.parametrize(
    ("language", "kept"), [("vi", "Tệp chưa gửi được"), ("en", "The file did not arrive")]
)
def test_a_line_cut_in_mid_upload_on_a_phone_loses_neither_file_nor_text(
    language, kept, desk, page_at, assert_accessible
):
    first, *_others = owed(desk)
    page = page_at(360, language=language)
    come_in(Mouse(page), desk.body.secretary)
    page.goto(f"/reports/{first.ref}/")
    page.route("**/evidence/", cut_in_the_middle)
    page.set_input_files("#file", PHOTO)
    page.click("form[data-upload] button")
    status = page.locator("form[data-upload] [data-status]")
    expect(status).to_contain_text(kept)
    page.context.set_offline(True)
    page.fill(cell(first), "7")
    page.fill(cell(first, "narrative"), "Ba giấy mới")
    assert_accessible(page)
    assert page.evaluate("document.querySelector('#file').files.length") == 1
    assert not Evidence.objects.exists()

    page.unroute("**/evidence/")
    with page.expect_navigation():
        page.context.set_offline(False)
    assert "photo.jpg" in page.inner_text("main")
    assert page.input_value(cell(first)) == "7", page.inner_text("main")
    assert page.input_value(cell(first, "narrative")) == "Ba giấy mới"
    assert_accessible(page)
    with page.expect_navigation():
        page.click(PRIMARY)
    report = Report.objects.get()
    assert (report.state, report.value, report.narrative) == (S.SUBMITTED, 7, "Ba giấy mới")
    assert report.evidence.get().name == "photo.jpg"
