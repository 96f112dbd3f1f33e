"""This installation as a backup sees it: its database, its files, and what stays apart."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.backups import Refused
from config.backups.engines import Engine
from config.backups.postgresql import PostgreSQL
from config.backups.sqlite import SQLite

SECRETS = ("SECRET_KEY", "TOKEN_PEPPER")
MARK_DIGITS = 8  # enough to notice another secret, too few to find one out


def engine() -> Engine:
    """Return the engine of the database that this installation works on."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


def data_dir() -> Path:
    """Return the folder of this installation's own data."""
    return Path(settings.DATA_DIR).resolve()


@contextmanager
def bench() -> Iterator[Path]:
    """Give an empty folder on the disk of DATA_DIR, to one at a time. Raises Refused, OSError.

    What a killed run has left there goes first.
    """
    run = data_dir() / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / "backup-lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused("Another backup or restore is at work on this DATA_DIR.") from error
        folder = run / "backup"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def marks() -> Mapping[str, str]:
    """Return a few digits of a hash of each secret, by its name."""
    return {name: _mark(name, getattr(settings, name)) for name in SECRETS}


def _mark(name: str, value: str) -> str:
    told = f"commitments-backup:{name}:{value}"
    return hashlib.sha256(told.encode()).hexdigest()[:MARK_DIGITS]


def kept_apart() -> Mapping[str, str]:
    """Return what no backup holds and no restore can do without: what it is, and where it is."""
    return {
        **{name: _where(name) for name in SECRETS},
        "key of the register": str(settings.REGISTER_KEY_FILE),
        "seal": str(settings.SEAL_PKCS12_FILE),
        "password of the seal": str(settings.SEAL_PASSWORD_FILE),
        "own copies of checkpoints": str(settings.REGISTER_COPIES),
        "settings": "the environment variables of the processes",
    }


def _where(name: str) -> str:
    if path := os.environ.get(f"{name}_FILE"):
        return path
    if name in os.environ:
        return f"the environment variable {name}"
    return str(data_dir() / name.lower())
