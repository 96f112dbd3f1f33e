"""P11: notices planned and handed to a mail server, against bare smtplib sending the same messages."""

import resource
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import override_settings

from commitments.actions import cases
from notifications.actions import deliveries, notices
from notifications.models import Notice
from tests.benchmarks.measuring import Pair, Result, exponent
from tests.benchmarks.sink import READY, kept_in
from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.factories.notices import give_addresses
from tests.running import free_port
from units.actions import register

TITLE = "notices planned and handed to a mail server, and bare smtplib sending the same messages"
SIZES = {"small": (500, 2_000), "full": (10_000, 100_000)}
EACH = 10  # notices of one person, which one letter tells
HOUR = timedelta(hours=1)


class Sink:
    """A mail server on loopback in a process of its own, and the file in which it keeps what it took."""

    def __init__(self, port: int, path: Path) -> None:
        self.port, self.path = port, path

    def taken(self) -> list[tuple[str, bytes]]:
        """Return recipient and content of what came since this was asked last."""
        found = kept_in(self.path)
        self.path.write_bytes(b"")
        return found


@contextmanager
def sink() -> Iterator[Sink]:
    """Run the server for the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = Sink(free_port(), Path(folder) / "kept")
        made.path.touch()
        command = [sys.executable, "-m", "tests.benchmarks.sink", str(made.port), str(made.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline().strip() == READY
                yield made
            finally:
                server.terminate()


def bare(port: int, letters: Sequence[tuple[str, bytes]]) -> None:
    """Send these letters over one kept connection, and do nothing else."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for recipient, content in letters:
            server.sendmail(settings.DEFAULT_FROM_EMAIL, [recipient], content)


def measure(*, sizes: Sequence[int]) -> Result:
    """Let that many notices become due, one size after the other; plan and send them, then send bare.

    Each round consumes its notices, so a size is measured once, on people of its own.
    """
    result, costs, scene = Result("P11", TITLE), [], make_scene()
    with sink() as server, override_settings(EMAIL_URL=f"smtp://127.0.0.1:{server.port}"):
        for place, size in enumerate(sizes):
            due_on = date(2024, 3, 13) + timedelta(weeks=place)
            first = make_crowd(scene, size=size, units=size // EACH, due_on=due_on)
            give_addresses()
            at = first.next_action_at
            assert at is not None
            while cases.sweep(at=at):
                pass
            while register.sequence():
                pass
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            began = time.perf_counter()
            while notices.dispatch(at=at):
                pass
            planning = time.perf_counter() - began
            while deliveries.send(at=at + HOUR):
                pass
            ours = time.perf_counter() - began
            letters = server.taken()
            told = Notice.objects.filter(state="accepted", created_at=at).count()
            assert told == size, f"{told} of {size} notices were accepted"
            assert len(letters) == len({recipient for recipient, _content in letters})
            began = time.perf_counter()
            bare(server.port, letters)
            floor = time.perf_counter() - began
            server.taken()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            name = f"{size:,} notices in {len(letters):,} letters"
            result.pairs.append(Pair(name, "s", [floor], [ours], peak))
            result.notes.append(
                f"{name}: {planning:.1f} s to plan, {ours - planning:.1f} s to send: "
                f"{len(letters) / ours:,.0f} letters each second."
            )
            costs.append(ours)
    result.exponent = exponent(sizes, costs)
    result.notes += [
        "Goal: at most 1.5; one letter for each person (checked).",
        (
            "Ours asks of each notice whether it is still needed and may still be seen, writes each "
            "attempt before it begins and its outcome after it, and words every letter in the language of "
            "its reader; the floor sends finished bytes. Measured once for each size: notices are used up."
        ),
    ]
    return result
