"""Board, league table, target and settlement of a past day: on pages, in files and for programs."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.actions import carryovers, corrections, scoring
from commitments.enums import VerdictValue
from commitments.models import CorrectiveAction, Observation
from tests.api.described import is_problem, judged
from tests.commitments.web.test_board import D2023, FIELDS, observe, plan_of, read, targets_of
from tests.factories.body import NOW, make_body
from tests.factories.readers import machine
from units.actions import register
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


def settle(body, made):
    """Write how the unmet one is put right on 20 January; correct it to met today."""
    return corrections.write(
        target_id=made[1].pk,
        cause="funding",
        reason="Vốn về chậm.",
        remedy="Bố trí vốn.",
        office_id=body.assigning.pk,
        due_on=date(2024, 3, 31),
        by=body.planner,
        expected=0,
        at=datetime(2024, 1, 20, 2, tzinfo=UTC),
    )


def test_the_league_table_looks_back_on_its_page_and_for_programs(body, made, client_of):
    client, address = client_of(body.assigner), "/board/league/?year=2023-b"
    assert "1 met" in read(client, address)
    then = read(client, f"{address}&as_of=2024-01-31")
    assert "what was known at the end of 31/01/2024" in then
    assert "0 met" in then
    page = client.get(f"{address}&as_of=2024-01-31").content.decode()
    assert "&amp;as_of=2024-01-31&amp;export=xlsx" in page
    answer = client.get(f"{address}&as_of=2024-01-31&export=csv")
    assert "-2024-01-31.csv" in answer["Content-Disposition"]
    assert "below is how it stands today" in read(client, f"{address}&as_of=2022-01-01")
    program = machine(body.committee, Scope.PLANS_READ)
    path = "/api/v1/plans/2023-b/league/"
    told = [
        judged(program.get(path, asked), "/api/v1/plans/{ref}/league/")
        for asked in ({}, {"as_of": "2024-01-31"})
    ]
    assert [one["as_of"] for one in told] == [None, "2024-01-31"]
    assert [one["places"][0]["met"] for one in told] == [1, 0]
    is_problem(program.get(path, {"as_of": "2022-12-31"}), 400, "invalid-parameter")


def test_a_target_looks_back_on_its_page_and_for_programs(body, made, client_of):
    client, address = client_of(body.assigner), f"/targets/{made[0].ref}/"
    assert "You look back" not in read(client, address)
    then = read(client, f"{address}?as_of=2024-01-31")
    assert "what was known at the end of 31/01/2024" in then
    assert "Unmet" in then
    assert "below is how it stands today" in read(client, f"{address}?as_of=yesterday")
    program = machine(body.committee, Scope.PLANS_READ)
    path = f"/api/v1/targets/{made[0].ref}/result/"
    told = [
        judged(program.get(path, asked), "/api/v1/targets/{ref}/result/")
        for asked in ({}, {"as_of": "2024-01-31"}, {"as_of": "2024-01-14"})
    ]
    assert [(one["verdict"], one["known_on"]) for one in told] == [
        ("met", None),
        ("unmet", "2024-01-31"),
        ("indeterminate", "2024-01-14"),
    ]
    is_problem(program.get(path, {"as_of": "2022-12-31"}), 400, "invalid-parameter")


def test_before_it_was_assigned_a_target_stood_nowhere(body, client_of):
    plan = plan_of(body.committee)
    (target,) = targets_of(plan, body.committee, FIELDS[:1])
    register.append(
        kind="target.assign",
        subject=f"target/{target.ref}",
        subject_version=1,
        reach={target.unit_id},
        by=body.planner,
        at=NOW,
        data={},
    )
    then = read(client_of(body.assigner), f"/targets/{target.ref}/?as_of=2024-01-31")
    assert "It was not assigned yet on that day." in then
    program = machine(body.committee, Scope.PLANS_READ)
    answer = program.get(f"/api/v1/targets/{target.ref}/result/", {"as_of": "2024-01-31"})
    is_problem(answer, 400, "invalid-parameter")


def test_the_settlement_looks_back_with_what_followed(body, made, client_of):
    settle(body, made)
    client, address = client_of(body.assigner), "/plans/2023-b/settlement/"
    corrections.write(
        target_id=made[1].pk,
        cause="land",
        reason="Chưa có mặt bằng.",
        remedy="Thu hồi đất.",
        office_id=body.assigning.pk,
        due_on=date(2024, 4, 30),
        by=body.planner,
        expected=1,
        at=NOW,
    )
    today = read(client, address)
    assert "Thu hồi đất." in today
    assert "Bố trí vốn." not in today
    then = read(client, f"{address}?as_of=2024-01-31")
    assert "Bố trí vốn." in then
    assert "by 31/03/2024" in then
    assert "Thu hồi đất." not in then
    assert "Write it" not in then  # what is past is read, and nothing is done about it there
    assert "State by a source" not in then
    assert "1 corrective action is missing" in then  # of what was unmet then, and is met today
    before = read(client, f"{address}?as_of=2024-01-16")
    assert "2 corrective actions are missing" in before
    assert "recorded" in before
    assert "computed, not recorded" in read(client, f"{address}?as_of=2024-01-14")

    program = machine(body.committee, Scope.PLANS_READ)
    path = "/api/v1/plans/2023-b/settlement/"
    told = [
        judged(program.get(path, asked), "/api/v1/plans/{ref}/settlement/")
        for asked in ({}, {"as_of": "2024-01-31"}, {"as_of": "2024-01-14"})
    ]
    assert [one["known_on"] for one in told] == [None, "2024-01-31", "2024-01-14"]
    assert [one["verdict"] for one in told[0]["items"]] == ["met", "unmet"]
    assert [one["verdict"] for one in told[1]["items"]] == ["unmet", "unmet"]
    assert told[1]["corrections_missing"] == 1
    assert [one["as_of"] for one in told[1]["items"]] == [D2023.isoformat()] * 2
    assert told[1]["items"][1]["correction"]["remedy"] == "Bố trí vốn."
    assert told[0]["items"][1]["correction"]["remedy"] == "Thu hồi đất."
    assert told[2]["items"] == []


def test_what_is_invented_is_looked_back_to_as_invented(body, made, client_of):
    settle(body, made)
    CorrectiveAction.objects.update(provenance="synthetic")
    address = "/plans/2023-b/settlement/"
    for query in ("", "?as_of=2024-01-31"):
        assert "Demonstration data" in read(client_of(body.assigner), address + query)
    program = machine(body.committee, Scope.PLANS_READ)
    then = program.get("/api/v1/plans/2023-b/settlement/", {"as_of": "2024-01-31"}).json()
    assert [one["correction"]["provenance"] for one in then["items"] if one["correction"]] == [
        "synthetic"
    ]


def test_what_followed_the_verdict_is_looked_back_to_on_the_page_of_a_target(body, made, client_of):
    settle(body, made)  # on 20 January
    client, address = client_of(body.planner), f"/targets/{made[1].ref}/"
    for query in ("", "?as_of=2024-01-31"):
        assert "Bố trí vốn." in read(client, address + query)
    before = read(client, f"{address}?as_of=2024-01-16")
    assert "Bố trí vốn." not in before
    assert "Corrective action missing" in before
    assert "Write it" not in before  # what is past is read, and nothing is done about it there


def test_a_carried_item_is_looked_back_to(body, made, client_of):
    carryovers.carry(target_id=made[1].pk, as_case=True, by=body.planner, at=NOW)
    client = client_of(body.assigner)
    assert "Carried over" in read(client, "/plans/2023-b/settlement/")
    assert "Carried over" not in read(client, "/plans/2023-b/settlement/?as_of=2024-01-31")


@pytest.mark.parametrize(
    "address",
    ["/board/league/?year=2023-b&as_of=2024-01-31", "/plans/2023-b/settlement/?as_of=2024-01-31"],
)
def test_other_pages_of_a_past_day_cost_the_same_for_one_and_three(body, client_of, address):
    plan, client, costs = plan_of(body.committee), client_of(body.assigner), []
    for added in (1, 2):
        for target in targets_of(plan, body.committee, FIELDS[:added]):
            scoring.assert_verdict(
                target_id=target.pk,
                verdict=VerdictValue.UNMET,
                as_of=D2023,
                source_ref="Biên bản",
                by=body.assigner,
                at=EARLY,
            )
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            read(client, address)
        costs.append(len(queries))
    assert costs[0] == costs[1]
