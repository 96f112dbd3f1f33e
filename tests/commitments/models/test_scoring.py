"""What the database itself refuses of verdicts."""

from datetime import date

import pytest

from commitments.models import RuleSet, Verdict, scoring
from commitments.rules.lights import Thresholds
from tests.constraints import named, refused
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db


OF_RULES = {"ruleset_amber_below_green", "ruleset_coverage_in_whole"}  # in test_observations


def verdict(*, beside=None, computed=False, **changes):
    def rows():
        if computed:
            told = Thresholds()._asdict() | {"minimum_coverage": 80}
            used = RuleSet.objects.create(version=1, in_force_from=date(2024, 1, 1), **told)
            changes.update(basis="computed", rule_set=used)
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
    ("verdict_computed_has_rule_set", verdict(basis="computed")),
    ("verdict_sourced_has_ref", verdict(computed=True, source_ref="", provenance="derived")),
    ("verdict_exceeded_is_met", verdict(verdict="unmet", exceeded_by=1)),
    ("verdict_exceeded_is_met", verdict(exceeded_by=0)),
    *[(name, None) for name in OF_RULES],
]
TAKEN = [
    verdict(),
    verdict(beside=True, against="original"),
    verdict(computed=True, source_ref=""),
    verdict(exceeded_by=1),
    verdict(provenance="sourced"),
]


@pytest.mark.parametrize(("name", "rows"), [row for row in REFUSED if row[1]])
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
