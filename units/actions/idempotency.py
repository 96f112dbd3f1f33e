"""One effect for one key: a request that is sent again gets the answer that the first one got.

The record is written in the transaction of the effect, so there is no state between: a crash undoes
both, and whoever finds the record finds the effect.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import errors as postgresql

from units.errors import Conflict, Invalid
from units.models import IdempotencyRecord, User

KEPT_FOR = timedelta(days=7)
PATIENCE = 2  # seconds that a request waits for its twin, and then is told to wait
AT_ONCE = 1000  # rows that are forgotten in one transaction
LOOKS = 3  # a key may be taken, set free and taken again between two statements of ours


class Asked(NamedTuple):
    """One request: who made it, under which key. `fingerprint`: of all that makes it this one."""

    holder: User
    key: str
    method: str
    path: str
    fingerprint: str


def find(asked: Asked, *, at: datetime) -> IdempotencyRecord | None:
    """Return what was answered under the key, None for a new one or one that was forgotten.

    Raises Invalid (key-reused) where the key belongs to another request. `at`: real time.
    """
    rows = IdempotencyRecord.objects.filter(holder=asked.holder, key=asked.key, expires_at__gt=at)
    record = rows.first()
    if record is not None and record.fingerprint != asked.fingerprint:
        raise Invalid(
            _(
                "The key %(key)s belongs to another request: %(method)s %(path)s. Nothing was done. "
                "Send each request with a key of its own, and the same key only with the same body."
            )
            % {"key": asked.key, "method": record.method, "path": record.path},
            code="key-reused",
        )
    return record


def claim(asked: Asked, *, at: datetime) -> IdempotencyRecord:
    """Take the key inside the caller's transaction; return its record.

    `status` None: it is ours, and the caller goes on to `keep` in the same transaction. Otherwise the
    request was answered before. A twin that still runs holds the key until it ends: it is waited
    for, on SQLite by its IMMEDIATE transaction. Raises Conflict (still-running) when that takes
    longer than PATIENCE, Invalid (key-reused), TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A key belongs to the effect's transaction.")
    for _look in range(LOOKS):
        try:
            return _insert(asked, at=at)
        except IntegrityError:
            if record := find(asked, at=at):
                return record
        except OperationalError as error:
            if not isinstance(error.__cause__, postgresql.LockNotAvailable):
                raise
            break
        expired = IdempotencyRecord.objects.filter(holder=asked.holder, key=asked.key)
        expired.filter(expires_at__lte=at).delete()
    raise Conflict(
        _("The same request is still running. Send it again in a moment, with the same key."),
        code="still-running",
        wait=PATIENCE,
    )


def _insert(asked: Asked, *, at: datetime) -> IdempotencyRecord:
    with transaction.atomic(), _impatient():
        return IdempotencyRecord.objects.create(**asked._asdict(), expires_at=at + KEPT_FOR)


@contextmanager
def _impatient() -> Iterator[None]:
    """Wait for locks of others at most PATIENCE inside the block, and as before behind it."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE}s"])
        yield  # what fails here undoes the setting with its savepoint
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def keep(
    record: IdempotencyRecord, *, status: int, headers: Mapping[str, str], body: str
) -> IdempotencyRecord:
    """Store the answer of a claimed key, in the transaction that claimed it; return the record."""
    record.status, record.headers, record.body = status, dict(headers), body
    record.save(update_fields=["status", "headers", "body"])
    return record


def forget(*, at: datetime) -> int:
    """Delete at most AT_ONCE answers that were kept long enough by `at`, real time; return how many."""
    old = IdempotencyRecord.objects.filter(expires_at__lte=at).order_by("expires_at")
    chosen = list(old.values_list("pk", flat=True)[:AT_ONCE])
    deleted, _rows = IdempotencyRecord.objects.filter(pk__in=chosen).delete()
    return deleted
