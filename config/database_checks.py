"""What is unsafe or missing in a database: `check --database default`, as `serve` and `migrate` do."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from commitments.actions import trust
from commitments.enums import Grade
from units.append_only import changeable_tables, missing_triggers, owned_tables


@register(Tags.database)
def databases_keep_evidence(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """Return the protected tables that lack their triggers, where all migrations have run."""
    for name in databases or ():
        if not MigrationRecorder(connections[name]).has_table():
            continue
        if missing := missing_triggers(name):
            yield Error(
                f"Tables that keep evidence lack triggers: {', '.join(missing)}.",
                hint="Restore them from a backup of the schema, or migrate an empty database.",
                id="config.E020",
            )


@register(Tags.database, deploy=True)
def role_owns_no_evidence(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """Return the protected tables that the application's own role could lay open (PostgreSQL)."""
    for name in databases or ():
        if owned := owned_tables(name):
            yield Error(
                "The application's database role owns the evidence it keeps, and may drop what protects "
                f"it: {', '.join(owned)}.",
                hint="Let one role own and migrate the tables, and another one serve: docs/operations.md, “Two roles on PostgreSQL”.",
                id="signing.E006",
            )
        if changeable := changeable_tables(name):
            yield Error(
                f"The application's database role may change evidence: {', '.join(changeable)}.",
                hint="Take UPDATE, DELETE and TRUNCATE on these tables from it: docs/operations.md, “Two roles on PostgreSQL”.",
                id="signing.E006",
            )


@register(Tags.database, deploy=True)
def personal_signatures_are_possible(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """Return that a personal signature is demanded where no certificate can lead to anybody trusted."""
    if Grade.PERSONAL not in settings.GRADE_REQUIRED.values():
        return
    for name in databases or ():
        if MigrationRecorder(connections[name]).has_table() and trust.in_force() is None:
            yield Error(
                "GRADE_REQUIRED demands personal signatures, and nobody is trusted to certify them.",
                hint="Let one administrator propose whom to trust and another one approve it: /trust/.",
                id="signing.E003",
            )


@register(Tags.database, deploy=True)
def queues_are_vacuumed(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> Iterable[CheckMessage]:
    """Return that nothing clears the tables that are queues (PostgreSQL): rows that have left them
    are read again at each look for work, and the planner knows nothing of their size."""
    for name in databases or ():
        if connections[name].vendor != "postgresql":
            continue
        with connections[name].cursor() as cursor:
            cursor.execute("SHOW autovacuum")
            if cursor.fetchone()[0] == "off":
                yield Warning(
                    "PostgreSQL does not vacuum by itself: every job becomes slower with what it has done.",
                    hint="Set autovacuum = on in postgresql.conf, and reload.",
                    id="config.W032",
                )
