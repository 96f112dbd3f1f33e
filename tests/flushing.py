"""Emptying the test database between tests that commit, although its evidence refuses to go.

The triggers are lifted for the flush alone and put back as they were. Only a database whose name
starts with `test` is ever touched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test import TransactionTestCase


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Lift every trigger of our own for the block."""
    name = Path(str(connection.settings_dict["NAME"])).name
    if not name.startswith("test"):
        raise RuntimeError(f"{name} is no test database: its evidence stays.")
    lift, restore = (_postgresql if connection.vendor == "postgresql" else _sqlite)()
    with connection.cursor() as cursor:
        for statement in lift:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in restore:
                cursor.execute(statement)


def _postgresql() -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        )
        found = cursor.fetchall()
    return (
        [f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in found],
        [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in found],
    )


def _sqlite() -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = cursor.fetchall()
    return [f"DROP TRIGGER {name}" for name, _sql in found], [sql for _name, sql in found]


def install() -> None:
    """Make Django's own emptying go through `triggers_lifted`."""
    teardown = TransactionTestCase._fixture_teardown

    def teardown_with_triggers_lifted(self: TransactionTestCase) -> None:
        with triggers_lifted():
            teardown(self)

    TransactionTestCase._fixture_teardown = teardown_with_triggers_lifted
