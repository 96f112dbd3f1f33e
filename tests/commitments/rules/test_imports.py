"""Whatever stands in the cells of a workbook, judging it ends with faults and never with an error."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from commitments.rules.columns import TABLES
from commitments.rules.imports import judge
from commitments.rules.known import Known, Office, Standing
from commitments.rules.sheets import Measure, read
from units.documents.workbooks import Cell
from units.rules.sheets import title

D = Decimal
KNOWN = Known(
    today=date(2024, 2, 2),
    units={"bx-hu": "bx-hu", "bx-first": "bx-first"},
    offices={"head": Office("bx-first", "lan"), "chair": Office("bx-first", "lan")},
    mandates=["m-1"],
    uoms={"giay": "giấy"},
    parts={"q1": date(2024, 3, 31), "q4": date(2024, 12, 31), "01": date(2024, 1, 31)},
    present={
        table: {} for table in ("groups", "indicators", "targets", "allocations", "undertakers")
    },
    standing={"A": Standing("assigned", "01/CK")},
)
TEXTS = [
    *("A", "B", "a", "bx-first", "bx-hu", "head", "chair", "security", "count", "grade", "shares"),
    *("milestone", "boolean", "ratio", "stated", "superior", "between", "eq", "maintain", "share"),
    *("uniform", "in order", "1.234", "12", "1", "x", "01 | 5", "q1 | 2", "A | 60\nB | 40", "?"),
    *("30/06/2024 | 100 | A", "2024-12-31", ""),
]
cells = st.none() | st.builds(
    Cell,
    st.sampled_from(TEXTS) | st.sampled_from([D(0), D(1), D("1.5"), D(-3), date(2024, 6, 30)]),
    st.sampled_from(["", "", "", "", "formula", "error-value"]),
)


class Sheet(NamedTuple):
    name: str
    rows: dict
    merged: tuple = ()
    cut: bool = False


@st.composite
def workbooks(draw):
    """Return for each table, or not, a sheet with the real headings and anything beneath."""
    sheets = {}
    for table in TABLES:
        if not draw(st.booleans()):
            continue
        columns = draw(st.permutations(table.columns))[: draw(st.integers(1, 30))]
        rows = {1: {at: Cell(title(column, "en")) for at, column in enumerate(columns, start=1)}}
        for number in range(2, 2 + draw(st.integers(0, 3))):
            said = {at: cell for at in rows[1] if (cell := draw(cells)) is not None}
            if said:
                rows[number] = said
        sheets[table.name] = Sheet(table.name, rows)
    return sheets


@settings(max_examples=300)
@given(workbooks(), st.sampled_from([Measure(), Measure(0), Measure(0, {"a": 1, "b": 2})]))
def test_judging_never_breaks(sheets, measure):
    found = {
        table.name: read(table, sheets[table.name], language="en", measure=lambda row: measure)
        for table in TABLES
        if table.name in sheets
    }
    judged = judge(found, KNOWN)
    assert all(fault.code for fault in judged.faults)
    if not judged.faults:
        numbers = [entry.number for rows in judged.entries.values() for entry in rows]
        assert all(number > 1 for number in numbers)
