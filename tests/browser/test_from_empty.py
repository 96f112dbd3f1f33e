"""From an empty installation to a commitment in force, by the pages alone.

Only the first administrator comes from a command; nothing of the demonstration is involved.
"""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Page

from commitments.enums import VersionState
from commitments.models import CommitmentVersion
from units import clock
from units.models import OrgUnit, User
from units.rules.factors import totp_code, totp_step_at

OWN = "a password of one's own 7"
SECRETS: dict[str, str] = {}


def submit(page: Page, address: str, **fields: str | bool) -> None:
    """Fill a form as its labels' fields are named, send it, and see that it was taken."""
    page.goto(address)
    for name, value in fields.items():
        field = page.locator(f"#id_{name}")
        kind = field.evaluate("field => field.type || field.tagName")
        if kind == "checkbox":
            field.set_checked(bool(value))
        elif kind == "select-one":
            field.select_option(label=value) if str(value)[0].isupper() else field.select_option(
                value
            )
        else:
            field.fill(str(value))
    page.click("main form .button--primary")
    page.wait_for_load_state()
    assert page.locator(".error-summary").count() == 0, page.inner_text(".error-summary")


def press(page: Page, text: str) -> None:
    """Press the button or follow the link that says `text`."""
    page.get_by_role("button", name=text).or_(page.get_by_role("link", name=text)).first.click()
    page.wait_for_load_state()


