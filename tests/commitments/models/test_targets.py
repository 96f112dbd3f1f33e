"""What the database itself refuses of indicators, targets, revisions, shares and steps."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db import models as django_models

from commitments.models import (
    GradeLevel,
    GradeScale,
    IndicatorDefinition,
    TargetRevision,
    targets,
)
from tests.commitments.models.rows import AT
from tests.constraints import again, change, named, refused
from tests.factories.commitments_versions import CommitmentVersionFactory, target_of

pytestmark = pytest.mark.django_db


def planned() -> TargetRevision:
    revision = target_of(CommitmentVersionFactory().commitment)
    type(revision.target).objects.filter(pk=revision.target_id).update(state="planned")
    return revision


def scale() -> GradeScale:
    made = GradeScale.objects.create(code="evaluation", name_vi="Xếp loại")
    for rank, label in enumerate(("Không hoàn thành", "Hoàn thành", "Hoàn thành tốt"), start=1):
        GradeLevel.objects.create(scale=made, rank=rank, label_vi=label)
    return made


def revision_with(**changes):
    revision = planned()
    return lambda: change(revision, **changes)


def indicator_with(**changes):
    row = planned().target.indicator
    return lambda: change(row, **changes)


def target_with(**changes):
    row = planned().target
    return lambda: change(row, **changes)


def share_with(**changes):
    revision = planned()
    first = revision.shares.create(ordinal=1, label_vi="A", value=60)
    second = {"ordinal": 2, "label_vi": "B"} | changes
    return lambda: again(first, **second)


def step_with(**changes):
    first = planned().steps.create(ordinal=1, title_vi="A", due_on=AT.date(), weight=60)
    return lambda: again(first, **({"ordinal": 2} | changes))


def level_with(**changes):
    level = scale().levels.get(rank=1)
    return lambda: again(level, **({"rank": 9, "label_vi": "Khác"} | changes))


def twice(row_of):
    def make():
        row = row_of(planned())
        return lambda: again(row)

    return make()


def second_scale_kind():
    made, row = scale(), planned().target.indicator
    return lambda: change(row, scale=made)


def uom_with(**changes):
    row = planned().target.indicator.uom
    return lambda: change(row, **changes)


def point_twice():
    revision = planned()
    point = revision.roadmap.create(period=revision.target.period, value=5)
    return lambda: again(point)


BROKEN = {
    "unitofmeasure_factor_positive": lambda: uom_with(factor=0),
    "gradelevel_rank_once": lambda: level_with(rank=2),
    "gradelevel_label_once": lambda: level_with(label_vi="Hoàn thành"),
    "gradelevel_rank_positive": lambda: level_with(rank=0),
    "indicator_version_once": lambda: twice(lambda revision: revision.target.indicator),
    "indicator_ratio_has_parts": lambda: indicator_with(kind="ratio"),
    "indicator_decimals_fit": lambda: indicator_with(decimals=7),
    "indicator_grade_has_scale": lambda: indicator_with(kind="grade"),
    "indicator_agg_fits_kind": lambda: indicator_with(kind="percent", unit_agg="sum"),
    "target_code_once": lambda: _target_again(),
    "target_weight_positive": lambda: target_with(weight=0),
    "target_withdrawn_has_reason": lambda: target_with(state="withdrawn", end_reason=""),
    "target_is_not_its_own_parent": lambda: target_with(parent=django_models.F("pk")),
    "revision_once": lambda: twice(lambda revision: revision),
    "revision_value_stated_or_marked": lambda: revision_with(value=None),
    "revision_between_has_upper": lambda: revision_with(comparator="between", upper=None),
    "revision_eq_has_tolerance": lambda: revision_with(comparator="eq", tolerance=None),
    "revision_maintain_has_rule": lambda: revision_with(mode="maintain"),
    "revision_share_has_share": lambda: revision_with(mode="maintain", maintain_rule="share"),
    "revision_reach_differs_from_baseline": lambda: revision_with(  # G-12
        baseline=django_models.F("value")
    ),
    "revision_later_has_reason": lambda: revision_with(n=2),
    "share_once": lambda: share_with(ordinal=1),
    "share_label_once": lambda: share_with(label_vi="A"),
    "share_in_whole": lambda: share_with(value=Decimal("100.1")),
    "milestone_once": lambda: step_with(ordinal=1),
    "milestone_weight_in_whole": lambda: step_with(weight=0),
    "trajectory_once": point_twice,
}


def _target_again():
    row = planned().target
    return lambda: again(row, ref="another")


def test_every_constraint_is_asked():
    assert set(BROKEN) == set(named(targets))


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name):
    breach = BROKEN[name]()
    with refused(name):
        breach()


@pytest.mark.parametrize("basis", ["last_year", "superior", "unstated"])
def test_a_value_from_elsewhere_is_empty_and_no_range(basis):
    stated = revision_with(value_basis=basis)
    with refused("revision_value_stated_or_marked"):
        stated()
    ranged = revision_with(value_basis=basis, value=None, comparator="between")
    with pytest.raises(IntegrityError, match=r"revision_(value_stated|between_has)"):
        ranged()


def test_a_share_of_nothing_and_grades_of_another_kind_are_refused():
    for name, breach in (
        ("share_in_whole", share_with(value=0)),
        ("indicator_grade_has_scale", second_scale_kind()),
    ):
        with refused(name):
            breach()


def test_what_administrations_say_can_be_stored():
    revision = planned()
    change(revision, value_basis="last_year", value=None)
    change(revision, value_basis="superior", comparator="eq", tolerance=0)
    made = scale()
    change(revision.target.indicator, kind="grade", scale=made)
    revision.steps.create(ordinal=1, title_vi="Xong", due_on=date(2024, 6, 30), weight=100)
    assert IndicatorDefinition.objects.get(pk=revision.target.indicator_id).grades("en") == {
        1: "Không hoàn thành",
        2: "Hoàn thành",
        3: "Hoàn thành tốt",
    }
