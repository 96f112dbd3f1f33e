"""The backlog of 2023 as it is played: thirteen cases, in every state and on every level of the ladder.

All of it is made up; who is late was dealt out without any knowledge of the unit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commitments.actions import backlog, explanations, proposed, resolutions, suspensions
from commitments.demo.organisation import District
from commitments.enums.backlog import (
    CaseCause,
    CaseKind,
    CaseProposalAct,
    Competence,
    Resolvable,
)
from commitments.models import BacklogCase, Explanation, Period
from units.models import Appointment, User


@dataclass(frozen=True)
class Told:
    """A case and its days. `extended`: (granted on, new day) of each extension."""

    number: str
    kind: CaseKind
    title: str
    unit: str
    office: str
    original: date
    registered: date
    extended: tuple[tuple[date, date], ...] = ()
    cause: CaseCause = CaseCause.PROCEDURE
    competence: Competence = Competence.OWN
    clear: bool = True


NEW_YEAR, END_OF_2023 = date(2024, 1, 2), date(2023, 12, 31)
TOLD = [
    Told(
        "TĐ-01",
        CaseKind.CARRYOVER,
        "Tốc độ tăng giá trị sản xuất năm 2023 chưa đạt",
        "bx-p-tckh",
        "p-tckh-truong-phong",
        END_OF_2023,
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 12, 31)),),
        CaseCause.COORDINATION,
    ),
    Told(
        "TĐ-02",
        CaseKind.CARRYOVER,
        "Chỉ tiêu môi trường năm 2023 chưa đạt",
        "bx-p-tnmt",
        "p-tnmt-truong-phong",
        END_OF_2023,
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 6, 28)),),
        CaseCause.FUNDING,
    ),
    Told(
        "TĐ-03",
        CaseKind.CLEARANCE,
        "Giải phóng mặt bằng dự án A",
        "bx-f1",
        "f1-giam-doc",
        date(2022, 6, 30),
        date(2023, 1, 10),
        (
            (date(2023, 1, 10), date(2023, 6, 30)),
            (date(2023, 6, 20), date(2023, 12, 29)),
            (date(2023, 12, 20), date(2024, 4, 26)),
        ),
        CaseCause.LAND,
    ),
    Told(
        "TĐ-04",
        CaseKind.CLEARANCE,
        "Giải phóng mặt bằng dự án B",
        "bx-f1",
        "f1-giam-doc",
        date(2023, 6, 30),
        date(2023, 6, 1),
        (
            (date(2023, 6, 20), date(2023, 12, 29)),
            (date(2023, 12, 20), date(2024, 3, 29)),
        ),
    ),
    Told(
        "TĐ-05",
        CaseKind.CLEARANCE,
        "Giải phóng mặt bằng dự án C",
        "bx-ba-hien",
        "ba-hien-chu-tich",
        date(2023, 9, 29),
        date(2023, 10, 2),
        ((date(2023, 10, 2), date(2024, 6, 28)),),
        CaseCause.LEGAL,
        Competence.SUPERIOR,
    ),
    Told(
        "TĐ-06",
        CaseKind.ADMIN,
        "Hồ sơ đăng ký biến động đất đai còn tồn",
        "bx-p-tnmt",
        "p-tnmt-truong-phong",
        END_OF_2023,
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 5, 31)),),
        CaseCause.STAFF,
    ),
    Told(
        "TĐ-07",
        CaseKind.ADMIN,
        "Hồ sơ hộ tịch chưa số hóa",
        "bx-huong-son",
        "huong-son-chu-tich",
        date(2023, 12, 29),
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 3, 29)),),
        CaseCause.STAFF,
    ),
    Told(
        "TĐ-08",
        CaseKind.ADMIN,
        "Hồ sơ dịch vụ công trả muộn",
        "bx-f2",
        "f2-giam-doc",
        END_OF_2023,
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 5, 8)),),
        CaseCause.STAFF,
    ),
    Told(
        "TĐ-09",
        CaseKind.CONCLUSION,
        "Thực hiện kết luận kiểm tra về tài chính",
        "bx-f2",
        "f2-giam-doc",
        date(2023, 11, 30),
        date(2023, 12, 1),
        (
            (date(2023, 12, 1), date(2024, 2, 29)),
            (date(2024, 2, 20), date(2024, 5, 13)),
        ),
        CaseCause.FUNDING,
    ),
    Told(
        "TĐ-10",
        CaseKind.ADMIN,
        "Hồ sơ cấp phép xây dựng còn tồn",
        "bx-dao-duc",
        "dao-duc-chu-tich",
        END_OF_2023,
        NEW_YEAR,
        ((NEW_YEAR, date(2024, 5, 22)),),
    ),
    Told(
        "TĐ-11",
        CaseKind.CONCLUSION,
        "Thực hiện kết luận kiểm tra về văn thư",
        "bx-vphu",
        "vphu-chanh-van-phong",
        date(2023, 10, 31),
        date(2023, 11, 1),
        (
            (date(2023, 11, 1), date(2024, 1, 31)),
            (date(2024, 1, 22), date(2024, 5, 31)),
        ),
        CaseCause.OTHER,
    ),
    Told(
        "TĐ-12",
        CaseKind.ADMIN,
        "Quyết toán dự án hoàn thành còn tồn",
        "bx-f1",
        "f1-giam-doc",
        END_OF_2023,
        date(2024, 5, 13),  # found late: it is not assigned yet, and its own clock has just begun
        clear=False,
    ),
    Told(
        "TĐ-13",
        CaseKind.ADMIN,
        "Hồ sơ đất đai của một hộ",
        "bx-son-loi",
        "son-loi-chu-tich",
        END_OF_2023,
        NEW_YEAR,
    ),
]
Moment = Callable[..., datetime]


class Backlog:
    """Plays the cases; `moment` gives the instant of a local day and hour."""

    def __init__(self, district: District, moment: Moment) -> None:
        self.district, self.moment = district, moment

    def timetable(self) -> list[tuple[date, Callable[[], None]]]:
        """Return what happens on which day."""
        rows: list[tuple[date, Callable[[], None]]] = []
        for told in TOLD:
            rows.append((told.registered, lambda told=told: self.register(told)))  # type: ignore[misc]
            rows.extend(
                (day, lambda told=told, day=day, to=to: self.extend(told, day, to))  # type: ignore[misc]
                for day, to in told.extended
            )
        return [
            *rows,
            (date(2024, 1, 3), self.cancel_the_double),
            (date(2024, 3, 22), lambda: self.resolve("TĐ-07", date(2024, 3, 22), "12/BC-UBND")),
            (date(2024, 3, 28), lambda: self.accept("TĐ-07", date(2024, 3, 28))),
            (date(2024, 4, 1), self.suspend),
            (date(2024, 4, 9), self.explain_project_b),
            (date(2024, 4, 15), lambda: self.resolve("TĐ-11", date(2024, 4, 15), "31-BC/VPHU")),
            (date(2024, 4, 19), lambda: self.accept("TĐ-11", date(2024, 4, 19))),
            (date(2024, 5, 2), self.reopen),
            (date(2024, 5, 6), self.explain_project_a),
            (date(2024, 5, 10), lambda: self.resolve("TĐ-06", date(2024, 5, 10), "45/BC-TNMT")),
        ]

    @property
    def supervisor(self) -> User:
        return self.district.people["bach"]

    def seen(self, number: str) -> dict[str, Any]:
        """Return a case as the acts want it: what was read is what is decided."""
        case = BacklogCase.objects.get(number=number)
        return {"case_id": case.pk, "expected": case.etag_version}

    def head(self, number: str) -> User:
        """Return who first held the office that resolves a case."""
        office = BacklogCase.objects.get(number=number).office_id
        return Appointment.objects.filter(position=office).earliest("pk").person

    def register(self, told: Told) -> None:
        at = self.moment(told.registered, 14)
        clears: dict[str, Any] = {
            "task": "Hoàn thành dứt điểm nội dung còn tồn (minh họa)",
            "responsibility": "Người đứng đầu đơn vị chủ trì, chịu trách nhiệm (minh họa)",
            "product": "Báo cáo kết quả kèm văn bản hoàn thành" if told.clear else "",
            "competence": told.competence if told.clear else "",
            "authority": "Ủy ban nhân dân huyện (minh họa)" if told.clear else "",
        }
        case = backlog.register_case(
            number=told.number,
            kind=told.kind,
            title=f"{told.title} (minh họa)",
            unit_id=self.district.units[told.unit].pk,
            period_id=Period.objects.get(code="2023").pk,
            original_due_on=told.original,
            office_id=self.district.offices[told.office].pk,
            provenance="synthetic",
            by=self.supervisor,
            at=at,
            cause=told.cause,
            resolvable=Resolvable.ROADMAP if told.extended else Resolvable.NOW,
            **clears,
        )
        if told.extended:
            backlog.assign(case_id=case.pk, expected=case.etag_version, by=self.supervisor, at=at)

    def extend(self, told: Told, day: date, to: date) -> None:
        proposed.propose(
            **self.seen(told.number),
            act=CaseProposalAct.EXTEND,
            reason="Cần thêm thời gian theo lộ trình (minh họa)",
            new_due_on=to,
            by=self.supervisor,
            at=self.moment(day, 15),
        )
        proposed.decide(
            **self.seen(told.number),
            granted=True,
            by=self.district.people["tung"],
            at=self.moment(day, 16),
        )

    def cancel_the_double(self) -> None:
        backlog.cancel(
            **self.seen("TĐ-13"),
            reason="Ghi nhận hai lần, đã có trong hồ sơ khác (minh họa)",
            by=self.district.people["lieu"],
            at=self.moment(date(2024, 1, 3), 10),
        )

    def suspend(self) -> None:
        suspensions.suspend(
            **self.seen("TĐ-05"),
            reason="Chờ cấp trên điều chỉnh quy hoạch, đã có văn bản xác nhận (minh họa)",
            by=self.district.people["lieu"],
            at=self.moment(date(2024, 4, 1), 10),
        )

    def resolve(self, number: str, day: date, reference: str) -> None:
        resolutions.resolve(
            **self.seen(number),
            outcome="Đã hoàn thành, có báo cáo kết quả (minh họa)",
            reference=reference,
            by=self.head(number),
            at=self.moment(day, 10),
        )

    def accept(self, number: str, day: date) -> None:
        resolutions.accept(
            **self.seen(number), by=self.district.people["thong"], at=self.moment(day, 11)
        )

    def reopen(self) -> None:
        proposed.propose(
            **self.seen("TĐ-11"),
            act=CaseProposalAct.REOPEN,
            reason="Phát hiện hai nội dung chưa khắc phục (minh họa)",
            by=self.supervisor,
            at=self.moment(date(2024, 5, 2), 10),
        )
        proposed.decide(
            **self.seen("TĐ-11"),
            granted=True,
            by=self.district.people["lieu"],
            at=self.moment(date(2024, 5, 2), 15),
        )

    def explain_project_b(self) -> None:
        self._explain("TĐ-04", date(2024, 4, 9), accepted=True, answer="")

    def explain_project_a(self) -> None:
        self._explain(
            "TĐ-03",
            date(2024, 5, 6),
            accepted=False,
            answer="Chưa nêu mốc hoàn thành và người chịu trách nhiệm (minh họa)",
        )

    def _explain(self, number: str, day: date, *, accepted: bool, answer: str) -> None:
        asked = Explanation.objects.filter(clock__case__number=number).latest("pk")
        explanations.give(
            explanation_id=asked.pk,
            text="Còn hộ chưa nhận tiền bồi thường (minh họa)",
            by=self.head(number),
            at=self.moment(day, 9),
        )
        explanations.judge(
            explanation_id=asked.pk,
            accepted=accepted,
            answer=answer,
            by=self.supervisor,
            at=self.moment(day, 16),
        )
