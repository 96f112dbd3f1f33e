"""Backlog cases by REST: read by whose units hold or assign them; registered and made clear by programs,
everything else by people."""

import json
from datetime import date

import pytest
from django.db import transaction

from commitments.actions import backlog, proposed, resolutions, suspensions
from commitments.api.backlog import PEOPLES
from commitments.enums.backlog import CaseState
from commitments.models import BacklogCase, Explanation
from tests.api.acts_in_order import make_year
from tests.api.described import is_problem, judged
from tests.api.things import registered
from tests.api.writes import CASES, new_key
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW, make_body
from tests.factories.mirror import Mirror
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory, RoleGrantFactory, UserFactory
from units import clock
from units.enums import Scope
from units.errors import NotAllowed
from units.models import ApiClient, RegisterEntry

NEXT = clock.local_date(clock.real_now()).year + 1  # a case is put off to its end at most
pytestmark = pytest.mark.django_db
STATES = ["registered", "assigned", "suspended", "resolved", "closed", "cancelled"]


def ask_explanation(case) -> Explanation:
    with transaction.atomic():
        backlog.start_clock(case, at=NOW)
    clock = case.clocks.get()
    return clock.explanations.create(generation=1, level=2, asked_at=NOW, due_on=date(2024, 2, 7))


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


def test_the_age_of_today_is_a_filter_and_ends_with_the_case():
    old = BacklogCaseFactory(original_due_on=date(2020, 1, 1))
    ended = BacklogCaseFactory(closed=True, assigner_unit=old.assigner_unit)
    client = machine(old.assigner_unit)
    assert listed(client, age="older") == [old.ref]
    assert listed(client, age="30") == [ended.ref]
    assert listed(client, age="180") == []
    is_problem(client.get(CASES, {"age": "31"}), 400, "invalid-parameter")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    district = OrgUnitFactory(district=True)
    for _each in range(count):
        ask_explanation(BacklogCaseFactory(assigned=True, assigner_unit=district))
    client = machine(district)
    # token; lines of units; cases; then of all: extensions, proposals, files, clocks, explanations
    with django_assert_num_queries(8):
        rows = client.get(CASES).json()["results"]
    assert [len(row["explanations"]) for row in rows] == [1] * count


def test_what_is_explained_stands_in_the_body_and_in_its_tag():
    case = BacklogCaseFactory(assigned=True)
    client, address = machine(case.unit), f"{CASES}{case.ref}/"
    before = client.get(address)
    asked = ask_explanation(case)
    holder = case.office.appointments.get().person
    tags = [before["ETag"]]
    for change in (
        {},
        {"text": "Mưa lũ", "given_by": holder, "given_at": NOW},
        {"accepted": True, "decided_by": UserFactory(), "decided_at": NOW},
    ):
        Explanation.objects.filter(pk=asked.pk).update(**change) if change else None
        answer = client.get(address, headers={"If-None-Match": tags[-1]})
        judged(answer, f"{CASES}{{ref}}/")
        assert answer.status_code == 200
        tags.append(answer["ETag"])
    assert len(set(tags)) == 4
    [said] = answer.json()["explanations"]
    assert (said["text"], said["given_by"], said["accepted"]) == ("Mưa lũ", holder.full_name, True)
    assert before.json()["explanations"] == []


def test_the_feed_tells_of_explanations_and_names_though_no_act_was_on_the_case():
    year = make_year()
    for name in ("register a case", "edit a case", "assign a case"):
        assert year.do(name), name
    mirror = Mirror(machine(year.body.commune), types=["case"])
    for name in ("let ladders climb", "explain", "judge the explanation", "rename a head"):
        assert year.do(name), name
        mirror.poll()
        assert mirror.copy == mirror.view(), name
    [case] = mirror.copy["case"].values()
    assert case["explanations"][-1]["given_by"] == f"Người Thứ {year.n}"


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


# --- making clear -----------------------------------------------------------------------------------


def patch(client, ref, data):
    address = f"{CASES}{ref}/"
    tag = {"If-Match": client.get(address)["ETag"]}
    answer = client.patch(address, data, content_type="application/json", headers=tag)
    return judged(answer, f"{CASES}{{ref}}/", "patch"), answer


