"""Faults: whole processes that are killed, services that are frozen, emptied and refused."""

from collections.abc import Iterator

import pytest

from tests import mailserver
from tests.faults.scale import FULL
from tests.faults.worlds import World


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make test-faults` has time for."""
    left_out = [item for item in items if item.get_closest_marker("faults") and not FULL]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture
def world(transactional_db, tmp_path) -> Iterator[World]:
    """An installation that sends over a real mail server. Nothing runs yet."""
    with mailserver.running() as server:
        made = World(tmp_path, server)
        try:
            yield made
        finally:
            made.stop()
