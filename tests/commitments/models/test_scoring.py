"""What the database itself refuses of verdicts."""

from datetime import date

import pytest

from commitments.models import Verdict, scoring
from tests.constraints import named, refused
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db


def verdict(*, beside=None, **changes):
    def rows():
        told = {
            "target": target_of(CommitmentFactory()).target,
            "against": "adjusted",
            "verdict": "met",
            "basis": "asserted",
            "as_of": date(2024, 12, 31),
            "source_ref": "Minutes of the settlement",
            "recorded_by": UserFactory(),
        }
        if beside:
            Verdict.objects.create(**told)
        return lambda: Verdict.objects.create(**(told | changes))

    return rows


REFUSED = [
    ("verdict_once", verdict(beside=True, verdict="unmet")),
    ("verdict_asserted_has_source", verdict(source_ref="")),
]
TAKEN = [
    verdict(),
    verdict(beside=True, against="original"),
    verdict(basis="computed", source_ref=""),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(scoring))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)
