"""The vendored typefaces, and which characters all of them can print."""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "fonts"
# What the faces lack and the typesetter still prints: it draws a plain hyphen.
SUBSTITUTED = {0x2011}  # non-breaking hyphen
# What the faces have and a document must not: two letters whose capitals are in no face, and
# Hebrew, because letters that run from right to left turn round the digits beside them.
LEFT_OUT = {0x019B, 0x0264, *range(0x0590, 0x0600), *range(0xFB1D, 0xFB50)}


@cache
def characters() -> frozenset[int]:
    """Return the code points that can be printed in any of the vendored faces, bold or italic."""
    covered = [frozenset(_covered(path.read_bytes())) for path in sorted(FOLDER.glob("*.ttf"))]
    return frozenset.intersection(*covered) - LEFT_OUT | SUBSTITUTED


def _covered(font: bytes) -> Iterator[int]:
    """Yield the code points of the basic plane in the Unicode character map of a TrueType file.

    Only the sub-table of format 4 is read, which every face has (Unicode on Windows: 3, 1). The
    few characters beyond the basic plane count as missing. Source: OpenType 1.9, “cmap”.
    """
    tables = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(tables))
    cmap = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    maps = struct.unpack_from(">H", font, cmap + 2)[0]
    encodings = (struct.unpack_from(">HHL", font, cmap + 4 + 8 * n) for n in range(maps))
    table = cmap + next(offset for *kind, offset in encodings if kind == [3, 1])
    form, _length, _language, doubled = struct.unpack_from(">HHHH", font, table)
    if form != 4:
        raise ValueError(f"A character map of format {form} is not read.")
    count = doubled // 2

    def column(position: int, kind: str) -> tuple[int, ...]:
        return struct.unpack_from(f">{count}{kind}", font, table + position)

    ends, starts = column(14, "H"), column(16 + doubled, "H")
    deltas, offsets = column(16 + 2 * doubled, "h"), column(16 + 3 * doubled, "H")
    for n in range(count):
        for code in range(starts[n], ends[n] + 1):
            glyph = code
            if offsets[n]:
                at = 16 + 3 * doubled + 2 * n + offsets[n] + 2 * (code - starts[n])
                glyph = struct.unpack_from(">H", font, table + at)[0] or -deltas[n]
            if code != 0xFFFF and (glyph + deltas[n]) % 0x10000:
                yield code
