"""Units and offices: founded, renamed, put under a superior, ended."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import appointments, register
from units.actions.guards import (
    one_at_a_time,
    require_after,
    require_ends,
    require_in_force,
    require_organiser,
    require_seen,
    unique_or,
)
from units.enums import Provenance, Tree, UnitKind
from units.errors import Conflict, Invalid
from units.models import OrgEdge, OrgUnit, OrgUnitVersion, Position, User
from units.rules import organisation as rules
from units.rules import refs
from units.rules.dates import day_text, last_day

LINES_LOCK = 0x11E5  # the advisory lock of whoever changes who stands under whom


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
    unit id by line. Raises NotAllowed (create-unit-not-allowed), Invalid (ref-invalid,
    unit-not-there), Conflict (code-taken, ref-taken), ValidationError.
    """
    superiors = under or {}
    for superior in superiors.values() or [None]:
        require_organiser(by, superior, at=at, act="create-unit")
    day = valid_from or clock.local_date(at)
    for tree, superior in superiors.items():
        require_in_force(_lock(superior), day, field=f"under_{tree}")
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
    meanwhile = Conflict(
        _("“%(ref)s” has been taken meanwhile. Enter the unit again.") % {"ref": unit.ref},
        code="ref-taken",
    )
    with unique_or(meanwhile):
        unit.save()
    _write_name(unit, day, name_vi, name_en, short_name, official_code, code_system)
    for tree, superior in superiors.items():
        OrgEdge.objects.create(parent_id=superior, child=unit, tree=tree, valid_from=day)
    _enter(unit, "create", by=by, at=at, name=refs.tidy(name_vi), kind=kind)
    return unit


