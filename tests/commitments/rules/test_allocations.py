from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.rules.allocations import (
    Key,
    Level,
    gap,
    largest_remainder,
    not_uniform,
    roadmap_of_part,
)

D = Decimal
HOUSEHOLDS = [4060, 3090, 2160, 4170, 2610, 2090, 2240, 1610, 2760, 3990, 2160, 4170, 2010]
COMMUNES = [Key(n, f"089{35 + n}", D(weight)) for n, weight in enumerate(HOUSEHOLDS)]


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        (250, [27, 21, 15, 28, 18, 14, 15, 11, 19, 27, 14, 28, 13]),
        (280, [31, 23, 16, 32, 20, 16, 17, 12, 21, 30, 16, 31, 15]),
        (300, [33, 25, 18, 34, 21, 17, 18, 13, 22, 32, 17, 34, 16]),
    ],
)
def test_certificates_over_thirteen_communes(total, parts):  # G-07
    allocated = largest_remainder(D(total), COMMUNES, decimals=0)
    assert list(allocated.values()) == parts
    assert sum(parts) == total


def test_seven_by_halves_thirds_and_fifths():  # G-07
    keys = [Key(1, "a", D("0.5")), Key(2, "b", D("0.3")), Key(3, "c", D("0.2"))]
    assert largest_remainder(D(7), keys, decimals=0) == {1: 4, 2: 2, 3: 1}


def test_of_equal_fractions_the_larger_key_gets_the_rest():
    keys = [Key(1, "a", D(1)), Key(2, "b", D(3))]  # 0.5 and 1.5 of 2
    assert largest_remainder(D(2), keys, decimals=0) == {1: 0, 2: 2}


def test_of_equal_keys_the_lower_code_gets_the_rest_and_then_the_lower_id():
    by_code = [Key(1, "b", D(1)), Key(2, "a", D(1))]
    by_id = [Key(2, "a", D(1)), Key(1, "a", D(1))]
    assert largest_remainder(D(1), by_code, decimals=0) == {1: 0, 2: 1}
    assert largest_remainder(D(1), by_id, decimals=0) == {2: 0, 1: 1}


def test_the_last_decimal_is_what_is_dealt_out():
    keys = [Key(n, "", D(1)) for n in range(3)]
    parts = largest_remainder(D("1.0"), keys, decimals=2)
    assert [str(part) for part in parts.values()] == ["0.34", "0.33", "0.33"]


@pytest.mark.parametrize(
    ("total", "weights", "message"),
    [
        ("-1", ["1"], "not 0 or more"),
        ("1.25", ["1"], "at most 1 decimals"),
        ("1", [], "above 0"),
        ("1", ["0", "0"], "above 0"),
        ("1", ["2", "-1"], "above 0"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(total, weights, message):
    keys = [Key(n, "", D(weight)) for n, weight in enumerate(weights)]
    with pytest.raises(ValueError, match=message):
        largest_remainder(D(total), keys, decimals=1)


def test_one_id_with_two_keys_is_refused():
    with pytest.raises(ValueError, match="one key"):
        largest_remainder(D(1), [Key(1, "a", D(1)), Key(1, "b", D(1))], decimals=0)


@given(
    st.integers(0, 10**12),
    st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=30).filter(any),
    st.integers(0, 6),
)
def test_parts_add_up_and_stay_within_one_unit_of_their_quota(units, weights, decimals):
    total, unit = D(units).scaleb(-decimals), D(1).scaleb(-decimals)
    keys = [Key(n, str(n), weight) for n, weight in enumerate(weights)]
    parts = largest_remainder(total, keys, decimals=decimals)

    assert gap(total, parts.values()) == 0
    whole = sum(weights)
    assert all(abs(parts[key.id] * whole - total * key.weight) < unit * whole for key in keys)


@pytest.mark.parametrize(
    ("children", "reserve", "overage", "missing"),
    [
        ([200, 48], 0, 0, 2),
        ([200, 48], 2, 0, 0),
        ([200, 52], 0, 0, -2),
        ([200, 52], 0, 2, 0),
        ([200, 48], 0, 2, 4),
        ([], 0, 0, 250),
    ],
)
def test_the_gap_of_an_allocation(children, reserve, overage, missing):  # G-08
    parts = [D(child) for child in children]
    assert gap(D(250), parts, reserve=D(reserve), overage=D(overage)) == missing


def test_children_that_demand_something_else_are_named():
    parent = Level("ge", D(80))
    children = {
        1: Level("ge", D("80.000")),
        2: Level("gt", D(80)),
        3: Level("ge", D(81)),
        4: Level("between", D(80), upper=D(90)),
    }
    assert not_uniform(parent, children) == [2, 3, 4]


@pytest.mark.parametrize(
    ("points", "part", "expected"),
    [
        ((40, 250), "150", ["24", "150"]),
        ((90, 110, 100), "50", ["45", "55", "50"]),  # a stock that lies above its end for a while
        ((120, 80, 100), "50", ["60", "40", "50"]),
        ((99, 100), "0.4", ["0", "0.4"]),
        ((100, 100), "0.6", ["0.6", "0.6"]),  # 1, if rounding were let past the part
        ((50, 30), "27", ["45", "27"]),  # a level that is to fall
    ],
)
def test_the_roadmap_of_a_part_keeps_the_shape_of_the_whole(points, part, expected):
    found = roadmap_of_part([D(point) for point in points], part=D(part), decimals=0)
    assert [str(point) for point in found] == expected
