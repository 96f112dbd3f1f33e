"""What the database itself refuses of rounds of reports."""

import pytest

from commitments.models import rounds
from tests.constraints import again, named, refused
from tests.factories.rounds import ReportRoundFactory

pytestmark = pytest.mark.django_db


def test_there_is_one_round_of_a_unit_an_assigner_a_period_and_a_day():
    row = ReportRoundFactory()
    with refused("reportround_once"):
        again(row, ref="another")
    assert list(named(rounds)) == ["reportround_once"]
