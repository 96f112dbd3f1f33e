"""Lists: pages that neither lose nor double a row, filters that are right or refused, fixed costs."""

from datetime import date
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.signing import Signer

from commitments.enums import PeriodKind, VersionState
from commitments.models import Period, Target, TaskGroup, TrajectoryPoint
from config.api_urls import router
from tests.api.described import is_problem, judged
from tests.factories.commitments_versions import CommitmentFactory, CommitmentVersionFactory
from tests.factories.readers import machine, person
from tests.factories.units import AppointmentFactory, HeadFactory, OrgUnitFactory, UserFactory

COLLECTIONS = ("units", "appointments", "plans", "targets", "commitments")
pytestmark = pytest.mark.django_db


def get(client, collection: str, **query):
    address = f"/api/v1/{collection}/"
    return judged(client.get(address, query), address)


def refs(client, collection: str, **query) -> list[str]:
    return [row["ref"] for row in get(client, collection, **query)["results"]]


def whole(client, address: str) -> list[str]:
    """Follow `next` from `address` to the end; return what was seen."""
    seen = []
    while address:
        body = client.get(address).json()
        seen += [row["ref"] for row in body["results"]]
        address = body["next"]
    return seen


def commitments_of(district, count: int, **traits):
    """Make `count` commitments of communes under `district`, each with two items and undertakers."""
    return [
        CommitmentVersionFactory(
            commitment=CommitmentFactory(
                assigner_unit=district, unit=OrgUnitFactory(under=district)
            ),
            items=2,
            both=True,
            **(traits or {"in_force": True}),
        ).commitment
        for _each in range(count)
    ]


# --- pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_empty_list_is_a_list(collection):
    unit = OrgUnitFactory()
    body = get(machine(unit), collection)
    assert body == {"results": body["results"], "next": None}
    assert len(body["results"]) == (1 if collection == "units" else 0)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 500])
def test_pages_put_together_are_the_list(limit):
    district = OrgUnitFactory(district=True)
    for _each in range(5):
        OrgUnitFactory(under=district)
    client = machine(district)
    assert whole(client, f"/api/v1/units/?limit={limit}") == refs(client, "units")
    assert len(refs(client, "units", limit=limit)) == min(limit, 6)


def test_a_full_last_page_has_no_next():
    district = OrgUnitFactory(district=True)
    OrgUnitFactory(under=district)
    assert get(machine(district), "units", limit=2)["next"] is None


def test_next_stands_in_the_body_and_in_the_header():
    district = OrgUnitFactory(district=True)
    OrgUnitFactory(under=district)
    answer = machine(district).get("/api/v1/units/?limit=1")
    assert answer["Link"] == f'<{answer.json()["next"]}>; rel="next"'
    last = machine(district).get("/api/v1/units/")
    assert not last.has_header("Link")


def test_what_comes_meanwhile_neither_doubles_nor_hides_a_row():
    district = OrgUnitFactory(district=True)
    before = [OrgUnitFactory(under=district).ref for _each in range(4)]
    client = machine(district)
    body = get(client, "units", limit=2)
    seen = [row["ref"] for row in body["results"]]
    late = [OrgUnitFactory(under=district, ref=ref).ref for ref in ("aaa-first", "zzz-last")]
    seen += whole(client, body["next"])
    assert seen == [district.ref, *before, *late]


def test_a_row_that_changes_meanwhile_keeps_its_place():
    """A filter decides again on each page: what left the state is gone, nothing else is lost."""
    district = OrgUnitFactory(district=True)
    made = commitments_of(district, 4)
    client = machine(district)
    body = get(client, "commitments", state="in_force", limit=1)
    made[1].versions.update(state=VersionState.SETTLED, settled_at="2024-03-01T00:00Z")
    seen = [row["ref"] for row in body["results"]] + whole(client, body["next"])
    assert seen == [made[0].ref, made[2].ref, made[3].ref]


def test_a_page_keeps_the_filters():
    district = OrgUnitFactory(district=True)
    made = commitments_of(district, 3)
    commitments_of(district, 2, issued=True)
    found = whole(machine(district), "/api/v1/commitments/?state=in_force&limit=1")
    assert found == [commitment.ref for commitment in made]


def page_of(client, address: str) -> str:
    return parse_qs(urlsplit(client.get(address).json()["next"]).query)["page"][0]


@pytest.fixture
def two_units():
    district = OrgUnitFactory(district=True)
    OrgUnitFactory(under=district)
    return district


def test_a_page_serves_its_holder_alone(two_units):
    page = page_of(machine(two_units), "/api/v1/units/?limit=1")
    for stranger in (machine(two_units), person(UserFactory(roles=["supervisor"]))):
        body = is_problem(
            stranger.get("/api/v1/units/", {"limit": 1, "page": page}), 400, "page-invalid"
        )
        assert body["errors"][0]["parameter"] == "page"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/appointments/",
        "/api/v1/units/?kind=commune",
        "/api/v1/units/?superior=unit-of-page",
    ],
)
def test_a_page_serves_its_list_and_filters_alone(address):
    district = OrgUnitFactory(district=True, ref="unit-of-page")
    OrgUnitFactory(under=district)
    client = machine(district)
    page = page_of(client, "/api/v1/units/?limit=1")
    mark = "&" if "?" in address else "?"
    is_problem(client.get(f"{address}{mark}page={quote(page)}"), 400, "page-invalid")


