"""No token ever acts, whatever its scopes; a person is sent to the page."""

import pytest
from django.test import Client

from commitments.enums import VersionAct, VersionState
from commitments.models import SignatureAct
from tests.api.described import document, is_problem, judged
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.readers import machine, person
from tests.factories.units import HeadFactory, OrgUnitFactory
from units.enums import Scope
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
ACTS = ("return", "refuse", "countersign", "void")


def post(client, ref: str, act: str, body: str = "{}"):
    answer = client.post(
        f"/api/v1/commitments/{ref}/{act}/", data=body, content_type="application/json"
    )
    if act in ACTS:
        judged(answer, f"/api/v1/commitments/{{ref}}/{act}/", "post")
    return answer


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", VersionState)
def test_no_token_acts_in_any_state(act, state):
    version = CommitmentVersionFactory(**{state.value: True})
    acts = SignatureAct.objects.count()
    for unit in (version.commitment.unit, version.commitment.assigner_unit):
        seen = unit == version.commitment.assigner_unit or state != VersionState.DRAFT
        answer = post(machine(unit), version.commitment.ref, act)
        is_problem(answer, *((403, "human-only") if seen else (404, "not-found")))
    assert SignatureAct.objects.count() == acts
    version.refresh_from_db()
    assert version.state == state


@pytest.mark.parametrize("act", ACTS)
def test_the_attempt_of_a_machine_is_noted(act):
    version = CommitmentVersionFactory(issued=True)
    client = machine(version.commitment.unit)
    is_problem(post(client, version.commitment.ref, act), 403, "human-only")
    entry = RegisterEntry.objects.get()
    assert (entry.kind, entry.actor.kind) == ("audit.denied", "machine")
    assert '"code":"human-only"' in entry.text
    assert '"auth":{"door":"api","method":"token"}' in entry.text


@pytest.mark.parametrize("act", ["sign", "verify", "extend", "amend", "answer", "settle"])
@pytest.mark.parametrize("kind", ["machine", "person"])
def test_signing_and_the_rest_have_no_address(act, kind):
    version = CommitmentVersionFactory(issued=True)
    head = version.first_undertaker.appointments.get().person
    client = machine(version.commitment.unit) if kind == "machine" else person(head)
    is_problem(post(client, version.commitment.ref, act), 404, "not-found")


def test_no_scope_is_for_an_act_of_people():
    """What a machine writes is in `writes.WRITES`; the acts of people ask for no scope at all."""
    assert {scope.value.partition(":")[2] for scope in Scope} == {
        "read",
        "write",
        "issue",
        "manage",
    }
    assert VersionAct.SIGN.value not in ACTS
    for act in ACTS:
        needed = document()["paths"][f"/api/v1/commitments/{{ref}}/{act}/"]["post"]["security"]
        assert {"token": []} in needed


@pytest.mark.parametrize("act", ACTS)
def test_a_hidden_commitment_is_absent_here_too(act):
    version = CommitmentVersionFactory(issued=True)
    for client in (machine(OrgUnitFactory()), person(HeadFactory().person)):
        bodies = []
        for ref in (version.commitment.ref, "absent"):
            bodies.append(is_problem(post(client, ref, act), 404, "not-found"))
            del bodies[-1]["request_id"]
        assert bodies[0] == bodies[1]
    assert not RegisterEntry.objects.exists()


def test_a_token_without_the_scope_does_not_learn_which_commitments_there_are():
    version = CommitmentVersionFactory(issued=True)
    client = machine(version.commitment.unit, Scope.ORG_READ)
    for ref in (version.commitment.ref, "absent"):
        is_problem(post(client, ref, "return"), 403, "human-only")


def test_nobody_is_asked_to_say_who_it_is():
    answer = post(Client(), "absent", "return")
    is_problem(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("act", ACTS)
def test_a_person_gets_the_address_of_the_page(act):
    version = CommitmentVersionFactory(issued=True)
    head = version.first_undertaker.appointments.get().person
    body = is_problem(post(person(head), version.commitment.ref, act), 403, "use-the-page")
    page = f"/commitments/{version.commitment.ref}/{act}/"
    assert body["page"] == f"http://testserver{page}"
    assert person(head).get(page).status_code < 404 or act in {"countersign", "void"}
    version.refresh_from_db()
    assert version.state == VersionState.ISSUED


def test_a_person_needs_the_form_token_of_the_site():
    version = CommitmentVersionFactory(issued=True)
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    browser.force_login(version.first_undertaker.appointments.get().person)
    is_problem(post(browser, version.commitment.ref, "return"), 403, "csrf-failed")


def test_a_machine_needs_none():
    version = CommitmentVersionFactory(issued=True)
    strict = machine(version.commitment.unit)
    strict.handler.enforce_csrf_checks = True
    is_problem(post(strict, version.commitment.ref, "return"), 403, "human-only")
