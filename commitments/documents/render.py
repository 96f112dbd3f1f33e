"""From a frozen content to a PDF: one file, the same bytes for the same content; and its stamps."""

import json
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import qrcode
import typst
from qrcode.image.svg import SvgPathImage

from commitments.documents import faces
from units.rules import canonical

TEMPLATE = Path(__file__).with_name("commitment.typ")
STAMP = Path(__file__).with_name("stamp.typ")
LANGUAGES = ("vi", "en")
CLAIMS = re.compile(rb"<pdf(?:a|ua)id:(\w+)>[^<]*</pdf(?:a|ua)id:\1>")  # to meet PDF/A, PDF/UA
SPACES = "\u00a0\u2009\u202f"  # besides the plain one; people type them between groups of digits


class Unprintable(ValueError):
    """A text holds a character that cannot be printed; a box or a gap in its place would lie.

    `character`: the one that stands in the way. `place`: where in the content, as in
    "$.terms.items[0].title_vi".
    """

    def __init__(self, character: str, place: str) -> None:
        self.character, self.place = character, place
        name = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        shown = f"“{character}” ({name})" if character.isprintable() else name
        super().__init__(f"{place}: {shown} cannot be printed.")


class NotRendered(RuntimeError):
    """The typesetter refused or warned: a fault of the template or of the installation."""


class Place(NamedTuple):
    """Where the stamp of one signature will stand: a box on a page, kept free of everything else.

    `page`: from 0. `box`: left, bottom, right, top in points from the page's lower left corner.
    """

    field: str
    page: int
    box: tuple[int, int, int, int]
    label: str  # the office's title, for those who hear a page


class Rendered(NamedTuple):
    pdf: bytes
    places: list[Place]  # in the order of the content's slots


def render(content: str, *, language: str, address: str, demo_seal: bool = False) -> Rendered:
    """Return the PDF of one commitment version, `content` attached.

    It is made by the rules of PDF/A-3a and PDF/UA-1 as the typesetter knows and enforces them, and does
    not say so: a claim needs a validator that is not the maker, and none has looked.

    `content`: the canonical JSON text that is hashed; it goes in as data and never as markup.
    `language`: "vi" or "en", of the frame and of all texts that exist in both. `address`: where the
    document is checked, drawn as a QR on each page. `demo_seal`: say on each page that its seal
    proves nothing. Equal arguments give equal bytes; the document's date is the content's
    `issued_on`. Opens no connection and takes tens of milliseconds, so never call it inside a
    transaction. Raises Unprintable (a ValueError) for a character that no vendored face has or that
    nobody would see, ValueError for another language, NotRendered for any error or warning of the
    typesetter: it only warns of a missing font, and would print in another one.
    """
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is no language of documents: {', '.join(LANGUAGES)}.")
    for character, place in _unprintable(json.loads(content), "$"):
        raise Unprintable(character, place)
    inputs = {
        "language": language,
        "sha256": canonical.sha256_hex(content),
        "demo_seal": "yes" if demo_seal else "",
    }
    with _compiler(
        TEMPLATE, {"content.json": content.encode(), "address.svg": qr_svg(address)}, inputs
    ) as compiler:
        # To be archived with the content attached (PDF/A-2 would refuse it), read by screen readers.
        pdf = _unclaimed(_compiled(compiler, standards=["a-3a", "ua-1"]))
        rows = json.loads(compiler.query("<signature-place>", field="value"))
    return Rendered(pdf, [_place(row) for row in rows])


def _unclaimed(pdf: bytes) -> bytes:
    """Return `pdf` with spaces where it claims to meet a standard; every other byte stays in place.

    Such a file keeps its metadata in the clear. Raises NotRendered where no claim is found, for
    then it may stand where nobody looks.
    """
    blank, found = CLAIMS.subn(lambda claim: b" " * len(claim[0]), pdf)
    if not found:
        raise NotRendered("The typesetter wrote what it claims in some other way.")
    return blank


def _place(row: Mapping[str, Any]) -> Place:
    """Return a place as PDF counts: points from below, where the typesetter counts from above."""
    left, top = row["x"], row["page_height"] - row["y"]
    box = (left, top - row["height"], left + row["width"], top)
    across, low, right, high = (round(value) for value in box)
    return Place(row["field"], row["page"] - 1, (across, low, right, high), row["label"])


def draw_stamp(said: Mapping[str, Any], *, width: int, height: int) -> bytes:
    """Return a one-page PDF of `width` x `height` points: what stands in the box of a signature.

    `said`: {"grade", "name", "form", "office", "own_office", "time", "note", "demo"}, texts; an empty
    one is left out. They shrink until they fit. Raises Unprintable and NotRendered as `render`.
    """
    for character, place in _unprintable(said, "$"):
        raise Unprintable(character, place)
    inputs = {"width": str(width), "height": str(height)}
    text = canonical.text(dict(said)).encode()
    with _compiler(STAMP, {"said.json": text}, inputs) as compiler:
        return _compiled(compiler, standards=[], tags=False)


def qr_svg(address: str) -> bytes:
    """Return the QR code of `address` as a drawing, made here: no service is asked for it."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(address)
    return cast(bytes, code.make_image(image_factory=SvgPathImage).to_string())


@contextmanager
def _compiler(
    template: Path, files: Mapping[str, bytes], inputs: dict[str, str]
) -> Iterator[typst.Compiler]:
    """Yield a typesetter that sees `template` and `files` alone."""
    with TemporaryDirectory(prefix="document-") as folder:
        copy = Path(folder, template.name)
        shutil.copyfile(template, copy)
        for name, data in files.items():
            copy.with_name(name).write_bytes(data)
        yield typst.Compiler(copy, root=copy.parent, font_paths=_fonts(), sys_inputs=inputs)


def _compiled(compiler: typst.Compiler, *, standards: list[Any], tags: bool = True) -> bytes:
    try:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=standards, pdf_tags=tags
        )
    except typst.TypstError as error:
        raise NotRendered(error.diagnostic) from error
    if warnings:
        raise NotRendered("\n".join(warning.diagnostic for warning in warnings))
    return cast(bytes, pdf)  # one file: a PDF has no pages of its own, unlike a picture


@cache
def _fonts() -> typst.Fonts:
    """Return the vendored faces alone: neither the machine's nor those of the typesetter."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[faces.FOLDER]
    )


def _unprintable(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each character in `value` that cannot be printed, with its place.

    Invisible ones count: a mark that turns the direction of writing would make a page show
    something else than what is hashed.
    """
    if isinstance(value, str):
        for character in value:
            visible = character.isprintable() or character in SPACES
            drawn = set(map(ord, character + character.upper()))  # titles stand in capitals too
            if not visible or not drawn <= faces.characters():
                yield character, place
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _unprintable(member, f"{place}.{key}")
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from _unprintable(member, f"{place}[{position}]")