def test_a_page_may_be_read_on_with_another_limit(two_units):
    client = machine(two_units)
    page = page_of(client, "/api/v1/units/?limit=1")
    assert len(refs(client, "units", limit=500, page=page)) == 1


def test_every_changed_page_token_is_refused(two_units):
    client = machine(two_units)
    page = page_of(client, "/api/v1/units/?limit=1")
    changed = {page[:place] + "A" + page[place + 1 :] for place in range(len(page))} - {page}
    changed |= {page[:-1], page + "A", page[1:], "x", ":", "1", "đ", "%", "a:b:c"}
    changed.add(Signer(salt="another").sign_object({"after": 0}))
    changed.add(page.replace(":", "."))
    for token in sorted(changed):
        is_problem(client.get("/api/v1/units/", {"page": token}), 400, "page-invalid")


@pytest.mark.parametrize(
    "limit", ["0", "501", "-1", "1.5", "ten", "1e2", "٣", "0x1", "9" * 30, " 1"]
)
def test_a_wrong_limit_is_refused(limit):
    answer = machine(OrgUnitFactory()).get("/api/v1/units/", {"limit": limit})
    body = is_problem(answer, 400, "invalid-parameter")
    assert body["errors"][0]["parameter"] == "limit"


# --- filters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("query", ["?offset=5", "?State=in_force", "?format=json", "?limit=1&_=1"])
def test_an_unknown_parameter_is_refused(collection, query):
    answer = machine(OrgUnitFactory()).get(f"/api/v1/{collection}/{query}")
    body = is_problem(answer, 400, "unknown-parameter")
    assert body["errors"][0]["parameter"] in query


def test_an_unknown_parameter_is_refused_at_an_object_too():
    unit = OrgUnitFactory()
    is_problem(machine(unit).get(f"/api/v1/units/{unit.ref}/?limit=1"), 400, "unknown-parameter")


@pytest.mark.parametrize(
    "query", ["?kind=commune&kind=ward", "?limit=1&limit=1", "?kind=", "?page="]
)
def test_a_parameter_twice_or_empty_is_refused(query):
    is_problem(machine(OrgUnitFactory()).get(f"/api/v1/units/{query}"), 400, "invalid-parameter")


@pytest.mark.parametrize(
    ("collection", "name", "value"),
    [
        ("commitments", "state", "IN_FORCE"),
        ("commitments", "state", "in force"),
        ("commitments", "provenance", "made-up"),
        ("commitments", "plan", "x" * 81),
        ("targets", "state", "signed"),
        ("targets", "kind", "nothing"),
        ("targets", "group", "x" * 13),
        ("plans", "state", "closed?"),
        ("plans", "owner", "nobody"),
        ("units", "kind", "village"),
        ("units", "official_code", "1\0"),
        ("appointments", "mode", "owner"),
        ("appointments", "is_head", "1"),
        ("appointments", "on", "2024-02-30"),
        ("appointments", "on", "today"),
    ],
)
def test_a_wrong_value_is_refused_and_named(collection, name, value):
    answer = machine(OrgUnitFactory()).get(f"/api/v1/{collection}/", {name: value})
    judged(answer, f"/api/v1/{collection}/")
    body = is_problem(answer, 400, "invalid-parameter")
    assert [error["parameter"] for error in body["errors"]] == [name]


def filters_of_all_lists():
    """Return collection and name of every filter of every list."""
    return [
        (collection, name)
        for collection, view, _basename in router.registry
        for name in view.filterset_class.base_filters
    ]


ASKS = {("units", "official_code")}  # whether there is such a unit: none is an answer


@pytest.mark.parametrize(("collection", "name"), sorted({*filters_of_all_lists()} - ASKS))
def test_no_filter_passes_over_a_value_that_it_does_not_know(collection, name):
    client, address = machine(OrgUnitFactory()), f"/api/v1/{collection}/"
    answer = client.get(address, {name: "zz"})
    judged(answer, address)
    body = is_problem(answer, 400, "invalid-parameter")
    assert [error["parameter"] for error in body["errors"]] == [name]


def test_every_reference_that_is_seen_is_a_filter_though_no_row_has_it():
    district = OrgUnitFactory(district=True)
    other, _same = commitments_of(district, 2)
    client = machine(district)
    target = Target.objects.filter(unit=other.unit).first()
    group = TaskGroup.objects.filter(period=other.period).first()
    group.pk, group.code, group.ordinal = None, "N09", 9
    group.save()
    assert refs(client, "targets", group=group.code) == []
    assert refs(client, "reports", target=target.ref) == []
    assert refs(client, "reports", period=month_of(other.period).code) == []
    assert refs(client, "inspections", target=target.ref) == []


