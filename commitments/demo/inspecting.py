"""Inspections of the demonstration: which units the district counts, the first ones inspected, and what
a person holds of it beside the light.

Every unit counted is one of the district; that it was inspected, and what came out, is invented.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from commitments.actions import inspections, judgements
from commitments.demo.district import COMMUNES, UNITS
from commitments.demo.organisation import District
from commitments.enums import JudgedLight
from commitments.models import Inspection, Target
from units.enums import Provenance, UnitKind
from units.models import User

FROZEN = date(2024, 2, 2)
INSPECTS = "bx-ttr"  # and so is not inspected
COUNTED = [  # 13 communes, 12 offices of the Party, the Front and organisations, 11 departments
    unit.ref
    for unit in UNITS
    if unit.ref in COMMUNES
    or unit.kind in {UnitKind.PARTY_BODY, UnitKind.FRONT, UnitKind.SOCIO_POLITICAL_ORG}
    or unit.ref == "bx-ttct"
    or (unit.kind == UnitKind.DEPARTMENT and unit.ref != INSPECTS)
]
RECORDED = [  # recorded, unit, inspected, conclusion
    (date(2024, 3, 8), "bx-tam-hop", date(2024, 3, 6), "Chấp hành tốt giờ làm việc (minh họa)."),
    (date(2024, 3, 22), "bx-p-tp", date(2024, 3, 20), "Hai hồ sơ trả chậm, đã xin lỗi (minh họa)."),
    (date(2024, 4, 12), "bx-gia-khanh", date(2024, 4, 11), "Niêm yết thủ tục đầy đủ (minh họa)."),
    (date(2024, 4, 19), "bx-hpn", date(2024, 4, 17), "Sổ theo dõi công việc đầy đủ (minh họa)."),
    (date(2024, 4, 24), "bx-p-tp", date(2024, 4, 23), "Kiểm tra lại: đã khắc phục (minh họa)."),
]
CORRECTED = (date(2024, 4, 22), "bx-gia-khanh", date(2024, 4, 10), "Ghi nhầm ngày (minh họa).")

JUDGED = (  # the light is green: the roadmap asks for 8.3 % by then
    date(2024, 5, 6),
    JudgedLight.AMBER,
    "Mới kiểm tra 4 trên 36 đơn vị, chưa có cơ quan nào của cấp ủy; phần lớn dồn về cuối năm (minh họa).",
)


class Inspecting:
    """Plays who freezes the units, who records, one correction, and one judgement."""

    def __init__(self, district: District) -> None:
        self.district = district

    @property
    def by(self) -> User:
        return self.district.people["truc"]

    @property
    def target(self) -> Target:
        return Target.objects.get(period__code="2024", code="H17.3")

    def timetable(self, moment: Callable[..., datetime]) -> list[tuple[date, Callable[[], None]]]:
        """Return what is frozen, recorded, corrected and judged on which day."""
        rows: list[tuple[date, Callable[[], None]]] = [
            (FROZEN, partial(self.freeze, at=moment(FROZEN, 15)))
        ]
        for on, ref, inspected_on, conclusion in RECORDED:
            done = partial(self.record, ref, inspected_on, conclusion, at=moment(on, 10))
            rows.append((on, done))
        rows.append((CORRECTED[0], partial(self.correct, at=moment(CORRECTED[0], 11))))
        rows.append((JUDGED[0], partial(self.judge, at=moment(JUDGED[0], 15))))
        return rows

    def freeze(self, *, at: datetime) -> None:
        """Freeze the units as they stood on the first day of the year."""
        units = self.district.units
        inspections.fix_scope(
            target_id=self.target.pk,
            unit_ids=[units[ref].pk for ref in COUNTED],
            by=self.by,
            at=at,
            provenance=Provenance.SYNTHETIC,
        )

    def record(self, ref: str, inspected_on: date, conclusion: str, *, at: datetime) -> None:
        inspections.record(
            target_id=self.target.pk,
            unit_id=self.district.units[ref].pk,
            inspected_on=inspected_on,
            conclusion=conclusion,
            by=self.by,
            at=at,
            provenance=Provenance.SYNTHETIC,
        )

    def correct(self, *, at: datetime) -> None:
        """Put right the day of one record; the wrong one stays."""
        _on, ref, inspected_on, reason = CORRECTED
        wrong = Inspection.objects.get(target=self.target, unit=self.district.units[ref])
        inspections.correct(
            inspection_id=wrong.pk,
            reason=reason,
            unit_id=wrong.unit_id,
            inspected_on=inspected_on,
            conclusion=wrong.conclusion,
            by=self.by,
            at=at,
        )

    def judge(self, *, at: datetime) -> None:
        """Let the verifier, who is of another unit, say what the light does not show."""
        _on, light, reason = JUDGED
        judgements.give(
            target_id=self.target.pk,
            light=light,
            reason=reason,
            by=self.district.people["thong"],
            expected=0,
            at=at,
            provenance=Provenance.SYNTHETIC,
        )
