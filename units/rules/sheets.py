"""Sheets that people fill in: their names and headings in both languages, and their plain cells.

A workbook speaks its own language, whoever reads it: names and words here are data, not the
interface's. Whatever is read is taken in either language. Which tables there are, and what their
rows mean, is said by the noun that is imported.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from units.rules.dates import read_day
from units.rules.refs import fold, tidy

Row = dict[str, Any]
COMMENT = "#"  # a row whose first cell begins with it says something to people alone
YES = frozenset({"x", "co", "yes", "true", "dung", "1"})
NO = frozenset({"", "khong", "no", "false", "sai", "0"})
EMPTY: Mapping[str, Any] = {"number": None, "day": None, "flag": False}
Words = tuple[str, str]  # Vietnamese, English


class Column(NamedTuple):
    """`kind`: text, code, number, day, flag, choice, or one that its app alone reads, where an empty
    cell is (). `default`: of a choice that is left empty. `help`: for the guide."""

    name: str
    heading: Words
    kind: str = "text"
    required: bool = False
    help: Words = ("", "")
    choices: Mapping[str, Words] = {}
    default: str = ""
    longest: int = 300
    width: int = 16


class Table(NamedTuple):
    """One sheet: its name in both languages, its columns, and what the guide says of it."""

    name: str
    heading: Words
    columns: tuple[Column, ...]
    help: Words


def title(thing: Table | Column, language: str) -> str:
    """Return the name of a sheet or the heading of a column."""
    return thing.heading[language == "en"]


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


def matched(
    tables: Sequence[Table], sheets: Sequence[SheetLike]
) -> tuple[dict[str, Any], str, list[Fault]]:
    """Return the sheet of each table, the language of the workbook, and what is wrong with names.

    Sheets that begin with “_” or are the guide or the lists are for people and are passed over.
    """
    names = {fold(title(table, language)): table for table in tables for language in ("vi", "en")}
    found: dict[str, Any] = {}
    faults, english = [], 0
    for sheet in sheets:
        table = names.get(fold(sheet.name.strip()))
        if table is None:
            if not _for_people(sheet.name):
                known = ", ".join(title(table, "vi") for table in tables)
                english_names = ", ".join(title(table, "en") for table in tables)
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


def read(table: Table, sheet: SheetLike, *, value_of: Callable[[Column, Any, Row], Any]) -> Found:
    """Return the rows of `sheet` as values, with every fault of every cell.

    `value_of`: what a cell of a column says; it raises Bad. Numbers come last, for how they are
    written may depend on the other cells of the row. A cell with a fault is None in its row.
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
        rows[number] = _row(table, number, cells, columns, letters, faults, value_of)
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
    value_of: Callable[[Column, Any, Row], Any],
) -> Row:
    row: Row = {column.name: empty(column) for column in table.columns}
    in_order = sorted(columns.items(), key=lambda item: item[1].kind == "number")
    for place, column in in_order:
        cell = cells.get(place)
        try:
            if cell is not None and cell.problem:
                raise Bad(cell.problem, text=str(cell.value))
            row[column.name] = value_of(column, cell.value if cell is not None else "", row)
            if column.required and row[column.name] in ("", None):
                raise Bad("cell-empty")
        except Bad as bad:
            row[column.name] = None
            faults.append(
                Fault(table.name, bad.code, number, column.name, letters[column.name], bad.detail)
            )
    return row


def empty(column: Column) -> Any:
    """Return what an empty cell of `column` says."""
    if column.kind in {"text", "code", "choice"}:
        return column.default
    return EMPTY.get(column.kind, ())


def read_cell(column: Column, value: Any) -> Any:
    """Return the value of a cell of text, a code, a day, yes or no, or a choice. Raises Bad."""
    text = tidy(str(value)) if value is not None else ""
    match column.kind:
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
            text = _code(value, text)
    if isinstance(value, date):
        raise Bad("day-for-text", text=value.isoformat())
    if len(text) > column.longest:
        raise Bad("text-too-long", text=f"{text[:40]}…", longest=str(column.longest))
    return plain(value) if isinstance(value, Decimal) else text


def write_cell(column: Column, value: Any, *, language: str) -> Any:
    """Return what to put into a cell so that `read_cell` gives `value` back."""
    if value is None or value in ("", ()):
        return None
    if column.kind == "flag":
        return "x" if value else None
    if column.kind == "choice":
        words = column.choices[value]
        return words[1] if language == "en" else words[0]
    return value


def _flag(value: Any, text: str) -> bool:
    if isinstance(value, bool):
        return value
    folded = fold(plain(value) if isinstance(value, Decimal) else text)
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
        raise Bad("code-is-number", text=plain(value))
    if isinstance(value, date):
        raise Bad("code-is-day", text=value.isoformat())
    return plain(value) if isinstance(value, Decimal) else text


def plain(value: Decimal) -> str:
    """Return a number as people type it, without noughts behind it."""
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
