"""The grid as a workbook: taken away, filled in elsewhere, and brought back as a preview.

What comes back writes nothing. The grid is shown with what the file says in its fields, each row that
would change named with before and after; the button of the grid saves it, as if it had been typed. A
cell that is wrong is not taken over, nor is one that somebody has changed here since the file was taken
and that the file changes too; the others of its row are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from commitments.actions import exports
from commitments.rules.targets import decimals_of, format_quantity
from commitments.web import grids
from commitments.web.filings import Row
from commitments.web.forms.fields import QuantityField
from commitments.web.forms.reports import AnswerForm
from commitments.web.words import language
from units.actions import workbooks
from units.errors import Refused
from units.http import tables
from units.http.requests import WebRequest
from units.rules.dates import day_text
from units.rules.refs import fold
from units.rules.sheets import YES

REF, VERSION, MARKS = "ref", "version", "marks"
COLUMNS: tuple[tuple[str, tuple[str, str], int], ...] = (  # name, heading in vi and en, width
    (REF, ("Mã báo cáo", "Report"), 26),
    (VERSION, ("Phiên bản", "Version"), 9),
    ("target", ("Chỉ tiêu", "Target"), 48),
    ("before", ("Kỳ trước", "Previous"), 20),
    ("value", ("Giá trị", "Value"), 14),
    ("numerator", ("Tử số", "Numerator"), 12),
    ("denominator", ("Mẫu số", "Denominator"), 12),
    ("is_true", ("Có hay không", "Yes or no"), 12),
    ("nothing_to_report", ("Không phát sinh", "Nothing to report"), 14),
    ("qualifier", ("Mức chính xác", "How exact"), 16),
    ("about_width", ("Sai số", "Give or take"), 12),
    ("stage", ("Tình trạng số liệu", "Status of the data"), 18),
    ("narrative", ("Ghi chú", "Note"), 40),
    ("cause", ("Vướng mắc", "Obstacle"), 16),
    ("next_steps", ("Việc tiếp theo", "Next steps"), 40),
    (MARKS, ("Dấu khi tải", "Marks as taken"), 4),
)
TYPED = tuple(name for name, _heading, _width in COLUMNS[4:-1])
MARK = 8  # hex digits: of a handful of cells, and nobody gains by making two look alike


@dataclass(frozen=True)
class Change:
    """One row that the file would change. `parts`: (what, before, after) of each field."""

    row: Row
    parts: list[tuple[Any, str, str]]


@dataclass(frozen=True)
class Preview:
    """What a file says. `refused`: (where, why) of what is not taken over."""

    changes: list[Change]
    refused: list[tuple[str, Any]]


# --- out ------------------------------------------------------------------------------------------


@login_required
def export(request: WebRequest) -> HttpResponse:
    """Return the rows of a grid that can be written, with what stands in their fields."""
    grid = grids.grid_of(request)
    if grid is None or not grid.may_write:
        raise Http404
    rows = grids.rows_of(grid.owed, request, writable=True)
    lines = [_line(row, row.form) for row in rows if row.form]
    headings = [heading[language() == "en"] for _name, heading, _width in COLUMNS]
    widths = [width for _name, _heading, width in COLUMNS]
    data = exports.table(grid.period, headings, lines, widths=widths)
    return tables.xlsx_response(f"reports-{grid.unit.ref}-{grid.period}", data)


def _line(row: Row, form: AnswerForm) -> list[Any]:
    duty = row.duty
    said = {
        REF: duty.ref,
        VERSION: form.seen,
        "target": f"{duty.target.code} {duty.target.indicator.name} ({row.plan})",
        "before": row.said_before,
        MARKS: " ".join(
            f"{name}:{_mark(_plain(form.fields[name], form.initial.get(name)))}"
            for name in TYPED
            if name in form.fields
        ),
    }
    return [said.get(name, _stored(form, name)) for name, _heading, _width in COLUMNS]


def _stored(form: AnswerForm, name: str) -> Any:
    """Return what stands in a field, as a cell: numbers as numbers, choices as their words."""
    if name not in form.fields:
        return None
    value = form.initial.get(name)
    field = form.fields[name]
    if isinstance(field, forms.BooleanField):
        return "x" if value else None
    if isinstance(field, forms.ChoiceField):
        return str(dict(_choices(field)).get(str(value), "")) if value not in {None, ""} else None
    return value if value not in {None, ""} else None


def _choices(field: Any) -> list[tuple[str, Any]]:
    return [(str(value), label) for value, label in field.choices if value != ""]


# --- in -------------------------------------------------------------------------------------------


@login_required
@require_POST
def upload(request: WebRequest) -> HttpResponse:
    """Show the grid with what the file says; nothing is saved yet."""
    grid = grids.grid_of(request)
    if grid is None or not grid.may_write:
        raise Http404
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose the workbook that was downloaded here, then send it."))
        return redirect(grid.address)
    try:
        lines = _lines(workbooks.read(file.read(workbooks.MAX_BYTES + 1)))
    except Refused as error:
        messages.error(request, str(error.message))
        return redirect(grid.address)
    rows = grids.rows_of(grid.owed, request, writable=True)
    rows, faults, preview = _compared(rows, lines)
    return grids.shown(request, grid, rows, faults=faults, preview=preview)


def _lines(sheets: Sequence[Any]) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows of the first sheet that has our columns, by the names of our fields.

    All columns must be there: a missing one would read as empty in every row. Raises Refused
    (not-the-grid) where there is no such sheet.
    """
    names = {fold(text): name for name, heading, _width in COLUMNS for text in heading}
    for sheet in sheets:
        top = sheet.rows.get(1, {})
        places = {
            place: names[fold(str(cell.value))]
            for place, cell in top.items()
            if fold(str(cell.value)) in names
        }
        if {REF, VERSION, *TYPED} <= set(places.values()):
            return [
                (number, {places[place]: cell for place, cell in cells.items() if place in places})
                for number, cells in sorted(sheet.rows.items())
                if number > 1
            ]
    raise Refused(
        _(
            "This is not a workbook that was downloaded here. Download it, fill it in, send it back."
        ),
        code="not-the-grid",
    )


