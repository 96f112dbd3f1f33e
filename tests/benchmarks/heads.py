"""HEADS: many heads sign through the pages of a served installation while its jobs run."""

import http.client
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection

from tests import seals
from tests.benchmarks.measuring import Pair, Result
from tests.running import ROOT, SERVE, environment, free_port, manage, running, wait_until
from units import clock
from units.rules import factors

TITLE = "heads signing through the pages while the jobs run, and one head alone"
SIZES = {"small": 50, "full": 2_000}
ALONE = 5  # heads who sign one after the other, before the others
AT_ONCE = 8
EVERY_NTH_TWICE = 10  # clicks twice
FOUND, OK = 302, 200


@dataclass
class Crowd:
    """What came of the heads: seconds of each ceremony, and what was not as it should be."""

    spans: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    double_clicks: int = 0


class Browser:
    """One head's browser: a session, a CSRF token, pages."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.token = port, secrets.token_hex(16)
        self.cookies = f"session={session}; csrf={self.token}; django_language=en"

    def ask(self, path: str, typed: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Get `path`, or post what was typed there; return status, Location and page."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {"Cookie": self.cookies, "Host": f"localhost:{self.port}"}
            if typed is None:
                asking.request("GET", path, headers=headers)
            else:
                body = urlencode(typed | {"csrfmiddlewaretoken": self.token})
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                asking.request("POST", path, body, headers)
            answer = asking.getresponse()
            page = answer.read().decode()
            return answer.status, answer.getheader("Location") or "", page
        finally:
            asking.close()

    def sent_on(self, path: str, typed: dict[str, str]) -> str:
        """Post, and return where that leads. Raises AssertionError if it leads nowhere."""
        status, where, page = self.ask(path, typed)
        assert status == FOUND, f"POST {_shape(path)}: {status} {_said(page)}"
        return where


def sign(port: int, head: dict[str, str], *, clicks: int = 1) -> None:
    """Read, declare, confirm with a code and look at the receipt, as a person does.

    `clicks`: how often the last button is pressed at once. Raises AssertionError where a page is
    not what it should be.
    """
    browser = Browser(port, head["session"])
    reading = browser.sent_on(f"/commitments/{head['ref']}/sign/", {})
    status, _where, page = browser.ask(reading)
    seen = re.search(r'name="version" value="(\d+)"', page)
    assert status == OK, f"GET {_shape(reading)}: {status} {_said(page)}"
    assert seen, f"GET {_shape(reading)}: no version"
    confirming = browser.sent_on(reading, {"version": seen[1], "agreed": "yes"})
    assert browser.ask(confirming)[0] == OK
    code = factors.totp_code(head["secret"], factors.totp_step_at(clock.real_now()))
    with ThreadPoolExecutor(max_workers=clicks) as pool:
        pressed = [
            pool.submit(browser.sent_on, confirming, {"code": code}) for _click in range(clicks)
        ]
        (receipt,) = {one.result() for one in pressed}
    status, _where, page = browser.ask(receipt)
    assert status == OK, f"GET {_shape(receipt)}: {status} {_said(page)}"
    assert "You have signed" in page, f"GET {_shape(receipt)}: no receipt"


def measure(*, heads: int) -> Result:
    """Let `heads` sign in one installation, while its worker still issues for the last of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root = Path(name)
        env = _environment(root)
        folder, port = root / "ours", free_port()
        prepared = manage("serve", "--prepare-only", env=environment(folder, **env))
        assert prepared.returncode == 0, prepared.stderr
        with (
            _inside(folder, heads, env) as (people, ask),
            running(SERVE, folder=folder, port=port, **env),
        ):
            began = time.perf_counter()
            alone, crowd = _all_sign(port, people, ask)
            seconds = time.perf_counter() - began
            wait_until(lambda: not ask("counted")["left"], seconds=900)
            counted = ask("counted")
        checked = manage("verify_register", env=environment(folder, **env))
        crowd.faults.update(_server_faults(folder))
    return _result(heads, alone, crowd, counted, seconds, checked.stdout)


def _environment(root: Path) -> dict[str, str]:
    """Return the settings of the installation; on PostgreSQL, in the database of this run."""
    seal, password = seals.make_own(root)
    env = {
        "DEMO": "0",
        "SEAL_PKCS12_FILE": str(seal),
        "SEAL_PASSWORD_FILE": str(password),
        "REAUTH_MAX_AGE": "36000",  # every login was made at once, before the first signs
    }
    if settings.DATABASE_URL:
        url = urlsplit(settings.DATABASE_URL)
        env["DATABASE_URL"] = url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return env


