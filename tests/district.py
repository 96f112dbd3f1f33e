"""The demonstration, loaded once for a whole run: a second database that modules borrow.

Playing the district's year takes most of a minute, so no module does it again. The suite sends all
that read it to one worker (`READ_THE_DISTRICT` in `tests/conftest.py`).
"""

import io
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings


@dataclass(frozen=True)
class District:
    """The database that holds the demonstration, and what `manage.py demo` said when it was loaded."""

    name: str
    said: str


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let every thread work on the database `name` for the block."""
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


@contextmanager
def copied(suffix: str) -> Iterator[str]:
    """Copy the present database for the block; yield the name of the copy.

    No two copies have the same name: what is left of one, such as the log of SQLite that somebody had
    open, would be taken for a part of the next.
    """
    if connection.vendor == "postgresql":  # which copies nothing that anybody else has open
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    connection.close()
    suffix = f"{suffix}_{uuid.uuid4().hex[:8]}"
    name = str(connection.creation.get_test_db_clone_settings(suffix)["NAME"])
    if connection.vendor == "sqlite":  # the file alone would lack what is still in its log
        own = str(connection.settings_dict["NAME"])
        with closing(sqlite3.connect(own)) as there, closing(sqlite3.connect(name)) as copy:
            there.backup(copy)
    else:
        connection.creation.clone_test_db(suffix, verbosity=0)
    try:
        yield name
    finally:
        connection.creation.destroy_test_db(suffix=suffix, verbosity=0)


@pytest.fixture(scope="session")
def loaded_district(django_db_setup, django_db_blocker) -> Iterator[District]:
    """Load the demonstration into a copy of the empty test database."""
    out = io.StringIO()
    with django_db_blocker.unblock(), copied("district") as name:
        with connected_to(name), override_settings(DEMO=True):
            call_command("demo", verbosity=0, stdout=out)
        yield District(name, out.getvalue())


@pytest.fixture(scope="module")
def district(loaded_district: District, django_db_blocker) -> Iterator[District]:
    """Work on the district for a module. Tests take `db` too: what they write is undone."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True),
        connected_to(loaded_district.name),
    ):
        yield loaded_district


@pytest.fixture(scope="module")
def district_to_spend(loaded_district: District, django_db_blocker) -> Iterator[District]:
    """Work on a copy of the district for a module whose tests commit."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True),
        connected_to(loaded_district.name),
        copied("spent") as name,
        connected_to(name),
    ):
        yield District(name, loaded_district.said)
