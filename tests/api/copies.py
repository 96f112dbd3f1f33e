"""Files of the reference client, docs/examples/mirror.py, through random acts: equal after each run.

It runs as its reader runs it, as a program of its own over HTTP, with the token in its environment, and
goes on each time where its last run ended.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as of_the_site
from django.test import Client

from tests.api.acts_in_order import ACTS, Year
from tests.factories.mirror import COLLECTIONS
from tests.factories.readers import token_of
from tests.factories.units import ApiClientFactory
from units.enums import Scope
from units.models import OrgUnit

PROGRAM = Path(of_the_site.BASE_DIR) / "docs" / "examples" / "mirror.py"
READS = [scope.value for scope in Scope if scope.value.endswith(":read")]
SEED = int(os.environ.get("SEED", "7"))


def serve_without_limits(settings: Any, url: str) -> None:
    """Let clients of the live server at `url` ask as often as they like."""
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.SITE_URL = url


class Copy:
    """The file of one client, which may read `unit` and what stands under it."""

    def __init__(self, unit: OrgUnit, base: str, path: Path) -> None:
        self._token = token_of(ApiClientFactory(owner_unit=unit, scopes=READS))
        self._base, self._path = f"{base}/api/v1", path

    def run(self) -> str:
        """Let the program bring the file up to date; return what it says."""
        done = subprocess.run(
            [sys.executable, str(PROGRAM), self._base, str(self._path)],
            env={"PATH": os.environ["PATH"], "TOKEN": self._token, "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self) -> dict[tuple[str, str], dict]:
        with closing(sqlite3.connect(self._path)) as file:
            found = file.execute("SELECT type, ref, data FROM mirror").fetchall()
        return {(kind, ref): json.loads(data) for kind, ref, data in found}

    def shown(self) -> dict[tuple[str, str], dict]:
        """Return what the server shows this client now."""
        host = urlsplit(self._base).netloc
        client, rows = Client(headers={"Authorization": f"Bearer {self._token}", "Host": host}), {}
        for kind, collection in COLLECTIONS.items():
            address = f"/api/v1/{collection}/?limit=500"
            while address:
                page = client.get(address).json()
                rows |= {(kind, row["ref"]): row for row in page["results"]}
                address = page["next"]
        return rows


def keep_equal(copies: list[Copy], year: Year, *, acts: int) -> None:
    """Do random acts, of each kind one before any comes again, until `acts` were not refused; run the
    copies now and then and at the end.

    Asserts that after each run every file is what the server shows, that no copy is built anew for
    nothing, and that of a third of the kinds of acts one was done. Prints what was done.
    """
    chance, names = random.Random(SEED), sorted(ACTS)
    first, since = chance.sample(names, len(names)), []
    said, done = Counter[str](), Counter[str]()

    def run_all() -> None:
        for copy in copies:
            said["built" if "objects" in copy.run() else "went on"] += 1
            kept, shown = copy.rows(), copy.shown()
            differ = sorted(
                key for key in kept.keys() | shown.keys() if kept.get(key) != shown.get(key)
            )
            assert not differ, (
                f"after {since}: {differ[:20]}",
                kept.get(differ[0]),
                shown.get(differ[0]),
            )
        since.clear()

    run_all()
    while done.total() < acts:
        name = first.pop() if first else chance.choice(names)
        if year.do(name):
            done[name] += 1
            since.append(name)
        assert year.n < 20 * acts, f"hardly any act is possible any more: {done}"
        if chance.random() < 0.03:
            run_all()
    run_all()

    # Anew only where a unit that was moved or founded has changed what the client may see.
    moved = done["move a unit"] + done["found a unit"]
    assert len(copies) <= said["built"] <= len(copies) * (1 + moved)
    assert said["went on"] > 0
    assert sum(map(bool, done.values())) > len(ACTS) / 3, done
    print(f"seed {SEED}: {done.total()} acts of {year.n} tried; copies {dict(said)}")
    print(", ".join(f"{name} {times}" for name, times in done.most_common()))
    never = [f"{name} ({year.refused.get(name, 'not tried')})" for name in names if not done[name]]
    print(f"never done: {', '.join(never) or 'nothing'}")
