"""A client that keeps a copy by the rules of docs/api.md, over a test client instead of a network."""

from collections.abc import Collection
from typing import Any

from django.test import Client

Copy = dict[str, dict[str, dict[str, Any]]]  # type -> ref -> body
COLLECTIONS = {
    "unit": "units",
    "appointment": "appointments",
    "plan": "plans",
    "target": "targets",
    "commitment": "commitments",
    "report": "reports",
    "case": "cases",
}


class Mirror:
    """`copy` is what the client believes; `restarts` how often it had to take everything anew, `gone` the
    codes that told it to."""

    def __init__(
        self, client: Client, *, limit: int = 500, types: Collection[str] = tuple(COLLECTIONS)
    ) -> None:
        self.client, self.limit, self.types = client, limit, types
        self.copy: Copy = {}
        self.gone: list[str] = []
        self.cursor, self.restarts = "", -1
        self.begin()

    def begin(self) -> None:
        """Cursor first, then every collection from beginning to end."""
        self.cursor = self.get("changes/start", types=",".join(self.types))["cursor"]
        self.copy = self.view()
        self.restarts += 1

    def view(self) -> Copy:
        """Return what the collections show now."""
        return {name: self._whole(COLLECTIONS[name]) for name in self.types}

    def poll(self) -> list[dict[str, Any]]:
        """Ask until there is nothing more, and apply it; return the changes."""
        told = []
        while True:
            answer = self.client.get("/api/v1/changes", {"after": self.cursor, "limit": self.limit})
            if answer.status_code == 410:
                self.gone.append(answer.json()["code"])
                self.begin()
                return told
            assert answer.status_code == 200, answer.content
            page = answer.json()
            for change in page["changes"]:
                self.apply(change)
            told += page["changes"]
            self.cursor = page["cursor"]
            if not page["has_more"]:
                return told

    def apply(self, change: dict[str, Any]) -> None:
        rows = self.copy[change["type"]]
        if change["op"] == "upsert":
            rows[change["ref"]] = change["data"]
        else:
            rows.pop(change["ref"], None)

    def get(self, path: str, **query: str) -> Any:
        answer = self.client.get(f"/api/v1/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def _whole(self, collection: str) -> dict[str, dict[str, Any]]:
        rows, address = {}, f"/api/v1/{collection}/?limit=500"
        while address:
            page = self.client.get(address).json()
            rows |= {row["ref"]: row for row in page["results"]}
            address = page["next"]
        return rows