def test_what_is_left_out_stays_and_what_is_empty_is_taken_back():
    body = make_body()
    ref, client = registered(body), machine(body.committee)
    said, _answer = patch(client, ref, {"office": body.first.ref, "task": "Trả hồ sơ"})
    assert (said["office"], said["task"]) == (body.first.ref, "Trả hồ sơ")
    said, _answer = patch(client, ref, {"product": "Quyết định"})
    assert (said["office"], said["task"]) == (body.first.ref, "Trả hồ sơ")
    assert said["unclear"] == ["responsibility", "authority"]
    entry = RegisterEntry.objects.filter(kind="case.edit").order_by("-pk")[0]
    assert json.loads(entry.text)["data"]["fields"] == ["product"]
    said, _answer = patch(client, ref, {"office": None, "task": ""})
    assert said["unclear"] == ["office", "task", "responsibility", "authority"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"original_due_on": "2024-02-01"}, 400, "unknown-field"),
        ({"office": "bx-hu-committee-secretary"}, 422, "office-elsewhere"),
        ({"competence": "mine"}, 400, "invalid"),
        ({"title": " "}, 400, "invalid"),
    ],
)
def test_a_wrong_change_changes_nothing(changes, status, code):
    body = make_body()
    ref = registered(body)
    said, answer = patch(machine(body.committee), ref, changes)
    assert (answer.status_code, said["code"]) == (status, code)
    assert BacklogCase.objects.get().etag_version == 1


def test_an_assigned_case_is_not_made_clear_any_more():
    case = BacklogCaseFactory(assigned=True)
    said, answer = patch(machine(case.assigner_unit), case.ref, {"task": "Khác"})
    assert (answer.status_code, said["code"]) == (409, "edit-not-from-assigned")
    assert "resolve" in said["allowed"]


# --- acts of people ---------------------------------------------------------------------------------


def do(client, ref, act, data=None):
    address = f"{CASES}{ref}/"
    tag = person_tag(client, address)
    headers = {"If-Match": tag, "Idempotency-Key": new_key()}
    answer = client.post(
        f"{address}{act}/", data or {}, content_type="application/json", headers=headers
    )
    judged(answer, f"{CASES}{{ref}}/{act}/", "post")
    return answer


def person_tag(client, address) -> str:
    return client.get(address).headers.get("ETag", "")


def test_no_token_does_an_act_of_people():
    body = make_body()
    ref, client = registered(body), machine(body.committee)
    for act in PEOPLES:
        is_problem(do(client, ref, act), 403, "human-only")
    kinds = RegisterEntry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["case.register", *["audit.denied"] * len(PEOPLES)]


def test_no_scope_makes_a_supervisor_a_leader_or_a_verifier():
    """The acts of people, asked of the actions themselves: no door could be left open."""
    body = make_body()
    registered(body)
    machine(body.committee)
    by, case = ApiClient.objects.get().user, BacklogCase.objects.get()
    given = {"case_id": case.pk, "by": by, "expected": 1, "at": NOW}
    proposal = {"act": "extend", "reason": "Chờ", "new_due_on": date(NEXT, 3, 31)}
    for act in (
        lambda: backlog.assign(**given),
        lambda: suspensions.suspend(**given, reason="Chờ"),
        lambda: suspensions.resume(**given, new_due_on=date(NEXT, 3, 31)),
        lambda: backlog.cancel(**given, reason="Hai lần"),
        lambda: proposed.propose(**given, **proposal),
        lambda: resolutions.resolve(**given, outcome="Xong"),
        lambda: resolutions.accept(**given),
        lambda: resolutions.reject(**given, reason="Thiếu"),
    ):
        with pytest.raises(NotAllowed):
            act()
    case.proposals.create(**proposal, proposed_by=body.supervisor, proposed_at=NOW)
    with pytest.raises(NotAllowed):
        proposed.decide(**given, granted=True)


CLEAR = {"task": "a", "responsibility": "b", "product": "c", "authority": "d", "competence": "own"}
LIFE = [  # (who, act, sent, state after it)
    ("supervisor", "assign", {}, "assigned"),
    ("supervisor", "extend", {"new_due_on": f"{NEXT}-03-31", "reason": "Chờ"}, "assigned"),
    ("assigner", "decide", {"granted": False, "answer": "Không"}, "assigned"),
    ("supervisor", "extend", {"new_due_on": f"{NEXT}-03-31", "reason": "Chờ giá đất"}, "assigned"),
    ("assigner", "decide", {"granted": True}, "assigned"),
    ("leader", "suspend", {"reason": "Chờ tỉnh"}, "suspended"),
    ("leader", "resume", {"new_due_on": f"{NEXT}-06-30"}, "assigned"),
    ("secretary", "resolve", {"outcome": "Đã trả", "reference": "12"}, "resolved"),
    ("chair", "reject", {"reason": "Thiếu"}, "assigned"),
    ("secretary", "resolve", {"outcome": "Đã trả", "reference": "12"}, "resolved"),
    ("chair", "accept", {}, "closed"),
    ("supervisor", "reopen", {"reason": "Sai"}, "closed"),
    ("leader", "decide", {"granted": True}, "assigned"),
    ("leader", "cancel", {"reason": "Ghi hai lần"}, "cancelled"),
]


