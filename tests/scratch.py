"""An empty database beside the suite's own, on the same engine: for what a test does to a whole one."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from django.db import connection, connections

ALIAS = "scratch"


@contextmanager
def scratch(folder: Path) -> Iterator[str]:
    """Give the alias of an empty database for the block; it is gone afterwards."""
    config = deepcopy(connection.settings_dict)
    if connection.vendor == "sqlite":
        config["NAME"] = str(folder / "test_scratch.sqlite3")
    else:
        config["NAME"] += "_scratch"
        _on_the_server(f'DROP DATABASE IF EXISTS "{config["NAME"]}"')
        _on_the_server(f'CREATE DATABASE "{config["NAME"]}"')
    connections.databases[ALIAS] = config
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS], connections.databases[ALIAS]
        if connection.vendor != "sqlite":
            _on_the_server(f'DROP DATABASE "{config["NAME"]}"')


def _on_the_server(sql: str) -> None:
    with connection._nodb_cursor() as cursor:  # outside any transaction of the test
        cursor.execute(sql)
