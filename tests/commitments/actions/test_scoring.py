"""Verdicts: computed from what is known, corrected with a reason, settled for ever."""

import json
from datetime import date
from decimal import Decimal

import pytest

from commitments.actions import observations, scoring, targets
from commitments.enums import PeriodState, Qualifier, VerdictValue
from commitments.models import Period, RuleSet, Verdict
from commitments.rules.lights import Thresholds
from tests.factories.body import NOW, make_body
from tests.factories.commitments_versions import CommitmentFactory, target_of
from units.enums import Provenance
from units.errors import Conflict, Invalid, NotAllowed
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
D = Decimal
SOURCE = "Báo cáo thống kê"


@pytest.fixture
def body():
    return make_body()


@pytest.fixture
def target(body):
    """A target of at least 21 of a plan that is closing."""
    commitment = CommitmentFactory(assigner_unit=body.committee, unit=body.commune)
    found = target_of(commitment).target
    Period.objects.filter(pk=found.period_id).update(state=PeriodState.CLOSING)
    return found


def observe(body, target, value, **more):
    return observations.record(
        indicator_id=target.indicator_id,
        unit_id=target.unit_id,
        period_id=target.period_id,
        source_ref=SOURCE,
        value=D(value),
        by=body.planner,
        at=NOW,
        **more,
    )


def demanded(target) -> Decimal:
    return target.revisions.get().value


@pytest.mark.parametrize(
    ("difference", "found", "exceeded"), [(-1, "unmet", None), (0, "met", None), (2, "met", 2)]
)
def test_a_verdict_follows_from_what_is_known(body, target, difference, found, exceeded):
    observe(body, target, demanded(target) + difference)
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    row.refresh_from_db()
    assert (row.verdict, row.basis, row.exceeded_by) == (found, "computed", exceeded)
    assert row.actual_low == row.actual_high == demanded(target) + difference
    assert (row.rule_set.version, row.source_ref) == (1, SOURCE)
    entry = RegisterEntry.objects.get(kind="verdict.compute")
    assert json.loads(entry.text)["data"]["verdict"] == found


def test_what_may_be_either_is_indeterminate(body, target):
    observe(body, target, demanded(target), qualifier=Qualifier.NEARLY)
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert row.verdict == "indeterminate"
    assert row.actual_low < row.actual_high


def test_without_a_figure_it_is_indeterminate_and_not_zero(body, target):
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert (row.verdict, row.actual_low, row.actual_high) == ("indeterminate", None, None)


def test_what_was_revised_is_concluded_against_both(body, target):
    first = target.revisions.get()
    Period.objects.filter(pk=target.period_id).update(state=PeriodState.OPEN)
    targets.revise_target(
        target_id=target.pk,
        wanted=targets.wanted_of(first, value=first.value + 10),
        reason="Bổ sung",
        by=body.planner,
        expected=target.etag_version,
        at=NOW,
    )
    Period.objects.filter(pk=target.period_id).update(state=PeriodState.CLOSING)
    observe(body, target, first.value + 5)
    rows = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert {row.against: row.verdict for row in rows} == {"adjusted": "unmet", "original": "met"}


def test_an_invented_figure_marks_the_verdict(body, target):
    observe(body, target, 1, provenance=Provenance.SYNTHETIC)
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert row.provenance == "synthetic"


def test_a_published_figure_makes_a_derived_verdict(body, target):
    observe(body, target, 1, provenance=Provenance.SOURCED)
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert (row.provenance, row.source_ref) == ("derived", SOURCE)


def test_the_version_of_the_rules_is_kept(body, target):
    told = Thresholds()._asdict() | {"minimum_coverage": 70}
    RuleSet.objects.create(version=4, in_force_from=date(2020, 1, 1), **told)
    RuleSet.objects.create(version=5, in_force_from=date(2099, 1, 1), **told)
    (row,) = scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    assert row.rule_set.version == 4


