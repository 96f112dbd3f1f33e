"""Workbooks for imports: rows by the names of columns, and files that nobody should believe."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from commitments.rules.columns import TABLES
from units.documents import workbooks
from units.rules.sheets import Table, title

SHEET = "xl/worksheets/sheet1.xml"
XMLNS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(
    *,
    language: str = "en",
    of: Sequence[Table] = TABLES,
    **tables: Sequence[Mapping[str, Any]],
) -> bytes:
    """Return a workbook with the rows of each table; a sheet has the columns that rows name.

    `of`: the tables there are, those of a plan unless a test says others.
    """
    pages = []
    for table in of:
        rows = tables.get(table.name, [])
        named = {name for row in rows for name in row}
        columns = [column for column in table.columns if column.name in named or column.required]
        pages.append(
            workbooks.Page(
                title(table, language),
                [title(column, language) for column in columns],
                [[row.get(column.name) for column in columns] for row in rows],
            )
        )
    return workbooks.write(pages)


def with_sheet(xml: str | bytes, *, base: bytes | None = None) -> bytes:
    """Return a workbook whose first sheet is this XML."""
    return with_parts({SHEET: xml}, base=base)


def with_parts(parts: Mapping[str, str | bytes], *, base: bytes | None = None) -> bytes:
    """Return a workbook with some parts replaced or added."""
    whole = base or workbooks.write([workbooks.Page("Targets", ["Target code"], [["A"]])])
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, text in parts.items():
            new.writestr(name, text)
    return made.getvalue()


def sheet_xml(rows: str, *, after: str = "") -> str:
    """Return the XML of a sheet with these rows."""
    return f'<worksheet xmlns="{XMLNS}"><sheetData>{rows}</sheetData>{after}</worksheet>'
