"""Whole processes on the database of the test: workers, beats, a broker that may be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

from config import broker
from config.schedule import QUEUES
from notifications.models import Notice
from tests import embedded
from tests.mailserver import MailServer
from units import clock
from units.models import DemonstrationClock

PATIENCE = 120  # seconds that anything may take on a busy machine; nothing is concluded from it
CELERY = [sys.executable, "-m", "celery", "--app", "tests.faults.engine", "--quiet"]


def database_url() -> str:
    """Return how another process reaches the database of this test."""
    row = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{row['NAME']}"
    login = f"{row['USER']}:{row['PASSWORD']}@" if row["USER"] else ""
    return f"postgresql://{login}{row['HOST']}:{row['PORT'] or 5432}/{row['NAME']}"


class Broker:
    """The embedded Valkey server, which may be emptied, killed and started again."""

    def __init__(self, folder: Path) -> None:
        found = broker.program()
        if found is None:
            pytest.skip("needs the embedded Valkey server")
        self.path = broker.socket_in(folder)
        self._command = broker.command(program=found, folder=folder, path=self.path)
        self._log = folder / "log"
        self._server: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return broker.url_of(self.path)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        embedded.wait_for(self.path, self._server)

    def flush(self) -> None:
        """Forget everything: wakes, queues, bindings."""
        with redis.Redis(unix_socket_path=str(self.path)) as client:
            assert client.flushall()

    def ask(self, *words: str | int) -> object:
        """Give the server one command, e.g. `ask("CONFIG", "SET", "maxmemory", 1)`."""
        with redis.Redis(unix_socket_path=str(self.path)) as client:
            return client.execute_command(*words)

    def freeze(self) -> None:
        """Let it answer nobody, with every connection open; `thaw` ends it."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None


class World:
    """The processes of one installation and its business time."""

    def __init__(self, folder: Path, server: MailServer | None = None) -> None:
        self.server, self._folder = server, folder
        self.broker: Broker | None = None
        self._children: dict[str, subprocess.Popen] = {}
        self._commands: dict[str, tuple[str, ...]] = {}
        self._groups: set[int] = set()

    # --- time ---------------------------------------------------------------------------------------

    def move_to(self, at: datetime) -> None:
        """Set business time to `at` for every process; it runs on from there."""
        offset = (clock.real_now() - at).total_seconds()
        DemonstrationClock.objects.update_or_create(id=1, defaults={"offset_seconds": offset})

    def wait_for(
        self, what: Callable[[], object], *, patience: int = PATIENCE, restarting: bool = False
    ) -> float:
        """Return the seconds until `what` was true; fail with the logs when it takes too long, or when a
        process ends meanwhile. `restarting`: it is started again, as whoever supervises it would do."""
        began = time.monotonic()
        until = began + patience
        while not what():
            dead = [name for name, child in self._children.items() if child.poll() is not None]
            while dead and restarting:
                self.start_again(dead.pop())
            if dead or time.monotonic() > until:
                states = list(Notice.objects.values_list("message", "state", "end_reason")[:50])
                pytest.fail(f"Waited in vain; ended: {dead}; {states}.\n{self.logs()}")
            time.sleep(0.1)
        return time.monotonic() - began

    def log_of(self, name: str) -> str:
        """Return what a process has said so far."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def logs(self) -> str:
        texts = (path.read_text(errors="replace")[-1500:] for path in self._folder.glob("*.log"))
        return "\n".join(texts)

    # --- processes ----------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(self._folder),
            "DEMO": "true",
            "EMAIL_URL": self.server.url if self.server else "",
            "REDIS_URL": self.broker.url if self.broker else "",
            "SEAL_PKCS12_FILE": str(settings.SEAL_PKCS12_FILE),  # the one seal of the suite
            "SEAL_PASSWORD_FILE": str(settings.SEAL_PASSWORD_FILE),
        }

    def start(self, name: str, *command: str, **more: str) -> subprocess.Popen:
        """Start a process under a name of its own; `more`: of its environment."""
        with (self._folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=self._environment() | more,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[name], self._commands[name] = child, command
        self._groups.add(child.pid)
        return child

    def start_again(self, name: str) -> subprocess.Popen:
        """Start what was killed as it was started before."""
        return self.start(name, *self._commands[name])

    def child(self, name: str) -> subprocess.Popen:
        """Return the process of that name, which runs or has ended."""
        return self._children[name]

    def forget(self, name: str) -> None:
        """Count a process that was killed on purpose no longer among those that run."""
        del self._children[name]

    def start_engine(self, *, workers: int, beats: int, skews: Sequence[float] = ()) -> None:
        """Start the broker and that many workers and beats.

        `skews`: seconds by which the clock of each beat is wrong; none where it is short.
        """
        folder = self._folder / "valkey"
        folder.mkdir(mode=0o700)
        self.broker = Broker(folder)
        self.broker.start()
        quiet = ("--loglevel", "WARNING")
        for place in range(workers):
            self.start(
                f"worker-{place}",
                *(*CELERY, "worker", "--queues", ",".join(QUEUES), "--concurrency", "1", *quiet),
                *("--hostname", f"worker-{place}@test", "--without-gossip", "--without-mingle"),
            )
        for place in range(beats):
            skew = skews[place] if place < len(skews) else 0
            beat = (*CELERY, "beat", "--pidfile=", *quiet)
            self.start(f"beat-{place}", *beat, CLOCK_SKEW=str(skew))

    def run_jobs(self, *, copies: int = 1) -> None:
        """Let that many `run_jobs --once` run to their end, side by side."""
        command = (sys.executable, "manage.py", "run_jobs", "--once")
        children = {f"run_jobs-{n}": self.start(f"run_jobs-{n}", *command) for n in range(copies)}
        for name, child in children.items():
            assert child.wait(timeout=PATIENCE) == 0, self.logs()
            del self._children[name]

    def stop(self) -> None:
        """End every process and what it has started."""
        for group in self._groups:  # also what a killed parent has left behind
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for child in self._children.values():
            child.wait()
        self._children.clear()
        self._groups.clear()
        if self.broker is not None:
            self.broker.kill()
