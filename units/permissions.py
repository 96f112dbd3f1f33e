"""Who may do what on the ground floor: one question, one function, always at an instant."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.contrib.auth.models import AnonymousUser

from units import clock
from units.enums import OversightLevel, Role, Scope, Tree, UserKind
from units.models import Appointment, OrgUnit, Oversight, Position, RoleGrant, User
from units.querysets.organisation import Lines, reach_of


def has_role(user: User, role: Role, unit: OrgUnit | int | None, *, at: datetime) -> bool:
    """Say whether `user` holds `role` at `at` over `unit`; unit None: over the whole body.

    Only a person who may log in holds a role; a machine never does.
    """
    if user.kind != UserKind.HUMAN or not user.is_active:
        return False
    reach = reach_of(user, at=at, roles=[role])
    if unit is None:
        return reach.everything
    return reach.holds(unit if isinstance(unit, int) else unit.pk)


def machine_may(user: User, scope: Scope, unit: OrgUnit | int | None, *, at: datetime) -> bool:
    """Say whether the machine `user` acts on `unit` at `at`: its client has `scope`, and the unit lies
    within what the client reaches. Never on the whole body (unit None), and never a person.

    The one question that lets a program write. An act that does not ask it is an act of people.
    """
    if user.kind != UserKind.MACHINE or unit is None or scope.value not in user.api_client.scopes:
        return False
    return reach_of(user, at=at).holds(unit if isinstance(unit, int) else unit.pk)


def roles_of(user: User | AnonymousUser, *, at: datetime) -> set[str]:
    """Return every role that `user` holds somewhere at `at`."""
    if not user.is_authenticated or user.kind != UserKind.HUMAN or not user.is_active:
        return set()
    return set(user.role_grants.in_force(clock.local_date(at)).values_list("role", flat=True))


def is_administrator(user: User, *, at: datetime) -> bool:
    """Say whether `user` administers accounts and units anywhere at `at`."""
    return Role.ADMINISTRATOR in roles_of(user, at=at)


def holders_at(positions: Iterable[int], *, at: datetime) -> dict[int, Appointment]:
    """Return who holds each of these offices at `at`, by position id: `holders_on` its local day."""
    return holders_on(positions, day=clock.local_date(at))


def holders_on(positions: Iterable[int], *, day: date) -> dict[int, Appointment]:
    """Return who holds each of these offices on `day`, by position id; offices in a gap are absent.

    Acting in force, else titular in force, else nobody; an account that is closed still holds the
    office, for a lock is no dismissal. One query.
    """
    rows = Appointment.objects.holders(day).filter(position__in=positions)
    found: dict[int, Appointment] = {}
    for row in rows.select_related("person", "position"):
        found.setdefault(row.position_id, row)
    return found


def holder_at(position: Position | int, *, at: datetime) -> Appointment | None:
    """Return the appointment that makes somebody the holder of `position` at `at`; None: a gap."""
    pk = position if isinstance(position, int) else position.pk
    return holders_at([pk], at=at).get(pk)


def head_at(unit: OrgUnit, tree: Tree, *, at: datetime) -> Appointment | None:
    """Return who heads `unit` in the line `tree` at `at`; None: a gap, or no such office."""
    day = clock.local_date(at)
    position = unit.positions.heads().in_force(day).filter(tree=tree).first()
    return holder_at(position, at=at) if position else None


def offices_of(user: User, *, at: datetime) -> list[Appointment]:
    """Return the appointments by which `user` holds an office at `at` (delegations excluded)."""
    if not user.is_authenticated or not user.is_active:
        return []
    day = clock.local_date(at)
    mine = (
        Appointment.objects.in_force(day).filter(person=user).values_list("position_id", flat=True)
    )
    return [row for row in holders_at(list(mine), at=at).values() if row.person_id == user.pk]


class Watchers:
    """Which offices watch units at one level on the day `on`, read once for however many are asked
    about; two queries."""

    def __init__(self, level: OversightLevel, *, on: date) -> None:
        rows = list(
            Oversight.objects.in_force(on)
            .filter(level=level)
            .select_related("position", "position__unit")
            .order_by("position__rank", "pk")
        )
        lines = Lines(on) if any(row.with_subtree for row in rows) else None
        self._reaching = [
            (
                row,
                lines.below([(row.unit_id, row.tree)])
                if lines is not None and row.with_subtree
                else frozenset([row.unit_id]),
            )
            for row in rows
        ]

    def of(self, unit: int) -> list[Position]:
        """Return the offices that watch the unit of that key, the highest first.

        The nearest watching unit wins in each line: a commune's own leader in charge before the
        district's. Nobody there: an empty list.
        """
        found = [(row, len(reached)) for row, reached in self._reaching if unit in reached]
        nearest: dict[str, int] = {}
        for row, size in found:
            nearest[row.tree] = min(size, nearest.get(row.tree, size))
        return list(dict.fromkeys(row.position for row, size in found if size == nearest[row.tree]))


def watchers_of(unit: OrgUnit | int, level: OversightLevel, *, on: date) -> list[Position]:
    """Return the offices that watch `unit` at `level` on the day `on`, as `Watchers.of`."""
    return Watchers(level, on=on).of(unit if isinstance(unit, int) else unit.pk)


def may_administer(user: User, unit: OrgUnit | int | None, *, at: datetime) -> bool:
    """Say whether `user` administers `unit`, its accounts and roles, in person; None: the whole body."""
    return has_role(user, Role.ADMINISTRATOR, unit, at=at)


def may_organise(user: User, unit: OrgUnit | int | None, *, at: datetime) -> bool:
    """Say whether `user` may change `unit`, its offices and who holds them: an administrator, or a
    machine with `org:write`. Accounts, roles and tokens are for people alone (`may_administer`)."""
    return may_administer(user, unit, at=at) or machine_may(user, Scope.ORG_WRITE, unit, at=at)


def may_grant(user: User, person: User, unit: OrgUnit | int | None, *, at: datetime) -> bool:
    """Say whether `user` may give `person` a role over `unit`: never to oneself."""
    return user.pk != person.pk and may_administer(user, unit, at=at)


def granted(role: Role, unit: OrgUnit | int | None, *, at: datetime) -> list[User]:
    """Return the active people who hold `role` over `unit` at `at`, by name; None: the whole body."""
    pk = unit.pk if isinstance(unit, OrgUnit) else unit
    day = clock.local_date(at)
    grants = list(
        RoleGrant.objects.in_force(day)
        .filter(role=role, person__is_active=True)
        .select_related("person")
    )
    limited = {grant.unit_id for grant in grants if grant.unit_id and pk is not None}
    lines = Lines(day) if limited else None
    over = {unit: lines.below([(unit, None)]) for unit in limited} if lines else {}
    people = {
        grant.person
        for grant in grants
        if grant.unit_id is None or pk in over.get(grant.unit_id, ())
    }
    return sorted(people, key=lambda person: person.full_name)


def members_of(units: Collection[int], *, at: datetime) -> dict[int, set[int]]:
    """Return the keys of the people who are of each of these units at `at`: who hold any office there,
    or report for just that unit. Two queries."""
    day = clock.local_date(at)
    found: dict[int, set[int]] = {unit: set() for unit in units}
    held = Appointment.objects.in_force(day).filter(position__unit__in=units)
    reporting = RoleGrant.objects.in_force(day).filter(role=Role.REPORTER, unit__in=units)
    for unit, person in [
        *held.values_list("position__unit", "person"),
        *reporting.values_list("unit", "person"),
    ]:
        found[unit].add(person)
    return found
