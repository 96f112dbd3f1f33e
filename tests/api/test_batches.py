"""Many targets in one request: each as by its own address, together or each for itself."""

import json

import pytest
from django.db import DatabaseError

from commitments.api.targets import TargetCollection
from commitments.models import Target
from tests.api.described import is_problem, judged
from tests.api.things import new_target, planned
from tests.api.writes import TARGETS, entries, new_key
from tests.factories.body import make_body
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory
from units.enums import Scope
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
BATCH = f"{TARGETS}batch/"


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def client(body):
    return machine(body.committee)


def send(client, items, *, key=None, **more):
    answer = client.post(
        BATCH,
        {"items": items} | more,
        content_type="application/json",
        headers={"Idempotency-Key": key or new_key()},
    )
    judged(answer, BATCH, "post")
    return answer


def new(body, code: str, **changes):
    return {"act": "create", "body": new_target(body) | {"code": code} | changes}


def existing(client, act: str, ref: str, *, tag: str | None = None, **body):
    """Return an item about the target `ref`, as it has just been read."""
    tag = tag or client.get(f"{TARGETS}{ref}/")["ETag"]
    return {"act": act, "ref": ref, "if_match": tag, "body": body}


def told(answer) -> list[tuple[int, str]]:
    """Return (status, code of the problem) of each item, and check that each place is right."""
    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert [row["index"] for row in results] == list(range(len(results)))
    return [(row["status"], (row["problem"] or {"code": ""})["code"]) for row in results]


@pytest.mark.parametrize("atomic", [True, False])
def test_every_act_of_a_target_in_one_request(body, client, atomic):
    first, second = planned(body, "N01.8"), planned(body, "N01.7")
    assigned, fourth = body.targets[0], body.targets[1]
    before = len(entries())
    answer = send(
        client,
        [
            new(body, "N01.9"),
            existing(client, "change", first.ref, clause="2.1"),
            existing(client, "assign", second.ref),
            existing(
                client,
                "revise",
                assigned.ref,
                revision={"value": "19"},
                reason="Fewer houses.",
                mandate="m-1",
            ),
            existing(client, "withdraw", fourth.ref, reason="The programme has ended."),
        ],
        atomic=atomic,
    )
    assert told(answer) == [(201, ""), (200, ""), (200, ""), (200, ""), (200, "")]
    assert entries()[before:] == [
        "target.create",
        "target.edit",
        "target.assign",
        "target.revise",
        "target.withdraw",
    ]
    for row in answer.json()["results"]:
        assert client.get(f"{TARGETS}{row['ref']}/")["ETag"] == row["etag"]


def wrong_and_right(body, client):
    """Return items of which the second, third and fifth are refused, each at another door."""
    target = planned(body, "N01.8")
    return [
        new(body, "N01.9"),
        new(body, "N01.7", unit="nowhere"),
        existing(client, "change", target.ref, tag='"another-tag-1"', clause="1"),
        existing(client, "change", target.ref, clause="2.1"),
        existing(client, "assign", body.targets[0].ref),
    ]


def test_each_for_itself_leaves_what_was_right(body, client):
    items = wrong_and_right(body, client)
    before = len(entries())
    answer = send(client, items)
    assert told(answer) == [
        (201, ""),
        (422, "reference-unknown"),
        (412, "object-changed"),
        (200, ""),
        (409, "assign-not-from-assigned"),
    ]
    refused = [row for row in answer.json()["results"] if row["problem"]]
    assert {row["etag"] for row in refused} == {None}
    assert refused[1]["problem"]["etag"] == items[3]["if_match"]
    assert entries()[before:] == ["target.create", "target.edit"]
    assert not Target.objects.filter(code="N01.7").exists()


def test_all_or_none_names_every_item_that_is_wrong(body, client):
    items = wrong_and_right(body, client)
    before = entries()
    found = is_problem(send(client, items, atomic=True), 422, "batch-refused")
    assert [(error["pointer"], error["code"]) for error in found["errors"]] == [
        ("/items/1/body/unit", "reference-unknown"),
        ("/items/2", "object-changed"),
        ("/items/4", "assign-not-from-assigned"),
    ]
    assert "3" in found["detail"]
    assert "5" in found["detail"]
    assert entries() == before
    assert not Target.objects.filter(code="N01.9").exists()


