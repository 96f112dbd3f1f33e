"""What can never be false about a plan and its splits: the database says no, whoever writes."""

from datetime import date

import pytest

from commitments.models import Allocation, AllocationLine, Period, TaskGroup, allocations, plans
from tests.constraints import again, change, named, refused
from tests.factories.body import make_body

pytestmark = pytest.mark.django_db


def part_of(body, **changes):
    asked = {
        "code": "2024-q1",
        "kind": "quarter",
        "owner": body.committee,
        "parent": body.plan,
        "name_vi": "Quý 1",
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2024, 3, 31),
    }
    return Period.objects.create(**(asked | changes))


def line_of(body):
    split = Allocation.objects.create(revision=body.targets[0].revisions.get())
    return AllocationLine.objects.create(allocation=split, child=body.targets[3])


BROKEN = {
    "period_once": lambda body: again(body.plan, code="2024-again"),
    "period_state_on_year_only": lambda body: part_of(body, state="open"),
    "period_range_not_empty": lambda body: change(body.plan, ends_on=date(2023, 12, 31)),
    "period_year_has_no_parent": lambda body: part_of(body, parent=None),
    "mandate_not_classified": lambda body: change(body.mandate, is_classified=True),
    "taskgroup_code_once": lambda body: again(TaskGroup.objects.get()),
    "allocation_reserve_or_overage": lambda body: change(
        line_of(body).allocation, reserve=1, overage=1
    ),
    "allocationline_child_once": lambda body: again(line_of(body)),
}
ALSO_BROKEN = [
    ("period_state_on_year_only", lambda body: change(body.plan, state="")),
    ("period_year_has_no_parent", lambda body: change(body.plan, parent=part_of(body))),
    ("allocation_reserve_or_overage", lambda body: change(line_of(body).allocation, reserve=-1)),
    ("allocation_reserve_or_overage", lambda body: change(line_of(body).allocation, overage=-1)),
]


@pytest.mark.parametrize(("name", "write"), [*BROKEN.items(), *ALSO_BROKEN])
def test_the_database_refuses(name, write):
    body = make_body()
    with refused(name):
        write(body)


def test_the_database_takes_what_just_keeps_the_rule():
    body = make_body()
    change(body.plan, ends_on=body.plan.starts_on)
    part_of(body, starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 1))
    split = line_of(body).allocation
    change(split, reserve=3)
    change(split, reserve=0, overage=3)


def test_every_named_constraint_is_tried():
    assert set(BROKEN) == set(named(plans)) | set(named(allocations))
