"""Quantities and comparisons: how they are read, written and tested; what a target may say."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

from commitments.enums import (
    Comparator,
    IndicatorKind,
    MaintainRule,
    Nature,
    TargetMode,
    ValueBasis,
)

MOST_TARGETS = 2_000  # on one page, as of sixty units with 33 each: nobody reads more
MAX_DECIMALS = 6
MAX_WHOLE_DIGITS = 18
DIGITS = 60  # of precision while rounding; far above what a column holds
MARKS: Mapping[str, tuple[str, str]] = {"vi": (",", "."), "en": (".", ",")}  # decimal, grouping


WHOLE = Decimal(100)  # percent: what shares and the weights of steps add up to

# What these kinds demand follows from the kind; nobody types it.
FIXED: Mapping[str, tuple[Comparator, Decimal]] = {
    IndicatorKind.BOOLEAN: (Comparator.GE, Decimal(1)),
    IndicatorKind.MILESTONE: (Comparator.GE, WHOLE),
    IndicatorKind.SHARES: (Comparator.EQ, WHOLE),
}
ADDITIVE_KINDS = frozenset({IndicatorKind.NUMBER, IndicatorKind.COUNT})  # whose parts may be summed


class Share(NamedTuple):
    """One part of a whole and its `value` in percent of it."""

    label_vi: str
    value: Decimal
    label_en: str = ""


class Step(NamedTuple):
    """One step of a task, until when, and how much of the task it is, in percent."""

    title_vi: str
    due_on: date
    weight: Decimal
    title_en: str = ""


class BadQuantity(ValueError):
    """A text that is no usable quantity; the text for people is made where it is shown.

    `code`: not-a-number, two-readings, too-many-decimals or too-large. `readings`: what a text
    with two readings may mean, the reader's own convention first.
    """

    def __init__(self, text: str, *, code: str, readings: tuple[Decimal, ...] = ()) -> None:
        self.code, self.readings = code, readings
        super().__init__(f"{text!r}: {code} {' or '.join(map(str, readings))}".rstrip())


def format_quantity(value: Decimal, *, decimals: int, language: str, grouping: bool = True) -> str:
    """Return `value` as people write it, halves rounded away from zero, never “-0”.

    `grouping`: False for the fields of a form, so that `parse_quantity` has one reading of it.
    Raises ValueError if `value` is not finite.

    >>> format_quantity(Decimal("1234.5"), decimals=2, language="vi")
    '1.234,50'
    """
    if not value.is_finite():
        raise ValueError(f"{value} is no quantity.")
    rounded = _rounded(value, decimals)
    text = f"{rounded if rounded else abs(rounded):{',' if grouping else ''}f}"
    point, group = MARKS[language]
    return text.translate({ord("."): point, ord(","): group})


def format_beside(value: Decimal, *, against: Decimal, decimals: int, language: str) -> str:
    """Return `value` with as many more decimals as it takes to show that it differs from `against`.

    Rounding must not make 80.02 look like the 80 that it exceeds. Source: F-26, G-01.

    >>> format_beside(Decimal("80.02"), against=Decimal(80), decimals=0, language="vi")
    '80,02'
    """
    while value != against and _rounded(value, decimals) == _rounded(against, decimals):
        decimals += 1
    return format_quantity(value, decimals=decimals, language=language)


def parse_quantity(text: str, *, language: str, decimals: int = MAX_DECIMALS) -> Decimal:
    """Return the quantity that a person wrote; refuse with BadQuantity what can be read two ways.

    The comma and the dot change places between the languages, and people mix them up: “1.234” is
    1234 to a Vietnamese reader and 1.234 on many keyboards, a thousandfold difference in a signed
    target. So a text is read in both conventions, and `decimals`, the most that the indicator
    admits, sorts out what cannot be meant.
    1. One reading: taken, whichever convention it is of. “45.7” and “45,7” are 45.7 everywhere.
    2. The reader's own decimal mark with decimals that fit: taken. “1,234” is 1.234 in Vietnamese.
    3. The reader's own grouping mark: taken if it cannot be the other's decimal mark. “1.234” is
       1234 in Vietnamese for a count, and refused where three decimals fit.
    4. Else refused. “1,234” for a count in Vietnamese may mean 1234 or a misplaced fraction.
    Spaces may group digits too, and trailing zeros do not count as decimals where 1 applies.
    """
    plain = re.sub(r"[\u00a0\u2009\u202f]", " ", text.strip()).replace("\u2212", "-")
    point, group = MARKS[language]
    own, other = _read(plain, point, group), _read(plain, group, point)
    reading = other if own is None else own
    if reading is None:
        raise BadQuantity(text, code="not-a-number")
    if own is not None and other is not None and own != other:
        own_is_decimal = point in plain  # and then the other reading is grouped, or vice versa
        fits = decimals >= 3  # three digits follow the mark, else it could not group
        if own_is_decimal != fits:
            raise BadQuantity(text, code="two-readings", readings=(own, other))
    if decimals_of(reading) > decimals:
        raise BadQuantity(text, code="too-many-decimals", readings=(reading,))
    if abs(reading) >= 10**MAX_WHOLE_DIGITS:
        raise BadQuantity(text, code="too-large", readings=(reading,))
    return reading or abs(reading)  # never “-0”


def satisfies(
    comparator: str,
    actual: Decimal,
    *,
    value: Decimal,
    upper: Decimal | None = None,
    tolerance: Decimal | None = None,
) -> bool:
    """Say whether one exact figure meets a target. Nothing is rounded. Source: F-2.

    BETWEEN includes both ends and raises ValueError without `upper`; EQ without `tolerance` is
    exact.
    """
    match comparator:
        case Comparator.GE:
            return actual >= value
        case Comparator.GT:
            return actual > value
        case Comparator.LE:
            return actual <= value
        case Comparator.LT:
            return actual < value
        case Comparator.EQ:
            return abs(actual - value) <= (tolerance or 0)
        case Comparator.BETWEEN if upper is not None:
            return value <= actual <= upper
    raise ValueError(f"{comparator!r} with upper={upper} compares nothing.")


def threshold(
    *, value_basis: str, value: Decimal | None, baseline: Decimal | None
) -> Decimal | None:
    """Return the figure that a result is compared with, None while it is not known.

    "Not below last year" is measured against last year's figure, the baseline, once that is known.
    """
    return baseline if value_basis == ValueBasis.LAST_YEAR else value


def revision_problems(
    *,
    mode: str,
    comparator: str,
    value: Decimal | None,
    value_basis: str = ValueBasis.STATED,
    upper: Decimal | None = None,
    tolerance: Decimal | None = None,
    baseline: Decimal | None = None,
    maintain_rule: str = "",
    maintain_share: Decimal | None = None,
    n: int = 1,
    reason: str = "",
) -> list[str]:
    """Return a code for each thing that contradicts itself in a revision of a target; [] if none.

    The codes are the names of the constraints that the database keeps, in kebab-case.
    """
    maintain = mode == TargetMode.MAINTAIN
    stated = value_basis == ValueBasis.STATED
    has_upper = upper is not None and value is not None and upper > value
    has_tolerance = tolerance is not None and tolerance >= 0
    has_share = maintain_share is not None and 0 < maintain_share <= 100
    between = has_upper if comparator == Comparator.BETWEEN else upper is None
    equal = has_tolerance if comparator == Comparator.EQ else tolerance is None
    share = has_share if maintain_rule == MaintainRule.SHARE else maintain_share is None
    marked = (value is not None) if stated else (value is None and upper is None)
    sound = {
        "revision-value-stated-or-marked": marked and (stated or comparator != Comparator.BETWEEN),
        "revision-between-has-upper": between or not stated,
        "revision-eq-has-tolerance": equal,
        "revision-maintain-has-rule": bool(maintain_rule) == maintain,
        "revision-share-has-share": share,
        "revision-reach-differs-from-baseline": maintain or baseline is None or baseline != value,
        "revision-later-has-reason": n == 1 or bool(reason),
    }
    return [code for code, holds in sound.items() if not holds]


def kind_problems(
    kind: str,
    *,
    value: Decimal | None,
    upper: Decimal | None = None,
    baseline: Decimal | None = None,
    grades: Sequence[int] = (),
    shares: Sequence[Share] = (),
    steps: Sequence[Step] = (),
) -> list[str]:
    """Return a code for each thing that does not fit the kind of the indicator; [] if none.

    `grades`: the ranks of the indicator's scale. Shares and steps add up to 100, exactly.
    """
    problems = []
    ranks = {Decimal(rank) for rank in grades}
    figures = [figure for figure in (value, upper, baseline) if figure is not None]
    if kind == IndicatorKind.GRADE and not ranks.issuperset(figures):
        problems.append("grade-unknown")
    if kind == IndicatorKind.SHARES:
        if len(shares) < 2:
            problems.append("shares-missing")
        elif sum((share.value for share in shares), Decimal(0)) != WHOLE:
            problems.append("shares-add-up")
        if any(not 0 < share.value <= WHOLE for share in shares):
            problems.append("share-in-whole")
        if len({share.label_vi.casefold() for share in shares}) < len(shares):
            problems.append("share-label-once")
    elif shares:
        problems.append("shares-of-another-kind")
    if steps and kind != IndicatorKind.MILESTONE:
        problems.append("steps-of-another-kind")
    elif steps:
        if sum((step.weight for step in steps), Decimal(0)) != WHOLE:
            problems.append("steps-add-up")
        if any(not 0 < step.weight <= WHOLE for step in steps):
            problems.append("step-in-whole")
    return problems


def roadmap_problems(points: Sequence[Decimal], *, value: Decimal | None, nature: str) -> list[str]:
    """Return a code for each thing wrong with a roadmap; [] if none, or if there is no roadmap.

    `points`: cumulative expected values in the order of their periods. The last one equals the
    target's `value` where that is known; of what adds up over the period no point is below the one
    before.
    """
    problems = []
    if points and value is not None and points[-1] != value:
        problems.append("roadmap-ends-at-value")
    if nature == Nature.FLOW and any(later < sooner for sooner, later in pairwise(points)):
        problems.append("roadmap-flow-never-falls")
    return problems


def _read(text: str, point: str, group: str) -> Decimal | None:
    """Return `text` read with these marks, None if it cannot be."""
    mark = re.escape(group)
    whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?: [0-9]{{3}})+"
    if not re.fullmatch(rf"-?(?:{whole})(?:{re.escape(point)}[0-9]+)?", text):
        return None
    return Decimal(text.replace(group, "").replace(" ", "").replace(point, "."))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    """Return `value` rounded to `decimals` places, halves away from zero."""
    with localcontext(prec=DIGITS):
        return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def decimals_of(value: Decimal) -> int:
    """Return how many decimals it takes to write `value` exactly."""
    return len(f"{value:f}".partition(".")[2].rstrip("0"))
