"""The archive: an uncompressed tar, written in one go and read from end to end before it is believed."""

import errno
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.backups import Refused, manifest
from config.backups.manifest import Manifest, Member

CHUNK = 1024 * 1024
MOST_OF_A_MANIFEST = 512 * CHUNK
NO_SECOND_NAME = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # some network disks


class Hashing:
    """Reads through to `source` and keeps the SHA-256 of what has passed."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.sha256 = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self.source.read(size)
        self.sha256.update(found)
        return found


class Writer:
    """An archive that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, name: str, path: Path) -> Member:
        """Add the file `path` under `name`; return what the manifest says of it."""
        with path.open("rb") as file:
            head = self._head(name, os.fstat(file.fileno()).st_size)
            passing = Hashing(file)
            self._tar.addfile(head, passing)
        return Member(name, head.size, passing.sha256.hexdigest())

    def close(self, told: Manifest) -> None:
        """Add the manifest and end the archive."""
        text = told.as_json().encode()
        self._tar.addfile(self._head(manifest.NAME, len(text)), io.BytesIO(text))
        self._tar.close()

    @staticmethod
    def _head(name: str, size: int) -> tarfile.TarInfo:
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        return head


@contextmanager
def written(target: Path) -> Iterator[Writer]:
    """Write a new archive for the block: under a name of its own, which only the end makes `target`.

    Complete on the disk or not there; what stands at `target` already is never touched. Raises
    Refused, OSError.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            yield Writer(file)
            file.flush()
            os.fsync(file.fileno())
        verify(draft)
        _name(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)


def _name(draft: Path, target: Path) -> None:
    there = Refused(f"{target} exists; a backup is never written over.")
    try:
        os.link(draft, target)
    except FileExistsError as error:
        raise there from error
    except OSError as error:
        if error.errno not in NO_SECOND_NAME:
            raise
        if target.exists():
            raise there from error
        draft.rename(target)


def sync_folder(folder: Path) -> None:
    """Let the names in `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def verify(path: Path, *, take: Callable[[Member, IO[bytes]], None] | None = None) -> Manifest:
    """Read the whole archive and compare every byte with its manifest; return the manifest.

    `take`: is given each member and its bytes, which are judged only afterwards. Raises Refused,
    OSError.
    """
    try:
        with tarfile.open(path, mode="r:") as tar:
            heads = tar.getmembers()
            told = _manifest(tar, heads, path)
            expected = {one.name: one for one in told.members}
            names = [head.name for head in heads[:-1]]
            if sorted(names) != sorted(expected):
                raise Refused(f"{path} is damaged: it does not hold what its manifest names.")
            for head in heads[:-1]:
                _compare(tar, head, expected[head.name], path, take)
    except tarfile.TarError as error:
        raise Refused(f"{path} is no backup, or damaged: {error}.") from error
    return told


def told_by(path: Path) -> Manifest:
    """Return what the archive says of itself, with nothing compared. Raises Refused, OSError."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            return _manifest(tar, tar.getmembers(), path)
    except tarfile.TarError as error:
        raise Refused(f"{path} is no backup, or damaged: {error}.") from error


def _manifest(tar: tarfile.TarFile, heads: Sequence[tarfile.TarInfo], path: Path) -> Manifest:
    if not heads or heads[-1].name != manifest.NAME:
        raise Refused(f"{path} is no backup, or its end is missing.")
    if heads[-1].size > MOST_OF_A_MANIFEST:
        raise Refused(f"{path} is no backup: its manifest is too large.")
    return manifest.read(_bytes_of(tar, heads[-1]).read())


def _compare(
    tar: tarfile.TarFile,
    head: tarfile.TarInfo,
    expected: Member,
    path: Path,
    take: Callable[[Member, IO[bytes]], None] | None,
) -> None:
    passing = Hashing(_bytes_of(tar, head))
    if take is not None:
        take(expected, passing)  # type: ignore[arg-type]  # it reads, no more
    while passing.read(CHUNK):
        pass
    if (head.size, passing.sha256.hexdigest()) != (expected.size, expected.sha256):
        raise Refused(f"{path} is damaged: {head.name} is not what its manifest says.")


def _bytes_of(tar: tarfile.TarFile, head: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(head) if head.isreg() else None
    if file is None:
        raise Refused(f"{head.name} is no file: this is no backup.")
    return file
