"""Countersigning several through the pages: nothing ticked before, one code, a result for each."""

import re

import pytest
from django.test import Client

from commitments.enums import VersionState
from commitments.models import CommitmentVersion, StepUpBatch, ViewReceipt
from tests.commitments.actions.test_batches import body, signed  # noqa: F401  # fixtures
from tests.factories.body import NOW
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def assigner(signed, body, settings):  # noqa: F811
    """The assigner at the pages, logged in just now; business time is that of the body."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - NOW.timestamp())
    client = Client()
    client.cookies["django_language"] = "en"
    password = {"login": "assigner", "password": "password-of-assigner"}
    client.post("/accounts/login/", password)
    page = client.get("/accounts/2fa/authenticate/").content.decode()
    code = re.search(r"data-demonstration-code>(\d{6})<", page)[1]
    client.post("/accounts/2fa/authenticate/", {"code": code})
    return client


def open_texts(client, versions):
    chosen = {"version": [version.pk for version in versions]}
    return client.post("/countersign/open/", chosen, follow=True)


def ticked(page, *places: int, agreed: bool = True) -> dict:
    texts = page.context["texts"]
    form = {f"version-{text['receipt'].uuid}": text["version"].etag_version for text in texts}
    form["receipt"] = [str(texts[place]["receipt"].uuid) for place in places]
    return form | ({"agreed": "yes"} if agreed else {})


def states() -> list[str]:
    return list(CommitmentVersion.objects.order_by("pk").values_list("state", flat=True))


def test_nothing_is_ticked_before_and_what_is_not_ticked_stays(assigner, signed):  # noqa: F811
    page = open_texts(assigner, signed)
    assert " checked" not in page.content.decode()
    assert ViewReceipt.objects.filter(person__username="assigner").count() == 3
    page = assigner.post("/countersign/", ticked(page, 0, 2), follow=True)
    assert "Confirm: countersign 2 commitments" in page.content.decode()
    code = page.context["demonstration_code"]
    done = assigner.post(page.redirect_chain[-1][0], {"code": code}).content.decode()
    assert "2 commitments are in force" in done
    assert states() == [VersionState.IN_FORCE, VersionState.SIGNED, VersionState.IN_FORCE]


def test_a_reload_of_the_result_shows_the_result(assigner, signed):  # noqa: F811
    page = assigner.post(
        "/countersign/", ticked(open_texts(assigner, signed), 0, 1, 2), follow=True
    )
    where = page.redirect_chain[-1][0]
    assigner.post(where, {"code": page.context["demonstration_code"]})
    for again in (assigner.get(where), assigner.post(where, {"code": "000000"})):
        assert "3 commitments are in force" in again.content.decode()


def test_a_wrong_code_is_told_and_changes_nothing(assigner, signed):  # noqa: F811
    page = assigner.post("/countersign/", ticked(open_texts(assigner, signed), 0), follow=True)
    wrong = assigner.post(page.redirect_chain[-1][0], {"code": "000000"})
    assert wrong.status_code == 422
    assert "That code is wrong" in wrong.content.decode()
    assert states() == [VersionState.SIGNED] * 3


def test_what_is_missing_is_told_and_the_ticks_come_back(assigner, signed):  # noqa: F811
    page = open_texts(assigner, signed)
    nothing = assigner.post("/countersign/", ticked(page))
    assert nothing.status_code == 422
    assert "Tick each commitment" in nothing.content.decode()
    undeclared = assigner.post("/countersign/", ticked(page, 1, agreed=False))
    assert undeclared.status_code == 422
    assert undeclared.content.decode().count(" checked") == 1
    assert not StepUpBatch.objects.exists()


def test_rows_that_one_may_not_countersign_say_why(client, signed, body):  # noqa: F811
    client.cookies["django_language"] = "en"
    client.force_login(body.planner)
    page = open_texts(client, signed).content.decode()
    assert "cannot be countersigned by you now" in page
    assert "You do not hold the office" in page
    assert not ViewReceipt.objects.filter(person=body.planner).exists()


def test_an_empty_page_teaches(client, body):  # noqa: F811
    client.cookies["django_language"] = "en"
    client.force_login(body.assigner)
    assert "No text is open" in client.get("/countersign/").content.decode()
