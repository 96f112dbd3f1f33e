"""Met, unmet or indeterminate: what follows from the figures, and nothing beyond it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import (
    Comparator,
    FigureName,
    Keeping,
    LightColour,
    MaintainRule,
    VerdictValue,
)
from commitments.rules.figures import HUNDRED, Figure, Interval, Number, exact, figure

MET, UNMET, OPEN = VerdictValue.MET, VerdictValue.UNMET, VerdictValue.INDETERMINATE


class Demand(NamedTuple):
    """What a figure is compared with. `value` None: nobody has said it (yet)."""

    comparator: str
    value: Decimal | None
    upper: Decimal | None = None
    tolerance: Decimal | None = None
    stretch: Decimal | None = None


def points_that_meet(demand: Demand) -> Interval:
    """Return all figures that meet `demand`. Raises ValueError without a value, or BETWEEN without an
    upper one. Source: F-2."""
    if demand.value is None:
        raise ValueError("Nothing is demanded.")
    value = exact(demand.value)
    match demand.comparator:
        case Comparator.GE:
            return Interval(value, None)
        case Comparator.GT:
            return Interval(value, None, low_open=True)
        case Comparator.LE:
            return Interval(None, value)
        case Comparator.LT:
            return Interval(None, value, high_open=True)
        case Comparator.EQ:
            slack = Fraction(demand.tolerance or 0)
            return Interval(value - slack, value + slack)
        case Comparator.BETWEEN if demand.upper is not None:
            return Interval(value, Fraction(demand.upper))
    raise ValueError(f"{demand.comparator!r} with upper={demand.upper} compares nothing.")


def verdict(actual: Interval | None, demand: Demand) -> VerdictValue:
    """Return MET if every point that `actual` may mean meets the demand, UNMET if none does.

    INDETERMINATE in between, without a figure (None), and where the demand states no value. A true
    0 is a figure. Nothing is rounded. Source: F-2.
    """
    if actual is None or demand.value is None:
        return OPEN
    wanted = points_that_meet(demand)
    if actual.within(wanted):
        return MET
    return UNMET if actual.misses(wanted) else OPEN


def exceeded(actual: Interval | None, demand: Demand) -> Fraction | None:
    """Return by how much the target is exceeded at least, above 0; None where it is not, or where
    its kind knows no exceeding.

    GE: above the target, LE: below it. GT and LT are exceeded only against a declared stretch
    value. Source: F-3.
    """
    if actual is None or demand.value is None:
        return None
    limit = demand.value
    if demand.comparator in {Comparator.GT, Comparator.LT}:
        if demand.stretch is None:
            return None
        limit = demand.stretch
    if demand.comparator in {Comparator.GE, Comparator.GT} and actual.low is not None:
        over = actual.low - Fraction(limit)
    elif demand.comparator in {Comparator.LE, Comparator.LT} and actual.high is not None:
        over = Fraction(limit) - actual.high
    else:
        return None
    return over if over > 0 else None


def concluded(actual: Interval | None, demand: Demand, *parts: Figure) -> Figure:
    """Return the verdict as a figure with what it rests on. `parts`: where the actual figure is from."""
    spread: tuple[Figure, ...] = ()
    if actual is not None and not actual.is_point:
        low, high = figure(FigureName.LOWEST, actual.low), figure(FigureName.HIGHEST, actual.high)
        spread = low, high
    target = figure(FigureName.TARGET, demand.value, about=demand.comparator)
    return Figure(
        FigureName.VERDICT, None, (target, *parts, *spread), said=verdict(actual, demand).value
    )


class Kept(NamedTuple):
    """How what is to be maintained stands.

    `share`: of the known checkpoints that were kept, in percent; None while none is known.
    `breached_at`: place from 0 of the first checkpoint of the breach that lasts; None without one.
    `verdict` None: the period has not ended.
    """

    status: Keeping
    share: Fraction | None
    breached_at: int | None
    verdict: VerdictValue | None


def keep(
    checkpoints: Sequence[bool | None],
    *,
    total: int,
    rule: str,
    share: Decimal | None = None,
    ended: bool = False,
) -> Kept:
    """Say how a target that is to be maintained stands.

    `checkpoints`: those due so far, in order: kept, breached, or None for not known. `total`: of
    the whole period. `share` in percent belongs to SHARE. In January nothing is “100 % done”: there
    is no verdict before the period has ended. Raises ValueError if more are due than there are.
    Source: F-7, G-09.
    """
    if len(checkpoints) > total:
        raise ValueError(f"{len(checkpoints)} checkpoints of {total}.")
    known = [kept for kept in checkpoints if kept is not None]
    ratio = Fraction(sum(known), len(known)) * HUNDRED if known else None
    last = checkpoints[-1] if checkpoints else None
    status = Keeping.UNKNOWN
    if last is not None:
        status = Keeping.HOLDING if last else Keeping.BREACHED
    since = None
    if status == Keeping.BREACHED:
        since = max(
            (place + 1 for place, kept in enumerate(checkpoints) if kept is not False), default=0
        )
    done = None
    if ended:
        unknown = [*checkpoints, *[None] * (total - len(checkpoints))]
        done = _kept_to_the_end(unknown, rule, share)
    return Kept(status, ratio, since, done)


def keeping_light(
    checkpoints: Sequence[bool | None], *, total: int, rule: str, share: Decimal | None = None
) -> LightColour:
    """Return the light of what is to be maintained: GREEN without a breach, RED in one or when the
    rule is out of reach, AMBER after one, GREY while nothing is known.

    Checkpoints that are still to come may all be kept. Source: F-14, G-09.
    """
    known = [kept for kept in checkpoints if kept is not None]
    if not known:
        return LightColour.GREY
    rest: list[bool | None] = [None] * (total - len(checkpoints))
    if _kept_to_the_end([*checkpoints, *rest], rule, share) == UNMET or not known[-1]:
        return LightColour.RED
    return LightColour.GREEN if all(known) else LightColour.AMBER


def _kept_to_the_end(
    checkpoints: Sequence[bool | None], rule: str, share: Decimal | None
) -> VerdictValue:
    """Return the verdict on all checkpoints; what is not known counts only where it cannot matter."""
    if rule == MaintainRule.LAST:
        decisive = checkpoints[-1:]
        needed = Fraction(1)
    else:
        decisive = checkpoints
        needed = Fraction(1)
        if rule == MaintainRule.SHARE:
            if share is None:
                raise ValueError("SHARE has a share.")
            needed = Fraction(share) / HUNDRED
    if not decisive:
        return OPEN
    needed *= len(decisive)
    kept = sum(one is True for one in decisive)
    possible = kept + sum(one is None for one in decisive)
    if kept >= needed:
        return MET
    return UNMET if possible < needed else OPEN


def steps_done(steps: Sequence[tuple[Number, bool]]) -> Fraction:
    """Return the weight of the verified steps in percent; `steps`: weight and whether it is verified.

    Source: F-11.
    """
    return sum((Fraction(weight) for weight, verified in steps if verified), Fraction(0))


def nothing_to_report(*, kind: str, nature: str) -> Fraction | None:
    """Return what “nothing to report” means: 0 of what is counted or adds up, else no value (None).

    It is an answer in both cases, and never missing. Source: F-11, G-13.
    """
    return Fraction(0) if kind == "count" or nature == "flow" else None
