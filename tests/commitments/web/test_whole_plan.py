"""A plan of 30 units and 340 items, imported in one go, comes back by REST with the same counts."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from commitments.actions import imports
from commitments.models import CommitmentVersion
from tests.factories.body import NOW, make_body, office, unit
from tests.factories.workbooks import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
D = Decimal
UNITS = 30
GROUPS = [
    {"code": f"G{place:02}", "title_vi": f"Nhóm {place}", "field": "Security"}
    for place in range(1, 17)
]


def rows_of(body):
    """Return the tables: 11 targets for each of 30 units, one more for each of ten."""
    units = [body.commune, body.other] + [
        unit(f"bx-u{place:02}", f"Unit {place}", parent=body.committee)
        for place in range(3, UNITS + 1)
    ]
    heads = {body.commune.ref: body.first.ref}
    for one in units[1:]:
        heads[one.ref] = office(one, "Head", None).ref
    indicators = [
        {"code": f"m{place}", "name_vi": f"Chỉ tiêu {place}", "kind": "Count", "uom": "giấy"}
        for place in range(12)
    ]
    targets = [
        {
            "code": f"{group['code']}.{number + 1:03}",
            "group": group["code"],
            "indicator": f"m{number // UNITS}",
            "unit": units[number % UNITS].ref,
            "value": D(10 + number),
        }
        for number in range(340)
        for group in [GROUPS[number % len(GROUPS)]]
    ]
    undertakers = [
        {
            "unit": ref,
            "first": head,
            "assigner": body.assigning.ref,
            "sign_by": date(2024, 2, 20),
        }
        for ref, head in heads.items()
    ]
    return {
        "groups": GROUPS,
        "indicators": indicators,
        "targets": targets,
        "undertakers": undertakers,
    }


def test_a_whole_plan_comes_back_by_rest(client_of):
    body = make_body()
    tables = rows_of(body)
    data = workbook(**tables)
    kept = imports.upload(
        period_id=body.plan.pk, file_name="whole.xlsx", data=data, by=body.planner, at=NOW
    )
    seen = imports.check(plan=body.plan, data=data, by=body.planner, at=NOW)
    assert seen.faults == []
    imports.apply(import_id=kept.pk, seen=seen.digest, by=body.planner, at=NOW)
    client, found = client_of(body.planner), Counter()
    where = "/api/v1/targets/?plan=2024&state=planned"
    while where:
        page = client.get(where).json()
        found.update(row["unit"] for row in page["results"])
        where = page["next"]
    assert found == Counter(row["unit"] for row in tables["targets"])
    assert sum(found.values()) == 340
    assert len(found) == UNITS
    drafts = CommitmentVersion.objects.filter(commitment__period=body.plan)
    assert drafts.count() == UNITS
    assert {version.commitment.unit.ref: version.items.count() for version in drafts} == {
        ref: count + {"bx-first": 3, "bx-other": 1}.get(ref, 0) for ref, count in found.items()
    }
    assert imports.check(plan=body.plan, data=data, by=body.planner, at=NOW).changes == 0
