from datetime import date

import pytest

from units.rules.appointments import Holding, days_in_office, gaps, head_on

LEFT = Holding(1, "titular", date(2020, 3, 1), date(2025, 9, 15))
ACTING = Holding(2, "acting", date(2025, 10, 1), None)


@pytest.mark.parametrize(
    ("day", "head"),
    [
        (date(2020, 2, 29), None),
        (date(2020, 3, 1), LEFT),
        (date(2025, 9, 14), LEFT),
        (date(2025, 9, 15), None),  # the first day without
        (date(2025, 9, 30), None),
        (date(2025, 10, 1), ACTING),
    ],
)
def test_head_on_each_side_of_a_gap(day, head):
    assert head_on([ACTING, LEFT], day) == head


def test_an_acting_head_goes_before_the_titular_one_and_a_delegate_never_heads():
    titular = Holding(1, "titular", date(2024, 1, 1))
    acting = Holding(2, "acting", date(2023, 1, 1), date(2024, 7, 1))
    delegate = Holding(3, "delegate", date(2024, 3, 1), date(2024, 8, 1))

    assert head_on([delegate, titular, acting], date(2024, 6, 30)) == acting
    assert head_on([delegate, titular, acting], date(2024, 7, 1)) == titular
    assert head_on([delegate], date(2024, 6, 1)) is None


def test_of_two_alike_the_later_begun_heads():
    earlier = Holding(1, "titular", date(2024, 1, 1), date(2024, 12, 1))
    later = Holding(2, "titular", date(2024, 2, 1))
    assert head_on([later, earlier], date(2024, 3, 1)) == later


def test_the_gap_and_the_days_in_office_of_a_year():  # G-25
    year = {"start": date(2025, 1, 1), "end": date(2026, 1, 1)}
    found = gaps([LEFT, ACTING], **year)

    assert found == [(date(2025, 9, 15), date(2025, 10, 1))]
    assert [(end - start).days for start, end in found] == [16]
    assert [days_in_office(one, **year) for one in (LEFT, ACTING)] == [257, 92]


def test_the_same_in_a_leap_year():  # G-25
    year = {"start": date(2024, 1, 1), "end": date(2025, 1, 1)}
    left = LEFT._replace(valid_to=date(2024, 9, 15))
    acting = ACTING._replace(valid_from=date(2024, 10, 1))

    assert [(end - start).days for start, end in gaps([left, acting], **year)] == [16]
    assert [days_in_office(one, **year) for one in (left, acting)] == [258, 92]


def test_gaps_at_both_ends_beside_overlaps_and_delegates():
    holdings = [
        Holding(1, "titular", date(2024, 3, 1), date(2024, 9, 1)),
        Holding(2, "acting", date(2024, 4, 1), date(2024, 5, 1)),  # within the first
        Holding(3, "delegate", date(2024, 1, 1), date(2024, 12, 31)),
        Holding(4, "titular", date(2025, 2, 1)),  # after the year
    ]
    assert gaps(holdings, start=date(2024, 1, 1), end=date(2025, 1, 1)) == [
        (date(2024, 1, 1), date(2024, 3, 1)),
        (date(2024, 9, 1), date(2025, 1, 1)),
    ]


def test_an_office_that_nobody_held_is_one_gap():
    assert gaps([], start=date(2024, 1, 1), end=date(2024, 2, 1)) == [
        (date(2024, 1, 1), date(2024, 2, 1))
    ]


def test_an_office_held_throughout_has_no_gap():
    assert gaps([LEFT], start=date(2024, 1, 1), end=date(2025, 1, 1)) == []


def test_no_days_in_office_outside_the_range():
    assert days_in_office(ACTING, start=date(2024, 1, 1), end=date(2025, 1, 1)) == 0
