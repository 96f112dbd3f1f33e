"""Appointments to offices, and the offices that watch units."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units.actions import register
from units.actions.guards import (
    require_administrator,
    require_after,
    require_ends,
    require_organiser,
    require_seen,
    unique_or,
)
from units.enums import AppointmentMode, DelegatedAct, OversightLevel, Provenance, Tree
from units.errors import Conflict, Invalid
from units.models import Appointment, OrgUnit, Oversight, Position, User
from units.rules.dates import day_text, last_day


@transaction.atomic
def appoint(
    *,
    person_id: int,
    position_id: int,
    valid_from: date,
    by: User,
    at: datetime,
    mode: AppointmentMode = AppointmentMode.TITULAR,
    valid_to: date | None = None,
    decision_number: str = "",
    decision_on: date | None = None,
    acting_reason: str = "",
    scope: Sequence[str] = (),
    form: str = "",
    delegate_position_id: int | None = None,
    provenance: Provenance = Provenance.LIVE,
) -> Appointment:
    """Put a person in an office from `valid_from`, until the day before `valid_to` (None: open).

    Two titular, or two acting, never overlap in one office; checked under the lock of the office.
    Raises NotAllowed, Invalid (end-not-after, scope-unknown, office-ended), Conflict (office-held),
    ValidationError.
    """
    position = (
        Position.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=position_id)
    )
    require_organiser(by, position.unit, at=at, act="appoint")
    person = User.objects.people().get(pk=person_id)
    _require_possible(position, valid_from, valid_to, scope)
    row = Appointment(
        ref=f"{position.ref[:30]}-{secrets.token_hex(4)}",
        person=person,
        position=position,
        mode=mode,
        valid_from=valid_from,
        valid_to=valid_to,
        decision_number=decision_number,
        decision_on=decision_on,
        acting_reason=acting_reason,
        scope=list(scope),
        form=form,
        delegate_position_id=delegate_position_id,
        provenance=provenance,
    )
    row.full_clean(validate_constraints=False)
    beside = position.appointments.filter(mode=mode).filter(
        Q(valid_to=None) | Q(valid_to__gt=valid_from)
    )
    if valid_to is not None:
        beside = beside.filter(valid_from__lt=valid_to)
    other = beside.select_related("person").first()
    if other is not None and mode != AppointmentMode.DELEGATE:
        raise Conflict(
            _("%(person)s holds this office in that time. End that appointment first.")
            % {"person": other.person.full_name},
            code="office-held",
        )
    row.validate_constraints()
    row.save()
    _enter(row, "create", by=by, at=at)
    return row


def _require_possible(
    position: Position, valid_from: date, valid_to: date | None, scope: Sequence[str]
) -> None:
    if valid_to is not None:
        require_after(valid_to, valid_from, field="valid_to", code="end-not-after")
    if position.valid_to is not None and (valid_to is None or valid_to > position.valid_to):
        text = _("The office ends, its last day is %(day)s. Nobody holds it longer.") % {
            "day": day_text(last_day(position.valid_to))
        }
        raise Invalid(text, code="office-ended", fields={"valid_to": [text]})
    if not set(scope) <= set(DelegatedAct.values):
        unknown = _("Choose among the acts that can be delegated.")
        raise Invalid(unknown, code="scope-unknown", fields={"scope": [unknown]})


def _enter(row: Appointment, act: str, *, by: User, at: datetime) -> None:
    register.append(
        kind=f"appointment.{act}",
        subject=f"appointment/{row.ref}",
        subject_version=row.etag_version,
        reach=[row.position.unit_id],
        by=by,
        at=at,
        published=True,
        data={
            "person": row.person.username,
            "position": row.position.ref,
            "mode": row.mode,
            "valid_from": row.valid_from.isoformat(),
            "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        },
    )


@transaction.atomic
def end_appointment(
    *, appointment_id: int, end_on: date, by: User, at: datetime, expected: int | None = None
) -> Appointment:
    """End an appointment: `end_on` is the first day without it.

    `expected`: the row version that was read; None: of a page, which a second end stops by itself.
    Raises NotAllowed, StaleVersion, Invalid (end-not-after, already-ended).
    """
    row = (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("position__unit", "person")
        .get(pk=appointment_id)
    )
    require_organiser(by, row.position.unit, at=at, act="end-appointment")
    if expected is not None:
        require_seen(row, expected, noun="appointment")
    require_ends(end_on, valid_from=row.valid_from, valid_to=row.valid_to)
    _end(row, end_on, by=by, at=at)
    return row


def _end(row: Appointment, end_on: date, *, by: User, at: datetime) -> None:
    row.valid_to = end_on
    row.etag_version += 1
    row.save(update_fields=["valid_to", "etag_version"])
    _enter(row, "end", by=by, at=at)


def end_with_office(position: Position, end_on: date, *, by: User, at: datetime) -> None:
    """End what holds or watches by the office `position`, locked, that ends on `end_on`.

    Nobody holds an office that is gone. Each appointment and oversight has its own entry. Raises
    Conflict (begins-later) where one would begin only after that.
    """
    lasting = Q(valid_to=None) | Q(valid_to__gt=end_on)
    held = position.appointments.filter(lasting).select_related("position__unit", "person")
    for row in held.select_for_update(of=("self",), no_key=True).order_by("pk"):
        _require_begun(row, end_on)
        _end(row, end_on, by=by, at=at)
    watched = position.oversights.filter(lasting).select_related("position", "unit")
    for oversight in watched.select_for_update(of=("self",), no_key=True).order_by("pk"):
        _require_begun(oversight, end_on)
        _end_oversight(oversight, end_on, by=by, at=at)


def end_watch_over(unit: OrgUnit, end_on: date, *, by: User, at: datetime) -> None:
    """End every oversight of `unit`, which ends on `end_on`. Raises Conflict (begins-later)."""
    lasting = Q(valid_to=None) | Q(valid_to__gt=end_on)
    watched = unit.overseen_by.filter(lasting).select_related("position", "unit")
    for oversight in watched.select_for_update(of=("self",), no_key=True).order_by("pk"):
        _require_begun(oversight, end_on)
        _end_oversight(oversight, end_on, by=by, at=at)


def _require_begun(row: Appointment | Oversight, end_on: date) -> None:
    if row.valid_from >= end_on:
        raise Conflict(
            _("“%(what)s” begins only on %(day)s. Choose a later day.")
            % {"what": row.position, "day": day_text(row.valid_from)},
            code="begins-later",
        )


@transaction.atomic
def add_oversight(
    *,
    position_id: int,
    unit_id: int,
    level: OversightLevel,
    by: User,
    at: datetime,
    valid_from: date,
    tree: Tree = Tree.ADMIN,
    with_subtree: bool = True,
) -> Oversight:
    """Let an office watch a unit, and what stands under it, at one level of the ladder."""
    unit = OrgUnit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit_id)
    require_administrator(by, unit, at=at, act="add-oversight")
    exists = Conflict(
        _("This office already watches that unit at this level. Choose another office or level."),
        code="oversight-exists",
    )
    with unique_or(exists):
        row = Oversight.objects.create(
            position_id=position_id,
            unit=unit,
            tree=tree,
            level=level,
            with_subtree=with_subtree,
            valid_from=valid_from,
        )
    _enter_oversight(row, "create", by=by, at=at)
    return row


@transaction.atomic
def end_oversight(*, oversight_id: int, end_on: date, by: User, at: datetime) -> Oversight:
    """End an oversight: `end_on` is the first day without it.

    Raises NotAllowed, Invalid (end-not-after, already-ended).
    """
    row = (
        Oversight.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit", "position")
        .get(pk=oversight_id)
    )
    require_administrator(by, row.unit, at=at, act="end-oversight")
    require_ends(end_on, valid_from=row.valid_from, valid_to=row.valid_to)
    _end_oversight(row, end_on, by=by, at=at)
    return row


def _end_oversight(row: Oversight, end_on: date, *, by: User, at: datetime) -> None:
    row.valid_to = end_on
    row.save(update_fields=["valid_to"])
    _enter_oversight(row, "end", by=by, at=at)


def _enter_oversight(row: Oversight, act: str, *, by: User, at: datetime) -> None:
    register.append(
        kind=f"oversight.{act}",
        subject=f"oversight/{row.pk}",
        subject_version=None,
        reach=[row.unit_id],
        by=by,
        at=at,
        data={
            "position": row.position.ref,
            "unit": row.unit.ref,
            "level": row.level,
            "tree": row.tree,
        },
    )
