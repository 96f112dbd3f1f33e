"""What a backup says of itself: the last member of the archive, and the measure of all others."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from config.backups import Refused

NAME = "manifest.json"
KIND = "commitments-backup"
VERSION = 1
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
EVIDENCE = re.compile(r"evidence/([0-9a-f]{2})/\1[0-9a-f]{6}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Member:
    """One file of the archive. `size`: bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`made_at`: real time, of the copy of the database. `seq`, `link`: the last place of the register
    and its hash, hexadecimal; 0 and "" where it is empty. `migrations`: the latest of each app.
    `keys`: a few digits of a hash of each secret, to notice another one. `faults`: files that the
    database names and that were missing or changed."""

    made_at: datetime
    product: str
    engine: str
    engine_version: str
    demonstration: bool
    origin: str
    epoch: int
    seq: int
    link: str
    migrations: Mapping[str, str]
    keys: Mapping[str, str]
    members: list[Member] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def database(self) -> Member:
        """The copy of the database."""
        name = DATABASES[self.engine]
        return next(one for one in self.members if one.name == name)

    @property
    def evidence(self) -> list[Member]:
        """The files of evidence."""
        return [one for one in self.members if EVIDENCE.fullmatch(one.name)]

    @property
    def size(self) -> int:
        """Bytes of all members together."""
        return sum(one.size for one in self.members)

    def as_json(self) -> str:
        """Return the text of the member `manifest.json`."""
        told = asdict(self) | {"type": KIND, "v": VERSION, "made_at": self.made_at.isoformat()}
        return json.dumps(told, indent=1, sort_keys=True) + "\n"


def read(text: bytes) -> Manifest:
    """Return the manifest in `text`. Raises Refused where it is none, or one of a later form.

    Names are taken only as we write them, so nothing of an archive lands elsewhere.
    """
    try:
        told: dict[str, Any] = json.loads(text)
        if told.pop("type") != KIND:
            raise ValueError
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refused("This is no backup: its manifest cannot be read.") from error
    if told.pop("v", None) != VERSION:
        raise Refused(
            "A later version of the product has made this backup: install that one first."
        )
    try:
        told["made_at"] = datetime.fromisoformat(told["made_at"])
        told["members"] = [Member(**one) for one in told["members"]]
        manifest = Manifest(**told)
        allowed = DATABASES[manifest.engine]
        names = [one.name for one in manifest.members]
        good = (
            manifest.made_at.tzinfo is not None
            and isinstance(manifest.seq, int)
            and len(set(names)) == len(names)
            and names.count(allowed) == 1
            and all(name == allowed or EVIDENCE.fullmatch(name) for name in names)
            and all(_SHA256.fullmatch(one.sha256) for one in manifest.members)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"The manifest of this backup is damaged: {error}.") from error
    if not good:
        raise Refused("The manifest of this backup is damaged: it names what no backup holds.")
    return manifest