def _compared(
    rows: list[Row], lines: Sequence[tuple[int, Mapping[str, Any]]]
) -> tuple[list[Row], dict[int, Any], Preview]:
    """Return the rows with what the file says, the faults by duty, and what would change."""
    places = {row.duty.ref: place for place, row in enumerate(rows)}
    faults: dict[int, Any] = {}
    found = Preview([], [])
    for number, cells in lines:
        ref = _text(cells.get(REF))
        where = _("row %(row)d") % {"row": number}
        if ref not in places:
            if ref:
                found.refused.append(
                    (where, _("“%(ref)s” is no report of this page.") % {"ref": ref})
                )
            continue
        row = rows[places[ref]]
        where = f"{where}, {row.duty.target.code}"
        if why := _objection(row, cells):
            found.refused.append((where, why))
            continue
        typed, bad = _merged(row, cells)
        form = AnswerForm(row.duty, _draft_of(row), typed)
        found.refused.extend((f"{where}, {form[name].label}", why) for name, why in bad.items())
        wrong = [f"{form[name].label}: {why}" for name, why in bad.items() if why != STALE]
        if wrong:
            faults[row.duty.pk] = " ".join(wrong)
        if not form.has_changed() and not wrong:
            continue
        if form.has_changed():
            found.changes.append(Change(row, _parts(form)))
        rows[places[ref]] = Row(
            **{**row.__dict__, "form": form, "fault": faults.get(row.duty.pk, "")}
        )
    return rows, faults, found


STALE = gettext_lazy(
    "It was changed here since the file was taken: the file does not know the change."
)


