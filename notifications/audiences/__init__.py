"""Who is told of which entry of the register, as what, and why."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from commitments.actions.addressees import Addressee, Directory
from commitments.actions.subjects import DIRECTORIES, OF_MODEL, column_of
from commitments.enums import Audience, ClockKind, SigningOrder, VersionState
from commitments.enums.policies import Channel
from commitments.models import CommitmentVersion, Proposal
from commitments.querysets.takeovers import newcomers
from notifications.audiences.backlog import BACKLOG
from notifications.audiences.corrections import CORRECTIONS
from notifications.audiences.desk import DESK
from notifications.audiences.told import Told, asked, due, role_of, told
from notifications.enums import NoticeKind
from notifications.rules import CODE_LASTS
from units.actions import accounts
from units.enums import Role
from units.models import Appointment, RegisterEntry, User
from units.permissions import granted, holders_at
from units.querysets.organisation import reaches_of

SILENT = {  # known kinds of which nobody is told
    "commitment.draft",
    "commitment.edit",
    "commitment.discard",
    "commitment.answer",
    "commitment.amend",
    "commitment.takeover",
    "commitment.supersede",
    "commitment.settle",
    "audit.denied",
    "desk.release",
    "desk.note",
    "desk.snooze",
    "desk.unsnooze",
    "audit.factor_failed",
    "case.edit",
    "case.carry",
    "correction.write",
    "correction.revise",
}
SILENT_NOUNS = {  # nouns whose every act is silent
    "unit", "position", "appointment", "oversight", "person", "role", "calendar", "client", "token",
    "period", "mandate", "group", "uom", "indicator", "target", "verdict", "account", "clock",
    "desk", "proposal", "trust", "certificate", "document", "import", "report", "duty", "observation",
    "notice", "preference", "webhook", "carryover", "policy",
    "telephone", "inspection", "judgement",
}  # fmt: skip


AccountTeller = Callable[[RegisterEntry, datetime], Iterator["Told"]]


def is_known(kind: str) -> bool:
    """Say whether `kind` of entry is told to somebody, or silent by intention."""
    return (
        kind in TELLERS
        or kind in ACCOUNT_TELLERS
        or kind in SILENT
        or kind.split(".")[0] in SILENT_NOUNS
    )


def recipients(entry: RegisterEntry, *, at: datetime) -> list[Told]:
    """Return everybody who is told of `entry` at `at`, each once a kind; [] for a silent one."""
    return recipients_of([entry], at=at)[entry.pk]


def recipients_of(entries: Collection[RegisterEntry], *, at: datetime) -> dict[int, list[Told]]:
    """Return `recipients` of each of these entries by its key.

    Subjects, whom steps name, and what each person may see are read for all of them at once, so that
    the steps of a sweep cost a constant number of queries.
    """
    known = Known([entry for entry in entries if entry.kind in TELLERS], at=at)
    said: dict[int, list[Told]] = {}
    for entry in entries:
        if entry.kind in ACCOUNT_TELLERS:
            said[entry.pk] = list(ACCOUNT_TELLERS[entry.kind](entry, at))
            continue
        subject = known.subject_of(entry)
        said[entry.pk] = []
        if subject is not None:  # else silent, or a draft that was discarded meanwhile
            directory = known.directories[column_of(subject)]
            data = known.data[entry.pk]
            said[entry.pk] = list(TELLERS[entry.kind](entry, data, subject, directory))
    seeing = Sight(
        [one.person for told in said.values() for one in told if one.subject is not None], at=at
    )
    return {key: _once_each(told, seeing) for key, told in said.items()}


def _once_each(told: Iterable[Told], seeing: "Sight") -> list[Told]:
    """Leave out who is gone, who does not see the subject, and whoever is told the same kind twice."""
    seen: set[tuple[int, str]] = set()
    found = []
    for one in told:
        key = (one.person.pk, one.kind)
        if not one.person.is_active or (one.subject is not None and key in seen):
            continue
        if one.subject is None or seeing.sees(one.person, one.subject):
            seen.add(key)
            found.append(one)
    return found


class Sight:
    """Who of some people may see what: as the subjects' own `visible_to`, asked once for all people."""

    def __init__(self, people: Iterable[User], *, at: datetime) -> None:
        self._reaches = reaches_of({person.pk: person for person in people}.values(), at=at)

    def sees(self, person: User, subject: Any) -> bool:
        """Say whether `person`, one of these, may see `subject`, whose state was read before."""
        units = OF_MODEL[type(subject)].reach(subject)
        return any(self._reaches[person.pk].holds(unit) for unit in units)


