"""What the units of the demonstration report from February to April 2024, and who verifies it.

Every figure is invented. How many reports came, late or not at all, is dealt out so that the months
look like months do: most in time, some late, a few never.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from commitments.actions import duties, reports, verifications
from commitments.demo.correcting import Correcting
from commitments.demo.district import BODIES, COMMUNES, UNITS
from commitments.demo.inspecting import Inspecting
from commitments.demo.organisation import District
from commitments.demo.plan import HOUSEHOLDS, PACE
from commitments.enums import IndicatorKind, Stage
from commitments.enums.reports import ReportState
from commitments.models import Period, Report, ReportingDuty
from commitments.rules.allocations import Key, largest_remainder
from commitments.rules.reports import Answer
from units.models import Appointment, User

CODES = {unit.ref: unit.code for unit in UNITS}
CERTIFICATES = {2: 31, 3: 62, 4: 96}  # of the year so far, over all communes
BASE = 200  # denominator of an invented ratio
LEFT_OUT = {"bx-f1": 3, "bx-f2": 2}  # targets never reported in February and March
LATE = {2: {"bx-quat-luu": 12, "bx-phu-xuan": 4}, 3: {"bx-quat-luu": 9}, 4: {"bx-phu-xuan": 12}}
IN_REVIEW = {  # unit -> how many of its last reports nobody has verified yet
    3: {"bx-vphu": 2},
    4: {"bx-dao-duc": 11, "bx-tan-phong": 11, "bx-thanh-lang": 11, "bx-mttq": 4, "bx-ldld": 4},
}
RETURNED = {"bx-son-loi": 3, "bx-bdv": 5}  # of April
REASONS = ("Số liệu chưa khớp biểu tổng hợp.", "Thiếu minh chứng.", "Đề nghị ghi rõ nguồn số liệu.")
NOT_IN = {"bx-f1": 3, "bx-f2": 3, "bx-quat-luu": 10}  # of April; two of Quất Lưu came late
CAME_LATE = 2


class Reporting:
    """Plays the reports of a month: who hands in when, what is verified, what is sent back."""

    def __init__(self, district: District) -> None:
        self.district = district

    @property
    def verifier(self) -> User:
        return self.district.people["thong"]

    def timetable(self, moment: Callable[..., datetime]) -> list[tuple[date, Callable[[], None]]]:
        """Return who reports, verifies, corrects and records inspections on which day."""
        played: list[tuple[date, Callable[[], None]]] = []
        for month, (handed_in, late, verified) in MONTHS.items():
            at = moment(handed_in, 9), moment(late, 9), moment(verified, 14)
            played += [
                (handed_in, partial(self.hand_in, month, at=at[0], late=False)),
                (late, partial(self.hand_in, month, at=at[1], late=True)),
                (verified, partial(self.verify, month, at=at[2])),
            ]
        played.append((SENT_BACK, partial(self.send_back, 4, at=moment(SENT_BACK, 10))))
        played += Correcting(self.district).timetable(moment)
        return [*played, *Inspecting(self.district).timetable(moment)]

    def month(self, number: int) -> dict[str, list[ReportingDuty]]:
        """Return the duties of a month by unit, the certificates first."""
        rows = ReportingDuty.objects.filter(period__code=f"2024-{number:02}")
        found: dict[str, list[ReportingDuty]] = {
            ref: [] for ref in [*COMMUNES, *BODIES, "bx-f1", "bx-f2"]
        }
        expected = rows.exclude(state="waived").select_related("unit", "target__indicator")
        ordered = expected.prefetch_related("target__revisions", "target__indicator__scale__levels")
        for duty in ordered.order_by("target__code", "pk"):
            found[duty.unit.ref].append(duty)
        return found

    def waive_year(self, plan: Period, *, by: User, at: datetime) -> None:
        """Let a year fall away whose reports were on paper."""
        for month in plan.children.filter(kind="month").order_by("starts_on"):
            duties.waive_period(period_id=month.pk, reason="Báo cáo giấy (minh họa).", by=by, at=at)

    def waive_january(self, *, by: User, at: datetime) -> None:
        """Let January fall away: the targets came in February."""
        january = Period.objects.get(code="2024-01")
        duties.waive_period(period_id=january.pk, reason="Giao chỉ tiêu ngày 02/02.", by=by, at=at)

    def hand_in(self, number: int, *, at: datetime, late: bool) -> None:
        """Let the units hand in what comes in time, or what comes late."""
        certificates = _certificates(number)
        place = 0
        for ref, owed in self.month(number).items():
            came, behind = self._came(ref, owed, number)
            for duty in behind if late else came:
                answer = _answer(duty, number, certificates.get(ref))
                reports.file(
                    duty_id=duty.pk,
                    answer=answer,
                    by=self._author(ref, at),
                    expected=0,
                    at=at + timedelta(minutes=place % 180),
                )
                place += 1

    @staticmethod
    def _came(
        ref: str, owed: list[ReportingDuty], number: int
    ) -> tuple[list[ReportingDuty], list[ReportingDuty]]:
        """Return what of a unit came in time, and what came late."""
        never = (NOT_IN if number == 4 else LEFT_OUT).get(ref, 0)
        came = owed[: len(owed) - never]
        late = LATE[number].get(ref, 0)
        if number == 4 and ref == "bx-quat-luu":
            late = CAME_LATE
        return came[late:], came[:late]

    def _author(self, ref: str, at: datetime) -> User:
        """Return who reports: the reporter of Sơn Lôi, else the first head in office."""
        if ref == "bx-son-loi":
            return self.district.people["sim"]
        offices = Appointment.objects.holders(at.date()).filter(
            position__unit__ref=ref, position__is_head=True
        )
        return offices.select_related("person").order_by("position_id", "-valid_from")[0].person

    def verify(self, number: int, *, at: datetime) -> None:
        """Let the verifier pass what does not wait and is not to be sent back."""
        waiting = IN_REVIEW.get(number, {})
        returned = RETURNED if number == 4 else {}
        seen = []
        for ref, owed in self.month(number).items():
            submitted = _submitted(owed)
            kept = len(submitted) - waiting.get(ref, 0) - returned.get(ref, 0)
            seen += [(report.pk, report.etag_version) for report in submitted[:kept]]
        for result in verifications.verify_many(seen=seen, by=self.verifier, at=at):
            if result.refused:
                raise result.refused

    def send_back(self, number: int, *, at: datetime) -> None:
        """Send back what is not as it should be, each with its reason."""
        for ref, count in RETURNED.items():
            for place, report in enumerate(_submitted(self.month(number)[ref])[-count:]):
                verifications.return_to_author(
                    report_id=report.pk,
                    reason=REASONS[place % len(REASONS)],
                    by=self.verifier,
                    expected=report.etag_version,
                    at=at,
                )


def _submitted(owed: Iterable[ReportingDuty]) -> list[Report]:
    rows = Report.objects.filter(duty__in=list(owed), state=ReportState.SUBMITTED)
    return list(rows.order_by("duty__target__code", "pk"))


def _certificates(number: int) -> dict[str, Decimal]:
    """Return the certificates of each commune so far, adding up to those of the district."""
    keys = [Key(place, CODES[ref], Decimal(HOUSEHOLDS[ref])) for place, ref in enumerate(COMMUNES)]
    parts = largest_remainder(Decimal(CERTIFICATES[number]), keys, decimals=0)
    return {ref: parts[place] for place, ref in enumerate(COMMUNES)}


def _answer(duty: ReportingDuty, number: int, certificates: Decimal | None) -> Answer:
    """Return an invented answer that follows the year: what adds up grows with the months."""
    target, indicator = duty.target, duty.target.indicator
    current = target.current
    wanted = current.value if current is not None and current.value is not None else Decimal(0)
    whole = target.code.rpartition(".")[0]
    wanted *= PACE.get(whole, Decimal(1))
    stage = Stage.PROVISIONAL if number == 4 else Stage.FINAL
    if indicator.kind == IndicatorKind.RATIO:
        top = (wanted * BASE / 100).to_integral_value(ROUND_HALF_UP)
        return Answer(
            numerator=max(Decimal(0), top + (duty.pk % 5) - 3),
            denominator=Decimal(BASE),
            stage=stage,
        )
    if indicator.kind == IndicatorKind.GRADE:
        return Answer(value=wanted, stage=stage)
    if target.code.startswith("H17.1") and certificates is not None:
        return Answer(value=certificates, stage=stage)
    if not wanted:
        return Answer(value=Decimal(0), stage=stage)
    share = wanted * (number * 8 + duty.pk % 3) / 100
    step = Decimal(1).scaleb(-indicator.decimals)
    return Answer(value=share.quantize(step, rounding=ROUND_HALF_UP), stage=stage)


MONTHS = {  # month -> handed in, late, verified
    2: (date(2024, 3, 4), date(2024, 3, 7), date(2024, 3, 12)),
    3: (date(2024, 4, 3), date(2024, 4, 8), date(2024, 4, 12)),
    4: (date(2024, 5, 3), date(2024, 5, 8), date(2024, 5, 10)),
}
SENT_BACK = date(2024, 5, 13)
