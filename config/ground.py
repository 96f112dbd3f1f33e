"""What must be true before anything is started. Each answer that is no is one line for a person."""

import errno
import fcntl
import ipaddress
import os
import socket
import tempfile
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from config import installation

PUBLIC_FLAG = "SERVE_DEMO_PUBLICLY"


class Unfit(Exception):
    """One sentence: what stands in the way, and what to do."""


def require_writable(folder: Path) -> None:
    """Make `folder` if it is missing; raise Unfit unless files can be made in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Unfit(
            f"DATA_DIR={str(folder)!r} cannot be written: {error.strerror}. "
            "Name a folder that you may write to with DATA_DIR."
        ) from error


def take_lock(folder: Path) -> IO[str]:
    """Return the open lock of `folder`, held until it is closed; raise Unfit while another holds it.

    The kernel lets go of it with the process, so a killed start leaves nothing behind.
    """
    path = folder / "run" / "lock"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    lock = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Unfit(
            f"DATA_DIR={str(folder)!r} is in use by another start (process {holder}). "
            "Stop that one, or name another folder with DATA_DIR."
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def require_same_mode(folder: Path, *, demo: bool) -> None:
    """Raise Unfit when `folder` was begun in the other mode: their clocks differ."""
    wanted = installation.DEMONSTRATION if demo else installation.LIVE
    present = installation.mode_of(folder)
    if present not in {"", wanted}:
        raise Unfit(
            f"DATA_DIR={str(folder)!r} holds {_ARTICLES[present]}, but DEMO={int(demo)} asks for "
            f"{_ARTICLES[wanted]}. Name another folder with DATA_DIR."
        )


def require_demonstration(*, demo: bool) -> None:
    """Raise Unfit for a demonstration where none was installed."""
    if demo and find_spec("commitments.demo") is None:
        raise Unfit("This installation comes without a demonstration. Start it with DEMO=0.")


_ARTICLES = {
    installation.DEMONSTRATION: "a demonstration",
    installation.LIVE: "a live installation",
}


def require_private(host: str, *, demo: bool) -> None:
    """Raise Unfit for a demonstration that others could reach: its passwords are known."""
    if demo and not is_loopback(host) and os.environ.get(PUBLIC_FLAG) != "1":
        raise Unfit(
            f"HOST={host!r} would open a demonstration, whose passwords are known, to others. "
            f"Leave HOST out, or set {PUBLIC_FLAG}=1 if that is what you want."
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def addresses(host: str, port: int) -> list[str]:
    """Return what the web server binds to, each of them free. Raises Unfit where one is taken.

    On this machine alone both kinds of loopback address are bound where the machine has both:
    "localhost" may mean either.
    """
    if not 0 < port < 65536:
        raise Unfit(f"PORT={port} is no port: choose one from 1 to 65535.")
    hosts = ["127.0.0.1", "::1"] if host in {"localhost", "127.0.0.1"} else [host]
    bound = [each for each in hosts if _is_free(each, port, needed=each == hosts[0])]
    return [f"[{each}]:{port}" if ":" in each else f"{each}:{port}" for each in bound]


def _is_free(host: str, port: int, *, needed: bool) -> bool:
    """Say whether `host` can be bound; False only where it is not `needed` and does not exist."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unfit(
                f"Port {port} of {host} is in use. Stop what listens there, "
                f"or choose another port, for example PORT={port + 1}."
            ) from error
        if needed:
            reason = error.strerror or str(error)
            raise Unfit(f"HOST={host!r} PORT={port} cannot be bound: {reason}.") from error
        return False
    return True
