"""A plan as a workbook to take away: the plan itself, or an empty one with a guide."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from commitments.actions import allocations, revisions, sheets
from commitments.models import Mandate, Period, Target
from commitments.rules import sheets as cells
from commitments.rules.columns import EXAMPLES, GUIDE, TABLES
from commitments.rules.targets import FIXED
from units.actions import workbooks as layout
from units.documents import workbooks
from units.models import User
from units.rules.sheets import PEOPLE, Row, Table


def export(plan: Period, *, by: User, at: datetime, language: str) -> bytes:
    """Return the workbook of `plan`; uploaded again it changes nothing."""
    now = sheets.take(plan, by=by, at=at)
    present = now.known.present
    used = {row["indicator"] for row in present["targets"].values()}
    grades = {code: target.indicator.grades(language) for code, target in now.targets.items()}
    rows: dict[str, list[tuple[Row, dict[int, str]]]] = {
        "groups": [(row, {}) for row in present["groups"].values()],
        "indicators": [(row, {}) for key, row in present["indicators"].items() if key in used],
        "targets": [
            (_blank(row, now.targets[code]), grades[code])
            for code, row in present["targets"].items()
            if not _is_plain_part(now.targets[code], present["allocations"])
        ],
        "allocations": [
            (line, {}) for code, row in present["allocations"].items() for line in _lines(code, row)
        ],
        "undertakers": [(row, {}) for row in present["undertakers"].values()],
    }
    return workbooks.write(
        [
            layout.guide(GUIDE[language], TABLES, language=language),
            *(_page(table, rows[table.name], language) for table in TABLES),
            _lists(now, plan, language),
        ]
    )


def table(
    name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()
) -> bytes:
    """Return a workbook of one sheet; days stay days, numbers numbers, and texts texts."""
    page = workbooks.Page(name, [str(one) for one in headings], [list(row) for row in rows], widths)
    return workbooks.write([page])


def template(plan: Period, *, by: User, at: datetime, language: str) -> bytes:
    """Return an empty workbook with a guide, examples and the lists that rows refer to."""
    now = sheets.take(plan, by=by, at=at)
    pages = [_page(table, [], language)._replace(rows=EXAMPLES[table.name]) for table in TABLES]
    return workbooks.write(
        [
            layout.guide(GUIDE[language], TABLES, language=language),
            *pages,
            _lists(now, plan, language),
        ]
    )


def _blank(row: Row, target: Target) -> Row:
    """Return `row` without what follows from the kind of its indicator: nobody types it."""
    if target.indicator.kind not in FIXED:
        return row
    return row | {"value": None, "comparator": ""}


def _is_plain_part(target: Target, splits: dict[str, Row] | Any) -> bool:
    """Say whether the line of a split says all there is about `target`."""
    whole = target.parent
    if whole is None or target.current is None or whole.code not in splits:
        return False
    part = splits[whole.code]["parts"].get(target.unit.ref)
    if part is None or part[1] != target.code or target.current.value is None:
        return False
    said = revisions.wanted_of(whole.current) if whole.current else None
    same = ("group_id", "indicator_id", "origin", "clause")
    return (
        said is not None
        and allocations.part_of(said, target.current.value, decimals=target.indicator.decimals)
        == revisions.wanted_of(target.current)
        and all(getattr(target, name) == getattr(whole, name) for name in same)
        and not (target.is_new or target.is_difficult)
        and target.needs_evidence == whole.needs_evidence
    )


def _lines(code: str, row: Row) -> list[Row]:
    """Return one row for each part of a split; the first one says how it is split."""
    said = {name: row[name] for name in ("mode", "reserve", "overage", "key_used")}
    lines = []
    for place, (unit, (value, part)) in enumerate(row["parts"].items()):
        more = said if place == 0 else dict.fromkeys(said)
        lines.append({"whole": code, "unit": unit, "value": value, "code": part, **more})
    return lines


def _page(table: Table, rows: list[tuple[Row, dict[int, str]]], language: str) -> workbooks.Page:
    written = [
        [
            cells.write_cell(
                column,
                row[column.name],
                language=language,
                grades=grades if column.name in cells.GRADED else None,
            )
            for column in table.columns
        ]
        for row, grades in rows
    ]
    return layout.page(table, written, language=language)


def _lists(now: sheets.Snapshot, plan: Period, language: str) -> workbooks.Page:
    """Return the references that rows may use: units, offices with their holders, mandates."""
    heads = {
        "vi": ["Loại", "Mã tham chiếu", "Tên", "Mã hành chính / đơn vị"],
        "en": ["Kind", "Reference", "Name", "Official code / unit"],
    }
    kinds = {"vi": ("đơn vị", "chức danh", "văn bản"), "en": ("unit", "office", "mandate")}
    of_unit, of_office, of_mandate = kinds[language]
    english = language == "en"
    rows: list[list[Any]] = []
    for ref, unit in now.units.items():
        version = unit.version_now
        name = (english and version and version.name_en) or (version.name_vi if version else ref)
        rows.append([of_unit, ref, name, version.official_code if version else ""])
    for ref, office in now.offices.items():
        name = (english and office.title_en) or office.title_vi
        rows.append([of_office, ref, name, office.unit.ref])
    for mandate in Mandate.objects.filter(issuer=plan.owner).order_by("pk"):
        name = (english and mandate.title_en) or mandate.title_vi
        rows.append([of_mandate, mandate.ref, name, mandate.number])
    return workbooks.Page(PEOPLE[language][1], heads[language], rows, widths=[14, 30, 60, 24])
