"""SQLite: its own backup interface, and the exchange of one file for another."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db import connection, connections
from django.db.backends.sqlite3._functions import register as register_functions

from config.backups import Refused, archive, engines
from config.backups.engines import Facts, PutBack
from units.models import Restoration


class SQLite:
    name = "sqlite"

    @property
    def path(self) -> Path:
        """The file of the database."""
        return Path(connection.settings_dict["NAME"]).absolute()

    @property
    def database(self) -> str:
        return self.path.name

    def copy(self, target: Path) -> Facts:
        if not self.path.is_file():
            raise Refused(f"There is no database at {self.path}.")
        with (
            closing(sqlite3.connect(self.path, timeout=20)) as live,
            closing(sqlite3.connect(target)) as copy,
            _refused("The database cannot be copied"),
        ):
            live.backup(copy)  # one read transaction: writers go on
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
            _require_whole(copy)
            return engines.facts(copy.execute, engine_version=sqlite3.sqlite_version)

    def holds_data(self) -> bool:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return False
        try:
            with closing(sqlite3.connect(self.path, timeout=20)) as live:
                return any(_has_rows(live, table) for table in engines.WHAT_PEOPLE_WROTE)
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise Refused(f"{self.path} is in use: {error}.") from error
            return True  # whatever it is, it is not ours to throw away

    def require_alone(self) -> None:
        connections.close_all()
        if not self.path.exists():
            return
        try:
            with closing(sqlite3.connect(self.path, timeout=2)) as live:
                # takes the whole file for itself, and brings what stands in the log into it
                (mode,) = live.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            raise Refused(
                f"{self.path} is in use by another process: stop web, worker, beat and jobs first."
            ) from error
        except sqlite3.DatabaseError:
            return  # damaged: nobody works with it
        if mode != "delete":
            raise Refused(f"{self.path} is in use by another process: stop all of them first.")

    def put_back(self, copy: Path, told: PutBack) -> str:
        with closing(sqlite3.connect(copy)) as new, _refused("The backup cannot be used"), new:
            _require_whole(new)
            new.execute(
                f"INSERT INTO {Restoration._meta.db_table} "  # noqa: S608  # our own name
                "(put_back_at, backup_made_at, backup_seq) VALUES (?, ?, ?)",
                [_instant(told.at), _instant(told.made_at), told.seq],
            )
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        self.require_alone()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.path.with_name(f"{self.path.name}.before-{told.at:%Y%m%dT%H%M%SZ}")
        with suppress(FileNotFoundError):
            os.link(self.path, kept)
        for end in ("-wal", "-shm", "-journal"):  # of the old one; a new file must not meet them
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        copy.replace(self.path)
        archive.sync_folder(self.path.parent)
        return f"The database that stood there is kept as {kept}." if kept.exists() else ""


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Let an error of the database be a refusal that begins with `what`."""
    try:
        yield
    except sqlite3.Error as error:
        raise Refused(f"{what}: {error}.") from error


def _has_rows(live: sqlite3.Connection, table: str) -> bool:
    known = live.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone()
    if known is None:
        return False
    return live.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608  # our own name


def _require_whole(copy: sqlite3.Connection) -> None:
    """Raise Refused where the copy is damaged, or a row names another that is not there."""
    register_functions(copy)  # constraints and indexes speak of them
    (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise Refused(f"The copy of the database is damaged: {said}.")
    if broken := copy.execute("PRAGMA foreign_key_check").fetchone():
        raise Refused(f"The copy of the database is damaged: {broken[0]} names what is not there.")


def _instant(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"
