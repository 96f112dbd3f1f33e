"""The triggers by which the database keeps what has happened: wanted ones, present ones."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from units.append_only import AppendOnly


def operations() -> list[AppendOnly]:
    """Return the protecting operations of all migrations, in the order of the migrations."""
    loader = MigrationLoader(None)
    return [
        operation
        for key in sorted(loader.disk_migrations)
        for operation in loader.disk_migrations[key].operations
        if isinstance(operation, AppendOnly)
    ]


def wanted() -> set[tuple[str, str]]:
    """Return (table, trigger) for all that the migrations promise on this engine."""
    return {
        (operation.table, trigger)
        for operation in operations()
        for trigger in operation.triggers(connection.vendor)
    }


def present() -> set[tuple[str, str]]:
    """Return (table, trigger) for every trigger of our own in the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND t.tgenabled = 'A'"  # A: also where replicas write
            )
        else:
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        return set(cursor.fetchall())
