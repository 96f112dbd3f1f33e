"""The demonstration's year, played act by act in the order of its days, and swept as it goes.

What stands here is a timetable: every line is an ordinary act of a person at an instant, so the
register, the documents and the fired steps are genuine.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from commitments.actions import allocations, cases, commitments, drafts, plans, scoring, targets
from commitments.demo import organisation
from commitments.demo.ceremony import Hand
from commitments.demo.district import (
    BODIES,
    CERTIFICATES,
    CERTIFICATES_WHOLE,
    GROUPS,
    INDICATORS,
    LEAVES,
    REVENUE,
    UOMS,
)
from commitments.demo.organisation import District
from commitments.enums import (
    Comparator,
    MandateKind,
    SigningOrder,
    TargetOrigin,
    VerdictValue,
    VersionAct,
)
from commitments.models import Commitment, CommitmentVersion, IndicatorDefinition, Period, Target
from units import clock
from units.actions import appointments
from units.enums import Provenance
from units.models import Appointment, User

BEGINNING = datetime(2023, 1, 3, 2, tzinfo=UTC)
NOW = datetime(2024, 5, 15, 2, tzinfo=UTC)  # Wednesday, 09:00 of the body's day
A = VersionAct


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a local time of the body's day as an instant."""
    local = datetime.combine(day, time(hour, minute), tzinfo=clock.body_zone())
    return local.astimezone(UTC)


