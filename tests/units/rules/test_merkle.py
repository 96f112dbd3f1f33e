import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from units.rules import merkle

texts = st.lists(st.text(max_size=8), min_size=1, max_size=20)


def test_roots_are_those_of_the_definition_written_out():
    def h(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    a, b, c = (h(b"\0" + sign.encode()) for sign in "abc")
    leaves = [merkle.leaf_hash(sign) for sign in "abc"]
    assert leaves == [a, b, c]
    assert merkle.root(leaves[:1]) == a
    assert merkle.root(leaves[:2]) == h(b"\1" + a + b)
    assert merkle.root(leaves) == h(b"\1" + h(b"\1" + a + b) + c)
    assert merkle.path(leaves, 2) == [h(b"\1" + a + b)]


@given(texts, st.data())
def test_every_path_leads_to_the_root(texts, data):
    leaves = [merkle.leaf_hash(text) for text in texts]
    index = data.draw(st.integers(0, len(leaves) - 1))
    steps = merkle.path(leaves, index)
    assert merkle.leads_to(leaves[index], index, len(leaves), steps) == merkle.root(leaves)


@given(texts, st.data())
def test_another_text_leads_elsewhere(texts, data):
    leaves = [merkle.leaf_hash(text) for text in texts]
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = merkle.leaf_hash(texts[index] + "!")
    steps = merkle.path(leaves, index)
    assert merkle.leads_to(other, index, len(leaves), steps) != merkle.root(leaves)


def test_what_is_no_path_is_refused():
    leaves = [merkle.leaf_hash(sign) for sign in "abc"]
    with pytest.raises(ValueError, match="at least one"):
        merkle.root([])
    with pytest.raises(IndexError, match="no leaf 3 among 3"):
        merkle.path(leaves, 3)
    with pytest.raises(ValueError, match="too short"):
        merkle.leads_to(leaves[0], 0, 3, [])
    with pytest.raises(ValueError, match="too long"):
        merkle.leads_to(leaves[0], 0, 1, [leaves[1]])
    with pytest.raises(ValueError, match="no leaf 3 among 3"):
        merkle.leads_to(leaves[0], 3, 3, [])
