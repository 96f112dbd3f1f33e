"""What administrations say, printed in both languages of a document."""

from decimal import Decimal

import pytest

from commitments.enums import Comparator, IndicatorKind, MaintainRule, ValueBasis
from commitments.rules.targets import FIXED, Share
from commitments.rules.words import measured, target_words

D = Decimal
GRADES = {"vi": {1: "Hoàn thành", 2: "Hoàn thành tốt"}, "en": {1: "Completed", 2: "Completed well"}}
SHARES = [Share("Công nghiệp", D(62), "Industry"), Share("Nông nghiệp", D("7.5"))]
STATED = {"mode": "reach", "comparator": "ge", "value": D(21), "upper": None, "uom": "km"}


def said(language, **changes):
    grades = {"grades": GRADES[language]} if changes.get("kind") == "grade" else {}
    return target_words(**(STATED | {"decimals": 0, "language": language} | grades | changes))


@pytest.mark.parametrize(
    ("changes", "vi", "en"),
    [
        (
            {"comparator": "eq", "value": D(5), "tolerance": D("0.5")},
            "bằng 5 km (± 0,5)",
            "equal to 5 km (± 0.5)",
        ),
        (
            {"kind": "growth", "value": D("16.8"), "uom": "%"},
            "tăng ít nhất 16,8 % so với năm trước",
            "growth of at least 16.8 % on the year before",
        ),
        (
            {"kind": "growth", "value": D(-2), "uom": "%"},
            "giảm không quá 2 % so với năm trước",
            "a fall of at most 2 % on the year before",
        ),
        (
            {"kind": "growth", "comparator": "lt", "value": D(-2), "uom": "%"},
            "giảm trên 2 % so với năm trước",
            "a fall of more than 2 % on the year before",
        ),
        (
            {"kind": "growth", "comparator": "between", "value": D(5), "upper": D(7), "uom": "%"},
            "tăng từ 5 đến 7 % so với năm trước",
            "growth from 5 to 7 % on the year before",
        ),
        ({"kind": "boolean", "value": D(1)}, "đạt", "achieved"),
        ({"kind": "milestone", "value": D(100)}, "hoàn thành 100 %", "100 % completed"),
        (
            {"kind": "milestone", "value": D(100), "steps": 3},
            "hoàn thành đủ 3 mốc công việc",
            "all 3 steps completed",
        ),
        (
            {"kind": "grade", "value": D(2)},
            "“Hoàn thành tốt” trở lên",
            "“Completed well” or better",
        ),
        (
            {"kind": "grade", "comparator": "lt", "value": D(2)},
            "dưới “Hoàn thành tốt”",
            "lower than “Completed well”",
        ),
        (
            {"kind": "grade", "comparator": "between", "value": D(1), "upper": D(2)},
            "từ “Hoàn thành” đến “Hoàn thành tốt”",
            "from “Completed” to “Completed well”",
        ),
        (
            {"kind": "shares", "shares": SHARES, "comparator": "eq", "value": D(100), "uom": "%"},
            "Công nghiệp 62 %; Nông nghiệp 7,5 %",
            "Industry 62 %; Nông nghiệp 7.5 %",
        ),
        ({"value_basis": "last_year"}, "không thấp hơn năm trước", "not below last year"),
        (
            {"value_basis": "last_year", "baseline": D(19), "baseline_period": "2023"},
            "không thấp hơn năm trước (2023: 19 km)",
            "not below last year (2023: 19 km)",
        ),
        (
            {"value_basis": "last_year", "kind": "grade", "baseline": D(1)},
            "không thấp hơn năm trước (“Hoàn thành”)",
            "not below last year (“Completed”)",
        ),
        (
            {"value_basis": "superior", "comparator": "eq"},
            "theo mức cấp trên giao (số liệu bổ sung sau)",
            "as assigned by the superior (value to follow)",
        ),
        ({"value_basis": "unstated"}, "chưa nêu mức", "value not stated"),
        (
            {"mode": "maintain", "maintain_rule": "share", "maintain_share": D(90)},
            "duy trì ít nhất 21 km ở ít nhất 90 % số mốc lộ trình",
            "maintain at least 21 km at 90 % of the checkpoints or more",
        ),
    ],
)
def test_what_is_said_is_printed(changes, vi, en):
    assert (said("vi", **changes), said("en", **changes)) == (vi, en)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("basis", ValueBasis)
@pytest.mark.parametrize("kind", IndicatorKind)
@pytest.mark.parametrize("comparator", Comparator)
def test_everything_that_can_be_stored_can_be_printed(comparator, kind, basis, language):
    if basis != ValueBasis.STATED and comparator == Comparator.BETWEEN:
        return  # revision_value_stated_or_marked
    comparator, value = FIXED.get(kind, (comparator, D(1)))
    upper = D(2) if comparator == Comparator.BETWEEN else None
    stated = {"value": value, "upper": upper} if basis == ValueBasis.STATED else {"value": None}
    words = said(
        language, kind=kind, value_basis=basis, comparator=comparator, shares=SHARES, **stated
    )
    assert words
    assert "…" not in words
    assert "None" not in words


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("rule", MaintainRule)
def test_every_rule_of_maintaining_is_printed(rule, language):
    plain = said(language, mode="maintain")
    share = D(90) if rule == MaintainRule.SHARE else None
    ruled = said(language, mode="maintain", maintain_rule=rule, maintain_share=share)
    assert ruled.startswith(plain)
    assert len(ruled) > len(plain)


def test_a_stated_target_without_a_value_is_not_printed():
    with pytest.raises(ValueError, match="has a value"):
        said("vi", value=None)


@pytest.mark.parametrize(
    ("figure", "uom", "shown"),
    [
        ("1", "certificates", "1 certificate"),
        ("2", "certificates", "2 certificates"),
        ("1.5", "certificates", "1.5 certificates"),
        ("1", "people", "1 person"),
        ("1", "parties", "1 party"),
        ("1", "churches", "1 church"),
        ("1", "enterprises", "1 enterprise"),
        ("1", "%", "1 %"),
        ("1", "grade", "1 grade"),
        ("1", "thousands of people", "1 thousands of people"),
    ],
)
def test_one_thing_is_no_plural(figure, uom, shown):
    assert measured(figure, uom, language="en") == shown
    assert measured(figure, uom, language="vi") == f"{figure} {uom}"
