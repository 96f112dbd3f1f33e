"""How much of everything: a little in the suite, all of it in `make test-faults` (SCALE=full)."""

import os

from django.db import connection

FULL = os.environ.get("SCALE") == "full"


def pick(*, full: int, quick: int, sqlite: int | None = None) -> int:
    """Return what fits this run. `sqlite`: where one writer at a time makes `quick` too long."""
    if FULL:
        return full
    return sqlite if sqlite is not None and connection.vendor == "sqlite" else quick
