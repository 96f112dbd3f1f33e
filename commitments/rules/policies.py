"""A new version of a ladder before it is one: what is wrong with its rungs, and what it changes."""

from collections.abc import Iterable, Sequence

from commitments.enums.policies import Pace
from commitments.rules.cases import AGENDA, ASK_EXPLANATION, LETTER, REMIND, Step

LEVELS = range(5)
MOST_DAYS = 400  # from the due date, before or after: further away a year is over


def rung(
    level: int,
    offsets: Sequence[int],
    audience: str,
    *,
    letter: bool = False,
    agenda: bool = False,
    explanation_days: int | None = None,
    repeat_days: int | None = None,
    channels: str = "",
    pace: str = "",
) -> Step:
    """Return one rung from what a person chose; one that asks for nothing reminds. Raises ValueError
    as `Step` does."""
    asked = {LETTER: letter, ASK_EXPLANATION: explanation_days, AGENDA: agenda}
    acts = tuple(act for act, chosen in asked.items() if chosen) or (REMIND,)
    return Step(
        level,
        tuple(offsets),
        audience,
        acts,
        explanation_days,
        repeat_days,
        channels=channels,
        pace=pace,
    )


def problems(steps: Sequence[Step]) -> list[tuple[int, str]]:
    """Return what contradicts in a ladder: (level, code) each, [] for a sound one.

    Codes: ladder-empty (level 0 stands for the whole), level-too-far (beyond MOST_DAYS), level-early
    (before the due date, but above level 0), level-late (after it at level 0), level-not-rising (no
    later than the rung below), level-waits (DAILY from level 2 on: what is escalated comes at once).
    """
    if not steps:
        return [(0, "ladder-empty")]
    found = []
    reached: int | None = None
    for step in sorted(steps, key=lambda step: step.level):
        if any(abs(offset) > MOST_DAYS for offset in step.offsets):
            found.append((step.level, "level-too-far"))
        if step.level == 0 and max(step.offsets) > 0:
            found.append((step.level, "level-late"))
        if step.level > 0 and step.offsets[0] < 0:
            found.append((step.level, "level-early"))
        if step.level > 1 and step.pace == Pace.DAILY:
            found.append((step.level, "level-waits"))
        rising = list(step.offsets) == sorted(set(step.offsets))
        if not rising or (reached is not None and step.offsets[0] <= reached):
            found.append((step.level, "level-not-rising"))
        reached = step.offsets[-1]
    return found


def changed_levels(before: Iterable[Step], after: Iterable[Step]) -> dict[int, str]:
    """Return the levels that differ, as "added", "removed" or "changed"; {} for equal ladders."""
    old, new = ({step.level: step for step in steps} for steps in (before, after))
    found = {}
    for level in LEVELS:
        if old.get(level) == new.get(level):
            continue
        found[level] = "added" if level not in old else "removed" if level not in new else "changed"
    return found
