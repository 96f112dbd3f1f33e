"""Migration operations that make the database itself refuse to change what has happened.

`AppendOnly`: the table takes INSERT alone. `FrozenOnce`: rows stop changing once a condition holds.

SQLite drops the triggers of a table that it rebuilds, and refuses to rebuild one that the trigger of
another speaks of; so a migration that alters such a table lifts them and repeats the operation. Triggers stop accidents and a broken-in application, not the owner of the
database: that takes checkpoints published elsewhere.
"""

from collections.abc import Sequence

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

POSTGRESQL = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END $$;
CREATE OR REPLACE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER {table}_table_stays BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows_stay;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_table_stays;
"""
POSTGRESQL_OFF = """
DROP TRIGGER IF EXISTS {table}_rows_stay ON {table};
DROP TRIGGER IF EXISTS {table}_table_stays ON {table};
"""
SQLITE = [
    "DROP TRIGGER IF EXISTS {table}_no_update",
    "DROP TRIGGER IF EXISTS {table}_no_delete",
    *(
        f"CREATE TRIGGER {{table}}_no_{verb.lower()} BEFORE {verb} ON {{table}} "
        f"BEGIN SELECT RAISE(ABORT, '{{table}} is append-only: {verb} refused'); END"
        for verb in ("UPDATE", "DELETE")
    ),
]
SQLITE_OFF = SQLITE[:2]


class AppendOnly(Operation):
    """Protect `table` (its database name) from every change but INSERT, on both databases."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label, state):
        """Nothing: triggers are no part of the models' state."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self._run(schema_editor, [POSTGRESQL], SQLITE)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self._run(schema_editor, [POSTGRESQL_OFF], SQLITE_OFF)

    def triggers(self, vendor: str) -> set[str]:
        """Return the names of the triggers that this operation makes on `vendor`."""
        ends = (
            ["rows_stay", "table_stays"] if vendor == "postgresql" else ["no_update", "no_delete"]
        )
        return {f"{self.table}_{end}" for end in ends}

    def describe(self) -> str:
        return f"Refuse UPDATE, DELETE and TRUNCATE on {self.table}"

    def _run(self, schema_editor, postgresql: list[str], sqlite: list[str]) -> None:
        statements = postgresql if schema_editor.connection.vendor == "postgresql" else sqlite
        for statement in statements:
            schema_editor.execute(statement.format(table=self.table), params=None)


FROZEN_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP <> 'INSERT' AND ({old})) OR (TG_OP <> 'DELETE' AND ({new})) THEN
    RAISE EXCEPTION '{table} is frozen: % refused', TG_OP;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {table}_frozen BEFORE {verbs} ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_frozen();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_frozen;
"""


class FrozenOnce(AppendOnly):
    """Refuse to change the rows of `table` for which `condition` holds.

    `verbs`: what is refused, by default INSERT as well as UPDATE and DELETE. `condition`: SQL in which `{row}` stands for the row, e.g.
    `(SELECT state FROM parent WHERE id = {row}.parent_id) <> 'draft'`.
    """

    def __init__(
        self, table: str, condition: str, verbs: Sequence[str] = ("INSERT", "UPDATE", "DELETE")
    ) -> None:
        super().__init__(table)
        self.condition = condition
        self.verbs = verbs

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        old, new = self.condition.format(row="OLD"), self.condition.format(row="NEW")
        if schema_editor.connection.vendor == "postgresql":
            sql = FROZEN_POSTGRESQL.replace("{table}", self.table)
            sql = sql.replace("{verbs}", " OR ".join(self.verbs))
            schema_editor.execute(sql.replace("{old}", old).replace("{new}", new), params=None)
            return
        conditions = {"INSERT": new, "UPDATE": f"{old} OR {new}", "DELETE": old}
        for verb in self.verbs:
            condition = conditions[verb]
            name = f"{self.table}_frozen_{verb.lower()}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {self.table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{self.table} is frozen: {verb} refused'); END",
                params=None,
            )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"DROP TRIGGER IF EXISTS {self.table}_frozen ON {self.table}", params=None
            )
            return
        for verb in self.verbs:
            schema_editor.execute(
                f"DROP TRIGGER IF EXISTS {self.table}_frozen_{verb.lower()}", params=None
            )

    def triggers(self, vendor: str) -> set[str]:
        """Return the names of the triggers that this operation makes on `vendor`."""
        if vendor == "postgresql":
            return {f"{self.table}_frozen"}
        return {f"{self.table}_frozen_{verb.lower()}" for verb in self.verbs}

    def describe(self) -> str:
        return f"Freeze rows of {self.table} once {self.condition}"


class Lifted(FrozenOnce):
    """Take the freeze of `FrozenOnce` off, so that SQLite can rebuild a table that it speaks of.

    A migration that lifts it repeats the `FrozenOnce` before it ends.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        super().database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Lift the freeze of {self.table} while tables are rebuilt"


def missing_triggers(alias: str) -> list[str]:
    """Return the triggers that applied migrations promise and the database `alias` does not have.

    Tables that a migration not yet applied will make are left out; one switched off counts as
    missing.
    """
    connection = connections[alias]
    loader = MigrationLoader(connection)
    promised: set[str] = set()
    for key in loader.applied_migrations.keys() & loader.disk_migrations.keys():
        for operation in loader.disk_migrations[key].operations:
            if isinstance(operation, AppendOnly):
                promised |= operation.triggers(connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    return sorted(promised - present)


def changeable_tables(alias: str) -> list[str]:
    """Return the protected tables that the role of connection `alias` does not own and may change all
    the same: rows of append-only ones by UPDATE or DELETE, or all of any by TRUNCATE. Rows that
    freeze once a condition holds change before it does. Always empty on SQLite."""
    return [name for name, owned, changeable in _rights(alias) if changeable and not owned]


def owned_tables(alias: str) -> list[str]:
    """Return the protected tables that the role of connection `alias` owns, or could as a superuser.

    Always empty on SQLite, which knows no roles.
    """
    return [name for name, owned, _changeable in _rights(alias) if owned]


def _rights(alias: str) -> list[tuple[str, bool, bool]]:
    """Return each protected table, and whether the role owns it and whether it may change it."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return []
    operations = [
        operation
        for migration in MigrationLoader(None).disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, AppendOnly)
    ]
    appended = {one.table for one in operations if not isinstance(one, FrozenOnce)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_has_role(relowner, 'USAGE'), has_table_privilege(pg_class.oid, "
            "CASE WHEN relname = ANY(%s) THEN 'UPDATE, DELETE, TRUNCATE' ELSE 'TRUNCATE' END) "
            "FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r' ORDER BY relname",
            [sorted(appended), sorted({one.table for one in operations})],
        )
        return list(cursor.fetchall())
