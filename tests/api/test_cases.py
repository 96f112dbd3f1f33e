"""Backlog cases by REST: read by whose units hold or assign them; registered, and no more, by programs."""

import pytest

from commitments.enums.backlog import CaseState
from commitments.models import BacklogCase
from tests.api.described import is_problem, judged
from tests.api.writes import CASES, new_key
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import make_body
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory
from units.enums import Scope

pytestmark = pytest.mark.django_db
STATES = ["registered", "assigned", "suspended", "resolved", "closed", "cancelled"]


def listed(client, **query) -> list[str]:
    return [row["ref"] for row in judged(client.get(CASES, query), CASES)["results"]]


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_read_by_both_sides_and_by_nobody_else(state):
    case = BacklogCaseFactory(**({} if state == "registered" else {state: True}))
    address = f"{CASES}{case.ref}/"
    for side in (case.unit, case.assigner_unit):
        found = judged(machine(side).get(address), f"{CASES}{{ref}}/")
        assert (found["state"], found["number"]) == (state, case.number)
        assert found["original_due_on"] == "2024-04-26"
        assert listed(machine(side)) == [case.ref]
    stranger = machine(OrgUnitFactory())
    is_problem(stranger.get(address), 404, "not-found")
    assert listed(stranger) == []
    only_plans = machine(case.unit, Scope.PLANS_READ)
    is_problem(only_plans.get(address), 403, "scope-missing")


def test_filters_narrow_the_list():
    case = BacklogCaseFactory(assigned=True)
    other = BacklogCaseFactory(kind="clearance", assigner_unit=case.assigner_unit)
    client = machine(case.assigner_unit)
    assert listed(client, state=CaseState.ASSIGNED) == [case.ref]
    assert listed(client, kind="clearance") == [other.ref]
    assert listed(client, unit=other.unit.ref) == [other.ref]
    assert listed(client, assigner_unit=case.assigner_unit.ref) == [case.ref, other.ref]
    is_problem(client.get(CASES, {"bucket": "old"}), 400, "unknown-parameter")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    case = BacklogCaseFactory(closed=True)
    for _more in range(count - 1):
        BacklogCaseFactory(assigner_unit=case.assigner_unit)
    client = machine(case.assigner_unit)
    with django_assert_num_queries(4):  # token; lines of units; cases; extensions
        assert len(client.get(CASES).json()["results"]) == count


def sent(body, **changes) -> dict:
    return {
        "kind": "admin",
        "title": "Hồ sơ quá hạn",
        "unit": body.commune.ref,
        "plan": "2024",
        "original_due_on": "2024-01-10",
    } | changes


def register(client, data):
    key = {"Idempotency-Key": new_key()}
    return client.post(CASES, data, content_type="application/json", headers=key)


def test_a_supervisor_registers_by_rest_too_and_others_do_not():
    body = make_body()
    done = judged(register(person(body.supervisor), sent(body)), CASES, "post")
    assert BacklogCase.objects.get().ref == done["ref"]
    is_problem(register(person(body.planner), sent(body)), 403, "not-allowed")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"unit": "nowhere"}, 422, "reference-unknown"),
        ({"plan": "1999"}, 422, "reference-unknown"),
        ({"state": "closed"}, 400, "unknown-field"),
        ({"original_due_on": "tomorrow"}, 400, "invalid"),
        ({"title": ""}, 400, "invalid"),
        ({"office": "bx-other-nobody"}, 422, "reference-unknown"),
    ],
)
def test_a_wrong_case_is_not_registered(changes, status, code):
    body = make_body()
    is_problem(register(machine(body.committee), sent(body, **changes)), status, code)
    assert not BacklogCase.objects.exists()


def test_a_number_that_is_taken_is_told():
    body = make_body()
    client = machine(body.committee)
    assert register(client, sent(body, number="A-1")).status_code == 201
    again = register(client, sent(body, number="A-1"))
    assert (again.status_code, again.json()["code"]) == (409, "case-number-taken")


def test_a_program_registers_no_case_beyond_its_units():
    body = make_body()
    is_problem(
        register(machine(body.other), sent(body)), 422, "reference-unknown"
    )  # it does not see the commune
