"""Running several programs as one: started together, restarted when one dies, stopped together.

Each child is a fork of the one who coordinates them, who has loaded everything and opened nothing:
what no child changes lies in memory once. Each leads a process group of its own, so that Ctrl-C
reaches only the one who coordinates the end; on Linux the kernel also ends the children of a
coordinator that was killed.
"""

import ctypes
import gc
import io
import math
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

RESTARTS = 3
STEADY_SECONDS = 600  # a child that has lived so long begins to count its restarts anew
STOP_SECONDS = 33  # for all but the last; what still runs then is killed
LAST_STOP_SECONDS = 5
START_SECONDS = 60
LOG_BYTES = 5_000_000
TAIL_LINES = 12
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # the exit code that shells give after Ctrl-C
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15

_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork: a child must not
_libc.malloc.argtypes, _libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
_libc.sbrk.argtypes, _libc.sbrk.restype = [ctypes.c_ssize_t], ctypes.c_void_p


class Failed(Exception):
    """A child did not start, or died too often. The text says which, and ends with its last words."""


@dataclass
class Child:
    """One part. `work`: what it does, in a fork. `ready`: whether it has started.

    `last`: others need it until they have ended.
    """

    name: str
    work: Callable[[], object]
    log: Path
    ready: Callable[[], bool] = lambda: True
    last: bool = False
    pid: int = 0
    code: int | None = None  # how it ended; None: not yet
    restarts: int = 0
    started: float = 0.0

    def start(self, *, close: Iterable[IO[str]] = ()) -> None:
        """Fork, in a group of its own; what it says goes to `log`, and it closes `close`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        coordinator = os.getpid()

        def begin() -> None:
            os.setsid()
            for number in STOPPING:
                signal.signal(number, signal.SIG_DFL)
            for file in close:
                file.close()
            _write_to(self.log)
            if sys.platform == "linux":
                _libc.prctl(PR_SET_NAME, self.name.encode())
            _end_with(coordinator)

        self.code = None
        self.pid = _fork(self.work, begin=begin)
        self.started = time.monotonic()

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended."""
        if self.pid and self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return bool(self.pid) and self.code is None

    def wait(self, *, until: float) -> None:
        """Return when it has ended, and not later than `until` on the monotonic clock."""
        while self.runs and time.monotonic() < until:
            time.sleep(0.02)

    def last_words(self) -> str:
        """Return the end of the log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the part while it runs, or to whatever is left of its group."""
        with suppress(ProcessLookupError):
            if group and self.pid:
                os.killpg(self.pid, number)
            elif self.runs:
                os.kill(self.pid, number)


def share() -> None:
    """Prepare what is loaded by now for being shared by forks: no child should write among it.

    A child that looks for garbage leaves alone what is frozen. And holes that are filled take in
    nothing new: on Linux, what a child asks of malloc then lies together, in memory of its own.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux" and hasattr(_libc, "malloc_trim"):  # glibc
        for size in (4096, 1024, 256, 64, 32):
            end = _libc.sbrk(0)
            while _libc.sbrk(0) == end:  # never freed: about half a MiB
                _libc.malloc(size)


def apart(work: Callable[[], object]) -> int:
    """Run `work` in a fork, to its end, and return its exit code; below zero: the signal.

    What it loads and opens goes with it. KeyboardInterrupt ends it, and is raised when it has ended.
    """
    coordinator = os.getpid()
    pid = _fork(work, begin=lambda: _end_with(coordinator))
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise


def _fork(work: Callable[[], object], *, begin: Callable[[], None]) -> int:
    """Run `begin`, in which no signal arrives, and `work` in a child; return its number."""
    if threading.active_count() > 1:
        raise RuntimeError("A process that runs threads cannot be forked: they may hold locks.")
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    pid = os.fork()
    if not pid:
        _live(begin, before, work)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _live(
    begin: Callable[[], None], signals: Iterable[int], work: Callable[[], object]
) -> NoReturn:
    """In the child: never return to what the coordinator was doing, whatever happens."""
    code: object = 1
    try:
        begin()
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        work()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException:  # noqa: BLE001 there is nobody else to say it
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _end_with(coordinator: int) -> None:
    """Ask the kernel for SIGTERM when the coordinator is gone, however it went."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != coordinator:  # it went before we asked
            os._exit(1)


def _write_to(log: Path) -> None:
    """Read nothing from now on, and say everything into `log`, line by line."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for source, place in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, place)
    os.close(nothing)
    os.close(said)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


class Supervisor:
    """Start children in order, keep them running until told to stop, stop them in order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: list[Child] = []
        self.asked_to_stop = threading.Event()
        self.own: list[IO[str]] = []  # files that no child may keep open

    def interrupt(self) -> None:
        """Until `listen`: let the wish to stop break off what is being done, and be remembered.

        Remembered, because a library may swallow what is raised in the midst of its work.
        """

        def stop(*_: object) -> None:
            self.asked_to_stop.set()
            raise KeyboardInterrupt

        for number in STOPPING:
            signal.signal(number, stop)

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop."""
        for number in STOPPING:
            signal.signal(number, lambda *_: self.asked_to_stop.set())

    def start(self, children: Iterable[Child]) -> None:
        """Start `children` side by side and wait until each is ready. Raises Failed."""
        children = list(children)
        if self.asked_to_stop.is_set():
            return
        for child in children:
            self.children.append(child)
            child.start(close=self.own)
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
        if child.restarts >= RESTARTS:
            raise Failed(
                f"{child.name} has died {RESTARTS + 1} times, the last time with {child.code}; "
                f"its log is {child.log}:\n{child.last_words()}"
            )
        child.restarts += 1
        self.say(f"{child.name} has died ({child.code}): restart {child.restarts} of {RESTARTS}.")
        child.send(signal.SIGKILL, group=True)  # what it may have left behind
        child.start(close=self.own)

    def stop(self) -> None:
        """Stop everything that was started: first what serves and works, then what they stand on."""
        for last, seconds in ((False, STOP_SECONDS), (True, LAST_STOP_SECONDS)):
            going = [child for child in self.children if child.last is last]
            for child in going:
                child.send(signal.SIGTERM)
            until = time.monotonic() + seconds
            for child in going:
                child.wait(until=until)
                child.send(signal.SIGKILL, group=True)
                child.wait(until=math.inf)
