"""The gate for a PDF that was signed outside: bytes in, verdict out. It refuses by default.

Rules G02 to G08 compare bytes here; G09 to G29 run in a child process under limits, for a hostile
file may crash, fill or delay whatever parses it. G01 and G30 to G33 need the database: `uploads`.
A rule id is never used for another. G34, a signature that locks the file for those who follow, is
asked after G19.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

VERSION = 2  # of the gate; +1 with every change of what it lets in
ROOM = 2 * 1024 * 1024  # bytes that a signature may add
CHILD = Path(__file__).with_name("gate_child.py")
MAX_ANSWER = 256 * 1024  # bytes; a verdict with its chain needs some thousand
AT_A_TIME = 2  # children of one host
PATIENCE = 3.0  # seconds to wait for one of them to end
MAX_ENDS = 64  # revisions whose hashes are looked up for a file that is none of this document
END_MARK = b"%%EOF"
RULE = re.compile(r"G(05|09|1\d|2\d|34)")


class Busy(RuntimeError):
    """As many files as this host judges at a time are being judged. Ask again in a moment."""


class Limits(NamedTuple):
    """What one child may use: seconds of processor and of time, bytes of address space."""

    cpu: int = 10
    wall: int = 20
    memory: int = 512 * 1024 * 1024


class Trust(NamedTuple):
    """Whom the gate believes: DER of trust anchors, of helpers on the way, of revocation data."""

    roots: Sequence[bytes]
    intermediates: Sequence[bytes] = ()
    crls: Sequence[bytes] = ()
    ocsps: Sequence[bytes] = ()


class Question(NamedTuple):
    """One upload and everything its verdict rests on.

    `base`: the revision that was handed out, whole. `earlier`: lengths of the document's revisions
    before it; each is a beginning of `base`. `field`: to be signed in. `handed_out`, `received`:
    real time. `evidence`: validation data and document timestamps may follow the
    signature. `prefix`: False leaves out G04 to G08, for tests of the rules behind them alone.
    """

    upload: bytes
    base: bytes
    earlier: Sequence[int]
    field: str
    trust: Trust
    handed_out: datetime
    received: datetime
    subfilters: Collection[str] = ("ETSI.CAdES.detached",)
    key_usage: Collection[str] = ("non_repudiation",)
    room: int = ROOM
    evidence: bool = True
    prefix: bool = True


class Verdict(NamedTuple):
    """What the gate says. `rule`: the first that failed, "" if none did.

    `why`: technical, English, for the report. `facts`: of a good signature, see
    `gate_signature.examine`; for G07 {"document": what `other` found}.
    """

    rule: str
    why: str
    facts: dict[str, Any]

    @property
    def accepted(self) -> bool:
        return not self.rule


def judge(
    question: Question,
    *,
    places: Path,
    other: Callable[[list[str]], str | None] = lambda _hashes: None,
    limits: Limits = Limits(),  # noqa: B008 a tuple of numbers
    patience: float = PATIENCE,
) -> Verdict:
    """Return the verdict on an upload: rules G02 to G29, the first that fails.

    `places`: a folder of this host, the same for all its processes, in which those that judge hold
    their places. `other`: given hex hashes of beginnings of the file, says which other document of
    ours one of them is a revision of, None if none. Raises Busy if no place gets free within
    `patience` seconds. Takes up to `limits.wall` seconds: never call it inside a transaction.
    """
    if (found := by_bytes(question, other)) is not None:
        return found
    parts = [json.dumps(header_of(question)).encode(), question.base, question.upload]
    command = [sys.executable, "-I", "-B", str(CHILD), *(str(number) for number in limits)]
    with place(places, patience=patience):
        return ask(command, [len(parts[0]).to_bytes(4, "big"), *parts], limits=limits)


def by_bytes(question: Question, other: Callable[[list[str]], str | None]) -> Verdict | None:
    """Return the verdict of G02 to G08, None if none of them fails. `other`: see `judge`."""
    upload, base = question.upload, question.base
    if len(upload) > len(base) + question.room:
        return Verdict("G02", f"{len(upload)} bytes, at most {len(base) + question.room}", {})
    if not upload.startswith(b"%PDF-"):
        return Verdict("G03", f"starts with {upload[:8]!r}", {})
    if not question.prefix:
        return None
    if upload == base:
        return Verdict("G04", "equals what was handed out", {})
    fitting = [
        length
        for length in question.earlier
        if upload[:length] == base[:length] and len(upload) >= length
    ]
    earlier = max(fitting, default=0)
    if not upload.startswith(base):
        if base.startswith(upload) and len(upload) not in question.earlier:
            return Verdict("G05", f"{len(upload)} of {len(base)} bytes", {})
        if END_MARK not in upload[-1024:]:
            return Verdict("G05", "no end marker", {})
        if earlier:
            return Verdict("G06", f"made from the first {earlier} bytes", {})
        if (document := other(_beginnings(upload))) is not None:
            return Verdict("G07", f"a revision of {document}", {"document": document})
        return Verdict("G08", "starts with none of our revisions", {})
    if END_MARK not in upload[len(base) :]:
        return Verdict("G05", "no end marker after what was handed out", {})
    return None


def _beginnings(upload: bytes) -> list[str]:
    """Return the hash of each beginning of `upload` that may be a whole revision of a document."""
    found = []
    for match in list(re.finditer(re.escape(END_MARK), upload))[:MAX_ENDS]:
        end = match.end()
        line_ends = {b"", upload[end : end + 1], upload[end : end + 2]}
        found += [
            hashlib.sha256(upload[: end + len(line)]).hexdigest()
            for line in line_ends
            if not line.strip(b"\r\n")
        ]
    return found


@contextlib.contextmanager
def place(places: Path, *, patience: float) -> Iterator[None]:
    """Hold one of AT_A_TIME places of this host; raise Busy if none gets free within `patience`."""
    places.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    while True:
        for number in range(AT_A_TIME):
            with (places / f"gate-{number}.lock").open("a") as place:
                try:
                    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if time.monotonic() > until:
            raise Busy
        time.sleep(0.05)


def header_of(question: Question) -> dict[str, Any]:
    """Return what the child is told besides the two files, as JSON holds it."""
    trust = question.trust
    return {
        "base": len(question.base),
        "upload": len(question.upload),
        "field": question.field,
        "evidence": question.evidence,
        "subfilters": sorted(question.subfilters),
        "key_usage": sorted(question.key_usage),
        "handed_out": question.handed_out.isoformat(),
        "received": question.received.isoformat(),
        "roots": [row.hex() for row in trust.roots],
        "intermediates": [row.hex() for row in trust.intermediates],
        "crls": [row.hex() for row in trust.crls],
        "ocsps": [row.hex() for row in trust.ocsps],
    }


def ask(command: Sequence[str], parts: Sequence[bytes], *, limits: Limits) -> Verdict:
    """Return what `command`, given `parts` on stdin, says of the file.

    It gets an empty environment, an empty folder and a process group of its own, which is killed
    as a whole whatever happens. Not done in time or killed is G09; an exit code or an answer that
    makes no sense is G10.
    """
    # A file, not a pipe: nobody waits for a child that does not read.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryDirectory(prefix="gate-") as folder:
        stdin.writelines(parts)
        stdin.seek(0)
        child = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={},
            close_fds=True,
            start_new_session=True,
        )
        try:
            answer, in_time = _bounded(child, wall=limits.wall)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # and whatever it may have started
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
    if not in_time:
        return Verdict("G09", f"not done within {limits.wall} s", {})
    return _read_answer(answer, code=child.returncode)


def _bounded(child: subprocess.Popen[bytes], *, wall: int) -> tuple[bytes, bool]:
    """Return what the child wrote, not much more than MAX_ANSWER, and whether it ended in time."""
    assert child.stdout is not None  # noqa: S101 a pipe was asked for
    until = time.monotonic() + wall
    answer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0 and selector.select(left):
            part = os.read(child.stdout.fileno(), 65536)
            answer += part
            if len(answer) > MAX_ANSWER:
                return answer, True  # no verdict is that long
            if not part:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=max(0.0, until - time.monotonic()))
                    return answer, True
                break
    return answer, False


def _read_answer(answer: bytes, *, code: int) -> Verdict:
    """Return the verdict that a child wrote; G09 if it was stopped, G10 if it makes no sense."""
    if code < 0 and len(answer) <= MAX_ANSWER:
        return Verdict("G09", f"stopped by signal {-code}", {})
    nonsense = Verdict("G10", f"no verdict from the child, exit code {code}", {})
    try:
        told = json.loads(answer)
        rule, why, facts = told["rule"] or "", told["why"], told["facts"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return nonsense
    known = isinstance(rule, str) and (not rule or RULE.fullmatch(rule))
    shaped = told.get("v") == 1 and isinstance(why, str) and isinstance(facts, dict)
    if code != 0 or not known or not shaped:
        return nonsense
    if not rule and facts.get("state") not in {"received", "confirmed"}:
        return nonsense
    return Verdict(rule, why, facts)
