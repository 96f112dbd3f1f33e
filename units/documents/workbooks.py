"""Spreadsheets: bytes in, plain cells out, and back. What comes in is not to be believed.

A file is judged before it is parsed: its size, what it unpacks to (declared and real), how many
parts it has, and that no part declares entities. On the way empty rows and cells are thrown out of
the sheets, a million of them in a second or two; what is left is parsed row by row.

The library is loaded by whoever reads or writes a file: it takes 6 MiB of each process.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, NamedTuple

MIB = 1024 * 1024
MAX_BYTES = 5 * MIB
MAX_UNPACKED = 96 * MIB  # of all parts; a million empty rows with a height are 60 MB of XML
MAX_PART = 4 * MIB  # of one part that is no sheet and no list of strings: those are read at once
MAX_STRINGS = 8 * MIB
MAX_SHEET = 12 * MIB  # of one sheet without its empty rows and cells
MAX_PARTS = 200
MAX_ROWS = 5000  # with something in them, of one sheet
MAX_COLUMNS = 60
MAX_TEXT = 4000  # characters of one cell
MAX_MERGED = 50  # so many are named, not more
OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # .xls, and every file behind a password
DECLARATIONS = [  # as one byte or two for each character, in either order
    mark
    for text in ("<!DOCTYPE", "<!ENTITY")
    for mark in (text.encode(), text.encode("utf-16-le")[:-1])
]
MERGED = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s[^>]*?\bref\s*=\s*[\"']([A-Z0-9:$]{1,40})[\"']")
EMPTY_CELL = re.compile(rb"<(?:[\w.-]+:)?c\s[^<>]*/>|<((?:[\w.-]+:)?c)\s[^<>]*></\1>")
EMPTY_ROW = re.compile(
    rb"<(?:[\w.-]+:)?row(?:\s[^<>]*)?/>|<((?:[\w.-]+:)?row)(?:\s[^<>]*)?>\s*</\1>"
)
ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # characters that no cell can hold
EXACT_DIGITS = 15  # so many significant digits survive in a number of a spreadsheet


class Unreadable(ValueError):
    """A file that is not read. `code`: too-large, not-a-workbook, protected, unpacks-too-large,
    too-many-parts, declares-entities, broken."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Cell(NamedTuple):
    """What stands in a cell. `problem`: "", formula or error-value. `percent`: shown with "%"."""

    value: Any
    problem: str = ""
    percent: bool = False


class Sheet(NamedTuple):
    """A sheet without its empty cells: `rows[row][column]`, both from 1.

    `merged`: ranges such as "A1:B2". `cut`: it has more rows or columns than are read.
    """

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merged: Sequence[str] = ()
    cut: bool = False


class Page(NamedTuple):
    """A sheet to be written. `headings` stand on top unless there are none. `texts`: columns whose
    cells are text even where they look like numbers; `choices`: what a column offers, from 1."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int] = ()
    texts: frozenset[int] = frozenset()
    choices: Mapping[int, Sequence[str]] = {}


def read(data: bytes) -> list[Sheet]:
    """Return the sheets of an XLSX file in their order. Raises Unreadable."""
    merged: dict[str, list[str]] = {}
    thin = _judge(data, merged)
    import openpyxl  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts that we do not read
            book = openpyxl.load_workbook(thin, read_only=True, keep_links=False)
            try:
                return [_sheet(page, merged) for page in book.worksheets]
            finally:
                book.close()
    except Exception as error:  # a made-up file breaks the library anywhere
        raise Unreadable("broken") from error


def _judge(data: bytes, merged: dict[str, list[str]]) -> io.BytesIO:
    """Return the file without its empty rows and cells, once it may be parsed.

    `merged` is filled with the merged ranges of each part that is a sheet.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("too-large")
    if data.startswith(OLD_FORMAT):
        raise Unreadable("protected")
    thin = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(thin, "w") as kept:
            infos = {info.filename: info for info in parts.infolist()}
            if len(parts.infolist()) > MAX_PARTS:
                raise Unreadable("too-many-parts")
            if not {"[Content_Types].xml", "xl/workbook.xml"} <= infos.keys():
                raise Unreadable("not-a-workbook")
            if any(info.flag_bits & 1 for info in infos.values()):
                raise Unreadable("protected")
            left = MAX_UNPACKED
            if sum(info.file_size for info in infos.values()) > left:
                raise Unreadable("unpacks-too-large")
            for name, info in infos.items():
                with parts.open(info) as stream:
                    if name.startswith("xl/worksheets/"):
                        size, text = _thinned(stream, left, merged.setdefault(name, []))
                    else:
                        size, text = _whole(stream, min(left, _allowed(name)))
                left -= size
                kept.writestr(name, text)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Unreadable("not-a-workbook") from error
    thin.seek(0)
    return thin


def _allowed(name: str) -> int:
    return MAX_STRINGS if name == "xl/sharedStrings.xml" else MAX_PART


