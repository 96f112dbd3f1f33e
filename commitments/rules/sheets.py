"""The sheets of a plan's workbook: numbers by their indicator, and cells that hold several lines.

Names, headings and plain cells are read by `units.rules.sheets`; numbers in the language of the
sheets.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from commitments.rules.revisions import (
    BadLine,
    read_shares,
    read_steps,
    write_shares,
    write_steps,
)
from commitments.rules.targets import (
    MAX_DECIMALS,
    BadQuantity,
    decimals_of,
    format_quantity,
    parse_quantity,
)
from units.rules import sheets
from units.rules.refs import fold, tidy
from units.rules.sheets import Bad, Column, Found, Row, SheetLike, Table, plain

NUMBER_DIGITS = 15  # a number of a spreadsheet has no more; longer ones are written as text


class Measure(NamedTuple):
    """How the numbers of a row are written: the indicator's decimals, its grades by name."""

    decimals: int = MAX_DECIMALS
    grades: Mapping[str, int] = {}


def read(
    table: Table,
    sheet: SheetLike,
    *,
    language: str,
    measure: Callable[[Row], Measure] = lambda row: Measure(),
) -> Found:
    """Return the rows of `sheet` as values, with every fault of every cell.

    `measure`: how the numbers of a row are to be read, by its other cells; asked once for a row.
    """
    last: list[tuple[Row, Measure]] = []

    def value_of(column: Column, value: Any, row: Row) -> Any:
        if column.kind != "number":
            return read_cell(column, value, language, Measure())
        if not last or last[0][0] is not row:
            last[:] = [(row, measure(row))]
        return read_cell(column, value, language, _of(column, last[0][1]))

    return sheets.read(table, sheet, value_of=value_of)


def _of(column: Column, measure: Measure) -> Measure:
    """Return how `column` is read: grades stand for what is reached, percents for shares."""
    if column.name == "maintain_share":
        return Measure(3)
    return measure if column.name in GRADED else measure._replace(grades={})


GRADED = frozenset({"value", "upper", "baseline"})


def read_cell(column: Column, value: Any, language: str, measure: Measure) -> Any:
    """Return the value of one cell, as the kind of its column has it. Raises Bad."""
    match column.kind:
        case "number":
            return _number(value, tidy(str(value)) if value is not None else "", language, measure)
        case "shares" | "steps" | "grades" | "points":
            return _lines(column.kind, str(value or ""), language)
    return sheets.read_cell(column, value)


def _number(value: Any, text: str, language: str, measure: Measure) -> Decimal | None:
    if not text:
        return None
    if measure.grades:
        rank = measure.grades.get(fold(text))
        if rank is None and isinstance(value, Decimal) and value in measure.grades.values():
            rank = int(value)
        if rank is None:
            raise Bad("grade-unknown", text=text, known=", ".join(measure.grades))
        return Decimal(rank)
    if isinstance(value, bool | date):
        raise Bad("not-a-number", text=text)
    if isinstance(value, Decimal):
        if decimals_of(value) > MAX_DECIMALS:
            raise Bad("too-many-decimals", text=plain(value), decimals=str(MAX_DECIMALS))
        if abs(value) >= Decimal(10) ** 18:
            raise Bad("too-large", text=plain(value))
        return value
    try:
        return parse_quantity(text, language=language, decimals=measure.decimals)
    except BadQuantity as error:
        if error.code == "too-many-decimals" and decimals_of(error.readings[0]) <= MAX_DECIMALS:
            return error.readings[0]  # the indicator shows fewer; a target may say more
        readings = " / ".join(plain(reading) for reading in error.readings)
        raise Bad(error.code, text=text, readings=readings, decimals=str(MAX_DECIMALS)) from error


def _lines(kind: str, text: str, language: str) -> tuple[Any, ...]:
    tidied = "\n".join(tidy(line) for line in text.splitlines())
    try:
        if kind == "shares":
            return tuple(read_shares(tidied, language=language))
        if kind == "steps":
            return tuple(read_steps(tidied, language=language))
        pairs = [line.partition("|") for line in tidied.splitlines() if line]
        if kind == "grades":
            return tuple((name.strip(), other.strip()) for name, _bar, other in pairs)
        points = []
        for number, (part, bar, value) in enumerate(pairs, start=1):
            if not bar or not part.strip():
                raise BadLine(f"{part}{bar}{value}", code="parts-missing", line=number)
            points.append((part.strip(), parse_quantity(value, language=language)))
        return tuple(points)
    except BadLine as error:
        raise Bad(f"line-{error.code}", text=error.text.strip(), line=str(error.line)) from error
    except BadQuantity as error:
        raise Bad(f"line-{error.code}", text=text.strip(), line="") from error


def write_cell(
    column: Column, value: Any, *, language: str, grades: Mapping[int, str] | None = None
) -> Any:
    """Return what to put into a cell so that `read_cell` gives `value` back."""
    if value is None or value in ("", ()):
        return None
    match column.kind:
        case "number":
            if grades:
                return grades[int(value)]
            digits = len(value.normalize().as_tuple().digits)
            return value if digits <= NUMBER_DIGITS else _typed(value, language)
        case "shares":
            return write_shares(value, language=language)
        case "steps":
            return write_steps(value, language=language)
        case "grades":
            return "\n".join(" | ".join(filter(None, pair)) for pair in value)
        case "points":
            return "\n".join(f"{part} | {_typed(number, language)}" for part, number in value)
    return sheets.write_cell(column, value, language=language)


def _typed(value: Decimal, language: str) -> str:
    return format_quantity(value, decimals=decimals_of(value), language=language, grouping=False)
