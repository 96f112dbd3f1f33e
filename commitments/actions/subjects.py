"""What a clock can run for: one directory for each kind, and the table of them.

To let clocks run for something new: a column in `models.cases.SUBJECTS` and its constraint, a
directory here and in the table, its texts in `notifications` (`facts`, `messages`, `audiences`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from commitments.actions import versions
from commitments.actions.addressees import Addressee, Directory
from commitments.enums import Audience, ClockKind, SlotRole, VersionAct, VersionState
from commitments.enums.backlog import CaseState, CorrectionState
from commitments.enums.reports import DutyState, ReportState
from commitments.models import (
    BacklogCase,
    CommitmentVersion,
    CorrectiveAction,
    DocumentSlot,
    Report,
    ReportingDuty,
    ReportRound,
    ReturnAnswer,
    SignatureAct,
    Verdict,
)
from commitments.rules.signatures import SlotPlace, open_slots
from units import clock
from units.enums import Role
from units.models import Position, User
from units.permissions import members_of


class Versions(Directory):
    """Versions of commitments: to be signed, countersigned, or answered."""

    column: ClassVar[str] = "version"
    noun: ClassVar[str] = "commitment_version"
    waiting: ClassVar[Mapping[ClockKind, frozenset[str]]] = {
        ClockKind.SIGN: frozenset({VersionState.ISSUED}),
        ClockKind.COUNTERSIGN: frozenset({VersionState.SIGNED}),
        ClockKind.ANSWER: frozenset({VersionState.RETURNED, VersionState.REFUSED}),
    }

    @classmethod
    def load(cls, keys: Collection[int]) -> Mapping[int, CommitmentVersion]:
        rows = CommitmentVersion.objects.select_related("commitment", "assigner")
        return rows.in_bulk(keys)

    @classmethod
    def find_all(cls, refs: Collection[str]) -> Mapping[str, CommitmentVersion]:
        commitments = {ref.rpartition("-v")[0] for ref in refs}
        rows = CommitmentVersion.objects.select_related("commitment__unit", "assigner", "document")
        numbers = {int(n) for ref in refs if (n := ref.rpartition("-v")[2]).isdigit()}
        found = rows.filter(commitment__ref__in=commitments, n__in=numbers)
        return {row.ref: row for row in found if row.ref in set(refs)}

    @staticmethod
    def reach(subject: CommitmentVersion) -> set[int]:
        return versions.reach(subject)

    @staticmethod
    def unit_of(subject: CommitmentVersion) -> int:
        return subject.commitment.unit_id

    def prepare(self, subjects: Collection[CommitmentVersion]) -> None:
        self._slots: dict[int, list[DocumentSlot]] = {}
        self._signed: set[int] = set()
        self._answered: set[int] = set()
        documents = [row.document_id for row in subjects if row.state == VersionState.ISSUED]
        if documents:
            slots = DocumentSlot.objects.filter(document__in=documents).select_related("office")
            for slot in slots.order_by("ordinal"):
                self._slots.setdefault(slot.document_id, []).append(slot)
            acts = SignatureAct.objects.filter(
                slot__document__in=documents, act__in=[VersionAct.SIGN, VersionAct.COUNTERSIGN]
            )
            self._signed = set(acts.values_list("slot_id", flat=True))
        objected = [
            row.document_id for row in subjects if row.state in self.waiting[ClockKind.ANSWER]
        ]
        if objected:
            answers = ReturnAnswer.objects.filter(act__slot__document__in=objected)
            self._answered = set(answers.values_list("act__slot__document_id", flat=True))
        self.know_offices(
            {slot.office_id for version in subjects for slot in self._open_slots(version)}
            | {row.assigner_id for row in subjects if row.state == VersionState.SIGNED}
        )

    def is_waiting(self, subject: CommitmentVersion, kind: str) -> bool:
        if kind == ClockKind.ANSWER and subject.document_id in self._answered:
            return False
        return super().is_waiting(subject, kind)

    def _open_slots(self, version: CommitmentVersion) -> list[DocumentSlot]:
        """Return the undertakers' slots whose turn it is; nobody is urged out of turn."""
        slots = self._slots.get(version.document_id or 0, [])
        turn = open_slots([SlotPlace(row.pk, row.turn, row.role) for row in slots], self._signed)
        places = {place.id for place in turn}
        return [row for row in slots if row.pk in places and row.role == SlotRole.UNDERTAKER]

    def holders(self, subject: CommitmentVersion, kind: str) -> list[Addressee]:
        if kind == ClockKind.ANSWER:
            return self.by_role(Role.PLANNER, subject.commitment.assigner_unit_id)
        if kind == ClockKind.COUNTERSIGN:
            return self.in_office([subject.assigner_id])
        return self.in_office(slot.office_id for slot in self._open_slots(subject))


