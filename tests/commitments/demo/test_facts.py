"""What is published of 2023, in the rows with their sources and on the page as the district says it."""

import re
from decimal import Decimal
from html import unescape

import pytest

from commitments.models import Observation, Verdict
from units.enums import Provenance

D, SOURCED = Decimal, Provenance.SOURCED
ARTICLE = "vietnam.vn"
FIGURES = {  # indicator -> what is published of it (scenario, facts 11 to 15)
    "targets-met": {"numerator": D(30), "denominator": D(32)},
    "economic-growth": {"value": D("10.23")},
    "production-value": {
        "value": D(230000),
        "qualifier": "over",
        "stage": "estimate",
        "percent_of_plan": D("93.64"),
        "growth": D("9.3"),
    },
    "n07-1": {"value": D("9.3"), "percent_of_plan": D("93.64")},
    "revenue": {"value": D(3400), "qualifier": "nearly", "growth": D("22.6")},
    "n13-1": {"value": D("0.57")},
}


@pytest.fixture
def board(client_of):
    """Return a function: the text of the board of 2023 as the assigner reads it, in a language."""

    def read(language: str = "vi") -> str:
        client = client_of("tung")
        client.cookies["django_language"] = language
        page = client.get("/board/?year=2023").content.decode()
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))

    return read


def test_every_published_figure_is_kept_as_published_with_its_source(at):
    found = {row.indicator.code: row for row in Observation.objects.select_related("indicator")}
    assert found.keys() == FIGURES.keys()
    for code, said in FIGURES.items():
        assert {name: getattr(found[code], name) for name in said} == said
        assert (found[code].provenance, found[code].unit.ref) == (SOURCED, "bx")
        assert ARTICLE in found[code].source_ref


def test_every_verdict_of_2023_says_whose_word_it_is(at):
    verdicts = Verdict.objects.filter(target__period__code="2023", target__parent=None)
    assert verdicts.count() == 35
    assert not verdicts.filter(source_ref="").exists()
    published = verdicts.filter(provenance=SOURCED)
    assert {ARTICLE in row.source_ref for row in published} == {True}
    growth = verdicts.get(target__indicator__code="n07-1")
    assert (growth.verdict, growth.basis) == ("unmet", "computed")  # from what is published
    assert ARTICLE in growth.source_ref
    second = verdicts.get(target__group__code="N14")
    assert (second.verdict, second.provenance) == ("unmet", Provenance.SYNTHETIC)


def test_the_board_of_2023_speaks_as_the_district_does(board):
    said = board()
    assert "30/32 (93,75 %) · Xây dựng Đảng 14/14 · KT-XH, QP, AN 16/18 (88,89 %)" in said
    assert "hơn 230.000 tỷ đồng · ước · 93,64 % kế hoạch · +9,3 %" in said
    assert "gần 3.400 tỷ đồng" in said
    assert "0,57 %" in said
    assert "0/3" in said  # of the own ones, apart
    for never in ("30/35", "33/35", "32/35"):
        assert never not in said


def test_the_three_published_figures_of_production_are_checked_before_the_reader(board):
    assert "Consistent at the edge" in board("en")
    assert "suy ra tốc độ tăng kế hoạch là 16,72 %" in board()
