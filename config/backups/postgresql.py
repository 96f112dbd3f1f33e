"""PostgreSQL: by the programs of the machine, which know every object of a database."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

from config.backups import Refused, engines
from config.backups.engines import Facts, PutBack
from units.models import Restoration

OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"


class PostgreSQL:
    name = "postgresql"

    @property
    def database(self) -> str:
        return str(connection.settings_dict["NAME"])

    def copy(self, target: Path) -> Facts:
        with self._connected() as live:
            live.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            live.read_only = True
            found = engines.facts(live.execute, engine_version=str(live.info.server_version))
            ((snapshot,),) = live.execute("SELECT pg_export_snapshot()")
            self._run(  # sees exactly what we have just read
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={target}",
                f"--dbname={self._conninfo()}",
            )
        self._run("pg_restore", "--list", f"--file={os.devnull}", str(target))
        return found

    def holds_data(self) -> bool:
        with self._connected() as live:
            return any(_has_rows(live, table) for table in engines.WHAT_PEOPLE_WROTE)

    def require_alone(self) -> None:
        connections.close_all()
        with self._connected() as live:
            ((others,),) = live.execute(OTHERS)
        if others:
            raise Refused(
                f"{others} other connections work on the database {self.database}: stop web, worker, beat "
                "and jobs first."
            )

    def put_back(self, copy: Path, told: PutBack) -> str:
        before, script, after = (copy.with_suffix(end) for end in (".before", ".sql", ".after"))
        self._run(
            "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(copy)
        )  # fmt: skip
        with self._connected() as live:
            tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"
            ((there,),) = live.execute(tables)
            row = sql.SQL(
                "INSERT INTO {} (put_back_at, backup_made_at, backup_seq) VALUES ({}, {}, {});\n"
            ).format(
                sql.Identifier("public", Restoration._meta.db_table),
                told.at,
                told.made_at,
                told.seq,
            )
            after.write_text(row.as_string(live), encoding="utf-8")
        before.write_text(EMPTY_SCHEMA if there else "", encoding="utf-8")
        self._run(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction",
            "--set=ON_ERROR_STOP=1", "--output=" + os.devnull,
            *(f"--file={path}" for path in (before, script, after)),
            f"--dbname={self._conninfo()}",
        )  # fmt: skip
        return f"What stood in the database {self.database} is gone." if there else ""

    # --- how it is reached ------------------------------------------------------------------------

    def _parameters(self) -> Mapping[str, Any]:
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        told = connection.get_connection_params()
        return {name: value for name, value in told.items() if name in known}

    def _conninfo(self) -> str:
        """Return how the programs reach the database, without the password: others see a command."""
        told = {name: value for name, value in self._parameters().items() if name != "password"}
        return psycopg.conninfo.make_conninfo(**told)

    def _connected(self) -> psycopg.Connection:
        try:
            return psycopg.connect(**self._parameters())
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise Refused(f"The database does not answer: {reason}") from error

    def _run(self, program: str, *words: str) -> None:
        """Run one of the programs. Raises Refused with what it said where it fails."""
        path = shutil.which(program)
        if path is None:
            raise Refused(
                f"The program {program} is not on this machine: install the client programs of PostgreSQL, "
                "of the server's version or newer."
            )
        password = self._parameters().get("password")
        env = dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})
        done = subprocess.run(
            [path, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode != 0:
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise Refused(f"{program} has failed: {said[:1000]}")


def _has_rows(live: psycopg.Connection, table: str) -> bool:
    ((known,),) = live.execute("SELECT to_regclass(%s)", [f"public.{table}"])
    if known is None:
        return False
    rows = live.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier("public", table)))
    return rows.fetchone() is not None
