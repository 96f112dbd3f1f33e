"""Units, offices, people and appointments as a workbook to take away, or an empty one to fill in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from units.actions import sheets, workbooks
from units.actions.guards import require_administrator
from units.documents.workbooks import Page, write
from units.models import User
from units.rules.columns import EXAMPLES, GUIDE, TABLES
from units.rules.sheets import PEOPLE, Row, Table, write_cell


def export(*, by: User, at: datetime, language: str) -> bytes:
    """Return the workbook of the body as it is; uploaded again it changes nothing.

    Units and offices that have ended, and appointments of the past, are left out. Raises NotAllowed.
    """
    require_administrator(by, None, at=at, act="export")
    now = sheets.take(by=by, at=at)
    rows: dict[str, list[Row]] = {
        "units": [row for ref, row in now.present["units"].items() if ref not in now.ended],
        "offices": list(now.present["offices"].values()),
        "people": list(now.present["people"].values()),
        "appointments": [
            one._asdict() | now.decisions[one]
            for one in now.held
            if one.last_on is None or one.last_on >= now.today
        ],
    }
    pages = [_page(table, rows[table.name], language) for table in TABLES]
    return write([workbooks.guide(GUIDE[language], TABLES, language=language), *pages])


def template(*, by: User, at: datetime, language: str) -> bytes:
    """Return an empty workbook with a guide, examples, and the references that exist already."""
    require_administrator(by, None, at=at, act="export")
    now = sheets.take(by=by, at=at)
    pages = [workbooks.page(table, EXAMPLES[table.name], language=language) for table in TABLES]
    guide = workbooks.guide(GUIDE[language], TABLES, language=language)
    return write([guide, *pages, _lists(now.present, language)])


def _page(table: Table, rows: Sequence[Row], language: str) -> Page:
    written = [
        [write_cell(column, row[column.name], language=language) for column in table.columns]
        for row in rows
    ]
    return workbooks.page(table, written, language=language)


def _lists(present: Any, language: str) -> Page:
    """Return the sheet of units and offices that rows may refer to."""
    english = language == "en"
    heads = ["Kind", "Reference", "Name", "Unit"] if english else ["Loại", "Mã", "Tên", "Đơn vị"]
    of_unit, of_office = ("unit", "office") if english else ("đơn vị", "chức danh")
    rows = [
        [of_unit, ref, (english and row["name_en"]) or row["name_vi"], ""]
        for ref, row in present["units"].items()
    ] + [
        [of_office, ref, (english and row["title_en"]) or row["title_vi"], row["unit"]]
        for ref, row in present["offices"].items()
    ]
    return Page(PEOPLE[language][1], heads, rows, widths=[14, 30, 60, 30])
