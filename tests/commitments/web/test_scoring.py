"""The settlement of a plan on its page: computed as a whole, stated one by one, corrected."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.enums import PeriodState
from commitments.models import Verdict
from tests.commitments.web.test_board import FIELDS, observe, plan_of, read, targets_of
from tests.factories.body import make_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
ADDRESS = "/plans/2023-b/settlement/"


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def made(body):
    """Three targets of a plan that is closing: reached, missed, and of which nothing is known."""
    found = targets_of(plan_of(body.committee), body.committee, FIELDS[:3])
    observe(found[0], 10, body.planner)
    observe(found[1], 9, body.planner)
    return found


def test_all_verdicts_are_recorded_as_computed(body, made, client_of):
    client = client_of(body.assigner)
    assert "Record 3 verdicts as computed" in read(client, ADDRESS)
    answer = client.post(ADDRESS, follow=True)
    assert "3 verdicts recorded" in answer.content.decode()
    told = dict(Verdict.objects.values_list("target__ref", "verdict"))
    assert [told[target.ref] for target in made] == ["met", "unmet", "indeterminate"]
    assert "as computed" not in read(client, ADDRESS)


def test_what_a_source_says_stands_before_what_is_computed(body, made, client_of):
    client = client_of(body.assigner)
    address = f"/targets/{made[2].ref}/verdict/"
    assert client.post(address, {"verdict": "met"}).status_code == 422
    answer = client.post(address, {"verdict": "met", "source_ref": "Biên bản"}, follow=True)
    assert "is recorded" in answer.content.decode()
    client.post(ADDRESS)
    row = Verdict.objects.get(target=made[2])
    assert (row.verdict, row.basis) == ("met", "asserted")


def test_a_verdict_is_corrected_with_a_source(body, made, client_of):
    client = client_of(body.assigner)
    client.post(ADDRESS)
    address = f"/targets/{made[0].ref}/verdict/"
    assert "Correct the verdict" in read(client, address)
    client.post(address, {"verdict": "unmet", "source_ref": "Kiểm tra lại"})
    row = Verdict.objects.get(target=made[0])
    assert (row.verdict, row.source_ref) == ("unmet", "Kiểm tra lại")


def test_before_the_plan_is_closing_nothing_is_recorded_and_nothing_typed_is_lost(
    body, made, client_of
):
    made[0].period.state = PeriodState.OPEN
    made[0].period.save()
    client = client_of(body.assigner)
    assert "how it would be on this day" in read(client, ADDRESS)
    assert client.post(ADDRESS).status_code == 409
    answer = client.post(
        f"/targets/{made[0].ref}/verdict/", {"verdict": "met", "source_ref": "Biên bản số 7"}
    )
    assert answer.status_code == 422
    assert "Biên bản số 7" in answer.content.decode()
    assert not Verdict.objects.exists()


def test_the_page_costs_the_same_for_one_and_three(body, client_of):
    plan, client, costs = plan_of(body.committee), client_of(body.assigner), []
    for added in (1, 2):
        for target in targets_of(plan, body.committee, FIELDS[:added]):
            observe(target, 5, body.planner)
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            read(client, ADDRESS)
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"] for query in queries]
