"""Named sets of register entries and links."""

from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
from django.db import connections, models
from django.db.models import Exists, OuterRef, Q

from units.enums import ReachMoment
from units.querysets.organisation import reach_of

if TYPE_CHECKING:
    from units.models import User


class RegisterEntryQuerySet(models.QuerySet):
    def about(self, subject_kind: str, *refs: str):
        """Entries about these subjects, oldest first."""
        return self.filter(subject_kind=subject_kind, subject_ref__in=refs).order_by("pk")

    def provable_to(self, user: "User", *, at: datetime):
        """Entries whose receipt `user` may have at `at`: of one's own acts, and those about published
        objects of units in reach."""
        reached = self.model.reach.rel.related_model.objects.filter(
            reach_of(user, at=at).on("unit"), moment=ReachMoment.AFTER, entry=OuterRef("pk")
        )
        return self.filter(Q(actor=user) | (Q(published=True) & Exists(reached)))


class RegisterLinkQuerySet(models.QuerySet):
    def after(self, seq: int):
        """Links behind `seq`, in order."""
        return self.filter(seq__gt=seq).order_by("seq")


# --- for whoever checks the whole register: plain SQL, for it reads every row ---------------------

# seq; leaf, prev and link hash; the entry's text in UTF-8, None where it is gone; epoch
ChainRow = tuple[int, bytes, bytes, bytes, bytes | None, int]

CHAIN = {
    "sqlite": (
        "SELECT l.seq, l.leaf_hash, l.prev_hash, l.link_hash, CAST(e.text AS BLOB), l.epoch_id "
    ),
    "postgresql": (
        "SELECT l.seq, l.leaf_hash, l.prev_hash, l.link_hash, convert_to(e.text, 'UTF8'), l.epoch_id "
    ),
}
CHAIN_FROM = (
    "FROM units_registerlink l LEFT JOIN units_registerentry e ON e.id = l.entry_id "
    "WHERE l.seq > %s AND l.seq <= %s ORDER BY l.seq LIMIT %s"
)

INSTANT = {  # the column `at` as the entry's own text writes it
    "sqlite": "replace(e.at, ' ', 'T') || '+00:00'",
    "postgresql": (
        "to_char(e.at AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', e.at) = e.at "
        """THEN 'YYYY-MM-DD"T"HH24:MI:SS' ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US' END) || '+00:00'"""
    ),
}
IDENT = {  # and `uuid`
    "sqlite": (
        "substr(e.uuid, 1, 8) || '-' || substr(e.uuid, 9, 4) || '-' || substr(e.uuid, 13, 4) "
        "|| '-' || substr(e.uuid, 17, 4) || '-' || substr(e.uuid, 21)"
    ),
    "postgresql": "e.uuid::text",
}
FIND = {"sqlite": "instr", "postgresql": "strpos"}
UNLIKE = """
SELECT e.id FROM units_registerentry e
LEFT JOIN units_user u ON u.id = e.actor_id LEFT JOIN units_position p ON p.id = e.office_id
WHERE e.id > %s AND NOT coalesce(
  {find}(e.text, '{{"actor":' || coalesce('"' || u.username || '"', 'null')
    || ',"alg":"sha256","at":"' || {instant} || '","auth":{{') = 1
  AND {find}(e.text, ',"id":"' || {ident} || '","kind":"' || e.kind || '","office":'
    || coalesce('"' || p.ref || '"', 'null') || ',"private":{{') > 1
  AND {ends}, {false})
ORDER BY e.id LIMIT %s
"""
ENDS = {  # bytes on SQLite, which else counts the letters of every text twice
    "sqlite": (
        "substr(CAST(e.text AS BLOB), -length(CAST({tail} AS BLOB))) = CAST({tail} AS BLOB)"
    ),
    "postgresql": "right(e.text, length({tail})) = {tail}",
}
TAIL = (
    """(',"request":"' || e.request_id || '","subject":"' || e.subject_kind || '/' || e.subject_ref """
    """|| '","subject_version":' || coalesce(CAST(e.subject_version AS varchar(12)), 'null') """
    """|| ',"v":1}')"""
)


def chain_rows(using: str, *, after: int, upto: int, limit: int) -> list[ChainRow]:
    """Return the next places behind `after`, none behind `upto`: seq; leaf, prev and link hash; the
    entry's text in UTF-8, None where it is gone; epoch."""
    connection = connections[using]
    sql = CHAIN[connection.vendor] + CHAIN_FROM
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # as text every byte would be written twice
            with psycopg.Cursor(connection.connection) as plain:
                return plain.execute(sql, [after, upto, limit], binary=True).fetchall()
        cursor.execute(sql, [after, upto, limit])
        return cursor.fetchall()


def entries_unlike_their_columns(using: str, *, after: int, limit: int) -> list[int]:
    """Return ids above `after` of entries whose text does not plainly repeat their columns.

    The database compares the ends of the canonical text and its middle. A name that JSON writes
    otherwise than the column holds it is among them, so the caller looks at each closely.
    """
    connection = connections[using]
    vendor = connection.vendor
    sql = UNLIKE.format(
        find=FIND[vendor],
        instant=INSTANT[vendor],
        ident=IDENT[vendor],
        ends=ENDS[vendor].format(tail=TAIL),
        false="0" if vendor == "sqlite" else "false",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [after, limit])
        return [pk for (pk,) in cursor.fetchall()]


def never_placed(using: str) -> list[int]:
    """Return the ids of entries that have no place and wait for none."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM units_registerentry e "
            "WHERE NOT EXISTS (SELECT 1 FROM units_registerlink l WHERE l.entry_id = e.id) "
            "AND NOT EXISTS (SELECT 1 FROM units_registerpending w WHERE w.entry_id = e.id) "
            "ORDER BY e.id LIMIT 100"
        )
        return [pk for (pk,) in cursor.fetchall()]
