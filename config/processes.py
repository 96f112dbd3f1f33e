"""Running several programs as one: started together, restarted when one dies, stopped together.

Each child leads a process group of its own, so that Ctrl-C reaches only the one who coordinates the
end; on Linux the kernel also ends the children of a coordinator that was killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

RESTARTS = 3
STEADY_SECONDS = 600  # a child that has lived so long begins to count its restarts anew
STOP_SECONDS = 33  # for all but the last; what still runs then is killed
LAST_STOP_SECONDS = 5
START_SECONDS = 60
LOG_BYTES = 5_000_000
TAIL_LINES = 12
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A child did not start, or died too often. The text says which, and ends with its last words."""


@dataclass
class Child:
    """One program. `ready`: whether it has started. `last`: others need it until they have ended."""

    name: str
    command: list[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    last: bool = False
    process: subprocess.Popen | None = None
    restarts: int = 0
    started: float = 0.0

    def start(self) -> None:
        """Start the program in a group of its own; what it says goes to `log`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=os.environ | self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.started = time.monotonic()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self) -> str:
        """Return the end of the log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the program, or to it and everything that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.process.pid, number)


_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork: a child must not
_coordinator = os.getpid()


def _die_with_parent() -> None:
    """In the child, before its program: ask the kernel for SIGTERM when the coordinator is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != _coordinator:  # it went before we asked
        os._exit(1)


class Supervisor:
    """Start children in order, keep them running until told to stop, stop them in order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: list[Child] = []
        self.asked_to_stop = threading.Event()

    def interrupt(self) -> None:
        """Until `listen`: let the wish to stop break off what is being done, and be remembered.

        Remembered, because a library may swallow what is raised in the midst of its work.
        """

        def stop(*_: object) -> None:
            self.asked_to_stop.set()
            raise KeyboardInterrupt

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.asked_to_stop.set())

    def start(self, children: Iterable[Child]) -> None:
        """Start `children` side by side and wait until each is ready. Raises Failed."""
        children = list(children)
        if self.asked_to_stop.is_set():
            return
        for child in children:
            self.children.append(child)
            child.start()
        until = time.monotonic() + START_SECONDS
        for child in children:
            while not child.ready():
                if self.asked_to_stop.is_set():
                    return
                if not child.runs:
                    raise Failed(f"{child.name} did not start:\n{child.last_words()}")
                if time.monotonic() > until:
                    raise Failed(
                        f"{child.name} was not ready after {START_SECONDS} s:\n{child.last_words()}"
                    )
                self.asked_to_stop.wait(0.05)

    def watch(self) -> None:
        """Return when asked to stop; restart whoever dies. Raises Failed when one dies too often."""
        while not self.asked_to_stop.wait(0.5):
            for child in self.children:
                if not child.runs:
                    self._restart(child)

    def _restart(self, child: Child) -> None:
        if time.monotonic() - child.started > STEADY_SECONDS:
            child.restarts = 0
        code = child.process.returncode if child.process else None
        if child.restarts >= RESTARTS:
            raise Failed(
                f"{child.name} has died {RESTARTS + 1} times, the last time with {code}; "
                f"its log is {child.log}:\n{child.last_words()}"
            )
        child.restarts += 1
        self.say(f"{child.name} has died ({code}): restart {child.restarts} of {RESTARTS}.")
        child.send(signal.SIGKILL, group=True)  # what it may have left behind
        child.start()

    def stop(self) -> None:
        """Stop everything that was started: first what serves and works, then what they stand on."""
        for last, seconds in ((False, STOP_SECONDS), (True, LAST_STOP_SECONDS)):
            going = [child for child in self.children if child.last is last]
            for child in going:
                child.send(signal.SIGTERM)
            until = time.monotonic() + seconds
            for child in going:
                if child.process is not None:
                    with suppress(subprocess.TimeoutExpired):
                        child.process.wait(timeout=max(0.0, until - time.monotonic()))
                child.send(signal.SIGKILL, group=True)
                if child.process is not None:
                    child.process.wait()