def _merged(row: Row, cells: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what the fields of a row would send, and why cells of the file are not among it.

    What the file leaves as it was taken gives way to what stands here now; what it changes is taken,
    unless it cannot be read or was changed here as well.
    """
    here, marks = _typed_here(row), _marks(cells)
    file = _typed(row, cells)
    form = AnswerForm(row.duty, _draft_of(row), file)
    merged, bad = dict(here), dict[str, Any]()
    for name in TYPED:
        if name not in form.fields:
            continue
        key, field, cell = f"d{row.duty.pk}-{name}", form.fields[name], cells.get(name)
        if cell is not None and cell.problem:
            formula = _("“%(text)s” is a formula or an error. Paste it as a value.")
            bad[name] = formula % {"text": cell.value}
            continue
        now = _plain(field, form.initial.get(name))
        try:
            said = _plain(field, field.clean(file.get(key, "")))
        except forms.ValidationError as error:
            said = file.get(key, "")
            if marks.get(name) != _mark(said):
                bad[name] = " ".join(error.messages)
            continue
        if said == now or marks.get(name) == _mark(said):
            continue
        if name in marks and marks[name] != _mark(now):
            bad[name] = STALE
            continue
        merged.pop(key, None)
        if key in file:
            merged[key] = file[key]
    return merged, bad


def _typed_here(row: Row) -> dict[str, str]:
    """Return what the fields of a row would send as they stand here."""
    form = row.form
    if form is None:
        return {}
    found = {}
    for name in TYPED:
        if name not in form.fields:
            continue
        field, value = form.fields[name], form.initial.get(name)
        if isinstance(field, forms.BooleanField):
            if value:
                found[f"d{row.duty.pk}-{name}"] = "on"
        elif value is not None:
            found[f"d{row.duty.pk}-{name}"] = str(field.prepare_value(value))
    return found


def _plain(field: forms.Field, value: Any) -> str:
    """Return a value as the same text in every language."""
    if isinstance(field, forms.BooleanField):
        return "x" if value else ""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "\n".join(str(value).split("\n")).replace("\r", "").strip()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:MARK]


def _marks(cells: Mapping[str, Any]) -> dict[str, str]:
    """Return the mark that each cell had when the file was taken; {} if the column was lost."""
    pairs = (pair.partition(":") for pair in _text(cells.get(MARKS)).split())
    return {name: mark for name, _colon, mark in pairs}


def _draft_of(row: Row) -> Any:
    return row.report if row.form is not None and row.form.seen else None


def _objection(row: Row, cells: Mapping[str, Any]) -> Any:
    """Return why a row of the file is not taken over at all; "" for nothing."""
    if row.form is None:
        return _("It cannot be written now: %(state)s.") % {"state": row.tag[0]}
    if not _marks(cells) and _text(cells.get(VERSION)) != str(row.form.seen):
        return STALE
    return ""


def _typed(row: Row, cells: Mapping[str, Any]) -> dict[str, str]:
    """Return the row as if it had been typed here, in the reader's language."""
    form, prefix = row.form, f"d{row.duty.pk}-"
    typed = {}
    for name in TYPED:
        if form is None or name not in form.fields:
            continue
        text, field = _text(cells.get(name)), form.fields[name]
        if isinstance(field, forms.BooleanField):
            if fold(text) in YES:
                typed[prefix + name] = "on"
        elif isinstance(field, forms.ChoiceField):
            known = {fold(str(label)): value for value, label in _choices(field)}
            typed[prefix + name] = known.get(fold(text), text)
        elif isinstance(field, QuantityField) and name in cells:
            typed[prefix + name] = _number(cells[name])
        else:
            typed[prefix + name] = text
    return typed


def _text(cell: Any) -> str:
    value = getattr(cell, "value", None)
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return day_text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(cell: Any) -> str:
    """Return a number as it is typed in the reader's language; text stays as it was typed."""
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _text(cell)
    exact = Decimal(str(value))
    return format_quantity(exact, decimals=decimals_of(exact), language=language(), grouping=False)


def _parts(form: AnswerForm) -> list[tuple[Any, str, str]]:
    """Return what each changed field said before and says now, as the page writes it."""
    said = []
    for name in form.changed_data:
        bound = form[name]
        before, after = bound.initial, bound.value()
        field = form.fields[name]
        if isinstance(field, forms.ChoiceField):
            words = dict(_choices(field))
            before, after = words.get(str(before), ""), words.get(str(after), "")
        elif isinstance(field, QuantityField):
            before = field.prepare_value(before)
        elif isinstance(field, forms.BooleanField):
            before, after = ("✓" if one else "" for one in (before, after))
        said.append((bound.label, str(before or "–"), str(after or "–")))
    return said
