"""Splitting a target among units: parts that add up, or say by how much they do not."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.actions import revisions
from commitments.actions import targets as target_actions
from commitments.actions.plans import require_planner
from commitments.enums import AllocationMode, TargetOrigin, TargetState
from commitments.models import Allocation, AllocationLine, Target, TargetRevision
from commitments.rules import allocations as rules
from commitments.rules.targets import ADDITIVE_KINDS
from units.actions import register
from units.errors import Conflict, StaleVersion, WrongState
from units.models import OrgUnit, User


class Faults(NamedTuple):
    """What is wrong with the splits of some targets. `gaps`: what is missing (above 0) or too much
    (below 0), by target id. `uneven`: ids of targets whose parts should all demand the same."""

    gaps: dict[int, Decimal]
    uneven: list[int]


def gaps(*, targets: Iterable[Target]) -> dict[int, Decimal]:
    """Return what is missing (above 0) or too much (below 0), by target id; a target that adds up,
    or is not split by addition, is absent. Queries: the same number whatever the size."""
    return faults(targets=targets).gaps


def uneven(*, targets: Iterable[Target]) -> list[int]:
    """Return the ids of the targets whose parts should all demand the same, and do not."""
    return faults(targets=targets).uneven


def faults(*, targets: Iterable[Target]) -> Faults:
    """Return what is wrong with the newest split of each target, of either kind, looked at once.

    Of an older revision, too: a whole that was revised and not split anew no longer adds up.
    """
    found = Faults({}, [])
    rows = Allocation.objects.filter(revision__target__in=list(targets)).order_by("revision__n")
    loaded = rows.select_related("revision__target").prefetch_related("revision__target__revisions")
    newest = {row.revision.target_id: row for row in loaded}
    if not newest:
        return found
    parts_of = _parts(list(newest.values()))
    for target_id, row in newest.items():
        said, parts = row.revision.target.current, parts_of[row.pk]
        if row.mode == AllocationMode.ADDITIVE:
            whole = (said.value if said else None) or Decimal(0)
            values = [part.value for part in parts.values() if part.value is not None]
            if gap := rules.gap(whole, values, reserve=row.reserve, overage=row.overage):
                found.gaps[target_id] = gap
        elif row.mode == AllocationMode.UNIFORM and said and rules.not_uniform(_level(said), parts):
            found.uneven.append(target_id)
    return found


def _parts(splits: list[Allocation]) -> dict[int, dict[int, rules.Level]]:
    """Return what each part of each split demands now, by child id; a part that was withdrawn
    demands nothing. As plain values: a plan has hundreds of parts."""
    said = ("comparator", "value", "upper", "tolerance")
    lines = (
        AllocationLine.objects.filter(allocation__in=splits, child__revisions__isnull=False)
        .exclude(child__state=TargetState.WITHDRAWN)
        .order_by("child__revisions__n")  # the newest stays
        .values_list("allocation", "child", *(f"child__revisions__{name}" for name in said))
    )
    found: dict[int, dict[int, rules.Level]] = {row.pk: {} for row in splits}
    for split, child, *level in lines:
        found[split][child] = rules.Level(*level)
    return found


def _level(revision: TargetRevision) -> rules.Level:
    return rules.Level(revision.comparator, revision.value, revision.upper, revision.tolerance)


def lock_split(*, targets: Iterable[int]) -> dict[int, Target]:
    """Return these targets and what they are parts of, by id, locked until the transaction ends.

    Whatever changes one of them, its split or its parts waits, or was first and is seen. The whole
    comes before its parts: it was drawn up earlier.
    """
    rows = Target.objects.filter(Q(pk__in=list(targets)) | Q(children__in=list(targets)))
    keys = sorted(set(rows.values_list("pk", flat=True)))
    locked = Target.objects.filter(pk__in=keys).order_by("pk")
    return {row.pk: row for row in locked.select_for_update(no_key=True)}


def may_add_up(target: Target, revision: TargetRevision | None) -> bool:
    """Say whether parts of what `revision` demands can be added: a stated number or count."""
    stated = revision is not None and revision.value is not None
    return stated and target.indicator.kind in ADDITIVE_KINDS


@transaction.atomic
def allocate(
    *,
    target_id: int,
    parts: Mapping[int, Decimal],
    by: User,
    expected: int,
    at: datetime,
    mode: AllocationMode = AllocationMode.ADDITIVE,
    key_used: str = "",
    reserve: Decimal = Decimal(0),
    overage: Decimal = Decimal(0),
    codes: Mapping[int, str] | None = None,
) -> Allocation:
    """Split the newest revision of a target; return the split. A gap may stay for now: it is named
    by `gaps`, and no commitment with a part of it is issued before it is closed.

    `parts`: value by unit id; each becomes a target of that unit, drawn up or changed: while
    planned by editing, once assigned by revision. A unit that is left out loses its part as long
    as that is only planned. `expected`: the row version of the target that was read. Raises
    NotAllowed, StaleVersion, WrongState, Conflict (part-assigned, not-additive).
    """
    rows = Target.objects.select_for_update(of=("self",), no_key=True)
    target = rows.select_related("period", "indicator", "assigner").get(pk=target_id)
    require_planner(by, target.assigner_id, at=at, act="allocate")
    if target.etag_version != expected:
        raise StaleVersion(
            _("%(code)s has changed since you opened it. Read it again, then decide.")
            % {"code": target.code},
            code="target-changed",
        )
    if target.state not in {TargetState.PLANNED, TargetState.ASSIGNED}:
        raise WrongState(
            _("%(code)s cannot be split: it is “%(state)s”.")
            % {"code": target.code, "state": TargetState(target.state).label},
            code=f"allocate-not-from-{target.state}",
        )
    revision = target.revisions.order_by("-n")[0]
    if mode == AllocationMode.ADDITIVE and not may_add_up(target, revision):
        raise Conflict(
            _("%(code)s cannot be split into parts that add up: only a stated number or count can.")
            % {"code": target.code},
            code="not-additive",
        )
    split, _created = Allocation.objects.get_or_create(revision=revision)
    split.mode, split.key_used, split.reserve, split.overage = mode, key_used, reserve, overage
    split.etag_version += 1
    split.full_clean()
    split.save()
    known = {child.unit_id: child for child in target.children.prefetch_related("revisions")}
    split.lines.all().delete()
    for unit_id, value in parts.items():
        code = (codes or {}).get(unit_id, "")
        child = _part(target, known.get(unit_id), unit_id, value, code, by=by, at=at)
        AllocationLine.objects.create(allocation=split, child=child)
    for unit_id in known.keys() - parts.keys():
        _drop(known[unit_id], by=by, at=at)
    target.etag_version += 1  # whoever has the split before this one open sees that it has changed
    target.save(update_fields=["etag_version"])
    planned = target.state == TargetState.PLANNED
    register.append(
        kind="target.allocate",
        subject=f"target/{target.ref}",
        subject_version=target.etag_version,
        reach={target.assigner_id} if planned else {target.assigner_id, target.unit_id},
        published=not planned,
        by=by,
        at=at,
        data={
            "revision": revision.n,
            "mode": mode,
            "reserve": f"{reserve:f}",
            "overage": f"{overage:f}",
            "parts": {
                unit.ref: f"{parts[unit.pk]:f}" for unit in OrgUnit.objects.filter(pk__in=parts)
            },
        },
    )
    return split


def part_of(whole: revisions.Wanted, value: Decimal, *, decimals: int) -> revisions.Wanted:
    """Return what a part says that nobody has said more about: what the whole says, its roadmap in
    the proportion of the part, and no baseline, which is each unit's own. `decimals`: of the
    indicator."""
    periods = [period for period, _expected in whole.roadmap]
    expected = [point for _period, point in whole.roadmap]
    roadmap = rules.roadmap_of_part(expected, part=value, decimals=decimals)
    return replace(
        whole,
        value=value,
        baseline=None,
        baseline_period="",
        roadmap=tuple(zip(periods, roadmap, strict=False)),
    )


def _part(
    target: Target,
    child: Target | None,
    unit_id: int,
    value: Decimal,
    code: str,
    *,
    by: User,
    at: datetime,
) -> Target:
    """Return the target that carries one part, with `value` as its newest revision."""
    whole = revisions.wanted_of(target.revisions.order_by("-n")[0])
    wanted = part_of(whole, value, decimals=target.indicator.decimals)
    if child is None:
        return target_actions.create_target(
            period_id=target.period_id,
            group_id=target.group_id,
            indicator_id=target.indicator_id,
            unit_id=unit_id,
            code=code or _free_code(target),
            wanted=wanted,
            by=by,
            at=at,
            origin=TargetOrigin(target.origin),
            clause=target.clause,
            parent_id=target.pk,
            needs_evidence=target.needs_evidence,
        )
    last = child.revisions.order_by("-n")[0]
    if last.value == value:
        return child
    if child.state == TargetState.PLANNED:
        return target_actions.edit_target(
            target_id=child.pk, wanted=wanted, by=by, expected=child.etag_version, at=at
        )
    return target_actions.revise_target(
        target_id=child.pk,
        wanted=replace(revisions.wanted_of(last), value=value, roadmap=wanted.roadmap),
        reason=target.revisions.order_by("-n")[0].reason or str(_("The allocation changed.")),
        by=by,
        expected=child.etag_version,
        at=at,
    )


def _free_code(target: Target) -> str:
    """Return the next number of a part that no target of the plan has."""
    taken = set(target.period.targets.values_list("code", flat=True))
    place = target.children.count() + 1
    while f"{target.code}.{place}" in taken:
        place += 1
    return f"{target.code}.{place}"


def _drop(child: Target, *, by: User, at: datetime) -> None:
    """Take a planned part away; one that was assigned is withdrawn by an assigner instead."""
    if child.state != TargetState.PLANNED:
        raise Conflict(
            _("%(code)s is assigned already: withdraw it, or give it a part.")
            % {"code": child.code},
            code="part-assigned",
        )
    if child.carried_from.exists():
        raise Conflict(
            _("%(code)s carries on an item of an earlier year: give it a part.")
            % {"code": child.code},
            code="part-carried",
        )
    for revision in child.revisions.all():
        revisions.remove(revision)
    AllocationLine.objects.filter(child=child).delete()  # of splits of earlier revisions too
    target_actions.enter_drop(child, by=by, at=at)
    child.delete()
