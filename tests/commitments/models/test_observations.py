"""What the database itself refuses of known figures and of the rules."""

from datetime import date
from decimal import Decimal

import pytest

from commitments.models import (
    IndicatorDefinition,
    Observation,
    RuleSet,
    UnitOfMeasure,
    observations,
)
from tests.constraints import named, refused
from tests.factories.body import NOW
from tests.factories.commitments_versions import CommitmentFactory, target_of
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db
D = Decimal


def observation(*, beside=None, **changes):
    def rows():
        target = target_of(CommitmentFactory()).target
        told = {
            "indicator": target.indicator,
            "unit": target.unit,
            "period": target.period,
            "value": D(5),
            "source_ref": "Báo cáo",
            "recorded_by": UserFactory(),
            "recorded_at": NOW,
        }
        if beside:
            Observation.objects.create(**told)
        return lambda: Observation.objects.create(**(told | changes))

    return rows


NONE = {"value": None}
PARTS = {"value": None, "numerator": D(1), "denominator": D(2)}
REFUSED = [
    ("observation_once", observation(beside=True)),
    ("observation_has_source", observation(source_ref="")),
    ("observation_one_figure", observation(**NONE)),
    ("observation_one_figure", observation(numerator=D(1), denominator=D(2))),
    ("observation_one_figure", observation(**NONE, numerator=D(1))),
    ("observation_denominator_positive", observation(**(PARTS | {"denominator": D(0)}))),
    ("observation_about_has_width", observation(qualifier="about")),
    ("observation_about_has_width", observation(about_width=D(1))),
]
TAKEN = [
    observation(),
    observation(beside=True, source_ref="Niên giám"),
    observation(**PARTS),
    observation(value=D(0)),
    observation(qualifier="about", about_width=D(1)),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED)
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(observations))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)


@pytest.mark.parametrize(
    ("kind", "unit_agg", "fits"),
    [
        ("count", "sum", True),
        ("number", "sum", True),
        ("percent", "sum", False),
        ("percent", "weighted_mean", True),
        ("ratio", "ratio_of_sums", True),
        ("count", "ratio_of_sums", False),
        ("growth", "growth_of_sums", True),
        ("ratio", "growth_of_sums", False),
        ("boolean", "count_true", True),
        ("count", "count_true", False),
    ],
)
def test_a_roll_up_fits_its_kind(kind, unit_agg, fits):
    uom = UnitOfMeasure.objects.create(code="u", label_vi="u", base="u")
    parts = {"numerator": "a", "denominator": "b"} if kind == "ratio" else {}

    def make():
        IndicatorDefinition.objects.create(
            code="i", name_vi="i", kind=kind, uom=uom, unit_agg=unit_agg, **parts
        )

    if fits:
        make()
        return
    with refused("indicator_agg_fits_kind"):
        make()


def rules(**changes):
    told = {"version": 1, "in_force_from": date(2024, 1, 1), "green": D("0.95"), "amber": D("0.8")}
    told |= {"margin": D("0.01"), "minimum_coverage": D(80)}
    return RuleSet.objects.create(**(told | changes))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ruleset_amber_below_green", {"amber": D("0.95")}),
        ("ruleset_amber_below_green", {"amber": D(0)}),
        ("ruleset_amber_below_green", {"margin": D("-0.01")}),
        ("ruleset_coverage_in_whole", {"minimum_coverage": D("100.001")}),
    ],
)
def test_the_rules_refuse(name, changes):
    with refused(name):
        rules(**changes)


def test_the_rules_take_what_just_fits():
    rules(amber=D("0.9499"), margin=D(0), minimum_coverage=D(100))
