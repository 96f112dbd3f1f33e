"""Receipts by REST: the proof of each act, as the verifier takes it, for whoever sees the commitment."""

import json

import pytest

from commitments.enums import VersionAct
from tests.api.described import is_problem, judged
from tests.factories.body import make_body
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.readers import machine, person
from tests.factories.register import closed
from units.actions import checkpoints, register
from units.enums import Scope
from units.models import RegisterEntry
from units.standalone import verify_register

pytestmark = pytest.mark.django_db
A = VersionAct
PATH = "/api/v1/commitments/{ref}/receipts/"


@pytest.fixture(autouse=True)
def _register(settings, tmp_path):
    """A key of the test's own, and places for checkpoints."""
    settings.REGISTER_KEY_FILE = tmp_path / "register_key.pem"
    settings.REGISTER_COPIES = tmp_path / "beside"
    settings.REGISTER_PUBLISH = [str(tmp_path / "outside")]


def read(client, version, query=None) -> dict:
    return judged(client.get(PATH.format(ref=version.commitment.ref), query), PATH)


def test_each_act_is_proved_to_whoever_sees_the_commitment(tmp_path, capsys):
    body = make_body()
    version = body.in_force()
    client = machine(body.commune)
    while register.sequence():
        pass
    open_yet = read(client, version)["receipts"]
    assert [row["act"] for row in open_yet] == ["sign", "sign", "countersign"]
    assert {row["receipt"]["checkpoint"] for row in open_yet} == {None}
    assert all(row["receipt"]["link"] for row in open_yet)

    closed()
    said = read(client, version, {"version": 1})
    path = tmp_path / "receipt.json"
    for row in said["receipts"]:
        entry = json.loads(row["receipt"]["entry"])
        assert entry["data"]["statement_sha256"] == row["statement_sha256"]
        path.write_text(json.dumps(row["receipt"]), encoding="utf-8")
        assert verify_register.main([str(path), "--key", checkpoints.fingerprint()]) == 0
        assert "GOOD seq" in capsys.readouterr().out
    entry = RegisterEntry.objects.get(kind="commitment.countersign")
    assert said["receipts"][2]["receipt"] == checkpoints.receipt_of(entry)
    signer = person(body.secretary)
    assert read(signer, version) == said
    assert read(machine(body.committee, Scope.COMMITMENTS_READ), version) == said


def test_an_objection_is_proved_too_and_others_learn_nothing():
    body = make_body()
    version = body.issued()
    assert read(machine(body.commune), version)["receipts"] == []
    body.act(A.REFUSE, version, body.secretary)

    (row,) = read(machine(body.commune), version)["receipts"]

    assert (row["act"], row["slot"], row["receipt"]["v"]) == ("refuse", 1, 1)
    address = PATH.format(ref=version.commitment.ref)
    is_problem(machine(body.other).get(address), 404, "not-found")
    is_problem(machine(body.commune, Scope.ORG_READ).get(address), 403, "scope-missing")
    is_problem(machine(body.commune).get(address, {"revision": 1}), 400, "unknown-parameter")


def test_a_draft_has_no_receipts():
    version = CommitmentVersionFactory(draft=True)
    assert read(machine(version.commitment.assigner_unit), version)["receipts"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_receipts_cost_the_same_for_one_and_three(count, django_assert_num_queries):
    body = make_body()
    version = body.issued()
    for act, who in (
        (A.SIGN, body.secretary),
        (A.SIGN, body.chair),
        (A.COUNTERSIGN, body.assigner),
    )[:count]:
        body.act(act, version, who)
    while register.sequence():
        pass
    closed()
    client = machine(body.commune)
    read(client, version)
    with django_assert_num_queries(10):
        assert len(read(client, version)["receipts"]) == count
