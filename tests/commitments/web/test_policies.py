"""The page of the ladders: every kind, every version, what each step does, and at one cost."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import ladders
from commitments.enums import ClockKind
from commitments.enums.policies import LadderKey
from commitments.models import PolicyProposal
from commitments.rules.cases import DEFAULT_POLICIES
from tests.constraints import again
from tests.factories.body import make_body
from tests.factories.units import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def test_every_ladder_is_shown_before_anybody_has_needed_it(client_of):
    page = client_of(UserFactory()).get("/cases/ladders/").content.decode()
    for kind in DEFAULT_POLICIES:
        assert str(LadderKey(kind).label) in page
    assert page.count("the default of the house, not needed yet") == len(DEFAULT_POLICIES)
    assert "7 days after the due date" in page
    assert "an explanation within 3 working days" in page
    assert "again every 30 days" in page


def test_an_older_version_stays_and_the_page_costs_the_same(client_of):
    client, costs = client_of(UserFactory()), []
    first = ladders.in_force(ClockKind.CASE, on=date(2024, 1, 2))
    for version in (2, 3, 4):
        row = again(first, version=version)
        row.steps.create(level=1, offset_days=[version], audience="holder")
        client.get("/cases/ladders/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/cases/ladders/").content.decode()
        costs.append(len(queries))
    assert len(set(costs)) == 1
    assert page.count("older version") == 3
    assert "4 days after the due date" in page


def test_two_administrators_publish_a_version_by_the_pages(client_of):
    body = make_body()
    for who in (body.leader, body.assigner):
        body.make_administrator(who)
    one, other = client_of(body.leader), client_of(body.assigner)
    address = "/cases/ladders/sign/propose/"
    assert client_of(body.planner).get(address).status_code == 404
    assert (
        "Propose a new version"
        not in client_of(body.planner).get("/cases/ladders/").content.decode()
    )
    page = one.get(address).content.decode()
    assert 'value="-14, -7, -3, -1, 0"' in page
    sent = dict(re.findall(r'name="([a-z_0-9]+)"[^>]*? value="([^"]*)"', page))
    sent |= {f"audience_{level}": "holder" for level in (0, 1)}
    sent |= {"audience_2": "supervisor", "audience_3": "leader_in_charge", "letter_2": "on"}
    sent |= {
        "audience_4": "standing_committee",
        "agenda_4": "on",
        "reason": "Earlier.",
        "base": "1",
    }
    sent |= {"offsets_0": "\N{MINUS SIGN}5, 0", "offsets_2": "4", "offsets_3": ""}
    sent.pop("csrfmiddlewaretoken")

    wrong = one.post(address, sent | {"offsets_1": "soon", "offsets_2": "1", "reason": ""})
    text = wrong.content.decode()
    assert wrong.status_code == 422
    assert "Write whole numbers of days" in text
    assert 'value="soon"' in text, "what was typed comes back"
    sent |= {"channels_0": "email+sms", "pace_0": "daily"}
    wrong = one.post(address, sent | {"pace_2": "daily"})
    assert (wrong.status_code, "Select a valid choice" in wrong.content.decode()) == (422, True)
    wrong = one.post(address, sent | {"offsets_2": "1"})
    assert (wrong.status_code, "Each step comes later" in wrong.content.decode()) == (422, True)

    assert one.post(address, sent).status_code == 302
    seen = one.get("/cases/ladders/").content.decode()
    assert "Proposed as the next version" in seen
    assert "Another administrator publishes it." in seen
    how = "by e-mail, and by text message if that fails; in one letter a day, at 8 in the morning"
    assert seen.count(how) == 1
    assert re.search(r">0 <span[^>]*>Changed</span>", seen)
    assert re.search(r">3 <span[^>]*>Removed</span>", seen)
    assert seen.count(">Changed</span>") == 2, "levels 0 and 2; 1 and 4 are as they were"
    waiting = PolicyProposal.objects.get()
    publish = f"/cases/ladders/proposals/{waiting.pk}/publish/"
    assert one.post(publish).status_code == 422
    assert client_of(body.planner).post(publish).status_code == 403
    answer = other.post(publish, follow=True).content.decode()
    assert "What begins now takes version 2" in answer
    assert "5 days before the due date; on the due date" in answer
    newest = ladders.in_force(ClockKind.SIGN, on=waiting.in_force_from)
    assert list(newest.steps.order_by("level").values_list("level", "channels", "pace")) == [
        (0, "email+sms", "daily"),
        (1, "", ""),
        (2, "", ""),
        (4, "", ""),
    ]

    other.post("/cases/ladders/case/propose/", sent | {"base": "1"})
    withdraw = f"/cases/ladders/proposals/{PolicyProposal.objects.get(kind='case').pk}/withdraw/"
    assert "The ladder stays as it is" in one.post(withdraw, follow=True).content.decode()
