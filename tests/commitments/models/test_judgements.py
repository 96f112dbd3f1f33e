"""What the database itself refuses of judgements."""

import pytest

from commitments.models import Judgement, judgements
from tests.constraints import named, refused
from tests.factories.body import NOW
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db


def judgement(*, beside=False, **changes):
    def rows():
        told = {
            "target": target_of(CommitmentFactory()).target,
            "n": 1,
            "light": "amber",
            "reason": "Chậm",
            "computed": "green",
            "person": UserFactory(),
            "given_at": NOW,
        }
        if beside:
            Judgement.objects.create(**told)
        return lambda: Judgement.objects.create(**(told | changes))

    return rows


REFUSED = [
    ("judgement_once", judgement(beside=True)),
    ("judgement_has_reason", judgement(reason="")),
    ("judgement_is_a_light_or_takes_back", judgement(light="blue")),
    ("judgement_is_a_light_or_takes_back", judgement(light="")),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED)
def test_the_database_refuses(name, rows):
    write = rows()
    with refused(name):
        write()


@pytest.mark.parametrize("rows", [judgement(), judgement(beside=True, n=2, light="")])
def test_the_database_takes(rows):
    rows()()


def test_every_constraint_is_tried():
    assert {name for name, _rows in REFUSED} == named(judgements).keys()
