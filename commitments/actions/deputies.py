"""A holder hands one duty to somebody of the own unit: that person is told as well, and no right moves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.actions.acknowledgements import is_holder
from commitments.actions.subjects import DIRECTORIES
from commitments.enums import ClockState
from commitments.models import CaseClock, Deputy
from units import clock
from units.actions import register
from units.actions.guards import require_text, unique_or
from units.enums import Role, UserKind
from units.errors import Conflict, Invalid, NotAllowed, NotFound, WrongState
from units.models import Appointment, RoleGrant, User
from units.rules import texts

OFFERED = 200


@transaction.atomic
def name(*, clock_id: int, deputy: User, task: str, by: User, at: datetime) -> Deputy:
    """Let `deputy` be told of what `by` must do, until it is done or taken back; return the row.

    The duty stays with `by`: the ladder names the holder, and only the holder's act ends the wait.
    `task`: what is to be done, the deputy reads it. Raises NotFound (clock-not-found), NotAllowed
    (delegate-not-allowed) but for the holder, WrongState (delegate-not-from-<state>), Invalid
    (task-missing; deputy-is-oneself, deputy-unknown, deputy-elsewhere: not of the own unit,
    deputy-sees-it-not), Conflict (delegated-already).
    """
    row = _lock(clock_id)
    if not is_holder(by, row, at=at):
        raise NotAllowed(_("Only whoever must act now hands it on."), code="delegate-not-allowed")
    if row.state == ClockState.DONE:
        raise WrongState(
            _("Nothing is waited for any more. Load the page again."),
            code=f"delegate-not-from-{row.state}",
        )
    require_text(task.strip(), field="task", code="task-missing", most=texts.NOTE)
    _require_deputy(deputy, row, by=by, at=at)
    already = Conflict(
        _("You have named a deputy for this already. Take it back first."), code="delegated-already"
    )
    with unique_or(already):
        made = Deputy.objects.create(
            clock=row,
            generation=row.generation,
            holder=by,
            deputy=deputy,
            task=task.strip(),
            named_at=at,
        )
    _enter(made, "clock.delegate", by=by, at=at)
    return made


def _lock(clock_id: int) -> CaseClock:
    rows = CaseClock.objects.select_for_update(of=("self",), no_key=True)
    row = rows.filter(pk=clock_id).first()
    if row is None:
        raise NotFound(_("No such clock runs."), code="clock-not-found")
    return row


def _require_deputy(deputy: User, row: CaseClock, *, by: User, at: datetime) -> None:
    """Refuse a deputy whom nothing would reach, or who has no business with it."""

    def refuse(text: Any, code: str) -> NoReturn:
        raise Invalid(text, code=code, fields={"deputy": [text]})

    if deputy.pk == by.pk:
        refuse(_("It is yours already. Choose a colleague."), "deputy-is-oneself")
    if not deputy.is_active or deputy.kind != UserKind.HUMAN:
        refuse(_("This person cannot log in. Choose somebody else."), "deputy-unknown")
    if deputy.pk not in {person.pk for person, _words in candidates(row, of=by, at=at)}:
        refuse(_("Choose somebody of your own unit."), "deputy-elsewhere")
    seen = type(row.subject).objects.visible_to(deputy, at=at)
    if not seen.filter(pk=row.subject_id).exists():
        refuse(_("This person does not see it. Choose somebody else."), "deputy-sees-it-not")


@transaction.atomic
def take_back(*, clock_id: int, by: User, at: datetime) -> Deputy:
    """End what `by` has handed on; what the deputy was told stays. Raises NotFound (clock-not-found),
    Conflict (not-delegated)."""
    row = _lock(clock_id)
    found = Deputy.objects.in_force().filter(clock=row, holder=by).select_related("deputy").first()
    if found is None:
        raise Conflict(
            _("You have named no deputy for this, or it has ended."), code="not-delegated"
        )
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    _enter(found, "clock.undelegate", by=by, at=at)
    return found


def _enter(row: Deputy, kind: str, *, by: User, at: datetime) -> None:
    directory, subject = DIRECTORIES[row.clock.column], row.clock.subject
    register.append(
        kind=kind,
        subject=f"{directory.noun}/{subject.ref}",
        subject_version=None,
        reach=directory.reach(subject),
        by=by,
        at=at,
        data={"kind": row.clock.kind, "deputy": row.deputy.username, "task": row.task},
    )


def of(clocks: Iterable[CaseClock]) -> list[Deputy]:
    """Return the deputies that count for these clocks, with their people; one query."""
    rows = Deputy.objects.in_force().filter(clock__in=clocks)
    return list(rows.select_related("holder", "deputy").order_by("pk"))


def candidates(row: CaseClock, *, of: User, at: datetime) -> list[tuple[User, str]]:
    """Return whom `of` may name for what `row` runs for, with office or role in words.

    Who holds an office in a unit in which `of` holds one, or any role over one of these but that of the
    administrator; of who acts by a role, in the unit that owes it. At most OFFERED of each.
    """
    day = clock.local_date(at)
    units = set(of.appointments.in_force(day).values_list("position__unit", flat=True))
    units = units or {DIRECTORIES[row.column].unit_of(row.subject)}
    held = (
        Appointment.objects.in_force(day)
        .filter(position__unit__in=units, person__is_active=True, person__kind=UserKind.HUMAN)
        .exclude(person=of)
        .for_rows()
        .order_by("person__full_name", "pk")[:OFFERED]
    )
    found: dict[int, tuple[User, str]] = {}
    for office in held:
        found.setdefault(office.person_id, (office.person, office.position.title))
    by_role = (
        RoleGrant.objects.in_force(day)
        .filter(~Q(role=Role.ADMINISTRATOR), unit__in=units, person__is_active=True)
        .filter(person__kind=UserKind.HUMAN)
        .exclude(person=of)
        .select_related("person")
        .order_by("person__full_name", "pk")[:OFFERED]
    )
    for grant in by_role:
        found.setdefault(grant.person_id, (grant.person, str(Role(grant.role).label)))
    return list(found.values())