class Cases(Directory):
    """Backlog cases: to be assigned by who supervises the unit, resolved by an office, then verified by
    somebody of another unit."""

    column: ClassVar[str] = "case"
    noun: ClassVar[str] = "backlog_case"
    waiting: ClassVar[Mapping[ClockKind, frozenset[str]]] = {
        ClockKind.ASSIGN: frozenset({CaseState.REGISTERED}),
        ClockKind.CASE: frozenset({CaseState.ASSIGNED}),
        ClockKind.VERIFY: frozenset({CaseState.RESOLVED}),
    }

    @classmethod
    def load(cls, keys: Collection[int]) -> Mapping[int, BacklogCase]:
        return BacklogCase.objects.in_bulk(keys)

    @classmethod
    def find_all(cls, refs: Collection[str]) -> Mapping[str, BacklogCase]:
        rows = BacklogCase.objects.select_related("unit").filter(ref__in=refs)
        return {row.ref: row for row in rows}

    @staticmethod
    def reach(subject: BacklogCase) -> set[int]:
        return {subject.unit_id, subject.assigner_unit_id}

    @staticmethod
    def unit_of(subject: BacklogCase) -> int:
        return subject.unit_id

    def prepare(self, subjects: Collection[BacklogCase]) -> None:
        self.know_offices({row.office_id for row in subjects if row.office_id})

    def holders(self, subject: BacklogCase, kind: str) -> list[Addressee]:
        """Return who holds the office that resolves; to assign, who supervises; to verify, those who may
        and did not resolve."""
        if kind == ClockKind.ASSIGN:
            return self.watching(subject, Audience.SUPERVISOR)
        if kind == ClockKind.VERIFY:
            verifiers = self.by_role(Role.VERIFIER, subject.unit_id)
            return [row for row in verifiers if row.person.pk != subject.resolved_by_id]
        return self.in_office([subject.office_id] if subject.office_id else [])


class Rounds(Directory):
    """Reports that a unit owes by one day: awaited from its heads and reporters, missing, or handed in and
    to be verified by people of other units."""

    column: ClassVar[str] = "round"
    noun: ClassVar[str] = "report_round"
    waiting: ClassVar[Mapping[ClockKind, frozenset[str]]] = {
        ClockKind.REPORT: frozenset({DutyState.AWAITED}),
        ClockKind.MISSING: frozenset({DutyState.MISSING}),
        ClockKind.VERIFY: frozenset({ReportState.SUBMITTED}),  # of a report, not of the duty
    }

    @classmethod
    def load(cls, keys: Collection[int]) -> Mapping[int, ReportRound]:
        return ReportRound.objects.in_bulk(keys)

    @classmethod
    def find_all(cls, refs: Collection[str]) -> Mapping[str, ReportRound]:
        return {row.ref: row for row in ReportRound.objects.filter(ref__in=refs)}

    @staticmethod
    def reach(subject: ReportRound) -> set[int]:
        return {subject.unit_id, subject.assigner_id}

    @staticmethod
    def unit_of(subject: ReportRound) -> int:
        return subject.unit_id

    def prepare(self, subjects: Collection[ReportRound]) -> None:
        self._units = {row.pk: row.unit_id for row in subjects}
        keys = list(self._units)
        states = ReportingDuty.objects.owed().filter(round__in=keys).order_by()
        self._states: dict[int, set[str]] = {}
        for key, state in states.values_list("round", "state").distinct():
            self._states.setdefault(key, set()).add(state)
        heads = Position.objects.heads().in_force(clock.local_date(self.at))
        self._heads: dict[int, list[int]] = {}
        of_units = heads.filter(unit__in={row.unit_id for row in subjects}).order_by("rank", "pk")
        for unit, office in of_units.values_list("unit", "pk"):
            self._heads.setdefault(unit, []).append(office)
        self.know_offices({office for offices in self._heads.values() for office in offices})

    @cached_property
    def _undecided(self) -> dict[int, list[set[int]]]:
        """To each round the reports that await a decision: whoever may not decide on each any more, its
        author and whom it has passed. Read once somebody asks who verifies."""
        found: dict[int, dict[int, set[int]]] = {}
        rows = Report.objects.undecided().filter(duty__round__in=list(self._units)).order_by("pk")
        for key, report, author, passed in rows.values_list(
            "duty__round", "pk", "author", "checks__person"
        ):
            found.setdefault(key, {}).setdefault(report, {author}).add(passed or author)
        return {key: list(reports.values()) for key, reports in found.items()}

    @cached_property
    def _members(self) -> dict[int, set[int]]:
        return members_of(set(self._units.values()), at=self.at)

    def is_waiting(self, subject: ReportRound, kind: str) -> bool:
        if kind == ClockKind.VERIFY:
            return subject.pk in self._undecided
        states = self._states.get(subject.pk, set())
        return not states.isdisjoint(self.waiting.get(ClockKind(kind), ()))

    def holders(self, subject: ReportRound, kind: str) -> list[Addressee]:
        """Return the heads of the unit now in office, then who reports for it by a role; to verify, those
        of other units who may and have a report left that they neither wrote nor passed."""
        if kind == ClockKind.VERIFY:
            left = self._undecided.get(subject.pk, [])
            barred = self._members[subject.unit_id] | (set.intersection(*left) if left else set())
            verifiers = self.by_role(Role.VERIFIER, subject.unit_id)
            return [row for row in verifiers if row.person.pk not in barred]
        heads = self.in_office(self._heads.get(subject.unit_id, []))
        known = {row.person.pk for row in heads}
        by_role = self.by_role(Role.REPORTER, subject.unit_id)
        return heads + [row for row in by_role if row.person.pk not in known]


