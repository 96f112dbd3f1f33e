"""Many units, one figure: by the rule that the indicator declares, and by no other."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, Protocol

from commitments.enums import Comparator, FigureName, IndicatorKind, RollUp
from commitments.rules.figures import HUNDRED, Figure, Number, added, figure

N = FigureName
USUAL: Mapping[str, RollUp] = {  # of a kind for which nothing else is declared; others: none
    IndicatorKind.NUMBER: RollUp.SUM,
    IndicatorKind.COUNT: RollUp.SUM,
    IndicatorKind.RATIO: RollUp.RATIO_OF_SUMS,
    IndicatorKind.GROWTH: RollUp.GROWTH_OF_SUMS,
    IndicatorKind.BOOLEAN: RollUp.COUNT_TRUE,
}

IN_PARTS = frozenset({RollUp.RATIO_OF_SUMS, RollUp.GROWTH_OF_SUMS})


class Child(NamedTuple):
    """What one unit brings in. `value` None: not known. `first` and `second` are numerator and
    denominator of a ratio, or this and last year's level of growth; `weight` belongs to a mean."""

    value: Number | None = None
    first: Number | None = None
    second: Number | None = None
    weight: Number | None = None
    about: str = ""
    source: str = ""


class Brought(Protocol):
    """The numbers of a child, whatever else is known of it."""

    @property
    def value(self) -> Number | None: ...

    @property
    def first(self) -> Number | None: ...

    @property
    def second(self) -> Number | None: ...

    @property
    def weight(self) -> Number | None: ...


class Worth(NamedTuple):
    """`value` None: nothing is known. `known`: how many children are."""

    name: FigureName
    value: Fraction | None
    known: int


class Rolled(NamedTuple):
    """`figure`: without a value where nothing is known. `known` of `expected`: the coverage.
    `is_lower_bound`: a sum from which children are missing."""

    figure: Figure
    known: int
    expected: int
    is_lower_bound: bool = False


def roll_up(
    children: Sequence[Child], rule: str, *, comparator: str = Comparator.GE
) -> Rolled | None:
    """Return the figure of all children; None where the indicator declares no roll-up.

    SUM; RATIO_OF_SUMS and GROWTH_OF_SUMS over the parts, never a mean of rates; WEIGHTED_MEAN with
    declared weights; LAST: of the last child in order; WORST: by `comparator`; COUNT_TRUE: the share
    of known children whose value is not 0. A child that is missing is left out and counted as
    missing, never as 0. Raises ValueError for a mean without weights. Source: F-16, G-29.
    """
    found = worth(children, rule, comparator=comparator)
    if found is None:
        return None
    in_parts = rule in IN_PARTS
    known = [child for child in children if _is_known(child, in_parts=in_parts)]
    parts = [_part(child) for child in known] if not in_parts else _both(known)
    return Rolled(
        figure(found.name, found.value, *parts),
        found.known,
        len(children),
        rule == RollUp.SUM and found.known < len(children),
    )


def worth(
    children: Sequence[Brought], rule: str, *, comparator: str = Comparator.GE
) -> Worth | None:
    """Return what `roll_up` comes to and how many children are known, without the reasons."""
    if rule == RollUp.NONE:
        return None
    in_parts = rule in IN_PARTS
    known = [child for child in children if _is_known(child, in_parts=in_parts)]
    value = RULES[RollUp(rule)](known, comparator) if known else None
    return Worth(NAMES[RollUp(rule)], value, len(known))


def _is_known(child: Brought, *, in_parts: bool) -> bool:
    return (
        (child.first is not None and child.second is not None)
        if in_parts
        else (child.value is not None)
    )


def _part(child: Child) -> Figure:
    return figure(N.ACTUAL, child.value, about=child.about, source=child.source)


def _both(children: Sequence[Child]) -> list[Figure]:
    return [
        figure(
            N.RATIO,
            None,
            figure(N.NUMERATOR, child.first),
            figure(N.DENOMINATOR, child.second),
            about=child.about,
            source=child.source,
        )
        for child in children
    ]


def _sum(children: Sequence[Brought], field: str = "value") -> Fraction:
    return added(getattr(child, field) for child in children)


def _ratio(children: Sequence[Brought], _comparator: str) -> Fraction | None:
    below = _sum(children, "second")
    return _sum(children, "first") / below * HUNDRED if below > 0 else None


def _growth(children: Sequence[Brought], comparator: str) -> Fraction | None:
    level = _ratio(children, comparator)
    return None if level is None else level - HUNDRED


def _mean(children: Sequence[Brought], _comparator: str) -> Fraction | None:
    if any(child.weight is None or child.weight < 0 for child in children):
        raise ValueError("A weighted mean has a weight of 0 or more for each child.")
    whole = _sum(children, "weight")
    if not whole:
        return None
    weighted = [Fraction(child.value or 0) * Fraction(child.weight or 0) for child in children]
    return sum(weighted, Fraction(0)) / whole


def _worst(children: Sequence[Brought], comparator: str) -> Fraction:
    values = [Fraction(child.value or 0) for child in children]
    return max(values) if comparator in {Comparator.LE, Comparator.LT} else min(values)


def _last(children: Sequence[Brought], _comparator: str) -> Fraction:
    return Fraction(children[-1].value or 0)


def _true(children: Sequence[Brought], _comparator: str) -> Fraction:
    return Fraction(sum(bool(child.value) for child in children), len(children)) * HUNDRED


Rule = Callable[[Sequence[Brought], str], Fraction | None]
RULES: Mapping[RollUp, Rule] = {
    RollUp.SUM: lambda children, _comparator: _sum(children),
    RollUp.RATIO_OF_SUMS: _ratio,
    RollUp.GROWTH_OF_SUMS: _growth,
    RollUp.WEIGHTED_MEAN: _mean,
    RollUp.LAST: _last,
    RollUp.WORST: _worst,
    RollUp.COUNT_TRUE: _true,
}
NAMES: Mapping[RollUp, FigureName] = {
    RollUp.SUM: N.SUM,
    RollUp.RATIO_OF_SUMS: N.RATIO_OF_SUMS,
    RollUp.GROWTH_OF_SUMS: N.GROWTH_OF_SUMS,
    RollUp.WEIGHTED_MEAN: N.WEIGHTED_MEAN,
    RollUp.LAST: N.LAST,
    RollUp.WORST: N.WORST,
    RollUp.COUNT_TRUE: N.SHARE_TRUE,
}
