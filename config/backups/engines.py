"""The two databases: one consistent copy while the site runs, and one put back as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from commitments.models import Evidence
from units.models import RegisterEntry, RegisterLink, User

LAST_PLACE = (
    f"SELECT seq, link_hash, epoch_id FROM {RegisterLink._meta.db_table} ORDER BY seq DESC LIMIT 1"  # noqa: S608  # our own names
)
LATEST_MIGRATIONS = "SELECT app, MAX(name) FROM django_migrations GROUP BY app ORDER BY app"
NAMED_FILES = f"SELECT DISTINCT file, sha256 FROM {Evidence._meta.db_table}"  # noqa: S608  # our own name
WHAT_PEOPLE_WROTE = tuple(model._meta.db_table for model in (User, RegisterEntry))


@dataclass(frozen=True)
class Facts:
    """What a copy holds, read from the copy itself. `files`: SHA-256 of each file that it names."""

    engine_version: str
    epoch: int
    seq: int
    link: str
    migrations: Mapping[str, str]
    files: Mapping[UUID, str]


@dataclass(frozen=True)
class PutBack:
    """What is written down in the database that is put back. Instants are real time."""

    at: datetime
    made_at: datetime
    seq: int


class Engine(Protocol):
    """`name`: of the engine. `database`: what a person types to name the one that is replaced."""

    name: str

    @property
    def database(self) -> str: ...

    def copy(self, target: Path) -> Facts:
        """Write a consistent copy to the new file `target`. Raises Refused, OSError."""

    def holds_data(self) -> bool:
        """Say whether people have worked in the database: then it is not replaced unasked."""

    def require_alone(self) -> None:
        """Raise Refused while other processes are connected."""

    def put_back(self, copy: Path, told: PutBack) -> str:
        """Replace the database by `copy`, all of it or nothing; return what became of the old one.

        The row that holds everything until `after_restore` is written with it. Raises Refused.
        """


def facts(execute: Any, *, engine_version: str) -> Facts:
    """Return the facts of a copy. `execute`: SQL to rows."""
    last = next(iter(execute(LAST_PLACE)), None)
    seq, link, epoch = last or (0, b"", 0)
    return Facts(
        engine_version=engine_version,
        epoch=epoch,
        seq=seq,
        link=bytes(link).hex(),
        migrations=dict(execute(LATEST_MIGRATIONS)),
        files={UUID(str(file)): sha256 for file, sha256 in execute(NAMED_FILES)},
    )
