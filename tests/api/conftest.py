"""What every test of the API may rely on: counts of requests that no other test has filled."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_counts(settings, tmp_path: Path) -> None:
    """Holders have the same keys in many tests, and all of them within one minute."""
    settings.DATA_DIR = tmp_path
