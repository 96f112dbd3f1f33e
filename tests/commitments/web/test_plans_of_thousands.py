"""Pages about a plan with more targets than one page can hold."""

from datetime import date

import pytest

from commitments.enums import RollUp
from commitments.models import IndicatorDefinition, Target
from commitments.rules.targets import MOST_TARGETS
from tests.commitments.web.test_board import FIELDS, costs, observe, plan_of, read, targets_of
from tests.factories.body import make_body
from tests.factories.parts import make_parts
from tests.factories.units import RoleGrantFactory, UserFactory
from units.enums import Role
from units.models import OrgUnit, OrgUnitVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


@pytest.fixture
def body():
    return make_body()


def many_parts(plan, wholes, *, units: int) -> list[OrgUnit]:
    """Let that many new units carry a part of each of `wholes`."""
    first = OrgUnit.objects.count()
    added = OrgUnit.objects.bulk_create(
        OrgUnit(ref=f"many-{first + n}", kind="commune", valid_from=date(2020, 1, 1))
        for n in range(units)
    )
    OrgUnitVersion.objects.bulk_create(
        OrgUnitVersion(
            unit=one, name_vi=f"Xã {one.ref}", name_en=one.ref.title(), valid_from=one.valid_from
        )
        for one in added
    )
    make_parts(wholes, added, comparator="ge", value=1, effective_from=plan.starts_on)
    return added


def test_a_plan_of_thousands_shows_wholes_and_the_unit_that_is_chosen(body, client_of):
    """Cells for all would be megabytes that nobody reads; the files have them."""
    reader = UserFactory()
    RoleGrantFactory(person=reader, role=Role.INSPECTOR, unit=None)
    plan = plan_of(body.committee)
    wholes = targets_of(plan, body.committee, FIELDS[12:15])
    IndicatorDefinition.objects.filter(targets__in=wholes).update(unit_agg=RollUp.SUM)
    units = many_parts(plan, wholes, units=MOST_TARGETS // 3)
    for one in Target.objects.filter(parent=wholes[0], unit__in=units[:2]):
        observe(one, 40, body.planner)
    client = client_of(reader)
    text = read(client)
    assert f"{MOST_TARGETS + 1:,} targets of {MOST_TARGETS // 3 + 1} units" in text
    assert "≥ 80" in text  # the sum of the two that are known
    assert text.count(f" {units[5].ref.title()} ") == 1  # in the list to choose from

    address = f"/board/?year=2023-b&unit={units[0].ref}"
    text = read(client, address)
    assert f"The numbers of {units[0].ref.title()}" in text
    page = client.get(address).content.decode()
    assert f'<option value="{units[0].ref}" selected>' in page
    assert page.count('<tr><th scope="row"><a href="/board/') == 2  # the whole and the chosen one
    before = costs(client, address)
    many_parts(plan, wholes, units=3)
    assert len(costs(client, address)) == len(before)

    lines = b"".join(client.get("/board/?year=2023-b&export=csv")).splitlines()
    assert len(lines) == 1 + Target.objects.filter(period=plan).count()
    assert client.get("/board/?year=2023-b&unit=nowhere").status_code == 404


def test_a_plan_of_thousands_is_whole_for_who_sees_few_of_them(body, client_of):
    plan = plan_of(body.committee)
    wholes = targets_of(plan, body.committee, FIELDS[12:15])
    units = many_parts(plan, wholes, units=MOST_TARGETS // 3)
    text = read(client_of(reader_of(units[0])))
    assert "too many for one picture" not in text
    assert f"The numbers of {units[0].ref.title()}" in text


def test_the_page_of_a_plan_of_thousands_lists_what_is_no_part_of_another(body, client_of):
    plan = plan_of(body.committee)
    wholes = targets_of(plan, body.committee, FIELDS[12:15])
    units = many_parts(plan, wholes, units=MOST_TARGETS // 3)
    reader = UserFactory()
    RoleGrantFactory(person=reader, role=Role.INSPECTOR, unit=None)
    text = read(client_of(reader), f"/plans/{plan.code}/")
    assert f"{MOST_TARGETS + 1:,} targets" in text
    assert f"{MOST_TARGETS - 2:,} of them are parts of others" in text
    assert all(whole.indicator.name_en in text for whole in wholes)
    assert units[0].ref.title() not in text
    assert units[0].ref.title() in read(client_of(reader), f"/targets/{wholes[0].ref}/")

    few = read(client_of(reader_of(units[0])), f"/plans/{plan.code}/")
    assert "of them are parts" not in few


def reader_of(unit):
    """Return somebody who sees that unit alone."""
    reader = UserFactory()
    RoleGrantFactory(person=reader, role=Role.INSPECTOR, unit=unit)
    return reader
