"""Distinct units: frozen at the start of the year, counted once, corrected and never rewritten."""

from datetime import UTC, date, datetime

import pytest

from commitments.actions import inspections, portraits, targets
from commitments.actions.evidence import Sent
from commitments.enums import TargetState
from commitments.models import Evidence, Inspection
from commitments.rules.figures import Figure
from tests.factories.body import NOW, unit
from tests.factories.inspections import DAY, make_inspecting
from units.actions.register import data_of
from units.enums import Role
from units.errors import Conflict, Invalid, NotAllowed
from units.models import OrgEdge, OrgUnit, RegisterEntry, RoleGrant

pytestmark = pytest.mark.django_db
JULY = datetime(2024, 7, 2, 2, tzinfo=UTC)
CLOSED = datetime(2025, 1, 2, 2, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n photo"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def made():
    return make_inspecting()


def line_of(target, *, at):
    return portraits.of_one(target, at=at)


def named(figure: Figure, name: str) -> list[Figure]:
    return [one for one in figure if one.name == name]


def test_fifteen_of_sixty_meet_a_quarter_and_a_unit_counts_once():  # G-10
    made = make_inspecting(more=58)
    made.fix()
    for one in made.units[:15]:
        made.record(one)
    made.record(made.units[0], on=date(2024, 1, 20))  # inspected again
    gone = made.units[40]
    OrgEdge.objects.filter(child=gone).update(valid_to=date(2024, 6, 1))
    OrgUnit.objects.filter(pk=gone.pk).update(valid_to=date(2024, 6, 1))  # abolished in June
    unit("bx-later", "Later", parent=made.body.committee)

    found = line_of(made.target, at=CLOSED).result
    assert (found.standing.first, found.standing.second) == (15, 60)
    assert found.standing.actual.value == 25
    assert found.verdict.said == "met"


def test_fourteen_of_sixty_do_not():
    made = make_inspecting(more=58)
    made.fix()
    for one in made.units[:14]:
        made.record(one)
    assert line_of(made.target, at=CLOSED).result.verdict.said == "unmet"


def test_before_the_first_record_nothing_is_known_which_is_not_zero(made):
    made.fix()
    assert line_of(made.target, at=CLOSED).result.verdict.said == "indeterminate"
    june = datetime(2024, 6, 20, 2, tzinfo=UTC)
    made.record(made.units[0], on=date(2024, 6, 20), at=june)
    assert line_of(made.target, at=june).result.standing.as_of is None
    assert line_of(made.target, at=JULY).result.standing.as_of == date(2024, 6, 30)


def test_why_leads_down_to_the_records(made):
    made.fix()
    first = made.record(made.units[0])
    made.record(made.units[1], on=date(2024, 1, 20))
    verdict = line_of(made.target, at=JULY).result.verdict
    (counted,) = named(verdict, "inspected")
    assert counted.value == 2
    assert [(one.ref, one.said) for one in counted.parts] == [
        (f"inspection/{first.ref}", "2024-01-15"),
        (f"inspection/{made.target.ref}-i2", "2024-01-20"),
    ]


def test_a_record_is_corrected_and_never_rewritten(made):
    made.fix()
    wrong = made.record(made.units[0], files=[Sent("anh.png", PNG)])
    right = made.correct(wrong, unit_id=made.units[1].pk, files=[Sent("bb.pdf", b"%PDF-1.7 bb")])

    wrong.refresh_from_db()
    assert (wrong.unit, wrong.counts, right.counts) == (made.units[0], False, True)
    assert right.corrects == wrong
    tally = inspections.tally(made.target, on=DAY)
    assert [record.unit for record in tally.upto(DAY)] == [made.units[1].pk]
    names = Evidence.objects.filter(inspection=right).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["anh.png", "bb.pdf"]  # what was shown stays shown
    told = data_of(RegisterEntry.objects.get(kind="inspection.correct"))
    assert (told["corrects"], told["reason"]) == (wrong.ref, "Ghi nhầm ngày.")
    assert len(told["files"]) == 2

    with pytest.raises(Conflict) as again:
        made.correct(wrong)
    assert again.value.code == "inspection-corrected"


def test_an_inspection_that_never_was_counts_no_more(made):
    made.fix()
    gone = made.correct(made.record(made.units[0]), took_place=False)
    assert not gone.counts
    assert inspections.tally(made.target, on=DAY).upto(DAY) == []
    with pytest.raises(Invalid) as refused:
        made.correct(gone, reason="  ")
    assert refused.value.code == "reason-missing"


def test_as_it_was_known_before_the_correction(made):
    made.fix()
    made.correct(made.record(made.units[0]), took_place=False, at=JULY)
    known = inspections.tallies([made.target.pk], on=DAY, known_at=NOW)[made.target.pk]
    assert len(known.upto(DAY)) == 1


def test_the_units_are_those_of_the_first_day_and_frozen(made):
    late = unit("bx-late", "Late", parent=made.body.committee)
    OrgUnit.objects.filter(pk=late.pk).update(valid_from=date(2024, 1, 20))
    with pytest.raises(Invalid) as refused:
        made.fix([*made.units, late])
    assert refused.value.code == "unit-not-countable"
    assert "01/01/2024" in str(refused.value.fields["units"][0])
    with pytest.raises(Invalid) as refused:
        made.fix([])
    assert refused.value.code == "scope-empty"
    scope = made.fix()
    assert (scope.counted_on, scope.units.count()) == (date(2024, 1, 1), 4)
    with pytest.raises(Conflict) as refused:
        made.fix(made.units[:1])
    assert refused.value.code == "scope-fixed"


def test_only_a_revision_lets_others_be_counted(made):
    made.fix()
    targets.revise_target(
        target_id=made.target.pk,
        wanted=targets.wanted_of(made.target.current, value=30),
        reason="Hội đồng giao lại.",
        by=made.body.planner,
        expected=made.target.etag_version,
        at=NOW,
    )
    made.target = type(made.target).objects.get(pk=made.target.pk)
    assert inspections.scope_of(made.target).revision.n == 1  # until others are frozen these hold
    scope = made.fix(made.units[:2])
    assert (scope.revision.n, scope.counted_on) == (2, date(2024, 2, 2))
    made.record(made.units[0])
    with pytest.raises(Invalid) as refused:
        made.record(made.units[3])
    assert refused.value.code == "unit-not-counted"
    tally = inspections.tally(made.target, on=DAY)
    assert len(tally.among) == 2
    known = inspections.tallies([made.target.pk], on=DAY, known_at=NOW)
    assert len(known[made.target.pk].among) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conclusion": " "}, "conclusion-missing"),
        ({"on": date(2023, 12, 31)}, "inspection-outside-year"),
        ({"on": date(2025, 1, 1)}, "inspection-outside-year"),
        ({"on": date(2024, 2, 3)}, "inspection-to-come"),  # NOW is the 2nd
        ({"files": [Sent("a.exe", b"MZ")]}, "file-of-another-kind"),
    ],
)
def test_what_cannot_be_recorded(made, folder, changes, code):
    made.fix()
    with pytest.raises(Invalid) as refused:
        made.record(made.units[0], **({"files": [Sent("anh.png", PNG)]} | changes))
    assert refused.value.code == code
    assert not Inspection.objects.exists()
    assert list(folder.glob("evidence/*/*")) == []


