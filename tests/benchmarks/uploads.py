"""What hostile uploads of 20 MB cost: `python -m tests.benchmarks.uploads`.

The gate refuses them by size alone (G02); here that rule lets them through, so that its child meets
them. Goal: at most 10 s of processor and 512 MiB in the child, and nothing outside it.
"""

import os
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from commitments.documents import gate
from tests.commitments.documents import hostile, papers
from tests.commitments.documents.test_gate import question

MIB = 1024 * 1024


def in_catalogue(body: bytes) -> bytes:
    return hostile.tail(b"%d 0 obj\n<< /X %s >>\nendobj\n" % (hostile.root_number(), body))


def unpacking(layers: int) -> bytes:
    """Return a page whose content unpacks to gigabytes, in 20 MB."""
    packed = zlib.compress(bytes(200 * MIB), 1) * 18
    for _layer in range(layers - 1):
        packed = zlib.compress(packed, 1)
    names = b"/FlateDecode " * layers
    head = b"390 0 obj\n<< /Filter [%s] /Length %d >>\nstream\n" % (names, len(packed))
    change = b"\n%d 0 obj\n<< /Metadata 390 0 R >>\nendobj\n" % hostile.root_number()
    return hostile.tail(head + packed + b"\nendstream\nendobj\n" + change)


FILES: dict[str, Callable[[], bytes]] = {
    "10 million numbers in one array": lambda: in_catalogue(b"[%s]" % (b"1 " * (10 * MIB))),
    "arrays in arrays": lambda: in_catalogue(b"[" * (10 * MIB) + b"]" * (10 * MIB)),
    "5 million names": lambda: in_catalogue(b"[%s]" % (b"/a3z " * (4 * MIB))),
    "one text of 20 MB": lambda: in_catalogue(b"(%s)" % (b"\\(" * (10 * MIB))),
    "one number of 20 MB": lambda: in_catalogue(b"9" * (20 * MIB)),
    "unpacks to gigabytes": lambda: unpacking(1),
    "20 MB that are no PDF": lambda: papers.sealed() + os.urandom(20 * MIB) + b"\n%%EOF\n",
    "20 MB of end marks": lambda: papers.sealed() + b"%%EOF\n" * (3 * MIB),
}


def main() -> None:
    """Print one line for each file: rule, seconds, processor and memory of child and parent."""
    print("| file | MB | rule | seconds | child: processor | child: memory | parent grew by |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, make in FILES.items():
        asked = question(make(), room=64 * MIB)
        sys.stdout.flush()
        child = os.fork()  # each measured alone: the peak of children is never forgotten
        if child == 0:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                verdict = gate.judge(asked, places=Path(folder))
            seconds = time.perf_counter() - began
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            print(
                f"| {name} | {len(asked.upload) / 1e6:.1f} | {verdict.rule} | {seconds:.1f} "
                f"| {used.ru_utime + used.ru_stime:.1f} s | {used.ru_maxrss / 1024:.0f} MiB "
                f"| {grown / 1024:.0f} MiB |"
            )
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
