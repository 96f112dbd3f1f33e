"""The key that signs checkpoints: a file outside the database, opened here and nowhere else."""

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class KeyUnusable(Exception):
    """The file is not there, cannot be read, or holds no key that signs checkpoints."""


class Signer:
    """The opened key. It never leaves this object."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, text: str) -> bytes:
        """Return the 64 bytes of the Ed25519 signature over the UTF-8 bytes of `text`."""
        return self._key.sign(text.encode())


def open_key(path: Path) -> Signer:
    """Open the key in the PEM file `path` (PKCS 8, Ed25519, no password). Raises KeyUnusable."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path} is no private key in PEM without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds a key of another kind; checkpoints need Ed25519.")
    return Signer(key)


def make_key(path: Path) -> None:
    """Draw a key into the new file `path`, for its owner alone: complete or not at all.

    Raises FileExistsError where a file is: a key is never overwritten.
    """
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    if path.parent.exists() and not path.parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        Path(draft).unlink()


def open_or_make(path: Path) -> Signer:
    """Open the key in `path`; draw it first where there is none. Raises KeyUnusable."""
    if not path.exists():
        try:
            with suppress(FileExistsError):  # another process was first: its key counts
                make_key(path)
        except OSError as error:
            raise KeyUnusable(f"{path}: {error.strerror}.") from error
    return open_key(path)