def _whole(stream: IO[bytes], allowed: int) -> tuple[int, bytes]:
    """Return how long a part really is, and the part."""
    text = stream.read(allowed + 1)
    if len(text) > allowed:
        raise Unreadable("unpacks-too-large")
    _require_plain(text)
    return len(text), text


def _require_plain(text: bytes) -> None:
    if any(mark in text for mark in DECLARATIONS):
        raise Unreadable("declares-entities")


def _thinned(stream: IO[bytes], allowed: int, merged: list[str]) -> tuple[int, bytes]:
    """Return how long a sheet really is, and the sheet without its empty rows and cells.

    It passes through in pieces that end before a row, so that memory holds one of them.
    """
    size, tail = 0, b""
    kept = bytearray()
    while chunk := stream.read(MIB):
        size += len(chunk)
        if size > allowed:
            raise Unreadable("unpacks-too-large")
        window = tail + chunk
        rows = [match.start() for match in ROW.finditer(window)]
        cut = rows[-1] if rows else max(window.rfind(b"<"), 0)
        kept += _without_empty(window[:cut], merged)
        tail = window[cut:]
        if len(kept) + len(tail) > MAX_SHEET:
            raise Unreadable("unpacks-too-large")
    kept += _without_empty(tail, merged)
    return size, bytes(kept)


def _without_empty(text: bytes, merged: list[str]) -> bytes:
    _require_plain(text)
    merged += [match[1].decode() for match in MERGED.finditer(text)][: MAX_MERGED - len(merged)]
    return EMPTY_ROW.sub(b"", EMPTY_CELL.sub(b"", text))


def _sheet(page: Any, merged: Mapping[str, Sequence[str]]) -> Sheet:
    page.reset_dimensions()  # what the file claims is not believed
    rows: dict[int, dict[int, Cell]] = {}
    blank, cut = None, False
    for number, cells in enumerate(page.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
        if cells is blank:  # the library hands out one and the same row for all that are missing
            continue
        found = {
            place: read
            for place, cell in enumerate(cells, start=1)
            if cell.value is not None and (read := _cell(cell)) is not None
        }
        if not found:
            blank = cells
        elif len(rows) == MAX_ROWS or MAX_COLUMNS + 1 in found:
            cut = True
            break
        else:
            rows[number] = found
    path = page._worksheet_path  # a page opened for reading does not tell its merged cells
    return Sheet(page.title, rows, merged.get(path, ()), cut)


def _cell(cell: Any) -> Cell | None:
    value = cell.value
    if cell.data_type == "f":
        return Cell(str(value)[:MAX_TEXT], problem="formula")
    if cell.data_type == "e":
        return Cell(str(value), problem="error-value")
    if isinstance(value, str):
        return Cell(value[:MAX_TEXT]) if value.strip() else None
    if isinstance(value, bool):
        return Cell(value)
    if isinstance(value, int | float):
        # A number has 15 digits that people typed; what stands behind them is arithmetic.
        number = Decimal(f"{value:.{EXACT_DIGITS}g}")
        percent = "%" in (cell.number_format or "")
        return Cell(number.scaleb(2) if percent else number, percent=percent)
    if isinstance(value, datetime):
        return Cell(value.date())
    return Cell(value if isinstance(value, date) else str(value))


def write(pages: Sequence[Page]) -> bytes:
    """Return an XLSX file with `pages`. Texts stay texts, also those that begin with “=”."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    book.remove(book.active)
    for page in pages:
        _write(book.create_sheet(page.name), page)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(sheet: Any, page: Page) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    wrapped = Alignment(wrap_text=True, vertical="top")
    if page.headings:
        sheet.append(list(page.headings))
        sheet.freeze_panes = "B2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="E6ECF2")
            cell.alignment = wrapped
    for number, row in enumerate(page.rows, start=2 if page.headings else 1):
        for place, value in enumerate(row, start=1):
            if value is not None and value != "":
                _put(sheet.cell(number, place), value, wrapped)
    for place, width in enumerate(page.widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    last = max(len(page.rows) + 200, 500)
    for place in page.texts:
        for number in range(2, last + 1):
            sheet.cell(number, place).number_format = "@"
    for place, choices in page.choices.items():
        offered = ",".join(choices)
        if len(offered) <= 250:  # a longer list does not fit into the file's format
            letter = get_column_letter(place)
            rule = DataValidation(type="list", formula1=f'"{offered}"', allow_blank=True)
            rule.showErrorMessage = False  # other spellings are read too
            rule.add(f"{letter}2:{letter}{last}")
            sheet.add_data_validation(rule)


def _put(cell: Any, value: Any, wrapped: Any) -> None:
    if isinstance(value, Decimal):
        cell.value = int(value) if value == value.to_integral_value() else float(value)
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "DD/MM/YYYY"
    else:
        cell.value = ILLEGAL.sub(" ", str(value))
        cell.data_type = "s"  # "=1+1" is a text that somebody typed
        cell.alignment = wrapped
