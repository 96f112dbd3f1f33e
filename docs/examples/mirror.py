#!/usr/bin/env python3
"""Keep a true copy of what a token may read in a SQLite file. Needs nothing but Python 3.10.

    TOKEN=cs_… python3 mirror.py http://localhost:8000/api/v1 copy.sqlite3            once
    TOKEN=cs_… python3 mirror.py http://localhost:8000/api/v1 copy.sqlite3 --every 30  for ever

Table `object` holds one row per object: type, ref, and the body as JSON. Stop it when you like: rows
and cursor are written together, so the next run goes on where this one ended.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    copy INTEGER NOT NULL, type TEXT NOT NULL, ref TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (copy, type, ref)
);
CREATE TABLE IF NOT EXISTS state (copy INTEGER NOT NULL, cursor TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS mirror AS
    SELECT type, ref, data FROM object WHERE copy = (SELECT copy FROM state);
"""


class Gone(Exception):
    """The copy cannot be continued: it has to be built anew."""


class Api:
    """The service: its addresses, asked with one token and with patience."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base.rstrip("/"), token

    def get(self, address: str) -> Any:
        """Return the JSON at `address`, whole or below the base; wait where it says so (429, 503).

        The token goes to the base alone, whatever an answer may call the next page.
        """
        url = address if address.startswith(f"{self.base}/") else f"{self.base}/{address}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = json.load(error)
                if error.code == 410:
                    raise Gone(problem["detail"]) from error
                if error.code not in {429, 503}:
                    words = f"{problem['code']}: {problem['detail']} [{problem['request_id']}]"
                    raise SystemExit(words) from error
                time.sleep(int(error.headers.get("Retry-After", 5)) + random.random())

    def collection(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield every row of one collection, from beginning to end."""
        url = f"{kind}s/?limit=500"
        while url:
            page = self.get(url)
            yield from page["results"]
            url = page["next"]


class Mirror:
    """The copy in the file. One copy is in use; another one may be growing beside it."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(SCHEMA)

    def state(self) -> tuple[int, str] | None:
        return self.db.execute("SELECT copy, cursor FROM state").fetchone()

    def begin(self, api: Api) -> int:
        """Take everything anew beside what is there, then put it in its place; return how many rows.

        The cursor comes first: what changes while the collections are read comes again behind it.
        """
        start = api.get("changes/start")
        old = self.state()
        new = old[0] + 1 if old else 1
        self.db.execute("DELETE FROM object WHERE copy = ?", (new,))  # of a run that was stopped
        rows = 0
        for kind in start["types"]:
            for row in api.collection(kind):
                self._put(new, kind, row)
                rows += 1
        with self.transaction():
            self.db.execute("DELETE FROM state")
            self.db.execute("INSERT INTO state VALUES (?, ?)", (new, start["cursor"]))
            self.db.execute("DELETE FROM object WHERE copy <> ?", (new,))
        return rows

    def follow(self, api: Api) -> int:
        """Apply what has changed, page by page; return how many changes. Raises Gone."""
        applied, more = 0, True
        while more:
            copy, cursor = self.state() or (0, "")
            page = api.get(f"changes?limit=1000&after={quote(cursor)}")
            with self.transaction():
                for change in page["changes"]:  # in their order: the last word on an object counts
                    if change["op"] == "upsert":
                        self._put(copy, change["type"], change["data"])
                    else:
                        self.db.execute(
                            "DELETE FROM object WHERE copy = ? AND type = ? AND ref = ?",
                            (copy, change["type"], change["ref"]),
                        )
                self.db.execute("UPDATE state SET cursor = ?", (page["cursor"],))
            applied, more = applied + len(page["changes"]), page["has_more"]
        return applied

    def _put(self, copy: int, kind: str, data: dict[str, Any]) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)",
            (copy, kind, data["ref"], json.dumps(data, ensure_ascii=False, sort_keys=True)),
        )

    def transaction(self) -> Any:
        self.db.execute("BEGIN IMMEDIATE")
        return self.db


def sync(api: Api, mirror: Mirror) -> str:
    """Bring the copy up to date; return what was done, in words."""
    if mirror.state() is not None:
        try:
            return f"{mirror.follow(api)} changes"
        except Gone as gone:
            print(gone, file=sys.stderr)
    return f"{mirror.begin(api)} objects, {mirror.follow(api)} changes since"


def main() -> None:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("api", help="address that ends with /api/v1")
    asked.add_argument("file", help="the SQLite file; made if there is none")
    asked.add_argument("--every", type=int, metavar="SECONDS", help="go on asking")
    options = asked.parse_args()
    if not (token := os.environ.get("TOKEN")):
        raise SystemExit("Put the token into the environment: TOKEN=cs_… python3 mirror.py …")
    api, mirror = Api(options.api, token), Mirror(options.file)
    with closing(mirror.db):
        print(sync(api, mirror), flush=True)
        while options.every:
            time.sleep(options.every + random.random())
            print(sync(api, mirror), flush=True)


if __name__ == "__main__":
    main()
