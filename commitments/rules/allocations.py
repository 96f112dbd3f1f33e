"""Splitting a target of the whole among units so that the parts add up."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple


class Key(NamedTuple):
    """What a unit's part is measured by. `code` and `id` settle ties."""

    id: int
    code: str
    weight: Decimal


class Level(NamedTuple):
    """What a target demands, without whose it is."""

    comparator: str
    value: Decimal | None
    upper: Decimal | None = None
    tolerance: Decimal | None = None


def largest_remainder(total: Decimal, keys: Sequence[Key], *, decimals: int) -> dict[int, Decimal]:
    """Return the part of each key's id: in proportion to its weight, and adding up to `total`.

    Counted in units of the last of `decimals`: first the whole ones, then the rest one by one to
    the largest fraction; of equal fractions the larger weight, then the lower code, then the
    lower id. Raises ValueError if `total` or a weight is below 0, the weights sum to 0, an id
    occurs twice, or `total` has more decimals. Source: F-17.

    >>> parts = largest_remainder(
    ...     Decimal(7), [Key(1, "a", Decimal(5)), Key(2, "b", Decimal(3))], decimals=0
    ... )
    >>> [str(part) for part in parts.values()]
    ['4', '3']
    """
    units = Fraction(total) * 10**decimals
    weights = sum((Fraction(key.weight) for key in keys), Fraction(0))
    if total < 0 or units.denominator != 1:
        raise ValueError(f"{total} is not 0 or more with at most {decimals} decimals.")
    if not weights or any(key.weight < 0 for key in keys):
        raise ValueError("The keys are 0 or more, and one of them is above 0.")
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("Each id has one key.")
    quotas = {key: units * Fraction(key.weight) / weights for key in keys}
    rest = units.numerator - sum(int(quota) for quota in quotas.values())
    order = sorted(
        keys, key=lambda key: (-(quotas[key] % 1), -Fraction(key.weight), key.code, key.id)
    )
    lucky = set(order[:rest])
    return {
        key.id: Decimal(int(quota) + (key in lucky)).scaleb(-decimals)
        for key, quota in quotas.items()
    }


def roadmap_of_part(points: Sequence[Decimal], *, part: Decimal, decimals: int) -> list[Decimal]:
    """Return the roadmap of a part: that of the whole in the proportion of the part to the whole.

    `points`: what is expected of the whole, the last one its value; a stock may lie beyond it for
    some months. Each is rounded half up to `decimals`, which carries none past `part`, at which the
    last one ends. [] where the whole is 0, unless nothing is all that is ever expected.

    >>> [str(p) for p in roadmap_of_part([Decimal(15), Decimal(100)], part=Decimal(27), decimals=0)]
    ['4', '27']
    """
    if not points or not points[-1]:
        return list(points) if not part and not any(points) else []
    step = Decimal(1).scaleb(-decimals)
    share = Fraction(part) / Fraction(points[-1])
    found = []
    for point in points[:-1]:
        exact = Fraction(point) * share
        rounded = (Decimal(exact.numerator) / exact.denominator).quantize(step, ROUND_HALF_UP)
        found.append(min(rounded, part) if exact <= part else max(rounded, part))
    return [*found, part]


def gap(
    parent: Decimal,
    children: Iterable[Decimal],
    *,
    reserve: Decimal = Decimal(0),
    overage: Decimal = Decimal(0),
) -> Decimal:
    """Return what is still to be allocated; below 0: that much too much; 0: it adds up.

    ADDITIVE: the sum of the children is parent − reserve + overage, exactly. Source: F-17, G-08.
    """
    return parent - reserve + overage - sum(children, Decimal(0))


def not_uniform(parent: Level, children: Mapping[int, Level]) -> list[int]:
    """Return the ids of the children that demand something else than `parent`. Source: F-17."""
    return [child_id for child_id, child in children.items() if child != parent]
