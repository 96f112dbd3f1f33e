"""One person who is told of one thing, and how tellers name them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from commitments.actions.addressees import Addressee, Directory
from commitments.actions.subjects import as_column
from commitments.enums import ClockKind
from commitments.models import CaseClock
from notifications.enums import NoticeKind
from units.enums import Role
from units.models import Position, User


class Told(NamedTuple):
    """One person who is told. `awaits`: the wait that the notice is about, "" for none.

    `subject` None: it is about an account or a proposal.
    """

    person: User
    position: Position | None
    role: str
    kind: NoticeKind
    message: str
    subject: Any
    awaits: str = ""
    awaits_recipient: bool = False
    due_on: date | None = None
    expires_at: datetime | None = None
    level: int | None = None
    on_behalf_of: User | None = None  # who is away and is told, too; None: `person` alone
    channels: str = ""  # a Route that holds for everybody; "": as the person has chosen
    pace: str = ""  # a Pace, likewise


WAITED_FOR_BY: Mapping[ClockKind, Role] = {  # by role, where no office is waited for
    ClockKind.ANSWER: Role.PLANNER,
    ClockKind.VERIFY: Role.VERIFIER,
    ClockKind.ASSIGN: Role.SUPERVISOR,
    ClockKind.REPORT: Role.REPORTER,
}


def due(subject: Any, kind: ClockKind) -> date | None:
    if kind == ClockKind.SIGN:
        return subject.sign_by
    clocks = CaseClock.objects.filter(**as_column(subject), kind=kind)
    row = clocks.order_by("-generation").first()
    return row.due_on if row else None


def asked(subject: Any, kind: ClockKind, message: str, directory: Directory) -> Iterator[Told]:
    """Ask those whose act ends the wait for `kind`."""
    for row in directory.awaited(subject, kind):
        role = role_of(row, subject, kind, directory)
        yield told(row, NoticeKind.REQUEST, message, subject, kind, own=True, role=role)


def role_of(row: Addressee, subject: Any, kind: ClockKind, directory: Directory) -> Role:
    """Return by which role `row`, who is awaited, acts where it is by no office."""
    found = directory.role_of(subject, kind, row.person)
    return found or WAITED_FOR_BY.get(kind, Role.PLANNER)


def told(
    row: Addressee,
    kind: NoticeKind,
    message: str,
    subject: Any,
    awaits: ClockKind | None = None,
    *,
    own: bool = False,
    role: Role | str = "",
    **more: Any,
) -> Told:
    return Told(
        person=row.person,
        position=row.position,
        role="" if row.position else role,
        kind=kind,
        message=message,
        subject=subject,
        awaits=awaits.value if awaits else "",
        awaits_recipient=own,
        due_on=more.pop("due_on", None) or (due(subject, awaits) if awaits else None),
        **more,
    )
