import hashlib
import json
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commitments.enums import VersionAct
from units.rules import canonical

CERTIFICATES = "Giấy chứng nhận quyền sử dụng đất lần đầu"
HALF = "\ud83d"  # the first half of a pair

texts = st.text().map(lambda text: unicodedata.normalize("NFC", text))  # hypothesis draws no halves
keys = st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda parts: st.lists(parts, max_size=5) | st.dictionaries(keys, parts, max_size=5),
    max_leaves=30,
)


def reference(value) -> str:
    """RFC 8785, sections 3.2.2 and 3.2.3, written anew: no json module, no sorting of code points."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, str):
        return '"' + "".join(map(escaped, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(reference, value)) + "]"
    by_code_units = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return (
        "{" + ",".join(f"{reference(key)}:{reference(value[key])}" for key in by_code_units) + "}"
    )


def escaped(letter: str) -> str:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    number = ord(letter)
    return short.get(number, f"\\u{number:04x}" if number < 32 else letter)


@given(values)
def test_text_is_that_of_an_independent_writer(value):
    assert canonical.text(value) == reference(value)


@given(values)
def test_what_is_read_back_is_what_was_written(value):
    text = canonical.text(value)

    assert json.loads(text) == value
    assert canonical.text(json.loads(text)) == text


@given(st.dictionaries(keys, values, min_size=2, max_size=6), st.randoms())
def test_order_of_keys_does_not_matter(value, random):
    shuffled = list(value.items())
    random.shuffle(shuffled)

    assert canonical.text(dict(shuffled)) == canonical.text(value)


@given(values, values)
def test_only_equal_values_share_a_text(one, other):
    assert (canonical.text(one) == canonical.text(other)) == (reference(one) == reference(other))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, False, None]}, '{"a":[true,false,null],"b":1}'),
        ({"aa": 1, "a": 2, "B": 3, "_": 4}, '{"B":3,"_":4,"a":2,"aa":1}'),
        ((1, "x"), '[1,"x"]'),
        (CERTIFICATES, f'"{CERTIFICATES}"'),
        (
            'tab\t quote" back\\ del\x7f bell\x07 </script>',
            '"tab\\t quote\\" back\\\\ del\x7f bell\\u0007 </script>"',
        ),
        ("\u2028 😀", '"\u2028 😀"'),
        (VersionAct.SIGN, '"sign"'),
        (-(2**53) + 1, "-9007199254740991"),
        ({}, "{}"),
    ],
)
def test_form_of_each_kind_of_value(value, text):
    assert canonical.text(value) == text


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.0, "$: float"),
        ({"a": [1, float("nan")]}, "$.a[1]: float"),
        (Decimal(21), "$: Decimal"),
        ({"on": date(2024, 5, 15)}, "$.on: date"),
        ({"at": datetime(2024, 5, 15, tzinfo=UTC)}, "$.at: datetime"),
        (b"bytes", "$: bytes"),
        ({1, 2}, "$: set"),
        ({"n": 2**53}, "$.n: 9007199254740992 is too large"),
        ([-(2**53)], "$[0]: -9007199254740992 is too large"),
        ({1: "a"}, "$: the key 1 is not ASCII"),
        ({"số": "07"}, "$: the key 'số' is not ASCII"),
        ({"a": {"b": ["x", HALF + "x"]}}, "$.a.b[1]: half of a character, U+D83D"),
        ({"name": unicodedata.normalize("NFD", CERTIFICATES)}, "$.name: "),
    ],
)
def test_what_has_no_fixed_form_is_refused_with_its_place(value, place):
    with pytest.raises(ValueError, match=f"^{re.escape(place)}"):
        canonical.text(value)


@given(texts)
def test_hash_is_that_of_the_utf8_bytes(text):
    assert canonical.sha256_hex(text) == hashlib.sha256(text.encode()).hexdigest()


def test_hash_of_a_known_text():
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert canonical.sha256_hex("abc") == known
