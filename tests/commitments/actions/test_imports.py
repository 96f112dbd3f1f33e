"""A plan from a workbook: checked as a whole, applied as a whole, and equal when it comes back."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from commitments.actions import exports, faults, imports, plans, sheets, targets
from commitments.enums import Comparator, VersionState
from commitments.models import (
    Allocation,
    CommitmentVersion,
    IndicatorDefinition,
    PlanImport,
    Target,
    TaskGroup,
)
from commitments.rules import imports as rules
from commitments.rules import sheets as cells
from commitments.rules import targets as target_rules
from tests.factories.body import NOW, make_body
from tests.factories.workbooks import workbook
from units.actions import workbooks
from units.enums import ImportState
from units.errors import Conflict, StaleVersion
from units.models import RegisterEntry
from units.rules import sheets as plain_cells

pytestmark = pytest.mark.django_db
D = Decimal
GROUP = {"code": "N02", "title_vi": "Nhóm hai", "title_en": "Group two", "field": "Security"}
INDICATOR = {
    "code": "land",
    "name_vi": "Cấp giấy chứng nhận",
    "kind": "Count",
    "uom": "giấy",
    "decimals": D(0),
}
TARGET = {
    "code": "N02.1",
    "group": "N02",
    "indicator": "land",
    "unit": "bx-hu",
    "comparator": "at least",
    "value": D(250),
}
PARTS = [
    {"whole": "N02.1", "unit": "bx-first", "value": D(150), "key_used": "households"},
    {"whole": "N02.1", "unit": "bx-other", "value": D(100)},
]
UNDERTAKER = {
    "unit": "bx-first",
    "first": "bx-first-secretary",
    "second": "bx-first-chair",
    "assigner": "bx-hu-committee-secretary",
    "sign_by": date(2024, 2, 20),
    "order": "One after the other",
}


def with_parts(body):
    """Give the plan its quarters and months."""
    plans._part(body.plan, "quarter", "2024-q1", "Quý 1", "Q1", 1, 3)
    plans._part(body.plan, "quarter", "2024-q4", "Quý 4", "Q4", 10, 3)
    for month in (5, 11):
        plans._part(body.plan, "month", f"2024-{month:02}", "Tháng", "Month", month, 1)
    return body


def sound(**changes):
    tables = {
        "groups": [GROUP],
        "indicators": [INDICATOR],
        "targets": [TARGET],
        "allocations": PARTS,
        "undertakers": [UNDERTAKER],
    }
    return workbook(**(tables | changes))


def checked(body, data):
    return imports.check(plan=body.plan, data=data, by=body.planner, at=NOW)


def told(body, data):
    """Return (table, row, column, code) of every fault."""
    return [
        (fault.table, fault.row, fault.column, fault.code) for fault in checked(body, data).faults
    ]


def applied(body, data):
    kept = imports.upload(
        period_id=body.plan.pk, file_name="plan.xlsx", data=data, by=body.planner, at=NOW
    )
    seen = checked(body, data).digest
    return imports.apply(import_id=kept.pk, seen=seen, by=body.planner, at=NOW)


def exported(body, language="en"):
    return exports.export(body.plan, by=body.planner, at=NOW, language=language)


def test_a_sound_workbook_is_written_by_the_ordinary_acts():
    body = make_body()
    done = applied(body, sound())
    assert done.changes == 5
    whole = Target.objects.get(code="N02.1")
    assert whole.current.value == D(250)
    split = Allocation.objects.get(revision=whole.current)
    assert {line.child.code: line.child.current.value for line in split.lines.all()} == {
        "N02.1.1": D(150),
        "N02.1.2": D(100),
    }
    version = CommitmentVersion.objects.get()
    assert (version.state, version.items.count()) == (VersionState.DRAFT, 4)
    assert version.commitment.signing_order == "in_order"
    kinds = set(RegisterEntry.objects.values_list("kind", flat=True))
    assert kinds >= {
        "import.upload",
        "import.apply",
        "group.create",
        "indicator.define",
        "target.create",
        "target.allocate",
        "commitment.draft",
    }
    kept = PlanImport.objects.get()
    assert (kept.state, kept.content) == (ImportState.APPLIED, None)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_exported_changes_nothing_when_it_comes_back(language):
    body = make_body()
    applied(body, sound())
    found = checked(body, exported(body, language))
    assert found.faults == []
    assert found.changes == 0
    assert found.language == language
    assert len(found.entries["targets"]) == 5  # the two parts stand in the allocation alone


def test_an_exported_plan_can_be_built_again_in_an_empty_one():
    body = make_body()
    applied(body, sound())
    data, before = exported(body), rows_of(body)
    body.plan = plans.create_period(owner_id=body.committee.pk, year=2025, by=body.planner, at=NOW)
    found = applied(body, data)
    assert {table: len(rows) for table, rows in found.entries.items()} == {
        "groups": 2,
        "indicators": 5,
        "targets": 5,
        "allocations": 1,
        "undertakers": 1,
    }
    assert rows_of(body) == before


def rows_of(body):
    return sheets.take(body.plan, by=body.planner, at=NOW).known.present


def test_every_fault_is_told_at_once_and_nothing_is_written():
    body = make_body()
    data = sound(
        groups=[GROUP, GROUP | {"field": "Weather"}],
        indicators=[INDICATOR | {"kind": "Ratio"}],
        targets=[
            TARGET | {"value": "1.234.5"},
            TARGET | {"code": "N02.2", "unit": "bx-frist", "group": "N03"},
            TARGET | {"code": "N01.1", "value": D(99)},
        ],
        allocations=[PARTS[0], PARTS[1] | {"unit": "bx-first", "value": "98 %"}],
        undertakers=[UNDERTAKER | {"second": "bx-first-secretary", "sign_by": date(2024, 1, 1)}],
    )
    before = RegisterEntry.objects.count()
    assert told(body, data) == [
        ("groups", 3, "code", "code-twice"),
        ("groups", 3, "field", "choice-unknown"),
        ("indicators", 2, "numerator", "indicator-ratio-has-parts"),
        ("targets", 2, "value", "not-a-number"),
        ("targets", 3, "group", "group-unknown"),
        ("targets", 3, "unit", "unit-unknown"),
        ("targets", 4, "group", "target-assigned"),
        ("allocations", 2, "whole", "not-additive"),
        ("allocations", 3, "unit", "unit-twice"),
        ("allocations", 3, "value", "not-a-number"),
        ("undertakers", 2, "second", "head-twice"),
        ("undertakers", 2, "sign_by", "day-passed"),
    ]
    kept = imports.upload(
        period_id=body.plan.pk, file_name="plan.xlsx", data=data, by=body.planner, at=NOW
    )
    with pytest.raises(Conflict) as refused:
        imports.apply(import_id=kept.pk, seen=checked(body, data).digest, by=body.planner, at=NOW)
    assert refused.value.code == "import-has-faults"
    assert not TaskGroup.objects.filter(code="N02").exists()
    assert RegisterEntry.objects.count() == before + 1  # the upload
    kept.refresh_from_db()
    assert (kept.state, bytes(kept.content)) == (ImportState.WAITING, data)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_fault_names_place_and_mend(language, settings):
    body = make_body()
    found = checked(body, sound(targets=[TARGET | {"unit": "bx-frist"}])).faults
    with translation.override(language):
        said = faults.in_words(found[0])
    assert (said.sheet, said.row, said.cell) == (
        {"vi": "Chỉ tiêu", "en": "Targets"}[language],
        2,
        "D2",
    )
    assert "bx-frist" in said.what
    assert "bx-first" in said.mend


def test_every_code_of_a_fault_has_words_in_both_languages():

    named = set()
    for module in (rules, cells, plain_cells, target_rules):
        text = Path(module.__file__).read_text(encoding="utf-8")
        named |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
    named -= {"revision-later-has-reason", "parts-missing"}
    sentences = workbooks.FAULTS | faults.FAULTS
    assert named - set(sentences) == set()
    for language in ("vi", "en"):
        with translation.override(language):
            assert all(str(what) and str(mend) for what, mend in sentences.values())


@pytest.mark.parametrize(
    ("typed", "language", "value"),
    [
        ("45,7", "vi", "45.7"),
        ("45,7", "en", "45.7"),
        ("45.7", "vi", "45.7"),
        ("4.060", "vi", "4060"),
        ("4,060", "en", "4060"),
        (D("45.7"), "en", "45.7"),
        (D(45), "vi", "45"),
    ],
)
def test_numbers_are_read_in_the_language_of_the_workbook(typed, language, value):
    body = make_body()
    row = TARGET | {"value": typed, "comparator": ""}
    group, indicator = GROUP | {"field": "security"}, INDICATOR | {"kind": "number"}
    data = workbook(language=language, groups=[group], indicators=[indicator], targets=[row])
    found = checked(body, data)
    assert found.faults == []
    assert found.entries["targets"][0].row["value"] == D(value)


def test_a_number_with_two_readings_says_both():
    body = make_body()
    fault = checked(body, sound(targets=[TARGET | {"value": "1.234"}], allocations=[])).faults[0]
    assert fault.code == "two-readings"
    assert set(fault.detail["readings"].split(" / ")) == {"1.234", "1234"}


def test_an_allocation_that_does_not_add_up_names_the_gap():
    body = make_body()
    short = [PARTS[0], PARTS[1] | {"value": D(98)}]
    found = checked(body, sound(allocations=short)).faults
    assert [(fault.code, fault.detail["gap"]) for fault in found] == [("gap", "2")]
    reserved = [short[0] | {"reserve": D(2)}, short[1]]
    assert checked(body, sound(allocations=reserved)).faults == []
    assert told(body, sound(allocations=[short[0] | {"overage": D(2)}, short[1]])) == [
        ("allocations", 2, "value", "gap")
    ]


def test_a_target_of_an_issued_commitment_is_not_changed():
    body = make_body()
    version = body.issued()
    rows = [
        {
            "code": "N01.1",
            "group": "N01",
            "indicator": "i-1",
            "unit": "bx-first",
            "comparator": "at least",
            "value": D(value),
        }
        for value in (21, 22)
    ]
    assert checked(body, workbook(targets=rows[:1])).changes == 0
    fault = checked(body, workbook(targets=rows[1:])).faults[0]
    assert (fault.code, fault.detail["number"]) == ("target-issued", version.commitment.number)
    other = UNDERTAKER | {"second": None}
    assert told(body, workbook(undertakers=[other])) == [
        ("undertakers", 2, "unit", "commitment-issued")
    ]


def test_one_person_in_both_posts_is_one_undertaker():
    body = make_body()
    body.second.appointments.update(person=body.secretary)
    assert told(body, sound()) == [("undertakers", 2, "second", "one-person-twice")]


def test_a_head_of_two_rows_is_told():
    body = make_body()
    second = UNDERTAKER | {"unit": "bx-other", "second": None}
    assert told(body, sound(undertakers=[UNDERTAKER, second])) == [
        ("undertakers", 3, "first", "office-of-another-unit"),
        ("undertakers", 3, "first", "head-twice"),
    ]


def test_a_plan_that_changed_after_the_check_is_not_overwritten():
    body = make_body()
    data = sound()
    seen = checked(body, data).digest
    kept = imports.upload(
        period_id=body.plan.pk, file_name="plan.xlsx", data=data, by=body.planner, at=NOW
    )
    targets.revise_target(
        target_id=body.targets[0].pk,
        wanted=targets.Wanted(Comparator.GE, D(30)),
        reason="More",
        by=body.planner,
        expected=1,
        at=NOW,
    )
    with pytest.raises(StaleVersion) as refused:
        imports.apply(import_id=kept.pk, seen=seen, by=body.planner, at=NOW)
    assert refused.value.code == "plan-changed"
    assert not TaskGroup.objects.filter(code="N02").exists()


def test_what_an_act_refuses_in_the_middle_leaves_nothing(monkeypatch):
    body = make_body()
    data = sound()
    kept = imports.upload(
        period_id=body.plan.pk, file_name="plan.xlsx", data=data, by=body.planner, at=NOW
    )
    seen = checked(body, data).digest
    Target.objects.filter(pk=body.targets[0].pk).update(ref="2024-n02-1")
    IndicatorDefinition.objects.create(
        code="land-2", name_vi="X", kind="count", uom=body.targets[0].indicator.uom
    )
    with pytest.raises(StaleVersion):
        imports.apply(import_id=kept.pk, seen=seen, by=body.planner, at=NOW)
    assert not IndicatorDefinition.objects.filter(code="land").exists()


def test_everything_administrations_say_comes_back():
    body = with_parts(make_body())
    say = [
        ({"kind": "Ordered grades", "grades": "Đạt | Met\nTốt | Well"}, {"value": "Well"}),
        ({"kind": "Yes or no"}, {"value": None}),
        (
            {"kind": "Milestones"},
            {"value": None, "steps": "30/06/2024 | 40 | Lập\n31/12/2024 | 60 | Xong | Done"},
        ),
        (
            {"kind": "Shares of a whole", "uom": "%"},
            {"value": None, "shares": "A | 62.5\nB | 37.5"},
        ),
        ({"kind": "Count"}, {"value": None, "value_basis": "Last year", "baseline": D(19)}),
        (
            {"kind": "Count"},
            {"value": None, "value_basis": "By the superior", "comparator": "equal to"},
        ),
        (
            {"kind": "Number", "decimals": D(1)},
            {
                "comparator": "between",
                "value": D("5.5"),
                "upper": D(7),
                "q1": D(2),
                "q4": D("5.5"),
                "points": "05 | 3\n11 | 5.25",
            },
        ),
        (
            {"kind": "Percentage", "nature": "State at a moment"},
            {"mode": "Maintain", "maintain_rule": "Share of checkpoints", "maintain_share": D(90)},
        ),
    ]
    indicators = [
        INDICATOR | {"code": f"i{place}"} | measured for place, (measured, _said) in enumerate(say)
    ]
    rows = [
        TARGET | {"code": f"N02.{place}", "indicator": f"i{place}", "unit": "bx-first"} | said
        for place, (_measured, said) in enumerate(say)
    ]
    data = workbook(groups=[GROUP], indicators=indicators, targets=rows)
    assert told(body, data) == []
    applied(body, data)
    for language in ("vi", "en"):
        found = checked(body, exported(body, language))
        assert (found.faults, found.changes) == ([], 0)
    assert checked(body, data).changes == 0
