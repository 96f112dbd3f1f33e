"""Who is waited for, and who is told when it takes too long: asked anew at every instant."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from commitments.enums import Audience, ClockKind
from units import clock
from units.enums import OversightLevel, Role
from units.models import Appointment, Position, User
from units.permissions import Watchers, granted, holders_at

WATCHING: Mapping[str, OversightLevel] = {
    Audience.SUPERVISOR: OversightLevel.SUPERVISOR,
    Audience.LEADER_IN_CHARGE: OversightLevel.LEADER_IN_CHARGE,
    Audience.STANDING_COMMITTEE: OversightLevel.STANDING_COMMITTEE,
}


class Addressee(NamedTuple):
    """A person, and the office in which they are addressed; None: by a granted role."""

    person: User
    position: Position | None

    def as_data(self) -> dict[str, str | None]:
        """Return the pair as the register and the fired step keep it: two references."""
        return {
            "position": self.position.ref if self.position else None,
            "person": self.person.username,
        }


class Directory(ABC):
    """Answers about many subjects of one kind at one instant, with few queries whatever their number.

    One child for each kind of thing that a clock can run for; `subjects` lists them. A child says
    which states wait for what, how its rows are loaded, whose act ends the wait and who watches.
    Only people who can be reached are named: an account that is closed holds its office still,
    but hears nothing, so its audience counts as empty and the next level is told.
    """

    column: ClassVar[str]  # of clocks and notices, one of `models.cases.SUBJECTS`
    noun: ClassVar[str]  # of the register: "<noun>/<ref>"
    waiting: ClassVar[Mapping[ClockKind, frozenset[str]]]  # what is waited for in which states

    def __init__(self, subjects: Collection[Any], *, at: datetime) -> None:
        self.at = at
        self._holders: dict[int, Appointment] = {}
        self._watchers: dict[str, Watchers] = {}
        self._watching: dict[tuple[int, str], list[Addressee]] = {}
        self._roles: dict[tuple[Role, int], list[Addressee]] = {}
        self._named: dict[str, User] = {}
        self._places: dict[str, Position] = {}
        self.prepare(subjects)

    @classmethod
    @abstractmethod
    def load(cls, keys: Collection[int]) -> Mapping[int, Any]:
        """Return the subjects by their keys, with what the directory reads of them; one query."""

    @classmethod
    @abstractmethod
    def find_all(cls, refs: Collection[str]) -> Mapping[str, Any]:
        """Return the subjects that the register calls so, by that name; one query. What is there no
        more is left out."""

    @classmethod
    def find(cls, ref: str) -> Any:
        """Return the subject that the register calls `ref`; None: there is none any more."""
        return cls.find_all([ref]).get(ref)

    @staticmethod
    @abstractmethod
    def reach(subject: Any) -> set[int]:
        """Return the units that may see `subject`."""

    @staticmethod
    @abstractmethod
    def unit_of(subject: Any) -> int:
        """Return the key of the unit that owes what is waited for; others watch over it."""

    @abstractmethod
    def prepare(self, subjects: Collection[Any]) -> None:
        """Read what all subjects need at once; a constant number of queries."""

    @abstractmethod
    def holders(self, subject: Any, kind: str) -> list[Addressee]:
        """Return the people whose act ends the wait for `kind`, which has not ended yet."""

    def role_of(self, subject: Any, kind: str, person: User) -> Role | None:
        """Return by which role `person`, who is awaited by no office, ends the wait; None: by the one that
        does so for every subject of `kind`."""
        del subject, kind, person
        return None

    def is_waiting(self, subject: Any, kind: str) -> bool:
        """Say whether `subject` still waits for `kind`: the duty is neither fulfilled nor void."""
        return subject.state in self.waiting.get(ClockKind(kind), ())

    def awaited(self, subject: Any, kind: str) -> list[Addressee]:
        """Return the people whose act ends the wait for `kind`; [] where nobody is in office."""
        return self.holders(subject, kind) if self.is_waiting(subject, kind) else []

    def of(self, subject: Any, kind: str, audience: str) -> list[Addressee]:
        """Return who belongs to `audience` for what `subject` waits for; [] when nobody does."""
        if audience == Audience.HOLDER:
            return self.awaited(subject, kind)
        return self.watching(subject, audience)

    def watching(self, subject: Any, audience: str) -> list[Addressee]:
        """Return who watches the unit of `subject` at the level of `audience`.

        Supervisors by role stand in where no watching office has a holder.
        """
        unit = self.unit_of(subject)
        if (unit, audience) not in self._watching:
            if audience not in self._watchers:
                on = clock.local_date(self.at)
                self._watchers[audience] = Watchers(WATCHING[audience], on=on)
            offices = self._watchers[audience].of(unit)
            holders = holders_at([row.pk for row in offices], at=self.at) if offices else {}
            found = _once(Addressee(row.person, row.position) for row in holders.values())
            if not found and audience == Audience.SUPERVISOR:
                found = self.by_role(Role.SUPERVISOR, unit)
            self._watching[unit, audience] = found
        return self._watching[unit, audience]

    def named(self, rows: Iterable[Mapping[str, str | None]]) -> list[Addressee]:
        """Return the pairs that `as_data` has written, in their order; two queries for those that
        `know_named` has not read. Raises KeyError for a person who is not there."""
        pairs = list(rows)
        self.know_named(pairs)
        return [
            Addressee(self._named[row["person"] or ""], self._places.get(row["position"] or ""))
            for row in pairs
        ]

    def know_named(self, rows: Iterable[Mapping[str, str | None]]) -> None:
        """Read the people and offices of these pairs at once; at most two queries."""
        pairs = list(rows)
        people = {row["person"] for row in pairs if row["person"]} - self._named.keys()
        if people:
            self._named |= User.objects.in_bulk(list(people), field_name="username")
        places = {row["position"] for row in pairs if row["position"]} - self._places.keys()
        if places:
            self._places |= Position.objects.in_bulk(list(places), field_name="ref")

    def know_offices(self, offices: Collection[int]) -> None:
        """Read who holds these offices; one query, none for no office."""
        self._holders = holders_at(offices, at=self.at) if offices else {}

    def in_office(self, offices: Iterable[int]) -> list[Addressee]:
        """Return who holds these offices, which `know_offices` has read."""
        holders = [self._holders[pk] for pk in offices if pk in self._holders]
        return _once(Addressee(row.person, row.position) for row in holders)

    def by_role(self, role: Role, unit: int) -> list[Addressee]:
        """Return who holds `role` over `unit`; asked once per unit."""
        if (role, unit) not in self._roles:
            people = granted(role, unit, at=self.at)
            self._roles[role, unit] = _once(Addressee(person, None) for person in people)
        return self._roles[role, unit]


def _once(addressees: Iterable[Addressee]) -> list[Addressee]:
    """Return each active person once, in the first of their offices."""
    found: dict[int, Addressee] = {}
    for row in addressees:
        if row.person.is_active:
            found.setdefault(row.person.pk, row)
    return list(found.values())
