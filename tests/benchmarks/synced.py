"""P1: a whole history as lines over HTTP from a real server, against COPY of the same rows."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.db import connection, transaction
from django.test import override_settings

from tests.benchmarks.changes import found, keep
from tests.benchmarks.measuring import Pair, Result, by_turns
from tests.factories.readers import token_of
from tests.factories.units import ApiClientFactory, OrgUnitFactory
from tests.running import ROOT, free_port, wait_until
from units.actions import register
from units.models import RegisterEntry, RegisterLink, RegisterPending
from units.rules import canonical

TITLE = "every change of a register as lines over HTTP, and COPY of the same rows"
SIZES = {"small": 100_000, "full": 1_000_000}
OBJECTS = 10_000  # that the entries are about, by turns: so many as one read of the stream takes
BATCH = 5_000
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)
COPY = """COPY (SELECT row_to_json(t) FROM (
SELECT l.seq, e.subject_kind AS type, e.subject_ref AS ref, 'upsert' AS op, e.at, f.body::json AS data
FROM units_registerlink l JOIN units_registerentry e ON e.id = l.entry_id
JOIN units_feedline f ON f.kind = e.subject_kind AND f.ref = e.subject_ref
ORDER BY l.seq) t) TO STDOUT"""


def _entry(n: int, ref: str, version: int) -> RegisterEntry:
    at = THEN + timedelta(seconds=n)
    said = {"v": 1, "id": n, "kind": "unit.rename", "at": at.isoformat(), "data": {"name_vi": ref}}
    return RegisterEntry(
        uuid=uuid.UUID(int=n + 1),
        kind="unit.rename",
        subject_kind="unit",
        subject_ref=ref,
        subject_version=version,
        published=True,
        at=at,
        text=canonical.text(said),
    )


def _grow(refs: list[str], size: int) -> None:
    """Let there be `size` numbered entries about these units by turns, and their lines."""
    for begin in range(0, size, BATCH):
        rows = [
            _entry(n, refs[n % len(refs)], 2 + n // len(refs))
            for n in range(begin, min(size, begin + BATCH))
        ]
        with transaction.atomic():
            made = RegisterEntry.objects.bulk_create(rows)
            RegisterPending.objects.bulk_create(RegisterPending(entry=one) for one in made)
        while register.sequence():
            pass
    assert RegisterLink.objects.count() == size
    keep()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@dataclass
class Site:
    """A running web server with one process. `port`; `pid`: of the process that answers."""

    port: int
    pid: int
    token: str

    def asked(self, path: str, **query: object) -> AbstractContextManager[HTTPResponse]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/x-ndjson"}
        if path.endswith("start"):
            headers["Accept"] = "application/json"
        return urlopen(
            Request(
                f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(query)}", headers=headers
            ),
            timeout=600,
        )

    def start(self) -> str:
        with self.asked("changes/start", types="unit") as answer:
            return json.load(answer)["cursor"]

    def sync(self, cursor: str) -> int:
        """Take every stream to its end; return how many changes came."""
        told, more = 0, True
        while more:
            rest = b""
            with self.asked("changes", after=cursor) as answer:
                while block := answer.read(1 << 20):
                    told += block.count(b"\n")
                    rest = (rest + block)[-10_000:]
            last = json.loads(rest.splitlines()[-1])
            told, cursor, more = told - 1, last["cursor"], last["has_more"]
        return told

    def memory(self, name: str) -> float:
        """Return MiB of the process that answers: VmRSS now, VmHWM at most since `forget`."""
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024

    def forget(self) -> None:
        """Let VmHWM begin at what is held now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", "ascii")


@contextmanager
def _served(token: str, folder: Path, port: int) -> Iterator[Site]:
    """Run the real server with one process on the database of this run."""
    known = connection.settings_dict
    where = f"{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT'] or 5432}"
    where = where.lstrip(":@")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1", "--threads", "2"),
            *("--worker-class", "gthread", "--no-control-socket", "--log-level", "error"),
            *("--timeout", "600", "--bind", f"127.0.0.1:{port}"),
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "DATABASE_URL": f"postgresql://{where}/{known['NAME']}",
            "DATA_DIR": str(folder),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "API_FEED_PER_MINUTE": "1000000",
        },
    )
    try:
        wait_until(lambda: _answers(port))
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("ascii")
        yield Site(port, int(children.split()[0]), token)
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        return answer.status == 200
    return False


def _copy() -> int:
    """Let the database write the same rows as JSON and take them; return how many."""
    rows = 0
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(COPY) as lines:
        for block in lines:
            rows += bytes(block).count(b"\n")
    return rows


def measure(*, size: int, rounds: int) -> Result:
    """Grow a register to `size` entries; sync it from its beginning by turns with its floor."""
    assert connection.vendor == "postgresql", "P1 is measured on PostgreSQL: set DATABASE_URL."
    result, port = Result("P1", TITLE), free_port()
    district = OrgUnitFactory(district=True)
    refs = [unit.ref for unit in found(district, min(size, OBJECTS))]
    token = token_of(ApiClientFactory(owner_unit=district))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        override_settings(SITE_URL=f"http://127.0.0.1:{port}"),
        _served(token, Path(name), port) as site,
    ):
        cursor = site.start()
        _grow(refs, size)
        assert _copy() == site.sync(cursor) == size
        idle = site.memory("VmRSS")
        site.forget()
        began = time.perf_counter()
        site.sync(cursor)
        span = time.perf_counter() - began
        peak = site.memory("VmHWM")
        floor, ours = by_turns(_copy, lambda: site.sync(cursor), rounds=rounds)
    result.pairs.append(Pair(f"{size:,} changes", "ms", floor, ours, int(peak)))
    result.notes += [
        "Goal: at most 2.",
        (
            f"The web process grows by {max(0.0, peak - idle):.1f} MiB at most while it sends (goal: at "
            f"most 30), above {idle:.0f} MiB after the first run."
        ),
        f"{size / span:,.0f} changes each second, over HTTP, to a client on the same machine.",
        "Lines are kept ready by their job beforehand (ADR 32); the floor joins the same lines.",
    ]
    return result
