"""When the system itself registers a case, and by which key each cause is known for ever.

The key of a cause is its rule and what it is about: `report/<duty>`, `light/<target>/<first red day>`,
`verdict/<target>`, `milestone/<target>/<place>/<day>`. No cause has two cases.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import LightColour

RED_PERIODS = 2  # verified periods in a row; the rule of the house until another version is written


class Step(NamedTuple):
    """A step of a task. `weight`: its own, in percent."""

    ordinal: int
    due_on: date
    weight: Fraction


def key(rule: str, *parts: object) -> str:
    """Return the key of a cause.

    >>> key("light", "bx-01", date(2024, 3, 31))
    'light/bx-01/2024-03-31'
    """
    return "/".join([rule, *map(str, parts)])


def red_since(course: Sequence[tuple[date, LightColour]], *, periods: int) -> date | None:
    """Return the first day of the red stretch that lasts until now, if it has at least `periods`.

    `course`: the light at the end of each verified period, in order. None: not red for so long.
    """
    since, length = None, 0
    for day, light in reversed(course):
        if light != LightColour.RED:
            break
        since, length = day, length + 1
    return since if length >= periods else None


def missed(
    steps: Iterable[Step],
    reached: Sequence[tuple[date, Fraction | None]],
    lost: Collection[tuple[date, date]],
    *,
    on: date,
) -> list[Step]:
    """Return the steps whose day has passed and that nobody has reported done, in their order.

    `reached`: the verified percent done at the end of each period, in order; None: unknown. `lost`:
    first and last day of each period whose report never came. A step whose day no report covers yet
    is not missed: its report is awaited.
    """
    found, total = [], Fraction(0)
    last_day, done = reached[-1] if reached else (date.min, None)
    for step in sorted(steps, key=lambda step: (step.due_on, step.ordinal)):
        total += step.weight
        if step.due_on >= on:
            break
        covered = last_day >= step.due_on
        behind = covered and done is not None and done < total
        never = not covered and any(first <= step.due_on <= last for first, last in lost)
        if behind or never:
            found.append(step)
    return found