class Corrections(Directory):
    """Corrective actions: to be done by the office that answers, while the verdict asks for them, then to
    be confirmed by a supervisor or whoever assigned, of another unit."""

    column: ClassVar[str] = "correction"
    noun: ClassVar[str] = "correction"
    waiting: ClassVar[Mapping[ClockKind, frozenset[str]]] = {
        ClockKind.CORRECTION: frozenset({CorrectionState.OPEN}),
        ClockKind.VERIFY: frozenset({CorrectionState.DONE}),
    }

    @classmethod
    def load(cls, keys: Collection[int]) -> Mapping[int, CorrectiveAction]:
        return CorrectiveAction.objects.select_related("target").in_bulk(keys)

    @classmethod
    def find_all(cls, refs: Collection[str]) -> Mapping[str, CorrectiveAction]:
        rows = CorrectiveAction.objects.select_related("target").filter(target__ref__in=refs)
        return {row.ref: row for row in rows}

    @staticmethod
    def reach(subject: CorrectiveAction) -> set[int]:
        return {subject.target.unit_id, subject.target.assigner_id}

    @staticmethod
    def unit_of(subject: CorrectiveAction) -> int:
        return subject.target.unit_id

    def prepare(self, subjects: Collection[CorrectiveAction]) -> None:
        asking = Verdict.objects.asking().filter(target__in=[row.target_id for row in subjects])
        self._asking = set(asking.values_list("target", flat=True)) if subjects else set()
        self.know_offices({row.office_id for row in subjects})
        self._units = {row.target.unit_id for row in subjects}

    @cached_property
    def _members(self) -> dict[int, set[int]]:
        return members_of(self._units, at=self.at)

    def is_waiting(self, subject: CorrectiveAction, kind: str) -> bool:
        """What is said to be done awaits a decision whatever became of the verdict."""
        asked = kind == ClockKind.VERIFY or subject.target_id in self._asking
        return asked and super().is_waiting(subject, kind)

    def holders(self, subject: CorrectiveAction, kind: str) -> list[Addressee]:
        """Return who holds the office that answers; to confirm, those of other units who may, and did not
        say that it is done."""
        if kind != ClockKind.VERIFY:
            return self.in_office([subject.office_id])
        target = subject.target
        barred = {subject.done_by_id} | self._members[target.unit_id]
        may = [
            *self.by_role(Role.SUPERVISOR, target.unit_id),
            *self.by_role(Role.ASSIGNER, target.assigner_id),
        ]
        once = {row.person.pk: row for row in may if row.person.pk not in barred}
        return list(once.values())

    def role_of(self, subject: CorrectiveAction, kind: str, person: User) -> Role | None:
        if kind != ClockKind.VERIFY:
            return None
        supervisors = self.by_role(Role.SUPERVISOR, subject.target.unit_id)
        own = any(row.person.pk == person.pk for row in supervisors)
        return Role.SUPERVISOR if own else Role.ASSIGNER


DIRECTORIES: Mapping[str, type[Directory]] = {
    directory.column: directory for directory in (Versions, Cases, Rounds, Corrections)
}
OF_MODEL: Mapping[type, type[Directory]] = {
    CommitmentVersion: Versions,
    BacklogCase: Cases,
    ReportRound: Rounds,
    CorrectiveAction: Corrections,
}


def column_of(subject: Any) -> str:
    """Return in which column of clocks and notices `subject` stands."""
    return OF_MODEL[type(subject)].column


def as_column(subject: Any) -> dict[str, Any]:
    """Return `subject` as the keyword by which rows about it are made and found."""
    return {column_of(subject): subject}


def as_columns(subjects: Collection[Any]) -> dict[str, Any]:
    """Return these subjects, all of one kind and at least one, as the keyword that finds rows."""
    return {f"{column_of(next(iter(subjects)))}__in": subjects}


def directory_of(subject: Any, *, at: datetime) -> Directory:
    """Return the directory that answers about this one subject at `at`."""
    return OF_MODEL[type(subject)]([subject], at=at)


def awaited_kind(subject: Any) -> ClockKind | None:
    """Return what `subject` waits for in its present state; None: for nothing."""
    waiting = OF_MODEL[type(subject)].waiting
    return next((kind for kind, states in waiting.items() if subject.state in states), None)
