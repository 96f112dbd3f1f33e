"""A target that counts distinct units: a share of at least 25 % of the units under the committee."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from commitments.actions import inspections
from commitments.enums import Comparator, IndicatorKind, TargetState
from commitments.models import IndicatorDefinition, Inspection, Target, TargetRevision
from tests.factories.body import NOW, Body, make_body, unit
from units.models import OrgUnit, User

DAY = date(2024, 1, 15)


@dataclass
class Inspecting:
    """A body whose committee carries a share of distinct units; its secretary records."""

    body: Body
    target: Target
    units: list[OrgUnit] = field(default_factory=list)

    @property
    def recorder(self) -> User:
        return self.body.assigner

    def fix(self, units: Sequence[OrgUnit] | None = None, *, at: datetime = NOW, **changes: Any):
        """Freeze `units`, by default all that there are."""
        chosen = self.units if units is None else units
        asked = {
            "target_id": self.target.pk,
            "unit_ids": [one.pk for one in chosen],
            "by": self.body.planner,
            "at": at,
        }
        return inspections.fix_scope(**(asked | changes))

    def record(self, of: OrgUnit, *, on: date = DAY, at: datetime = NOW, **changes: Any):
        asked = {
            "target_id": self.target.pk,
            "unit_id": of.pk,
            "inspected_on": on,
            "conclusion": "Chấp hành tốt.",
            "by": self.recorder,
            "at": at,
        }
        return inspections.record(**(asked | changes))

    def correct(self, wrong: Inspection, *, at: datetime = NOW, **changes: Any):
        asked = {
            "inspection_id": wrong.pk,
            "reason": "Ghi nhầm ngày.",
            "unit_id": wrong.unit_id,
            "inspected_on": wrong.inspected_on,
            "conclusion": wrong.conclusion,
            "by": self.recorder,
            "at": at,
        }
        return inspections.correct(**(asked | changes))


def make_inspecting(*, more: int = 2, body: Body | None = None) -> Inspecting:
    """Build the body with `more` units beside its two communes; nothing is frozen yet."""
    body = body or make_body()
    made = [unit(f"bx-{n:03}", f"Unit {n:03}", parent=body.committee) for n in range(more)]
    first = body.targets[0]
    indicator = IndicatorDefinition.objects.create(
        code="inspections",
        name_vi="Đơn vị được kiểm tra",
        name_en="Units inspected",
        kind=IndicatorKind.RATIO,
        uom=first.indicator.uom,
        numerator="Số đơn vị đã kiểm tra",
        denominator="Tổng số đơn vị",
        decimals=1,
    )
    target = Target.objects.create(
        ref="2024-inspections",
        period=body.plan,
        code="N01.9",
        group=first.group,
        indicator=indicator,
        unit=body.committee,
        assigner=body.committee,
    )
    TargetRevision.objects.create(
        target=target, comparator=Comparator.GE, value=25, effective_from=date(2024, 1, 1)
    )
    target.state = TargetState.ASSIGNED
    target.save(update_fields=["state"])
    return Inspecting(body, target, [body.commune, body.other, *made])