class Year:
    """Plays the timetable; `district` is built first."""

    def __init__(self, *, real_now: datetime) -> None:
        self.hand = Hand(real_now=real_now)
        self.district: District = organisation.build(at=BEGINNING)
        self.swept_to = date(2023, 1, 3)

    def play(self) -> None:
        """Play everything up to the demonstration's present, sweeping each morning."""
        for day, act in self.timetable():
            self.sweep_until(day)
            act()
        self.sweep_until(clock.local_date(NOW) + timedelta(days=1))

    def timetable(self) -> list[tuple[date, Callable[[], None]]]:
        """Return what happens on which day, in order."""
        return [
            (date(2023, 1, 9), self.plan_2023),
            (date(2023, 12, 31), self.settle_2023),
            (date(2024, 2, 2), self.plan_2024),
            (date(2024, 2, 5), self.void_f3),
            (date(2024, 2, 15), self.sign_first_versions),
            (date(2024, 4, 16), self.chair_leaves),
            (date(2024, 4, 22), self.revise_certificates),
            (date(2024, 4, 24), self.second_versions_of_communes),
            (
                date(2024, 5, 2),
                lambda: organisation.appoint_acting(self.district, at=moment(date(2024, 5, 2))),
            ),
            (date(2024, 5, 7), self.early_may),
            (date(2024, 5, 8), self.second_versions_of_bodies),
            (date(2024, 5, 9), self.phu_xuan_returns),
            (date(2024, 5, 10), self.ten_may),
            (date(2024, 5, 14), self.draft_of_the_office),
        ]

    def sweep_until(self, day: date) -> None:
        """Let the ladder take its steps, each morning up to `day` exclusive."""
        while self.swept_to < day:
            at = moment(self.swept_to, 8, 0)
            while cases.sweep(at=at):
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

    def undertakers(self, ref: str) -> list[User]:
        """Return who first held the undertaking offices of a unit's newest version, in order."""
        version = self.latest(ref)
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

    def countersign(self, ref: str, *, at: datetime, year: str = "2024") -> None:
        self.hand.act(A.COUNTERSIGN, self.latest(ref, year), self.assigner, at=at)

    # --- 2023 -------------------------------------------------------------------------------------

    def plan_2023(self) -> None:
        at = moment(date(2023, 1, 9))
        plan = self._plan(2023, at=at)
        target = self._target(plan, "N08.1", "revenue", "bx-f1", Decimal("12.5"), at=at)
        self._assign(plan, at=at)
        plans.open_period(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        version = self.draft(plan, "bx-f1", date(2023, 1, 31), at=at)
        self.issue(version, at=at)
        self.sign("bx-f1", self.holder("f1-giam-doc"), at=moment(date(2023, 1, 16)), year="2023")
        self.countersign("bx-f1", at=moment(date(2023, 1, 18)), year="2023")
        self.target_2023 = target

    def settle_2023(self) -> None:
        at = moment(date(2023, 12, 31), 16)
        plan = Period.objects.get(code="2023")
        plans.start_closing(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        scoring.assert_verdict(
            target_id=self.target_2023.pk,
            verdict=VerdictValue.MET,
            as_of=date(2023, 12, 31),
            source_ref="Biên bản quyết toán (minh họa)",
            by=self.assigner,
            at=at,
        )
        version = self.latest("bx-f1", "2023")
        commitments.settle(
            version_id=version.pk, by=self.assigner, expected=version.etag_version, at=at
        )

    # --- 2024 -------------------------------------------------------------------------------------

    def _plan(self, year: int, *, at: datetime) -> Period:
        plan = plans.create_period(
            owner_id=self.district.units["bx-hu"].pk,
            year=year,
            provenance=Provenance.SYNTHETIC,
            by=self.planner,
            at=at,
        )
        mandate = plans.create_mandate(
            issuer_id=self.district.units["bx-hu"].pk,
            kind=MandateKind.RESOLUTION,
            title_vi=f"Nghị quyết về nhiệm vụ năm {year}",
            title_en=f"Resolution on the tasks of {year}",
            provenance=Provenance.SYNTHETIC,
            by=self.planner,
            at=at,
        )
        for code, field, vi, en in GROUPS:
            plans.create_group(
                period_id=plan.pk,
                mandate_id=mandate.pk,
                code=code,
                title_vi=vi,
                title_en=en,
                field=field,
                by=self.planner,
                at=at,
            )
        if not IndicatorDefinition.objects.exists():
            self._define(at=at)
        return plan

    def _define(self, *, at: datetime) -> None:
        uoms = {
            code: targets.define_unit_of_measure(
                code=code, label_vi=vi, label_en=en, by=self.planner, at=at
            )
            for code, vi, en in UOMS
        }
        for row in INDICATORS:
            targets.define_indicator(
                code=row.code,
                name_vi=row.name_vi,
                name_en=row.name_en,
                kind=row.kind,
                nature=row.nature,
                uom_id=uoms[row.uom].pk,
                decimals=row.decimals,
                numerator=row.numerator,
                denominator=row.denominator,
                provenance=Provenance.SYNTHETIC,
                by=self.planner,
                at=at,
            )

    def _target(
        self,
        plan: Period,
        code: str,
        indicator: str,
        unit: str,
        value: Decimal,
        *,
        at: datetime,
        comparator: Comparator = Comparator.GE,
        quarters: tuple[str, ...] = (),
        **said,
    ) -> Target:
        parts = list(plan.children.filter(kind="quarter").order_by("starts_on"))
        definition = IndicatorDefinition.objects.get(code=indicator)
        group = next(row.group for row in INDICATORS if row.code == indicator)
        return targets.create_target(
            period_id=plan.pk,
            group_id=plan.groups.get(code=group).pk,
            indicator_id=definition.pk,
            unit_id=self.district.units[unit].pk,
            code=code,
            wanted=targets.Wanted(
                comparator,
                value,
                roadmap=[
                    (part.pk, Decimal(point)) for part, point in zip(parts, quarters, strict=False)
                ],
                **said,
            ),
            origin=TargetOrigin.OWN,
            by=self.planner,
            at=at,
        )

    def _assign(self, plan: Period, *, at: datetime) -> None:
        planned = plan.targets.filter(state="planned").values_list("pk", flat=True)
        targets.assign_targets(target_ids=list(planned), by=self.planner, at=at)
        plan.refresh_from_db()

    def plan_2024(self) -> None:
        at = moment(date(2024, 2, 2), 8, 30)
        plan = self._plan(2024, at=at)
        whole = self._target(
            plan,
            "H17.1",
            "certificates",
            "bx",
            Decimal(CERTIFICATES_WHOLE[0]),
            at=at,
            quarters=("70", "140", "210", CERTIFICATES_WHOLE[0]),
            baseline=Decimal(250),
            baseline_period="2023",
        )
        self._split(whole, 0, at=at)
        for place, (ref, value) in enumerate(REVENUE.items(), start=1):
            self._target(plan, f"N08.{place}", "revenue", ref, Decimal(value), at=at)
        for place, ref in enumerate(BODIES, start=1):
            if ref == "bx-f3":
                indicator, share, comparator = "inspections", Decimal(25), Comparator.GE
            elif ref in {"bx-f1", "bx-f2"}:
                indicator, share, comparator = "revenue", Decimal("14.2"), Comparator.GE
            else:
                indicator, share, comparator = "members", Decimal(80), Comparator.GT
            self._target(plan, f"N03.{place}", indicator, ref, share, at=at, comparator=comparator)
        self._assign(plan, at=at)
        plans.open_period(period_id=plan.pk, by=self.assigner, expected=plan.etag_version, at=at)
        for ref in [*CERTIFICATES, *(body for body in BODIES if body != "bx-f2")]:
            order = SigningOrder.IN_ORDER if ref == "bx-thien-ke" else SigningOrder.PARALLEL
            version = self.draft(plan, ref, date(2024, 2, 20), at=at, signing_order=order)
            self.issue(version, at=at + timedelta(minutes=30))

    def _split(self, whole: Target, place: int, *, at: datetime) -> None:
        allocations.allocate(
            target_id=whole.pk,
            parts={
                self.district.units[ref].pk: Decimal(row[place])
                for ref, row in CERTIFICATES.items()
            },
            key_used="Số hộ (minh họa)",
            by=self.planner,
            expected=Target.objects.get(pk=whole.pk).etag_version,
            at=at,
        )

    def void_f3(self) -> None:
        self.hand.act(
            A.VOID,
            self.latest("bx-f3"),
            self.assigner,
            at=moment(date(2024, 2, 5), 15),
            reason={"text": "Nhiệm vụ được chuyển cho Ban Quản lý dự án."},
        )

    def sign_first_versions(self) -> None:
        for place, ref in enumerate(
            [*CERTIFICATES, "bx-btc", "bx-bdv", "bx-mttq", "bx-hnd", "bx-vphu"]
        ):
            day = date(2024, 2, 15) + timedelta(days=place % 4)
            self.sign(ref, *self.undertakers(ref), at=moment(day, 10, place))
        for place, ref in enumerate(
            [*CERTIFICATES, "bx-btc", "bx-bdv", "bx-mttq", "bx-hnd", "bx-vphu"]
        ):
            self.countersign(ref, at=moment(date(2024, 2, 19), 14, place))

    def chair_leaves(self) -> None:
        office, day = LEAVES
        held = Appointment.objects.get(position__ref=office, valid_to=None)
        appointments.end_appointment(
            appointment_id=held.pk, end_on=day, by=self.district.founder, at=moment(day)
        )

    def revise_certificates(self) -> None:
        at = moment(date(2024, 4, 22))
        whole = Target.objects.get(period__code="2024", code="H17.1")
        targets.revise_target(
            target_id=whole.pk,
            wanted=targets.wanted_of(
                whole.revisions.latest("n"), value=Decimal(CERTIFICATES_WHOLE[1]), roadmap=[]
            ),
            reason="Giao bổ sung theo tiến độ đo đạc (minh họa)",
            by=self.planner,
            expected=whole.etag_version,
            at=at,
        )
        self._split(whole, 1, at=at)

    def second_versions_of_communes(self) -> None:
        at = moment(date(2024, 4, 24))
        for ref in CERTIFICATES:
            if ref == "bx-ba-hien":
                continue
            version = self.amend(
                ref,
                "Chỉ tiêu cấp giấy chứng nhận được điều chỉnh từ 280 lên 300.",
                date(2024, 5, 10),
                at=at,
            )
            self.issue(version, at=at + timedelta(minutes=20))
        version = self.draft(Period.objects.get(code="2024"), "bx-f2", date(2024, 5, 10), at=at)
        self.issue(version, at=at + timedelta(minutes=40))
        signed = moment(date(2024, 4, 26), 10)
        self.sign("bx-huong-son", *self.undertakers("bx-huong-son"), at=signed)
        self.countersign("bx-huong-son", at=moment(date(2024, 4, 26), 15))

    def early_may(self) -> None:
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
                        "ordinal": 1,
                        "code": "value_too_high",
                        "text": "Đề nghị giao 38 giấy: còn 12 hồ sơ tranh chấp ranh giới.",
                    },
                    {
                        "ordinal": 2,
                        "code": "wording",
                        "text": "Đề nghị ghi rõ thu trên địa bàn gồm những khoản nào.",
                    },
                ]
            },
        )

    def ten_may(self) -> None:
        self.sign(
            "bx-thanh-lang", *self.undertakers("bx-thanh-lang"), at=moment(date(2024, 5, 10), 10)
        )

    def draft_of_the_office(self) -> None:
        self.amend(
            "bx-vphu",
            "Bổ sung lộ trình theo quý (minh họa).",
            date(2024, 5, 31),
            at=moment(date(2024, 5, 14)),
        )


def counts() -> dict[str, int]:
    """Return how many commitments stand in each state, by their newest version."""
    found: dict[str, int] = {}
    for commitment in Commitment.objects.with_latest():
        found[commitment.state] = found.get(commitment.state, 0) + 1
    return found
