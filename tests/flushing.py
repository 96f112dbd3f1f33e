"""Emptying the test database between tests that commit, although its evidence refuses to go.

The triggers are lifted for the flush alone and put back as they were. Only a database whose name
starts with `test` is ever touched.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}  # follow from the models; no test writes them


@contextmanager
def triggers_lifted(of: Collection[str] | None = None) -> Iterator[None]:
    """Lift every trigger of our own for the block; `of`: those of these tables alone."""
    name = Path(str(connection.settings_dict["NAME"])).name
    if not name.startswith("test"):
        raise RuntimeError(f"{name} is no test database: its evidence stays.")
    found = (_postgresql if connection.vendor == "postgresql" else _sqlite)()
    wanted = [row for row in found if of is None or row[0] in of]
    with connection.cursor() as cursor:
        for _table, lift, _restore in wanted:
            cursor.execute(lift)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _table, _lift, restore in wanted:
                cursor.execute(restore)


def _postgresql() -> list[tuple[str, str, str]]:
    """Return table, lifting and restoring statement of each trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        )
        found = cursor.fetchall()
    return [
        (
            table,
            f"ALTER TABLE {table} DISABLE TRIGGER {trigger}",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
        )
        for table, trigger in found
    ]


def _sqlite() -> list[tuple[str, str, str]]:
    """Return table, lifting and restoring statement of each trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = cursor.fetchall()
    return [(table, f"DROP TRIGGER {name}", sql) for table, name, sql in found]


@cache
def tables() -> list[str]:
    """Return every table of the models, but those that follow from the models themselves."""
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed} - KEPT)


def empty() -> None:
    """Delete every row. Tables without rows, most of them, are not touched: to truncate them all
    and to write the permissions anew costs more than most tests."""
    with connection.cursor() as cursor:
        quoted = [(table, connection.ops.quote_name(table)) for table in tables()]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in quoted
            )
        )
        filled = {table for (table,) in cursor.fetchall()}
    with triggers_lifted(filled), transaction.atomic(), connection.cursor() as cursor:
        for table in sorted(filled):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def install() -> None:
    """Make Django's own emptying go through `empty`."""

    def teardown(self: TransactionTestCase) -> None:
        empty()

    TransactionTestCase._fixture_teardown = teardown
