"""A migration operation for tables that are queues: PostgreSQL clears them long before a fifth has changed.

What has left a queue is read again, row by row, at each look for what is left, until it is cleared;
and a planner that knows the queue by what it once held walks the whole register for ten entries.
"""

from django.db.migrations.operations.base import Operation

SHARE = 0.02  # of the rows; PostgreSQL's own is 0.2


class VacuumedOften(Operation):
    """Let PostgreSQL vacuum and count `table` (its database name) when a fiftieth has changed.

    SQLite has nothing of the kind: there this does nothing.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label, state):
        """Nothing: how a table is stored is no part of the models' state."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self._run(
            schema_editor,
            f"SET (autovacuum_vacuum_scale_factor = {SHARE}, autovacuum_analyze_scale_factor = {SHARE})",
        )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self._run(
            schema_editor,
            "RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)",
        )

    def describe(self) -> str:
        return f"Vacuum {self.table} often"

    def _run(self, schema_editor, change: str) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE {self.table} {change}", params=None)
