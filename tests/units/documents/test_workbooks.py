"""Workbooks that are sound, careless or made to do harm."""

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from tests.factories.workbooks import SHEET, sheet_xml, with_parts, with_sheet
from units.documents.workbooks import (
    MAX_BYTES,
    MAX_ROWS,
    MIB,
    Cell,
    Page,
    Unreadable,
    read,
    write,
)

D = Decimal


def refusal_of(data):
    with pytest.raises(Unreadable) as refused:
        read(data)
    return refused.value.code


def saved(change) -> bytes:
    book = openpyxl.Workbook()
    change(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_what_is_written_is_read_back():
    values = ["Xã Hương Sơn", "=1+1", D("45.7"), D(45), date(2024, 6, 30), "0012", "a\nb"]
    (sheet,) = read(write([Page("Chỉ tiêu", ["A"], [values, [], ["x"]])]))
    assert sheet.name == "Chỉ tiêu"
    assert [cell.value for cell in sheet.rows[2].values()] == values
    assert (sorted(sheet.rows), sheet.rows[4][1]) == ([1, 2, 4], Cell("x"))


@pytest.mark.parametrize(
    ("value", "shown", "read_as"),
    [
        (0.1 + 0.2, "General", Cell(D("0.3"))),
        (0.168, "0.0%", Cell(D("16.8"), percent=True)),
        (True, "General", Cell(True)),
        (45292, "DD/MM/YYYY", Cell(date(2024, 1, 1))),
        ("=SUM(A1:A2)", "General", Cell("=SUM(A1:A2)", problem="formula")),
        ("#REF!", "General", Cell("#REF!", problem="error-value")),
    ],
)
def test_cells_are_read_as_people_see_them(value, shown, read_as):
    def fill(sheet):
        sheet["A1"] = value
        sheet["A1"].number_format = shown

    assert read(saved(fill))[0].rows[1][1] == read_as


def test_merged_cells_are_named():
    def fill(sheet):
        sheet["A1"] = "x"
        sheet.merge_cells("A1:B2")
        sheet.merge_cells("D4:D5")

    assert read(saved(fill))[0].merged == ["A1:B2", "D4:D5"]


@pytest.mark.parametrize(
    ("row", "last"),
    [
        ('<row r="{0}"/>', 100_001),
        ('<row r="{0}" ht="15" customHeight="1"/>', 1_000_001),  # the longest that still fits
        ('<row r="{0}"></row>', 100_001),
        ('<row r="{0}"><c r="A{0}" s="1"/></row>', 100_001),
    ],
)
def test_a_million_empty_rows_are_nothing(row, last):
    rows = "".join(row.format(number) for number in range(3, last))
    filled = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>here</t></is></c></row>'
    data = with_sheet(sheet_xml(filled.format(2) + rows + filled.format(last)))
    tracemalloc.start()
    (sheet,) = read(data)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {number: cells[1].value for number, cells in sheet.rows.items()} == {
        2: "here",
        last: "here",
    }
    assert peak < 40 * MIB


def test_a_size_that_the_file_claims_is_not_believed():
    cell = '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    data = with_sheet(sheet_xml("").replace("<sheetData>", cell))
    assert read(data)[0].rows == {1: {1: Cell(D(1))}}


def test_more_rows_than_a_plan_needs_are_cut():
    rows = [["x"] for _row in range(MAX_ROWS + 1)]
    (sheet,) = read(write([Page("A", [], rows)]))
    assert (len(sheet.rows), sheet.cut) == (MAX_ROWS, True)


def test_a_bomb_is_weighed_before_it_is_parsed():
    bomb = with_parts({"xl/media/image1.png": b"\0" * (97 * MIB)})
    assert len(bomb) < MIB
    assert refusal_of(bomb) == "unpacks-too-large"
    assert refusal_of(with_parts({"xl/styles.xml": b" " * (5 * MIB)})) == "unpacks-too-large"
    junk = "<c>" + "x" * (13 * MIB) + "</c>"
    assert refusal_of(with_sheet(sheet_xml(f"<row>{junk}</row>"))) == "unpacks-too-large"


def test_a_bomb_that_lies_about_its_size_is_found():
    data = bytearray(with_parts({SHEET: sheet_xml("") + " " * (20 * MIB)}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as parts:
        info = parts.getinfo(SHEET)
    place = data.rindex(struct.pack("<L", info.file_size))  # in the central directory
    data[place : place + 4] = struct.pack("<L", 100)
    assert refusal_of(bytes(data)) in {"not-a-workbook", "unpacks-too-large", "broken"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_declarations_of_entities_are_refused(part, encoding):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert refusal_of(with_parts({part: laughs.encode(encoding)})) == "declares-entities"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-a-workbook"),
        (b"code,value\nA,1\n", "not-a-workbook"),
        (b"PK\x03\x04" + b"\0" * 100, "not-a-workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protected"),
        (b"x" * (MAX_BYTES + 1), "too-large"),
    ],
)
def test_what_is_no_workbook_says_so(data, code):
    assert refusal_of(data) == code


def test_a_zip_of_something_else_is_no_workbook():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as parts:
        parts.writestr("word/document.xml", "<x/>")
    assert refusal_of(stream.getvalue()) == "not-a-workbook"


def test_too_many_parts_are_refused():
    parts = {f"xl/extra{number}.xml": "<x/>" for number in range(201)}
    assert refusal_of(with_parts(parts)) == "too-many-parts"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("text", ["", "<x", "<x/>", "\0"])
def test_damage_is_told_or_harmless(part, text):
    data, refused = with_parts({part: text}), None
    with suppress(Unreadable):
        refused = "broken"
        read(data)
        refused = None
    if refused:
        assert refusal_of(data) == refused
