"""P10: everything of `make run`, against an empty Django project behind the same server."""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.benchmarks.measuring import Pair, Result
from tests.running import SERVE, environment, free_port, manage, processes_of, running, wait_until

TITLE = "the embedded default, and an empty Django project with the same server"
SERVER = ["--workers", "2", "--threads", "2", "--worker-class", "gthread", "--preload"]


def measure(*, rounds: int, demo: bool) -> Result:
    """Start both by turns on prepared data; note memory after the first pages, and seconds."""
    result = Result("P10", TITLE)
    spans: dict[str, list[float]] = {"floor": [], "ours": []}
    memory: dict[str, list[float]] = {"floor": [], "ours": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root = Path(name)
        empty, ours = root / "empty", root / "ours"
        _make_empty_project(empty)
        flag = "1" if demo else "0"
        done = manage("serve", "--prepare-only", env=environment(ours, DEMO=flag, PORT=_port()))
        assert done.returncode == 0, done.stderr
        for _round in range(rounds):
            with _empty_site(empty) as seconds:
                spans["floor"].append(seconds)
                memory["floor"].append(memory_of(empty))
            began = time.perf_counter()
            with running(SERVE, folder=ours, port=free_port(), DEMO=flag) as run:
                spans["ours"].append(time.perf_counter() - began)
                for _page in range(4):  # each of the web processes has answered
                    assert run.get("/accounts/login/")[0] == 200
                wait_until(
                    lambda run=run: run.health()["job_age_seconds"]["sequence_register"] is not None
                )
                memory["ours"].append(memory_of(ours))
                os.kill(run.process.pid, signal.SIGTERM)
                run.end()
    peak = int(max(memory["ours"]))
    result.pairs += [
        Pair("memory of all processes", "MiB", memory["floor"], memory["ours"], peak),
        Pair("second start until it answers", "s", spans["floor"], spans["ours"]),
    ]
    more = [own - floor for own, floor in zip(memory["ours"], memory["floor"], strict=True)]
    later = [own - floor for own, floor in zip(spans["ours"], spans["floor"], strict=True)]
    result.notes += [
        (
            f"More memory: {min(more):.0f} to {max(more):.0f} MiB (goal: at most 150). Shared pages are "
            "counted once, divided among those who share them."
        ),
        f"Later: {min(later):.1f} to {max(later):.1f} s (goal: at most 5).",
        "Ours is web server, worker with beat, Valkey and the one who coordinates them.",
    ]
    return result


def memory_of(folder: Path) -> float:
    """Return MiB of all processes that belong to `folder`, each shared page counted once."""
    total = 0
    for line in processes_of(folder):
        with suppress(OSError):  # it has ended meanwhile
            figures = Path(f"/proc/{line.partition(':')[0]}/smaps_rollup").read_text("ascii")
            total += next(int(f.split()[1]) for f in figures.splitlines() if f.startswith("Pss:"))
    return total / 1024


def _port() -> str:
    return str(free_port())


def _make_empty_project(folder: Path) -> None:
    folder.mkdir()
    command = [sys.executable, "-m", "django", "startproject", "empty", str(folder)]
    subprocess.run(command, check=True, env=environment(folder))
    settings = folder / "empty" / "settings.py"
    text = settings.read_text(encoding="utf-8").replace("DEBUG = True", "DEBUG = False")
    settings.write_text(text.replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['*']"), "utf-8")


@contextmanager
def _empty_site(folder: Path) -> Iterator[float]:
    """Run the empty project; give the seconds until it answered."""
    port, began = free_port(), time.perf_counter()
    command = [sys.executable, "-m", "gunicorn", "empty.wsgi", *SERVER]
    server = subprocess.Popen(
        [*command, "--no-control-socket", "--log-level", "error", "--bind", f"127.0.0.1:{port}"],
        cwd=folder,
        env=environment(folder) | {"DJANGO_SETTINGS_MODULE": "empty.settings"},
    )
    try:
        wait_until(lambda: _answers(port))
        seconds = time.perf_counter() - began
        for _page in range(4):
            assert _answers(port)
        yield seconds
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asking.request("GET", "/admin/login/")
        return asking.getresponse().status == 200
    except OSError:
        return False
    finally:
        asking.close()
