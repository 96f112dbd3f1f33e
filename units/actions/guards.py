"""What every act on the organisation asks before it writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from units.errors import Conflict, Invalid, NotAllowed, StaleVersion
from units.models import OrgUnit, User
from units.permissions import may_administer, may_organise
from units.rules import texts
from units.rules.dates import day_text, last_day


def require_administrator(by: User, unit: OrgUnit | int | None, *, at: datetime, act: str) -> None:
    """Raise NotAllowed (<act>-not-allowed) unless `by` administers `unit`; None: the whole body."""
    _require(may_administer(by, unit, at=at), unit, act=act)


def require_organiser(by: User, unit: OrgUnit | int | None, *, at: datetime, act: str) -> None:
    """Raise NotAllowed (<act>-not-allowed) unless `by` may change `unit` and its offices."""
    _require(may_organise(by, unit, at=at), unit, act=act)


def _require(allowed: bool, unit: OrgUnit | int | None, *, act: str) -> None:
    if allowed:
        return
    if unit is None:
        raise NotAllowed(
            _("Only an administrator of the whole body does this. Ask one of them."),
            code=f"{act}-not-allowed",
        )
    raise NotAllowed(
        _("You do not administer this unit. Ask an administrator of it or of the whole body."),
        code=f"{act}-not-allowed",
    )


def require_seen(row: Any, expected: int, *, noun: str) -> None:
    """Raise StaleVersion (<noun>-changed) unless `row`, locked, is the version that was read."""
    if row.etag_version != expected:
        raise StaleVersion(
            _("“%(what)s” has changed since you opened it. Read it again, then decide.")
            % {"what": row},
            code=f"{noun}-changed",
        )


def require_text(value: str, *, field: str, code: str, most: int = texts.ACCOUNT) -> None:
    """Raise Invalid when a text that cannot be left out is empty, or longer than `most` characters
    (text-too-long)."""
    if not value:
        text = _("This must not be empty. Fill it in, then send again.")
        raise Invalid(text, code=code, fields={field: [text]})
    require_within(value, field=field, most=most)


def require_within(value: str, *, field: str, most: int = texts.REASON) -> None:
    """Raise Invalid (text-too-long) when `value` has more than `most` characters."""
    if fault := too_long(value, most=most):
        raise Invalid(fault, code="text-too-long", fields={field: [fault]})


def too_long(value: str, *, most: int = texts.REASON) -> Any:
    """Return what is wrong with a text of more than `most` characters; "" for a shorter one."""
    if not texts.excess(value, most):
        return ""
    return _("The text has %(have)s characters, and %(most)s are the most. Shorten it.") % {
        "have": texts.length(value),
        "most": most,
    }


def require_after(day: date, first: date, *, field: str, code: str) -> None:
    """Raise Invalid unless `day` lies after `first`."""
    if day <= first:
        text = _("Choose a day after %(day)s: that is when it begins.") % {"day": day_text(first)}
        raise Invalid(text, code=code, fields={field: [text]})


def require_ends(
    end_on: date, *, valid_from: date, valid_to: date | None, field: str = "end_on"
) -> None:
    """Raise Invalid unless a range from `valid_from` can end on `end_on`, its first day without.

    An end that is written may be brought forward, never put off (already-ended): what has ended
    would hold again, and for days on which it did not.
    """
    require_after(end_on, valid_from, field=field, code="end-not-after")
    if valid_to is not None and valid_to <= end_on:
        text = _(
            "It ends already, its last day is %(day)s. Choose an earlier day, or leave it."
        ) % {"day": day_text(last_day(valid_to))}
        raise Invalid(text, code="already-ended", fields={field: [text]})


def require_in_force(unit: OrgUnit, day: date, *, field: str) -> None:
    """Raise Invalid (unit-not-there) unless `unit` exists on `day`."""
    if unit.valid_from <= day and (unit.valid_to is None or day < unit.valid_to):
        return
    text = _("“%(unit)s” does not exist on %(day)s. Choose another day or another unit.") % {
        "unit": unit,
        "day": day_text(day),
    }
    raise Invalid(text, code="unit-not-there", fields={field: [text]})


@contextmanager
def unique_or(refusal: Conflict | Invalid) -> Iterator[None]:
    """Raise `refusal` when somebody else has written the same between our look and our insert."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise refusal from error


def one_at_a_time(lock: int) -> None:
    """Let one transaction at a time pass, where no single row could be its lock.

    On SQLite the IMMEDIATE transaction is that lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
