from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from units.rules.organisation import Edge, cycle_on

JAN, APR, JUL, OCT = (date(2024, month, 1) for month in (1, 4, 7, 10))


@pytest.mark.parametrize(
    ("edges", "new", "day"),
    [
        ([], Edge(1, 2, JAN), None),
        ([], Edge(1, 1, JAN), JAN),
        ([Edge(1, 2, JAN)], Edge(2, 1, APR), APR),
        ([Edge(1, 2, JAN), Edge(2, 3, JAN)], Edge(3, 1, APR), APR),
        ([Edge(1, 2, JAN), Edge(1, 3, JAN)], Edge(2, 3, APR), None),
        ([Edge(1, 2, JUL)], Edge(2, 1, JAN), JUL),  # today all is well, in July it is not
        ([Edge(1, 2, JAN, JUL)], Edge(2, 1, JUL), None),  # the day on which the other ends
        ([Edge(1, 2, JAN, JUL)], Edge(2, 1, APR), APR),
        ([Edge(1, 2, JUL)], Edge(2, 1, JAN, JUL), None),
        ([Edge(1, 2, JAN, APR), Edge(2, 3, JUL)], Edge(3, 1, JAN), None),  # never at one time
        ([Edge(1, 2, JAN, JUL), Edge(2, 3, APR)], Edge(3, 1, JAN), APR),
        ([Edge(1, 2, OCT), Edge(1, 2, JAN, APR)], Edge(2, 1, JAN), JAN),  # the first of several
    ],
)
def test_the_first_day_of_a_closed_chain(edges, new, day):
    assert cycle_on(edges, new) == day


def closes_on(edges, day) -> bool:
    """Say by walking up from every unit whether a chain is closed on `day`."""
    above = {
        edge.child: edge.parent
        for edge in edges
        if edge.valid_from <= day and (edge.valid_to is None or day < edge.valid_to)
    }
    for unit in above:
        seen, here = set(), unit
        while here in above and here not in seen:
            seen.add(here)
            here = above[here]
        if here in seen:
            return True
    return False


@st.composite
def changes(draw):
    start = draw(st.integers(0, 5))
    end = draw(st.none() | st.integers(start + 1, 6))
    unit = st.integers(0, 3)
    day = [JAN + timedelta(days=number) for number in range(7)]
    return Edge(draw(unit), draw(unit), day[start], None if end is None else day[end])


@given(st.lists(changes(), max_size=8))
def test_whatever_is_accepted_one_by_one_closes_no_chain_on_any_day(wanted):
    days = [JAN + timedelta(days=number) for number in range(8)]
    kept = []
    for new in wanted:
        found = cycle_on(kept, new)
        if any(  # one superior at a time is asked elsewhere
            edge.child == new.child
            and (new.valid_to is None or edge.valid_from < new.valid_to)
            and (edge.valid_to is None or new.valid_from < edge.valid_to)
            for edge in kept
        ):
            continue
        assert found == next((day for day in days if closes_on([*kept, new], day)), None)
        if found is None:
            kept.append(new)
