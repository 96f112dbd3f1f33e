"""The plans of the demonstration built by the ordinary acts: groups, targets, what units carry."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from commitments.actions import allocations, duties, observations, plans, targets
from commitments.demo.district import ARTICLE, UNITS
from commitments.demo.organisation import District
from commitments.demo.plan import (
    AIMS,
    BY_HOUSEHOLDS,
    GRADES,
    GROUPS,
    HOUSEHOLDS,
    KEY_USED,
    LEVELS,
    OBSERVED,
    OWN_GROUP,
    REVISED,
    ROADMAP_REVISED,
    SCALE,
    UOMS,
    Aim,
    carriers,
    roadmap,
)
from commitments.enums import (
    AllocationMode,
    IndicatorKind,
    MaintainRule,
    MandateKind,
    TargetMode,
    TargetOrigin,
    ValueBasis,
)
from commitments.models import IndicatorDefinition, Period, Target
from commitments.rules.allocations import Key, largest_remainder
from commitments.rules.targets import Step
from units.enums import Provenance
from units.models import User

CODES = {unit.ref: unit.code for unit in UNITS}
MANDATES = {  # number and day are not published: they stay empty
    False: (
        "Nghị quyết thực hiện chỉ tiêu Ban Thường vụ Tỉnh ủy giao năm {year}",
        "Resolution on the targets of {year} assigned by the Provincial Standing Committee",
    ),
    True: (
        "Nghị quyết chuyên đề của Huyện ủy về nhiệm vụ giao thêm năm {year}",
        "Thematic resolution of the district on its own tasks of {year}",
    ),
}


class Planner:
    """Draws up the plan of a year as the district's planner."""

    def __init__(self, district: District) -> None:
        self.district = district

    @property
    def by(self) -> User:
        return self.district.people["truc"]

    def make(self, year: int, *, at: datetime) -> Period:
        """Draw up and assign the plan: 16 groups and one, 32 targets and three, and all parts."""
        plan = plans.create_period(
            owner_id=self.district.units["bx-hu"].pk,
            year=year,
            provenance=Provenance.SYNTHETIC,
            by=self.by,
            at=at,
        )
        duties.define_rule(  # the district's own targets are the whole that its units report
            plan_id=plan.pk, exempt_unit_id=self.district.units["bx"].pk, by=self.by, at=at
        )
        mandates = {
            own: plans.create_mandate(
                issuer_id=self.district.units["bx-hu"].pk,
                kind=MandateKind.RESOLUTION,
                title_vi=vi.format(year=year),
                title_en=en.format(year=year),
                provenance=Provenance.SYNTHETIC,
                by=self.by,
                at=at,
            )
            for own, (vi, en) in MANDATES.items()
        }
        groups = {
            code: plans.create_group(
                period_id=plan.pk,
                mandate_id=mandates[code == OWN_GROUP].pk,
                code=code,
                title_vi=vi,
                title_en=en,
                field=field,
                by=self.by,
                at=at,
            ).pk
            for code, field, vi, en in GROUPS
        }
        indicators = dict(IndicatorDefinition.objects.values_list("code", "pk"))
        indicators = indicators or self._define(at=at)
        months = list(plan.children.filter(kind="month").order_by("starts_on"))
        carried = carriers(year)
        for aim in AIMS:
            whole = targets.create_target(
                period_id=plan.pk,
                group_id=groups[aim.group],
                indicator_id=indicators[aim.indicator],
                unit_id=self.district.units["bx"].pk,
                code=aim.code,
                wanted=_wanted(aim, year, months),
                origin=TargetOrigin.OWN if aim.group == OWN_GROUP else TargetOrigin.SUPERIOR,
                is_new=aim.is_new,
                is_difficult=aim.is_difficult,
                provenance=aim.provenance(year),
                by=self.by,
                at=at,
            )
            if aim.code in carried:
                self.split(whole, carried[aim.code], at=at)
        planned = plan.targets.filter(state="planned").order_by("pk").values_list("pk", flat=True)
        targets.assign_targets(target_ids=list(planned), by=self.by, at=at)
        plan.refresh_from_db()
        return plan

    def _define(self, *, at: datetime) -> dict[str, int]:
        """Enter measures, grades and indicators; return the keys of the indicators by code."""
        uoms = {
            code: targets.define_unit_of_measure(
                code=code, label_vi=vi, label_en=en, by=self.by, at=at
            )
            for code, vi, en in UOMS
        }
        scale = targets.define_scale(
            code=SCALE[0], name_vi=SCALE[1], name_en=SCALE[2], levels=GRADES, by=self.by, at=at
        )
        for code, vi, en, kind, uom, decimals in LEVELS:
            targets.define_indicator(
                code=code,
                name_vi=vi,
                name_en=en,
                kind=kind,
                uom_id=uoms[uom].pk,
                decimals=decimals,
                numerator="Số chỉ tiêu đạt" if kind == IndicatorKind.RATIO else "",
                denominator="Số chỉ tiêu được giao" if kind == IndicatorKind.RATIO else "",
                provenance=Provenance.SOURCED,
                by=self.by,
                at=at,
            )
        return {
            aim.indicator: targets.define_indicator(
                code=aim.indicator,
                name_vi=aim.name_vi,
                name_en=aim.name_en,
                kind=aim.kind,
                nature=aim.nature,
                uom_id=uoms[aim.uom].pk,
                decimals=aim.decimals,
                numerator=aim.parts[0],
                denominator=aim.parts[1],
                scale_id=scale.pk if aim.kind == IndicatorKind.GRADE else None,
                provenance=Provenance.SOURCED if aim.is_sourced else Provenance.SYNTHETIC,
                by=self.by,
                at=at,
            ).pk
            for aim in AIMS
        }

    def split(self, whole: Target, refs: list[str], *, at: datetime) -> None:
        """Let units carry a target: in proportion to their households, or each the same."""
        whole = Target.objects.select_related("indicator").get(pk=whole.pk)
        value = whole.revisions.latest("n").value or Decimal(0)
        units = {ref: self.district.units[ref].pk for ref in refs}
        adds_up = whole.code in BY_HOUSEHOLDS
        if adds_up:
            keys = [Key(pk, CODES[ref], Decimal(HOUSEHOLDS[ref])) for ref, pk in units.items()]
            parts = largest_remainder(value, keys, decimals=whole.indicator.decimals)
        else:
            parts = dict.fromkeys(units.values(), value)
        allocations.allocate(
            target_id=whole.pk,
            parts=parts,
            mode=AllocationMode.ADDITIVE if adds_up else AllocationMode.UNIFORM,
            key_used=KEY_USED if adds_up else "",
            by=self.by,
            expected=whole.etag_version,
            at=at,
        )

    def observe_2023(self, *, at: datetime) -> None:
        """Enter what is published of the year, each figure with its source."""
        plan = Period.objects.get(code="2023")
        keys = dict(IndicatorDefinition.objects.values_list("code", "pk"))
        for code, figures in OBSERVED:
            observations.record(
                indicator_id=keys[code],
                unit_id=self.district.units["bx"].pk,
                period_id=plan.pk,
                source_ref=ARTICLE,
                provenance=Provenance.SOURCED,
                by=self.by,
                at=at,
                **figures,
            )

    def revise_certificates(self, *, at: datetime) -> None:
        """Raise the certificates of 2024 from 280 to 300 and split them anew."""
        whole = Target.objects.get(period__code="2024", code="H17.1")
        months = list(whole.period.children.filter(kind="month").order_by("starts_on"))
        revised = targets.revise_target(
            target_id=whole.pk,
            wanted=targets.wanted_of(
                whole.revisions.latest("n"),
                value=REVISED,
                roadmap=_points(ROADMAP_REVISED, months),
            ),
            reason="Giao bổ sung theo tiến độ đo đạc (minh họa)",
            by=self.by,
            expected=whole.etag_version,
            at=at,
        )
        self.split(revised, carriers(2024)["H17.1"], at=at)


def _points(values: tuple[str, ...], months: list[Period]) -> list[tuple[int, Decimal]]:
    pairs = zip(months, values, strict=False)
    return [(month.pk, Decimal(value)) for month, value in pairs if value]


def _wanted(aim: Aim, year: int, months: list[Period]) -> targets.Wanted:
    """Return what a target says in a year."""
    value = aim.values[year - 2023]
    said: dict[str, Any] = {}
    if value is None:
        said["value_basis"] = ValueBasis.UNSTATED
    if aim.maintained:
        said["mode"] = TargetMode.MAINTAIN
        said["maintain_rule"] = MaintainRule.ALL if year == 2023 else MaintainRule.SHARE
        said["maintain_share"] = None if year == 2023 else Decimal(90)
    if aim.steps:
        said["steps"] = [
            Step(vi, date.fromisoformat(f"{year}-{day}"), Decimal(weight), en)
            for vi, en, day, weight in aim.steps
        ]
    if year == 2024:
        said["roadmap"] = _points(roadmap(aim), months)
        if aim.code == "H17.1":
            said |= {"baseline": Decimal(250), "baseline_period": "2023"}
    return targets.Wanted(aim.comparator, None if value is None else Decimal(value), **said)
