"""What every test may rely on: strict templates, a named engine, a broker, and no network."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.utils import translation
from hypothesis import settings as properties
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import embedded, flushing
from units import stopping

flushing.install()
properties.register_profile("suite", deadline=None)  # a busy machine proves nothing
properties.load_profile("suite")
pytest_plugins = ["tests.district"]

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
PROGRAMS = {  # names of one program; the shell opens a page in a third of the time of a whole browser
    "chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
}
READ_THE_DISTRICT = (
    "tests/commitments/demo/",
    "tests/api/test_mirrored_demonstration.py",
    "tests/api/test_tutorial.py",
)
LONG = (  # minutes each: they begin first, so that no worker ends alone with one of them
    "tests/browser/test_pages.py",
    "tests/commitments/demo/test_make_run.py",
    "tests/config/test_make_run.py",
    "tests/api/test_fuzzed.py",
    "tests/benchmarks/test_small.py",
)
ENGINES = {"sqlite_only": "sqlite", "engine_free": "sqlite", "postgresql_only": "postgresql"}
ENGINE_FREE = (  # pure functions, files, texts, and starts that bring a database of their own
    "tests/commitments/documents/",
    "tests/commitments/rules/",
    "tests/config/test_refused_starts.py",
    "tests/repository/test_contracts.py",
    "tests/repository/test_house_rules.py",
    "tests/repository/test_texts.py",
    "tests/units/documents/",
    "tests/units/rules/",
)
WITH_DATABASE = {"db", "transactional_db", "live_server", "loaded_district"}


class OneDistrict(LoadScopeScheduling):
    """Takes every test for a piece of work of its own, but the readers of the demonstration for one."""

    def _split_scope(self, nodeid: str) -> str:
        return "district" if nodeid.startswith(READ_THE_DISTRICT) else nodeid


def find_program(name: str) -> str | None:
    """Return the path of a program of this machine under any of its names."""
    found = (shutil.which(alias) for alias in PROGRAMS.get(name, (name,)))
    return next(filter(None, found), None)


def engine() -> str:
    """Return `sqlite` or `postgresql`: what the suite runs on."""
    return settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1].replace("sqlite3", "sqlite")


def takes_database(item: pytest.Item) -> bool:
    """Say whether a test may reach the database of the suite."""
    fixtures = WITH_DATABASE.intersection(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


def pytest_configure(config: pytest.Config) -> None:
    """Stop before the first test where a named service does not answer."""
    if hasattr(config, "workerinput"):
        return
    database = settings.DATABASES["default"]
    if engine() == "postgresql":
        try:
            psycopg.connect(
                host=database["HOST"] or None,
                port=database["PORT"] or None,
                user=database["USER"] or None,
                password=database["PASSWORD"] or None,
                dbname="postgres",
                connect_timeout=5,
            ).close()
        except psycopg.Error as error:
            pytest.exit(f"PostgreSQL does not answer: {error}", returncode=3)
    if url := settings.REDIS_URL:
        try:
            redis.Redis.from_url(url, socket_timeout=5).ping()
        except redis.RedisError as error:
            pytest.exit(f"Redis does not answer at {url}: {error}", returncode=3)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Spread tests one by one, but send all that read the demonstration to the worker that loads it."""
    return OneDistrict(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of the other engine; skip, by name, those whose program is missing; long ones first.

    A test under ENGINE_FREE that takes no database is free of the engine: pytest-django lets it reach
    none. It runs once, on SQLite.
    """
    for item in items:
        if item.nodeid.startswith(ENGINE_FREE) and not takes_database(item):
            item.add_marker(pytest.mark.engine_free)
    other = {mark for mark, name in ENGINES.items() if name != engine()}
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))  # the rest stays at random
    for item in items:
        for mark in item.iter_markers("program"):
            missing = [name for name in mark.args if find_program(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Under REQUIRE_ALL=1 a skipped test has failed: something it needs is not there."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped under REQUIRE_ALL=1: {reason}"
    return report


@pytest.fixture(autouse=True)
def _language_of_the_site() -> Iterator[None]:
    """Begin every test in the language of the site: a request of an earlier one may have left another."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def unasked() -> Iterator[None]:
    """Let nobody have asked this process to end, nor any test after this one."""
    stopping.begin()
    yield
    stopping.begin()


@pytest.fixture(scope="session", autouse=True)
def _loops_of_their_own() -> Iterator[None]:
    """Let tests, and what whole modules share, seal documents after a browser began in their process:
    the signing library runs a loop of its own, and in this thread the browser's goes on running. The
    product's threads have none."""
    run = asyncio.run

    def in_a_thread(*args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run, *args, **kwargs).result()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "run", in_a_thread)
        yield


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis-protocol server: the one of REDIS_URL, else the embedded one."""
    if settings.REDIS_URL:
        yield settings.REDIS_URL
        return
    with embedded.running(tmp_path_factory.mktemp("valkey")) as url:
        yield url
