"""What is known of backups afterwards: when the last one was made, when one was last put back on trial,
and which old ones may go."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from config.backups import Refused, archive, here
from config.backups.manifest import Manifest

ARCHIVE = re.compile(r"commitments-\d{8}T\d{6}Z\.tar")


class Last(NamedTuple):
    """The last backup that was made here. `name`: of its file; `complete`: nothing was missing in it."""

    made_at: datetime
    name: str
    complete: bool


class Drill(NamedTuple):
    """A backup that was put back elsewhere and found good. `name`: of its file; `minutes`: how long it took."""

    ended_at: datetime
    name: str
    minutes: int


def note(target: Path, told: Manifest) -> None:
    """Remember beside the data that this backup was made. Raises OSError."""
    said = {
        "made_at": told.made_at.isoformat(),
        "name": target.name,
        "complete": not told.faults,
    }
    _write(_path(), said)


def last() -> Last | None:
    """Return the last backup that was made of this installation; None: none is known of."""
    try:
        said = json.loads(_path().read_text(encoding="utf-8"))
        return Last(datetime.fromisoformat(said["made_at"]), said["name"], said["complete"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note_drill(drill: Drill) -> None:
    """Remember beside the data that a backup was put back and found good. Raises OSError."""
    _write(_drill_path(), drill._asdict() | {"ended_at": drill.ended_at.isoformat()})


def last_drill() -> Drill | None:
    """Return the last drill that was noted for this installation; None: none is known of."""
    try:
        said = json.loads(_drill_path().read_text(encoding="utf-8"))
        return Drill(datetime.fromisoformat(said["ended_at"]), said["name"], int(said["minutes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, said: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(path)


def clear(folder: Path, *, keep: int, told: Manifest) -> list[Path]:
    """Remove the oldest backups of this installation in `folder` until `keep` are left; return them.

    `told`: of the newest one, which is always kept. Only archives under names that we give, which say
    that they are of the same installation and whose end is there, are counted and removed: what is
    damaged or somebody else's stays. Raises OSError.
    """
    own = [path for path in sorted(folder.iterdir()) if _is_own(path, told)]
    gone = own[:-keep]
    for path in gone:
        path.unlink()
    return gone


def _is_own(path: Path, told: Manifest) -> bool:
    if not ARCHIVE.fullmatch(path.name) or not path.is_file():
        return False
    try:
        return archive.told_by(path).origin == told.origin
    except (Refused, OSError):
        return False


def _path() -> Path:
    return here.data_dir() / "last-backup.json"


def _drill_path() -> Path:
    return here.data_dir() / "last-drill.json"
