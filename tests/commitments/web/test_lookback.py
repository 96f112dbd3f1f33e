"""The board of a past day, on its page, in its files and for programs."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import scoring
from commitments.enums import VerdictValue
from commitments.models import Observation
from tests.api.described import is_problem, judged
from tests.commitments.web.test_board import D2023, FIELDS, observe, plan_of, read, targets_of
from tests.factories.body import NOW, make_body
from tests.factories.readers import machine
from units.enums import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
ADDRESS, PATH = "/board/?year=2023-b", "/api/v1/plans/2023-b/board/"
EARLY = datetime(2024, 1, 15, 2, tzinfo=UTC)


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def made(body):
    """Two targets of 2023: stated as unmet on 15 January, today corrected to met; a figure of today."""
    found = targets_of(plan_of(body.committee), body.committee, FIELDS[:2])
    told = {"by": body.assigner, "source_ref": "Biên bản"}
    for target in found:
        scoring.assert_verdict(
            target_id=target.pk, verdict=VerdictValue.UNMET, as_of=D2023, at=EARLY, **told
        )
    scoring.correct_verdict(target_id=found[0].pk, verdict=VerdictValue.MET, at=NOW, **told)
    observe(found[1], 4, body.planner)
    return found


def test_the_board_looks_back_and_says_so(body, made, client_of):
    client = client_of(body.assigner)
    today = read(client, ADDRESS)
    assert "1/2 (50 %)" in today
    assert "You look back" not in today
    assert "31/12/2023" in today  # a month-end that is offered
    then = read(client, f"{ADDRESS}&as_of=2024-01-31")
    assert "what was known at the end of 31/01/2024" in then
    assert "0/2 (0 %)" in then
    assert "as of 31/01/2024" in then
    assert "4 things" in today
    assert "4 things" not in then
    before = read(client, f"{ADDRESS}&as_of=14/01/2024")
    assert "Undecided:" in before
    page = client.get(f"{ADDRESS}&as_of=2024-01-31").content.decode()
    assert "&amp;as_of=2024-01-31&amp;export=xlsx" in page
    answer = client.get(f"{ADDRESS}&as_of=2024-01-31&export=csv")
    assert 'filename="board-2023-b-2024-01-31.csv"' in answer["Content-Disposition"]
    assert answer.getvalue().decode("utf-8-sig").count("Unmet") == 2


@pytest.mark.parametrize("text", ["2024-02-03", "2022-12-31", "2024-02-31", "yesterday"])
def test_a_day_that_cannot_be_looked_back_to_is_told(body, made, client_of, text):
    said = read(client_of(body.assigner), f"{ADDRESS}&as_of={text}")
    assert "below is how it stands today" in said
    assert "1/2 (50 %)" in said
    program = machine(body.committee, Scope.PLANS_READ)
    is_problem(program.get(PATH, {"as_of": text}), 400, "invalid-parameter")


def test_programs_look_back_too(body, made):
    program = machine(body.committee, Scope.PLANS_READ)
    now = judged(program.get(PATH), "/api/v1/plans/{ref}/board/")
    then = judged(program.get(PATH, {"as_of": "2024-01-31"}), "/api/v1/plans/{ref}/board/")
    assert (now["as_of"], then["as_of"]) == (None, "2024-01-31")
    assert [board["scopes"][0]["count"]["met"] for board in (now, then)] == [1, 0]
    assert now["etag"] != then["etag"]
    assert judged(program.get(PATH, {"as_of": "2024-02-02"}), "/api/v1/plans/{ref}/board/") == now


def test_the_board_of_a_past_day_costs_the_same_for_one_and_three(body, client_of):
    plan, client, costs = plan_of(body.committee), client_of(body.assigner), []
    for added in (1, 2):
        for target in targets_of(plan, body.committee, FIELDS[:added]):
            observe(target, 5, body.planner)
        Observation.objects.update(recorded_at=EARLY)
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            read(client, f"{ADDRESS}&as_of=2024-01-31")
        costs.append(len(queries))
    assert costs[0] == costs[1]
