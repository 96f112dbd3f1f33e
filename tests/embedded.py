"""The embedded broker for tests that talk to a real one."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from config import broker


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the embedded server in `folder` for the block; give its URL."""
    program = broker.program()
    if program is None:
        pytest.skip("needs the embedded Valkey server, or REDIS_URL")
    path = broker.socket_in(folder)
    command = broker.command(program=program, folder=folder, path=path)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(path, server)
        yield broker.url_of(path)
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_for(path: Path, server: subprocess.Popen) -> None:
    """Return when `server` answers at `path`. Raises RuntimeError when it does not start."""
    until = time.monotonic() + 10
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return
        time.sleep(0.05)
    raise RuntimeError(f"The embedded server did not start: see {path.parent}.")
