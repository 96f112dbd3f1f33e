"""What differs between two PDF documents, as graphs: no trust in numbers or order of their objects.

Runs in the child of `gate`; knows nothing of the product.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from pyhanko.pdf_utils import generic

MAX_STEPS = 200_000  # compared pairs; our own documents need a few thousand
MAX_DEPTH = 60  # below the catalogue; deeper than any of ours by far
UPWARDS = frozenset({"/P", "/Parent", "/Prev", "/Data"})
# What makes a reader do something, or carries a file. In a value that was added it is enough.
ACTIVE_KEYS = frozenset(
    {"/AA", "/OpenAction", "/A", "/PA", "/JS", "/JavaScript", "/XFA", "/EF", "/EmbeddedFiles"}
    | {"/RichMediaContent", "/RichMediaSettings", "/Launch", "/AF", "/Movie", "/Sound", "/URI"}
    | {"/3DD", "/3DA", "/Rendition", "/Collection"}
)
ACTIVE_TYPES = frozenset({"/Action", "/EmbeddedFile", "/Filespec", "/F", "/Rendition"})
ACTIVE_SUBTYPES = frozenset(
    {"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/Link"}
)


class TooComplex(Exception):
    """More objects, or deeper ones, than a document of ours can have."""


class Difference(NamedTuple):
    """At `path` from the catalogue the new document has `value`; None: it lacks what the old has.

    `added`: the old document has nothing there.
    """

    path: tuple[str | int, ...]
    added: bool
    value: Any

    def __str__(self) -> str:
        said = "lacks" if self.value is None else "adds" if self.added else "changes"
        return f"{said} {'/'.join(str(step).lstrip('/') for step in self.path)}"


def differences(
    old: generic.DictionaryObject, new: generic.DictionaryObject, *, first: tuple[str, ...] = ()
) -> list[Difference]:
    """Return every place where the graph below `new` is not that below `old`.

    A shared object is reported under the path by which it is met first; keys in `first` are
    walked before all others. Nothing below an added or changed value is walked. Raises
    TooComplex, and whatever the reader raises for objects it cannot read.
    """
    found: list[Difference] = []
    seen: set[tuple[Any, Any]] = set()
    steps = 0
    waiting: deque[tuple[tuple[str | int, ...], Any, Any]] = deque([((), old, new)])
    while waiting:
        path, raw_old, raw_new = waiting.pop()
        steps += 1
        if steps > MAX_STEPS or len(path) > MAX_DEPTH:
            raise TooComplex(f"{steps} comparisons, depth {len(path)}")
        if isinstance(raw_old, generic.IndirectObject) and isinstance(
            raw_new, generic.IndirectObject
        ):
            pair = ((raw_old.idnum, raw_old.generation), (raw_new.idnum, raw_new.generation))
            if pair in seen:
                continue
            seen.add(pair)
        before, after = resolved(raw_old), resolved(raw_new)
        if isinstance(before, generic.DictionaryObject) and isinstance(
            after, generic.DictionaryObject
        ):
            skipped: frozenset[str] = frozenset()
            if isinstance(before, generic.StreamObject) or isinstance(after, generic.StreamObject):
                if not _same_stream(before, after):
                    found.append(Difference(path, False, after))
                    continue
                skipped = frozenset({"/Length", "/Filter", "/DecodeParms"})
            keys = (set(before) | set(after)) - skipped
            # The last pushed is the first walked.
            for key in sorted(keys, key=lambda key: (key in first and not path, key)):
                if key not in after:
                    found.append(Difference((*path, key), False, None))
                elif key not in before:
                    found.append(Difference((*path, key), True, after.raw_get(key)))
                else:
                    # What leads upwards is walked last, or all would be met by way of one field.
                    put = waiting.appendleft if key in UPWARDS else waiting.append
                    put(((*path, key), before.raw_get(key), after.raw_get(key)))
        elif isinstance(before, generic.ArrayObject) and isinstance(after, generic.ArrayObject):
            for place in range(max(len(before), len(after))):
                here = (*path, place)
                if place >= len(after):
                    found.append(Difference(here, False, None))
                elif place >= len(before):
                    found.append(Difference(here, True, after.raw_get(place)))
                else:
                    waiting.append((here, before.raw_get(place), after.raw_get(place)))
        elif not _same_leaf(before, after):
            found.append(Difference(path, False, after))
    return found


def resolved(value: Any) -> Any:
    """Return what a reference leads to, itself if it is none."""
    return value.get_object() if isinstance(value, generic.IndirectObject) else value


def at(dictionary: generic.DictionaryObject, key: str) -> Any:
    """Return what stands at `key`, None if nothing does. The library's own `get` follows nothing."""
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 see above


def _same_stream(before: Any, after: Any) -> bool:
    if not (isinstance(before, generic.StreamObject) and isinstance(after, generic.StreamObject)):
        return False
    if before.encoded_data == after.encoded_data and at(before, "/Filter") == at(after, "/Filter"):
        return bool(at(before, "/DecodeParms") == at(after, "/DecodeParms"))
    return bool(before.data == after.data)


def _same_leaf(before: Any, after: Any) -> bool:
    if isinstance(before, generic.TextStringObject | generic.ByteStringObject):
        return (
            isinstance(after, generic.TextStringObject | generic.ByteStringObject)
            and before.original_bytes == after.original_bytes
        )
    numbers = generic.NumberObject | generic.FloatObject
    if isinstance(before, numbers) and isinstance(after, numbers):
        return bool(before == after)
    return type(before) is type(after) and bool(before == after)


def active_parts(value: Any, *, key: str = "") -> Iterator[str]:
    """Yield the name of each thing in `value` that acts, or carries a file; it was put at `key`.

    Raises TooComplex as `differences` does.
    """
    if key in ACTIVE_KEYS:
        yield key
    seen: set[tuple[int, int]] = set()
    waiting = [(value, 0)]
    steps = 0
    while waiting:
        raw, depth = waiting.pop()
        steps += 1
        if steps > MAX_STEPS or depth > MAX_DEPTH:
            raise TooComplex(f"{steps} objects, depth {depth}")
        if isinstance(raw, generic.IndirectObject):
            if (raw.idnum, raw.generation) in seen:
                continue
            seen.add((raw.idnum, raw.generation))
        here = resolved(raw)
        if isinstance(here, generic.DictionaryObject):
            yield from sorted(ACTIVE_KEYS & set(here))
            for kind_key, active in (("/Type", ACTIVE_TYPES), ("/Subtype", ACTIVE_SUBTYPES)):
                if (kind := str(at(here, kind_key))) in active:
                    yield kind
            # Upwards lies the whole document, which is compared by itself.
            inner = (name for name in here if name not in UPWARDS)
            waiting.extend((here.raw_get(name), depth + 1) for name in inner)
        elif isinstance(here, generic.ArrayObject):
            waiting.extend((here.raw_get(place), depth + 1) for place in range(len(here)))
