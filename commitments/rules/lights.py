"""The traffic light: how a target stands against its roadmap, today and not at the year's end."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from commitments.enums import Comparator, FigureName, LightColour, VerdictValue
from commitments.rules import progress
from commitments.rules.figures import HUNDRED, Figure, Number, figure
from commitments.rules.progress import ASCENDING, DESCENDING

GREEN, AMBER, RED, GREY = (
    LightColour.GREEN,
    LightColour.AMBER,
    LightColour.RED,
    LightColour.GREY,
)
ORDER = {RED: 0, AMBER: 1, GREEN: 2}
CONCLUDED = {
    VerdictValue.MET: LightColour.BLUE,
    VerdictValue.UNMET: LightColour.RED,
    VerdictValue.INDETERMINATE: LightColour.GREY,
}


class Thresholds(NamedTuple):
    """From where on a light is green and amber, as shares of the roadmap; a light gets better only
    when it passes them by `margin`, so that it does not flicker around a threshold."""

    green: Decimal = Decimal("0.95")
    amber: Decimal = Decimal("0.80")
    margin: Decimal = Decimal("0.01")


HOUSE_RULE = Thresholds()


def against_roadmap(
    actual: Number | None,
    expected: Number | None,
    *,
    comparator: str = Comparator.GE,
    baseline: Number | None = None,
) -> Figure:
    """Return r, the way done as a share of the way expected by the last due checkpoint.

    `baseline` None: 0 for “at least”; for “at most” the share of F-6 against the checkpoint. Of
    growth, `actual` and `expected` are growth. Without a value where nothing is due or verified,
    for comparisons without a direction, and where no way was expected (`light` decides that by
    better or worse). Source: F-14.
    """
    parts = [figure(FigureName.ACTUAL, actual), figure(FigureName.EXPECTED, expected)]
    if baseline is not None:
        parts.append(figure(FigureName.BASELINE, baseline))
    value = None
    if actual is not None and expected is not None:
        if comparator in DESCENDING and baseline is None:
            kept = progress.within_limit(actual, expected).value
            value = None if kept is None else kept / HUNDRED
        elif comparator in ASCENDING | DESCENDING:
            way = Fraction(expected) - Fraction(baseline or 0)
            if way:
                value = (Fraction(actual) - Fraction(baseline or 0)) / way
    return figure(FigureName.ROADMAP_RATIO, value, *parts)


def light(
    actual: Number | None,
    expected: Number | None,
    *,
    comparator: str = Comparator.GE,
    baseline: Number | None = None,
    before: LightColour | None = None,
    thresholds: Thresholds = HOUSE_RULE,
) -> LightColour:
    """Return the light at the last due checkpoint. `before`: the light at the checkpoint before it,
    None if there was none.

    It turns worse at once and better only past a threshold by the margin. GREY while nothing is due
    or verified, and for comparisons that have no direction. Source: F-14, G-06.
    """
    if actual is None or expected is None:
        return GREY
    share = against_roadmap(actual, expected, comparator=comparator, baseline=baseline).value
    if share is None:
        if comparator in ASCENDING:
            return GREEN if actual >= expected else RED
        if comparator in DESCENDING:
            return GREEN if actual <= expected else RED
        return GREY
    found = _colour(share, thresholds, Decimal(0))
    if before in ORDER and ORDER[found] > ORDER[before]:
        stricter = _colour(share, thresholds, thresholds.margin)
        return max(stricter, before, key=lambda colour: ORDER[colour])
    return found


def _colour(share: Fraction, thresholds: Thresholds, margin: Decimal) -> LightColour:
    if share >= Fraction(thresholds.green + margin):
        return GREEN
    return AMBER if share >= Fraction(thresholds.amber + margin) else RED


def concluded_light(verdict: str) -> LightColour:
    """Return the light of a target that is concluded: MET blue, UNMET red, else grey. Source: F-14."""
    return CONCLUDED[VerdictValue(verdict)]
