"""The demonstration district: its units, its calendar, and how to log in.

Names and codes of public units are real (`units.csv` names the public page of each) and their
behaviour is invented; every person is fictional. Whatever else is built is demonstration data.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from units.enums import Provenance, Tree, UnitKind

PASSWORD = "binh-xuyen-2024"  # noqa: S105  # known to everybody: a demonstration never leaves this machine
BEGINNING = date(2020, 7, 1)  # of the term; units and offices exist from here on
MERGER = date(2025, 7, 1)  # after the demonstration's present: the successors exist from here on
ARTICLE = (
    "https://www.vietnam.vn/en/binh-xuyen-quyet-tam-cao-hoan-thanh-cac-chi-tieu-nhiem-vu-duoc-giao"
)

CLOSED_2024 = [
    (date(2024, 1, 1), "Tết Dương lịch"),
    *[(date(2024, 2, day), "Tết Nguyên đán") for day in range(8, 15)],
    (date(2024, 4, 18), "Giỗ Tổ Hùng Vương"),
    (date(2024, 4, 29), "Nghỉ hoán đổi"),
    (date(2024, 4, 30), "Ngày Giải phóng miền Nam"),
    (date(2024, 5, 1), "Ngày Quốc tế Lao động"),
    (date(2024, 9, 2), "Quốc khánh"),
    (date(2024, 9, 3), "Quốc khánh"),
]
OPEN_2024 = [(date(2024, 5, 4), "Làm bù ngày 29/4")]


@dataclass(frozen=True)
class Unit:
    """A line of `units.csv`. `under`: superior by line of subordination."""

    ref: str
    kind: UnitKind
    name_vi: str
    name_en: str
    under: dict[Tree, str]
    code: str
    undertakers: int  # how many sign for it; 0: it commits itself to nothing
    source: str  # the public page with its name; "": nothing but general knowledge, or invented

    @property
    def is_successor(self) -> bool:
        """Say whether the unit begins with the merger; until then another one has its code."""
        return self.ref.startswith("pt-")

    @property
    def valid_from(self) -> date:
        return MERGER if self.is_successor else BEGINNING

    @property
    def code_system(self) -> str:
        """The list that the code stands in: the same code means another unit in the later one."""
        if not self.code:
            return ""
        return "gso-2025" if self.is_successor else "gso"

    @property
    def provenance(self) -> Provenance:
        return Provenance.SOURCED if self.source else Provenance.SYNTHETIC


def _read() -> list[Unit]:
    with (Path(__file__).parent / "units.csv").open(encoding="utf-8", newline="") as file:
        return [
            Unit(
                ref=row["ref"],
                kind=UnitKind(row["kind"]),
                name_vi=row["name_vi"],
                name_en=row["name_en"],
                under={
                    tree: row[tree.value]
                    for tree in (Tree.ADMIN, Tree.PARTY, Tree.FRONT)
                    if row[tree.value]
                },
                code=row["code"],
                undertakers=int(row["undertakers"] or 0),
                source=row["source"],
            )
            for row in csv.DictReader(file)
        ]


UNITS = _read()  # superiors before what stands under them
COMMUNES = [  # in the order of their codes
    unit.ref
    for unit in UNITS
    if unit.kind in {UnitKind.COMMUNE, UnitKind.TOWN} and not unit.is_successor
]
FICTIONAL = ["bx-f1", "bx-f2", "bx-f3"]
BODIES = [
    unit.ref
    for unit in UNITS
    if unit.undertakers and unit.ref not in COMMUNES and unit.ref not in FICTIONAL
]
