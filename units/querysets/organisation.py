"""Named sets of units, edges and positions; what a person may see of the organisation."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db import models
from django.db.models import Q

from units import clock
from units.enums import Role, UserKind

if TYPE_CHECKING:
    from units.models import User


def in_force(day: date, prefix: str = "") -> Q:
    """Return the condition "the half-open range `[valid_from, valid_to)` holds `day`"."""
    return Q(**{f"{prefix}valid_from__lte": day}) & (
        Q(**{f"{prefix}valid_to": None}) | Q(**{f"{prefix}valid_to__gt": day})
    )


class Keys(models.Expression):
    """A set of keys for `__in`, sent as one parameter however many they are.

    A literal list of a thousand costs more to build and to parse than the rows it finds.
    """

    def __init__(self, keys: Iterable[int]) -> None:
        super().__init__(output_field=models.BigIntegerField())
        self.keys = tuple(sorted(keys))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if connection.vendor == "postgresql":
            # Written as text at once: the driver takes each number of a list through its own dumper.
            return "(SELECT unnest(%s::bigint[]))", (f"{{{','.join(map(str, self.keys))}}}",)
        return "(SELECT value FROM json_each(%s))", (json.dumps(self.keys),)


class Reach(NamedTuple):
    """The units that somebody may see at one instant. `everything`: all there are."""

    everything: bool
    unit_ids: frozenset[int]

    def holds(self, unit_id: int) -> bool:
        return self.everything or unit_id in self.unit_ids

    def on(self, field: str) -> Q:
        """Return the condition "`field`, a unit's key, lies in this reach"."""
        if self.everything:
            return Q(**{f"{field}__isnull": False})  # an empty Q would vanish when joined by "or"
        return Q(**{f"{field}__in": Keys(self.unit_ids)})


NOWHERE = Reach(False, frozenset())
EVERYWHERE = Reach(True, frozenset())


def subtree(roots: Iterable[tuple[int, str | None]], *, day: date) -> frozenset[int]:
    """Return the ids of the `(unit id, tree)` roots and of all units under them on `day`.

    Tree None: down every line, each followed on its own. One query whatever the size.
    """
    return Lines(day).below(roots)


class Lines:
    """Which unit stands under which on one day, read once; one query."""

    def __init__(self, day: date) -> None:
        edges = apps.get_model("units", "OrgEdge").objects.filter(in_force(day))
        self._below: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._trees: set[str] = set()
        for parent, child, tree in edges.values_list("parent_id", "child_id", "tree"):
            self._below[parent, tree].append(child)
            self._trees.add(tree)

    def below(self, roots: Iterable[tuple[int, str | None]]) -> frozenset[int]:
        """Return the ids of the roots and of all units under them, as `subtree` does."""
        found: set[tuple[int, str]] = set()
        trees = self._trees or {""}
        waiting = [(unit, line) for unit, tree in roots for line in ([tree] if tree else trees)]
        while waiting:
            unit, tree = waiting.pop()
            if (unit, tree) not in found:
                found.add((unit, tree))
                waiting.extend((child, tree) for child in self._below.get((unit, tree), ()))
        return frozenset(unit for unit, _tree in found)


def reach_of(user: "User", *, at: datetime, roles: Iterable[str] | None = None) -> Reach:
    """Return what `user` may see at `at`: own offices and what stands under them in their line,
    what these offices watch, and the units of granted roles with everything under them.

    `roles`: only grants of these roles count, and offices do not; None: all of it except the
    administrator's grants, for administration of accounts gives no domain right.
    A machine sees the part of its unit scope that its owner unit could see.
    """
    if not user.is_authenticated or not user.is_active:
        return NOWHERE
    kept: tuple[datetime, Reach] | None = getattr(user, "kept_reach", None)
    if roles is None and kept is not None and kept[0] == at:
        return kept[1]
    day = clock.local_date(at)
    if user.kind == UserKind.MACHINE:
        client = user.api_client
        if client.disabled_at:
            return NOWHERE
        seen = subtree([(client.owner_unit_id, None)], day=day)
        if client.unit_scope_id != client.owner_unit_id:
            seen &= subtree([(client.unit_scope_id, None)], day=day)
        return Reach(False, seen)
    grants = user.role_grants.in_force(day)
    if roles is None:
        grants = grants.exclude(role=Role.ADMINISTRATOR)
    else:
        grants = grants.filter(role__in=roles)
    granted = list(grants.values_list("unit_id", flat=True))
    if None in granted:
        return EVERYWHERE
    roots: list[tuple[int, str | None]] = [(unit, None) for unit in granted]
    single: set[int] = set()
    if roles is None:
        offices = user.appointments.in_force(day).values_list(
            "position_id", "position__unit_id", "position__tree"
        )
        roots += [(unit, tree) for _position, unit, tree in offices]
        watched = apps.get_model("units", "Oversight").objects.filter(
            in_force(day), position__in=[position for position, _unit, _tree in offices]
        )
        for unit, tree, with_subtree in watched.values_list("unit_id", "tree", "with_subtree"):
            if with_subtree:
                roots.append((unit, tree))
            else:
                single.add(unit)
    return Reach(False, (subtree(roots, day=day) if roots else frozenset()) | single)


def reach_of_page(user: "User", *, at: datetime) -> Reach:
    """Return `reach_of`, computed once for all parts of one page.

    It is kept beside `user`, an object that lives as long as its request; another `at` asks anew.
    """
    known: tuple[datetime, Reach] | None = getattr(user, "known_reach", None)
    if known is None or known[0] != at:
        known = (at, reach_of(user, at=at))
        user.known_reach = known
    return known[1]


def keep_reach(user: "User", *, at: datetime) -> Reach:
    """Return `reach_of`, and let it be the answer for `user`, the object of one request, at `at` from
    now on. Only for a request that reads many collections and writes nothing."""
    reach = reach_of(user, at=at)
    user.kept_reach = (at, reach)
    return reach


class OrgUnitQuerySet(models.QuerySet):
    def within_reach_of(self, user: "User", *, at: datetime):
        """Units that `user` may see at `at`; an administrator sees those of the grant too."""
        reach = reach_of(user, at=at)
        if not reach.everything and user.is_authenticated and user.kind == UserKind.HUMAN:
            administered = reach_of(user, at=at, roles=[Role.ADMINISTRATOR])
            reach = Reach(administered.everything, reach.unit_ids | administered.unit_ids)
        return self.filter(reach.on("pk"))

    def in_force(self, day: date):
        """Units that exist on `day`."""
        return self.filter(in_force(day))

    def with_names(self):
        """Prefetch what `OrgUnit.name` reads."""
        return self.prefetch_related("versions")

    def for_api(self):
        """Everything that one body about a unit reads, in constant queries, oldest first."""
        names = self.model.versions.rel.related_model.objects.order_by("valid_from", "pk")
        edges = self.model.edges_up.rel.related_model.objects.order_by("valid_from", "pk")
        return self.prefetch_related(
            models.Prefetch("versions", names),
            models.Prefetch("edges_up", edges.select_related("parent")),
        )

    def called(self, text: str, *, on: date):
        """Units whose name or official code on the day `on` contains `text`."""
        return self.filter(
            in_force(on, "versions__")
            & (
                Q(versions__name_vi__icontains=text)
                | Q(versions__name_en__icontains=text)
                | Q(versions__official_code=text)
            )
        ).distinct()


class OrgEdgeQuerySet(models.QuerySet):
    def in_force(self, day: date):
        """Edges that hold on `day`."""
        return self.filter(in_force(day))


class PositionQuerySet(models.QuerySet):
    def in_force(self, day: date):
        """Offices that exist on `day`."""
        return self.filter(in_force(day))

    def heads(self):
        """Offices that head their unit in some line."""
        return self.filter(is_head=True)

    def vacant(self, day: date):
        """Offices that nobody holds on `day`: neither acting nor titular; a delegate is no holder."""
        holders = apps.get_model("units", "Appointment").objects.holders(day)
        held = holders.filter(position=models.OuterRef("pk"))
        return self.filter(~models.Exists(held))


def reaches_of(users: Iterable["User"], *, at: datetime) -> dict[int, Reach]:
    """Return `reach_of` each of these users by key; four queries for all people, and those of
    `reach_of` for each machine."""
    found: dict[int, Reach] = {}
    people = {}
    for user in users:
        if user.kind == UserKind.HUMAN and user.is_active:
            people[user.pk] = user
        else:
            found[user.pk] = reach_of(user, at=at)
    if not people:
        return found
    day = clock.local_date(at)
    granted: dict[int, list[int | None]] = defaultdict(list)
    grants = apps.get_model("units", "RoleGrant").objects.in_force(day)
    grants = grants.filter(person__in=people).exclude(role=Role.ADMINISTRATOR)
    for person, unit in grants.values_list("person_id", "unit_id"):
        granted[person].append(unit)
    offices: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    held = apps.get_model("units", "Appointment").objects.in_force(day).filter(person__in=people)
    for person, *office in held.values_list(
        "person_id", "position_id", "position__unit_id", "position__tree"
    ):
        offices[person].append((office[0], office[1], office[2]))
    watched: dict[int, list[tuple[int, str | None, bool]]] = defaultdict(list)
    watching = apps.get_model("units", "Oversight").objects.filter(
        in_force(day), position__in=[row[0] for rows in offices.values() for row in rows]
    )
    for position, unit, tree, deep in watching.values_list(
        "position_id", "unit_id", "tree", "with_subtree"
    ):
        watched[position].append((unit, tree, deep))
    lines = Lines(day)
    known: dict[tuple[Any, ...], frozenset[int]] = {}
    for person in people:
        if None in granted[person]:
            found[person] = EVERYWHERE
            continue
        roots: list[tuple[int, str | None]] = [(unit, None) for unit in granted[person] if unit]
        single: set[int] = set()
        for position, unit, tree in offices[person]:
            roots.append((unit, tree))
            for below, line, deep in watched[position]:
                if deep:
                    roots.append((below, line))
                else:
                    single.add(below)
        key = tuple(sorted(roots, key=str))
        if key not in known:
            known[key] = lines.below(roots)
        found[person] = Reach(False, known[key] | single)
    return found