def test_people_lead_a_case_through_its_life_and_nobody_else_does():
    body = make_body()
    body.chair.appointments.all().delete()  # so that the chair is of no unit
    RoleGrantFactory(person=body.chair, role="verifier", unit=body.committee)
    ref = registered(body)
    patch(machine(body.committee), ref, CLEAR | {"office": body.first.ref})
    stranger = person(body.planner)
    for who, act, data, state in LIFE:
        is_problem(do(stranger, ref, act, data), 403, "not-allowed")
        answer = do(person(getattr(body, who)), ref, act, data)
        assert (answer.status_code, answer.json().get("state")) == (200, state), answer.content
        assert answer["ETag"] == answer.json()["etag"]
    [extension] = answer.json()["extensions"]
    assert (extension["granted_by"], extension["new_due_on"]) == ("Assigner", f"{NEXT}-03-31")
    assert answer.json()["original_due_on"] == "2024-01-10"
    kinds = RegisterEntry.objects.filter(kind__startswith="case.", actor__kind="human")
    assert kinds.count() == 1 + len(LIFE)  # a person had registered it


def test_an_open_proposal_is_shown():
    body = make_body()
    case = BacklogCaseFactory(
        assigned=True, unit=body.commune, assigner_unit=body.committee, office=body.first
    )
    sent = {"new_due_on": f"{NEXT}-03-31", "reason": "Chờ"}
    shown = do(person(body.supervisor), case.ref, "extend", sent).json()["proposal"]
    assert (shown["act"], shown["new_due_on"], shown["proposed_by"]) == (
        "extend",
        f"{NEXT}-03-31",
        "Supervisor",
    )
    own = do(person(body.supervisor), case.ref, "decide", {"granted": True})
    is_problem(own, 403, "not-allowed")


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_who_was_asked_explains_and_a_supervisor_judges():
    body = make_body()
    case = BacklogCaseFactory(
        assigned=True, unit=body.commune, assigner_unit=body.committee, office=body.first
    )
    ask_explanation(case)
    head, supervisor = person(body.secretary), person(body.supervisor)
    given = {"level": 2, "text": "Mưa lũ"}
    is_problem(do(supervisor, case.ref, "explain", given), 403, "not-allowed")
    early = do(head, case.ref, "explain", given | {"level": 1})
    assert refused(early) == (422, "explanation-not-asked")
    yes, no = {"level": 2, "accepted": True}, {"level": 2, "accepted": False}
    assert refused(do(supervisor, case.ref, "judge", yes)) == (409, "not-explained")

    [said] = do(head, case.ref, "explain", given).json()["explanations"]
    assert (said["text"], said["given_by"], said["accepted"]) == ("Mưa lũ", "Secretary", None)
    assert refused(do(head, case.ref, "explain", given)) == (409, "explained-already")
    is_problem(do(head, case.ref, "judge", yes), 403, "not-allowed")
    assert refused(do(supervisor, case.ref, "judge", no)) == (422, "answer-missing")
    done = do(supervisor, case.ref, "judge", no | {"answer": "Nói rõ từng hộ"})
    [said] = done.json()["explanations"]
    assert (said["accepted"], said["decided_by"]) == (False, "Supervisor")
    assert done["ETag"] == done.json()["etag"]
    assert refused(do(supervisor, case.ref, "judge", yes)) == (409, "judged-already")
    kinds = RegisterEntry.objects.filter(kind__startswith="explanation.").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["explanation.give", "explanation.refuse"]


def test_an_unclear_case_is_not_assigned_and_says_what_is_missing():
    body = make_body()
    answer = do(person(body.supervisor), registered(body), "assign")
    assert (answer.status_code, answer.json()["code"]) == (422, "case-unclear")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {
        f"/{name}" for name in ("office", "task", "responsibility", "product", "authority")
    }
