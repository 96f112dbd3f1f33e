"""A plan as it is, which an import is compared with, and what judging the import comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from units.rules.sheets import Fault, Row

QUARTERS = ("q1", "q2", "q3", "q4")


class Office(NamedTuple):
    """An office: of which unit, and who holds it today, "" for nobody."""

    unit: str
    holder: str


class Standing(NamedTuple):
    """A target that exists: its state, the issued commitment that holds it ("": none)."""

    state: str
    number: str = ""


@dataclass(frozen=True)
class Known:
    """The plan as it is, in rows like those of the sheets, and what the sheets may refer to.

    `units`: reference by every spelling that is taken. `parts`: last day by the name of each part
    of the year. `uoms`: the unit of measure as rows write it, by folded label or code. `present`:
    by table, the row of each key; allocations: {"whole": ..., "parts": {unit: (value, code)}}.
    `drafts`: number by unit of each commitment whose newest version is no draft any more.
    """

    today: date
    units: Mapping[str, str]
    offices: Mapping[str, Office]
    mandates: Iterable[str]
    uoms: Mapping[str, str]
    parts: Mapping[str, date]
    present: Mapping[str, Mapping[str, Row]]
    standing: Mapping[str, Standing] = field(default_factory=dict)
    issued: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)  # target code -> "whole/unit" of a part


class Entry(NamedTuple):
    """One thing that the file says. `change`: new, changed or same."""

    key: str
    row: Row
    change: str
    number: int


class Judged(NamedTuple):
    entries: dict[str, list[Entry]]
    faults: list[Fault]


def named(row: Row) -> list[Any]:
    """Return the cells of a row that are never empty once they are read well."""
    numbers = {"value", "upper", "tolerance", "baseline", "maintain_share", *QUARTERS, "sign_by"}
    return [value for name, value in row.items() if name not in numbers]
