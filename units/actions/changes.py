"""Which acts change what clients hold copies of, and who sees it: the types of the feed, below requests.

Whoever tells clients of changes asks here, the feed that they read as well as the hints that are sent
to them. Each type says which acts touch which of its objects, and which objects a holder sees.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Manager, QuerySet

from units.enums import Scope
from units.models import Appointment, OrgUnit, RegisterLink, RegisterReach, User
from units.querysets.organisation import reach_of


class Act(NamedTuple):
    """An entry that has its place. `ref`: of its subject; `text`: the canonical JSON of the entry."""

    seq: int
    entry: int
    kind: str
    subject: str
    ref: str
    at: datetime
    text: str

    @property
    def data(self) -> dict[str, Any]:
        """What the act left in its entry."""
        return json.loads(self.text)["data"]


Touched = Iterable[tuple[Act, str]]


@dataclass(frozen=True)
class Published:
    """A type of objects that clients keep copies of; `name`: as the feed calls it.

    `scope`: what a machine needs to read it. `subjects`: kinds of register subjects whose acts may
    change what is shown. `touched`: these acts -> each with the reference of every object that it
    may have changed. One that is named in vain costs a client nothing but its body; one that is
    forgotten is lost to it. `visible`: (user, instant) -> the objects that are shown to the user;
    `ref`: their field that holds the reference.
    """

    name: str
    scope: Scope
    subjects: frozenset[str]
    touched: Callable[[Sequence[Act]], Touched]
    visible: Callable[[User, datetime], QuerySet]
    ref: str = "ref"


def own(acts: Sequence[Act]) -> Touched:
    """Every act is about the object itself."""
    return [(act, act.ref) for act in acts]


def named(rows: QuerySet | Manager, acts: Sequence[Act], *, by: str, ref: str = "ref") -> Touched:
    """Return each act with the `ref` of every row whose field `by` names its subject. One query."""
    about: dict[str, list[str]] = {}
    if acts:
        refs = {act.ref for act in acts}
        for subject, found in rows.filter(**{f"{by}__in": refs}).values_list(by, ref):
            about.setdefault(subject, []).append(found)
    return [(act, found) for act in acts for found in about.get(act.ref, ())]


def acts_between(
    subjects: Collection[str], *, after: int, last: int, limit: int | None = None
) -> list[Act]:
    """Return the acts on `subjects` behind the place `after` up to `last`, in order; the first `limit`."""
    rows = RegisterLink.objects.filter(
        seq__gt=after, seq__lte=last, entry__subject_kind__in=subjects
    ).order_by("seq")
    columns = ("kind", "subject_kind", "subject_ref", "at", "text")
    found = rows.values_list("seq", "entry", *(f"entry__{name}" for name in columns))
    return [Act(*row) for row in found[:limit]]


def touched_by(feed: Published, acts: Sequence[Act]) -> list[tuple[Act, str]]:
    """Return each of `acts` that concerns the type, with every object that it may have changed."""
    about = [act for act in acts if act.subject in feed.subjects]
    return list(feed.touched(about)) if about else []


def seen_among(feed: Published, user: User, refs: Collection[str], *, at: datetime) -> set[str]:
    """Return which of the objects `refs` are shown to `user` at `at`. One query and those of the reach."""
    if not refs:
        return set()
    rows = feed.visible(user, at).filter(**{f"{feed.ref}__in": list(refs)})
    return set(rows.order_by().values_list(feed.ref, flat=True))


def reached(user: User, entries: Collection[int], *, at: datetime) -> set[int]:
    """Return which of these entries were about something that the units of `user` could see."""
    if not entries:
        return set()
    rows = RegisterReach.objects.filter(reach_of(user, at=at).on("unit"), entry__in=entries)
    return set(rows.values_list("entry", flat=True))


# --- the types of the ground floor ----------------------------------------------------------------


def appointments_of(acts: Sequence[Act]) -> Touched:
    """Appointments show the title of their office and the name of their holder."""
    rows = Appointment.objects
    yield from own([act for act in acts if act.subject == "appointment"])
    renamed = [act for act in acts if act.subject == "position"]
    yield from named(rows, renamed, by="position__ref")
    renamed = [act for act in acts if act.kind == "person.change"]
    yield from named(rows, renamed, by="person__username")


UNIT = Published(
    "unit",
    Scope.ORG_READ,
    frozenset({"unit"}),
    own,
    lambda user, at: OrgUnit.objects.within_reach_of(user, at=at),
)
APPOINTMENT = Published(
    "appointment",
    Scope.ORG_READ,
    frozenset({"appointment", "position", "person"}),
    appointments_of,
    lambda user, at: Appointment.objects.visible_to(user, at=at),
)
TYPES = (UNIT, APPOINTMENT)
