"""Which stretches are closed, and what is a checkpoint at all."""

import pytest

from units.rules import checkpoints


@pytest.mark.parametrize(
    ("first", "last", "due", "closed"),
    [
        (1, 9_999, False, []),
        (1, 10_000, False, [(1, 10_000)]),
        (1, 10_001, False, [(1, 10_000)]),
        (1, 10_001, True, [(1, 10_000), (10_001, 10_001)]),
        (5, 5, True, [(5, 5)]),
        (6, 5, True, []),
    ],
)
def test_full_stretches_at_once_and_the_rest_when_it_is_due(first, last, due, closed):
    assert list(checkpoints.spans(first, last, due=due)) == closed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"checkpoint": 1}',
        '{"checkpoint": {"text": "{}", "signature": "", "public_key": ""}}',
        '{"checkpoint": {"text": "x", "signature": "", "public_key": ""}}',
        '{"checkpoint": {"text": "{}", "signature": "g", "public_key": ""}}',
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(ValueError, match=r"no checkpoint|non-hexadecimal|no number"):
        checkpoints.read(text)


def test_names_sort_as_checkpoints_follow():
    names = [checkpoints.name_of(*one) for one in [(1, 2), (1, 10), (2, 1), (10, 1)]]
    assert names == sorted(names)
