"""The wish that a process should end, heard in every process it has forked.

A worker is asked to end in its first process, the work is done in its children. Both look at one
byte of shared memory: a job ends after the batch that it is in, and keeps nobody waiting for the
rest of its time (docs/adr/0037).
"""

import mmap
import os
import signal
from collections.abc import Callable, Iterable
from types import FrameType

_ASKED = 1
Handler = Callable[[int, FrameType | None], object] | int | None  # as `signal.getsignal` says it
_shared = [mmap.mmap(-1, 1)]


def begin() -> None:
    """Forget a wish that other processes were told: this one and its children to come have none."""
    _shared[0] = mmap.mmap(-1, 1)


def ask() -> None:
    """Ask this process and its children to end soon. A handler of a signal may call it."""
    _shared[0][0] = _ASKED


def is_asked() -> bool:
    """Say whether this process should end after the batch that it is in."""
    return _shared[0][0] == _ASKED


def listen(numbers: Iterable[signal.Signals]) -> None:
    """Take these signals to this process as the wish to end, and leave what else they do as it is. A
    child that inherits the handler is told for itself alone: it asks nobody else to end."""
    for number in numbers:
        signal.signal(number, _also(signal.getsignal(number), told_to=os.getpid()))


def _also(theirs: Handler, *, told_to: int) -> Callable[[int, FrameType | None], None]:
    def told(number: int, frame: FrameType | None) -> None:
        if os.getpid() == told_to:
            ask()
        if callable(theirs):
            theirs(number, frame)

    return told