def do(act, body, target, **changes):
    told = {"target_id": target.pk, "by": body.assigner, "at": NOW}
    if act != "compute":
        told |= {"verdict": VerdictValue.UNMET, "source_ref": SOURCE}
    if act == "assert":
        told |= {"as_of": date(2024, 12, 31)}
    functions = {
        "assert": scoring.assert_verdict,
        "compute": scoring.compute_verdict,
        "correct": scoring.correct_verdict,
    }
    return functions[act](**(told | changes))


@pytest.mark.parametrize("act", ["assert", "compute", "correct"])
@pytest.mark.parametrize("state", PeriodState)
def test_each_act_in_each_state_of_the_plan(body, target, act, state):
    if act == "correct":
        do("assert", body, target)
    Period.objects.filter(pk=target.period_id).update(state=state)
    before = RegisterEntry.objects.count()
    if state == PeriodState.CLOSING:
        do(act, body, target)
        assert RegisterEntry.objects.count() == before + 1
        return
    with pytest.raises(Conflict) as refused:
        do(act, body, target)
    assert refused.value.code == "period-not-closing"
    assert RegisterEntry.objects.count() == before


@pytest.mark.parametrize("act", ["assert", "compute", "correct"])
def test_only_an_assigner_concludes(body, target, act):
    with pytest.raises(NotAllowed) as refused:
        do(act, body, target, by=body.planner)
    assert refused.value.code == f"{act}-verdict-not-allowed"


@pytest.mark.parametrize("act", ["assert", "compute"])
def test_a_verdict_is_given_once(body, target, act):
    do("assert", body, target)
    with pytest.raises(Conflict) as refused:
        do(act, body, target)
    assert refused.value.code == "verdict-exists"


@pytest.mark.parametrize("act", ["assert", "correct"])
def test_a_stated_verdict_names_its_source(body, target, act):
    with pytest.raises(Invalid) as refused:
        do(act, body, target, source_ref=" ")
    assert refused.value.code == "source-missing"


def test_a_correction_keeps_what_stood_before_in_the_register(body, target):
    observe(body, target, demanded(target) + 2)
    scoring.compute_verdict(target_id=target.pk, by=body.assigner, at=NOW)
    row = do("correct", body, target)
    assert (row.verdict, row.basis, row.exceeded_by, row.source_ref) == (
        "unmet",
        "asserted",
        None,
        SOURCE,
    )
    entry = RegisterEntry.objects.get(kind="verdict.correct")
    told = json.loads(entry.text)["data"]
    assert (told["before"], told["verdict"]) == ("met", "unmet")


def test_there_must_be_something_to_correct(body, target):
    with pytest.raises(Conflict) as refused:
        do("correct", body, target)
    assert refused.value.code == "verdict-missing"


def test_a_concluded_target_keeps_its_verdict(body, target):
    do("assert", body, target)
    targets.conclude_target(
        target_id=target.pk, by=body.assigner, expected=target.etag_version, at=NOW
    )
    with pytest.raises(Conflict) as refused:
        do("correct", body, target)
    assert refused.value.code == "verdict-settled"
    assert Verdict.objects.get().verdict == "unmet"


def test_a_withdrawn_target_is_not_concluded(body, target):
    targets.withdraw_target(
        target_id=target.pk,
        reason="Thay đổi",
        by=body.assigner,
        expected=target.etag_version,
        at=NOW,
    )
    with pytest.raises(Conflict) as refused:
        do("compute", body, target)
    assert refused.value.code == "not-assigned"


def test_only_a_planner_enters_what_a_source_states(body, target):
    with pytest.raises(NotAllowed) as refused:
        observations.record(
            indicator_id=target.indicator_id,
            unit_id=target.unit_id,
            period_id=target.period_id,
            source_ref=SOURCE,
            value=D(1),
            by=body.chair,
            at=NOW,
        )
    assert refused.value.code == "record-observation-not-allowed"
    observe(body, target, 1)
    entry = RegisterEntry.objects.get(kind="observation.record")
    assert json.loads(entry.text)["data"]["source"] == SOURCE
