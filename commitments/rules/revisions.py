"""Shares of a whole and steps of a task as people type them: one in each line, parts split by “|”."""

from collections.abc import Sequence
from decimal import Decimal

from commitments.rules.targets import (
    BadQuantity,
    Share,
    Step,
    decimals_of,
    format_quantity,
    parse_quantity,
)
from units.rules.dates import day_text, read_day

SHARE_PARTS = (2, 3)  # name | percent [| name in English]
STEP_PARTS = (3, 4)  # day | percent | title [| title in English]
MAX_WEIGHT_DECIMALS = 3


class BadLine(ValueError):
    """A line that cannot be read; the text for people is made where it is shown.

    `code`: parts-missing, not-a-day, or a code of BadQuantity. `line`: from 1. `text`: the line.
    """

    def __init__(self, text: str, *, code: str, line: int) -> None:
        self.text, self.code, self.line = text, code, line
        super().__init__(f"line {line} {text!r}: {code}")


def read_shares(text: str, *, language: str) -> list[Share]:
    """Return the shares that stand in `text`, in their order. Raises BadLine.

    >>> read_shares("Công nghiệp | 62,5 | Industry", language="vi")[0].value
    Decimal('62.5')
    """
    return [
        Share(parts[0], _number(parts[1], line, text, language), *parts[2:])
        for line, text, parts in _lines(text, SHARE_PARTS)
    ]


def write_shares(shares: Sequence[Share], *, language: str) -> str:
    """Return `shares` so that `read_shares` gives them back."""
    rows = [(share.label_vi, _written(share.value, language), share.label_en) for share in shares]
    return "\n".join(" | ".join(filter(None, row)) for row in rows)


def read_steps(text: str, *, language: str) -> list[Step]:
    """Return the steps that stand in `text`, in their order. Raises BadLine.

    >>> read_steps("30/06/2024 | 40 | Giải phóng mặt bằng", language="vi")[0].weight
    Decimal('40')
    """
    steps = []
    for line, text_of_line, parts in _lines(text, STEP_PARTS):
        try:
            due_on = read_day(parts[0])
        except ValueError as error:
            raise BadLine(text_of_line, code="not-a-day", line=line) from error
        weight = _number(parts[1], line, text_of_line, language, decimals=MAX_WEIGHT_DECIMALS)
        steps.append(Step(parts[2], due_on, weight, *parts[3:]))
    return steps


def write_steps(steps: Sequence[Step], *, language: str) -> str:
    """Return `steps` so that `read_steps` gives them back."""
    rows = [
        (day_text(step.due_on), _written(step.weight, language), step.title_vi, step.title_en)
        for step in steps
    ]
    return "\n".join(" | ".join(filter(None, row)) for row in rows)


def _lines(text: str, counts: tuple[int, int]) -> list[tuple[int, str, list[str]]]:
    """Return (number, text, parts) of each line that says something."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = [part.strip() for part in line.split("|")]
        if not any(parts):
            continue
        if len(parts) not in counts or not all(parts[: counts[0]]):
            raise BadLine(line, code="parts-missing", line=number)
        found.append((number, line, parts))
    return found


def _number(text: str, line: int, whole: str, language: str, *, decimals: int = 6) -> Decimal:
    try:
        return parse_quantity(text.removesuffix("%"), language=language, decimals=decimals)
    except BadQuantity as error:
        raise BadLine(whole, code=error.code, line=line) from error


def _written(value: Decimal, language: str) -> str:
    return format_quantity(value, decimals=decimals_of(value), language=language, grouping=False)
