"""The picture of a board: a column for each target, a row for each unit, a mark in each cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from commitments.actions.results import Line
from commitments.enums import LightColour, TargetState
from commitments.web import figures
from commitments.web.figures import LETTERS, Mark
from commitments.web.words import language
from units.rules import counting


@dataclass(frozen=True)
class Column:
    """One target of the plan, which units carry in parts. `name` in the reader's language."""

    key: int
    code: str
    name: str
    group: str
    group_title: str


@dataclass(frozen=True)
class Cell:
    """How one unit stands on one target."""

    line: Line
    mark: Mark
    title: str
    judged: Mark | None = None


@dataclass(frozen=True)
class BoardRow:
    """One unit with a cell for each column; None: it carries no part of that target."""

    unit: int
    ref: str
    name: str
    cells: list[Cell | None]


def unit_name(line: Line) -> str:
    """Return what the unit of a line is called; its reference while it has no name."""
    return line.named("unit", language()) or line.said["unit_ref"]


def columns_of(lines: Sequence[Line]) -> list[Column]:
    """Return one column for each indicator, in the order of the plan: a whole and its parts share it."""
    found: dict[int, Column] = {}
    seen = {line.said["pk"] for line in lines}
    roots_first = sorted(lines, key=lambda line: line.said["parent_id"] in seen)
    for line in roots_first:
        said = line.said
        found.setdefault(
            said["indicator_id"],
            Column(
                said["indicator_id"],
                said["code"],
                line.named("name", language()),
                said["group_code"],
                line.named("group", language()),
            ),
        )
    order = {line.said["group_code"]: line.said["group_place"] for line in lines}
    return sorted(found.values(), key=lambda one: (order[one.group], counting.counted(one.code)))


def groups_of(columns: Sequence[Column]) -> list[tuple[str, str, int]]:
    """Return code, title and number of columns of each group."""
    found: dict[str, list[Any]] = {}
    for column in columns:
        found.setdefault(column.group, [column.group_title, 0])[1] += 1
    return [(code, title, number) for code, (title, number) in found.items()]


def matrix_of(
    lines: Sequence[Line],
    columns: Sequence[Column],
    names: Mapping[int, Line],
    subject: int | None,
) -> list[BoardRow]:
    """Return a row for each unit, the one that is looked at first."""
    cells: dict[tuple[int, int], Line] = {}
    for line in lines:
        key = line.said["unit_id"], line.said["indicator_id"]
        held = cells.get(key)
        if held is None or held.said["state"] == TargetState.WITHDRAWN:
            cells[key] = line
    return [
        BoardRow(
            unit,
            names[unit].said["unit_ref"],
            unit_name(names[unit]),
            [_cell(cells.get((unit, column.key))) for column in columns],
        )
        for unit in sorted(names, key=lambda unit: (unit != subject, unit))
    ]


def _cell(line: Line | None) -> Cell | None:
    if line is None:
        return None
    mark = figures.mark(line)
    parts = [
        line.said["code"],
        line.named("name", language()),
        figures.demand(line),
        figures.actual(line),
    ]
    held = figures.judged(line)
    words = [mark.words, *([held.words] if held else [])]
    return Cell(line, mark, " · ".join(map(str, [*parts, *words])), held)


def legend() -> list[Mark]:
    concluded = [("blue", "met"), ("red", "unmet"), ("grey", "indeterminate")]
    words = {"met": _("Met"), "unmet": _("Unmet"), "indeterminate": _("Indeterminate")}
    lights = [LightColour.GREEN, LightColour.AMBER, LightColour.RED, LightColour.GREY]
    return [Mark(colour, LETTERS[name], words[name]) for colour, name in concluded] + [
        Mark(colour.value, LETTERS[colour.value], colour.label) for colour in lights
    ]
