"""DATABASE_URL and REDIS_URL switch to the other pair with no other change."""

import os
import signal
import sys
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings

from tests import embedded
from tests.running import SERVE, free_port, processes_of, running, wait_until

pytestmark = [
    pytest.mark.postgresql_only,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@pytest.fixture
def database_url() -> Iterator[str]:
    """An empty database of this test alone."""
    given = settings.DATABASES["default"]
    server = psycopg.connect(
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )
    name = f"test_serve_{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name}")
    who = ":".join(filter(None, (given["USER"], given["PASSWORD"])))
    yield f"postgresql://{who + '@' if who else ''}{given['HOST']}:{given['PORT']}/{name}"
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


def test_start_on_postgresql_and_a_broker_of_ones_own(database_url, tmp_path):
    folder = tmp_path / "data"
    (tmp_path / "broker").mkdir()
    with (
        embedded.running(tmp_path / "broker") as broker_url,  # of its own: no other suite's wakes
        running(
            SERVE,
            folder=folder,
            port=free_port(),
            DATABASE_URL=database_url,
            REDIS_URL=broker_url,
            DEMO="0",
        ) as run,
    ):
        assert "administrator (with the same DATABASE_URL):" in run.output
        assert not any("valkey-server" in line for line in processes_of(folder))
        assert not (folder / "data.sqlite3").exists()
        wait_until(lambda: run.health()["job_age_seconds"]["sequence_register"] is not None)
        with psycopg.connect(database_url) as asking:
            row = asking.execute("SELECT count(*) FROM units_registerentry").fetchone()
        assert row == (0,)
        os.kill(run.process.pid, signal.SIGTERM)
        assert run.end() == 0
        assert processes_of(folder) == []