@pytest.mark.parametrize("atomic", [True, False])
def test_enough_errors_end_it(body, client, atomic):
    wrong = new(body, "N01.1")
    items = [wrong, new(body, "N01.9"), wrong, wrong, new(body, "N01.8")]
    answer = send(client, items, stop_after_errors=2, atomic=atomic)
    if atomic:
        errors = is_problem(answer, 422, "batch-refused")["errors"]
        assert [error["pointer"] for error in errors] == ["/items/0", "/items/2"]
    else:
        assert told(answer) == [(422, "rule-broken"), (201, ""), (422, "rule-broken")]
    assert Target.objects.filter(code__in=["N01.8", "N01.9"]).count() == (0 if atomic else 1)


def test_one_object_twice_needs_the_tag_that_the_first_leaves(body, client):
    target = planned(body)
    items = [existing(client, "change", target.ref, clause=clause) for clause in ("1", "2")]
    assert told(send(client, items)) == [(200, ""), (412, "object-changed")]


def test_what_is_not_seen_is_absent_here_too(body):
    target = planned(body)
    items = [
        {"act": "assign", "ref": ref, "if_match": '"x"', "body": {}} for ref in (target.ref, "x")
    ]
    answer = send(machine(OrgUnitFactory()), items)
    problems = [row["problem"] for row in answer.json()["results"]]
    assert told(answer) == [(404, "not-found"), (404, "not-found")]
    assert problems[0] == problems[1]


@pytest.mark.parametrize("atomic", [True, False])
def test_attempts_without_a_right_are_noted(body, atomic):
    """A planner does not withdraw; that somebody tried stays, also where nothing was done."""
    planner = person(body.planner)
    reason = {"reason": "The programme has ended."}
    items = [existing(planner, "withdraw", body.targets[0].ref, **reason), new(body, "N01.9")]
    before = len(entries())
    answer = send(planner, items, atomic=atomic)
    if atomic:
        is_problem(answer, 422, "batch-refused")
    else:
        assert told(answer) == [(403, "not-allowed"), (201, "")]
    assert entries()[before:] == ["audit.denied", *([] if atomic else ["target.create"])]
    assert RegisterEntry.objects.filter(kind="audit.denied").get().actor == body.planner


def test_a_scope_is_asked_for_all_of_it(body):
    reader = machine(body.committee, Scope.PLANS_READ)
    is_problem(send(reader, [new(body, "N01.9")]), 403, "scope-missing")


@pytest.mark.parametrize("atomic", [True, False])
def test_it_is_sent_again_like_any_other_write(body, client, atomic):
    key, items = new_key(), wrong_and_right(body, client)
    first = send(client, items, key=key, atomic=atomic)
    after = entries()
    again = send(client, items, key=key, atomic=atomic)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert entries() == after


def test_a_fault_undoes_all_of_it(body, client, monkeypatch):
    client.raise_request_exception = False
    before = entries()

    def fail(*_args, **_kwargs):
        raise DatabaseError("no answer today")

    target = planned(body)
    items = [new(body, "N01.8"), existing(client, "change", target.ref, clause="1")]
    monkeypatch.setattr(TargetCollection, "changed", fail)
    is_problem(send(client, items), 500, "server-error")
    assert entries() == [*before, "target.create"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda item: item | {"act": "conclude"}, "/items/0/act"),
        (lambda item: item | {"act": "allocate"}, "/items/0/act"),
        (lambda item: item | {"act": "assign"}, "/items/0/ref"),
        (lambda item: item | {"ref": "2024-t1"}, "/items/0/ref"),
        (lambda item: item | {"body": []}, "/items/0/body"),
        (lambda item: item | {"if_match": "x" * 201}, "/items/0/if_match"),
    ],
)
def test_an_item_of_a_wrong_form_stops_all_of_it(body, client, change, pointer):
    items = [change(new(body, "N01.9")), new(body, "N01.8")]
    found = is_problem(send(client, items), 400, "invalid")
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    assert not Target.objects.filter(code="N01.8").exists()


def test_unknown_fields_are_refused_at_every_depth(body, client):
    is_problem(send(client, [new(body, "N01.9")], dry=True), 400, "unknown-field")
    is_problem(send(client, [new(body, "N01.9") | {"x": 1}]), 400, "unknown-field")
    assert told(send(client, [new(body, "N01.9", x=1)])) == [(400, "unknown-field")]


