"""Taking a backup while the site runs."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from config import installation
from config.backups import Refused, archive, here, manifest
from config.backups.engines import Facts
from config.backups.manifest import Manifest
from units import clock

NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV}


def make(where: Path) -> tuple[Path, Manifest]:
    """Write a backup to the new file `where`, or under a name of its own into the folder `where`.

    Return its path and its manifest; `faults` in it: files that are named and were missing or
    changed. Files of evidence never change, but a draft may drop one while the database is copied,
    and add one: they are taken before and after, so each that the copy names is among them.
    Raises Refused, OSError.
    """
    at = clock.real_now()
    target = _target(where, at)
    engine = here.engine()
    with here.bench() as bench:
        files = bench / "evidence"
        _take_files(files)
        database = bench / manifest.DATABASES[engine.name]
        facts = engine.copy(database)
        _take_files(files)
        with archive.written(target) as out:
            members = [out.add(database.name, database)]
            members += [
                out.add(f"evidence/{path.name[:2]}/{path.name}", path)
                for path in sorted(files.iterdir())
                if UUID(path.name) in facts.files
            ]
            told = Manifest(
                made_at=at,
                product=installation.product_version(),
                engine=engine.name,
                engine_version=facts.engine_version,
                demonstration=settings.DEMO,
                origin=settings.REGISTER_ORIGIN,
                epoch=facts.epoch,
                seq=facts.seq,
                link=facts.link,
                migrations=facts.migrations,
                keys=here.marks(),
                members=members,
                faults=list(_faults(facts, {one.name[-36:]: one.sha256 for one in members[1:]})),
            )
            out.close(told)
    return target, told


def _target(where: Path, at: datetime) -> Path:
    """Return the file that will be the backup. Raises Refused."""
    target = where / f"commitments-{at:%Y%m%dT%H%M%SZ}.tar" if where.is_dir() else where
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}: make it first.")
    if target.exists():
        raise Refused(f"{target} exists; a backup is never written over.")
    folder = target.parent.resolve()
    for bad in (here.data_dir(), Path(settings.REGISTER_COPIES).resolve()):
        if folder.is_relative_to(bad):
            raise Refused(
                f"{target} lies in {bad}, and would be lost with it: name a folder elsewhere, best on "
                "another disk."
            )
    return target


def _take_files(folder: Path) -> None:
    """Give each file of evidence a second name in `folder`, so that nobody can take it away."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in _evidence():
        taken = folder / path.name
        if taken.exists():
            continue
        try:
            _link(path, taken)
        except FileNotFoundError:
            continue  # dropped this moment: then the copy after it does not name it


def _evidence() -> Iterator[Path]:
    root = here.data_dir() / "evidence"
    for path in root.glob("*/*"):
        name = f"evidence/{path.parent.name}/{path.name}"
        if manifest.EVIDENCE.fullmatch(name) and path.is_file() and not path.is_symlink():
            yield path


def _link(path: Path, taken: Path) -> None:
    try:
        os.link(path, taken)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        shutil.copyfile(path, taken)


def _faults(facts: Facts, taken: Mapping[str, str]) -> Iterator[str]:
    for file, sha256 in sorted(facts.files.items(), key=lambda pair: str(pair[0])):
        found = taken.get(str(file))
        if found is None:
            yield f"{file}: missing"
        elif found != sha256:
            yield f"{file}: not what was handed in"
