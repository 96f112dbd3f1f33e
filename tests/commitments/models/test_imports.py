"""What the database itself refuses of a kept workbook."""

import uuid

import pytest

from commitments.models import PlanImport, imports
from tests.commitments.models.rows import AT
from tests.constraints import again, change, named, refused
from tests.factories.body import make_body

pytestmark = pytest.mark.django_db


def kept() -> PlanImport:
    body = make_body()
    return PlanImport.objects.create(
        ref=uuid.uuid4(),
        period=body.plan,
        file_name="plan.xlsx",
        content=b"PK",
        size=2,
        sha256="0" * 64,
        uploaded_by=body.planner,
        uploaded_at=AT,
    )


def a_second_one():
    row = kept()
    return lambda: again(row, ref=uuid.uuid4())


def changed(**changes):
    row = kept()
    return lambda: change(row, **changes)


BROKEN = {
    "planimport_one_waiting": a_second_one,
    "planimport_kept_while_waiting": lambda: changed(content=None),
    "planimport_ended_has_time": lambda: changed(state="dropped", content=None),
}


def test_every_constraint_is_asked():
    assert set(BROKEN) == set(named(imports))


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name):
    breach = BROKEN[name]()
    with refused(name):
        breach()
