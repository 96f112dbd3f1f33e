"""The pages of a takeover: who sees that one is due, who asks for it, what is then read and signed."""

from datetime import date, timedelta

import pytest

from commitments.enums import VersionState
from tests.factories.body import NOW, come_into_office, make_body, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
BEFORE = NOW - timedelta(days=20)
BUTTON = "Ask to take over"


def test_a_planner_asks_and_the_newcomer_reads_what_is_inherited(client_of):
    body = make_body()
    version = body.in_force(at=BEFORE)
    successor = person("successor")
    address = f"/commitments/{version.commitment.ref}/"
    planner = client_of(body.planner)
    assert "Not yet taken over" not in planner.get(address).content.decode()

    come_into_office(body.first, successor, on=date(2024, 2, 1))
    seen = client_of(body.supervisor).get(address).content.decode()
    assert "Successor has been Secretary since 01/02/2024" in seen
    assert BUTTON not in seen
    assert BUTTON in planner.get(address).content.decode()
    sent = {"n": version.n, "version": version.etag_version}
    answer = planner.post(address + "takeover/", sent, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(address, 302)]
    assert "is to be taken over" in page
    assert "Takeover of version 1 on 02/02/2024" in page
    assert "Secretary signed; Successor holds the office since 01/02/2024" in page
    assert "no data" in page
    stepper = page.split('<ol class="stepper">')[1].split("</ol>")[0]
    assert stepper.count("Undertaker</span>") == 1, "the other office has signed already"
    old = planner.get(address + "?version=1").content.decode()
    assert "Not yet taken over" in old
    assert BUTTON not in old, "it is asked for once"

    newcomer = client_of(successor)
    assert version.commitment.number in newcomer.get("/").content.decode()
    assert version.commitment.number not in client_of(body.chair).get("/").content.decode()
    opened = newcomer.post(address + "sign/", follow=True).content.decode()
    assert "I take the commitment over as it stands" in opened.replace("\n", " ")
    assert version.commitment.versions.get(n=2).state == VersionState.ISSUED


def test_what_came_between_is_said_and_nothing_is_drafted(client_of):
    body = make_body()
    version = body.in_force(at=BEFORE)
    address = f"/commitments/{version.commitment.ref}/takeover/"
    planner = client_of(body.planner)
    sent = {"n": version.n, "version": version.etag_version}
    assert planner.post(address, sent).status_code == 409  # nobody has come
    come_into_office(body.first, person("successor"), on=date(2024, 2, 1))
    assert planner.post(address, sent | {"version": 1}).status_code == 412
    assert client_of(body.supervisor).post(address, sent).status_code == 403
    assert version.commitment.versions.count() == 1
