"""What an imported plan would change, and everything that stands in the way of it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches

from commitments.enums import AllocationMode, Comparator, IndicatorKind, TargetState, ValueBasis
from commitments.rules import allocations, undertakers
from commitments.rules.known import QUARTERS, Entry, Judged, Known, named
from commitments.rules.targets import (
    ADDITIVE_KINDS,
    FIXED,
    kind_problems,
    revision_problems,
    roadmap_problems,
)
from units.rules.refs import fold, is_ref
from units.rules.sheets import Fault, Found, Row

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


def judge(found: Mapping[str, Found], known: Known) -> Judged:
    """Return what the sheets would change and every fault, those of the cells too."""
    work = _Judge(found, known)
    for table in ("groups", "indicators", "targets"):
        work.plain(table)
    work.allocations()
    undertakers.judge(work)
    faults = [fault for sheet in found.values() for fault in sheet.faults] + work.faults
    order = {name: place for place, name in enumerate(found)}
    faults.sort(key=lambda fault: (order.get(fault.table, -1), fault.row or 0, fault.column))
    return Judged(work.entries, faults)


class _Judge:
    """The state of one judging: entries so far, and faults."""

    def __init__(self, found: Mapping[str, Found], known: Known) -> None:
        self.found, self.known = found, known
        self.faults: list[Fault] = []
        self.unvalued: set[str] = set()  # codes of targets whose value could not be read
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

    def unread(self, table: str, number: int) -> set[str]:
        """Return the cells of a row of which nobody knows what they say: unreadable, or no column."""
        return {
            fault.column
            for fault in self.found[table].faults
            if fault.row == number or fault.code == "heading-missing"
        }

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
        if was is None or standing is None or was == row or None in named(row):
            return
        if was["part_of"] != row["part_of"]:
            self.fault("targets", number, "part-moved", "part_of", text=row["code"])
        unread = self.unread("targets", number)
        differs = next((name for name in row if row[name] != was[name] and name not in unread), "")
        if standing.state != TargetState.PLANNED and differs:
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
        self.unvalued = {
            entry.key
            for entry in self.entries["targets"]
            if "value" in self.unread("targets", entry.number)
        }
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
        if code in self.unvalued:
            value = None  # nobody knows yet what its parts must say
        elif said["mode"] == AllocationMode.UNIFORM and whole is not None:
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
        if code in self.unvalued:
            return
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
        elif code in self.unvalued:
            pass  # told of its cell
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
        for unit, (_value, part) in (was["parts"] if was else {}).items():
            standing = self.known.standing.get(part)
            if unit not in said["parts"] and standing and standing.state != TargetState.PLANNED:
                self.fault("allocations", number, "part-assigned", "unit", text=part)

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


def _roadmap(row: Row) -> list[tuple[str, Decimal]]:
    quarters = [(part, row[part]) for part in QUARTERS if row[part] is not None]
    return quarters + list(row["points"])


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
