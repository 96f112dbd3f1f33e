"""The pages of issuing all: what would be issued, progress that survives a reload, stopping."""

import pytest

from commitments.actions import issuing
from commitments.enums import VersionState
from commitments.models import CommitmentVersion, IssueRun
from tests.commitments.actions.test_issuing import make_drafts
from tests.factories.body import NOW, make_body
from units import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(settings):
    return make_body()


@pytest.fixture
def planner(client, body):
    client.cookies["django_language"] = "en"
    client.force_login(body.planner)
    return client


def test_the_page_lists_what_would_be_issued_and_changes_nothing(planner, body):
    make_drafts(body, 2)
    page = planner.get("/plans/2024/issue/").content.decode()
    assert "2 drafts become documents" in page
    assert "Commune 1" in page
    assert not IssueRun.objects.exists()


def test_progress_survives_a_reload_and_ends(planner, body):
    make_drafts(body, 3)
    where = planner.post("/plans/2024/issue/")["Location"]
    assert planner.get("/plans/2024/issue/")["Location"] == where  # whoever comes back goes there
    run = IssueRun.objects.get()
    issuing.carry_on(at=clock.business_now(), limit=1)
    page = planner.get(where).content.decode()
    assert "1 of 3 done" in page
    assert "every 2s" in page
    while issuing.carry_on(at=clock.business_now()):
        pass
    part = planner.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "3 of 3 done" in part
    assert "<html" not in part
    assert "every 2s" not in part
    run.refresh_from_db()
    assert run.ended_at is not None


def test_a_refused_draft_is_named_with_its_reason(planner, body):
    make_drafts(body, 1)
    CommitmentVersion.objects.update(sign_by=clock.local_date(NOW))
    where = planner.post("/plans/2024/issue/")["Location"]
    issuing.carry_on(at=clock.business_now())
    assert "02/02/2024" in planner.get(where).content.decode()


def test_stopping_leaves_drafts(planner, body):
    make_drafts(body, 2)
    where = planner.post("/plans/2024/issue/")["Location"]
    page = planner.post(f"{where}stop/", follow=True).content.decode()
    assert "Stopped by Planner" in page
    assert set(CommitmentVersion.objects.values_list("state", flat=True)) == {VersionState.DRAFT}


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_cost_the_same_for_one_and_three(
    number, planner, body, django_assert_num_queries
):
    make_drafts(body, number)
    with django_assert_num_queries(20):
        planner.get("/plans/2024/issue/")


def test_others_do_not_find_it(client, body):
    make_drafts(body, 1)
    run = issuing.begin(period_id=body.plan.pk, by=body.planner, at=NOW)
    for who in (body.supervisor, body.secretary, body.assigner):
        client.force_login(who)
        assert client.get("/plans/2024/issue/").status_code == 404
        assert client.get(f"/plans/2024/issue/{run.pk}/").status_code == 404
        assert client.post(f"/plans/2024/issue/{run.pk}/stop/").status_code == 404


def test_an_empty_plan_teaches(planner, body):
    assert "There is no draft to issue" in planner.get("/plans/2024/issue/").content.decode()
