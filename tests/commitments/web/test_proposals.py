"""Proposals through the pages: the head proposes, the planner answers, the head reads."""

import pytest

from commitments.models import Proposal
from notifications.actions import notices
from tests.factories.body import NOW, make_body
from units import clock
from units.actions import register
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db
FORM = {"title": "Clean water", "wanted": "at least 95 %", "reason": "<b>We</b> can."}


@pytest.fixture
def body(settings):
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - NOW.timestamp())
    return make_body()


@pytest.fixture
def as_who(client):
    def seat(who):
        client.cookies["django_language"] = "en"
        client.force_login(who)
        return client

    return seat


def propose(client, body, **changes):
    form = FORM | {"office": body.first.pk} | changes
    return client.post("/plans/2024/proposals/new/", form, follow=True)


def test_from_the_proposal_to_its_answer(body, as_who):
    head = as_who(body.secretary)
    assert "Propose an item" in head.get("/plans/2024/").content.decode()
    assert "Your proposal is sent" in propose(head, body).content.decode()
    proposal = Proposal.objects.get()
    where = f"/plans/2024/proposals/{proposal.pk}/"

    planner = as_who(body.planner)
    assert "1 proposal to be answered" in planner.get("/plans/2024/").content.decode()
    page = planner.get(where).content.decode()
    assert "&lt;b&gt;We&lt;/b&gt; can." in page
    missing = planner.post(where, {"decision": "changed", "text": "90 %", "version": "1"})
    assert missing.status_code == 422
    assert "Choose the target that carries it" in missing.content.decode()
    assert "90 %</textarea>" in missing.content.decode()
    done = {"decision": "changed", "text": "90 %", "target": body.targets[0].pk, "version": "1"}
    assert "The answer is sent" in planner.post(where, done, follow=True).content.decode()
    stale = planner.post(where, done)
    assert "The answer is sent" not in stale.content.decode()

    page = as_who(body.secretary).get(where).content.decode()
    assert "Accepted with changes" in page
    assert "90 %" in page


def test_the_message_leads_to_the_proposal(body, as_who):
    propose(as_who(body.secretary), body)
    register.sequence()
    notices.dispatch(at=clock.business_now())
    planner = as_who(body.planner)
    page = planner.get("/inbox/").content.decode()
    assert "Please answer: First Commune proposes “Clean water”" in page
    [row] = body.planner.notices.all()
    where = planner.post(f"/inbox/{row.pk}/read/")["Location"]
    assert where == f"/plans/2024/proposals/{Proposal.objects.get().pk}/"


def test_an_unfinished_proposal_comes_back_filled(body, as_who):
    page = propose(as_who(body.secretary), body, wanted="")
    assert page.status_code == 422
    assert 'value="Clean water"' in page.content.decode()
    assert not Proposal.objects.exists()


def test_others_see_nothing_of_it(body, as_who):
    propose(as_who(body.secretary), body)
    where = f"/plans/2024/proposals/{Proposal.objects.get().pk}/"
    for who in (body.supervisor, body.assigner):
        client = as_who(who)
        assert client.get(where).status_code == 404
        assert client.post(where, {"decision": "accepted"}).status_code == 404
        assert client.get("/plans/2024/proposals/new/").status_code == 404
    page = as_who(body.supervisor).get("/plans/2024/proposals/").content.decode()
    assert "No proposal yet" in page


def test_a_head_takes_it_back(body, as_who):
    head = as_who(body.secretary)
    propose(head, body)
    where = f"/plans/2024/proposals/{Proposal.objects.get().pk}/"
    page = head.post(f"{where}withdraw/", {"version": "1"}, follow=True).content.decode()
    assert "The proposal is taken back" in page
    assert Proposal.objects.get().state == "withdrawn"


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(number, body, as_who, django_assert_num_queries):
    for place in range(number):
        propose(as_who(body.secretary), body, title=f"Item {place}")
    planner = as_who(body.planner)
    with django_assert_num_queries(18):
        planner.get("/plans/2024/proposals/")
