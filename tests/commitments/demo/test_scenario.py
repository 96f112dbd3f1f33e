"""Units, people, plans and commitments of the demonstration are those of its scenario, by number."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from commitments.actions import allocations, cases
from commitments.demo import loading, year
from commitments.enums import (
    ClockKind,
    Comparator,
    Decision,
    Field,
    TargetState,
    VerdictValue,
    VersionAct,
    VersionState,
)
from commitments.models import (
    CaseClock,
    Commitment,
    CommitmentVersion,
    Explanation,
    SignatureAct,
    StepFired,
    Target,
    TargetRevision,
    Verdict,
)
from commitments.permissions import office_at_slot
from units import clock
from units.enums import AppointmentMode, DayKind, Provenance, Role, Tree, UnitKind
from units.models import CalendarDay, OrgEdge, OrgUnit, OrgUnitVersion, Position, User
from units.permissions import holder_at, roles_of
from units.querysets.organisation import reach_of

pytestmark = pytest.mark.usefixtures("at")
COMMUNES = [
    *("bx-huong-canh", "bx-gia-khanh", "bx-trung-my", "bx-ba-hien", "bx-thien-ke", "bx-huong-son"),
    *("bx-tam-hop", "bx-quat-luu", "bx-son-loi", "bx-dao-duc", "bx-tan-phong", "bx-thanh-lang"),
    "bx-phu-xuan",
]  # in the order of their codes


def newest(ref: str) -> CommitmentVersion:
    return CommitmentVersion.objects.latest().get(commitment__ref=f"2024-{ref}")


def steps_of(ref: str, n: int, kind: ClockKind) -> list[tuple[int, int, date]]:
    """Return (level, repeat, day) of what a clock has fired."""
    rows = StepFired.objects.filter(
        clock__version__commitment__ref=f"2024-{ref}", clock__version__n=n, clock__kind=kind
    ).order_by("pk")
    assert {row.decision for row in rows} <= {Decision.FIRED}
    return [(row.level, row.repeat, clock.local_date(row.decided_at)) for row in rows]


# --- units and people -----------------------------------------------------------------------------


def test_units_have_their_kinds_codes_and_edges():
    kinds = Counter(OrgUnit.objects.values_list("kind", flat=True))
    assert kinds == {
        UnitKind.PROVINCE: 1,
        UnitKind.DISTRICT: 1,
        UnitKind.PARTY_COMMITTEE: 2,
        UnitKind.PEOPLES_COMMITTEE: 1,
        UnitKind.TOWN: 5,
        UnitKind.COMMUNE: 8 + 4,  # and the four successors
        UnitKind.PARTY_BODY: 5,
        UnitKind.SERVICE_UNIT: 3,
        UnitKind.FRONT: 1,
        UnitKind.SOCIO_POLITICAL_ORG: 5,
        UnitKind.DEPARTMENT: 12,
        UnitKind.OTHER: 1,
    }
    codes = dict(OrgUnitVersion.objects.values_list("unit__ref", "official_code"))
    assert [codes[ref] for ref in COMMUNES] == [
        *("08935", "08936", "08938", "08944", "08947", "08950", "08953", "08956", "08959"),
        *("08962", "08965", "08968", "08971"),
    ]
    assert (codes["vp"], codes["bx"]) == ("26", "249")
    assert codes["pt-binh-xuyen"] == codes["bx-huong-son"]  # a code is no key
    edges = Counter(OrgEdge.objects.values_list("tree", flat=True))
    assert edges == {Tree.ADMIN: 31, Tree.PARTY: 27, Tree.FRONT: 5}


def test_successors_exist_from_the_merger_on():
    later = OrgUnit.objects.filter(valid_from=date(2025, 7, 1))
    assert set(later.values_list("ref", flat=True)) == {
        *("pt-binh-nguyen", "pt-binh-xuyen", "pt-binh-tuyen", "pt-xuan-lang")
    }
    assert OrgUnit.objects.in_force(date(2024, 5, 15)).count() == OrgUnit.objects.count() - 4


def test_named_units_name_their_source_and_the_others_are_marked():
    marks = Counter(OrgUnit.objects.values_list("provenance", flat=True))
    assert set(marks) == {Provenance.SOURCED, Provenance.SYNTHETIC}
    invented = OrgUnit.objects.filter(provenance=Provenance.SYNTHETIC, ref__startswith="bx-f")
    assert invented.count() == 3
    assert not OrgUnit.objects.filter(provenance=Provenance.SOURCED, source_ref="").exists()
    assert OrgUnit.objects.get(ref="bx-huong-son").provenance == Provenance.SOURCED
    assert OrgUnit.objects.get(ref="bx-bdv").provenance == Provenance.SYNTHETIC


def test_people_hold_the_offices_and_roles_of_the_scenario(at):
    for username, name, role in [
        ("tung", "Âu Trường Tùng", Role.ASSIGNER),
        ("truc", "Nghiêm Thị Trúc", Role.PLANNER),
        ("bach", "Cung Văn Bách", Role.SUPERVISOR),
        ("lieu", "Tiêu Hồng Liễu", None),
        ("duoc", "Ninh Văn Đước", None),
        ("soi", "Thạch Văn Sồi", None),
        ("ngai", "Quách Thị Ngải", None),
        ("sim", "Mạc Thị Sim", Role.REPORTER),
        ("thong", "Lục Văn Thông", Role.VERIFIER),
        ("que", "Khuất Thị Quế", Role.INSPECTOR),
        ("say", "Doãn Thị Sậy", Role.RECORDS_OFFICER),
        ("vien", "Viên Văn Tre", Role.ADMINISTRATOR),
        ("ta", "Tạ Văn Cau", None),
    ]:
        person = User.objects.get(username=username)
        assert person.full_name == name
        assert roles_of(person, at=at) == ({role} if role else set())

    heads = Position.objects.filter(is_head=True)
    vacant = [head.ref for head in heads if holder_at(head.pk, at=at) is None]
    assert vacant == ["quat-luu-chu-tich"]
    acting = holder_at(heads.get(ref="hnd-chu-tich").pk, at=at)
    assert acting is not None
    assert (acting.person.username, acting.mode) == ("ngai", AppointmentMode.ACTING)
    assert (acting.valid_from, acting.valid_to) == (date(2024, 5, 2), date(2024, 8, 1))
    assert heads.filter(unit__ref="bx-tan-phong").count() == 1


def test_calendar_of_2024_is_closed_and_open_as_written():
    days = CalendarDay.objects.filter(approved_by__isnull=False)
    closed = set(days.filter(kind=DayKind.CLOSED).values_list("date", flat=True))
    tet = {date(2024, 2, day) for day in range(8, 15)}
    others = [(1, 1), (4, 18), (4, 29), (4, 30), (5, 1), (9, 2), (9, 3)]
    assert closed == tet | {date(2024, month, day) for month, day in others}
    opened = days.filter(kind=DayKind.OPEN).values_list("date", flat=True)
    assert list(opened) == [date(2024, 5, 4)]


# --- plans and targets ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["2023", "2024"])
def test_plan_has_16_groups_with_32_targets_and_three_of_its_own(code):
    wholes = Target.objects.filter(period__code=code, parent=None)
    assert {whole.unit.ref for whole in wholes} == {"bx"}
    assert Counter(wholes.values_list("origin", flat=True)) == {"superior": 32, "own": 3}
    superior = wholes.filter(origin="superior")
    spread = Counter(superior.order_by("code").values_list("group__code", flat=True))
    assert list(spread.values()) == [3, 2, 3, 2, 2, 2, 2, 3, 2, 1, 2, 2, 2, 1, 1, 2]
    assert superior.filter(group__field=Field.PARTY_BUILDING).count() == 14
    assert {whole.group.code for whole in wholes.filter(origin="own")} == {"H17"}


def test_results_of_2023_are_30_of_32():
    verdicts = Verdict.objects.filter(target__period__code="2023", target__parent=None)
    superior = verdicts.filter(target__origin="superior")
    assert Counter(superior.values_list("verdict", flat=True)) == {
        VerdictValue.MET: 30,
        VerdictValue.UNMET: 2,
    }
    party = superior.filter(target__group__field=Field.PARTY_BUILDING)
    assert set(party.values_list("verdict", flat=True)) == {VerdictValue.MET}
    unmet = superior.filter(verdict=VerdictValue.UNMET).values_list(
        "target__group__code", flat=True
    )
    assert sorted(unmet) == ["N07", "N14"]
    own = verdicts.filter(target__origin="own").values_list("verdict", flat=True)
    assert list(own) == [VerdictValue.INDETERMINATE] * 3


def test_published_targets_say_what_was_published():
    def said(code: str) -> tuple:
        row = TargetRevision.objects.get(target__period__code="2023", target__code=code)
        return row.comparator, row.value, row.value_basis, row.target.provenance

    sourced = Provenance.SOURCED
    assert said("N03.1") == (Comparator.GT, Decimal(80), "stated", sourced)
    assert said("N07.1") == (Comparator.GE, Decimal("16.8"), "stated", sourced)
    assert said("N08.1") == (Comparator.GE, None, "unstated", sourced)
    assert said("N09.1") == (Comparator.GE, Decimal(100), "stated", sourced)
    assert said("N13.1") == (Comparator.LE, None, "unstated", sourced)
    assert said("H17.1") == (Comparator.GE, Decimal(250), "stated", sourced)
    assert said("H17.3") == (Comparator.GE, Decimal(25), "stated", sourced)
    roads = TargetRevision.objects.get(target__period__code="2024", target__code="H17.2")
    assert (roads.mode, roads.maintain_rule, roads.maintain_share) == ("maintain", "share", 90)
    marked = Target.objects.filter(provenance=sourced)
    assert not marked.exclude(period__code="2023", parent=None).exists()
    flagged = Target.objects.filter(period__code="2023", parent=None, is_new=True)
    assert sorted(flagged.values_list("code", flat=True)) == ["N03.1", "N07.1", "N09.1"]


@pytest.mark.parametrize(
    ("code", "n", "parts"),
    [
        ("2023", 1, [27, 21, 15, 28, 18, 14, 15, 11, 19, 27, 14, 28, 13]),
        ("2024", 1, [31, 23, 16, 32, 20, 16, 17, 12, 21, 30, 16, 31, 15]),
        ("2024", 2, [33, 25, 18, 34, 21, 17, 18, 13, 22, 32, 17, 34, 16]),
    ],
)
def test_certificates_are_split_by_households(code, n, parts):
    rows = TargetRevision.objects.filter(
        target__period__code=code, target__parent__code="H17.1", n=n
    ).values_list("target__unit__ref", "value")
    assert dict(rows) == dict(zip(COMMUNES, map(Decimal, parts), strict=True))
    whole = TargetRevision.objects.get(target__period__code=code, target__code="H17.1", n=n)
    assert whole.value == sum(parts)


def test_every_allocation_adds_up():
    wholes = list(Target.objects.filter(parent=None).prefetch_related("revisions"))
    assert allocations.gaps(targets=wholes) == {}
    assert allocations.uneven(targets=wholes) == []


def test_units_carry_211_targets():
    carried = Target.objects.filter(period__code="2024", parent__isnull=False)
    kept = Counter(carried.filter(state=TargetState.ASSIGNED).values_list("unit__ref", flat=True))
    assert sum(kept.values()) == 211
    assert {kept[ref] for ref in COMMUNES} == {12}
    parties = ["bx-btc", "bx-btg", "bx-bdv", "bx-ubkt", "bx-vphu"]
    assert {kept[ref] for ref in parties} == {5}
    unions = ["bx-mttq", "bx-ldld", "bx-hnd", "bx-hpn", "bx-dtn", "bx-ccb"]
    assert {kept[ref] for ref in unions} == {4}
    assert (kept["bx-f1"], kept["bx-f2"], kept["bx-f3"]) == (3, 3, 0)
    withdrawn = carried.filter(state=TargetState.WITHDRAWN).values_list("unit__ref", flat=True)
    assert set(withdrawn) == {"bx-f3"}


# --- commitments ----------------------------------------------------------------------------------


def test_27_commitments_of_2024_stand_as_written_and_two_of_2023_are_settled():
    assert Commitment.objects.filter(period__code="2024").count() == 27
    settled = CommitmentVersion.objects.filter(state=VersionState.SETTLED)
    refs = settled.values_list("commitment__ref", flat=True)
    assert sorted(refs) == ["2023-bx-f1", "2023-bx-f3"]
    assert loading.counts() == {
        VersionState.IN_FORCE: 14,
        VersionState.SIGNED: 2,
        VersionState.ISSUED: 7,
        VersionState.RETURNED: 1,
        VersionState.REFUSED: 1,
        VersionState.DRAFT: 1,
        VersionState.VOIDED: 1,
        VersionState.SETTLED: 2,
    }
    found: dict[tuple[str, int], set[str]] = {}
    for row in CommitmentVersion.objects.latest().filter(commitment__period__code="2024"):
        found.setdefault((row.state, row.n), set()).add(row.commitment.ref.removeprefix("2024-bx-"))
    assert found == {
        (VersionState.IN_FORCE, 2): {
            *("huong-canh", "gia-khanh", "ba-hien", "huong-son", "tam-hop", "dao-duc", "tan-phong")
        },
        (VersionState.IN_FORCE, 1): {"btc", "btg", "ubkt", "ldld", "hpn", "dtn", "ccb"},
        (VersionState.SIGNED, 2): {"thanh-lang", "son-loi"},
        (VersionState.ISSUED, 2): {"bdv", "mttq", "hnd", "thien-ke", "quat-luu"},
        (VersionState.ISSUED, 3): {"trung-my"},
        (VersionState.ISSUED, 1): {"f1"},
        (VersionState.RETURNED, 2): {"phu-xuan"},
        (VersionState.REFUSED, 1): {"f2"},
        (VersionState.DRAFT, 2): {"vphu"},
        (VersionState.VOIDED, 1): {"f3"},
    }


def test_45_versions_of_2024_by_state():
    versions = CommitmentVersion.objects.filter(commitment__period__code="2024")
    assert versions.count() == 45
    assert Counter(versions.values_list("state", flat=True)) == {
        VersionState.IN_FORCE: 24,
        VersionState.SUPERSEDED: 7,
        VersionState.SIGNED: 2,
        VersionState.ISSUED: 7,
        VersionState.RETURNED: 2,
        VersionState.REFUSED: 1,
        VersionState.VOIDED: 1,
        VersionState.DRAFT: 1,
    }


def test_54_signatures_of_undertakers_and_31_of_the_assigner():
    start = year.moment(date(2024, 1, 1), 0)
    acts = Counter(SignatureAct.objects.filter(at__gte=start).values_list("act", flat=True))
    assert (acts[VersionAct.SIGN], acts[VersionAct.COUNTERSIGN]) == (54, 31)
    assert (acts[VersionAct.RETURN], acts[VersionAct.REFUSE], acts[VersionAct.VOID]) == (2, 1, 1)


def test_first_versions_were_in_force_by_march():
    first = CommitmentVersion.objects.filter(commitment__period__code="2024", n=1)
    before = first.filter(in_force_at__lt=year.moment(date(2024, 3, 1), 0))
    assert before.count() == 24
    assert set(first.values_list("sign_by", flat=True)) == {date(2024, 2, 20), date(2024, 5, 10)}
    assert newest("bx-f2").sign_by == date(2024, 5, 10)


@pytest.mark.parametrize(
    ("ref", "state", "on"),
    [
        ("bx-thanh-lang", ClockKind.COUNTERSIGN, date(2024, 5, 17)),
        ("bx-son-loi", ClockKind.COUNTERSIGN, date(2024, 5, 17)),
        ("bx-bdv", ClockKind.SIGN, date(2024, 5, 22)),
        ("bx-mttq", ClockKind.SIGN, date(2024, 5, 22)),
        ("bx-hnd", ClockKind.SIGN, date(2024, 5, 22)),
        ("bx-trung-my", ClockKind.SIGN, date(2024, 5, 24)),
        ("bx-thien-ke", ClockKind.SIGN, date(2024, 5, 10)),
        ("bx-quat-luu", ClockKind.SIGN, date(2024, 5, 10)),
        ("bx-f1", ClockKind.SIGN, date(2024, 2, 20)),
        ("bx-phu-xuan", ClockKind.ANSWER, date(2024, 5, 16)),
        ("bx-f2", ClockKind.ANSWER, date(2024, 5, 15)),
    ],
)
def test_what_waits_is_due_on_the_day_written(ref, state, on):
    waiting = CaseClock.objects.open().get(version=newest(ref))
    assert (waiting.kind, waiting.due_on) == (state, on)


def test_the_ladder_has_taken_the_steps_written_and_no_other():
    day = date(2024, 5, 15)
    for ref in ("bx-bdv", "bx-mttq", "bx-hnd"):
        assert steps_of(ref, 2, ClockKind.SIGN)[-1] == (0, 1, day)
    fired = StepFired.objects.filter(clock__version=newest("bx-hnd")).latest("pk")
    assert fired.decided_at == year.moment(day, 8)
    assert steps_of("bx-trung-my", 3, ClockKind.SIGN) == []
    for ref in ("bx-thien-ke", "bx-quat-luu"):
        assert steps_of(ref, 2, ClockKind.SIGN)[-1] == (1, 0, date(2024, 5, 13))
    above = [step for step in steps_of("bx-f1", 1, ClockKind.SIGN) if step[0] > 0]
    assert above == [
        (1, 0, date(2024, 2, 21)),
        (2, 0, date(2024, 2, 27)),
        (3, 0, date(2024, 3, 6)),
        (4, 0, date(2024, 3, 21)),
        (4, 1, date(2024, 4, 22)),  # said again, 30 days later, on the next working day
    ]
    asked = Explanation.objects.get(clock__case=None)
    assert asked.clock.version == newest("bx-f1")
    assert asked.due_on == date(2024, 3, 1)
    of_versions = StepFired.objects.filter(level__gt=0, clock__version__isnull=False)
    assert of_versions.count() == len(above) + 2


def test_next_step_of_the_late_ones_is_on_17_may():
    for ref in ("bx-thien-ke", "bx-quat-luu"):
        clocks = CaseClock.objects.open().with_ladder().get(version=newest(ref))
        step = cases.next_step(clocks)
        assert step is not None
        assert (step.level, step.at) == (2, year.moment(date(2024, 5, 17), 8))


def test_thien_ke_waits_for_its_chair_alone_and_quat_luu_for_both(at):
    def missing(ref: str) -> set[str]:
        slots = newest(ref).sealed.slots.filter(role="undertaker")
        return {slot.office.ref for slot in slots if not slot.acts.exists()}

    assert missing("bx-thien-ke") == {"thien-ke-chu-tich"}
    assert missing("bx-quat-luu") == {"quat-luu-bi-thu", "quat-luu-chu-tich"}
    slot = newest("bx-hnd").sealed.slots.get(role="undertaker")
    acting = office_at_slot(User.objects.get(username="ngai"), slot, at=at)
    assert acting is not None
    assert office_at_slot(User.objects.get(username="quynh"), slot, at=at) is None


def test_returns_and_the_refusal_have_the_reasons_written():
    def codes(ref: str, n: int) -> list[str]:
        version = CommitmentVersion.objects.get(commitment__ref=f"2024-{ref}", n=n)
        acts = SignatureAct.objects.filter(
            slot__document=version.document_id, act=VersionAct.RETURN
        )
        return [item.reason_code for item in acts.get().return_items.order_by("item_ordinal")]

    assert sorted(codes("bx-phu-xuan", 2)) == ["value_too_high", "wording"]
    assert codes("bx-trung-my", 2) == ["wrong_data"]
    refusal = SignatureAct.objects.get(act=VersionAct.REFUSE)
    assert refusal.reason_code == "not_competent"
    assert clock.local_date(refusal.at) == date(2024, 5, 8)


def test_certificates_of_commitments_add_up_to_what_is_assigned():
    items = Target.objects.filter(period__code="2024", parent__code="H17.1")
    latest = TargetRevision.objects.filter(target__in=items, n=2)
    assert latest.aggregate(total=Sum("value"))["total"] == 300


def test_loading_stops_at_nine_of_15_may(at):
    local = at.astimezone(clock.body_zone())
    assert timedelta(0) <= local - datetime(2024, 5, 15, 9, tzinfo=clock.body_zone())
    assert local.date() == date(2024, 5, 15)
    assert reach_of(User.objects.get(username="ta"), at=at).unit_ids == frozenset()
