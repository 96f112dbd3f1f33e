"""What an imported plan would change, and everything that stands in the way of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from commitments.enums import AllocationMode, Comparator, IndicatorKind, TargetState, ValueBasis
from commitments.rules import allocations
from commitments.rules.sheets import Fault, Found, Row
from commitments.rules.targets import (
    ADDITIVE_KINDS,
    FIXED,
    kind_problems,
    revision_problems,
    roadmap_problems,
)
from units.rules.refs import fold, is_ref

QUARTERS = ("q1", "q2", "q3", "q4")
COLUMN_OF = {  # where a contradiction is told
    "revision-value-stated-or-marked": "value",
    "revision-between-has-upper": "upper",
    "revision-eq-has-tolerance": "tolerance",
    "revision-maintain-has-rule": "maintain_rule",
    "revision-share-has-share": "maintain_share",
    "revision-reach-differs-from-baseline": "baseline",
    "grade-unknown": "value",
    "roadmap-ends-at-value": "q4",
    "roadmap-flow-never-falls": "q4",
}


class Office(NamedTuple):
    """An office: of which unit, and who holds it today, "" for nobody."""

    unit: str
    holder: str


class Standing(NamedTuple):
    """A target that exists: its state, the issued commitment that holds it ("": none)."""

    state: str
    number: str = ""


@dataclass(frozen=True)
class Known:
    """The plan as it is, in rows like those of the sheets, and what the sheets may refer to.

    `units`: reference by every spelling that is taken. `parts`: last day by the name of each part
    of the year. `uoms`: the unit of measure as rows write it, by folded label or code. `present`:
    by table, the row of each key; allocations: {"whole": ..., "parts": {unit: (value, code)}}.
    `drafts`: number by unit of each commitment whose newest version is no draft any more.
    """

    today: date
    units: Mapping[str, str]
    offices: Mapping[str, Office]
    mandates: Iterable[str]
    uoms: Mapping[str, str]
    parts: Mapping[str, date]
    present: Mapping[str, Mapping[str, Row]]
    standing: Mapping[str, Standing] = field(default_factory=dict)
    issued: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)  # target code -> "whole/unit" of a part


class Entry(NamedTuple):
    """One thing that the file says. `change`: new, changed or same."""

    key: str
    row: Row
    change: str
    number: int


class Judged(NamedTuple):
    entries: dict[str, list[Entry]]
    faults: list[Fault]


def judge(found: Mapping[str, Found], known: Known) -> Judged:
    """Return what the sheets would change and every fault, those of the cells too."""
    work = _Judge(found, known)
    for table in ("groups", "indicators", "targets"):
        work.plain(table)
    work.allocations()
    work.undertakers()
    faults = [fault for sheet in found.values() for fault in sheet.faults] + work.faults
    order = {name: place for place, name in enumerate(found)}
    faults.sort(key=lambda fault: (order.get(fault.table, -1), fault.row or 0, fault.column))
    return Judged(work.entries, faults)


class _Judge:
    """The state of one judging: entries so far, and faults."""

    def __init__(self, found: Mapping[str, Found], known: Known) -> None:
        self.found, self.known = found, known
        self.faults: list[Fault] = []
        self.entries: dict[str, list[Entry]] = {}
        self.rows: dict[str, dict[str, Row]] = {  # as they will be, by table and key
            table: dict(rows) for table, rows in known.present.items()
        }

    def fault(self, table: str, number: int, code: str, column: str = "", /, **detail: str) -> None:
        letter = self.found[table].letters.get(column, "") if table in self.found else ""
        self.faults.append(Fault(table, code, number, column, letter, detail))

    def told(self, table: str, number: int, column: str) -> bool:
        """Say whether the reading of that cell has found a fault already."""
        return any(
            (fault.row, fault.column) == (number, column) for fault in self.found[table].faults
        )

    def sheet(self, table: str) -> dict[int, Row]:
        return self.found[table].rows if table in self.found else {}

    def plain(self, table: str) -> None:
        """Judge a table whose rows have a code of their own."""
        entries = self.entries[table] = []
        first: dict[str, int] = {}
        for number, row in self.sheet(table).items():
            key = row["code"]
            if not key:
                continue  # a fault of its cell
            if fold(key) in first:
                self.fault(table, number, "code-twice", "code", text=key, row=str(first[fold(key)]))
                continue
            first[fold(key)] = number
            getattr(self, f"of_{table}")(number, row)
            was = self.known.present[table].get(key)
            change = "new" if was is None else "same" if was == row else "changed"
            self.rows[table][key] = row
            entries.append(Entry(key, row, change, number))
        if table == "targets":
            for entry in entries:
                self.of_target_whole(entry)

    # --- groups and indicators --------------------------------------------------------------------

    def of_groups(self, number: int, row: Row) -> None:
        mandates = list(self.known.mandates)
        was = self.known.present["groups"].get(row["code"])
        if not row["mandate"]:
            row["mandate"] = was["mandate"] if was else mandates[0] if len(mandates) == 1 else ""
        if row["mandate"] not in mandates:
            code = "mandate-unknown" if row["mandate"] else "mandate-missing"
            self.near(number, "groups", code, "mandate", row["mandate"] or "", mandates)

    def of_indicators(self, number: int, row: Row) -> None:
        base = row["code"].partition("/")[0]
        if not is_ref(base, longest=40):
            self.fault("indicators", number, "not-a-ref", "code", text=row["code"])
        row["uom"] = self.known.uoms.get(fold(row["uom"] or ""), row["uom"])
        decimals = row["decimals"] = row["decimals"] or Decimal(0)
        if decimals not in {Decimal(place) for place in range(7)}:
            self.fault("indicators", number, "decimals-unfit", "decimals", text=f"{decimals:f}")
        graded = row["kind"] == IndicatorKind.GRADE
        if graded != bool(row["grades"]) or (graded and len(row["grades"]) < 2):
            code = "grades-missing" if graded else "grades-of-another-kind"
            self.fault("indicators", number, code, "grades")
        if len({fold(name) for name, _other in row["grades"] or ()}) < len(row["grades"] or ()):
            self.fault("indicators", number, "grades-twice", "grades")
        if row["kind"] == IndicatorKind.RATIO and not (row["numerator"] and row["denominator"]):
            self.fault("indicators", number, "indicator-ratio-has-parts", "numerator")
        was = self.known.present["indicators"].get(row["code"])
        if was is not None and was != row and None not in row.values():
            differs = [name for name in row if row[name] != was[name]]
            self.fault("indicators", number, "indicator-differs", differs[0], text=row["code"])

    # --- targets ----------------------------------------------------------------------------------

    def of_targets(self, number: int, row: Row) -> None:
        row["unit"] = self.unit(number, "targets", row["unit"])
        groups, indicators = self.rows["groups"], self.rows["indicators"]
        if row["group"] and row["group"] not in groups:
            self.near(number, "targets", "group-unknown", "group", row["group"], groups)
        indicator = indicators.get(row["indicator"])
        if row["indicator"] and indicator is None:
            self.near(
                number, "targets", "indicator-unknown", "indicator", row["indicator"], indicators
            )
        if row["indicator"] and indicator is not None and indicator["kind"]:
            self.of_demand(number, row, indicator)
        was = self.known.present["targets"].get(row["code"])
        standing = self.known.standing.get(row["code"])
        if was is None or standing is None or was == row or None in _named(row):
            return
        if was["part_of"] != row["part_of"]:
            self.fault("targets", number, "part-moved", "part_of", text=row["code"])
        if standing.state != TargetState.PLANNED:
            differs = next(name for name in row if row[name] != was[name])
            code = "target-issued" if standing.number else "target-assigned"
            detail = {"text": row["code"], "number": standing.number}
            self.fault("targets", number, code, differs, **detail)

    def of_demand(self, number: int, row: Row, indicator: Row) -> None:
        """Judge what is to be reached, and write it as it will be stored."""
        stated = row["value_basis"] == ValueBasis.STATED
        kind = indicator["kind"]
        self.of_points(number, row)
        if kind in FIXED and stated:
            row["comparator"], row["value"], row["upper"] = FIXED[kind][0], FIXED[kind][1], None
            if row["comparator"] != Comparator.EQ:
                row["tolerance"] = None
        if row["comparator"] == Comparator.EQ and row["tolerance"] is None:
            row["tolerance"] = Decimal(0)
        names = {fault.column for fault in self.found["targets"].faults if fault.row == number}
        demand = {
            name: row[name]
            for name in (
                *("mode", "comparator", "value_basis", "value", "upper", "tolerance"),
                *("baseline", "maintain_rule", "maintain_share"),
            )
        }
        problems = revision_problems(**demand) if not names & demand.keys() else []
        problems += kind_problems(
            kind,
            value=row["value"] if stated else None,
            upper=row["upper"],
            baseline=row["baseline"],
            grades=range(1, len(indicator["grades"] or ()) + 1),
            shares=row["shares"] or (),
            steps=row["steps"] or (),
        )
        ordered = sorted(_roadmap(row), key=lambda point: self.known.parts[point[0]])
        problems += roadmap_problems(
            [value for _part, value in ordered], value=row["value"], nature=indicator["nature"]
        )
        for code in problems:
            column = COLUMN_OF.get(code, "shares" if code.startswith("share") else "steps")
            if column not in names:
                self.fault("targets", number, code, column)

    def of_points(self, number: int, row: Row) -> None:
        """Write each checkpoint under the name of its part of the year, quarters in their columns."""
        points = {}
        for part in QUARTERS:
            if row[part] is not None and part not in self.known.parts:
                self.fault("targets", number, "part-of-year-unknown", part, text=part)
                row[part] = None
        for name, value in row["points"] or ():
            part = fold(name).removeprefix("thang").strip()
            part = part.zfill(2) if part.isdigit() else "year" if part in {"nam", "year"} else part
            if part not in self.known.parts or part in points or row.get(part) is not None:
                self.fault("targets", number, "part-of-year-unknown", "points", text=name)
            elif part in QUARTERS:
                row[part] = value
            else:
                points[part] = value
        row["points"] = tuple(sorted(points.items()))

    def of_target_whole(self, entry: Entry) -> None:
        """Judge the target that a part belongs to; it may stand further down."""
        part_of = entry.row["part_of"]
        if not part_of:
            return
        whole = self.rows["targets"].get(part_of)
        if whole is None:
            self.near(
                entry.number, "targets", "whole-unknown", "part_of", part_of, self.rows["targets"]
            )
        elif whole["part_of"] or part_of == entry.key:
            self.fault("targets", entry.number, "whole-is-part", "part_of", text=part_of)

    # --- allocations ------------------------------------------------------------------------------

    def allocations(self) -> None:
        entries = self.entries["allocations"] = []
        splits: dict[str, list[tuple[int, Row]]] = {}
        for number, row in self.sheet("allocations").items():
            row["unit"] = self.unit(number, "allocations", row["unit"])
            if row["whole"]:
                splits.setdefault(row["whole"], []).append((number, row))
        codes: dict[str, str] = dict(self.known.taken)
        for whole, rows in splits.items():
            entries.append(self.split(whole, rows, codes))
        listed = {entry.key: entry.row["parts"] for entry in entries}
        for entry in self.entries["targets"]:
            part_of = entry.row["part_of"]
            if not part_of or part_of not in self.rows["targets"] or not entry.row["unit"]:
                continue
            was = self.known.present["allocations"].get(part_of, {"parts": {}})
            part = dict(listed.get(part_of) or was["parts"]).get(entry.row["unit"])
            if part is None:
                self.fault("targets", entry.number, "part-not-allocated", "part_of", text=part_of)
            elif part[0] != entry.row["value"]:
                self.fault("targets", entry.number, "part-differs", "value", text=part_of)

    def split(self, code: str, rows: list[tuple[int, Row]], codes: dict[str, str]) -> Entry:
        number, first = rows[0]
        was = self.known.present["allocations"].get(code)
        whole = self.rows["targets"].get(code)
        said: Row = {
            "mode": first["mode"] or (was["mode"] if was else AllocationMode.ADDITIVE),
            "reserve": first["reserve"] or Decimal(0),
            "overage": first["overage"] or Decimal(0),
            "key_used": first["key_used"] or "",
            "parts": {},
        }
        before = len(self.faults)
        for line, row in rows:
            for name in ("mode", "reserve", "overage", "key_used"):
                if line != number and row[name] and row[name] != first[name]:
                    self.fault("allocations", line, "split-differs", name, row=str(number))
            self.part(code, line, row, whole, said, was, codes)
        if whole is None:
            self.near(number, "allocations", "whole-unknown", "whole", code, self.rows["targets"])
        else:
            known = all(value is not None for value, _code in said["parts"].values())
            self.whole(code, number, whole, said, was, clean=known and len(self.faults) == before)
        change = "new" if was is None else "same" if was == said else "changed"
        return Entry(code, said, change, number)

    def part(
        self,
        code: str,
        line: int,
        row: Row,
        whole: Row | None,
        said: Row,
        was: Row | None,
        codes: dict[str, str],
    ) -> None:
        unit, value = row["unit"], row["value"]
        if said["mode"] == AllocationMode.UNIFORM and whole is not None:
            value = whole["value"] if value is None else value
            if value != whole["value"]:
                self.fault("allocations", line, "part-not-uniform", "value", text=code)
        elif value is None and not self.told("allocations", line, "value"):
            self.fault("allocations", line, "cell-empty", "value")
        if not unit:
            return
        if unit in said["parts"]:
            self.fault("allocations", line, "unit-twice", "unit", text=unit)
            return
        present = was["parts"].get(unit) if was else None
        mine = f"{code}/{unit}"
        named = row["code"] or (present[1] if present else "")
        owner = codes.get(named, mine if named not in self.rows["targets"] else "")
        explicit = self.rows["targets"].get(named)
        if explicit is not None and (explicit["part_of"], explicit["unit"]) == (code, unit):
            owner = mine
        if named and owner != mine:
            self.fault("allocations", line, "code-taken", "code", text=named)
        elif present and row["code"] and present[1] != row["code"]:
            self.fault("allocations", line, "part-renamed", "code", text=present[1])
        elif named:
            codes[named] = mine
        said["parts"][unit] = (value, named)
        standing = self.known.standing.get(named)
        if present and present[0] != value and standing and standing.state != TargetState.PLANNED:
            self.fault("allocations", line, "target-assigned", "value", text=named)

    def whole(
        self, code: str, number: int, whole: Row, said: Row, was: Row | None, *, clean: bool
    ) -> None:
        """Judge what all parts of one split are together. `clean`: each part is well."""
        if was == said:
            return
        indicator = self.rows["indicators"].get(whole["indicator"] or "")
        additive = said["mode"] == AllocationMode.ADDITIVE
        if whole["part_of"]:
            self.fault("allocations", number, "whole-is-part", "whole", text=code)
        if additive and indicator and indicator["kind"] not in ADDITIVE_KINDS:
            self.fault("allocations", number, "not-additive", "whole", text=code)
        elif whole["value"] is None:
            self.fault("allocations", number, "whole-not-stated", "whole", text=code)
        elif said["reserve"] < 0 or said["overage"] < 0 or (said["reserve"] and said["overage"]):
            self.fault("allocations", number, "allocation-reserve-or-overage", "reserve")
        elif additive and clean:
            gap = allocations.gap(
                whole["value"],
                [value for value, _code in said["parts"].values()],
                reserve=said["reserve"],
                overage=said["overage"],
            )
            if gap:
                self.fault("allocations", number, "gap", "value", text=code, gap=_plain(gap))
        for unit, (_value, named) in (was["parts"] if was else {}).items():
            standing = self.known.standing.get(named)
            if unit not in said["parts"] and standing and standing.state != TargetState.PLANNED:
                self.fault("allocations", number, "part-assigned", "unit", text=named)

    # --- undertakers ------------------------------------------------------------------------------

    def undertakers(self) -> None:
        entries = self.entries["undertakers"] = []
        units: dict[str, int] = {}
        offices: dict[str, int] = {}
        serving = {row["unit"] for row in self.rows["targets"].values()} | {
            unit for entry in self.entries["allocations"] for unit in entry.row["parts"]
        }
        for number, row in self.sheet("undertakers").items():
            unit = row["unit"] = self.unit(number, "undertakers", row["unit"])
            for column in ("first", "second", "assigner"):
                self.office(number, row, column, offices)
            self.same_person(number, row)
            if unit is None:
                continue
            if unit in units:
                self.fault("undertakers", number, "unit-twice", "unit", text=unit)
                continue
            units[unit] = number
            was = self.known.present["undertakers"].get(unit)
            change = "new" if was is None else "same" if was == row else "changed"
            entries.append(Entry(unit, row, change, number))
            if change == "same":
                continue
            if unit in self.known.issued and None not in _named(row):
                text = self.known.issued[unit]
                self.fault("undertakers", number, "commitment-issued", "unit", number=text)
            if row["sign_by"] and row["sign_by"] < self.known.today:
                self.fault("undertakers", number, "day-passed", "sign_by")
            if unit not in serving:
                self.fault("undertakers", number, "nothing-to-undertake", "unit", text=unit)

    def office(self, number: int, row: Row, column: str, seen: dict[str, int]) -> None:
        ref = row[column]
        if not ref:
            return
        office = self.known.offices.get(ref)
        if office is None:
            self.near(number, "undertakers", "office-unknown", column, ref, self.known.offices)
        elif column != "assigner" and row["unit"] and office.unit != row["unit"]:
            self.fault(
                "undertakers", number, "office-of-another-unit", column, text=ref, unit=office.unit
            )
        if column == "assigner":
            return
        if ref in seen:
            self.fault("undertakers", number, "head-twice", column, text=ref, row=str(seen[ref]))
        seen.setdefault(ref, number)

    def same_person(self, number: int, row: Row) -> None:
        """Whoever holds both posts signs once: name one office then."""
        pair = [self.known.offices.get(row[column] or "") for column in ("first", "second")]
        holders = [office.holder for office in pair if office is not None]
        if len(holders) == 2 and holders[0] == holders[1] != "" and row["first"] != row["second"]:
            self.fault("undertakers", number, "one-person-twice", "second", text=row["second"])

    # --- what several tables refer to -------------------------------------------------------------

    def unit(self, number: int, table: str, text: str | None) -> str | None:
        if not text:
            return None
        ref = self.known.units.get(fold(text))
        if ref is None:
            self.near(number, table, "unit-unknown", "unit", text, self.known.units)
        return ref

    def near(
        self, number: int, table: str, code: str, column: str, text: str, known: Iterable[str]
    ) -> None:
        """Note something unknown, with what comes nearest to it."""
        close = get_close_matches(fold(text), list(known), n=3, cutoff=0.6) if text else []
        self.fault(table, number, code, column, text=text, close=", ".join(close))


def _named(row: Row) -> list[Any]:
    """Return the cells of a row that are never empty once they are read well."""
    numbers = {"value", "upper", "tolerance", "baseline", "maintain_share", *QUARTERS, "sign_by"}
    return [value for name, value in row.items() if name not in numbers]


def _roadmap(row: Row) -> list[tuple[str, Decimal]]:
    quarters = [(part, row[part]) for part in QUARTERS if row[part] is not None]
    return quarters + list(row["points"])


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