def test_a_batch_has_1_to_200_items(body, client):
    item = {"act": "assign", "ref": "absent", "if_match": '"x"'}
    assert told(send(client, [item] * 200, stop_after_errors=1)) == [(404, "not-found")]
    for items in ([], [item] * 201):
        found = is_problem(send(client, items), 400, "invalid")
        assert [error["pointer"] for error in found["errors"]] == ["/items"]


def test_a_batch_is_at_most_1_mib(body, client):
    text = json.dumps({"items": [new(body, "N01.9", name_vi="x" * 1024 * 1024)]})
    answer = client.post(
        BATCH, text, content_type="application/json", headers={"Idempotency-Key": new_key()}
    )
    is_problem(answer, 413, "too-large")


@pytest.mark.parametrize("count", [1, 3])
def test_an_item_costs_a_bounded_number_of_questions(
    body, client, count, django_assert_max_num_queries
):
    """Savepoints among them; plan and unit are asked for once, and no object is written out."""
    items = [new(body, f"N01.{90 + n}") for n in range(count)]
    with django_assert_max_num_queries(16 + 58 * count):
        assert told(send(client, items)) == [(201, "")] * count


# --- upserts ------------------------------------------------------------------------------------------


def upsert(code: str, *, tag: str | None = None, **changes):
    """Return an item as a program sends it that knows a target by its own code alone."""

    def item(body):
        named = {} if tag is None else {"if_match": tag}
        return {"act": "upsert", "body": new_target(body) | {"code": code} | changes} | named

    return item


def test_an_upsert_draws_up_what_is_not_there_and_changes_what_is(body, client):
    first = send(client, [upsert(code)(body) for code in ("U.1", "U.2")]).json()["results"]
    assert [row["status"] for row in first] == [201, 201]
    told_again = send(
        client,
        [
            upsert("U.1", tag=first[0]["etag"], clause="2.2")(body),
            upsert("U.3")(body),
        ],
    )
    assert told(told_again) == [(200, ""), (201, "")]
    rows = told_again.json()["results"]
    assert rows[0]["ref"] == first[0]["ref"]
    assert Target.objects.get(code="U.1").clause == "2.2"
    assert Target.objects.filter(code__startswith="U.").count() == 3


def test_an_upsert_writes_over_nothing_that_its_sender_has_not_seen(body, client):
    old = send(client, [upsert("U.1")(body)]).json()["results"][0]["etag"]
    send(client, [upsert("U.1", tag=old, clause="2.2")(body)])
    answer = send(client, [upsert("U.1")(body), upsert("U.1", tag=old)(body)])
    assert told(answer) == [(428, "version-missing"), (412, "object-changed")]
    now = client.get(f"{TARGETS}{Target.objects.get(code='U.1').ref}/")["ETag"]
    assert [row["problem"]["etag"] for row in answer.json()["results"]] == [now, now]
    again = send(client, [upsert("U.1", tag=now, clause="2.3")(body)])
    assert told(again) == [(200, "")]


def test_an_upsert_that_has_seen_a_tag_makes_nothing_new(body, client):
    answer = send(client, [upsert("U.1", tag='"target-2024-u-1-1"')(body)])
    assert told(answer) == [(404, "not-found")]
    assert not Target.objects.filter(code="U.1").exists()


def test_an_upsert_does_not_find_what_its_sender_does_not_see(body, client):
    """A planned target is seen by the side that assigns it: for others it is not there."""
    send(client, [upsert("U.1")(body)])
    commune = machine(body.commune)
    answer = send(commune, [upsert("U.1")(body)])
    assert told(answer) == [(403, "create-target-not-allowed")]
    assert [(row["ref"], row["etag"]) for row in answer.json()["results"]] == [(None, None)]


def test_all_or_none_holds_for_upserts(body, client):
    items = [upsert("U.1")(body), upsert("N01.1")(body)]  # the second is assigned already
    answer = send(client, items, atomic=True)
    is_problem(answer, 422, "batch-refused")
    assert not Target.objects.filter(code="U.1").exists()


@pytest.mark.parametrize(
    "body_of_item", [{}, {"plan": 1, "code": ["x"]}, {"plan": "2024\0", "code": "U.1"}]
)
def test_an_upsert_without_its_names_is_refused_like_a_creation(client, body_of_item):
    answer = send(client, [{"act": "upsert", "body": body_of_item}])
    assert [row["status"] for row in answer.json()["results"]] == [400]
