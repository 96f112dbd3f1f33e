from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules.pictures import HEIGHT, LEFT, RIGHT, WIDTH, chart, scale

numbers = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=1000)


def test_a_line_runs_from_the_first_period_to_the_last():
    drawn = chart([[(0, 0), (11, 100)]], periods=12)
    (first, last) = drawn.dots[0]
    assert (first[0], last[0]) == (str(LEFT), str(WIDTH - RIGHT))
    assert drawn.lines[0] == f"{first[0]},{first[1]} {last[0]},{last[1]}"
    assert float(first[1]) > float(last[1])


def test_an_empty_series_draws_nothing():
    drawn = chart([[], [(0, 1)]], periods=1)
    assert (drawn.lines[0], drawn.dots[0]) == ("", ())


def test_the_band_is_a_triangle_to_the_end():
    drawn = chart([[(3, 96)]], periods=12, band=((3, 96), (11, 200, 400)))
    assert len(drawn.band.split()) == 3


def test_a_chart_has_a_period():
    with pytest.raises(ValueError, match="period"):
        chart([], periods=0)


@given(values=st.lists(numbers, max_size=12))
def test_the_scale_is_round_and_holds_everything(values):
    ticks = scale([Fraction(value) for value in values])
    assert 2 <= len(ticks) <= 9
    assert ticks[0] <= min([0, *values])
    assert ticks[-1] >= max([0, *values])


@given(values=st.lists(numbers, min_size=1, max_size=12))
def test_everything_is_drawn_inside(values):
    drawn = chart([list(enumerate(values))], periods=12)
    for x, y in drawn.dots[0]:
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
