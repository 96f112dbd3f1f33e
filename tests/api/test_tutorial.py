"""docs/api.md is true: its commands are run against a live server, its tables compared with the code."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from standardwebhooks import Webhook

from config.api_urls import feeds, router
from tests.api.described import document
from units import clock
from units.enums import Scope
from units.http import codes, paging

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = "http://localhost:8000"  # what the text calls the server
REST = "…"
SKIPPED = pytest.mark.skipif(not find_spec("commitments.demo"), reason="needs the demonstration")


def steps() -> list[tuple[str, str, str]]:
    """Return (language, what is run, what it answers) of every example, in the order of the text."""
    blocks = [(match[1], match[2]) for match in BLOCK.finditer(TEXT)]
    found = []
    for place, (language, text) in enumerate(blocks):
        if language in {"sh", "python"}:
            answer = blocks[place + 1 : place + 2]
            shown = answer[0][1] if answer and answer[0][0] in {"json", "text"} else ""
            found.append((language, text, shown))
    return found


def is_like(shown: Any, real: Any) -> bool:
    """Say whether `real` is what the text shows, where REST stands for anything or anything more."""
    if isinstance(shown, dict):
        more = REST in shown
        wanted = {name: value for name, value in shown.items() if name != REST}
        return (
            isinstance(real, dict)
            and (more or wanted.keys() == real.keys())
            and all(name in real and is_like(value, real[name]) for name, value in wanted.items())
        )
    if isinstance(shown, list):
        more = REST in shown
        wanted = [value for value in shown if value != REST]
        return (
            isinstance(real, list)
            and (len(real) > len(wanted) if more else len(real) == len(wanted))
            and all(map(is_like, wanted, real))
        )
    if isinstance(shown, str) and isinstance(real, str):
        pattern = ".*".join(re.escape(part) for part in shown.split(REST))
        return re.fullmatch(pattern, real, re.DOTALL) is not None
    return type(shown) is type(real) and shown == real


@pytest.mark.parametrize(
    ("shown", "real", "like"),
    [
        ({"a": 1, REST: REST}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, REST: REST}, {"b": 2}, False),
        ([1, REST], [1, 2, 3], True),
        ([1, REST], [1], False),
        ([1], [1, 2], False),
        ("a…c", "abc", True),
        ("a…c", "abd", False),
        (1, True, False),
    ],
)
def test_the_comparison_sees_differences(shown, real, like):
    assert is_like(shown, real) is like


@pytest.fixture
def demonstration(district_to_spend, settings, live_server, tmp_path) -> dict[str, str]:
    """The demonstration behind a live server; returns the environment of its commands."""
    settings.SITE_URL = live_server.url
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        user, host = quote(database["USER"]), database["HOST"] or "127.0.0.1"
        password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
        at = f"{user}{password}@" if user else ""
        url = f"postgresql://{at}{host}:{database['PORT'] or 5432}/{database['NAME']}"
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "DEMO": "true",
        "DATABASE_URL": url,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "TOKEN_PEPPER": settings.TOKEN_PEPPER,
        "SITE_URL": live_server.url,
        "no_proxy": "*",
    }


@SKIPPED
@pytest.mark.program("curl", "bash")
@pytest.mark.django_db(transaction=True)
def test_every_example_answers_what_the_text_shows(demonstration, live_server, tmp_path):
    """One shell runs all of it, as a reader does; what a step leaves behind serves the next ones."""
    between = "--- the next step ---"
    script = ["set -euo pipefail", f"cd {tmp_path}"]
    for language, text, _shown in steps():
        if language == "python":
            (tmp_path / "client.py").write_text(text, encoding="utf-8")
            text = "API=$API TOKEN=$TOKEN python3 client.py\n"
            assert f"`{text.strip()}`" in TEXT
        script += [text, f"echo; echo '{between}'"]
    run = "\n".join(script)
    run = run.replace(HERE, live_server.url)
    run = run.replace("docs/examples", str(ROOT / "docs" / "examples"))
    run = run.replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
    done = subprocess.run(
        ["bash", "-c", f"{{ {run}\n}} 2>&1"],
        env=demonstration,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    answers = done.stdout.replace(live_server.url, HERE).split(between)[:-1]
    assert len(answers) == len(steps())
    for (_language, text, shown), real in zip(steps(), answers, strict=True):
        if not shown:
            assert real.strip() == ""
        elif shown.lstrip().startswith("{"):
            assert is_like(json.loads(shown), json.loads(real)), (text, real)
        else:
            assert is_like(shown.strip(), real.strip()), (text, real)


def test_the_receiver_of_the_text_knows_our_hints_from_others():
    (example,) = re.findall(r"^```py\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    known: dict[str, Any] = {}
    exec(example, known)  # the text is ours
    secret, at, body = "whsec_" + "QUJD" * 8, clock.real_now(), b'{"type":"target.changed"}'
    headers = {
        "webhook-id": "0f0c7d3e",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": "v1,b3RoZXI= " + Webhook(secret).sign("0f0c7d3e", at, body.decode()),
    }
    is_ours = known["is_ours"]
    assert is_ours(secret, headers, body)
    assert not is_ours(secret, headers, body + b" ")
    assert not is_ours("whsec_" + "QUJE" * 8, headers, body)
    assert not is_ours(secret, headers | {"webhook-timestamp": "1707189165"}, body)


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose heading begins with the column `first`."""
    found = re.search(rf"^\| {first} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert found, first
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_table_of_errors_is_the_registry():
    said = {(code, int(row[0])) for row in table("status") for code in named(row[1])}
    reached = {
        code
        for methods in document()["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for code in re.findall(r"^\* `([a-z0-9-]+)`:", answer["description"], re.MULTILINE)
    }
    everywhere = {"bad-request", "method-not-allowed", "not-allowed", "not-found"}
    assert {code for code, _status in said} == reached | everywhere
    assert all(codes.registry()[code].status == status for code, status in said)


def test_the_table_of_scopes_is_that_of_the_views():
    said = {
        (scope, address.strip("/").split("/")[0])
        for row in table("scope")
        for scope in named(row[0])
        for address in named(row[1])
    }
    assert said == {
        (scope.value, name)
        for name, view, _base in router.registry
        for scope in {view.scope, *getattr(view, "scopes", {}).values()} - {None}  # people alone
    } | {(Scope.CHANGES_READ.value, "changes")}
    assert {scope for scope, _name in said} == set(Scope.values)


def test_the_table_of_types_is_the_feed():
    assert [(row[0].strip("`"), named(row[1])[0].strip("/")) for row in table("type")] == [
        (feed.published.name, f"{feed.published.name}s") for feed in feeds
    ]


def test_the_table_of_filters_is_that_of_the_lists():
    said = {named(row[0])[0].strip("/"): set(named(row[1])) for row in table("list")}
    assert said == {
        name: set(view.filterset_class.base_filters) for name, view, _base in router.registry
    }


def test_the_limits_are_those_of_the_code():
    assert f"1 to {paging.LIMIT}, otherwise {paging.DEFAULT}" in TEXT
    assert f"{settings.API_READS_PER_MINUTE} reads in a minute" in TEXT
    assert f"{settings.API_WRITES_PER_MINUTE} writes and" in TEXT
    assert f"{settings.API_FEED_PER_MINUTE} questions for changes" in TEXT
