"""Who is waited for, and who is told when it takes too long: asked anew at every instant."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from commitments.enums import Audience, ClockKind, SlotRole, VersionAct, VersionState
from commitments.models import CommitmentVersion, DocumentSlot, ReturnAnswer, SignatureAct
from commitments.rules.signatures import SlotPlace, open_slots
from units import clock
from units.enums import OversightLevel, Role
from units.models import Appointment, Position, User
from units.permissions import granted, holders_at, watchers_of

WAITING: Mapping[ClockKind, frozenset[VersionState]] = {  # what is waited for in which states
    ClockKind.SIGN: frozenset({VersionState.ISSUED}),
    ClockKind.COUNTERSIGN: frozenset({VersionState.SIGNED}),
    ClockKind.ANSWER: frozenset({VersionState.RETURNED, VersionState.REFUSED}),
}
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


def awaited_kind(state: str) -> ClockKind | None:
    """Return what a version in `state` waits for; None: for nothing."""
    return next((kind for kind, states in WAITING.items() if state in states), None)


class Directory:
    """Answers for many versions at one instant, with few queries whatever their number.

    Only people who can be reached are named: an account that is closed holds its office still,
    but hears nothing, so its audience counts as empty and the next level is told.
    `versions`: with `commitment` loaded.
    """

    def __init__(self, versions: Collection[CommitmentVersion], *, at: datetime) -> None:
        self.at = at
        self._slots: dict[int, list[DocumentSlot]] = {}
        self._signed: set[int] = set()
        documents = [row.document_id for row in versions if row.state == VersionState.ISSUED]
        if documents:
            slots = DocumentSlot.objects.filter(document__in=documents).select_related("office")
            for slot in slots.order_by("ordinal"):
                self._slots.setdefault(slot.document_id, []).append(slot)
            acts = SignatureAct.objects.filter(
                slot__document__in=documents, act__in=[VersionAct.SIGN, VersionAct.COUNTERSIGN]
            )
            self._signed = set(acts.values_list("slot_id", flat=True))
        objected = [row.document_id for row in versions if row.state in WAITING[ClockKind.ANSWER]]
        self._answered: set[int] = set()
        if objected:
            answers = ReturnAnswer.objects.filter(act__slot__document__in=objected)
            self._answered = set(answers.values_list("act__slot__document_id", flat=True))
        offices = {slot.office_id for version in versions for slot in self._open_slots(version)} | {
            row.assigner_id for row in versions if row.state == VersionState.SIGNED
        }
        self._holders: dict[int, Appointment] = holders_at(offices, at=at) if offices else {}
        self._watching: dict[tuple[int, str], list[Addressee]] = {}
        self._planners: dict[int, list[Addressee]] = {}

    def is_waiting(self, version: CommitmentVersion, kind: str) -> bool:
        """Say whether `version` still waits for `kind`: the duty is neither fulfilled nor void."""
        if kind == ClockKind.ANSWER and version.document_id in self._answered:
            return False
        return version.state in WAITING[ClockKind(kind)]

    def _open_slots(self, version: CommitmentVersion) -> list[DocumentSlot]:
        """Return the undertakers' slots whose turn it is; nobody is urged out of turn."""
        slots = self._slots.get(version.document_id or 0, [])
        turn = open_slots([SlotPlace(row.pk, row.turn, row.role) for row in slots], self._signed)
        places = {place.id for place in turn}
        return [row for row in slots if row.pk in places and row.role == SlotRole.UNDERTAKER]

    def awaited(self, version: CommitmentVersion, kind: str) -> list[Addressee]:
        """Return the people whose act ends the wait for `kind`; [] where nobody is in office."""
        if not self.is_waiting(version, kind):
            return []
        if kind == ClockKind.ANSWER:
            unit = version.commitment.assigner_unit_id
            if unit not in self._planners:
                self._planners[unit] = _by_role(Role.PLANNER, unit, at=self.at)
            return self._planners[unit]
        if kind == ClockKind.COUNTERSIGN:
            return self._in_office([version.assigner_id])
        return self._in_office(slot.office_id for slot in self._open_slots(version))

    def _in_office(self, offices: Iterable[int]) -> list[Addressee]:
        holders = [self._holders[pk] for pk in offices if pk in self._holders]
        return _once(Addressee(row.person, row.position) for row in holders)

    def of(self, version: CommitmentVersion, kind: str, audience: str) -> list[Addressee]:
        """Return who belongs to `audience` for what `version` waits for; [] when nobody does."""
        if audience == Audience.HOLDER:
            return self.awaited(version, kind)
        return self.watching(version, audience)

    def watching(self, version: CommitmentVersion, audience: str) -> list[Addressee]:
        """Return who watches the undertaking unit at the level of `audience`.

        Supervisors by role stand in where no watching office has a holder.
        """
        unit = version.commitment.unit_id
        if (unit, audience) not in self._watching:
            offices = watchers_of(unit, WATCHING[audience], on=clock.local_date(self.at))
            holders = holders_at([row.pk for row in offices], at=self.at) if offices else {}
            found = _once(Addressee(row.person, row.position) for row in holders.values())
            if not found and audience == Audience.SUPERVISOR:
                found = _by_role(Role.SUPERVISOR, unit, at=self.at)
            self._watching[unit, audience] = found
        return self._watching[unit, audience]


def _by_role(role: Role, unit: int, *, at: datetime) -> list[Addressee]:
    return _once(Addressee(person, None) for person in granted(role, unit, at=at))


def _once(addressees: Iterable[Addressee]) -> list[Addressee]:
    """Return each active person once, in the first of their offices."""
    found: dict[int, Addressee] = {}
    for row in addressees:
        if row.person.is_active:
            found.setdefault(row.person.pk, row)
    return list(found.values())
