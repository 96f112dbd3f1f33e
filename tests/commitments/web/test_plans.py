"""A plan built by the pages alone, from the empty year to the first commitment."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.enums import PeriodState, TargetState
from commitments.models import CommitmentVersion, IndicatorDefinition, Period, Target
from tests.factories.body import make_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def post(client, path, **data):
    """Post a form that must be taken; return where it leads."""
    response = client.post(path, data)
    assert response.status_code == 302, re.findall(
        r"error-summary.*?</div>", response.content.decode(), re.S
    )
    return response.url


def seen(client, path):
    """Return the version that the page's forms carry."""
    return re.search(r'name="version" value="(\d+)"', client.get(path).content.decode()).group(1)


def target_data(body, plan, **changes):
    return {
        "code": "A.1",
        "group": plan.groups.get().pk,
        "indicator": body.targets[0].indicator_id,
        "unit": body.commune.pk,
        "origin": "own",
        "mode": "reach",
        "comparator": "ge",
        "value": "250",
    } | changes


def test_a_planner_builds_a_plan_by_the_pages(client_of):
    body = make_body()
    client = client_of(body.planner)
    assert post(client, "/plans/new/", owner=body.committee.pk, year=2025) == "/plans/2025/"
    plan = Period.objects.get(code="2025")
    post(client, "/plans/2025/mandates/new/", kind="resolution", title_vi="Nghị quyết năm 2025")
    mandate = body.committee.mandates.latest("pk")
    post(
        client,
        "/plans/2025/groups/new/",
        mandate=mandate.pk,
        code="A",
        title_vi="Nhóm A",
        field="security",
    )
    post(
        client,
        "/plans/2025/indicators/new/",
        code="roads",
        name_vi="Đường sạch",
        kind="number",
        nature="stock",
        new_uom="km",
        decimals=1,
    )
    target = post(client, "/plans/2025/targets/new/", **target_data(body, plan, value="45,5"))
    assert "at least 45.5" in client.get(target).content.decode()
    post(client, f"{target}assign/", version=seen(client, target))
    assert Target.objects.get(code="A.1").state == TargetState.ASSIGNED
    assigner = client_of(body.assigner)
    post(assigner, "/plans/2025/move/open/", version=seen(assigner, "/plans/2025/"))
    plan.refresh_from_db()
    assert plan.state == PeriodState.OPEN
    edit = post(
        client,
        "/plans/2025/commitments/new/",
        unit=body.commune.pk,
        first_undertaker=body.first.pk,
        assigner=body.assigning.pk,
        sign_by="2024-03-01",
    )
    assert CommitmentVersion.objects.get().items.count() == 1
    assert client.get(edit).status_code == 200


def test_a_gap_is_in_sight_and_stops_the_issue(client_of):
    body = make_body()
    client = client_of(body.planner)
    whole = Target.objects.get(code="N01.4")
    Target.objects.filter(pk=whole.pk).update(unit=body.committee)
    path = f"/targets/{whole.ref}/"
    data = {"version": seen(client, f"{path}allocate/"), f"part-{body.commune.pk}": "20"}
    assert post(client, f"{path}allocate/", **data) == path
    page = client.get(path).content.decode()
    assert "the gap is 4" in page
    part = whole.children.get()
    post(client, f"/targets/{part.ref}/assign/", version=seen(client, f"/targets/{part.ref}/"))
    version = body.draft()
    response = client.post(
        f"/commitments/{version.commitment.ref}/issue/", {"version": version.etag_version}
    )
    assert response.status_code == 422
    assert "the gap is 4" in response.content.decode()


def test_keys_give_a_proposal_that_adds_up(client_of):
    body = make_body()
    client = client_of(body.planner)
    whole = Target.objects.get(code="N01.4")
    Target.objects.filter(pk=whole.pk).update(unit=body.committee)
    path = f"/targets/{whole.ref}/allocate/"
    page = client.post(
        path,
        {
            "version": seen(client, path),
            f"key-{body.commune.pk}": "2",
            f"key-{body.other.pk}": "1",
            "propose": "yes",
        },
    ).content.decode()
    assert f'name="part-{body.commune.pk}" value="16"' in page
    assert f'name="part-{body.other.pk}" value="8"' in page