@contextmanager
def _inside(
    folder: Path, heads: int, env: dict[str, str]
) -> Iterator[tuple[list[dict[str, str]], Callable[[str], Any]]]:
    """Fill the installation; give its heads, and what asks it questions."""
    command = [sys.executable, "-m", "tests.benchmarks.installation", str(heads)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(folder, **env) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def ask(question: str) -> Any:
            asked.write(question + os.linesep)
            asked.flush()
            return json.loads(answers.readline())

        yield json.loads(answers.readline()), ask
        asked.close()


def _all_sign(
    port: int, people: list[dict[str, str]], ask: Callable[[str], Any]
) -> tuple[Crowd, Crowd]:
    """Let everybody sign as soon as there is something to sign: the first ones alone."""
    by_ref = {head["ref"]: head for head in people}
    waiting: Queue[tuple[int, dict[str, str]]] = Queue()
    alone, crowd, met = Crowd(), Crowd(), 0
    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    running_now: list[Any] = []
    while met < len(people):
        for ref in ask("issued"):
            met += 1
            waiting.put((met, by_ref[ref]))
            if met > ALONE:
                running_now.append(pool.submit(_next, port, waiting, crowd))
            else:
                _next(port, waiting, alone)
        time.sleep(0.5)
    for one in running_now:
        one.result()
    pool.shutdown()
    return alone, crowd


def _next(port: int, waiting: Queue[tuple[int, dict[str, str]]], crowd: Crowd) -> None:
    try:
        place, head = waiting.get_nowait()
    except Empty:
        return
    clicks = 1 if place % EVERY_NTH_TWICE else 2
    began = time.perf_counter()
    try:
        sign(port, head, clicks=clicks)
    except (AssertionError, OSError, ValueError) as error:
        crowd.faults[str(error) or type(error).__name__] += 1
    crowd.spans.append((time.perf_counter() - began) * 1000)
    crowd.double_clicks += clicks - 1


def _shape(path: str) -> str:
    """Return an address without what differs from head to head."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{2,}\S*?(?=/)|h-\d+|hx-\d+", "...", path)


def _said(page: str) -> str:
    found = re.search(r"<(?:h1|title)[^>]*>([^<]+)", page)
    return " ".join(found[1].split()) if found else ""


def _server_faults(folder: Path) -> Iterator[str]:
    """Yield what web server and worker have logged as errors."""
    for log in sorted((folder / "logs").glob("*.log")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if "ERROR" in line or line.startswith(("Traceback", "django.db.utils")):
                yield f"{log.name}: {line[:160]}"


def _result(
    heads: int, alone: Crowd, crowd: Crowd, counted: dict[str, Any], seconds: float, checked: str
) -> Result:
    chunks = [crowd.spans[n::ALONE] for n in range(ALONE)]
    pair = Pair("one ceremony", "ms", alone.spans, [statistics.median(one) for one in chunks])
    faults = alone.faults + crowd.faults
    signed = [counted[name] for name in ("acts", "signed", "revisions", "entries")]
    once = signed == [heads] * 4 and not counted["twice"]
    clicks = alone.double_clicks + crowd.double_clicks
    notes = [
        (
            f"{heads:,} heads, {AT_ONCE} at once, six requests each (open, read, declare, confirm, code, "
            f"receipt), {clicks} of them pressing the last button twice at once; while they sign, "
            "the worker issues for the next ones, checks every revision and numbers the register."
        ),
        (
            f"Errors: {faults.total()} (goal: 0). Acts, signed versions, revisions and register entries: "
            f"{', '.join(f'{n:,}' for n in signed)}; slots with two acts: {counted['twice']}. "
            f"{'Each act once' if once else 'NOT each act once'} (goal: each once)."
        ),
        f"From the start to the last receipt: {seconds:,.0f} s, issue included.",
        f"verify_register afterwards: {checked.strip().splitlines()[-1] if checked else 'no answer'}",
        *(f"Fault, {count} times: {text}" for text, count in faults.most_common(10)),
    ]
    return Result(f"HEADS-{connection.vendor}", f"{TITLE} ({connection.vendor})", [pair], notes)
