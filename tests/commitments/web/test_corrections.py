"""What follows a verdict, on pages and for programs: asked for, written, missing, carried over."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.enums import PeriodState, VerdictValue
from commitments.models import BacklogCase, Carryover, CorrectiveAction
from tests.api.described import judged
from tests.commitments.web.test_board import FIELDS, conclude, plan_of, read, targets_of
from tests.factories.body import make_body
from tests.factories.readers import machine
from units.enums import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
SETTLEMENT = "/plans/2023-b/settlement/"
SAID = {
    "cause": "funding",
    "reason": "Vốn về chậm.",
    "remedy": "Bố trí vốn.",
    "due_on": "2024-03-31",
    "version": "0",
}


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def made(body):
    """Three targets of the commune in 2023: met, unmet, and of which nobody can say."""
    found = targets_of(plan_of(body.committee), body.commune, FIELDS[:3])
    for target, verdict in zip(found, VerdictValue, strict=True):
        conclude([target], body.assigner, verdict)
    return found


def test_the_head_finds_what_is_missing_and_writes_it(body, made, client_of):
    client, unmet = client_of(body.secretary), made[1]
    text = read(client, SETTLEMENT)
    assert "2 corrective actions are missing" in text
    assert "Carry it over" not in text  # that is for planners
    address = f"/targets/{unmet.ref}/correction/"
    assert "Verdict of Year 2023: Unmet" in read(client, address)

    answer = client.post(address, SAID | {"office": "", "reason": "Vì vốn về chậm."})
    assert answer.status_code == 422
    assert "Vì vốn về chậm." in answer.content.decode()  # nothing typed is lost
    late = SAID | {"office": body.first.pk, "due_on": "2024-01-01"}
    assert "what is past cannot be promised" in client.post(address, late).content.decode()
    answer = client.post(address, SAID | {"office": body.first.pk}, follow=True)
    assert "is written" in answer.content.decode()

    page = read(client, f"/targets/{unmet.ref}/")
    for words in ("After the verdict", "Funding", "Bố trí vốn.", "by 31/03/2024", "Secretary"):
        assert words in page
    assert "1 corrective action is missing" in read(client, SETTLEMENT)
    stale = client.post(address, SAID | {"office": body.first.pk, "remedy": "Vay vốn."})
    assert stale.status_code == 422
    assert "Vay vốn." in stale.content.decode()
    assert 'name="version" value="1"' in stale.content.decode()
    assert CorrectiveAction.objects.get().remedy == "Bố trí vốn."


def test_the_supervisor_sees_how_many_are_missing_and_which(body, made, client_of):
    client = client_of(body.supervisor)
    text = read(client, "/queue/?bucket=uncorrected")
    assert "Corrective action missing 2" in text
    assert made[1].code in text
    assert made[0].code not in text
    assert client.get(f"/targets/{made[1].ref}/correction/").status_code == 404


def test_a_planner_carries_an_unmet_target_over_both_ways(body, made, client_of):
    client, unmet = client_of(body.planner), made[1]
    address = f"/targets/{unmet.ref}/carry/"
    page = read(client, address)
    assert "its age counts from 31/12/2023" in page
    assert "In Year 2024." in page
    assert client.post(address, {}).status_code == 422  # it says no way
    answer = client.post(address, {"next_target": "new", "code": "X.9", "group": ""})
    assert answer.status_code == 422
    assert 'value="X.9"' in answer.content.decode()
    group = body.plan.groups.get()
    answer = client.post(
        address, {"as_case": "on", "next_target": "new", "code": "X.9", "group": group.pk}
    )
    row = Carryover.objects.get()
    assert answer["Location"] == f"/targets/{row.next_target.ref}/"
    text = read(client, answer["Location"])
    assert f"Carried over from {unmet.code} of Year 2023; first due on 31/12/2023." in text
    assert f"backlog case {row.case.number}" in read(client, SETTLEMENT)
    assert "goes on as X.9 of Year 2024" in read(client, f"/cases/{row.case.ref}/")
    assert "carried over in every way" in read(client, address)
    assert client.post(address, {"as_case": "on"}).status_code == 422
    assert BacklogCase.objects.count() == 1
    met = read(client, f"/targets/{made[0].ref}/carry/")
    assert "nothing to carry over" in met


def test_programs_read_the_settlement_and_what_follows(body, made, client_of):
    writer = client_of(body.secretary)
    writer.post(f"/targets/{made[1].ref}/correction/", SAID | {"office": body.first.pk})
    client_of(body.planner).post(f"/targets/{made[1].ref}/carry/", {"as_case": "on"})
    client, path = machine(body.committee, Scope.PLANS_READ), "/api/v1/plans/2023-b/settlement/"
    found = judged(client.get(path), "/api/v1/plans/{ref}/settlement/")
    assert (found["plan"], found["state"], found["corrections_missing"]) == (
        "2023-b",
        "closing",
        1,
    )
    first, second, third = found["items"]
    assert (first["verdict"], first["correction"], first["correction_missing"]) == (
        "met",
        None,
        False,
    )
    assert second["correction"]["remedy"] == "Bố trí vốn."
    assert second["correction"]["office"] == body.first.ref
    assert second["carried_over"] == {
        "first_due_on": "2023-12-31",
        "case": BacklogCase.objects.get().ref,
        "next_target": None,
    }
    assert third["correction_missing"] is True
    assert client.get(path, {"x": 1}).status_code == 400


def test_lists_cost_the_same_for_one_and_three(body, client_of):
    plan = plan_of(body.committee)
    client, program = client_of(body.planner), machine(body.committee, Scope.PLANS_READ)
    group = body.plan.groups.get()
    addresses = [
        (client, SETTLEMENT),
        (client_of(body.supervisor), "/queue/?bucket=uncorrected"),
        (program, "/api/v1/plans/2023-b/settlement/"),
    ]
    costs = []
    for added in (1, 2):
        for target in targets_of(plan, body.commune, FIELDS[: 2 * added]):
            conclude([target], body.assigner, VerdictValue.UNMET)
            if target.pk % 2:  # every other one is answered and goes on
                client.post(f"/targets/{target.ref}/correction/", SAID | {"office": body.first.pk})
                more = {"next_target": "new", "code": f"X.{target.pk}", "group": group.pk}
                client.post(f"/targets/{target.ref}/carry/", {"as_case": "on"} | more)
        row = []
        for who, address in addresses:
            who.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert who.get(address).status_code == 200
            row.append(len(queries))
        costs.append(row)
    assert costs[0] == costs[1]
    assert Carryover.objects.exclude(next_target=None).count() == 3


def test_nothing_is_asked_while_the_year_runs(body, made, client_of):
    made[0].period.state = PeriodState.OPEN
    made[0].period.save()
    assert "missing" not in read(client_of(body.secretary), SETTLEMENT)
