"""The client of docs/examples beside random acts of a year: after each run its file is what is shown.

It runs as its reader runs it, as a program of its own over HTTP, with the token in its environment, and
goes on each time where its last run ended. That it mirrors the demonstration is proved where the whole
tutorial is run (`test_tutorial`).
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
from urllib.parse import urlsplit

import pytest
from django.conf import settings as of_the_site
from django.test import Client

from tests.api.acts_in_order import ACTS, make_year
from tests.factories.mirror import COLLECTIONS
from tests.factories.readers import token_of
from tests.factories.units import ApiClientFactory
from units.enums import Scope
from units.models import OrgUnit

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = Path(of_the_site.BASE_DIR) / "docs" / "examples" / "mirror.py"
READS = [scope.value for scope in Scope if scope.value.endswith(":read")]
SEED = int(os.environ.get("SEED", "7"))
DONE = int(os.environ.get("ACTS", "40"))  # that were not refused; `make fuzz` does 1,000


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(settings, live_server) -> None:
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    settings.SITE_URL = live_server.url


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


def test_the_file_of_the_reference_client_stays_equal_through_random_acts(live_server, tmp_path):
    chance, year = random.Random(SEED), make_year()
    units = (year.body.committee, year.body.commune, year.body.other)
    copies = [
        Copy(unit, live_server.url, tmp_path / f"{place}.sqlite3")
        for place, unit in enumerate(units)
    ]
    said, done = Counter[str](), Counter[str]()

    def run_all() -> None:
        for copy in copies:
            said["built" if "objects" in copy.run() else "went on"] += 1
            assert copy.rows() == copy.shown()

    run_all()
    names = sorted(ACTS)
    while done.total() < DONE:
        name = chance.choice(names)
        done[name] += year.do(name)
        assert year.n < 20 * DONE, "hardly any act is possible any more"
        if chance.random() < 0.03:
            run_all()
    run_all()

    # Anew only where a unit that was moved or founded has changed what the client may see.
    moved = done["move a unit"] + done["found a unit"]
    assert len(copies) <= said["built"] <= len(copies) * (1 + moved)
    assert said["went on"] > 0
    assert sum(map(bool, done.values())) > len(ACTS) / 3, done
    print(f"seed {SEED}: {done.total()} acts of {year.n} tried; copies {dict(said)}")
