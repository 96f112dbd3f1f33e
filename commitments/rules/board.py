"""The scoreboard as an administration speaks: counts inside one scope, by field, and what is open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from commitments.enums import Field, TargetOrigin, TargetState, VerdictValue
from commitments.rules.figures import Figure
from commitments.rules.results import Result
from commitments.rules.scores import Count, completion, count

# Fields that are counted together, in this order. Source: the way a year is reported to the superior.
FIELD_SETS: Mapping[str, frozenset[str]] = {
    "party": frozenset({Field.PARTY_BUILDING}),
    "other": frozenset({Field.SOCIO_ECONOMIC, Field.DEFENCE, Field.SECURITY}),
}


class Entry(NamedTuple):
    """One target in the counts. `name`: its code and title in the reader's language."""

    name: str
    ref: str
    origin: str
    assigner: int
    field: str
    state: str
    result: Result


@dataclass(frozen=True)
class Scope:
    """The targets of one origin and one assigner, which are counted together and with no others.

    `concluded`: all have their verdict, so that the counts say what the year came to; before that
    only the lights say how it goes. `why`: the count with every verdict. `open`: what is undecided.
    """

    origin: str
    assigner: int
    counted: Count
    why: Figure
    by_field: tuple[tuple[str, Count, Figure], ...]
    open: tuple[Entry, ...]
    entries: tuple[Entry, ...]

    @property
    def concluded(self) -> bool:
        return all(entry.result.concluded for entry in self.entries)


def scopes(entries: Iterable[Entry]) -> list[Scope]:
    """Return the scopes of these targets of one unit and one plan, those of the superior first.

    Withdrawn and planned targets are in no scope. Source: F-18, G-14.
    """
    counted = [
        entry
        for entry in entries
        if entry.state not in {TargetState.WITHDRAWN, TargetState.PLANNED}
    ]
    keys = sorted(
        {(entry.origin, entry.assigner) for entry in counted},
        key=lambda key: (key[0] != TargetOrigin.SUPERIOR, key),
    )
    return [
        _scope(key, [entry for entry in counted if (entry.origin, entry.assigner) == key])
        for key in keys
    ]


def _scope(key: tuple[str, int], entries: Sequence[Entry]) -> Scope:
    present = {
        name: [entry for entry in entries if entry.field in fields]
        for name, fields in FIELD_SETS.items()
    }
    return Scope(
        origin=key[0],
        assigner=key[1],
        counted=_count(entries),
        why=completion([_verdict(entry) for entry in entries]),
        by_field=tuple(
            (name, _count(found), completion([_verdict(entry) for entry in found], about=name))
            for name, found in present.items()
            if found
        ),
        open=tuple(
            entry for entry in entries if entry.result.verdict.said == VerdictValue.INDETERMINATE
        ),
        entries=tuple(entries),
    )


def _count(entries: Iterable[Entry]) -> Count:
    return count(entry.result.verdict.said for entry in entries)


def _verdict(entry: Entry) -> Figure:
    """Return the verdict of one target, named after it."""
    found = entry.result.verdict
    return Figure(
        found.name,
        found.value,
        found.parts,
        found.said,
        entry.name,
        found.source,
        found.provenance,
        ref=f"target/{entry.ref}",
    )
