"""The sheets of a plan's workbook: their names and headings in both languages, and their cells.

A workbook speaks its own language, whoever reads it: names and words here are data, not the
interface's. Whatever is read is taken in either language; numbers by the language of the sheets.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from commitments.rules.columns import TABLES, Column, Table, title
from commitments.rules.revisions import (
    BadLine,
    read_day,
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
from units.rules.refs import fold, tidy

Row = dict[str, Any]
NUMBER_DIGITS = 15  # a number of a spreadsheet has no more; longer ones are written as text
COMMENT = "#"  # a row whose first cell begins with it says something to people alone
YES = frozenset({"x", "co", "yes", "true", "dung", "1"})
NO = frozenset({"", "khong", "no", "false", "sai", "0"})


class Fault(NamedTuple):
    """One thing wrong. `table`: name of the table, or "" for the whole file. `row`: of the sheet,
    None for all of it. `column`: name of the column, "" for the row. `letter`: of the column in
    the file. `detail`: what the sentence names. The sentence itself is made where it is shown."""

    table: str
    code: str
    row: int | None = None
    column: str = ""
    letter: str = ""
    detail: Mapping[str, str] = {}


class CellLike(Protocol):
    @property
    def value(self) -> Any: ...
    @property
    def problem(self) -> str: ...


class SheetLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> Mapping[int, Mapping[int, Any]]: ...
    @property
    def merged(self) -> Sequence[str]: ...
    @property
    def cut(self) -> bool: ...


class Measure(NamedTuple):
    """How the numbers of a row are written: the indicator's decimals, its grades by name."""

    decimals: int = MAX_DECIMALS
    grades: Mapping[str, int] = {}


