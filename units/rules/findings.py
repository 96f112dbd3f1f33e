"""What checking the register has found, and which finding comes first."""

from dataclasses import dataclass, field
from typing import NamedTuple

FOLLOWS = {"version-differs"}  # where entries were cut off, objects are ahead of them
MOST_FINDINGS = 100  # of one kind: a chain that was recomputed is wrong everywhere


class Finding(NamedTuple):
    """`seq`: the first place that is wrong; None: it has none. `code` never changes."""

    code: str
    seq: int | None
    detail: str

    def __str__(self) -> str:
        where = "" if self.seq is None else f"seq {self.seq}: "
        return f"{where}{self.detail} [{self.code}]"


@dataclass
class Found:
    """What a run found. `exposed`: places that no published checkpoint covers, counted from the end.

    `unchecked`: what could not be looked at; none of it counts as good.
    """

    entries: int = 0
    last_seq: int = 0
    exposed: int = 0
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, seq: int | None, detail: str) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        if self.counts[code] <= MOST_FINDINGS:
            self.findings.append(Finding(code, seq, detail))

    def take(self, other: "Found") -> None:
        """Add the findings of `other`, a part of the same run."""
        for one in other.findings:
            self.add(*one)
        for code, count in other.counts.items():
            self.counts[code] += count - sum(one.code == code for one in other.findings)
        self.unchecked += other.unchecked

    @property
    def good(self) -> bool:
        return not self.findings and not self.unchecked

    @property
    def in_order(self) -> list[Finding]:
        """The findings by place; what has none comes behind, and last what only follows from others."""
        return sorted(
            self.findings, key=lambda one: (one.code in FOLLOWS, one.seq is None, one.seq or 0)
        )

    @property
    def first_bad(self) -> Finding | None:
        """The finding with the lowest place; one without a place only where no other is."""
        return next(iter(self.in_order), None)
