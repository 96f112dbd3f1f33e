"""Workbooks that are imported: what is wrong with one, in words, and how a template is laid out.

Sentences name what is wrong and how to mend it, in the reader's language; each noun that is
imported adds its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from units.documents import workbooks
from units.errors import Invalid
from units.rules.sheets import PEOPLE, Fault, Table, title

MAX_BYTES = (
    workbooks.MAX_BYTES
)  # what a page reads of an upload, and one more to see that it is too large
Sentences = Mapping[str, tuple[Any, Any]]  # by code of a fault: what is wrong, how to mend it

UNREADABLE = {
    "too-large": _(
        "The file is larger than 5 MB. Plain rows need far less: remove pictures, or split it."
    ),
    "not-a-workbook": _(
        "The file is no Excel workbook (.xlsx). Save it as .xlsx and upload it again."
    ),
    "protected": _(
        "The file is protected by a password, or has the old format .xls. Save it as .xlsx without a password."
    ),
    "unpacks-too-large": _(
        "The file unpacks to far more than its rows need. Copy the rows into a fresh template."
    ),
    "too-many-parts": _("The file has far more parts than a workbook needs. Use a fresh template."),
    "declares-entities": _(
        "The file contains declarations that no spreadsheet needs. Copy the rows into a fresh template."
    ),
    "broken": _("The file is damaged. Open it in a spreadsheet, save it as .xlsx and try again."),
}
FAULTS: Sentences = {  # of sheets and plain cells
    "sheet-unknown": (
        _("There is no sheet “%(sheet)s” in the template."),
        _("Name it like one of these, or begin its name with “_”: %(known)s."),
    ),
    "sheet-twice": (_("This sheet stands twice."), _("Put its rows into one sheet.")),
    "no-sheet": (_("No sheet of the template was found."), _("Begin with the template.")),
    "sheet-too-long": (
        _("The sheet has more rows or columns than are read."),
        _(
            "At most 5,000 rows and 60 columns are read: split the workbook, or remove what is no part of it."
        ),
    ),
    "merged": (_("Cells %(area)s are merged."), _("Undo the merging and fill in each cell.")),
    "formula": (
        _("“%(text)s” is a formula."),
        _("Copy the cell and paste it as a value."),
    ),
    "error-value": (_("“%(text)s” is an error of the spreadsheet."), _("Type the value.")),
    "heading-unknown": (
        _("There is no column “%(text)s”."),
        _("Use a heading of the template, or remove the column."),
    ),
    "heading-twice": (_("The column “%(text)s” stands twice."), _("Remove one of them.")),
    "heading-missing": (_("This column is missing."), _("Add it as in the template.")),
    "cell-empty": (_("The cell is empty."), _("Fill it in.")),
    "not-a-day": (_("“%(text)s” is no day."), _("Write it like 30/06/2024.")),
    "day-for-text": (_("“%(text)s” is a date."), _("Format the cell as text and type it anew.")),
    "text-too-long": (
        _("“%(text)s” is longer than %(longest)s characters."),
        _("Shorten it."),
    ),
    "not-yes-or-no": (_("“%(text)s” is neither yes nor no."), _("Write x, or leave it empty.")),
    "choice-unknown": (_("“%(text)s” is not known here."), _("Write one of: %(known)s.")),
    "code-is-number": (
        _("%(text)s is stored as a number: 1.10 would have become 1.1."),
        _("Format the column as text and type the code anew."),
    ),
    "code-is-day": (
        _("%(text)s is stored as a date."),
        _("Format the column as text and type the code anew."),
    ),
    "code-twice": (
        _("The code %(text)s stands twice, first in row %(row)s."),
        _("Give each row its own code."),
    ),
}


class Said(NamedTuple):
    """One fault as people read it. `cell`: such as "F12", "" where it is no cell."""

    sheet: str
    row: int | None
    column: str
    cell: str
    what: str
    mend: str


def read(data: bytes) -> list[workbooks.Sheet]:
    """Return the sheets of an uploaded file. Raises Invalid (workbook-<code of Unreadable>)."""
    try:
        return workbooks.read(data)
    except workbooks.Unreadable as error:
        text = UNREADABLE[error.code]
        raise Invalid(text, code=f"workbook-{error.code}", fields={"file": [text]}) from error


def in_words(fault: Fault, tables: Iterable[Table], sentences: Sentences) -> Said:
    """Return `fault` in the reader's language: where, what is wrong, how to mend it.

    `sentences`: of the noun that is imported, beside those of sheets and plain cells.
    """
    language = "en" if get_language() == "en" else "vi"
    table = next((table for table in tables if table.name == fault.table), None)
    column = (
        next((row for row in table.columns if row.name == fault.column), None) if table else None
    )
    detail = dict(fault.detail)
    if language == "en" and "known_en" in detail:
        detail["known"] = detail["known_en"]
    pair = sentences.get(fault.code) or FAULTS[fault.code]
    what, mend = (str(text) % detail for text in pair)
    if detail.get("close"):
        near = str(_("Did you mean %(close)s?")) % detail
        mend = f"{near} {mend}"
    area = fault.detail.get("area", "")
    return Said(
        sheet=title(table, language) if table else "",
        row=fault.row,
        column=title(column, language) if column else "",
        cell=area or (f"{fault.letter}{fault.row}" if fault.letter and fault.row else ""),
        what=what,
        mend=mend,
    )


def page(table: Table, rows: Sequence[Sequence[Any]], *, language: str) -> workbooks.Page:
    """Return the sheet of `table` with `rows`, whose cells are written already."""
    english = language == "en"
    places = list(enumerate(table.columns, start=1))
    return workbooks.Page(
        title(table, language),
        [f"{title(column, language)}{' *' if column.required else ''}" for column in table.columns],
        rows,
        widths=[column.width for column in table.columns],
        texts=frozenset(place for place, column in places if column.kind in {"code", "text"}),
        choices={
            place: [words[english] for words in column.choices.values()]
            for place, column in places
            if column.choices
        },
    )


def guide(lines: Sequence[str], tables: Iterable[Table], *, language: str) -> workbooks.Page:
    """Return the sheet that explains the others: `lines` first, then every column."""
    english = language == "en"
    rows: list[list[str]] = [[line] for line in lines]
    for table in tables:
        rows += [[], [title(table, language), table.help[english]]]
        for column in table.columns:
            said = [column.help[english]]
            if column.choices:
                said.append(" / ".join(words[english] for words in column.choices.values()))
            mark = " *" if column.required else ""
            rows.append(["", f"{title(column, language)}{mark}", " ".join(filter(None, said))])
    return workbooks.Page(PEOPLE[language][0], [], rows, widths=[30, 44, 90])
