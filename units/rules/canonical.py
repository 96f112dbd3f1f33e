"""Canonical JSON: the one text of a value, so that its hash means the value and nothing else."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

HALVES = re.compile("[\ud800-\udfff]")
LARGEST = 2**53 - 1  # beyond it readers in other languages silently lose digits


def text(value: Any) -> str:
    """Return the RFC 8785 text of `value`: sorted keys, no spaces, nothing escaped needlessly.

    `value`: dicts with ASCII keys, lists or tuples, text in Unicode NFC, integers up to 2^53 - 1
    either side of zero, True, False and None. Amounts, days and instants must be text already.
    Raises ValueError that names the place of anything else: what is hashed is never repaired in
    silence, or two readers would hash two texts. Within these limits sorted compact JSON is
    RFC 8785 byte for byte; a key outside ASCII or a float would break that.

    >>> text({"b": ["Hà Nội", 1, None], "a": True})
    '{"a":true,"b":["Hà Nội",1,null]}'
    """
    if not _is_fit(value):
        raise ValueError(next(_problems(value, "$")))
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of `text`, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _is_fit(value: Any) -> bool:
    """Say whether `value` has one text: `_problems` without the places, which nobody reads if all is well."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return value.isascii() or not any(_text_problems(value, ""))
    if isinstance(value, int):
        return abs(value) <= LARGEST
    if isinstance(value, dict):
        keys = all(isinstance(key, str) and key.isascii() for key in value)
        return keys and all(map(_is_fit, value.values()))
    return isinstance(value, list | tuple) and all(map(_is_fit, value))


def _problems(value: Any, place: str) -> Iterator[str]:
    """Yield what keeps `value` from having one text, each with its place ("$.items[2].title")."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        yield from _text_problems(value, place)
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            yield f"{place}: {value} is too large for a number; write it as text."
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str) or not key.isascii():
                yield f"{place}: the key {key!r} is not ASCII text."
            else:
                yield from _problems(member, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for position, member in enumerate(value):
            yield from _problems(member, f"{place}[{position}]")
    else:
        yield f"{place}: {type(value).__name__} has no fixed form; write it as text first."


def _text_problems(value: str, place: str) -> Iterator[str]:
    if value.isascii():  # most of what is hashed, and neither can be wrong in it
        return
    if lone := HALVES.search(value):
        yield f"{place}: half of a character, U+{ord(lone[0]):04X}."
    elif not unicodedata.is_normalized("NFC", value):
        yield f"{place}: {value!r} is not in Unicode form NFC; normalise it where it is typed."
