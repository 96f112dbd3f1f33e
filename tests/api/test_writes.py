"""What holds for every write: its scope, its reach, its form, its tag, its trace."""

import json

import pytest

from commitments.api.backlog import PEOPLES
from tests.api.described import document, is_problem
from tests.api.writes import CASES, OWN_ACTS, TARGETS, WRITES, entries, new_key, scene
from tests.factories.readers import machine, person
from tests.factories.units import OrgUnitFactory
from units.enums import Scope
from units.models import ApiClient, RegisterEntry

pytestmark = pytest.mark.django_db
each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
each_change = pytest.mark.parametrize(
    "write", [write for write in WRITES if not write.creates], ids=lambda write: write.name
)


@each_write
def test_a_machine_writes_and_the_register_says_so(write):
    body, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    before = len(entries())
    answer = write.do(client, ref, write.sends(body), tag)
    if write.entry:
        entry = RegisterEntry.objects.filter(kind=write.entry).order_by("-pk")[0]
        assert entry.actor.kind == "machine"
        assert json.loads(entry.text)["auth"] == {"door": "api", "method": "token"}
        assert write.entry in entries()[before:]
    else:
        assert entries()[before:] == []
    if write.ends:
        assert (answer.status_code, answer.content) == (204, b"")
        return
    assert answer.status_code == (201 if write.creates else 200), answer.content
    said = answer.json()
    assert answer["ETag"] == said["etag"] != tag
    assert client.get(said["links"]["self"]).json() == said
    if write.creates:
        assert answer["Location"] == said["links"]["self"]


@each_write
def test_each_write_needs_its_own_scope(write):
    body, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    others = [scope for scope in Scope if scope != write.scope]
    before = entries()
    found = is_problem(
        write.do(machine(write.owner(body), *others), ref, write.sends(body), tag),
        403,
        "scope-missing",
    )
    assert found["scope"] == write.scope.value
    assert entries() == [*before, "audit.denied"]
    operation = document()["paths"][write.pattern][write.method]
    assert {"token": [write.scope.value]} in operation["security"]
    assert f"`{write.scope.value}`" in operation["description"]


@each_write
def test_nobody_writes_beyond_the_own_reach(write):
    """What is not seen is absent; what is seen from below is not written from there."""
    body, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    before = entries()
    for unit in (OrgUnitFactory(), body.other):
        answer = write.do(machine(unit), ref, write.sends(body), tag)
        assert answer.status_code in ({403, 422} if write.creates else {403, 404})
    assert [kind for kind in entries()[len(before) :] if kind != "audit.denied"] == []


@each_change
def test_what_is_not_seen_is_absent(write):
    body, ref, client = scene(write)
    tag = write.tag(client, ref)
    bodies = []
    for name in (ref, "absent"):
        answer = write.do(machine(OrgUnitFactory()), name, write.sends(body), tag)
        bodies.append(is_problem(answer, 404, "not-found"))
        del bodies[-1]["request_id"]
    assert bodies[0] == bodies[1]


@each_write
def test_an_unknown_field_is_refused(write):
    body, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    before = entries()
    found = is_problem(
        write.do(client, ref, write.sends(body) | {"etag_version": 7}, tag), 400, "unknown-field"
    )
    assert [error["pointer"] for error in found["errors"]] == ["/etag_version"]
    assert entries() == before


@each_write
def test_the_address_knows_no_parameter(write):
    body, ref, client = scene(write)
    address = write.path.replace("{ref}", ref)
    answer = getattr(client, write.method)(
        f"{address}?dry=1",
        data=write.sends(body),
        content_type="application/json",
        headers={"Idempotency-Key": new_key()},
    )
    is_problem(answer, 400, "unknown-parameter")


@each_change
@pytest.mark.parametrize("tag", [None, "", "*"])
def test_who_has_seen_nothing_changes_nothing(write, tag):
    body, ref, client = scene(write)
    before = entries()
    is_problem(write.do(client, ref, write.sends(body), tag), 428, "version-missing")
    assert entries() == before


@each_change
def test_who_has_seen_another_state_changes_nothing(write):
    body, ref, client = scene(write)
    tag = write.tag(client, ref)
    before = entries()
    for stale in (f"W/{tag}", '"target-x-1"', tag.strip('"'), tag.replace("-", "_")):
        found = is_problem(write.do(client, ref, write.sends(body), stale), 412, "object-changed")
        assert found["etag"] == tag
        assert ("double quotes" in found["detail"]) is not stale.startswith('"')  # never to be had
    assert entries() == before


@each_change
def test_the_same_tag_is_good_once(write):
    body, ref, client = scene(write)
    tag = write.tag(client, ref)
    assert write.do(client, ref, write.sends(body), tag).status_code == (204 if write.ends else 200)
    if write.ends:
        is_problem(write.do(client, ref, write.sends(body), tag), 404, "not-found")
        return
    found = is_problem(write.do(client, ref, write.sends(body), tag), 412, "object-changed")
    assert found["etag"] != tag
    if write.draft:
        assert found["written_by"] == ApiClient.objects.get().user.full_name
        assert "written_at" not in found  # no entry says when
        return
    assert found["written_by"] == RegisterEntry.objects.order_by("-pk")[0].actor.full_name
    assert found["written_at"]


@each_write
def test_nobody_is_asked_who_it_is(write, client):
    is_problem(write.do(client, "absent", {}), 401, "not-authenticated")


@each_write
def test_a_person_without_a_role_does_not_write(write):
    body, ref, client = scene(write)
    tag = None if write.creates else write.tag(client, ref)
    for name in write.outsiders:
        answer = write.do(person(getattr(body, name)), ref, write.sends(body), tag)
        assert answer.status_code in {403, 404}, answer.content


def test_every_write_of_the_description_is_in_the_table():
    acts = {
        f"/api/v1/commitments/{{ref}}/{act}/" for act in ("return", "refuse", "countersign", "void")
    } | {f"/api/v1/reports/{{ref}}/{act}/" for act in ("verify", "return")}  # of people alone
    acts |= {f"{CASES}{{ref}}/{act}/" for act in PEOPLES}
    files = ("evidence/", "evidence/{sha256}/")  # with the webhooks: in files of their own
    acts.add(f"{TARGETS}{{ref}}/judge/")  # of people alone
    acts.add(f"{TARGETS}batch/")  # of writes that are in the table
    acts |= OWN_ACTS  # of people for themselves
    described = {
        (path, method)
        for path, methods in document()["paths"].items()
        if not (path.startswith("/api/v1/webhooks/") or path.endswith(files))
        for method in set(methods) & {"post", "put", "patch", "delete"}
    }
    assert described - {(path, "post") for path in acts} == {
        (write.pattern, write.method) for write in WRITES
    }