class Known:
    """What some entries of the register are about, read for all of them with few queries."""

    def __init__(self, entries: Collection[RegisterEntry], *, at: datetime) -> None:
        self.data: dict[int, Any] = {row.pk: json.loads(row.text)["data"] for row in entries}
        self._refs: dict[int, tuple[str, str]] = {}
        for entry in entries:
            if (place := place_of(entry, self.data[entry.pk])) is not None:
                self._refs[entry.pk] = place
        self._subjects: dict[str, Mapping[str, Any]] = {}
        self.directories: dict[str, Directory] = {}
        for column in {column for column, _ref in self._refs.values()}:
            kind = DIRECTORIES[column]
            refs = {ref for place, ref in self._refs.values() if place == column}
            self._subjects[column] = kind.find_all(refs)
            self.directories[column] = kind(list(self._subjects[column].values()), at=at)
            of_column = [key for key, (place, _ref) in self._refs.items() if place == column]
            self.directories[column].know_named(
                row
                for key in of_column
                for name in ("addressees", "asked")
                for row in self.data[key].get(name, ())
            )

    def subject_of(self, entry: RegisterEntry) -> Any:
        """Return what `entry` is about; None: nothing that clocks run for, or it is there no more."""
        if entry.pk not in self._refs:
            return None
        column, ref = self._refs[entry.pk]
        return self._subjects[column].get(ref)


