"""The order in which people count: KT-2 before KT-10."""

import re


def counted(code: str) -> list[tuple[int, str]]:
    """Return what puts codes into the order in which people count.

    >>> sorted(["N01.10", "N01.2", "H17.1", "N01"], key=counted)
    ['H17.1', 'N01', 'N01.2', 'N01.10']
    """
    return [
        (int(part) if part.isascii() and part.isdigit() else -1, part)
        for part in re.split(r"([0-9]+)", code)
        if part
    ]


def compared(one: str, other: str) -> int:
    """Return -1, 0 or 1: which of two codes comes first as people count. 0 for equal texts alone, so
    that a place in a list is exact (KT-2 and KT-02 are two)."""
    mine, theirs = (counted(one), one), (counted(other), other)
    return (mine > theirs) - (mine < theirs)