@pytest.mark.parametrize("state", VersionState)
def test_commitments_by_state(state):
    """Each state finds its own; the state is that of the highest version that is seen."""
    district = OrgUnitFactory(district=True)
    made = {each: commitments_of(district, 1, **{each.value: True})[0].ref for each in VersionState}
    assert refs(machine(district), "commitments", state=state.value) == [made[state]]


def test_commitments_by_plan_unit_assigner_and_provenance():
    district = OrgUnitFactory(district=True)
    first, second = commitments_of(district, 2)
    client = machine(district)
    assert refs(client, "commitments", unit=first.unit.ref) == [first.ref]
    assert refs(client, "commitments", assigner_unit=district.ref) == [first.ref, second.ref]
    assert refs(client, "commitments", plan=first.period.code) == [first.ref, second.ref]
    assert refs(client, "commitments", unit=second.unit.ref, state="issued") == []
    assert refs(client, "commitments", provenance="synthetic") == []
    assert len(refs(client, "commitments", provenance="live")) == 2


def test_units_by_kind_superior_and_code():
    district = OrgUnitFactory(district=True)
    first = OrgUnitFactory(under=district, name__code="08950")
    second = OrgUnitFactory(under=first)
    client = machine(district)
    assert refs(client, "units", kind="district") == [district.ref]
    assert refs(client, "units", superior=district.ref) == [first.ref]
    assert refs(client, "units", superior=first.ref) == [second.ref]
    assert refs(client, "units", official_code="08950") == [first.ref]
    assert refs(client, "units", official_code="0895") == []


def test_appointments_by_day_manner_and_office():
    head = HeadFactory()
    unit = head.position.unit
    stand_in = AppointmentFactory(
        position=head.position, acting=True, valid_from=date(2024, 3, 1), valid_to=date(2024, 4, 1)
    )
    clerk = AppointmentFactory(position__unit=unit)
    client = machine(unit)
    assert refs(client, "appointments", position=head.position.ref) == [head.ref, stand_in.ref]
    assert refs(client, "appointments", mode="acting") == [stand_in.ref]
    assert refs(client, "appointments", is_head="true") == [head.ref, stand_in.ref]
    assert refs(client, "appointments", is_head="false") == [clerk.ref]
    on = {
        day: refs(client, "appointments", on=day, mode="acting")
        for day in ("2024-02-29", "2024-03-01", "2024-03-31", "2024-04-01")
    }
    assert on == {
        "2024-02-29": [],
        "2024-03-01": [stand_in.ref],
        "2024-03-31": [stand_in.ref],
        "2024-04-01": [],
    }


def test_targets_and_plans_by_their_filters():
    district = OrgUnitFactory(district=True)
    first, second = commitments_of(district, 2)
    client = machine(district)
    assert len(refs(client, "targets", plan="2024")) == 4
    assert len(refs(client, "targets", unit=first.unit.ref, assigner=district.ref)) == 2
    assert len(refs(client, "targets", group="N01", kind="count", state="assigned")) == 4
    assert refs(client, "plans", owner=district.ref, state="open") == [second.period.code]
    assert refs(client, "plans", state="closed") == []


# --- costs ------------------------------------------------------------------------------------------

QUERIES = {  # with the token and the lines of units that say what the holder sees
    "units": 5,
    "appointments": 3,
    "plans": 5,
    "targets": 8,
    "commitments": 4,
}


def month_of(plan: Period) -> Period:
    """Return the March of `plan`, made as a part of it."""
    return Period.objects.create(
        code=f"{plan.code}-03",
        kind=PeriodKind.MONTH,
        parent=plan,
        owner=plan.owner,
        name_vi="Tháng 3/2024",
        starts_on=date(2024, 3, 1),
        ends_on=date(2024, 3, 31),
    )


def rows_of(collection: str, count: int):
    """Return a machine that sees exactly `count` rows of the collection, each with its parts."""
    district = OrgUnitFactory(district=True)
    if collection == "units":
        for _each in range(count - 1):
            OrgUnitFactory(under=district)
    elif collection == "appointments":
        for _each in range(count):
            AppointmentFactory(position__unit=district)
    elif collection == "plans":
        for _each in range(count):
            owner = OrgUnitFactory(under=district)
            version = CommitmentVersionFactory(
                commitment=CommitmentFactory(assigner_unit=owner), in_force=True, items=2
            )
            month_of(version.commitment.period)
    elif collection == "targets":
        commitment = CommitmentFactory(assigner_unit=district)
        version = CommitmentVersionFactory(commitment=commitment, issued=True, items=count)
        month = month_of(commitment.period)
        for item in version.items.all():
            TrajectoryPoint.objects.create(revision=item.revision, period=month, value=5)
    else:
        commitments_of(district, count)
    return machine(district)


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_for_one_and_three(collection, count, django_assert_num_queries):
    client = rows_of(collection, count)
    with django_assert_num_queries(QUERIES[collection]):
        found = client.get(f"/api/v1/{collection}/").json()["results"]
    assert len(found) == count
