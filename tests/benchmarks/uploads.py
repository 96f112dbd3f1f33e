"""UPLOADS: what hostile uploads of 20 MB cost in the child that judges them.

The gate refuses them by size alone (G02); here that rule lets them through, so that its child meets
them. Goal: at most 10 s of processor and 512 MiB in the child, and nothing outside it.
"""

import json
import os
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from commitments.documents import gate
from tests.benchmarks.measuring import Pair, Result
from tests.commitments.documents import bombs, papers
from tests.commitments.documents.test_gate import question

TITLE = "hostile uploads of 20 MB in the child that judges them, and the 10 s of processor they may cost"
MIB = 1024 * 1024
LIMIT = 10.0


def in_catalogue(body: bytes) -> bytes:
    return bombs.tail(b"%d 0 obj\n<< /X %s >>\nendobj\n" % (bombs.root_number(), body))


def unpacking(layers: int) -> bytes:
    """Return a page whose content unpacks to gigabytes, in 20 MB."""
    packed = zlib.compress(bytes(200 * MIB), 1) * 18
    for _layer in range(layers - 1):
        packed = zlib.compress(packed, 1)
    names = b"/FlateDecode " * layers
    head = b"390 0 obj\n<< /Filter [%s] /Length %d >>\nstream\n" % (names, len(packed))
    change = b"\n%d 0 obj\n<< /Metadata 390 0 R >>\nendobj\n" % bombs.root_number()
    return bombs.tail(head + packed + b"\nendstream\nendobj\n" + change)


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


def measure(files: Mapping[str, Callable[[], bytes]] = FILES) -> Result:
    """Let the gate judge each file; note processor and memory of its child, and what stays outside."""
    result = Result("UPLOADS", TITLE)
    rules, grown = [], [0.0]
    for name, make in files.items():
        found = _judged_apart(question(make(), room=64 * MIB))
        pair = Pair(name, "s", [LIMIT], [found["processor"]], round(found["memory"]))
        result.pairs.append(pair)
        rules.append(f"{name}: {found['rule']} after {found['seconds']:.1f} s")
        grown.append(found["grown"])
    worst = max(pair.peak or 0 for pair in result.pairs)
    result.notes += [
        f"Ours is processor time and peak memory of the child; at most {worst} MiB (goal: at most 512).",
        f"Rule, and seconds until the answer: {'; '.join(rules)}.",
        f"The process that asks grew by at most {max(grown):.0f} MiB, the file included.",
    ]
    return result


def _judged_apart(asked: gate.Question) -> dict[str, Any]:
    """Return what judging costs, measured in a fork: the peak of children is never forgotten."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            verdict = gate.judge(asked, places=Path(folder))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = {
            "rule": str(verdict.rule),
            "seconds": time.perf_counter() - began,
            "processor": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss / 1024,
            "grown": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        }
        os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        said = json.loads(answer.read())
    os.waitpid(child, 0)
    return said
