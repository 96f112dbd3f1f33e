"""Running this product as people run it: whole processes, of which none may stay behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PATIENCE = 900  # seconds until a start has given up; a limit, not a wait
MAKE = ["make", "--no-print-directory", "run"]
SERVE = [sys.executable, "manage.py", "serve"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment that holds nothing of ours: the suite's own services stay out of it."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "HOME": str(folder.parent), "DATA_DIR": str(folder)} | more


def free_port() -> int:
    """Return a port on which nobody listens at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def manage(*words: str, env: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run one management command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **more,
    )


def processes_of(folder: Path) -> list[str]:
    """Return name and command of every process whose environment or command names `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):  # it has ended meanwhile
            command = (entry / "cmdline").read_bytes()
            if str(folder).encode() in command + b"\0" + (entry / "environ").read_bytes():
                name = (entry / "comm").read_text("utf-8").strip()
                found.append(f"{entry.name}: {name} {command.replace(bytes(1), b' ').decode()}")
    return found


def wait_until(condition: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """Return the first true answer of `condition`. Raises AssertionError when none comes in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{condition} was not true within {seconds} s")


class Run:
    """One start: a session of its own, as a terminal gives it, with its output in a file."""

    def __init__(self, command: list[str], *, folder: Path, port: int, **env: str) -> None:
        self.folder, self.port = folder, port
        self.log = folder.parent / f"output-{port}-{time.monotonic_ns()}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(folder, PORT=str(port), **env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def reach_ready(self) -> None:
        """Wait until the last line says Ready. Raises AssertionError where the start has ended."""
        wait_until(lambda: "\nReady: " in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
        """Return status and body of one page."""
        asking = http.client.HTTPConnection(host, self.port, timeout=20)
        try:
            asking.request("GET", path)
            answer = asking.getresponse()
            return answer.status, answer.read()
        finally:
            asking.close()

    def health(self) -> dict[str, Any]:
        """Return what /healthz says."""
        status, body = self.get("/healthz")
        assert status == 200, body
        return json.loads(body)

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(timeout=PATIENCE)

    def pid_of(self, *words: str) -> int:
        """Return the lowest number of the processes of this start whose name or command has `words`."""
        found = [line for line in processes_of(self.folder) if all(word in line for word in words)]
        assert found, f"no process {words}"
        return min(int(line.partition(":")[0]) for line in found)

    def kill(self) -> None:
        """End whatever is left of this start, for a test that has failed."""
        for line in processes_of(self.folder):
            with suppress(ProcessLookupError):
                os.kill(int(line.partition(":")[0]), signal.SIGKILL)
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@contextmanager
def running(command: list[str], *, folder: Path, port: int, **env: str) -> Iterator[Run]:
    """Start `command`, wait until it is ready, and leave nothing behind."""
    run = Run(command, folder=folder, port=port, **env)
    try:
        run.reach_ready()
        yield run
    finally:
        run.kill()


def refused(folder: Path, command: list[str] = SERVE, **env: str) -> str:
    """Return the one line that a start on `folder` says before it gives up with exit code 2."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(folder) | {"PORT": str(free_port()), "DEMO": "0"} | env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    said = [
        line
        for line in done.stderr.splitlines()
        if not line.startswith("make: ***")  # what make adds to every failure
    ]
    assert len(said) == 1, done.stderr
    assert "Ready" not in done.stdout
    assert processes_of(folder) == []
    return said[0]
