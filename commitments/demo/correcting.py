"""Corrective actions of the demonstration: one that is said to be done, and one that is late.

The targets were published as they are; why, what is done about it and who answers is invented.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from commitments.actions import corrections
from commitments.demo.organisation import District
from commitments.enums.backlog import CaseCause
from commitments.models import Target
from units.enums import Provenance

ANSWERS = "bx-dau-moi"  # the office that answers for what the district as a whole has to reach
WRITTEN = date(2024, 1, 10)
DONE = date(2024, 3, 26)
NOTE = "Đã trình phương án bố trí vốn đối ứng cho hai dự án chậm (minh họa)."
ACTIONS = (  # code, cause, what stood in the way, remedy, due
    (
        "N07.1",
        CaseCause.FUNDING,
        "Vốn đối ứng của hai dự án về chậm hai quý (minh họa).",
        "Trình phương án bố trí vốn đối ứng trong quý I (minh họa).",
        date(2024, 3, 29),
    ),
    (
        "N14.1",
        CaseCause.COORDINATION,
        "Hợp đồng thu gom ký muộn, ba thôn chưa có điểm tập kết (minh họa).",
        "Ký hợp đồng khung cho cả năm và lập ba điểm tập kết (minh họa).",
        date(2024, 5, 10),
    ),
)


class Correcting:
    """Plays who writes what is done about two targets of 2023, and who says that one is done."""

    def __init__(self, district: District) -> None:
        self.district = district

    def timetable(self, moment: Callable[..., datetime]) -> list[tuple[date, Callable[[], None]]]:
        """Return what is written and said on which day."""
        return [
            (WRITTEN, partial(self.write, at=moment(WRITTEN, 10))),
            (DONE, partial(self.finish, at=moment(DONE, 15))),
        ]

    def write(self, *, at: datetime) -> None:
        """Let the planner write both."""
        for code, cause, reason, remedy, due_on in ACTIONS:
            corrections.write(
                target_id=self._target(code).pk,
                cause=cause,
                reason=reason,
                remedy=remedy,
                office_id=self.district.offices[ANSWERS].pk,
                due_on=due_on,
                by=self.district.people["truc"],
                expected=0,
                at=at,
                provenance=Provenance.SYNTHETIC,
            )

    def finish(self, *, at: datetime) -> None:
        """Let the office that answers say that the first is done; nobody has confirmed it yet."""
        corrections.finish(
            target_id=self._target(ACTIONS[0][0]).pk,
            note=NOTE,
            by=self.district.people["khe"],
            expected=1,
            at=at,
        )

    @staticmethod
    def _target(code: str) -> Target:
        return Target.objects.get(period__code="2023", code=code, parent=None)
