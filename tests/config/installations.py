"""Installations of their own, to be backed up, lost and put back: a database and a folder each."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection
from django.test import override_settings
from psycopg import sql

from tests.district import connected_to


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Give the name of a database without a table for the block."""
    if connection.vendor == "sqlite":
        yield str(folder / "data.sqlite3")
        return
    name = f"test_empty_{uuid.uuid4().hex[:12]}"
    with _server() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield name
    finally:
        connection.close()
        with _server() as server:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            server.execute(drop)


def _server() -> psycopg.Connection:
    told = connection.settings_dict
    return psycopg.connect(
        host=told["HOST"] or None,
        port=told["PORT"] or None,
        user=told["USER"] or None,
        password=told["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


@contextmanager
def installed(folder: Path) -> Iterator[Path]:
    """Let everything be that of an installation in `folder`: data, keys and published checkpoints."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    with override_settings(
        DATA_DIR=data,
        REGISTER_KEY_FILE=folder / "register_key.pem",
        REGISTER_COPIES=folder / "beside",
        REGISTER_PUBLISH=[str(folder / "outside")],
    ):
        yield data


@contextmanager
def elsewhere(folder: Path) -> Iterator[Path]:
    """Work on a new machine for the block: an empty database and an empty folder of data."""
    folder.mkdir()
    with installed(folder) as data, empty_database(folder) as name, connected_to(name):
        yield data
