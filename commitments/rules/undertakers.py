"""Who is to sign for whom, in an imported plan: offices, heads named twice, days, commitments."""

from typing import Any

from commitments.rules.known import Entry, named
from units.rules.sheets import Row


def judge(work: Any) -> None:
    """Judge the sheet of undertakers; `work` knows the other tables and takes entries and faults."""
    entries = work.entries["undertakers"] = []
    units: dict[str, int] = {}
    offices: dict[str, int] = {}
    serving = {row["unit"] for row in work.rows["targets"].values()} | {
        unit for entry in work.entries["allocations"] for unit in entry.row["parts"]
    }
    for number, row in work.sheet("undertakers").items():
        unit = row["unit"] = work.unit(number, "undertakers", row["unit"])
        for column in ("first", "second", "assigner"):
            _office(work, number, row, column, offices)
        _same_person(work, number, row)
        if unit is None:
            continue
        if unit in units:
            work.fault("undertakers", number, "unit-twice", "unit", text=unit)
            continue
        units[unit] = number
        was = work.known.present["undertakers"].get(unit)
        change = "new" if was is None else "same" if was == row else "changed"
        entries.append(Entry(unit, row, change, number))
        if change == "same":
            continue
        if unit in work.known.issued and None not in named(row):
            text = work.known.issued[unit]
            work.fault("undertakers", number, "commitment-issued", "unit", number=text)
        if row["sign_by"] and row["sign_by"] < work.known.today:
            work.fault("undertakers", number, "day-passed", "sign_by")
        if unit not in serving:
            work.fault("undertakers", number, "nothing-to-undertake", "unit", text=unit)


def _office(work: Any, number: int, row: Row, column: str, seen: dict[str, int]) -> None:
    ref = row[column]
    if not ref:
        return
    office = work.known.offices.get(ref)
    if office is None:
        work.near(number, "undertakers", "office-unknown", column, ref, work.known.offices)
    elif column != "assigner" and row["unit"] and office.unit != row["unit"]:
        work.fault(
            "undertakers", number, "office-of-another-unit", column, text=ref, unit=office.unit
        )
    if column == "assigner":
        return
    if ref in seen:
        work.fault("undertakers", number, "head-twice", column, text=ref, row=str(seen[ref]))
    seen.setdefault(ref, number)


def _same_person(work: Any, number: int, row: Row) -> None:
    """Whoever holds both posts signs once: name one office then."""
    pair = [work.known.offices.get(row[column] or "") for column in ("first", "second")]
    holders = [office.holder for office in pair if office is not None]
    if len(holders) == 2 and holders[0] == holders[1] != "" and row["first"] != row["second"]:
        work.fault("undertakers", number, "one-person-twice", "second", text=row["second"])
