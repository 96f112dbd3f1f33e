"""`make bench ROW=P7 SCALE=small|full`: measure one row of the table of figures.

With WRITE=1 the result goes into docs/performance.md as well.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")

import django

django.setup()

from django.conf import settings
from django.db import connection

from tests.benchmarks import (
    changes,
    default,
    heads,
    mailing,
    queue,
    register,
    rollups,
    sealing,
    sweeping,
    synced,
    uploads,
)
from tests.benchmarks.measuring import Result, machine, write_down

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
UNFIT = 2


def on_own_database(measure: Callable[[], Result]) -> Result:
    """Measure on a database of its own, which is gone afterwards."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        return measure()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def whole_register(scale: str) -> Result:
    """Measure REGISTER."""
    return on_own_database(lambda: register.measure(sizes=register.SIZES[scale], rounds=7))


def whole_sync(scale: str) -> Result:
    """Measure P1."""
    return on_own_database(lambda: synced.measure(size=synced.SIZES[scale], rounds=5))


def page_of_changes(scale: str) -> Result:
    """Measure P2, with no limit of questions in a minute."""
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    return on_own_database(lambda: changes.measure(sizes=changes.SIZES[scale], rounds=9))


def queue_page(scale: str) -> Result:
    """Measure P7."""
    return on_own_database(lambda: queue.measure(sizes=queue.SIZES[scale], rounds=7))


def one_act(scale: str) -> Result:
    """Measure P5."""
    items = sealing.ITEMS[scale]
    return on_own_database(lambda: sealing.measure_signing(rounds=15, items=items))


def issue(scale: str) -> Result:
    """Measure P6."""
    items = sealing.ITEMS[scale]
    return on_own_database(lambda: sealing.measure_issuing(rounds=9, items=items))


def sweep(scale: str) -> Result:
    """Measure P3."""
    sizes, due = sweeping.SIZES[scale], sweeping.DUE[scale]
    return on_own_database(lambda: sweeping.measure_sweep(sizes=sizes, due=due, rounds=5))


def killed_sweep(scale: str) -> Result:
    """Measure P4; `full` once, for it takes an hour."""
    size, rounds = sweeping.KILLED[scale], 1 if scale == "full" else 3
    return on_own_database(lambda: sweeping.measure_killed(size=size, kills=12, rounds=rounds))


def mail(scale: str) -> Result:
    """Measure P11."""
    return on_own_database(lambda: mailing.measure(sizes=mailing.SIZES[scale]))


def roll_up(scale: str) -> Result:
    """Measure P8."""
    return on_own_database(lambda: rollups.measure(sizes=rollups.SIZES[scale], rounds=5))


def embedded_default(scale: str) -> Result:
    """Measure P10; `small` without the demonstration."""
    return default.measure(rounds=5, demo=scale == "full")


def crowd(scale: str) -> Result:
    """Measure HEADS; on PostgreSQL in a database that is gone afterwards."""
    number = heads.SIZES[scale]
    if connection.vendor == "postgresql":
        return on_own_database(lambda: heads.measure(heads=number))
    return heads.measure(heads=number)


def hostile_uploads(_scale: str) -> Result:
    """Measure UPLOADS, of one scale: a file is as large as may be."""
    return uploads.measure()


ROWS: Mapping[str, Callable[[str], Result]] = {
    "P1": whole_sync,
    "P2": page_of_changes,
    "P3": sweep,
    "P4": killed_sweep,
    "P5": one_act,
    "P6": issue,
    "P7": queue_page,
    "P8": roll_up,
    "P10": embedded_default,
    "P11": mail,
    "HEADS": crowd,
    "REGISTER": whole_register,
    "UPLOADS": hostile_uploads,
}
TITLES = {
    "P1": synced.TITLE,
    "P2": changes.TITLE,
    "P3": sweeping.SWEEP_TITLE,
    "P4": sweeping.KILLED_TITLE,
    "P5": sealing.SIGN_TITLE,
    "P6": sealing.ISSUE_TITLE,
    "P7": queue.TITLE,
    "P8": rollups.TITLE,
    "P10": default.TITLE,
    "P11": mailing.TITLE,
    "HEADS": heads.TITLE,
    "REGISTER": register.TITLE,
    "UPLOADS": uploads.TITLE,
}


def main(row: str, scale: str, *, write: bool) -> int:
    """Print what one row measures. Return 2 after one line about a row or scale that is none."""
    known = ", ".join(f"{name} ({TITLES[name]})" for name in ROWS)
    if row not in ROWS:
        sys.stderr.write(f"ROW={row!r} is no benchmark. There are: {known}.\n")
        return UNFIT
    if scale not in {"small", "full"}:
        sys.stderr.write(f"SCALE={scale!r}: write 'small' or 'full'.\n")
        return UNFIT
    if row == "P1" and connection.vendor != "postgresql":
        sys.stderr.write("P1 is measured on PostgreSQL: set DATABASE_URL.\n")
        return UNFIT
    result = ROWS[row](scale)
    print(f"{row}: {result.title} (scale: {scale})\n{machine()}\n\n{result.text()}")
    if write:
        write_down(result, scale, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], write="--write" in sys.argv[3:]))
