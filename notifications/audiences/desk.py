"""Who is told of rows that colleagues hand over, of what comes back, and of duties handed on."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commitments.actions.addressees import Addressee, Directory
from commitments.actions.subjects import column_of
from commitments.enums import ClockKind
from notifications.audiences.told import Told, told
from notifications.enums import NoticeKind
from units.enums import Role
from units.models import RegisterEntry, User
from units.permissions import offices_of, roles_of

Teller = Callable[[RegisterEntry, Mapping[str, Any], Any, Directory], Iterator[Told]]
BACK: Mapping[str, str] = {"version": "row-back", "case": "case-back", "round": "reports-back"}
NOUNS: Mapping[str, str] = {
    "version": "row",
    "case": "case",
    "round": "reports",
    "correction": "correction",
}
# What is handed on to somebody, where it is something else than what the noun says.
HANDED_ON: Mapping[tuple[str, ClockKind], str] = {
    ("round", ClockKind.VERIFY): "review",
    ("correction", ClockKind.VERIFY): "confirmation",
}


def _of_row_handed_over(
    _entry: Any, data: Any, version: Any, _directory: Directory
) -> Iterator[Told]:
    person = User.objects.get(username=data["to"])
    yield Told(person, None, Role.SUPERVISOR, NoticeKind.REQUEST, "row-handed-over", version)


def _of_row_taken(_entry: Any, data: Any, version: Any, _directory: Directory) -> Iterator[Told]:
    if "from" in data:
        person = User.objects.get(username=data["from"])
        yield Told(person, None, Role.SUPERVISOR, NoticeKind.RESULT, "row-taken-over", version)


def _of_row_back(_entry: Any, data: Any, subject: Any, directory: Directory) -> Iterator[Told]:
    yield _to(data["to"], NoticeKind.REMINDER, BACK[column_of(subject)], subject, directory)


def _of_delegation(_entry: Any, data: Any, subject: Any, directory: Directory) -> Iterator[Told]:
    """Tell whom the holder has named; not any more when the wait has ended meanwhile."""
    kind, column = ClockKind(data["kind"]), column_of(subject)
    message = f"{HANDED_ON.get((column, kind), NOUNS[column])}-delegated"
    if directory.is_waiting(subject, kind):
        yield _to(data["deputy"], NoticeKind.REQUEST, message, subject, directory, awaits=kind)


def _of_delegation_ended(
    _entry: Any, data: Any, subject: Any, directory: Directory
) -> Iterator[Told]:
    message = f"{NOUNS[column_of(subject)]}-undelegated"
    yield _to(data["deputy"], NoticeKind.RESULT, message, subject, directory)


def _to(
    username: str,
    kind: NoticeKind,
    message: str,
    subject: Any,
    directory: Directory,
    *,
    awaits: ClockKind | None = None,
) -> Told:
    """Tell this person, in the office or the role by which they see the subject."""
    person = User.objects.get(username=username)
    office = next(iter(offices_of(person, at=directory.at)), None)
    role = min(roles_of(person, at=directory.at), default=Role.SUPERVISOR)
    row = Addressee(person, office.position if office else None)
    return told(row, kind, message, subject, awaits, role=role)


DESK: dict[str, Teller] = {
    "clock.delegate": _of_delegation,
    "clock.undelegate": _of_delegation_ended,
    "desk.hand_over": _of_row_handed_over,
    "desk.take": _of_row_taken,
    "desk.wake": _of_row_back,
}
