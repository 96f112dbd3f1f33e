"""What attacks the parser rather than the text: bombs, circles and broken tables, made by hand."""

import io
import re
import zlib
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from tests.commitments.documents.authorities import cast
from tests.commitments.documents.hostile import FIELD, good
from tests.commitments.documents.papers import changed, sealed, sign


def tail(
    objects: bytes, *, trailer: bytes = b"", size: int = 400, prev: int | None = None
) -> bytes:
    """Return the sealed file with a handmade revision: `objects` are "n 0 obj ... endobj"."""
    base = sealed()
    reader = PdfFileReader(io.BytesIO(base))
    start = len(base)
    found = re.finditer(rb"(?m)^(\d+) 0 obj\b", objects)
    entries = [(int(match.group(1)), start + match.start()) for match in found]
    table = b"xref\n"
    for number, offset in sorted(entries):
        table += b"%d 1\n%010d 00000 n \n" % (number, offset)
    where = start + len(objects)
    previous = reader.last_startxref if prev is None else prev or where
    root_ref = reader.root_ref
    return (
        base
        + objects
        + table
        + b"trailer\n<< /Size %d /Root %d 0 R /Prev %d " % (size, root_ref.idnum, previous)
        + trailer
        + b">>\nstartxref\n%d\n%%%%EOF\n" % where
    )


EMPTY = b"390 0 obj\n<< >>\nendobj\n"


def root_number() -> int:
    return PdfFileReader(io.BytesIO(sealed())).root_ref.idnum


def deep() -> bytes:
    """Return a file whose catalogue holds arrays in arrays, a hundred thousand deep."""
    return tail(b"%d 0 obj\n<< /X %s >>\nendobj\n" % (root_number(), b"[" * 10**5 + b"]" * 10**5))


def compression_bomb() -> bytes:
    """Return a file whose catalogue lies in a stream that unpacks to 64 MB."""
    packed = zlib.compress(b"%d 0 " % root_number() + b" " * 64 * 1024 * 1024, 1)
    stream = (
        b"390 0 obj\n<< /Type /ObjStm /N 1 /First 6 /Filter /FlateDecode /Length %d >>\nstream\n"
        % len(packed)
    )
    objects = stream + packed + b"\nendstream\nendobj\n"
    base = sealed()
    where = len(base) + len(objects)
    rows = {root_number(): (2, 390, 0), 390: (1, len(base), 0), 391: (1, where, 0)}
    index = b" ".join(b"%d 1" % number for number in sorted(rows))
    body = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + at.to_bytes(2, "big")
        for _number, (kind, place, at) in sorted(rows.items())
    )
    reader = PdfFileReader(io.BytesIO(base))
    xref = (
        b"391 0 obj\n<< /Type /XRef /Size 400 /W [1 4 2] /Index [%s] /Root %d 0 R /Prev %d /Length %d >>\nstream\n"
        % (index, root_number(), reader.last_startxref, len(body))
    )
    return base + objects + xref + body + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % where


def object_bomb() -> bytes:
    """Return a file that says to have ten million objects."""
    return tail(EMPTY, size=10_000_000)


def circle() -> bytes:
    """Return a file whose cross-reference table names itself as the one before."""
    return tail(EMPTY, prev=0)


def two_circles() -> bytes:
    """Return a file with two tables, each of which names the other as the one before."""
    first = tail(EMPTY)
    place = len(first) + len(EMPTY)
    before = b"/Prev %d " % PdfFileReader(io.BytesIO(sealed())).last_startxref
    head, rest = first[: len(sealed())], first[len(sealed()) :]
    first = head + rest.replace(before, b"/Prev %d " % place)
    return (
        first
        + EMPTY
        + b"xref\n390 1\n%010d 00000 n \n" % len(first)
        + b"trailer\n<< /Size 400 /Root %d 0 R /Prev %d >>\n" % (root_number(), len(head + EMPTY))
        + b"startxref\n%d\n%%%%EOF\n" % place
    )


def own_object() -> bytes:
    """Return a file whose pages are an object that is a reference to itself."""
    return _pages_in(b"390 0 R")


def _pages_in(value: bytes) -> bytes:
    root_object = b"%d 0 obj\n<< /Type /Catalog /Pages 390 0 R >>\nendobj\n" % root_number()
    return tail(b"390 0 obj\n%s\nendobj\n" % value + root_object)


def circular_pages() -> bytes:
    def turn(writer: Any) -> None:
        pages = writer.root["/Pages"]
        pages["/Kids"].append(writer.root.raw_get("/Pages"))
        writer.update_container(pages["/Kids"])
        writer.update_container(pages)

    return sign(changed(sealed(), turn), FIELD, cast().head)


def broken_table() -> bytes:
    data = good()
    where = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    return data[:where] + b"xrfe" + data[where + 4 :]


def encrypted() -> bytes:
    return tail(
        EMPTY, trailer=b"/Encrypt << /Filter /Standard /V 5 /R 6 /Length 256 >> /ID [<00> <00>] "
    )
