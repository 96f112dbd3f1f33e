"""The site in web servers of its own, on the database of the test, as it is served to programs.

As a module for the server, `gunicorn tests.api.served`, it is the site whose worker is killed once,
after a commit and before its answer; the file that DIES_ONCE names then says that it has been.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.running import ROOT, free_port, wait_until

PATIENCE = 120  # seconds; a limit, not a wait


@dataclass
class Answer:
    status: int
    headers: dict[str, str]  # names in small letters
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Site:
    port: int

    def ask(self, path: str, token: str, body: Any = None, **headers: str) -> Answer:
        """Send one request over a connection of its own: a POST where there is a body."""
        sent = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        asked = Request(f"http://127.0.0.1:{self.port}{path}", data, sent | headers)
        try:
            answer = urlopen(asked, timeout=PATIENCE)
        except HTTPError as error:
            answer = error
        with answer:
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, names, answer.read())

    def lives(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as it:
            return it.status == 200
        return False


@contextmanager
def served(
    database_url: str, folder: Path, *, workers: int = 2, module: str = "config.wsgi", **more: str
) -> Iterator[Site]:
    """Run the web server on `database_url` until the block ends. `more`: of its environment."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", module, "--workers", str(workers)),
            *("--threads", "25", "--worker-class", "gthread", "--no-control-socket"),
            *("--log-level", "critical", "--bind", f"127.0.0.1:{port}"),
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "SITE_URL": f"http://127.0.0.1:{port}",
        }
        | more,
    )
    site = Site(port)
    try:
        wait_until(site.lives)
        yield site
    finally:
        server.terminate()
        server.wait()


def _die_once(record: Any) -> Any:
    try:
        Path(os.environ["DIES_ONCE"]).touch(exist_ok=False)
    except FileExistsError:
        return _answer_of(record)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A killed process goes on.")


if "DIES_ONCE" in os.environ:
    from config.wsgi import application  # noqa: F401  # what the server serves
    from units.http import idempotency

    _answer_of, idempotency._answer_of = idempotency._answer_of, _die_once
