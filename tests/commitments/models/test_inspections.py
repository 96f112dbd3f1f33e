"""What the database itself refuses of inspections and of the units that are counted."""

from datetime import date

import pytest

from commitments.models import CountedScope, CountedUnit, Inspection, inspections
from tests.constraints import named, refused
from tests.factories.body import NOW
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import OrgUnitFactory, UserFactory

pytestmark = pytest.mark.django_db


def scope():
    return CountedScope.objects.create(
        revision=target_of(CommitmentFactory()),
        counted_on=date(2024, 1, 1),
        fixed_by=UserFactory(),
        fixed_at=NOW,
    )


def counted(*, beside=False):
    def rows():
        told = {"scope": scope(), "unit": OrgUnitFactory()}
        if beside:
            CountedUnit.objects.create(**told)
        return lambda: CountedUnit.objects.create(**told)

    return rows


def inspection(*, of_another=False, of_itself=False, **changes):
    def rows():
        told = {
            "ref": "i-1",
            "target": target_of(CommitmentFactory()).target,
            "unit": OrgUnitFactory(),
            "inspected_on": date(2024, 1, 10),
            "conclusion": "Tốt",
            "recorded_by": UserFactory(),
            "recorded_at": NOW,
        }
        if of_another:
            told |= {"corrects": Inspection.objects.create(**told), "ref": "i-2"}
        if of_itself:
            told |= {"pk": 77, "corrects_id": 77, "correction_reason": "Nhầm"}
        return lambda: Inspection.objects.create(**(told | changes))

    return rows


REFUSED = [
    ("countedunit_once", counted(beside=True)),
    ("inspection_has_conclusion", inspection(conclusion="")),
    ("inspection_correction_has_reason", inspection(of_another=True)),
    ("inspection_correction_has_reason", inspection(correction_reason="Nhầm")),
    ("inspection_is_taken_back_by_correction", inspection(took_place=False)),
    ("inspection_corrects_another", inspection(of_itself=True)),
]
TAKEN = [
    counted(),
    inspection(),
    inspection(of_another=True, correction_reason="Nhầm"),
    inspection(of_another=True, correction_reason="Nhầm", took_place=False),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED)
def test_the_database_refuses(name, rows):
    write = rows()
    with refused(name):
        write()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes(rows):
    rows()()


def test_every_constraint_is_tried():
    assert {name for name, _rows in REFUSED} == named(inspections).keys()
