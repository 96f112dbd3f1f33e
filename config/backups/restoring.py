"""Putting a backup back: everything is judged before anything is touched, and then all or nothing."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from config import ground, installation
from config.backups import Refused, archive, here
from config.backups.engines import Engine, PutBack
from config.backups.manifest import Manifest, Member
from units import clock


@dataclass(frozen=True)
class Restored:
    """What was put back. `old`: what became of the database that stood there; "": there was none.
    `older`: the product here has migrations that the backup does not know. `other_keys`: secrets
    that are not those of the installation that was backed up."""

    manifest: Manifest
    old: str
    older: bool
    other_keys: Sequence[str]


def restore(source: Path, *, replace: str = "") -> Restored:
    """Put the backup `source` back into this installation.

    `replace`: the name of the database, where one that holds data is to be thrown away. Raises
    Refused, OSError; then nothing has changed.
    """
    folder = here.data_dir()
    try:
        ground.require_writable(folder)
        lock = ground.take_lock(folder)
    except ground.Unfit as unfit:
        raise Refused(str(unfit)) from unfit
    with lock, here.bench() as bench:
        engine = here.engine()
        told = archive.verify(source, take=lambda one, file: _take(bench / one.name, file))
        older = _judge(told, engine, folder)
        engine.require_alone()
        if engine.holds_data() and replace != engine.database:
            raise Refused(
                f"The database {engine.database} holds data. To throw it away and put the backup of "
                f"{told.made_at:%Y-%m-%d %H:%M} UTC in its place, add “--replace {engine.database}”."
            )
        _judge_files(told, folder)
        added: list[Path] = []
        try:
            _put_files(told, bench, folder, added)
            old = engine.put_back(
                bench / told.database.name,
                PutBack(at=clock.real_now(), made_at=told.made_at, seq=told.seq),
            )
        except BaseException:
            for path in added:
                path.unlink(missing_ok=True)
            raise
        installation.remember(folder, demo=told.demonstration)
    marks = here.marks()
    other = [name for name, mark in told.keys.items() if marks.get(name) != mark]
    return Restored(told, old, older, other)


def _take(target: Path, file: IO[bytes]) -> None:
    """Lay a member on the bench; whether it is what it should be is judged when all of it was read."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        shutil.copyfileobj(file, out, archive.CHUNK)


# --- judging --------------------------------------------------------------------------------------


def _judge(told: Manifest, engine: Engine, folder: Path) -> bool:
    """Raise Refused where the backup does not fit this installation; return whether it is older."""
    if told.engine != engine.name:
        raise Refused(
            f"The backup is of {told.engine}, and this installation works on {engine.name}: set "
            "DATABASE_URL to a database of that kind."
        )
    mode = installation.mode_of(folder)
    wanted = installation.DEMONSTRATION if told.demonstration else installation.LIVE
    if told.demonstration != settings.DEMO or mode not in {"", wanted}:
        raise Refused(
            f"The backup is of a {wanted} installation, and DATA_DIR={str(folder)!r} with "
            f"DEMO={int(settings.DEMO)} is not: their clocks differ. Name another DATA_DIR, or set "
            f"DEMO={int(told.demonstration)}."
        )
    if told.made_at > clock.real_now():
        raise Refused(
            f"By the clock of this machine the backup will be made on {told.made_at:%Y-%m-%d %H:%M} UTC: set "
            "the clock first."
        )
    known = MigrationLoader(None, ignore_no_migrations=True)
    replaced = [migration.replaces for migration in known.disk_migrations.values()]
    ends = {max(steps) for steps in replaced if steps}  # the same tables as what took their place
    unknown = {
        (app, name)
        for app, name in told.migrations.items()
        if (app, name) not in known.disk_migrations and (app, name) not in ends
    }
    if unknown:
        names = ", ".join(sorted(".".join(one) for one in unknown))
        between = unknown.issubset(step for steps in replaced for step in steps)
        is_what = "is from before the first release" if between else "is newer than this one"
        raise Refused(
            f"The backup was made by version {told.product} of the product, which {is_what} "
            f"({installation.product_version()}): it knows {names}. Install that version first"
            f"{', and migrate there to its last step' if between else ''}."
        )
    latest = {
        app: max(name for of, name in known.disk_migrations if of == app) for app in told.migrations
    }
    return latest != dict(told.migrations) or set(known.migrated_apps) > set(told.migrations)


def _judge_files(told: Manifest, folder: Path) -> None:
    """Raise Refused where a file that is there has other bytes than the one of the backup."""
    for one in told.evidence:
        there = folder / one.name
        if there.exists() and not _is(there, one):
            raise Refused(
                f"{there} is there with other bytes than in the backup. Move it away, and look which is right: "
                "files of evidence never change."
            )


def _is(path: Path, one: Member) -> bool:
    if path.stat().st_size != one.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256


# --- putting back ---------------------------------------------------------------------------------


def _put_files(told: Manifest, bench: Path, folder: Path, added: list[Path]) -> None:
    """Put the files there that are missing; note each in `added`. What is there already stays."""
    folders = set()
    for one in told.evidence:
        target = folder / one.name
        if target.exists():
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source = bench / one.name
        with source.open("rb") as file:
            os.fsync(file.fileno())
        added.append(target)
        source.rename(target)
        folders.add(target.parent)
    for changed in folders:
        archive.sync_folder(changed)
