"""Splitting a target on its page: the proposal by keys, the gap, and a split that has moved on."""

import pytest

from commitments.models import Allocation, IndicatorDefinition, Target
from tests.factories.body import START, make_body, unit
from units.models import OrgUnitVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
KEYS = [4060, 3090, 2160, 4170, 2610, 2090, 2240, 1610, 2760, 3990, 2160, 4170, 2010]
GOLDEN = {  # G-07 and the scenario: households of 13 communes, in the order of their codes
    250: [27, 21, 15, 28, 18, 14, 15, 11, 19, 27, 14, 28, 13],
    280: [31, 23, 16, 32, 20, 16, 17, 12, 21, 30, 16, 31, 15],
    300: [33, 25, 18, 34, 21, 17, 18, 13, 22, 32, 17, 34, 16],
}


def whole_of(body, value=24) -> Target:
    target = Target.objects.get(code="N01.4")
    Target.objects.filter(pk=target.pk).update(unit=body.committee, state="planned")
    target.revisions.update(value=value)
    return target


def version_on(client, path):
    page = client.get(path).content.decode()
    return page.split('name="version" value="')[1].split('"')[0]


def values_on(page, units):
    text = page.content.decode()
    return [int(text.split(f'name="part-{one.pk}" value="')[1].split('"')[0]) for one in units]


@pytest.mark.parametrize("total", GOLDEN)
def test_the_proposal_gives_the_golden_numbers(total, client_of):
    body = make_body()
    target = whole_of(body, total)
    units = []
    for place in range(13):  # the references run against the codes, which settle ties
        made = unit(f"bx-x{99 - place}", f"Commune {place}", parent=body.committee)
        OrgUnitVersion.objects.filter(unit=made).update(official_code=f"089{35 + place}")
        units.append(made)
    client, path = client_of(body.planner), f"/targets/{target.ref}/allocate/"
    typed = {f"key-{one.pk}": key for one, key in zip(units, KEYS, strict=True)}
    page = client.post(path, typed | {"version": version_on(client, path), "propose": "yes"})
    assert values_on(page, units) == GOLDEN[total]
    assert not Allocation.objects.exists()
    assert "<strong data-gap>0</strong>" in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Type at least one key above 0"),
        ({"key": "-1"}, "none below"),
        ({"key": "1", "reserve": "25"}, "less its reserve is below 0"),
        ({"key": "1", "reserve": "0.5"}, "more decimals than the indicator"),
    ],
)
def test_a_proposal_that_cannot_be_made_says_why(typed, said, client_of):
    body = make_body()
    target = whole_of(body)
    data = {"propose": "yes", "version": "1", "reserve": typed.get("reserve", "")}
    data[f"key-{body.commune.pk}"] = typed.get("key", "")
    page = client_of(body.planner).post(f"/targets/{target.ref}/allocate/", data)
    assert page.status_code == 422
    assert said in page.content.decode()


def test_the_gap_is_counted_without_saving(client_of):
    body = make_body()
    target = whole_of(body)
    data = {f"part-{body.commune.pk}": "20", "reserve": "3", "count": "yes", "version": "1"}
    page = client_of(body.planner).post(f"/targets/{target.ref}/allocate/", data)
    assert (page.status_code, Allocation.objects.count()) == (200, 0)
    assert "<strong data-gap>1</strong>" in page.content.decode()


def test_a_split_that_somebody_saved_meanwhile_is_not_overwritten(client_of):
    body = make_body()
    target = whole_of(body)
    client, path = client_of(body.planner), f"/targets/{target.ref}/allocate/"
    data = {"version": version_on(client, path), f"part-{body.commune.pk}": "24"}
    assert client.post(path, data).status_code == 302
    page = client.post(path, data | {f"part-{body.commune.pk}": "23"})
    assert page.status_code == 422
    assert "has changed since you opened it" in page.content.decode()
    assert target.children.get().current.value == 24


def test_a_unit_with_a_part_stays_in_the_form(client_of):
    body = make_body()
    target = whole_of(body)
    client, path = client_of(body.planner), f"/targets/{target.ref}/allocate/"
    client.post(path, {"version": version_on(client, path), f"part-{body.other.pk}": "24"})
    body.other.valid_to = START.replace(year=2024)
    body.other.save()
    assert f'name="part-{body.other.pk}"' in client.get(path).content.decode()


def test_what_does_not_add_up_has_no_page(client_of):
    body = make_body()
    target = whole_of(body)
    IndicatorDefinition.objects.filter(pk=target.indicator_id).update(kind="percent")
    client = client_of(body.planner)
    assert client.get(f"/targets/{target.ref}/allocate/").status_code == 404
    assert "Split among units" not in client.get(f"/targets/{target.ref}/").content.decode()