def test_what_was_typed_comes_back_with_what_is_wrong(client_of):
    body = make_body()
    plan = body.plan
    response = client_of(body.planner).post(
        "/plans/2024/targets/new/", target_data(body, plan, value="about 5", clause="Point 3")
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "is not a number" in page
    assert 'value="about 5"' in page
    assert 'value="Point 3"' in page


def test_a_code_twice_is_refused_at_its_field(client_of):
    body = make_body()
    page = (
        client_of(body.planner)
        .post("/plans/2024/targets/new/", target_data(body, body.plan, code="N01.1"))
        .content.decode()
    )
    assert "already has a target with that code" in page


def test_a_revision_needs_a_reason_and_another_value(client_of):
    body = make_body()
    client = client_of(body.planner)
    path = f"/targets/{body.targets[0].ref}/"
    typed = {
        "version": seen(client, f"{path}revise/"),
        "mode": "reach",
        "comparator": "ge",
        "value": "21",
    }
    assert client.post(f"{path}revise/", typed).status_code == 422
    page = client.post(f"{path}revise/", typed | {"reason": "More is asked."})
    assert "says the same as before" in page.content.decode()
    post(client, f"{path}revise/", **(typed | {"reason": "More is asked.", "value": "23"}))
    assert body.targets[0].revisions.count() == 2


def test_targets_stand_in_the_order_in_which_people_count(client_of):
    body = make_body()
    client = client_of(body.planner)
    group = body.targets[0].group
    for code in ("A.10", "A.9", "A.1"):
        data = target_data(body, body.plan, code=code, group=group.pk)
        post(client, f"/plans/{body.plan.code}/targets/new/", **data)
    page = client.get(f"/plans/{body.plan.code}/").content.decode()
    assert re.findall(r">(A\.[0-9]+)</a>", page) == ["A.1", "A.9", "A.10"]


def test_a_stranger_sees_no_plan(client_of):
    body = make_body()
    client = client_of(body.leader)
    body.leader.appointments.update(valid_to="2024-01-01")
    assert client.get("/plans/2024/").status_code == 404
    assert client.get(f"/targets/{body.targets[0].ref}/").status_code == 404
    assert "There is no plan yet" in client.get("/plans/").content.decode()


@pytest.mark.parametrize("path", ["/plans/", "/plans/2024/"])
def test_a_list_costs_the_same_for_one_and_three(path, client_of):
    body = make_body()
    costs = []
    for count in (1, 3):
        for year in range(2030, 2030 + count):
            if not Period.objects.filter(code=str(year)).exists():
                client_of(body.planner).post(
                    "/plans/new/", {"owner": body.committee.pk, "year": year}
                )
        for place in range(count):
            code = f"N01.9{place}{count}"
            client_of(body.planner).post(
                "/plans/2024/targets/new/", target_data(body, body.plan, code=code)
            )
        client = client_of(body.planner)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1], [query["sql"][:150] for query in queries]


def test_grades_are_defined_and_chosen_by_the_pages(client_of):
    body = make_body()
    client = client_of(body.planner)
    data = {
        "code": "evaluation",
        "name_vi": "Xếp loại đơn vị",
        "name_en": "Evaluation of the unit",
        "kind": "grade",
        "nature": "stock",
        "new_uom": "mức",
        "decimals": 0,
    }
    page = client.post("/plans/2024/indicators/new/", data)
    assert "type the grades of a new one" in page.content.decode()
    grades = "Hoàn thành | Completed\nHoàn thành tốt | Completed well"
    post(client, "/plans/2024/indicators/new/", **(data | {"new_scale": grades}))
    measured = IndicatorDefinition.objects.get(code="evaluation")
    typed = target_data(body, body.plan, indicator=measured.pk, value="")
    page = client.post("/plans/2024/targets/new/", typed)
    assert "Choose a grade of the indicator" in page.content.decode()
    chosen = measured.scale.levels.get(rank=2).pk
    path = post(client, "/plans/2024/targets/new/", **(typed | {"grade": chosen}))
    assert "“Completed well” or better" in client.get(path).content.decode()
    edit = client.get(f"{path}edit/").content.decode()
    assert f'<option value="{chosen}" selected>' in edit


def test_shares_come_back_as_typed_with_the_line_that_is_wrong(client_of):
    body = make_body()
    client = client_of(body.planner)
    measured = body.targets[0].indicator
    IndicatorDefinition.objects.filter(pk=measured.pk).update(kind="shares")
    typed = target_data(body, body.plan, value="", shares="Công nghiệp | 60\nNông nghiệp 40")
    page = client.post("/plans/2024/targets/new/", typed).content.decode()
    assert "Line 2: “Nông nghiệp 40” lacks a part" in page
    assert "Nông nghiệp 40</textarea>" in page
    typed["shares"] = "Công nghiệp | 60\nNông nghiệp | 39"
    page = client.post("/plans/2024/targets/new/", typed).content.decode()
    assert "The shares do not add up to 100" in page
    typed["shares"] = "Công nghiệp | 60,5 | Industry\nNông nghiệp | 39,5"
    path = post(client, "/plans/2024/targets/new/", **typed)
    assert "Industry 60.5 certificates; Nông nghiệp 39.5" in client.get(path).content.decode()


def test_a_value_is_typed_or_comes_later_but_not_both(client_of):
    body = make_body()
    client = client_of(body.planner)
    later = target_data(body, body.plan, value_basis="superior", comparator="eq")
    page = client.post("/plans/2024/targets/new/", later).content.decode()
    assert "say where it comes from and leave it empty" in page
    page = client.post("/plans/2024/targets/new/", target_data(body, body.plan, value=""))
    assert "Type the value, or say that it comes later." in page.content.decode()
    path = post(client, "/plans/2024/targets/new/", **(later | {"value": ""}))
    assert "as assigned by the superior (value to follow)" in client.get(path).content.decode()
