"""When a light has stayed red for long enough, and which steps of a task were missed."""

from datetime import date
from fractions import Fraction

import pytest

from commitments.enums import LightColour
from commitments.rules.openings import Step, missed, red_since

RED, AMBER = LightColour.RED, LightColour.AMBER
JAN, FEB, MAR = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
STEPS = [Step(1, date(2024, 2, 15), Fraction(40)), Step(2, date(2024, 3, 31), Fraction(60))]
MARCH = [(date(2024, 3, 1), MAR)]


@pytest.mark.parametrize(
    ("lights", "periods", "since"),
    [
        ([], 2, None),
        ([RED], 2, None),
        ([RED], 1, JAN),
        ([RED, RED], 2, JAN),
        ([AMBER, RED, RED], 2, FEB),
        ([RED, RED, AMBER], 2, None),
        ([RED, RED, RED], 2, JAN),
        ([RED, AMBER, RED], 2, None),
    ],
)
def test_a_light_counts_its_red_stretch_back_from_the_last_period(lights, periods, since):
    assert red_since(list(zip([JAN, FEB, MAR], lights, strict=False)), periods=periods) == since


@pytest.mark.parametrize(
    ("reached", "lost", "on", "expected"),
    [
        ([], [], date(2024, 4, 10), []),  # its report is awaited
        ([(JAN, Fraction(0))], [], date(2024, 2, 16), []),
        ([(FEB, Fraction(39))], [], date(2024, 3, 10), [1]),
        ([(FEB, Fraction(40))], [], date(2024, 3, 10), []),
        ([(FEB, None)], [], date(2024, 3, 10), []),
        ([(FEB, Fraction(40))], MARCH, date(2024, 3, 31), []),  # the day itself is in time
        ([(FEB, Fraction(40))], MARCH, date(2024, 4, 23), [2]),
        ([(MAR, Fraction(30))], [], date(2024, 4, 10), [1, 2]),
        ([(FEB, Fraction(10)), (MAR, Fraction(100))], [], date(2024, 4, 10), []),
    ],
)
def test_a_step_is_missed_when_a_report_on_its_day_denies_it_or_never_came(
    reached, lost, on, expected
):
    found = missed(STEPS, reached, lost, on=on)
    assert [step.ordinal for step in found] == expected
