"""The demonstration's year, played act by act in the order of its days, and swept as it goes.

What stands here is a timetable: every line is an ordinary act of a person at an instant, so the
register, the documents and the fired steps are genuine. Signatures with a personal certificate do
not exist yet: the two of Hương Sơn that should be such are given as approvals online.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from commitments.actions import (
    cases,
    commitments,
    drafts,
    duties,
    plans,
    scoring,
    targets,
    versions,
)
from commitments.demo import organisation
from commitments.demo.backlog import Backlog
from commitments.demo.ceremony import Hand
from commitments.demo.district import BODIES, COMMUNES
from commitments.demo.offices import LEAVES
from commitments.demo.organisation import District
from commitments.demo.plan import AIMS, OF_2023
from commitments.demo.planning import Planner
from commitments.demo.reporting import Reporting
from commitments.enums import SigningOrder, VersionAct
from commitments.models import CommitmentVersion, Period
from units import clock
from units.actions import appointments
from units.enums import Provenance
from units.models import Appointment, User

BEGINNING = datetime(2023, 1, 3, 2, tzinfo=UTC)
NOW = datetime(2024, 5, 15, 2, tzinfo=UTC)  # Wednesday, 09:00 of the body's day
A = VersionAct
REAL = [*COMMUNES, *BODIES]  # units that exist outside the demonstration and commit themselves
SIGNED_ON = [date(2024, 2, day) for day in (15, 16, 19, 20)]


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a local time of the body's day as an instant."""
    local = datetime.combine(day, time(hour, minute), tzinfo=clock.body_zone())
    return local.astimezone(UTC)


