"""Who stands under whom through time: a chain of superiors that closes is found before it is written."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Edge(NamedTuple):
    """`child` stands under `parent` from `valid_from` until the day before `valid_to` (None: open)."""

    parent: int
    child: int
    valid_from: date
    valid_to: date | None = None


def cycle_on(edges: Iterable[Edge], new: Edge) -> date | None:
    """Return the first day on which `new` beside `edges`, those of one line, would close a chain.

    None: on no day. `edges` alone close none.

    >>> new_year, july = date(2024, 1, 1), date(2024, 7, 1)
    >>> cycle_on([Edge(1, 2, july)], Edge(2, 1, new_year))
    datetime.date(2024, 7, 1)
    """
    above: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        above[edge.child].append(edge)
    found = None
    waiting = [(new.parent, new.valid_from, new.valid_to)]
    while waiting:
        unit, start, end = waiting.pop()
        if unit == new.child:
            found = start if found is None else min(found, start)
            continue
        for edge in above[unit]:
            first = max(start, edge.valid_from)
            last = min((day for day in (end, edge.valid_to) if day is not None), default=None)
            if last is None or first < last:
                waiting.append((edge.parent, first, last))
    return found
