"""Rows become cells and rows again, in both languages; names and headings that do not fit."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commitments.rules.columns import TABLES
from commitments.rules.sheets import Measure, read, write_cell
from commitments.rules.targets import Share, Step
from units.documents import workbooks
from units.rules.refs import fold, tidy
from units.rules.sheets import Column, Table, letter_of, matched, title

D = Decimal
letters = st.characters(categories=["L", "N", "P", "S"], exclude_characters="|#*")
# Some characters become several when they are made tidy: only then is a text cut to what fits.
words = st.text(letters, min_size=1, max_size=12).map(lambda text: tidy(tidy(text)[:12]) or "x")
numbers = st.decimals(-(10**12), 10**12, places=6)
percents = st.decimals(D("0.001"), 100, places=3)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
OF_KIND: dict[str, Any] = {
    "number": numbers | st.just(D("123456789012345678.123456")),
    "day": days,
    "flag": st.booleans(),
    "shares": st.lists(st.builds(Share, words, percents, st.just("") | words), max_size=3),
    "steps": st.lists(st.builds(Step, words, days, percents, st.just("") | words), max_size=3),
    "grades": st.lists(st.tuples(words, st.just("") | words), max_size=3),
    "points": st.lists(st.tuples(words, numbers), max_size=3),
}


def cells_of(column: Column):
    if column.kind == "choice":
        offered = st.sampled_from(list(column.choices))
        return offered if column.required or column.default else offered | st.just("")
    if column.kind in {"text", "code"}:
        return words if column.required else st.just("") | words
    made = OF_KIND[column.kind]
    if column.kind in {"number", "day"} and not column.required:
        made = st.none() | made
    return made.map(tuple) if column.kind in {"shares", "steps", "grades", "points"} else made


def rows_of(table: Table):
    return st.lists(
        st.fixed_dictionaries({column.name: cells_of(column) for column in table.columns}),
        min_size=1,
        max_size=3,
    )


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@settings(max_examples=25)
@given(data=st.data())
def test_rows_come_back_from_a_workbook(table, language, data):
    rows = data.draw(rows_of(table))
    page = workbooks.Page(
        title(table, language),
        [title(column, language) for column in table.columns],
        [
            [write_cell(column, row[column.name], language=language) for column in table.columns]
            for row in rows
        ],
    )
    (sheet,) = workbooks.read(workbooks.write([page]))
    found = read(table, sheet, language=language)
    assert found.faults == []
    assert list(found.rows.values()) == rows


@pytest.mark.parametrize("language", ["vi", "en"])
def test_names_are_told_apart_without_marks(language):
    for table in TABLES:
        headings = [fold(title(column, language)) for column in table.columns]
        assert len(set(headings)) == len(headings)
        for column in table.columns:
            offered = [fold(pair[language == "en"]) for pair in column.choices.values()]
            assert len(set(offered)) == len(offered)
    assert len({fold(title(table, language)) for table in TABLES}) == len(TABLES)


class Sheet(NamedTuple):
    name: str
    rows: dict[int, dict[int, workbooks.Cell]]
    merged: tuple[str, ...] = ()
    cut: bool = False


def sheet_of(*rows, name="Targets", **more):
    return Sheet(
        name,
        {
            number: {
                place: workbooks.Cell(value)
                for place, value in enumerate(row, start=1)
                if value is not None
            }
            for number, row in enumerate(rows, start=1)
            if any(value is not None for value in row)
        },
        **more,
    )


GROUPS = TABLES[0]
HEAD = ["Group code *", "Title in Vietnamese *", "Field *"]


def told(*rows, **more):
    found = read(GROUPS, sheet_of(*rows, **more), language="en")
    return [(fault.code, fault.row, fault.column or fault.letter) for fault in found.faults]


def test_sheets_are_found_by_either_language_and_others_are_told():
    named, language, faults = matched(
        TABLES,
        [
            sheet_of(name="chi tieu"),
            sheet_of(name="Nhóm nhiệm vụ"),
            sheet_of(name="Guide"),
            sheet_of(name="_mine"),
            sheet_of(name="Sheet1"),
            sheet_of(name="Targets"),
        ],
    )
    assert (set(named), language) == ({"targets", "groups"}, "vi")
    assert [fault.code for fault in faults] == ["sheet-unknown", "sheet-twice"]
    assert [fault.code for fault in matched(TABLES, [sheet_of(name="Guide")])[2]] == ["no-sheet"]


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([HEAD, ["N01", "Nhóm", "Security"]], []),
        ([HEAD[::-1], ["Security", "Nhóm", "N01"]], []),
        ([HEAD, ["# N01", "an example"], ["N01", "Nhóm", "an ninh"]], []),
        ([HEAD[:2], ["N01", "Nhóm"]], [("heading-missing", 1, "field")]),
        ([[*HEAD, "Colour"], ["N01", "Nhóm", "Security"]], [("heading-unknown", 1, "D")]),
        ([[*HEAD, "Mã nhóm"], ["N01", "Nhóm", "Security"]], [("heading-twice", 1, "D")]),
        ([HEAD, [D("1.1"), "Nhóm", "Security"]], [("code-is-number", 2, "code")]),
        ([HEAD, [D(11), "Nhóm", "Security"]], []),
        ([HEAD, [date(2024, 1, 1), "Nhóm", "Security"]], [("code-is-day", 2, "code")]),
        ([HEAD, ["N01", date(2024, 1, 1), "Security"]], [("day-for-text", 2, "title_vi")]),
        ([HEAD, ["N01", "x" * 301, "Security"]], [("text-too-long", 2, "title_vi")]),
        ([HEAD, ["N01", None, None]], [("cell-empty", 2, "title_vi"), ("cell-empty", 2, "field")]),
    ],
)
def test_faults_of_cells_and_headings(rows, faults):
    assert told(*rows) == faults


def test_formulas_merged_and_overlong_sheets_are_told():
    sheet = sheet_of(HEAD, ["N01", "Nhóm", "Security"], merged=("A1:B1",), cut=True)
    sheet.rows[2][2] = workbooks.Cell("=A1", problem="formula")
    found = read(GROUPS, sheet, language="en")
    assert [fault.code for fault in found.faults] == ["merged", "sheet-too-long", "formula"]


def test_an_empty_sheet_says_nothing():
    assert read(GROUPS, sheet_of(), language="en").rows == {}


@pytest.mark.parametrize(
    ("typed", "value", "code"),
    [
        ("Completed well", D(2), ""),
        ("hoan thanh", D(1), ""),
        (D(2), D(2), ""),
        (D(7), None, "grade-unknown"),
        ("Perfect", None, "grade-unknown"),
    ],
)
def test_grades_stand_by_their_names(typed, value, code):
    grades = {"hoan thanh": 1, "completed well": 2}
    targets = TABLES[2]
    head = [column.name for column in targets.columns if column.required] + ["value"]
    found = read(
        targets,
        sheet_of(head, ["A", "B", "C", "D", typed]),
        language="en",
        measure=lambda row: Measure(0, grades),
    )
    assert found.rows[2]["value"] == value
    assert [fault.code for fault in found.faults] == ([code] if code else [])


def test_columns_have_letters():
    assert [letter_of(place) for place in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]
