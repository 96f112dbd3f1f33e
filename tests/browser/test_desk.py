"""The supervisor's desk by keyboard alone: twenty rows are cleared without a mouse."""

import pytest

from commitments.actions import commitments
from commitments.enums import VersionAct, VersionState
from commitments.models import CommitmentVersion, RemindedNow
from tests.browser.walking import Mouse, come_in
from tests.commitments.actions.test_issuing import make_drafts
from tests.constraints import change
from tests.factories.body import NOW, make_body, person
from tests.factories.units import RoleGrantFactory
from units import clock
from units.models import Appointment, DemonstrationClock


@pytest.fixture(autouse=True)
def late_in_february(settings, transactional_db):
    """Business time is 26 February 2024, 09:00 of the body."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1708912800)


def desk_with(rows: int):
    """Return a body of which half the `rows` are late and half await the countersignature."""
    made = make_body()
    RoleGrantFactory(role="supervisor", unit=made.committee, person=made.assigner)
    head = person("busy")
    for place, draft in enumerate(make_drafts(made, rows)):
        Appointment.objects.create(
            ref=f"ap-{place}",
            person=head,
            position=draft.first_undertaker,
            valid_from=draft.first_undertaker.valid_from,
        )
        version = commitments.issue(
            version_id=draft.pk, by=made.planner, expected=draft.etag_version, at=NOW
        )
        if place % 2:
            made.act(VersionAct.SIGN, version, head)
    change(head, email="")
    return made


def test_twenty_rows_are_cleared_by_keyboard(page_at, assert_accessible):
    body = desk_with(20)
    page = page_at(1280, language="en")
    come_in(Mouse(page), body.assigner)

    page.goto("/queue/?bucket=late")
    assert_accessible(page)
    rows = page.locator("[data-row]").count()
    assert rows == 10
    for _row in range(rows):
        page.keyboard.press("j")
        page.keyboard.press("x")
    assert page.locator("[data-row] input:checked").count() == rows
    page.keyboard.press("k")
    page.keyboard.press("x")  # and one is left out again
    page.keyboard.press("x")
    tab_to(page, "Remind the chosen now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/remind/")
    assert_accessible(page)
    assert "10 reminders are on their way" in page.inner_text("h1")
    assert RemindedNow.objects.values("version").distinct().count() == 10

    page.goto("/queue/?bucket=to_countersign")
    for _row in range(10):
        page.keyboard.press("j")
        page.keyboard.press("x")
    tab_to(page, "Read and countersign the chosen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/countersign/")
    assert_accessible(page)
    for number in range(1, 11):
        page.focus(f"#read-{number}")
        page.keyboard.press("Space")
    page.focus("#agreed")
    page.keyboard.press("Space")
    tab_to(page, "Go on to confirm")
    page.keyboard.press("Enter")
    page.wait_for_selector("#code")
    assert_accessible(page)
    page.focus("#code")
    page.keyboard.type(page.inner_text("[data-demonstration-code]"))
    page.keyboard.press("Enter")
    page.wait_for_selector("text=10 commitments are in force")
    assert_accessible(page)
    in_force = CommitmentVersion.objects.filter(state=VersionState.IN_FORCE)
    assert in_force.count() == 10
    page.goto("/queue/?bucket=to_countersign")
    assert page.locator("[data-row]").count() == 0


def tab_to(page, text: str) -> None:
    """Press Tab until the button that says `text` has the focus."""
    for _press in range(60):
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"No Tab leads to {text!r}.")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_desk_is_accessible_and_two_see_who_has_a_row(
    width, language, page_at, assert_accessible
):
    body = desk_with(2)
    page = page_at(width, language=language)
    come_in(Mouse(page), body.supervisor)
    page.goto("/queue/?bucket=late")
    page.click("details.filters__more summary")
    assert_accessible(page)
    page.goto(page.get_attribute("a[href^='/queue/rows/']", "href"))
    assert_accessible(page)
    page.click("form[action$='/take/'] button")
    page.wait_for_load_state()
    assert_accessible(page)
    page.fill("#id_text", "Telephoned")
    page.click("form.form button")
    page.wait_for_load_state()
    assert_accessible(page)
    other = page_at(width, language=language)
    come_in(Mouse(other), body.assigner)
    other.goto("/queue/?bucket=late")
    assert "Supervisor" in other.inner_text("#queue-rows")


def test_the_keys_help_and_open(page_at):
    body = desk_with(2)
    page = page_at(1280, language="en")
    come_in(Mouse(page), body.supervisor)
    page.goto("/queue/?bucket=late")
    page.keyboard.press("?")
    assert page.locator("details.keys").get_attribute("open") is not None
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/commitments/**")
    page.goto("/queue/?bucket=late")
    page.fill("#q", "j")  # typing is no command
    assert page.input_value("#q") == "j"
