"""What a holder may read: its scopes, and the units under which it stands. The rest is absent."""

from datetime import UTC, datetime

import pytest

from commitments.enums import VersionState
from tests.api.described import is_problem, judged
from tests.factories.commitments_versions import CommitmentFactory, CommitmentVersionFactory
from tests.factories.readers import machine, person, token_of, with_token
from tests.factories.units import (
    ApiClientFactory,
    HeadFactory,
    OrgEdgeFactory,
    OrgUnitFactory,
    UserFactory,
)
from units.enums import Scope, Tree

SCOPES = {
    "units": Scope.ORG_READ,
    "appointments": Scope.ORG_READ,
    "plans": Scope.PLANS_READ,
    "targets": Scope.PLANS_READ,
    "commitments": Scope.COMMITMENTS_READ,
}
pytestmark = pytest.mark.django_db


def refs(client, collection: str, **query) -> list[str]:
    body = judged(client.get(f"/api/v1/{collection}/", query), f"/api/v1/{collection}/")
    return [row["ref"] for row in body["results"]]


@pytest.mark.parametrize("collection", SCOPES)
@pytest.mark.parametrize("scope", Scope)
def test_each_scope_opens_its_collections_and_no_other(collection, scope):
    answer = machine(OrgUnitFactory(), scope).get(f"/api/v1/{collection}/")
    if scope == SCOPES[collection]:
        assert answer.status_code == 200
        return
    body = is_problem(answer, 403, "scope-missing")
    wanted = SCOPES[collection].value
    assert body["scope"] == wanted
    assert wanted in body["detail"]
    assert answer["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{wanted}"'


def test_a_missing_scope_is_said_before_anything_is_looked_up():
    """Neither a wrong parameter nor an absent object changes the answer."""
    client = machine(OrgUnitFactory(), Scope.ORG_READ)
    for address in ("commitments/?nothing=1", "commitments/absent/", "commitments/absent/pdf/"):
        is_problem(client.get(f"/api/v1/{address}"), 403, "scope-missing")


def test_a_scope_that_is_taken_away_is_gone_at_once():
    owner = ApiClientFactory()
    client = with_token(token_of(owner))
    assert client.get("/api/v1/units/").status_code == 200
    owner.scopes = [Scope.PLANS_READ.value]
    owner.save()
    is_problem(client.get("/api/v1/units/"), 403, "scope-missing")


def scene():
    """A district over two communes; each commune has a head, a target, a signed commitment."""
    district = OrgUnitFactory(district=True)
    versions = []
    for _two in range(2):
        unit = OrgUnitFactory(under=district)
        commitment = CommitmentFactory(assigner_unit=district, unit=unit)
        versions.append(CommitmentVersionFactory(commitment=commitment, signed=True))
    return district, versions


def test_a_machine_of_a_commune_sees_the_commune_alone():
    district, (mine, _theirs) = scene()
    unit = mine.commitment.unit
    client = machine(unit)
    assert refs(client, "units") == [unit.ref]
    assert refs(client, "commitments") == [mine.commitment.ref]
    assert refs(client, "targets") == [item.revision.target.ref for item in mine.items.all()]
    assert refs(client, "appointments") == [
        row.ref for row in mine.first_undertaker.appointments.all()
    ]
    assert refs(client, "plans") == [mine.commitment.period.code]
    assert refs(machine(OrgUnitFactory()), "plans") == []
    assert district.ref not in refs(client, "units")


def test_a_machine_of_the_district_sees_all_of_it():
    district, versions = scene()
    client = machine(district)
    assert refs(client, "units") == [
        district.ref,
        *[version.commitment.unit.ref for version in versions],
    ]
    assert refs(client, "commitments") == [version.commitment.ref for version in versions]
    assert len(refs(client, "targets")) == 2


def test_a_machine_sees_where_owner_and_unit_scope_overlap():
    district, (mine, theirs) = scene()
    mine, theirs = mine.commitment.unit, theirs.commitment.unit
    outside = OrgUnitFactory()
    for owner, within, seen in (
        (district, mine, [mine.ref]),
        (mine, district, [mine.ref]),
        (mine, theirs, []),
        (district, outside, []),
    ):
        text = token_of(ApiClientFactory(owner_unit=owner, unit_scope=within))
        assert refs(with_token(text), "units") == seen


def test_a_machine_follows_every_line_and_keeps_to_each():
    """Down the Party's line to its end, but not from there down the authority's."""
    committee = OrgUnitFactory(party_committee=True)
    cell = OrgUnitFactory(under=committee, under__tree=Tree.PARTY)
    other = OrgUnitFactory(under=cell, under__tree=Tree.ADMIN)
    assert refs(machine(committee), "units") == [committee.ref, cell.ref]
    OrgEdgeFactory(parent=cell, child=other, tree=Tree.PARTY)
    assert refs(machine(committee), "units") == [committee.ref, cell.ref, other.ref]


def test_a_unit_that_moved_away_is_gone_at_once():
    district = OrgUnitFactory(district=True)
    unit = OrgUnitFactory(under=district)
    client = machine(district)
    assert client.get(f"/api/v1/units/{unit.ref}/").status_code == 200
    unit.edges_up.update(valid_to=datetime(2021, 1, 1, tzinfo=UTC))
    is_problem(client.get(f"/api/v1/units/{unit.ref}/"), 404, "not-found")


def hidden() -> dict[str, str]:
    """Return an address of each kind that a stranger may not see."""
    version = CommitmentVersionFactory(signed=True)
    commitment = version.commitment
    return {
        "units/{ref}/": commitment.unit.ref,
        "appointments/{ref}/": version.first_undertaker.appointments.get().ref,
        "plans/{ref}/": commitment.period.code,
        "targets/{ref}/": version.items.get().revision.target.ref,
        "commitments/{ref}/": commitment.ref,
        "commitments/{ref}/pdf/": commitment.ref,
        "commitments/{ref}/receipts/": commitment.ref,
    }


@pytest.mark.parametrize("kind", ["machine", "person"])
def test_what_is_hidden_answers_as_what_is_absent(kind):
    found = hidden()
    client = machine(OrgUnitFactory()) if kind == "machine" else person(HeadFactory().person)
    for address, ref in found.items():
        bodies = []
        for named in (ref, "there-is-no-such-thing"):
            answer = client.get("/api/v1/" + address.format(ref=named))
            judged(answer, "/api/v1/" + address)
            bodies.append(is_problem(answer, 404, "not-found"))
            del bodies[-1]["request_id"]
        assert bodies[0] == bodies[1]


def test_a_hidden_object_and_an_absent_one_cost_the_same(django_assert_num_queries):
    ref = CommitmentVersionFactory(signed=True).commitment.ref
    client = machine(OrgUnitFactory())
    for named in (ref, "absent"):
        with django_assert_num_queries(3):  # token; lines of units; the row
            client.get(f"/api/v1/commitments/{named}/")


def test_a_filter_by_a_hidden_unit_answers_as_by_an_absent_one():
    version = CommitmentVersionFactory(signed=True)
    client = machine(OrgUnitFactory())
    for collection, name, ref in (
        ("commitments", "unit", version.commitment.unit.ref),
        ("commitments", "plan", version.commitment.period.code),
        ("targets", "unit", version.commitment.unit.ref),
        ("appointments", "unit", version.commitment.unit.ref),
        ("appointments", "position", version.first_undertaker.ref),
        ("units", "superior", version.commitment.assigner_unit.ref),
        ("plans", "owner", version.commitment.assigner_unit.ref),
    ):
        said = []
        for value in (ref, "absent"):
            answer = client.get(f"/api/v1/{collection}/", {name: value})
            body = is_problem(answer, 400, "invalid-parameter")
            said.append(body["errors"][0]["detail"].replace(value, "?"))
        assert said[0] == said[1]


def test_a_draft_is_shown_to_the_side_that_writes_it():
    version = CommitmentVersionFactory(draft=True)
    commitment = version.commitment
    above, below = machine(commitment.assigner_unit), machine(commitment.unit)
    address = f"/api/v1/commitments/{commitment.ref}/"
    assert above.get(address).json()["state"] == VersionState.DRAFT
    assert refs(above, "commitments", state="draft") == [commitment.ref]
    is_problem(below.get(address), 404, "not-found")
    assert refs(below, "commitments") == []


def test_below_the_version_in_force_counts_while_the_next_is_drafted():
    first = CommitmentVersionFactory(in_force=True)
    CommitmentVersionFactory(commitment=first.commitment, draft=True)
    commitment = first.commitment
    above, below = machine(commitment.assigner_unit), machine(commitment.unit)
    address = f"/api/v1/commitments/{commitment.ref}/"
    assert [above.get(address).json()[name] for name in ("version", "state")] == [2, "draft"]
    assert [below.get(address).json()[name] for name in ("version", "state")] == [1, "in_force"]
    assert [row["version"] for row in below.get(address).json()["versions"]] == [1]
    is_problem(below.get(address, {"version": 2}), 404, "not-found")
    assert above.get(address, {"version": 1}).json()["state"] == "in_force"
    assert refs(below, "commitments", state="draft") == []
    assert refs(above, "commitments", state="in_force") == []


def test_a_person_reads_what_the_office_lets_see():
    district, (mine, _theirs) = scene()
    head = mine.first_undertaker.appointments.get().person
    assert refs(person(head), "commitments") == [mine.commitment.ref]
    supervisor = UserFactory(roles=["supervisor"])
    assert len(refs(person(supervisor), "commitments")) == 2
    assert refs(person(UserFactory()), "commitments") == []
    assert district.ref in refs(person(supervisor), "units")


def test_an_account_that_is_closed_reads_nothing():
    head = HeadFactory().person
    browser = person(head)
    assert browser.get("/api/v1/units/").status_code == 200
    head.is_active = False
    head.save()
    is_problem(browser.get("/api/v1/units/"), 401, "not-authenticated")
