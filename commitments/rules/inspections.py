"""Distinct units: of those that a target counts, how many were inspected by a day, each once."""

from collections.abc import Iterable, Set
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import FigureName
from commitments.rules.figures import Figure, distinct_ratio


class Record(NamedTuple):
    """One inspection that counts. `name`: what the unit is called; `ref`: the record's own."""

    unit: int
    inspected_on: date
    ref: str = ""
    name: str = ""
    provenance: str = ""


def firsts(records: Iterable[Record], among: Set[int], *, upto: date) -> list[Record]:
    """Return the first inspection, by the end of `upto`, of each unit of `among`, by day.

    A unit that was inspected again is there once; one outside `among` is not there. Source: F-10,
    G-10.
    """
    found: dict[int, Record] = {}
    for record in sorted(records, key=lambda one: (one.inspected_on, one.ref)):
        if record.unit in among and record.inspected_on <= upto:
            found.setdefault(record.unit, record)
    return list(found.values())


def share(counted: Iterable[Record], among: frozenset[int]) -> Fraction:
    """Return the share of `among` that was inspected, in percent. Raises ValueError if nobody is
    counted. Source: F-10."""
    return distinct_ratio([record.unit for record in counted], among)


def why(counted: Iterable[Record]) -> Figure:
    """Return the number of units with the record behind each."""
    parts = tuple(
        Figure(
            FigureName.INSPECTION,
            Fraction(1),
            said=record.inspected_on.isoformat(),
            about=record.name,
            provenance=record.provenance,
            ref=f"inspection/{record.ref}",
        )
        for record in counted
    )
    return Figure(FigureName.INSPECTED, Fraction(len(parts)), parts)
