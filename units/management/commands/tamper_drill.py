"""`manage.py tamper_drill`: tamper with a copy of the register in every way, and see it found."""

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import environ
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, connections

from units.actions import drill

ALIAS = "drill"
MISSED = 1


class Command(BaseCommand):
    help = (
        "Edit, delete, swap, cut, recompute, switch a trigger off and put back an old dump, on a copy; "
        "each is undone. Exit code 0: each was found with its place. The live database is refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--copy",
            metavar="ADDRESS",
            help="postgresql:// address of a copy, or path of an SQLite file; on SQLite one is made "
            "where none is named",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        missed = False
        with (
            tempfile.TemporaryDirectory(prefix="drill-") as folder,
            _copy(options["copy"], Path(folder)) as using,
        ):
            try:
                for result in drill.run(using=using):
                    missed |= result.first is None and not result.exposed
                    self.stdout.write(_in_words(result))
            except drill.Unfit as unfit:
                raise CommandError(str(unfit)) from unfit
            except DatabaseError as error:
                raise CommandError(f"The copy cannot be used: {error}") from error
        if missed:
            sys.exit(MISSED)


def _in_words(result: drill.Result) -> str:
    if result.first is not None:
        return f"FOUND   {result.step}: {result.first}"
    if result.exposed:
        return f"EXPOSED {result.step}: newer than the last checkpoint, as verify_register says"
    return f"MISSED  {result.step}"


@contextmanager
def _copy(address: str | None, folder: Path) -> Iterator[str]:
    """Give the alias of the copy for the block. Raises CommandError for the live database."""
    config = deepcopy(connection.settings_dict)
    if address and "://" in address:
        config |= environ.Env.db_url_config(address)
    elif address:
        if not Path(address).is_file():
            raise CommandError(f"{address} is no file.")
        config |= {"ENGINE": "django.db.backends.sqlite3", "NAME": address}
    elif connection.vendor == "sqlite":
        config["NAME"] = str(folder / "copy.sqlite3")
        with closing(sqlite3.connect(config["NAME"])) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
    else:
        raise CommandError("Name a copy of the database: --copy postgresql://host/name_of_the_copy")
    connections.databases[ALIAS] = config
    try:
        if _identity(ALIAS) == _identity("default"):
            raise CommandError("This is the live database. The drill takes a copy alone.")
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.databases[ALIAS]


def _identity(using: str) -> tuple[Any, ...]:
    """Return what tells this database from every other one, by whatever address it is reached."""
    if connections[using].vendor == "sqlite":
        found = Path(str(connections[using].settings_dict["NAME"])).stat()
        return found.st_dev, found.st_ino
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT d.oid, pg_postmaster_start_time(), current_database() "
            "FROM pg_database d WHERE d.datname = current_database()"
        )
        return tuple(cursor.fetchone())
