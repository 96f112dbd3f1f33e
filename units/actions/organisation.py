"""Units and offices: founded, renamed, put under a superior, ended."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import register
from units.actions.guards import require_administrator, require_after, require_seen, unique_or
from units.enums import Provenance, Tree, UnitKind
from units.errors import Conflict, Invalid
from units.models import OrgEdge, OrgUnit, OrgUnitVersion, Position, User
from units.querysets.organisation import subtree
from units.rules import refs


def _enter(unit: OrgUnit, act: str, *, by: User | None, at: datetime, **data: Any) -> None:
    register.append(
        kind=f"unit.{act}",
        subject=f"unit/{unit.ref}",
        subject_version=unit.etag_version,
        reach=[unit],
        by=by,
        at=at,
        published=True,
        data=data,
    )


def _lock(unit_id: int) -> OrgUnit:
    return OrgUnit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit_id)


def _raised(unit: OrgUnit) -> None:
    unit.etag_version += 1
    unit.save(update_fields=["etag_version", "valid_to"])


@transaction.atomic
def create_unit(
    *,
    kind: UnitKind,
    name_vi: str,
    by: User,
    at: datetime,
    ref: str = "",
    name_en: str = "",
    short_name: str = "",
    official_code: str = "",
    code_system: str = "",
    valid_from: date | None = None,
    under: dict[Tree, int] | None = None,
    founding_decision: str = "",
    provenance: Provenance = Provenance.LIVE,
    source_ref: str = "",
) -> OrgUnit:
    """Found a unit, with its first name and its superiors; return it.

    `ref`: permanent; "": from the name. `valid_from` None: the local day of `at`. `under`: superior
    unit id by line. Raises NotAllowed (create-unit-not-allowed), Invalid (ref-invalid), Conflict
    (code-taken), ValidationError.
    """
    superiors = under or {}
    for superior in superiors.values() or [None]:
        require_administrator(by, superior, at=at, act="create-unit")
    day = valid_from or clock.local_date(at)
    taken = set(OrgUnit.objects.values_list("ref", flat=True))
    wanted = ref or refs.slug(name_vi, longest=40)
    if not refs.is_ref(wanted, longest=40) or (ref and ref in taken):
        text = _(
            "“%(ref)s” cannot be the reference: it is taken, or has other signs than a-z, 0-9 and hyphens."
        ) % {"ref": wanted}
        raise Invalid(text, code="ref-invalid", fields={"ref": [text]})
    unit = OrgUnit(
        ref=refs.without_clash(wanted, taken, longest=40),
        kind=kind,
        valid_from=day,
        founding_decision=founding_decision,
        provenance=provenance,
        source_ref=source_ref,
    )
    unit.full_clean()
    unit.save()
    _write_name(unit, day, name_vi, name_en, short_name, official_code, code_system)
    for tree, superior in superiors.items():
        OrgEdge.objects.create(parent_id=superior, child=unit, tree=tree, valid_from=day)
    _enter(unit, "create", by=by, at=at, name=name_vi, kind=kind)
    return unit


def _write_name(
    unit: OrgUnit, day: date, vi: str, en: str, short: str, code: str, system: str
) -> None:
    version = OrgUnitVersion(
        unit=unit,
        name_vi=refs.tidy(vi),
        name_en=refs.tidy(en),
        short_name=refs.tidy(short),
        official_code=code,
        code_system=system if code else "",
        valid_from=day,
    )
    version.full_clean()
    taken = Conflict(
        _("Another unit holds the code %(code)s today. End its use there first.") % {"code": code},
        code="code-taken",
    )
    with unique_or(taken):
        version.save()


@transaction.atomic
def rename_unit(
    *,
    unit_id: int,
    name_vi: str,
    from_on: date,
    by: User,
    expected: int,
    at: datetime,
    name_en: str = "",
    short_name: str = "",
    official_code: str = "",
    code_system: str = "",
) -> OrgUnit:
    """Give a unit another name or code from the day `from_on` on; the old one stays for before."""
    unit = _lock(unit_id)
    require_administrator(by, unit, at=at, act="rename-unit")
    require_seen(unit, expected, noun="unit")
    last = unit.versions.get(valid_to=None)
    require_after(from_on, last.valid_from, field="from_on", code="name-not-after")
    last.valid_to = from_on
    last.save(update_fields=["valid_to"])
    _write_name(unit, from_on, name_vi, name_en, short_name, official_code, code_system)
    _raised(unit)
    _enter(unit, "rename", by=by, at=at, name=name_vi, from_on=from_on.isoformat())
    return unit


@transaction.atomic
def put_under(
    *,
    unit_id: int,
    parent_id: int | None,
    tree: Tree,
    from_on: date,
    by: User,
    expected: int,
    at: datetime,
) -> OrgUnit:
    """Put a unit under a superior in one line from `from_on` on; `parent_id` None: under nobody.

    Raises NotAllowed, StaleVersion, Invalid (cycle).
    """
    unit = _lock(unit_id)
    require_administrator(by, unit, at=at, act="put-under")
    require_seen(unit, expected, noun="unit")
    if parent_id is not None and parent_id in subtree([(unit.pk, tree)], day=from_on):
        text = _(
            "A unit cannot stand under itself or under a unit that stands under it. Choose another superior."
        )
        raise Invalid(text, code="cycle", fields={"parent": [text]})
    last = unit.edges_up.filter(tree=tree, valid_to=None).first()
    if last is not None:
        require_after(from_on, last.valid_from, field="from_on", code="edge-not-after")
        last.valid_to = from_on
        last.save(update_fields=["valid_to"])
    if parent_id is not None:
        OrgEdge.objects.create(parent_id=parent_id, child=unit, tree=tree, valid_from=from_on)
    _raised(unit)
    _enter(
        unit,
        "put_under",
        by=by,
        at=at,
        tree=tree,
        parent=OrgUnit.objects.get(pk=parent_id).ref if parent_id else None,
    )
    return unit


@transaction.atomic
def end_unit(*, unit_id: int, end_on: date, by: User, expected: int, at: datetime) -> OrgUnit:
    """End a unit: `end_on` is the first day without it. Its names, offices and edges end with it."""
    unit = _lock(unit_id)
    require_administrator(by, unit, at=at, act="end-unit")
    require_seen(unit, expected, noun="unit")
    require_after(end_on, unit.valid_from, field="end_on", code="end-not-after")
    unit.valid_to = end_on
    unit.versions.filter(valid_to=None).update(valid_to=end_on)
    unit.edges_up.filter(valid_to=None).update(valid_to=end_on)
    unit.positions.filter(valid_to=None).update(valid_to=end_on)
    _raised(unit)
    _enter(unit, "end", by=by, at=at, end_on=end_on.isoformat())
    return unit


@transaction.atomic
def create_position(
    *,
    unit_id: int,
    title_vi: str,
    tree: Tree,
    by: User,
    at: datetime,
    title_en: str = "",
    is_head: bool = False,
    rank: int = 1,
    ref: str = "",
    valid_from: date | None = None,
    provenance: Provenance = Provenance.LIVE,
) -> Position:
    """Make an office of a unit; return it. Raises NotAllowed, Conflict (head-exists)."""
    unit = _lock(unit_id)
    require_administrator(by, unit, at=at, act="create-position")
    taken = set(
        Position.objects.filter(ref__startswith=unit.ref[:20]).values_list("ref", flat=True)
    )
    wanted = ref or f"{unit.ref[:34]}-{refs.slug(title_vi, longest=24) or 'office'}"
    position = Position(
        ref=refs.without_clash(
            wanted,
            taken | set(Position.objects.filter(ref=wanted).values_list("ref", flat=True)),
            longest=60,
        ),
        unit=unit,
        title_vi=refs.tidy(title_vi),
        title_en=refs.tidy(title_en),
        tree=tree,
        is_head=is_head,
        rank=rank,
        valid_from=valid_from or clock.local_date(at),
        provenance=provenance,
    )
    exists = Conflict(
        _("This unit already has a head in that line. End that office first."), code="head-exists"
    )
    if is_head and unit.positions.filter(is_head=True, tree=tree, valid_to=None).exists():
        raise exists
    position.full_clean()
    with unique_or(exists):
        position.save()
    _enter_position(position, "create", by=by, at=at)
    return position


def _enter_position(position: Position, act: str, *, by: User, at: datetime) -> None:
    register.append(
        kind=f"position.{act}",
        subject=f"position/{position.ref}",
        subject_version=position.etag_version,
        reach=[position.unit_id],
        by=by,
        at=at,
        published=True,
        data={
            "unit": position.unit.ref,
            "title": position.title_vi,
            "head": "yes" if position.is_head else "no",
        },
    )


@transaction.atomic
def end_position(*, position_id: int, end_on: date, by: User, at: datetime) -> Position:
    """End an office: `end_on` is the first day without it."""
    position = (
        Position.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=position_id)
    )
    require_administrator(by, position.unit, at=at, act="end-position")
    require_after(end_on, position.valid_from, field="end_on", code="end-not-after")
    position.valid_to = end_on
    position.etag_version += 1
    position.save(update_fields=["valid_to", "etag_version"])
    _enter_position(position, "end", by=by, at=at)
    return position