@pytest.mark.parametrize("on", [date(2024, 1, 1), date(2024, 2, 2)])
def test_the_first_day_of_the_year_and_today_are_taken(made, on):
    made.fix()
    assert made.record(made.units[0], on=on).inspected_on == on


def test_nothing_is_recorded_before_the_units_are_frozen_or_after_the_end(made):
    with pytest.raises(Conflict) as refused:
        made.record(made.units[0])
    assert refused.value.code == "inspection-not-asked"
    made.fix()
    type(made.target).objects.update(state=TargetState.CLOSED)
    with pytest.raises(Conflict) as refused:
        made.record(made.units[0])
    assert refused.value.code == "inspection-not-asked"


def test_a_count_is_no_share_of_units(made):
    with pytest.raises(Conflict) as refused:
        made.fix(target_id=made.body.targets[0].pk)
    assert refused.value.code == "scope-not-asked"


def test_who_fixes_who_records(made):
    body = made.body
    with pytest.raises(NotAllowed):
        made.fix(by=body.supervisor)
    made.fix()
    inspector = body.leader
    RoleGrant.objects.create(
        person=inspector,
        role=Role.INSPECTOR,
        unit=None,
        valid_from=date(2023, 1, 1),
        granted_by=body.planner,
    )
    for who in (inspector, body.secretary, body.supervisor):
        with pytest.raises(NotAllowed) as refused:
            made.record(made.units[0], by=who)
        assert refused.value.code == "record-inspection-not-allowed"
    right = made.record(made.units[0], by=body.planner)
    with pytest.raises(NotAllowed):
        made.correct(right, by=body.secretary)
    assert list(Inspection.objects.visible_to(body.secretary, at=NOW)) == []
    assert list(Inspection.objects.visible_to(body.supervisor, at=NOW)) == [right]
