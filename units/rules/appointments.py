"""Who heads an office on a day, when nobody did, and for how many days somebody did."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from units.enums import AppointmentMode


class Appointed(Protocol):
    """One person in one office. Half-open: `valid_to` is the first day without, None is open."""

    @property
    def mode(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


class Holding(NamedTuple):
    """The plain form of `Appointed`; a row of `Appointment` serves as well."""

    person: int
    mode: str
    valid_from: date
    valid_to: date | None = None


A = TypeVar("A", bound=Appointed)


def in_force(holding: Appointed, day: date) -> bool:
    """Say whether `holding` holds on `day`."""
    return holding.valid_from <= day and (holding.valid_to is None or day < holding.valid_to)


def head_on(holdings: Iterable[A], day: date) -> A | None:
    """Return who holds one office on `day`: an acting holder, else the titular one, else None.

    `holdings`: those of one office. A delegate is no holder. Of two alike the later begun one.
    """
    heads = [one for one in holdings if one.mode != AppointmentMode.DELEGATE and in_force(one, day)]
    return max(
        heads, key=lambda one: (one.mode == AppointmentMode.ACTING, one.valid_from), default=None
    )


def gaps(holdings: Iterable[Appointed], *, start: date, end: date) -> list[tuple[date, date]]:
    """Return the half-open ranges within [start, end) in which nobody holds the office."""
    free, found = start, []
    for one in sorted(
        (one for one in holdings if one.mode != AppointmentMode.DELEGATE),
        key=lambda one: one.valid_from,
    ):
        if one.valid_from >= end:
            break
        if one.valid_from > free:
            found.append((free, one.valid_from))
        free = max(free, min(one.valid_to or end, end))
    return [*found, (free, end)] if free < end else found


def days_in_office(holding: Appointed, *, start: date, end: date) -> int:
    """Return on how many days of [start, end) `holding` held."""
    return max(0, (min(holding.valid_to or end, end) - max(holding.valid_from, start)).days)
