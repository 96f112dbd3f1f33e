"""The ceremony through the pages: one thing at a time, nothing typed is lost."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import override_settings

from commitments.enums import VersionAct, VersionState
from commitments.models import SignatureAct, ViewReceipt
from tests.commitments.web.conftest import prove
from tests.factories.body import code_of, make_body, office, person
from units import clock
from units.models import Appointment, RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
A = VersionAct


def opened(client, version, act):
    """Open the text; return the page's address and the hidden version."""
    response = client.post(f"/commitments/{version.commitment.ref}/{act}/")
    assert response.status_code == 302, response.content.decode()
    page = client.get(response.url)
    return response.url, re.search(r'name="version" value="(\d+)"', page.content.decode()).group(1)


def test_a_head_reads_declares_confirms_and_gets_a_receipt(client_of):
    body = make_body()
    version = body.issued(second=False)
    client = client_of(body.secretary)

    assert "Read and sign" in client.get("/").content.decode()
    address, seen = opened(client, version, "sign")
    assert "at least 21 certificates" in client.get(address).content.decode()
    response = client.post(address, {"version": seen, "agreed": "yes"})
    confirm = response.url
    code = code_of(body.secretary, clock.real_now())
    response = client.post(confirm, {"code": code})
    receipt = client.get(response.url).content.decode()

    version.refresh_from_db()
    assert version.state == VersionState.SIGNED
    assert "You have signed" in receipt
    assert str(SignatureAct.objects.get().uuid) in receipt
    assert client.get(confirm).url == response.url  # back, or the other tab: it is done
    again = client.post(confirm, {"code": code})
    assert (again.status_code, again.url) == (302, response.url)
    assert SignatureAct.objects.count() == 1


def test_opening_is_a_post_and_leaves_a_receipt(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    assert client.get(f"/commitments/{version.commitment.ref}/sign/").status_code == 200
    assert not ViewReceipt.objects.exists()
    opened(client, version, "sign")
    assert ViewReceipt.objects.get().person == body.secretary


def test_the_demonstration_shows_a_code_that_serves(client_of):
    body = make_body()
    version = body.issued(second=False)
    client = client_of(body.secretary)
    address, seen = opened(client, version, "sign")
    confirm = client.post(address, {"version": seen, "agreed": "yes"}).url
    shown = re.search(r"data-demonstration-code>(\d{6})<", client.get(confirm).content.decode())
    client.post(confirm, {"code": shown.group(1)})
    version.refresh_from_db()
    assert version.state == VersionState.SIGNED


def test_what_was_typed_comes_back_with_what_is_missing(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "return")
    typed = {
        "version": seen,
        "item": ["1", "2"],
        "code-1": "wording",
        "text-1": "Say which certificates.",
        "code-2": "value_too_high",
        "text-2": "",
    }
    response = client.post(address, typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say which certificates." in page
    assert 'href="#text-2"' in page
    assert version.commitment.versions.get().state == VersionState.ISSUED


def test_a_return_goes_through_with_its_reasons(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.chair)
    address, seen = opened(client, version, "return")
    confirm = client.post(
        address,
        {"version": seen, "item": ["1"], "code-1": "value_too_high", "text-1": "19 we can do."},
    ).url
    client.post(confirm, {"code": code_of(body.chair, clock.real_now())})
    version.refresh_from_db()
    assert (version.state, version.end_reason) == (VersionState.RETURNED, "19 we can do.")


@pytest.mark.parametrize("act", ["return", "refuse"])
def test_a_confirmation_that_comes_too_late_gives_back_what_was_typed(act, client_of, settings):
    body = make_body()
    version = body.issued()
    client = client_of(body.chair)
    address, seen = opened(client, version, act)
    typed = {
        "return": {"item": ["2", "whole"], "code-2": "wrong_data", "text-2": "It is 19."}
        | {"code-whole": "wording", "text-whole": "Too long."},
        "refuse": {"code": "not_competent", "text": "It is 19."},
    }[act]
    confirm = client.post(address, {"version": seen, **typed}).url
    late = clock.real_now() + timedelta(seconds=settings.STEP_UP_TTL + 1)
    with time_machine.travel(late):
        prove(client, body.chair, seconds_ago=1)
        page = client.post(confirm, {"code": code_of(body.chair, late)})
        assert page.status_code == 409
        again = re.search(r'href="([^"]+)">Start again', page.content.decode())[1]
        assert again == address
        page = client.get(again).content.decode()
    assert "It is 19." in page
    assert page.count(" selected") == (2 if act == "return" else 1)
    assert page.count(" checked") == (2 if act == "return" else 0)
    version.refresh_from_db()
    assert version.state == VersionState.ISSUED


def test_a_stale_page_is_refused_and_says_what_to_do(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, _seen = opened(client, version, "sign")
    response = client.post(address, {"version": "1", "agreed": "yes"})
    assert response.status_code == 412
    assert "Read it again" in response.content.decode()


def test_a_wrong_code_is_told_and_can_be_typed_again(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "sign")
    confirm = client.post(address, {"version": seen, "agreed": "yes"}).url
    response = client.post(confirm, {"code": "000000"})
    assert response.status_code == 422
    assert "Attempts left: 4" in response.content.decode()
    assert (
        client.post(confirm, {"code": code_of(body.secretary, clock.real_now())}).status_code == 302
    )


def test_a_head_whose_term_ended_yesterday_reads_why(client_of):
    body = make_body()
    version = body.issued()
    Appointment.objects.filter(person=body.secretary).update(valid_to=date(2024, 2, 2))
    client = client_of(body.secretary)
    response = client.get(f"/commitments/{version.commitment.ref}/sign/")
    assert response.status_code == 404  # the unit is outside the reach by now


def test_an_old_login_is_proved_again_and_what_was_typed_is_kept(client_of):
    body = make_body()
    version = body.issued()
    client = client_of(body.secretary)
    address, seen = opened(client, version, "refuse")
    prove(client, body.secretary, seconds_ago=400)
    response = client.post(
        address, {"version": seen, "code": "other", "text": "Long and carefully written."}
    )
    assert response.status_code == 302
    assert response.url.startswith("/accounts/reauthenticate/")
    prove(client, body.secretary, seconds_ago=0)
    assert "Long and carefully written." in client.get(address).content.decode()


@pytest.mark.parametrize("path", ["sign", "return", "refuse", "countersign", "void"])
def test_a_stranger_finds_nothing(path, client_of):
    body = make_body()
    version = body.issued()
    stranger = person("stranger")
    office(body.other, "Secretary", stranger)
    client = client_of(stranger)
    address = f"/commitments/{version.commitment.ref}/{path}/"
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert not RegisterEntry.objects.filter(actor=stranger, kind__startswith="commitment").exists()


def test_without_a_second_factor_the_way_to_one_is_shown(client_of):
    body = make_body()
    version = body.issued()
    body.secretary.authenticator_set.all().delete()
    client = client_of(body.secretary)
    page = client.get(f"/commitments/{version.commitment.ref}/sign/").content.decode()
    assert "Set up a second factor" in page
    assert "Open the text" not in page


@override_settings(DEMO=False)
def test_outside_a_demonstration_no_code_is_ever_shown(client_of):
    body = make_body()
    version = body.issued()
    today = clock.local_date(clock.business_now())
    type(version).objects.filter(pk=version.pk).update(sign_by=today)
    client = client_of(body.secretary)
    address, seen = opened(client, version, "sign")
    confirm = client.post(address, {"version": seen, "agreed": "yes"}).url
    assert "data-demonstration-code" not in client.get(confirm).content.decode()
