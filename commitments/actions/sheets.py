"""A plan as the rows of its workbook: what an export writes and an import is compared with."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from commitments.actions import revisions
from commitments.enums import VersionState
from commitments.models import (
    Allocation,
    Commitment,
    IndicatorDefinition,
    Period,
    Target,
    UnitOfMeasure,
)
from commitments.rules.known import QUARTERS, Known, Office, Standing
from units import clock
from units.models import OrgUnit, Position, User
from units.permissions import holders_at
from units.rules.refs import fold, tidy
from units.rules.sheets import Row


class Snapshot(NamedTuple):
    """A plan as it is. `known`: for judging; `digest`: changes when any of it does. The rest: rows
    of the database by the keys of the sheets."""

    known: Known
    digest: str
    units: dict[str, OrgUnit]
    offices: dict[str, Position]
    indicators: dict[str, IndicatorDefinition]
    targets: dict[str, Target]
    parts: dict[str, Period]
    uoms: dict[str, UnitOfMeasure]
    commitments: dict[str, Commitment]


def take(plan: Period, *, by: User, at: datetime) -> Snapshot:
    """Return `plan` with what `by` may refer to in its workbook. Constant queries."""
    day = clock.local_date(at)
    reach = OrgUnit.objects.within_reach_of(by, at=at).in_force(day)
    units = {unit.ref: unit for unit in reach.with_names().order_by("ref")}
    spellings = {
        fold(unit.version_now.official_code): ref
        for ref, unit in units.items()
        if unit.version_now and unit.version_now.official_code
    } | {fold(ref): ref for ref in units}
    positions = Position.objects.in_force(day).filter(unit__in=units.values())
    offices = {office.ref: office for office in positions.select_related("unit").order_by("ref")}
    holders = holders_at([office.pk for office in offices.values()], at=at)
    uoms, uom_names = _uoms()
    parts = _parts(plan)
    indicators = _indicators()
    targets = {target.code: target for target in _targets(plan)}
    commitments = {
        commitment.unit.ref: commitment
        for commitment in plan.commitments.filter(assigner_unit=plan.owner_id)
        .select_related("unit")
        .prefetch_related(
            "versions__first_undertaker", "versions__second_undertaker", "versions__assigner"
        )
    }
    present: dict[str, dict[str, Row]] = {
        "groups": {
            group.code: {
                "code": group.code,
                "title_vi": tidy(group.title_vi),
                "title_en": tidy(group.title_en),
                "field": group.field,
                "mandate": group.mandate.ref,
            }
            for group in plan.groups.select_related("mandate").order_by("ordinal")
        },
        "indicators": {key: _indicator_row(key, row, uoms) for key, row in indicators.items()},
        "targets": {
            code: _target_row(target, plan, indicators) for code, target in targets.items()
        },
        "allocations": _splits(plan, targets),
        "undertakers": {unit: _undertaker_row(row) for unit, row in commitments.items()},
    }
    newest = {unit: _newest(commitment) for unit, commitment in commitments.items()}
    known = Known(
        today=day,
        units=spellings,
        offices={
            ref: Office(office.unit.ref, holders[office.pk].person.username)
            if office.pk in holders
            else Office(office.unit.ref, "")
            for ref, office in offices.items()
        },
        mandates=list(plan.owner.mandates.order_by("pk").values_list("ref", flat=True)),
        uoms=uom_names,
        parts={name: part.ends_on for name, part in parts.items()},
        present=present,
        standing=_standing(plan, targets.values()),
        issued={
            unit: commitments[unit].number
            for unit, version in newest.items()
            if version and version.state not in {VersionState.DRAFT, VersionState.VOIDED}
        },
        taken={
            target.code: f"{target.parent.code}/{target.unit.ref}"
            for target in targets.values()
            if target.parent
        },
    )
    etags = {code: target.etag_version for code, target in targets.items()}
    versions = {unit: str(version) for unit, version in newest.items()}
    text = json.dumps([present, etags, versions, plan.state], default=str, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Snapshot(known, digest, units, offices, indicators, targets, parts, uoms, commitments)


def _uoms() -> tuple[dict[str, UnitOfMeasure], dict[str, str]]:
    """Return the units of measure as rows write them, and that writing by folded spelling."""
    rows = list(UnitOfMeasure.objects.order_by("pk"))
    labels = [tidy(row.label_vi) for row in rows]
    written = {
        (label if labels.count(label) == 1 else row.code): row
        for label, row in zip(labels, rows, strict=True)
    }
    names = {fold(row.code): name for name, row in written.items()}
    names |= {fold(row.label_en): name for name, row in written.items() if row.label_en}
    return written, names | {fold(name): name for name in written}


def _parts(plan: Period) -> dict[str, Period]:
    """Return the plan's parts by what their codes add to the plan's: q1, 03; the plan as "year"."""
    parts = {part.code.removeprefix(f"{plan.code}-"): part for part in plan.children.all()}
    return parts | {"year": plan}


def _indicators() -> dict[str, IndicatorDefinition]:
    """Return every definition: the newest by its code, an older one as code/version."""
    rows = IndicatorDefinition.objects.select_related("uom", "scale").order_by("code", "version")
    found: dict[str, IndicatorDefinition] = {}
    for row in rows.prefetch_related("scale__levels"):
        if older := found.get(row.code):
            found[f"{row.code}/{older.version}"] = older
        found[row.code] = row
    return found


def _indicator_row(key: str, row: IndicatorDefinition, uoms: dict[str, UnitOfMeasure]) -> Row:
    uom = next(name for name, uom in uoms.items() if uom.pk == row.uom_id)
    names, english = row.grades("vi"), row.grades("en")
    grades = tuple(
        (tidy(name), tidy(english[rank]) if english[rank] != name else "")
        for rank, name in names.items()
    )
    said = {name: tidy(getattr(row, name)) for name in ("name_vi", "name_en")}
    return {
        "code": key,
        **said,
        "kind": row.kind,
        "nature": row.nature,
        "uom": uom,
        "decimals": Decimal(row.decimals),
        "numerator": tidy(row.numerator),
        "denominator": tidy(row.denominator),
        "grades": grades,
    }


def _targets(plan: Period) -> Iterable[Target]:
    rows = plan.targets.select_related("group", "indicator__scale", "indicator__uom", "parent")
    return (
        rows.select_related("unit", "period")
        .prefetch_related(
            "revisions__roadmap__period",
            "revisions__shares",
            "revisions__steps",
            "indicator__scale__levels",
        )
        .order_by("group__ordinal", "pk")
    )


def _target_row(target: Target, plan: Period, indicators: dict[str, IndicatorDefinition]) -> Row:
    indicator = target.indicator
    newest = indicators[indicator.code].pk == indicator.pk
    row: Row = {
        "code": target.code,
        "group": target.group.code,
        "indicator": indicator.code if newest else f"{indicator.code}/{indicator.version}",
        "unit": target.unit.ref,
        "part_of": target.parent.code if target.parent else "",
    }
    said = revisions.wanted_of(target.current) if target.current else None
    plain = ("mode", "comparator", "value_basis", "value", "upper", "tolerance", "baseline")
    row |= {name: getattr(said, name, None) for name in plain}
    row["baseline_period"] = tidy(said.baseline_period) if said else ""
    row["maintain_rule"] = said.maintain_rule if said else ""
    row["maintain_share"] = said.maintain_share if said else None
    row["shares"] = tuple(
        share._replace(label_vi=tidy(share.label_vi), label_en=tidy(share.label_en))
        for share in (said.shares if said else ())
    )
    row["steps"] = tuple(
        step._replace(title_vi=tidy(step.title_vi), title_en=tidy(step.title_en))
        for step in (said.steps if said else ())
    )
    points = {
        "year"
        if point.period_id == plan.pk
        else point.period.code.removeprefix(f"{plan.code}-"): point.value
        for point in (target.current.roadmap.all() if target.current else ())
    }
    row |= {quarter: points.pop(quarter, None) for quarter in QUARTERS}
    row["points"] = tuple(sorted(points.items()))
    return row | {
        "origin": target.origin,
        "clause": tidy(target.clause),
        "is_new": target.is_new,
        "is_difficult": target.is_difficult,
        "needs_evidence": target.needs_evidence,
    }


def _splits(plan: Period, targets: dict[str, Target]) -> dict[str, Row]:
    newest = {target.current.pk: target for target in targets.values() if target.current}
    rows = Allocation.objects.filter(revision__in=newest).order_by("pk")
    by_pk = {target.pk: target for target in targets.values()}
    found: dict[str, Row] = {}
    for row in rows.prefetch_related("lines"):
        children = [by_pk[line.child_id] for line in row.lines.all()]
        found[newest[row.revision_id].code] = {
            "mode": row.mode,
            "reserve": row.reserve,
            "overage": row.overage,
            "key_used": tidy(row.key_used),
            "parts": {
                child.unit.ref: (child.current.value, child.code)
                for child in sorted(children, key=lambda child: child.pk)
                if child.current
            },
        }
    return found


def _newest(commitment: Commitment) -> Any:
    return max(commitment.versions.all(), key=lambda version: version.n, default=None)


def _undertaker_row(commitment: Commitment) -> Row:
    version = _newest(commitment)
    second = version.second_undertaker if version else None
    return {
        "unit": commitment.unit.ref,
        "first": version.first_undertaker.ref if version else "",
        "second": second.ref if second else "",
        "assigner": version.assigner.ref if version else "",
        "sign_by": version.sign_by if version else None,
        "order": commitment.signing_order,
    }


def _standing(plan: Period, targets: Iterable[Target]) -> dict[str, Standing]:
    """Return the state of each target, and the commitment beyond its draft that holds it."""
    held = Target.objects.filter(period=plan).exclude(revisions__items=None)
    beyond = held.exclude(revisions__items__version__state=VersionState.DRAFT).values_list(
        "code", "revisions__items__version__commitment__number"
    )
    numbers = {code: number or "" for code, number in beyond}
    return {target.code: Standing(target.state, numbers.get(target.code, "")) for target in targets}
