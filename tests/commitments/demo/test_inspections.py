"""Inspections of the demonstration are those of its scenario: 4 of 36 units, green."""

from decimal import Decimal

import pytest

from commitments.actions import inspections, portraits
from commitments.models import Inspection, Judgement, Target

pytestmark = pytest.mark.usefixtures("at")


def test_four_of_thirty_six_are_ahead_of_the_roadmap(at):
    target = Target.objects.select_related("indicator", "period").get(
        period__code="2024", code="H17.3"
    )
    found = portraits.of_one(target, at=at).result
    assert (found.standing.first, found.standing.second) == (4, 36)
    assert round(Decimal(float(found.standing.actual.value)), 2) == Decimal("11.11")
    assert found.light == "green"
    assert Inspection.objects.counting().count() == 5  # one unit was inspected again
    assert Inspection.objects.count() == 6  # and one record was corrected
    assert {row.provenance for row in Inspection.objects.all()} == {"synthetic"}
    assert inspections.scope_of(target).counted_on.isoformat() == "2024-01-01"


def test_one_judgement_stands_beside_a_light_that_it_does_not_change(at):
    row = Judgement.objects.select_related("target__indicator", "target__period").get()
    assert (row.target.code, row.light, row.computed) == ("H17.3", "amber", "green")
    assert (row.person.username, row.provenance) == ("thong", "synthetic")
    assert "minh họa" in row.reason
    assert portraits.of_one(row.target, at=at).result.light == "green"