def _write_name(
    unit: OrgUnit, day: date, vi: str, en: str, short: str, code: str, system: str
) -> None:
    version = OrgUnitVersion(
        unit=unit,
        name_vi=refs.tidy(vi),
        name_en=refs.tidy(en),
        short_name=refs.tidy(short),
        official_code=code.strip(),
        code_system=system if code.strip() else "",
        valid_from=day,
    )
    taken = Conflict(
        _("Another unit holds the code %(code)s at that time. End its use there first.")
        % {"code": version.official_code},
        code="code-taken",
    )
    lasting = Q(valid_to=None) | Q(valid_to__gt=day)
    same = OrgUnitVersion.objects.filter(
        lasting, official_code=version.official_code, code_system=version.code_system
    )
    if version.official_code and same.exclude(unit=unit).exists():
        raise taken
    version.full_clean()
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
    """Give a unit another name or code from the day `from_on` on; the old one stays for before.

    Raises NotAllowed, StaleVersion, Invalid (name-not-after), Conflict (unit-ended, code-taken),
    ValidationError.
    """
    unit = _lock(unit_id)
    require_organiser(by, unit, at=at, act="rename-unit")
    require_seen(unit, expected, noun="unit")
    _require_lasting(unit)
    last = unit.versions.get(valid_to=None)
    require_after(from_on, last.valid_from, field="from_on", code="name-not-after")
    last.valid_to = from_on
    last.save(update_fields=["valid_to"])
    _write_name(unit, from_on, name_vi, name_en, short_name, official_code, code_system)
    _raised(unit)
    _enter(unit, "rename", by=by, at=at, name=refs.tidy(name_vi), from_on=from_on.isoformat())
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

    Asked of whoever administers the unit, the new superior and the one that it leaves. One at a
    time in the whole body: two changes that are each right can close a chain together. Raises
    NotAllowed, StaleVersion, Invalid (cycle, edge-not-after, unit-not-there), Conflict (unit-ended).
    """
    one_at_a_time(LINES_LOCK)
    unit = _lock(unit_id)
    last = unit.edges_up.filter(tree=tree).order_by("-valid_from").first()
    lasts = last is not None and (last.valid_to is None or last.valid_to > from_on)
    require_organiser(by, unit, at=at, act="put-under")
    for superior in {parent_id, last.parent_id if last and lasts else None} - {None}:
        require_organiser(by, superior, at=at, act="put-under")
    require_seen(unit, expected, noun="unit")
    _require_lasting(unit)
    require_in_force(unit, from_on, field="from_on")
    parent = None
    if parent_id is not None:
        parent = _lock(parent_id)
        require_in_force(parent, from_on, field="parent")
        _require_no_cycle(unit, parent, tree, from_on)
    if last is not None:
        require_after(from_on, last.valid_from, field="from_on", code="edge-not-after")
        if lasts:
            last.valid_to = from_on
            last.save(update_fields=["valid_to"])
    if parent is not None:
        OrgEdge.objects.create(parent=parent, child=unit, tree=tree, valid_from=from_on)
    _raised(unit)
    _enter(unit, "put_under", by=by, at=at, tree=tree, parent=parent.ref if parent else None)
    return unit


def _require_no_cycle(unit: OrgUnit, parent: OrgUnit, tree: Tree, from_on: date) -> None:
    lasting = Q(valid_to=None) | Q(valid_to__gt=from_on)
    edges = OrgEdge.objects.filter(lasting, tree=tree).values_list(
        "parent_id", "child_id", "valid_from", "valid_to"
    )
    new = rules.Edge(parent.pk, unit.pk, from_on)
    closes = rules.cycle_on((rules.Edge(*edge) for edge in edges), new)
    if closes is not None:
        text = _(
            "On %(day)s “%(parent)s” stands under this unit. A unit cannot stand under itself or under a unit that stands under it. Choose another superior."
        ) % {"day": day_text(closes), "parent": parent}
        raise Invalid(text, code="cycle", fields={"parent": [text]})


def _require_lasting(unit: OrgUnit) -> None:
    """Raise Conflict (unit-ended) when an end of `unit` is written: what it is changes no more."""
    if unit.valid_to is not None:
        raise Conflict(
            _("“%(unit)s” ends, its last day is %(day)s. It is not changed any more.")
            % {"unit": unit, "day": day_text(last_day(unit.valid_to))},
            code="unit-ended",
        )


@transaction.atomic
def end_unit(*, unit_id: int, end_on: date, by: User, expected: int, at: datetime) -> OrgUnit:
    """End a unit: `end_on` is the first day without it.

    Its name and its place end with it, and its offices with who holds them, each with an entry of
    its own. Raises NotAllowed, StaleVersion, Invalid (end-not-after, already-ended), Conflict
    (units-under-it, begins-later).
    """
    one_at_a_time(LINES_LOCK)
    unit = _lock(unit_id)
    require_organiser(by, unit, at=at, act="end-unit")
    require_seen(unit, expected, noun="unit")
    require_ends(end_on, valid_from=unit.valid_from, valid_to=unit.valid_to)
    lasting = Q(valid_to=None) | Q(valid_to__gt=end_on)
    if below := unit.edges_down.filter(lasting).select_related("child").first():
        raise Conflict(
            _("“%(unit)s” still stands under it. Put it under another superior first.")
            % {"unit": below.child},
            code="units-under-it",
        )
    for rows in (unit.versions, unit.edges_up):
        if rows.filter(lasting, valid_from__gte=end_on).exists():
            raise Conflict(
                _("A new name or superior begins on that day or later. Choose a later day."),
                code="begins-later",
            )
        rows.filter(lasting).update(valid_to=end_on)
    for position in unit.positions.filter(lasting).select_for_update(no_key=True).order_by("pk"):
        _end_office(position, end_on, by=by, at=at)
    appointments.end_watch_over(unit, end_on, by=by, at=at)
    unit.valid_to = end_on
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
    """Make an office of a unit; return it.

    Raises NotAllowed, Invalid (unit-not-there), Conflict (head-exists, unit-ended), ValidationError.
    """
    unit = _lock(unit_id)
    require_organiser(by, unit, at=at, act="create-position")
    _require_lasting(unit)
    day = valid_from or clock.local_date(at)
    require_in_force(unit, day, field="valid_from")
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
        valid_from=day,
        provenance=provenance,
    )
    lasting = Q(valid_to=None) | Q(valid_to__gt=day)
    if is_head and unit.positions.heads().filter(lasting, tree=tree).exists():
        raise Conflict(
            _("This unit already has a head in that line. End that office first."),
            code="head-exists",
        )
    position.full_clean()
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
    """End an office: `end_on` is the first day without it. Who holds it holds it no longer.

    Raises NotAllowed, Invalid (end-not-after, already-ended), Conflict (begins-later).
    """
    position = (
        Position.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=position_id)
    )
    require_organiser(by, position.unit, at=at, act="end-position")
    require_ends(end_on, valid_from=position.valid_from, valid_to=position.valid_to)
    _end_office(position, end_on, by=by, at=at)
    return position


def _end_office(position: Position, end_on: date, *, by: User, at: datetime) -> None:
    if position.valid_from >= end_on:
        raise Conflict(
            _("“%(what)s” begins only on %(day)s. Choose a later day.")
            % {"what": position, "day": day_text(position.valid_from)},
            code="begins-later",
        )
    appointments.end_with_office(position, end_on, by=by, at=at)
    position.valid_to = end_on
    position.etag_version += 1
    position.save(update_fields=["valid_to", "etag_version"])
    _enter_position(position, "end", by=by, at=at)