class Year:
    """Plays the timetable; `district` is built first."""

    def __init__(self, *, real_now: datetime) -> None:
        self.hand = Hand(real_now=real_now)
        self.district: District = organisation.build(at=BEGINNING)
        self.plans = Planner(self.district)
        self.reporting = Reporting(self.district)
        self.swept_to = date(2023, 1, 3)

    def play(self, tell: Callable[[str], object] = str) -> None:
        """Play everything up to the demonstration's present, sweeping each morning.

        `tell`: is called with each month in which something happens, as YYYY-MM, before it is played.
        """
        month = ""
        for day, act in self.timetable():
            if f"{day:%Y-%m}" != month:
                tell(month := f"{day:%Y-%m}")
            self.sweep_until(day)
            act()
        self.sweep_until(clock.local_date(NOW) + timedelta(days=1))

    def timetable(self) -> list[tuple[date, Callable[[], None]]]:
        """Return what happens on which day, in order."""
        rows = [
            *self.commitments(),
            *Backlog(self.district, moment).timetable(),
            *self.reporting.timetable(moment),
        ]
        return sorted(rows, key=lambda row: row[0])

    def commitments(self) -> list[tuple[date, Callable[[], None]]]:
        """Return what happens to plans and commitments."""
        return [
            (date(2023, 1, 9), self.plan_2023),
            (date(2023, 12, 31), self.settle_2023),
            (date(2024, 2, 2), self.plan_2024),
            (date(2024, 2, 5), self.void_f3),
            *((day, lambda day=day: self.sign_first_versions(day)) for day in SIGNED_ON),
            (date(2024, 2, 21), self.countersign_first_versions),
            (date(2024, 4, 16), self.chair_leaves),
            (date(2024, 4, 22), self.revise_certificates),
            (date(2024, 4, 24), self.second_versions_of_communes),
            (date(2024, 4, 26), self.first_answers),
            (date(2024, 5, 2), self.acting_head),
            (date(2024, 5, 3), self.more_communes_sign),
            (date(2024, 5, 6), self.answer_trung_my),
            (date(2024, 5, 7), self.secretary_of_thien_ke),
            (date(2024, 5, 8), self.second_versions_of_bodies),
            (date(2024, 5, 9), self.phu_xuan_returns),
            (date(2024, 5, 10), self.ten_may),
            (date(2024, 5, 13), self.third_version_of_trung_my),
            (date(2024, 5, 14), self.draft_of_the_office),
        ]

    def sweep_until(self, day: date) -> None:
        """Let the ladder take its steps, each morning up to `day` exclusive."""
        while self.swept_to < day:
            at = moment(self.swept_to, 8, 0)
            while cases.sweep(at=at):
                pass
            while duties.lock_due(at=at):
                pass
            self.swept_to += timedelta(days=1)

    # --- who and what -----------------------------------------------------------------------------

    @property
    def planner(self) -> User:
        return self.district.people["truc"]

    @property
    def assigner(self) -> User:
        return self.district.people["tung"]

    def latest(self, ref: str, year: str = "2024") -> CommitmentVersion:
        """Return the newest version of a unit's commitment."""
        versions = CommitmentVersion.objects.filter(commitment__ref=f"{year}-{ref}")
        return versions.order_by("-n")[0]

    def undertakers(self, ref: str, year: str = "2024") -> list[User]:
        """Return who first held the undertaking offices of a unit's newest version, in order."""
        version = self.latest(ref, year)
        offices = [version.first_undertaker, version.second_undertaker]
        return [self.holder(office.ref) for office in offices if office]

    def holder(self, office: str) -> User:
        """Return the titular holder of an office, also one who has left."""
        return Appointment.objects.filter(position__ref=office, mode="titular").latest("pk").person

    def draft(
        self, plan: Period, ref: str, sign_by: date, *, at: datetime, **more
    ) -> CommitmentVersion:
        """Draft the commitment of a unit with its head offices."""
        heads = self.district.units[ref].positions.filter(is_head=True).order_by("pk")
        offices = [head.pk for head in heads]
        return drafts.begin(
            period_id=plan.pk,
            unit_id=self.district.units[ref].pk,
            assigner_id=self.district.offices["hu-bi-thu"].pk,
            first_undertaker_id=offices[0],
            second_undertaker_id=offices[1] if len(offices) > 1 else None,
            sign_by=sign_by,
            by=self.planner,
            at=at,
            **more,
        )

    def issue(self, version: CommitmentVersion, *, at: datetime) -> CommitmentVersion:
        return commitments.issue(
            version_id=version.pk, by=self.planner, expected=version.etag_version, at=at
        )

    def amend(self, ref: str, reason: str, sign_by: date, *, at: datetime) -> CommitmentVersion:
        version = self.latest(ref)
        return commitments.amend(
            version_id=version.pk,
            by=self.planner,
            expected=version.etag_version,
            at=at,
            reason=reason,
            sign_by=sign_by,
        )

    def sign(self, ref: str, *people: User, at: datetime, year: str = "2024") -> None:
        """Let people sign the newest version of a unit's commitment, some minutes apart."""
        for place, person in enumerate(people):
            self.hand.act(
                A.SIGN, self.latest(ref, year), person, at=at + timedelta(minutes=7 * place)
            )

    def complete(self, refs: Iterable[str], *, day: date) -> None:
        """Let all undertakers of these units sign, and the assigner in the afternoon."""
        for place, ref in enumerate(refs):
            self.sign(ref, *self.undertakers(ref), at=moment(day, 10, place))
            self.countersign(ref, at=moment(day, 15, 3 * place))

    def ordinal(self, ref: str, code: str) -> int:
        """Return at which place the newest version of a unit has its part of a target."""
        items = self.latest(ref).items
        return items.get(revision__target__parent__code=code).ordinal

    def countersign(self, ref: str, *, at: datetime, year: str = "2024") -> None:
        self.hand.act(A.COUNTERSIGN, self.latest(ref, year), self.assigner, at=at)

    # --- 2023 -------------------------------------------------------------------------------------

    def plan_2023(self) -> None:
        at = moment(date(2023, 1, 9))
        plan = self.plans.make(2023, at=at)
        self.reporting.waive_year(plan, by=self.assigner, at=at)
        plans.open_period(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        for ref in OF_2023:
            self.issue(self.draft(plan, ref, date(2023, 1, 31), at=at), at=at)
        for place, ref in enumerate(OF_2023):
            signed = moment(date(2023, 1, 9), 14, 10 * place)
            self.sign(ref, *self.undertakers(ref, "2023"), at=signed, year="2023")
            self.countersign(ref, at=signed + timedelta(hours=1), year="2023")

    def settle_2023(self) -> None:
        """Conclude what was published or is made up, and close the books on two commitments."""
        at = moment(date(2023, 12, 31), 16)
        plan = Period.objects.get(code="2023")
        plans.start_closing(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        self.plans.observe_2023(at=at)
        concluded = {aim.code: aim for aim in AIMS}
        carried = plan.targets.filter(unit__ref__in=OF_2023).select_related("parent")
        for target in [*plan.targets.filter(parent=None).order_by("pk"), *carried.order_by("pk")]:
            aim = concluded[target.parent.code if target.parent else target.code]
            if aim.is_computed:
                scoring.compute_verdict(target_id=target.pk, by=self.assigner, at=at)
                continue
            scoring.assert_verdict(
                target_id=target.pk,
                verdict=aim.verdict,
                as_of=date(2023, 12, 31),
                source_ref="Biên bản quyết toán (minh họa)"
                if target.parent
                else aim.verdict_source,
                provenance=Provenance.SYNTHETIC if target.parent else aim.verdict_provenance,
                by=self.assigner,
                at=at,
            )
        for ref in OF_2023:
            version = self.latest(ref, "2023")
            commitments.settle(
                version_id=version.pk, by=self.assigner, expected=version.etag_version, at=at
            )

    # --- 2024 -------------------------------------------------------------------------------------

    def plan_2024(self) -> None:
        at = moment(date(2024, 2, 2), 8, 30)
        plan = self.plans.make(2024, at=at)
        self.reporting.waive_january(by=self.assigner, at=at)
        plans.open_period(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        for ref in [*REAL, "bx-f1", "bx-f3"]:
            order = SigningOrder.IN_ORDER if ref == "bx-thien-ke" else SigningOrder.PARALLEL
            version = self.draft(plan, ref, date(2024, 2, 20), at=at, signing_order=order)
            self.issue(version, at=at + timedelta(minutes=30))

    def void_f3(self) -> None:
        """Void the commitment of F3 and take its tasks back: F1 carries them."""
        at = moment(date(2024, 2, 5), 15)
        reason = "Nhiệm vụ được chuyển cho Ban Quản lý dự án."
        self.hand.act(A.VOID, self.latest("bx-f3"), self.assigner, at=at, reason={"text": reason})
        held = self.district.units["bx-f3"].targets.filter(period__code="2024").order_by("pk")
        for target in held:
            targets.withdraw_target(
                target_id=target.pk,
                reason=reason,
                by=self.assigner,
                expected=target.etag_version,
                at=at,
            )

    def sign_first_versions(self, day: date) -> None:
        for place, ref in enumerate(REAL):
            if SIGNED_ON[place % len(SIGNED_ON)] == day:
                self.sign(ref, *self.undertakers(ref), at=moment(day, 10, place))

    def countersign_first_versions(self) -> None:
        for place, ref in enumerate(REAL):
            self.countersign(ref, at=moment(date(2024, 2, 21), 14, place))

    def chair_leaves(self) -> None:
        office, day = LEAVES
        held = Appointment.objects.get(position__ref=office, valid_to=None)
        appointments.end_appointment(
            appointment_id=held.pk, end_on=day, by=self.district.founder, at=moment(day)
        )

    def revise_certificates(self) -> None:
        self.plans.revise_certificates(at=moment(date(2024, 4, 22)))

    def second_versions_of_communes(self) -> None:
        at = moment(date(2024, 4, 24))
        for ref in COMMUNES:
            version = self.amend(
                ref,
                "Chỉ tiêu cấp giấy chứng nhận được điều chỉnh từ 280 lên 300.",
                date(2024, 5, 10),
                at=at,
            )
            self.issue(version, at=at + timedelta(minutes=20))
        version = self.draft(Period.objects.get(code="2024"), "bx-f2", date(2024, 5, 10), at=at)
        self.issue(version, at=at + timedelta(minutes=40))

    def first_answers(self) -> None:
        """Three communes sign; Trung Mỹ sends its version back."""
        day = date(2024, 4, 26)
        self.complete(["bx-huong-canh", "bx-huong-son", "bx-tan-phong"], day=day)
        self.hand.act(
            A.RETURN,
            self.latest("bx-trung-my"),
            self.holder("trung-my-bi-thu"),
            at=moment(day, 11),
            reason={
                "items": [
                    {
                        "ordinal": self.ordinal("bx-trung-my", "H17.1"),
                        "code": "wrong_data",
                        "text": "Số hộ làm căn cứ phân bổ chưa trừ số hộ đã chuyển đi.",
                    }
                ]
            },
        )

    def acting_head(self) -> None:
        organisation.appoint_acting(self.district, at=moment(date(2024, 5, 2)))

    def more_communes_sign(self) -> None:
        day = date(2024, 5, 3)
        self.complete(["bx-gia-khanh", "bx-ba-hien", "bx-tam-hop", "bx-dao-duc"], day=day)

    def answer_trung_my(self) -> None:
        version = self.latest("bx-trung-my")
        objection = versions.objection_to(version)
        commitments.answer(
            version_id=version.pk,
            by=self.planner,
            expected=version.etag_version,
            at=moment(date(2024, 5, 6), 15),
            answers={
                row.pk: "Đã đối chiếu: số hộ tại thời điểm phân bổ là đúng, giữ nguyên phần giao."
                for row in objection.return_items.all()
            },
            sign_by=date(2024, 5, 24),
        )

    def secretary_of_thien_ke(self) -> None:
        self.sign("bx-thien-ke", self.holder("thien-ke-bi-thu"), at=moment(date(2024, 5, 7), 9, 40))

    def second_versions_of_bodies(self) -> None:
        at = moment(date(2024, 5, 8))
        for ref in ("bx-bdv", "bx-mttq", "bx-hnd"):
            version = self.amend(
                ref, "Thống nhất cách tính tỷ lệ (minh họa).", date(2024, 5, 22), at=at
            )
            self.issue(version, at=at + timedelta(minutes=15))
        self.hand.act(
            A.REFUSE,
            self.latest("bx-f2"),
            self.holder("f2-giam-doc"),
            at=moment(date(2024, 5, 8), 15),
            reason={
                "code": "not_competent",
                "text": "Nhiệm vụ không thuộc chức năng của Trung tâm.",
            },
        )

    def phu_xuan_returns(self) -> None:
        self.hand.act(
            A.RETURN,
            self.latest("bx-phu-xuan"),
            self.holder("phu-xuan-chu-tich"),
            at=moment(date(2024, 5, 9), 11),
            reason={
                "items": [
                    {
                        "ordinal": self.ordinal("bx-phu-xuan", "H17.1"),
                        "code": "value_too_high",
                        "text": "Đề nghị giao 14 giấy: còn 12 hồ sơ tranh chấp ranh giới.",
                    },
                    {
                        "ordinal": self.ordinal("bx-phu-xuan", "N08.1"),
                        "code": "wording",
                        "text": "Đề nghị ghi rõ thu trên địa bàn gồm những khoản nào.",
                    },
                ]
            },
        )

    def ten_may(self) -> None:
        for place, ref in enumerate(["bx-thanh-lang", "bx-son-loi"]):
            self.sign(ref, *self.undertakers(ref), at=moment(date(2024, 5, 10), 10 + place))

    def third_version_of_trung_my(self) -> None:
        self.issue(self.latest("bx-trung-my"), at=moment(date(2024, 5, 13)))

    def draft_of_the_office(self) -> None:
        self.amend(
            "bx-vphu",
            "Bổ sung lộ trình theo quý (minh họa).",
            date(2024, 5, 31),
            at=moment(date(2024, 5, 14)),
        )
