"""What imported units, offices, people and appointments would change, and what stands in the way."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from units.enums import AppointmentMode, Tree
from units.rules.organisation import Edge, cycle_on
from units.rules.refs import RESERVED, fold, is_ref
from units.rules.sheets import Fault, Found, Row

USERNAME = re.compile(r"[\w.@+-]{1,60}")  # what the account itself takes
ATOM, LABEL = r"[-!#$%&'*+/=?^_`{}|~0-9a-z]+", r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
EMAIL = re.compile(rf"{ATOM}(\.{ATOM})*@({LABEL}\.)+[a-z0-9-]{{1,62}}[a-z0-9]", re.ASCII)
SUPERIORS = {tree: f"under_{tree}" for tree in Tree.values}
CHANGES_OF_PEOPLE = ("full_name", "email", "phone", "personnel_no")


class Held(NamedTuple):
    """A person in an office, as the database has it. `last_on` None: no end is known."""

    person: str
    office: str
    mode: str
    valid_from: date
    last_on: date | None


class Office(NamedTuple):
    """An office that exists. `last_on` None: no end is known."""

    unit: str
    tree: str
    is_head: bool
    valid_from: date
    last_on: date | None


@dataclass(frozen=True)
class Known:
    """The body as it is.

    `today`: the day from which rows without a day hold. `present`: rows like those of the sheets, by
    table and key. `offices`: by reference, those of the past too. `held`: every appointment that is
    no delegation, `decisions` what was said beside it. `lines`: who stands under whom, by line, with a number for each unit in `numbers`.
    `ended`: first day without, of the units that end. `begun`: the first day of each unit. `codes`:
    reference by (system, code) in use. `numbers_of_staff`: user name by personnel number. `oneself`:
    user name of whoever imports. `machines`: user names that are no person.
    """

    today: date
    present: Mapping[str, Mapping[str, Row]]
    offices: Mapping[str, Office]
    held: Iterable[Held]
    lines: Mapping[str, Iterable[Edge]]
    numbers: Mapping[str, int]
    begun: Mapping[str, date]
    ended: Mapping[str, date]
    codes: Mapping[tuple[str, str], str]
    decisions: Mapping[Held, Row]
    numbers_of_staff: Mapping[str, str]
    oneself: str
    machines: frozenset[str] = frozenset()


class Entry(NamedTuple):
    """One thing that the file says. `change`: new, changed or same. `number`: of its row."""

    key: str
    row: Row
    change: str
    number: int


class Judged(NamedTuple):
    entries: dict[str, list[Entry]]
    faults: list[Fault]


def judge(found: Mapping[str, Found], known: Known) -> Judged:
    """Return what the sheets would change and every fault, those of the cells too.

    Units come with superiors first, so that they can be founded in that order.
    """
    work = _Judge(found, known)
    work.units()
    work.offices()
    work.people()
    work.appointments()
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
        self.begun: dict[str, date] = dict(known.begun)  # of units, those of the file too
        self.all_offices: dict[str, Office] = dict(known.offices)
        self.all_people: set[str] = set(known.present["people"])

    def fault(self, table: str, number: int, code: str, column: str = "", /, **detail: str) -> None:
        letter = self.found[table].letters.get(column, "")
        self.faults.append(Fault(table, code, number, column, letter, detail))

    def near(
        self, table: str, number: int, code: str, column: str, text: str, known: Iterable[str]
    ) -> None:
        """Tell of a name that is not known, with the known one that it looks like."""
        close = get_close_matches(text, list(known), n=1, cutoff=0.75)
        self.fault(table, number, code, column, text=text, **({"close": close[0]} if close else {}))

    def rows(self, table: str, key: str) -> Iterable[tuple[int, Row]]:
        """Yield the rows of `table` whose key is read and stands once."""
        first: dict[str, int] = {}
        for number, row in self.found[table].rows.items() if table in self.found else ():
            if not row[key]:
                continue  # a fault of its cell
            folded = fold(row[key])
            if folded in first:
                self.fault(table, number, "code-twice", key, text=row[key], row=str(first[folded]))
                continue
            first[folded] = number
            yield number, row

    def kept(self, table: str, number: int, key: str, row: Row) -> bool:
        """Say whether `key` exists, which is never changed here; tell where the row differs.

        A cell that is empty, or whose column is missing, asks for nothing.
        """
        was = self.known.present[table].get(key)
        if was is None:
            return False
        for name, value in row.items():
            if value not in (None, "", False) and value != was[name]:
                self.fault(table, number, f"{table}-differ", name, text=key, was=_said(was[name]))
        self.entries[table].append(Entry(key, was, "same", number))
        return True

    # --- units ------------------------------------------------------------------------------------

    def units(self) -> None:
        self.entries["units"] = []
        rows = list(self.rows("units", "ref"))
        news: dict[str, Entry] = {}
        codes = dict(self.known.codes)
        for _number, row in rows:
            ref = row["ref"]
            if ref not in self.known.present["units"]:
                self.begun[ref] = row["valid_from"] = row["valid_from"] or self.known.today
        for number, row in rows:
            ref = row["ref"]
            for tree, column in SUPERIORS.items():
                self.superior(number, row, tree, column)
            if self.kept("units", number, ref, row):
                continue
            if not is_ref(ref, longest=40):
                self.fault("units", number, "not-a-ref", "ref", text=ref)
            if row["official_code"]:
                code = (row["code_system"] or "", row["official_code"])
                if codes.setdefault(code, ref) != ref:
                    self.fault(
                        "units", number, "official-code-taken", "official_code",
                        text=code[1], unit=codes[code],
                    )  # fmt: skip
            news[ref] = Entry(ref, row, "new", number)
        self.cycles(news)
        self.entries["units"] += _superiors_first(news)

    def superior(self, number: int, row: Row, tree: str, column: str) -> None:
        superior = row[column]
        if not superior:
            return
        if superior not in self.begun:
            self.near("units", number, "unit-unknown", column, superior, self.begun)
            return
        begins = self.begun.get(row["ref"], self.known.today)
        if row["ref"] not in self.known.present["units"]:
            self.there(number, "units", column, superior, begins)

    def there(self, number: int, table: str, column: str, unit: str, day: date) -> None:
        """Tell of a unit that does not exist on `day`."""
        end = self.known.ended.get(unit)
        if self.begun[unit] > day or (end is not None and end <= day):
            self.fault(table, number, "unit-not-there", column, text=unit, day=_said(day))

    def cycles(self, news: Mapping[str, Entry]) -> None:
        """Tell of chains of superiors that close; only a new unit can close one."""
        numbers = dict(self.known.numbers)
        for ref in news:
            numbers.setdefault(ref, -len(numbers) - 1)
        for tree, column in SUPERIORS.items():
            edges = list(self.known.lines.get(tree, ()))
            for entry in news.values():
                superior = entry.row[column]
                if not superior or superior not in numbers:
                    continue
                new = Edge(numbers[superior], numbers[entry.key], self.begun[entry.key])
                if cycle_on(edges, new) is None:
                    edges.append(new)
                else:
                    self.fault("units", entry.number, "cycle", column, text=superior)

    # --- offices ----------------------------------------------------------------------------------

    def offices(self) -> None:
        self.entries["offices"] = []
        heads: dict[tuple[str, str], list[tuple[str, date | None]]] = defaultdict(list)
        for ref, office in self.known.offices.items():
            if office.is_head:
                heads[office.unit, office.tree].append((ref, office.last_on))
        for number, row in self.rows("offices", "ref"):
            ref, unit = row["ref"], row["unit"]
            if unit and unit not in self.begun:
                self.near("offices", number, "unit-unknown", "unit", unit, self.begun)
            if self.kept("offices", number, ref, row):
                continue
            if ref in self.known.offices:
                self.fault("offices", number, "office-ended", "ref", text=ref)
                continue
            if not is_ref(ref, longest=60):
                self.fault("offices", number, "not-a-ref", "ref", text=ref)
            day = row["valid_from"] = row["valid_from"] or self.known.today
            if unit in self.begun:
                if unit in self.known.ended:
                    self.fault("offices", number, "unit-ends", "unit", text=unit)
                else:
                    self.there(number, "offices", "unit", unit, day)
            row["tree"] = Tree.ADMIN.value if row["tree"] == "" else row["tree"]
            if row["is_head"] and unit and row["tree"]:
                beside = heads[unit, row["tree"]]
                other = next((one for one, last in beside if last is None or last >= day), None)
                if other:
                    self.fault("offices", number, "head-exists", "is_head", text=other, unit=unit)
                beside.append((ref, None))
            self.all_offices[ref] = Office(
                unit or "", row["tree"] or "", bool(row["is_head"]), day, None
            )
            self.entries["offices"].append(Entry(ref, row, "new", number))

    # --- people -----------------------------------------------------------------------------------

    def people(self) -> None:
        self.entries["people"] = []
        staff = dict(self.known.numbers_of_staff)
        lowered = self.found["people"].rows.values() if "people" in self.found else ()
        for row in lowered:
            row["username"] = row["username"].lower() if row["username"] else row["username"]
            row["email"] = row["email"].lower() if row["email"] else row["email"]
        for number, row in self.rows("people", "username"):
            name = row["username"]
            self.all_people.add(name)
            if row["email"] and not EMAIL.fullmatch(row["email"]):
                self.fault("people", number, "not-an-address", "email", text=row["email"])
            if row["personnel_no"] and staff.setdefault(row["personnel_no"], name) != name:
                self.fault(
                    "people", number, "personnel-no-taken", "personnel_no",
                    text=row["personnel_no"], person=staff[row["personnel_no"]],
                )  # fmt: skip
            was = self.known.present["people"].get(name)
            if was is None:
                if name in self.known.machines or name in RESERVED:
                    self.fault("people", number, "username-taken", "username", text=name)
                elif not USERNAME.fullmatch(name):
                    self.fault("people", number, "not-a-username", "username", text=name)
                self.entries["people"].append(Entry(name, row, "new", number))
                continue
            now = was | {column: row[column] for column in CHANGES_OF_PEOPLE if row[column]}
            if now != was and name == self.known.oneself:
                self.fault("people", number, "change-oneself", "username", text=name)
            self.entries["people"].append(
                Entry(name, now, "same" if now == was else "changed", number)
            )

    # --- appointments -----------------------------------------------------------------------------

    def appointments(self) -> None:
        self.entries["appointments"] = []
        held: list[tuple[Held, int]] = [(one, 0) for one in self.known.held]
        sheet = self.found.get("appointments")
        for number, row in sheet.rows.items() if sheet else ():
            row["person"] = row["person"].lower() if row["person"] else row["person"]
            row["valid_from"] = row["valid_from"] or (
                None if self.told(number, "valid_from") else self._begins(row)
            )
            self.appointment(number, row, held)

    def _begins(self, row: Row) -> date:
        """Return the day from which a row without one holds: that of the same appointment, if any."""
        same = [
            one.valid_from
            for one in self.known.held
            if (one.person, one.office, one.mode) == (row["person"], row["office"], row["mode"])
            and (one.last_on is None or one.last_on >= self.known.today)
        ]
        return max(same, default=self.known.today)

    def told(self, number: int, column: str) -> bool:
        faults = self.found["appointments"].faults
        return any((fault.row, fault.column) == (number, column) for fault in faults)

    def appointment(self, number: int, row: Row, held: list[tuple[Held, int]]) -> None:
        person, office, begins = row["person"], row["office"], row["valid_from"]
        if person and person not in self.all_people:
            self.near("appointments", number, "person-unknown", "person", person, self.all_people)
        if office and office not in self.all_offices:
            self.near("appointments", number, "office-unknown", "office", office, self.all_offices)
        acting = row["mode"] == AppointmentMode.ACTING
        if (
            row["mode"]
            and not self.told(number, "acting_reason")
            and (acting != bool(row["acting_reason"]))
        ):
            code = "acting-reason-missing" if acting else "acting-reason-of-titular"
            self.fault("appointments", number, code, "acting_reason")
        if row["last_on"] and begins and row["last_on"] < begins:
            self.fault("appointments", number, "ends-before", "last_on", day=_said(begins))
        if not (person and office and row["mode"] and begins):
            return
        new = Held(person, office, row["mode"], begins, row["last_on"])
        if (new, 0) in held:
            self.decided(number, row, self.known.decisions[new])
            self.entries["appointments"].append(Entry(f"{person}/{office}", row, "same", number))
            return
        for other, line in held:
            if (other.office, other.mode) != (office, row["mode"]) or not _overlap(other, new):
                continue
            detail = {"text": office, "person": other.person, "row": str(line)}
            detail["day"] = _said(other.valid_from)
            code = "office-twice" if line else "office-held"
            if not line and other.person == person:
                code = "appointment-differs"
            self.fault("appointments", number, code, "office", **detail)
            break
        if office in self.all_offices:
            self.lasts(number, self.all_offices[office], new)
        held.append((new, number))
        self.entries["appointments"].append(Entry(f"{person}/{office}", row, "new", number))

    def decided(self, number: int, row: Row, was: Row) -> None:
        """Tell where a row says otherwise of an appointment that exists, which is never changed."""
        for name, value in was.items():
            if row[name] and row[name] != value:
                text = row["office"]
                self.fault(
                    "appointments", number, "appointments-differ", name, text=text, was=_said(value)
                )

    def lasts(self, number: int, office: Office, new: Held) -> None:
        """Tell of an office that is held before it exists or longer than it does."""
        if new.valid_from < office.valid_from:
            day = _said(office.valid_from)
            self.fault("appointments", number, "office-begins-later", "valid_from", day=day)
        if office.last_on and (new.last_on is None or new.last_on > office.last_on):
            self.fault("appointments", number, "office-ends", "last_on", day=_said(office.last_on))


def _superiors_first(news: Mapping[str, Entry]) -> list[Entry]:
    """Return the new units so that each comes after its superiors; a closed chain as it stands."""
    ordered: dict[str, Entry] = {}
    left = dict(news)
    while left:
        ready = [
            entry
            for entry in left.values()
            if not any(entry.row[column] in left for column in SUPERIORS.values())
        ]
        for entry in ready or list(left.values()):
            ordered[entry.key] = left.pop(entry.key)
    return list(ordered.values())


def _overlap(one: Held, other: Held) -> bool:
    return (one.last_on is None or other.valid_from <= one.last_on) and (
        other.last_on is None or one.valid_from <= other.last_on
    )


def last_on(valid_to: date | None) -> date | None:
    """Return the last day of a half-open range as people write it; None: no end is known."""
    return valid_to - timedelta(days=1) if valid_to else None


def _said(value: Any) -> str:
    if isinstance(value, date):
        return f"{value.day:02}/{value.month:02}/{value.year:04}"
    return str(value) or "–"
