"""What rules, states and people refuse to a program that has every scope."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest

from commitments import permissions
from commitments.actions import commitments, issuing, plans, targets
from commitments.enums import VersionState
from commitments.models import CommitmentVersion, Target
from tests.api.described import complaints, is_problem, schema_of
from tests.api.things import drafted, new_draft, new_target, planned
from tests.api.writes import WRITES
from tests.factories.body import NOW, make_body
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory
from units.actions import clients, organisation
from units.errors import NotAllowed
from units.models import ApiClient, RegisterEntry, User

pytestmark = pytest.mark.django_db
BY_NAME = {write.name: write for write in WRITES}


def do(name: str, client, ref: str = "", body=None):
    """Do the write `name` after a look at the object."""
    write = BY_NAME[name]
    tag = None if write.creates else write.tag(client, ref)
    return write.do(client, ref, body if body is not None else {}, tag)


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def client(body):
    return machine(body.committee)


# --- states -----------------------------------------------------------------------------------------


def test_an_assigned_target_is_not_edited_and_a_planned_one_not_revised(body, client):
    assigned, fresh = body.targets[0], planned(body)
    answer = do("change target", client, assigned.ref, {"clause": "1"})
    is_problem_of(answer, 409, "edit-not-from-assigned", "wrong-state")
    revision = {"revision": {"value": "3"}, "reason": "So."}
    answer = do("revise target", client, fresh.ref, revision)
    is_problem_of(answer, 409, "revise-not-from-planned", "wrong-state")
    answer = do("withdraw target", client, fresh.ref, {"reason": "So."})
    is_problem_of(answer, 409, "withdraw-not-from-planned", "wrong-state")
    answer = do("assign target", client, assigned.ref)
    is_problem_of(answer, 409, "assign-not-from-assigned", "wrong-state")


def is_problem_of(answer, status: int, code: str, page: str):
    """A code of one act has the page of its kind."""
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.content
    assert found["type"].endswith(f"/problems/{page}/")
    assert complaints(found, schema_of("/api/v1/targets/", 422, "post")) == []
    return found


def test_what_is_issued_is_neither_edited_nor_issued_again(body, client):
    ref = drafted(body)
    prepared = do("issue draft", client, ref)
    assert prepared.json()["state"] == "issued"
    found = is_problem_of(
        do("issue draft", client, ref), 409, "issue-not-from-issued", "wrong-state"
    )
    assert (found["move"], found["state"]) == ("issue", "issued")
    answer = do("change draft", client, ref, {"sign_by": "2100-03-01"})
    is_problem_of(answer, 409, "issue-not-from-issued", "wrong-state")
    answer = do("discard draft", client, ref)
    is_problem_of(answer, 409, "discard-not-from-issued", "wrong-state")


def test_a_second_draft_is_refused(body, client):
    assert do("draft commitment", client, body=new_draft(body)).status_code == 201
    answer = do("draft commitment", client, body=new_draft(body))
    is_problem_of(answer, 409, "version-open", "wrong-state")


# --- rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"unit": "nowhere"}, "reference-unknown", "/unit"),
        ({"plan": "1999"}, "reference-unknown", "/plan"),
        ({"group": "N99"}, "reference-unknown", "/group"),
        ({"indicator": {"code": "nothing"}}, "reference-unknown", "/indicator"),
        ({"indicator": {"code": "i-1", "version": 7}}, "reference-unknown", "/indicator"),
        ({"parent": "absent"}, "reference-unknown", "/parent"),
        ({"code": "N01.1"}, "rule-broken", ""),
    ],
)
def test_what_names_nothing_or_breaks_a_rule_is_422(body, client, changes, code, pointer):
    found = is_problem(do("create target", client, body=new_target(body) | changes), 422, code)
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    assert Target.objects.count() == 4


def test_a_roadmap_names_parts_of_the_plan(body, client):
    said = {"comparator": "ge", "value": "9", "roadmap": [{"period": "2024-q9", "value": "1"}]}
    answer = do("create target", client, body=new_target(body) | {"revision": said})
    found = is_problem(answer, 422, "reference-unknown")
    assert found["errors"][0]["pointer"] == "/revision/roadmap/0/period"


@pytest.mark.parametrize("value", [21, 21.5, True, "45,7", "NaN", "1" * 19, "0.1234567", "", "x\0"])
def test_a_quantity_is_text_that_fits(body, client, value):
    said = {"comparator": "ge", "value": value}
    answer = do("create target", client, body=new_target(body) | {"revision": said})
    is_problem(answer, 400, "invalid")


def test_a_quantity_keeps_every_digit(body, client):
    said = {"comparator": "ge", "value": "123456789.123456"}
    found = do("create target", client, body=new_target(body) | {"revision": said}).json()
    assert found["revisions"][0]["value"] == said["value"]


def test_a_reason_is_asked_for(body, client):
    answer = do("withdraw target", client, body.targets[0].ref, {"reason": " "})
    is_problem_of(answer, 422, "reason-missing", "rule-broken")


def test_a_change_leaves_alone_what_was_not_sent(body, client):
    target = planned(body, clause="4.2", is_new=True)
    found = do("change target", client, target.ref, {"revision": {"baseline": "3"}}).json()
    assert (found["clause"], found["is_new"], found["code"]) == ("4.2", True, "N01.9")
    said = found["revisions"][0]
    assert (said["comparator"], said["value"], said["baseline"]) == ("ge", "21", "3")


def test_a_split_is_shown_and_its_gap_stops_the_issue(body, client):
    whole = body.targets[0]
    parts = [
        {"unit": body.commune.ref, "value": "12"},
        {"unit": body.other.ref, "value": "8"},
    ]
    found = do("allocate target", client, whole.ref, {"parts": parts}).json()
    split = found["revisions"][0]["allocation"]
    assert split["parts"] == sorted(
        Target.objects.filter(parent=whole).values_list("ref", flat=True)
    )
    values = {part["unit"]: part["value"] for part in parts}
    for ref in split["parts"]:
        part = client.get(f"/api/v1/targets/{ref}/").json()
        assert part["revisions"][0]["value"] == values[part["unit"]]
    draft = new_draft(body) | {"items": [{"target": whole.ref}]}
    ref = do("draft commitment", client, body=draft).json()["ref"]
    found = is_problem_of(do("issue draft", client, ref), 422, "allocation-gap", "rule-broken")
    assert (found["target"], Decimal(found["gap"])) == (whole.ref, Decimal(1))


def test_a_unit_stands_once_in_a_split(body, client):
    parts = [{"unit": body.commune.ref, "value": "1"}] * 2
    found = is_problem(
        do("allocate target", client, body.targets[0].ref, {"parts": parts}), 400, "invalid"
    )
    assert [error["code"] for error in found["errors"]] == ["unit-twice"]


def test_an_office_of_another_unit_is_refused(body, client):
    sent = new_draft(body) | {"first_undertaker": body.assigning.ref, "second_undertaker": None}
    answer = do("draft commitment", client, body=sent)
    is_problem_of(answer, 422, "office-of-another-unit", "rule-broken")


def test_people_of_other_units_cannot_be_named(body):
    """An account of which the holder sees no office is like one that there is not."""
    sent = {"position": body.first.ref, "valid_from": "2024-02-01", "mode": "acting"}
    small = machine(body.commune)
    bodies = []
    for name in ("assigner", "nobody"):
        found = is_problem(
            do("appoint", small, body=sent | {"person": name, "acting_reason": "vacant"}),
            422,
            "reference-unknown",
        )
        bodies.append([error["pointer"] for error in found["errors"]])
    assert bodies == [["/person"], ["/person"]]
    done = do("appoint", small, body=sent | {"person": "chair", "acting_reason": "vacant"})
    assert done.status_code == 201, done.content


def test_a_held_office_is_not_given_away(body, client):
    sent = {"person": "planner", "position": body.first.ref, "valid_from": "2024-02-01"}
    is_problem_of(do("appoint", client, body=sent), 409, "office-held", "wrong-state")


def test_a_person_writes_with_the_own_role(body):
    answer = do("create target", person(body.planner), body=new_target(body))
    assert answer.status_code == 201, answer.content
    entry = RegisterEntry.objects.get(kind="target.create")
    assert entry.actor == body.planner
    assert '"method":"token"' not in entry.text


# --- acts of people ---------------------------------------------------------------------------------


def machine_user(body) -> User:
    """Return the user of a client of the committee with every scope there is."""
    machine(body.committee)
    return ApiClient.objects.get(owner_unit=body.committee).user


def test_no_scope_makes_a_planner_or_an_assigner(body):
    """The acts of people, asked of the actions themselves: no door could be left open."""
    by = machine_user(body)
    version = body.issued()
    plan, target = body.plan, body.targets[0]
    given = {"by": by, "at": NOW}
    stamp = version.etag_version
    acts = {
        "open": lambda: plans.open_period(period_id=plan.pk, expected=1, **given),
        "start closing": lambda: plans.start_closing(period_id=plan.pk, expected=1, **given),
        "close": lambda: plans.close(period_id=plan.pk, expected=1, **given),
        "conclude": lambda: targets.conclude_target(target_id=target.pk, expected=1, **given),
        "issue all": lambda: issuing.begin(period_id=plan.pk, **given),
        "answer": lambda: commitments.answer(
            version_id=version.pk, expected=stamp, answers={}, sign_by=date(2024, 3, 1), **given
        ),
        "amend": lambda: commitments.amend(
            version_id=version.pk,
            expected=stamp,
            reason="So.",
            sign_by=date(2024, 3, 1),
            **given,
        ),
        "settle": lambda: commitments.settle(version_id=version.pk, expected=stamp, **given),
        "new client": lambda: clients.create_client(
            ref="x",
            name="X",
            owner_unit_id=body.committee.pk,
            unit_scope_id=body.committee.pk,
            scopes=["org:read"],
            **given,
        ),
        "unit of its own": lambda: organisation.create_unit(
            kind="commune", name_vi="Xã Lạ", **given
        ),
    }
    done = []
    for name, act in acts.items():
        with suppress(NotAllowed):
            act()
            done.append(name)
    assert done == []
    version.refresh_from_db()
    assert version.state == VersionState.ISSUED
    assert not permissions.may_steer(by, version, at=NOW)
    assert not permissions.may_decide(by, version, at=NOW)
    assert not permissions.may_remind(by, version, at=NOW)


def test_each_scope_answers_its_own_question_alone(body):
    version = CommitmentVersion.objects.get(pk=body.draft().pk)
    client = ApiClient.objects.get(user=machine_user(body))
    asked = {
        "plans:write": lambda user, unit: permissions.may_plan(user, unit, at=NOW),
        "cases:write": lambda user, unit: permissions.may_register_case(user, unit, at=NOW),
        "commitments:write": lambda user, unit: permissions.may_draft(user, unit, at=NOW),
        "commitments:issue": lambda user, unit: permissions.may_issue(user, version, at=NOW),
    }
    for scope in asked:
        client.scopes = [scope]
        client.save()
        user = User.objects.get(pk=client.user_id)
        yes = {name for name, question in asked.items() if question(user, body.committee)}
        assert yes == {scope}
    client.disabled_at = NOW
    client.save()
    user = User.objects.get(pk=client.user_id)
    assert not permissions.may_issue(user, version, at=NOW)
    assert not permissions.may_plan(machine_user_of(OrgUnitFactory()), body.committee, at=NOW)


def machine_user_of(unit) -> User:
    machine(unit)
    return ApiClient.objects.get(owner_unit=unit).user


def test_a_part_that_comes_back_gets_a_code_of_its_own(body, client):
    """A dropped part leaves a hole in the numbers: the next one must not take a number in use."""
    whole = body.targets[0].ref
    splits = (
        {body.commune.ref: "12", body.other.ref: "9"},
        {body.other.ref: "21"},
        {body.other.ref: "9", body.commune.ref: "12"},
    )
    for split in splits:
        parts = [{"unit": unit, "value": value} for unit, value in split.items()]
        answer = do("allocate target", client, whole, {"parts": parts})
        assert answer.status_code == 200, answer.content
    assert Target.objects.filter(parent__ref=whole).count() == 2