def place_of(entry: RegisterEntry, data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return column and reference of what `entry` is about, of the things that clocks run for.

    A fired step names it in `data`, under its column; an act is entered about the thing itself.
    """
    for column, kind in DIRECTORIES.items():
        if column in data:
            return column, data[column]
        if entry.subject_kind == kind.noun:
            return column, entry.subject_ref
    return None


def subject_of(entry: RegisterEntry) -> Any:
    """Return what `entry` is about, of the things that clocks run for; None: it is there no more."""
    place = place_of(entry, json.loads(entry.text)["data"])
    return DIRECTORIES[place[0]].find(place[1]) if place else None


def _of_issue(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    yield from asked(version, ClockKind.SIGN, "sign-request", directory)


def _of_sign(_entry: Any, data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    if data["to"] == VersionState.SIGNED:
        yield from asked(version, ClockKind.COUNTERSIGN, "countersign-request", directory)
    elif version.commitment.signing_order == SigningOrder.IN_ORDER:  # now it is the next one's turn
        yield from asked(version, ClockKind.SIGN, "sign-request", directory)


def _of_return(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    yield from asked(version, ClockKind.ANSWER, "answer-request-returned", directory)


def _of_refusal(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    yield from asked(version, ClockKind.ANSWER, "answer-request-refused", directory)
    for row in directory.watching(version, Audience.LEADER_IN_CHARGE):
        yield told(
            row, NoticeKind.RESULT, "refused", version, due_on=due(version, ClockKind.ANSWER)
        )


def _sides(version: CommitmentVersion, message: str, directory: Directory) -> Iterator[Told]:
    """Tell the undertakers and the planners of a result."""
    offices = [version.first_undertaker_id, version.second_undertaker_id]
    for held in holders_at([pk for pk in offices if pk], at=directory.at).values():
        yield told(Addressee(held.person, held.position), NoticeKind.RESULT, message, version)
    for person in granted(Role.PLANNER, version.commitment.assigner_unit_id, at=directory.at):
        yield told(Addressee(person, None), NoticeKind.RESULT, message, version, role=Role.PLANNER)


def _of_force(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    yield from _sides(version, "in-force", directory)


def _of_void(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    yield from _sides(version, "voided", directory)


def _of_proposal(_entry: Any, _data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    for row in directory.watching(version, Audience.LEADER_IN_CHARGE):
        yield told(row, NoticeKind.REQUEST, "void-proposed", version)


def _of_step(_entry: Any, data: Any, subject: Any, directory: Directory) -> Iterator[Told]:
    """Tell whom the step that fired names; who must act reads it otherwise than who watches."""
    kind, level = ClockKind(data["kind"]), data["level"]
    holder = data["audience"] == Audience.HOLDER
    about = column_of(subject)
    more: dict[str, Any] = {
        "due_on": date.fromisoformat(data["due_on"]),
        "level": level,
        "channels": data.get("channels", ""),  # steps that fired before they named them have none
        "pace": data.get("pace", ""),
        "expires_at": datetime.fromisoformat(data["next_action_at"])
        if data["next_action_at"]
        else None,
    }
    urgency = NoticeKind.REMINDER if level == 0 or holder else NoticeKind.ESCALATION
    message = _step_message(about, kind, level, holder)
    for row in directory.named(data["addressees"]):
        role = role_of(row, subject, kind, directory) if holder else Role.SUPERVISOR
        yield told(row, urgency, message, subject, kind, own=holder, role=role, **more)
    if data["explanation_due_on"] and (explain := EXPLAIN.get((about, kind))):
        for row in directory.named(data["asked"]):
            yield told(row, NoticeKind.REQUEST, explain, subject, kind, own=True, **more)


# Which text a step of the ladder becomes: "<name>-due" before the day, "<name>-late" after it, both
# with "-watch" for those who watch. Kinds of a subject that are not named are called as they are.
STEP_NAMES: Mapping[tuple[str, ClockKind], str] = {
    ("case", ClockKind.ASSIGN): "case-assign",
    ("case", ClockKind.VERIFY): "case-verify",
    ("round", ClockKind.VERIFY): "report-verify",
    ("correction", ClockKind.VERIFY): "correction-confirm",
}
EXPLAIN: Mapping[tuple[str, ClockKind], str] = {
    ("version", ClockKind.SIGN): "explain",
    ("case", ClockKind.CASE): "case-explain",
}


def _step_message(about: str, kind: ClockKind, level: int, holder: bool) -> str:
    name = STEP_NAMES.get((about, kind), kind.value)
    return f"{name}-{'due' if level == 0 else 'late'}{'' if holder else '-watch'}"


def _of_reminder(_entry: Any, data: Any, version: Any, directory: Directory) -> Iterator[Told]:
    kind = ClockKind(data["kind"])
    for row in directory.named(data["addressees"]):
        yield told(
            row,
            NoticeKind.REMINDER,
            f"reminded-{kind.value}",
            version,
            kind,
            own=True,
            role=Role.PLANNER,
        )


# --- accounts -------------------------------------------------------------------------------------


def _own_account(
    message: str, *, lasts: timedelta | None = None, channels: str = ""
) -> AccountTeller:
    """Return a teller that tells the person of whose account an entry speaks."""

    def tell(entry: RegisterEntry, _at: datetime) -> Iterator[Told]:
        person = User.objects.get(username=entry.subject_ref)
        expires_at = entry.at + lasts if lasts else None
        yield Told(
            person,
            None,
            "",
            NoticeKind.SYSTEM,
            message,
            None,
            expires_at=expires_at,
            channels=channels,
        )

    return tell


def _of_reset_asked(entry: RegisterEntry, at: datetime) -> Iterator[Told]:
    """Tell the person, who may know nothing of it, and the administrators who may confirm."""
    yield from _own_account("factor-reset-asked")(entry, at)
    for person in granted(Role.ADMINISTRATOR, None, at=at):
        if person.pk != entry.actor_id and person.username != entry.subject_ref:
            yield Told(
                person, None, Role.ADMINISTRATOR, NoticeKind.REQUEST, "factor-reset-confirm", None
            )


def _of_proposal_made(entry: RegisterEntry, at: datetime) -> Iterator[Told]:
    proposal = Proposal.objects.select_related("period").get(pk=entry.subject_ref)
    for person in granted(Role.PLANNER, proposal.period.owner_id, at=at):
        yield Told(person, None, Role.PLANNER, NoticeKind.REQUEST, "proposal-made", None)


def _of_proposal_answered(entry: RegisterEntry, at: datetime) -> Iterator[Told]:
    """Tell whoever heads the unit now, which may be another one than who proposed."""
    proposal = Proposal.objects.get(pk=entry.subject_ref)
    for held in holders_at([proposal.office_id], at=at).values():
        yield Told(held.person, held.position, "", NoticeKind.RESULT, "proposal-answered", None)


def _of_appointment(entry: RegisterEntry, at: datetime) -> Iterator[Told]:
    """Tell the planners of what is in force that somebody comes into an office which has signed it.

    Once a person: whatever else that office has promised stands in the same queue.
    """
    row = Appointment.objects.filter(ref=entry.subject_ref).first()
    if row is None:
        return
    versions = CommitmentVersion.objects.filter(
        Q(first_undertaker=row.position_id) | Q(second_undertaker=row.position_id),
        state=VersionState.IN_FORCE,
    ).select_related("commitment__period")
    asked_already: set[int] = set()
    for version in versions.order_by("pk"):
        if row not in newcomers(version, on=row.valid_from):
            continue
        for person in granted(Role.PLANNER, version.commitment.assigner_unit_id, at=at):
            if person.pk not in asked_already:
                asked_already.add(person.pk)
                yield Told(
                    person, None, Role.PLANNER, NoticeKind.REQUEST, "office-changes-hands", version
                )


def _of_webhook_disabled(entry: RegisterEntry, at: datetime) -> Iterator[Told]:
    """Tell whoever administers the unit that answers for the program."""
    unit = entry.reach.values_list("unit", flat=True).first()
    for person in granted(Role.ADMINISTRATOR, unit, at=at):
        yield Told(person, None, Role.ADMINISTRATOR, NoticeKind.SYSTEM, "webhook-disabled", None)


def _deputy(message: str) -> AccountTeller:
    """Return a teller that tells the deputy of somebody's absence."""

    def tell(entry: RegisterEntry, _at: datetime) -> Iterator[Told]:
        deputy = User.objects.get(username=json.loads(entry.text)["data"]["deputy"])
        yield Told(deputy, None, "", NoticeKind.RESULT, message, None)

    return tell


ACCOUNT_TELLERS: Mapping[str, AccountTeller] = {
    "absence.enter": _deputy("absence-entered"),
    "absence.end": _deputy("absence-ended"),
    "account.invite": _own_account("invited", lasts=accounts.INVITATION_LASTS),
    "account.ask_factor_reset": _of_reset_asked,
    "account.reset_factor": _own_account("factor-reset"),
    "appointment.create": _of_appointment,
    "person.reset_password": _own_account("password-reset"),
    "proposal.make": _of_proposal_made,
    "proposal.answer": _of_proposal_answered,
    "telephone.ask": _own_account("telephone-code", lasts=CODE_LASTS, channels=Channel.SMS),
    "telephone.remove": _own_account("telephone-removed"),
    "telephone.verify": _own_account("telephone-verified"),
    "webhook.disable": _of_webhook_disabled,
}


Teller = Callable[[RegisterEntry, Mapping[str, Any], Any, Directory], Iterator[Told]]
TELLERS: Mapping[str, Teller] = (
    {
        "commitment.issue": _of_issue,
        "commitment.sign": _of_sign,
        "commitment.return": _of_return,
        "commitment.refuse": _of_refusal,
        "commitment.countersign": _of_force,
        "commitment.void": _of_void,
        "commitment.propose_void": _of_proposal,
        "commitment.remind": _of_reminder,
        "step.fired": _of_step,
    }
    | BACKLOG
    | CORRECTIONS
    | DESK
)
