"""The receipt of an entry: on a page before and after its hour, as a file, and for whom."""

import json
from pathlib import Path

import pytest
from django.test import Client

from tests.factories.body import NOW, make_body, person
from tests.factories.readers import machine
from tests.factories.register import closed, entries
from units import clock
from units.actions import checkpoints, register
from units.models import DemonstrationClock, RegisterEntry
from units.standalone import verify_register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("register_places")]


@pytest.fixture(autouse=True)
def _business_time(settings):
    """The demonstration's clock stands where the body of the factories lives."""
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=(clock.real_now() - NOW).total_seconds())


@pytest.fixture
def issued():
    """The entry by which a commitment was issued, its body, and the clients of everybody."""
    body = make_body()
    body.issued()
    return body, RegisterEntry.objects.filter(kind="commitment.issue").latest("pk")


def client_of(who) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = "en"
    return client


def test_the_page_says_how_far_the_proof_is(issued):
    body, entry = issued
    client, address = client_of(body.planner), f"/register/{entry.uuid}/"
    page = client.get(address).content.decode()
    assert "It gets its place in a moment" in page
    register.sequence()
    page = client.get(address).content.decode()
    assert "confirmed by a signed checkpoint within the hour" in page
    assert checkpoints.receipt_of(entry)["link"] in page
    closed()
    page = client.get(address).content.decode()
    assert "This entry is proved" in page
    assert f"--key {checkpoints.fingerprint()}" in page
    assert "<dd>outside</dd>" in page  # of a folder its name alone


def test_the_file_is_what_the_verifier_takes(issued, tmp_path, capsys):
    body, entry = issued
    register.sequence()
    closed()
    client = client_of(body.secretary)
    answer = client.get(f"/register/{entry.uuid}/receipt.json")
    assert answer["Content-Type"] == "application/json"
    assert f'filename="receipt-{entry.uuid}.json"' in answer["Content-Disposition"]
    assert json.loads(answer.content) == checkpoints.receipt_of(entry)
    script = client.get("/register/verify_register.py")
    assert script["Content-Disposition"] == 'attachment; filename="verify_register.py"'
    assert script.content == Path(verify_register.__file__).read_bytes()
    path = tmp_path / "receipt.json"
    path.write_bytes(answer.content)
    assert verify_register.main([str(path), "--key", checkpoints.fingerprint()]) == 0
    assert "GOOD seq" in capsys.readouterr().out


def test_a_receipt_is_for_the_actor_and_for_whoever_sees_the_unit(issued):
    body, entry = issued
    address = f"/register/{entry.uuid}/"
    for who in (body.planner, body.secretary, body.supervisor):
        assert client_of(who).get(address).status_code == 200
    stranger = client_of(person("stranger"))
    for path in (address, f"{address}receipt.json"):
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302
        assert machine(body.committee).get(path).status_code == 302


def test_what_is_not_published_is_for_its_actor_alone():
    body = make_body()
    (entry,) = entries(1, by=body.planner, reach=[body.commune])
    address = f"/register/{entry.uuid}/"
    assert client_of(body.planner).get(address).status_code == 200
    assert client_of(body.secretary).get(address).status_code == 404
