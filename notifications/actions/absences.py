"""Being away: entered and ended by oneself; meanwhile a deputy is told, too."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from notifications.audiences import Sight, Told
from notifications.models import Absence
from units import clock
from units.actions import register
from units.enums import Role, UserKind
from units.errors import Invalid, WrongState
from units.models import Appointment, RoleGrant, User
from units.querysets.organisation import reach_of
from units.rules.dates import day_text

LONGEST = timedelta(days=366)
OFFERED = 200  # colleagues that the form offers at most


@transaction.atomic
def enter(*, from_on: date, to_on: date, deputy: User, by: User, at: datetime) -> Absence:
    """Note that `by` is away from `from_on` to `to_on`, both included, and that `deputy` stands in.

    What was told before stays where it is. Ranges of one person share no day: asked under the lock
    of the person. Raises Invalid (absence-range-empty, absence-over, absence-too-long,
    absence-overlaps, deputy-is-oneself, deputy-unknown, deputy-away).
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    _require_range(from_on, to_on, today=clock.local_date(at))
    _require_deputy(deputy, from_on, to_on, by=by)
    other = Absence.objects.filter(person=by).touching(from_on, to_on).first()
    if other is not None:
        text = _(
            "You are away from %(first)s to %(last)s already. Choose other days, or end that first."
        ) % _days(other.from_on, other.to_on)
        raise Invalid(text, code="absence-overlaps", fields={"from_on": [text]})
    row = Absence.objects.create(
        person=by, from_on=from_on, to_on=to_on, deputy=deputy, entered_at=at
    )
    _note(row, kind="absence.enter", by=by, at=at)
    return row


def _require_range(from_on: date, to_on: date, *, today: date) -> None:
    def refuse(text: Any, code: str) -> NoReturn:
        raise Invalid(text, code=code, fields={"to_on": [text]})

    if to_on < from_on:
        refuse(_("The last day lies before the first one."), "absence-range-empty")
    if to_on < today:
        refuse(_("These days are over. Choose a last day that is still to come."), "absence-over")
    if to_on - from_on >= LONGEST:
        refuse(_("Nobody is away for more than a year. Choose an earlier day."), "absence-too-long")


def _require_deputy(deputy: User, from_on: date, to_on: date, *, by: User) -> None:
    """Refuse a deputy whom nothing would reach."""

    def refuse(text: Any, code: str) -> NoReturn:
        raise Invalid(text, code=code, fields={"deputy": [text]})

    if deputy.pk == by.pk:
        refuse(_("You cannot stand in for yourself. Choose a colleague."), "deputy-is-oneself")
    if not deputy.is_active or deputy.kind != UserKind.HUMAN:
        refuse(_("This person cannot log in. Choose somebody else."), "deputy-unknown")
    away = Absence.objects.filter(person=deputy).touching(from_on, to_on).first()
    if away is not None:
        text = _("%(person)s is away from %(first)s to %(last)s. Choose somebody else.")
        named = {"person": deputy.full_name, **_days(away.from_on, away.to_on)}
        refuse(text % named, "deputy-away")


def _days(first: date, last: date) -> dict[str, str]:
    return {"first": day_text(first), "last": day_text(last)}


@transaction.atomic
def end(*, absence_id: int, by: User, at: datetime) -> Absence:
    """End an absence of `by` now, or withdraw one that has not begun.

    What the deputy was told stays there. Raises Absence.DoesNotExist where `by` has none of that key,
    WrongState (end-absence-not-from-ended) where it is over.
    """
    row = Absence.objects.select_for_update(of=("self",)).get(pk=absence_id, person=by)
    if row.ended_at is not None or row.to_on < clock.local_date(at):
        raise WrongState(
            _("This absence is over. Load the page again."), code="end-absence-not-from-ended"
        )
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    _note(row, kind="absence.end", by=by, at=at)
    return row


def _note(row: Absence, *, kind: str, by: User, at: datetime) -> None:
    register.append(
        kind=kind,
        subject=f"absence/{by.username}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={
            "from_on": row.from_on.isoformat(),
            "to_on": row.to_on.isoformat(),
            "deputy": row.deputy.username,
        },
    )


def stand_ins(told: Mapping[int, Sequence[Told]], *, at: datetime) -> dict[int, list[Told]]:
    """Return what the deputies of those who are away at `at` are told beside `told`, by the same keys.

    Only about what the deputy may see; nothing about accounts. A deputy who is away in turn is told
    all the same: messages are passed on once. A constant number of queries.
    """
    people = {one.person.pk for many in told.values() for one in many if one.subject is not None}
    away = {
        row.person_id: row.deputy
        for row in Absence.objects.in_force(at=at)
        .filter(person__in=people, deputy__is_active=True)
        .select_related("deputy")
    }
    sight = Sight(away.values(), at=at)
    found: dict[int, list[Told]] = {}
    for key, many in told.items():
        found[key] = []
        for one in many:
            deputy = away.get(one.person.pk)
            if deputy is None or one.subject is None:
                continue
            if sight.sees(deputy, one.subject):
                found[key].append(one._replace(person=deputy, on_behalf_of=one.person))
    return found


def candidates(of: User, *, at: datetime) -> list[tuple[User, str]]:
    """Return whom `of` may name as deputy with office or role in words, the own units first.

    Who holds an office within the reach of `of`, and who holds a role over the same units or the same
    role over the whole body; at most OFFERED of each. Each person once.
    """
    day = clock.local_date(at)
    units = set(of.appointments.in_force(day).values_list("position__unit", flat=True))
    grants = list(of.role_grants.in_force(day))
    over = {grant.unit_id for grant in grants if grant.unit_id} | units
    near = Case(When(position__unit__in=units, then=Value(0)), default=Value(1))
    held = (
        Appointment.objects.holders(day)
        .filter(reach_of(of, at=at).on("position__unit"), person__is_active=True)
        .exclude(person=of)
        .for_rows()
        .order_by(near, "person__full_name", "pk")[:OFFERED]
    )
    found: dict[int, tuple[User, str]] = {}
    for row in held:
        found.setdefault(
            row.person_id, (row.person, f"{row.position.title}, {row.position.unit.name}")
        )
    same = Q(role__in=[grant.role for grant in grants]) & (Q(unit=None) | Q(unit__in=over))
    beside = Q(unit__in=over) & ~Q(role=Role.ADMINISTRATOR)
    by_role = (
        RoleGrant.objects.in_force(day)
        .filter(same | beside, person__is_active=True)
        .exclude(person=of)
        .select_related("person")
        .order_by("person__full_name", "pk")[:OFFERED]
    )
    for grant in by_role:
        found.setdefault(grant.person_id, (grant.person, str(Role(grant.role).label)))
    return list(found.values())