class Bad(ValueError):
    """A cell that cannot be taken: the code of a fault, and what its sentence names."""

    def __init__(self, code: str, **detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


class Found(NamedTuple):
    """What a sheet says: its rows by their number in the file, and where its columns stand."""

    rows: dict[int, Row]
    letters: Mapping[str, str]
    faults: list[Fault]


def matched(sheets: Sequence[SheetLike]) -> tuple[dict[str, Any], str, list[Fault]]:
    """Return the sheet of each table, the language of the workbook, and what is wrong with names.

    Sheets that begin with “_” or are the guide or the lists are for people and are passed over.
    """
    names = {fold(title(table, language)): table for table in TABLES for language in ("vi", "en")}
    found: dict[str, Any] = {}
    faults, english = [], 0
    for sheet in sheets:
        table = names.get(fold(sheet.name.strip()))
        if table is None:
            if not _for_people(sheet.name):
                known = ", ".join(title(table, "vi") for table in TABLES)
                english_names = ", ".join(title(table, "en") for table in TABLES)
                detail = {"sheet": sheet.name, "known": known, "known_en": english_names}
                faults.append(Fault("", "sheet-unknown", detail=detail))
            continue
        if table.name in found:
            faults.append(Fault(table.name, "sheet-twice"))
            continue
        found[table.name] = sheet
        english += fold(sheet.name.strip()) == fold(title(table, "en"))
    if not found:
        faults.append(Fault("", "no-sheet"))
    return found, "en" if english * 2 > len(found) else "vi", faults


def _for_people(name: str) -> bool:
    return name.startswith("_") or fold(name.strip()) in {
        fold(word) for words in PEOPLE.values() for word in words
    }


PEOPLE = {"vi": ("Hướng dẫn", "Danh mục"), "en": ("Guide", "Lists")}


def read(
    table: Table,
    sheet: SheetLike,
    *,
    language: str,
    measure: Callable[[Row], Measure] = lambda row: Measure(),
) -> Found:
    """Return the rows of `sheet` as values, with every fault of every cell.

    `measure`: how the numbers of a row are to be read, by its other cells. A cell with a fault is
    None in its row.
    """
    faults = [
        Fault(table.name, "merged", letter=area, detail={"area": area}) for area in sheet.merged
    ]
    if sheet.cut:
        faults.append(Fault(table.name, "sheet-too-long"))
    numbers = sorted(sheet.rows)
    if not numbers:
        return Found({}, {}, faults)
    head, *numbers = numbers
    columns, letters = _columns(table, head, sheet.rows[head], faults)
    rows: dict[int, Row] = {}
    for number in numbers:
        cells = sheet.rows[number]
        first = cells.get(min(cells))
        if first is not None and str(first.value).lstrip().startswith(COMMENT):
            continue
        if not set(cells) & set(columns):
            continue
        rows[number] = _row(
            table, number, cells, columns, letters, faults, language=language, measure=measure
        )
    return Found(rows, letters, faults)


def _columns(
    table: Table, head: int, cells: Mapping[int, Any], faults: list[Fault]
) -> tuple[dict[int, Column], dict[str, str]]:
    """Return which column of the table stands at which place of the sheet."""
    known = {
        fold(heading): column
        for column in table.columns
        for language in ("vi", "en")
        for heading in (title(column, language), column.name)
    }
    columns: dict[int, Column] = {}
    for place, cell in sorted(cells.items()):
        text = tidy(str(cell.value)).rstrip("*").strip()
        column = known.get(fold(text))
        if column is None or column in columns.values():
            code = "heading-unknown" if column is None else "heading-twice"
            faults.append(
                Fault(table.name, code, head, letter=letter_of(place), detail={"text": text})
            )
        else:
            columns[place] = column
    letters = {column.name: letter_of(place) for place, column in columns.items()}
    faults += [
        Fault(table.name, "heading-missing", head, column.name)
        for column in table.columns
        if column.required and column.name not in letters
    ]
    return columns, letters


def _row(
    table: Table,
    number: int,
    cells: Mapping[int, Any],
    columns: Mapping[int, Column],
    letters: Mapping[str, str],
    faults: list[Fault],
    *,
    language: str,
    measure: Callable[[Row], Measure],
) -> Row:
    row: Row = {column.name: EMPTY.get(column.kind, column.default) for column in table.columns}
    in_order = sorted(columns.items(), key=lambda item: item[1].kind == "number")
    how: Measure | None = None
    for place, column in in_order:
        cell = cells.get(place)
        if column.kind == "number" and how is None:
            how = measure(row)
        try:
            if cell is not None and cell.problem:
                raise Bad(cell.problem, text=str(cell.value))
            value = cell.value if cell is not None else ""
            row[column.name] = read_cell(column, value, language, _of(column, how or Measure()))
            if column.required and row[column.name] in ("", None):
                raise Bad("cell-empty")
        except Bad as bad:
            row[column.name] = None
            faults.append(
                Fault(table.name, bad.code, number, column.name, letters[column.name], bad.detail)
            )
    return row


def _of(column: Column, measure: Measure) -> Measure:
    """Return how `column` is read: grades stand for what is reached, percents for shares."""
    if column.name == "maintain_share":
        return Measure(3)
    return measure if column.name in GRADED else measure._replace(grades={})


GRADED = frozenset({"value", "upper", "baseline"})
EMPTY: Mapping[str, Any] = {
    "number": None,
    "day": None,
    "flag": False,
    "shares": (),
    "steps": (),
} | {
    "grades": (),
    "points": (),
}


def read_cell(column: Column, value: Any, language: str, measure: Measure) -> Any:
    """Return the value of one cell, as the kind of its column has it. Raises Bad."""
    text = tidy(str(value)) if value is not None else ""
    match column.kind:
        case "number":
            return _number(value, text, language, measure)
        case "day":
            if isinstance(value, date) or not text:
                return value or None
            try:
                return read_day(text)
            except ValueError as error:
                raise Bad("not-a-day", text=text) from error
        case "flag":
            return _flag(value, text)
        case "choice":
            return _choice(column, text)
        case "code":
            return _code(value, text)
        case "shares" | "steps" | "grades" | "points":
            return _lines(column.kind, str(value or ""), language)
    if isinstance(value, date):
        raise Bad("day-for-text", text=value.isoformat())
    if len(text) > column.longest:
        raise Bad("text-too-long", text=f"{text[:40]}…", longest=str(column.longest))
    return _plain(value) if isinstance(value, Decimal) else text


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
            raise Bad("too-many-decimals", text=_plain(value), decimals=str(MAX_DECIMALS))
        if abs(value) >= Decimal(10) ** 18:
            raise Bad("too-large", text=_plain(value))
        return value
    try:
        return parse_quantity(text, language=language, decimals=measure.decimals)
    except BadQuantity as error:
        if error.code == "too-many-decimals" and decimals_of(error.readings[0]) <= MAX_DECIMALS:
            return error.readings[0]  # the indicator shows fewer; a target may say more
        readings = " / ".join(_plain(reading) for reading in error.readings)
        raise Bad(error.code, text=text, readings=readings, decimals=str(MAX_DECIMALS)) from error


def _flag(value: Any, text: str) -> bool:
    if isinstance(value, bool):
        return value
    folded = fold(_plain(value) if isinstance(value, Decimal) else text)
    if folded in YES:
        return True
    if folded in NO:
        return False
    raise Bad("not-yes-or-no", text=text)


def _choice(column: Column, text: str) -> str:
    if not text:
        return column.default
    for value, words in column.choices.items():
        if fold(text) in {fold(word) for word in (value, *words)}:
            return value
    vietnamese, english = zip(*column.choices.values(), strict=True)
    raise Bad("choice-unknown", text=text, known=", ".join(vietnamese), known_en=", ".join(english))


def _code(value: Any, text: str) -> str:
    """Return a code. A fraction may have been “1.10” once: the spreadsheet has lost the nought."""
    if isinstance(value, Decimal) and value != value.to_integral_value():
        raise Bad("code-is-number", text=_plain(value))
    if isinstance(value, date):
        raise Bad("code-is-day", text=value.isoformat())
    return _plain(value) if isinstance(value, Decimal) else text


def _lines(kind: str, text: str, language: str) -> tuple[Any, ...]:
    plain = "\n".join(tidy(line) for line in text.splitlines())
    try:
        if kind == "shares":
            return tuple(read_shares(plain, language=language))
        if kind == "steps":
            return tuple(read_steps(plain, language=language))
        pairs = [line.partition("|") for line in plain.splitlines() if line]
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
        case "flag":
            return "x" if value else None
        case "choice":
            words = column.choices[value]
            return words[1] if language == "en" else words[0]
        case "shares":
            return write_shares(value, language=language)
        case "steps":
            return write_steps(value, language=language)
        case "grades":
            return "\n".join(" | ".join(filter(None, pair)) for pair in value)
        case "points":
            return "\n".join(f"{part} | {_typed(number, language)}" for part, number in value)
    return value


def _typed(value: Decimal, language: str) -> str:
    return format_quantity(value, decimals=decimals_of(value), language=language, grouping=False)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def letter_of(place: int) -> str:
    """Return the letter of a column of a spreadsheet.

    >>> letter_of(1), letter_of(28)
    ('A', 'AB')
    """
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
