"""The league table of units: one scope, honest places, the same numbers on page, in files, by REST."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from commitments.enums import PeriodState, TargetOrigin, TargetState
from commitments.models import Period
from tests.api.described import is_problem, judged
from tests.commitments.web.test_board import FIELDS, observe, plan_of, read, targets_of
from tests.factories.body import make_body, unit
from tests.factories.readers import machine
from units.enums import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
ADDRESS, PATH = "/board/league/?year=2023-b", "/api/v1/plans/2023-b/league/"


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def made(body):
    """First Commune 100 and 60, Other Commune 80 and 80, a third of which half is known; one target
    of the district is the whole of the first ones."""
    plan = plan_of(body.committee)
    third = unit("bx-third", "Third Commune", parent=body.committee)
    whole = targets_of(plan, body.committee, FIELDS[:1], value=30)[0]
    found = {}
    for of, values in ((body.commune, (12, 6)), (body.other, (8, 8)), (third, (9, None))):
        found[of.ref] = targets_of(plan, of, FIELDS[:2])
        for target, value in zip(found[of.ref], values, strict=True):
            if value is not None:
                observe(target, value, body.planner)
        found[of.ref][0].parent = whole
        found[of.ref][0].save()
    own = targets_of(plan, body.commune, FIELDS[:1], origin=TargetOrigin.OWN)
    observe(own[0], 1, body.planner)
    return found


def test_ties_share_the_last_place_and_too_little_known_has_none(body, made, client_of):
    text = read(client_of(body.assigner), ADDRESS)
    assert "Assigned by the superior" in text
    table = text[text.index("Why?") :]
    first, other, third = (
        table.index(name) for name in ("First Commune", "Other Commune", "Third Commune")
    )
    assert first < other < third
    assert "2 First Commune 80.0" in table  # 100 and 60; equal to the other, so both are second
    assert "2 Other Commune 80.0" in table
    assert "– Only 50 % is known; a place needs 80 %. Third Commune 90.0" in table
    assert "45 – 95" in table
    assert "1 of 2 0 met" in table
    assert "District Committee" not in table.split("compete")[0].split("Third Commune")[0]
    own = read(client_of(body.assigner), f"{ADDRESS}&scope=own")
    assert "1 First Commune 10.0" in own  # never added to what the superior assigned
    assert client_of(body.assigner).get(f"{ADDRESS}&scope=both").status_code == 404


def test_why_leads_to_the_target_and_what_it_rests_on(body, made, client_of):
    page = client_of(body.assigner).get(ADDRESS).content.decode()
    target = made[body.other.ref][0]
    assert f'href="/targets/{target.ref}/#why"' in page
    text = read(client_of(body.assigner), ADDRESS)
    assert "verdict: Unmet" in text
    assert "percent of plan: 80 %" in text


def test_whoever_sees_some_units_gets_scores_and_no_places(body, made, client_of):
    text = read(client_of(body.secretary), ADDRESS)
    assert "You see some of the units" in text
    assert "– Not every unit is seen here First Commune 80.0" in text
    assert "Other Commune" not in text


def test_files_and_programs_have_the_same_numbers(body, made, client_of):
    client = client_of(body.assigner)
    rows = client.get(f"{ADDRESS}&export=csv").getvalue().decode("utf-8-sig").splitlines()
    assert rows[1].startswith("2,First Commune,80.00,80.00,80.00,100.00,2,2,1")
    sheet = load_workbook(BytesIO(client.get(f"{ADDRESS}&export=xlsx").content)).active
    assert [cell.value for cell in sheet[sheet.max_row]][1] == "Third Commune"

    program = machine(body.committee, Scope.PLANS_READ)
    found = judged(program.get(PATH), "/api/v1/plans/{ref}/league/")
    assert (found["origin"], found["minimum_coverage"], found["rule_set"]) == (
        "superior",
        "80",
        None,
    )
    told = [(row["unit"], row["place"], row["no_place"], row["score"]) for row in found["places"]]
    assert told == [
        (body.commune.ref, 2, None, "80"),
        (body.other.ref, 2, None, "80"),
        ("bx-third", None, "coverage", "90"),
    ]
    assert found["places"][2]["lowest"] == "45"
    assert found["places"][0]["explanation"]["parts"][0]["parts"][0]["name"] == "verdict"
    own = judged(program.get(PATH, {"origin": "own"}), "/api/v1/plans/{ref}/league/")
    assert [row["score"] for row in own["places"]] == ["10"]
    is_problem(program.get(PATH, {"origin": "both"}), 400, "invalid-parameter")
    mine = machine(body.commune, Scope.PLANS_READ).get(PATH).json()
    assert [row["no_place"] for row in mine["places"]] == ["partial"]


def test_an_empty_table_teaches(body, client_of):
    plan = plan_of(body.committee)
    targets_of(plan, body.commune, FIELDS[:1])
    Period.objects.filter(pk=plan.pk).update(state=PeriodState.OPEN)
    plan.targets.update(state=TargetState.WITHDRAWN, end_reason="Thôi")
    assert "no units to compare" in read(client_of(body.assigner), ADDRESS)


def test_the_table_costs_the_same_for_one_and_three(body, client_of):
    plan, client, costs = plan_of(body.committee), client_of(body.assigner), []
    program = machine(body.committee, Scope.PLANS_READ)
    for names in (("a",), ("b", "c")):
        for name in names:
            of = unit(f"bx-{name}", f"Commune {name}", parent=body.committee)
            for target in targets_of(plan, of, FIELDS[: 1 + len(names)]):
                observe(target, 5, body.planner)
        row = []
        for who, address in ((client, ADDRESS), (program, PATH)):
            who.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert who.get(address).status_code == 200
            row.append(len(queries))
        costs.append(row)
    assert costs[0] == costs[1]
    assert costs[0][0] <= 16  # the board's and the name of who assigns