def log_in(page: Page, username: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_load_state()


def open_account(administrator: Page, username: str, name: str) -> str:
    """Open an account; return the temporary password that is shown once."""
    submit(administrator, "/people/new/", full_name=name, username=username, language="en")
    password = administrator.inner_text("[data-temporary-password]")
    administrator.reload()
    assert administrator.locator("[data-temporary-password]").count() == 0
    return password


def first_login(page_at, username: str, given: str, *, width: int = 360) -> Page:
    """Log in with the temporary password, choose an own one, enrol an authenticator."""
    page = page_at(width, language="en")
    log_in(page, username, given)
    assert "/password/change/" in page.url
    page.fill("#id_oldpassword", given)
    page.fill("#id_password1", OWN)
    page.fill("#id_password2", OWN)
    page.click("main form .button--primary")
    page.wait_for_load_state()
    page.goto("/commitments/")
    assert "/first-factor/" in page.url  # nothing else before it
    enrol_authenticator(page, username)
    return page


def enrol_authenticator(page: Page, username: str) -> None:
    """Set up the app from the page that asks for a second factor."""
    press(page, "Set up the app")
    secret = "".join(page.inner_text("#secret").split())
    SECRETS[username] = secret
    page.fill("#id_code", totp_code(secret, totp_step_at(clock.real_now())))
    page.click("main form .button--primary")
    page.wait_for_load_state()
    assert "/activate/" not in page.url, page.inner_text("main")


def sign(page: Page, username: str, button: str) -> None:
    """Go from the home page through the ceremony."""
    page.goto("/")
    press(page, button)
    press(page, "Open the text")
    page.check("#agreed")
    press(page, "Go on to confirm")
    page.fill("#code", totp_code(SECRETS[username], totp_step_at(clock.real_now()) + 1))
    page.press("#code", "Enter")
    page.wait_for_load_state()
    assert "/receipts/" in page.url, page.inner_text("main")


def test_from_nothing_to_a_commitment_in_force(page_at, tmp_path, transactional_db):
    password = tmp_path / "password"
    password.write_text(OWN)
    call_command(
        "create_administrator",
        username="founder",
        full_name="Founder",
        password_file=str(password),
        stdout=StringIO(),
    )
    today = clock.local_date(clock.business_now())
    administrator = page_at(1280, language="en")
    log_in(administrator, "founder", OWN)

    submit(
        administrator,
        "/units/new/",
        kind="party_committee",
        name_vi="Huyện ủy",
        name_en="Committee",
        ref="committee",
    )
    committee = OrgUnit.objects.get(ref="committee")
    submit(
        administrator,
        "/units/new/",
        kind="commune",
        name_vi="Xã Một",
        name_en="Commune One",
        ref="commune",
        under_party=str(committee.pk),
    )
    submit(
        administrator,
        "/units/committee/offices/new/",
        title_vi="Bí thư Huyện ủy",
        title_en="Secretary of the Committee",
        tree="party",
        is_head=True,
    )
    submit(
        administrator,
        "/units/commune/offices/new/",
        title_vi="Bí thư xã",
        title_en="Secretary of the Commune",
        tree="party",
        is_head=True,
    )
    given = {
        username: open_account(administrator, username, name)
        for username, name in (
            ("head", "Head"),
            ("leader", "Leader"),
            ("planner", "Planner"),
            ("second", "Second Administrator"),
        )
    }
    submit(administrator, "/people/second/roles/new/", role="administrator")
    for office, username in (
        ("committee-bi-thu-huyen-uy", "leader"),
        ("commune-bi-thu-xa", "head"),
    ):
        person = User.objects.get(username=username)
        submit(
            administrator,
            f"/offices/{office}/appoint/",
            person=str(person.pk),
            mode="titular",
            valid_from=today.isoformat(),
        )
    submit(administrator, "/people/planner/roles/new/", role="planner", unit=str(committee.pk))

    planner = first_login(page_at, "planner", given["planner"], width=1280)
    submit(planner, "/plans/new/", owner=str(committee.pk), year=str(today.year))
    year = str(today.year)
    submit(planner, f"/plans/{year}/mandates/new/", kind="resolution", title_vi="Nghị quyết")
    submit(
        planner,
        f"/plans/{year}/groups/new/",
        mandate=str(committee.mandates.get().pk),
        code="A",
        title_vi="Nhóm A",
        field="security",
    )
    submit(
        planner,
        f"/plans/{year}/indicators/new/",
        code="km",
        name_vi="Đường sạch",
        name_en="Clean roads",
        kind="number",
        nature="stock",
        new_uom="km",
    )
    commune = OrgUnit.objects.get(ref="commune")
    plan = commune.targets.model.period.field.related_model.objects.get(code=year)
    submit(
        planner,
        f"/plans/{year}/targets/new/",
        code="A.1",
        group=str(plan.groups.get().pk),
        indicator=str(commune.targets.model.indicator.field.related_model.objects.get().pk),
        unit=str(commune.pk),
        value="45.5",
    )
    press(planner, "Assign to the unit")
    sign_by = min(today + timedelta(days=20), date(today.year, 12, 31))
    submit(
        planner,
        f"/plans/{year}/commitments/new/",
        unit=str(commune.pk),
        first_undertaker=str(commune.positions.get().pk),
        assigner=str(committee.positions.get().pk),
        sign_by=sign_by.isoformat(),
    )
    press(planner, "Save the draft")
    press(planner, "Issue for signature")
    version = CommitmentVersion.objects.get()
    assert version.state == VersionState.ISSUED, planner.inner_text("main")

    head = first_login(page_at, "head", given["head"])
    head.goto("/")
    press(head, "Read and sign")
    assert "a second administrator vouches" in head.inner_text("main")
    second = first_login(page_at, "second", given["second"], width=1280)
    for username in ("head", "leader"):
        second.goto(f"/people/{username}/")
        press(second, "I vouch")
    sign(head, "head", "Read and sign")
    leader = first_login(page_at, "leader", given["leader"])
    sign(leader, "leader", "Read and countersign")

    version.refresh_from_db()
    assert version.state == VersionState.IN_FORCE


@pytest.mark.django_db
def test_a_second_first_administrator_is_refused(tmp_path):
    password = tmp_path / "password"
    password.write_text(OWN)
    named = {"full_name": "Founder", "password_file": str(password), "stdout": StringIO()}
    call_command("create_administrator", username="founder", **named)
    with pytest.raises(Exception, match="Founder"):
        call_command("create_administrator", username="second", **named)
