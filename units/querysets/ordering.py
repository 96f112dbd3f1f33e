"""Codes in the order in which people count, done by the database: a position in a list stays exact."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Collate

from units.rules.counting import compared

COLLATION = "counted"  # of PostgreSQL by a migration, of SQLite by every connection


def as_counted(column: str) -> Collate:
    """Return what to order by instead of `column`, which holds codes or numbers such as KT-10.

    Comparing an annotation of it with a value follows the same order, as keyset pages need.
    """
    return Collate(F(column), COLLATION)


def teach(connection: Any, **_signal: Any) -> None:
    """Tell a new SQLite connection how codes are compared."""
    if connection.vendor == "sqlite":
        connection.connection.create_collation(COLLATION, compared)
