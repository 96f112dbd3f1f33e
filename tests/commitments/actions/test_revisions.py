"""Targets that say what administrations say, from the form of a planner to the signed words."""

from datetime import date
from decimal import Decimal

import pytest

from commitments.actions import documents, revisions, sealing, targets
from commitments.documents import render
from commitments.enums import Comparator, IndicatorKind, TargetState, ValueBasis
from commitments.models import CommitmentItem, Target
from commitments.rules.targets import Share, Step
from commitments.web.words import words_of
from tests.factories.body import NOW, make_body
from units.errors import Invalid
from units.rules import canonical

pytestmark = pytest.mark.django_db
D = Decimal
SHARES = (Share("Công nghiệp", D(60), "Industry"), Share("Nông nghiệp", D(40), "Farming"))
STEPS = (
    Step("Lập dự án", date(2024, 6, 30), D(40), "Project drawn up"),
    Step("Thi công", date(2024, 12, 31), D(60), "Built"),
)


def indicator(body, kind, **more):
    return targets.define_indicator(
        code=f"of-{kind}",
        name_vi=f"Chỉ tiêu {kind}",
        kind=kind,
        uom_id=body.targets[0].indicator.uom_id,
        by=body.planner,
        at=NOW,
        **more,
    )


def scale(body):
    return targets.define_scale(
        code="evaluation",
        name_vi="Xếp loại",
        levels=[("Hoàn thành", "Completed"), ("Hoàn thành tốt", "Completed well")],
        by=body.planner,
        at=NOW,
    )


def draw_up(body, measured, wanted, code="X.1") -> Target:
    return targets.create_target(
        period_id=body.plan.pk,
        group_id=body.targets[0].group_id,
        indicator_id=measured.pk,
        unit_id=body.commune.pk,
        code=code,
        wanted=wanted,
        by=body.planner,
        at=NOW,
    )


def wanted(value=None, **changes):
    return revisions.Wanted(Comparator.GE, value, **changes)


@pytest.mark.parametrize(
    ("kind", "asked", "words"),
    [
        ("grade", wanted(D(2)), "“Hoàn thành tốt” trở lên"),
        ("boolean", wanted(), "đạt"),
        ("milestone", wanted(steps=STEPS), "hoàn thành đủ 2 mốc công việc"),
        ("shares", wanted(shares=SHARES), "Công nghiệp 60 giấy; Nông nghiệp 40 giấy"),
        ("count", wanted(value_basis=ValueBasis.LAST_YEAR), "không thấp hơn năm trước"),
        (
            "count",
            wanted(value_basis=ValueBasis.SUPERIOR),
            "ít nhất bằng mức cấp trên giao (số liệu bổ sung sau)",
        ),
    ],
)
def test_what_is_said_is_signed(kind, asked, words):
    body = make_body()
    more = {"scale_id": scale(body).pk} if kind == "grade" else {}
    target = draw_up(body, indicator(body, kind, **more), asked)
    targets.assign_target(target_id=target.pk, by=body.planner, expected=1, at=NOW)
    version = body.issued()
    content = documents.read_content(version.sealed)
    item = next(row for row in content["terms"]["items"] if row["code"] == "X.1")
    assert (item["words_vi"], words_of(target)) == (words, words)
    assert [step["due_on"] for step in item.get("steps", [])] == [
        step.due_on.isoformat() for step in asked.steps
    ]
    assert len(item.get("shares", [])) == len(asked.shares)
    printed = render.render(
        canonical.text(content),
        language="vi",
        address=sealing.address_of(version.sealed.code),
        demo_seal=True,
    )
    assert documents.bytes_of(version.sealed).startswith(printed.pdf)


def test_a_value_that_comes_later_comes_by_revision():
    body = make_body()
    target = draw_up(body, body.targets[0].indicator, wanted(value_basis=ValueBasis.SUPERIOR))
    targets.assign_target(target_id=target.pk, by=body.planner, expected=1, at=NOW)
    done = targets.revise_target(
        target_id=target.pk,
        wanted=wanted(D(30)),
        reason="The province has assigned 30.",
        by=body.planner,
        expected=2,
        at=NOW,
    )
    assert [(row.n, row.value) for row in done.revisions.order_by("n")] == [(1, None), (2, D(30))]


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        ("shares", wanted(shares=SHARES[:1]), "shares-missing"),
        ("shares", wanted(shares=(SHARES[0], Share("B", D(39)))), "shares-add-up"),
        ("milestone", wanted(steps=STEPS[:1]), "steps-add-up"),
        ("count", wanted(D(1), steps=STEPS), "steps-of-another-kind"),
        ("count", wanted(), "revision-value-stated-or-marked"),
        ("grade", wanted(D(3)), "grade-unknown"),
    ],
)
def test_what_contradicts_its_kind_is_refused_by_name(kind, asked, code):
    body = make_body()
    more = {"scale_id": scale(body).pk} if kind == "grade" else {}
    with pytest.raises(Invalid) as refused:
        draw_up(body, indicator(body, kind, **more), asked)
    assert refused.value.code == code
    assert not Target.objects.filter(code="X.1").exists()


def test_a_scale_has_two_grades():
    body = make_body()
    with pytest.raises(Invalid) as refused:
        targets.define_scale(
            code="one", name_vi="Một", levels=[("Đạt", "")], by=body.planner, at=NOW
        )
    assert refused.value.code == "scale-too-short"


@pytest.mark.parametrize("changed", ["tolerance", "roadmap", "steps"])
def test_a_revision_may_change_any_term(changed):
    body = make_body()
    kind = IndicatorKind.MILESTONE if changed == "steps" else IndicatorKind.COUNT
    said = {"comparator": Comparator.EQ, "value": D(20), "tolerance": D(0)}
    first = revisions.Wanted(**said, steps=STEPS if changed == "steps" else ())
    target = draw_up(body, indicator(body, kind), first)
    targets.assign_target(target_id=target.pk, by=body.planner, expected=1, at=NOW)
    asked = {"target_id": target.pk, "reason": "So it is.", "by": body.planner, "at": NOW}
    with pytest.raises(Invalid) as refused:
        targets.revise_target(wanted=first, expected=2, **asked)
    assert refused.value.code == "nothing-changed"
    more = {
        "tolerance": {"tolerance": D(1)},
        "roadmap": {"roadmap": [(body.plan.pk, D(20))]},
        "steps": {"steps": STEPS[::-1]},
    }
    following = revisions.Wanted(**(said | more[changed]))
    targets.revise_target(wanted=following, expected=2, **asked)
    assert target.revisions.count() == 2


def test_editing_a_planned_target_keeps_its_place_in_a_draft():
    body = make_body()
    target = draw_up(body, body.targets[0].indicator, wanted(D(5)))
    version = body.draft()
    targets.edit_target(
        target_id=target.pk, wanted=wanted(D(6)), by=body.planner, expected=1, at=NOW
    )
    assert target.state == TargetState.PLANNED
    item = CommitmentItem.objects.get(version=version, revision__target=target)
    assert (item.ordinal, item.revision.value) == (4, D(6))
