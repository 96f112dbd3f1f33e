"""From a frozen content to a PDF: one file, the same bytes for the same content."""

import json
import shutil
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import typst

from commitments.documents import faces
from units.rules import canonical

TEMPLATE = Path(__file__).with_name("commitment.typ")
LANGUAGES = ("vi", "en")
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


def render_pdf(content: str, *, language: str) -> bytes:
    """Return the PDF of one commitment version: PDF/A-3a and PDF/UA-1, `content` attached.

    `content`: the canonical JSON text that is hashed; it goes in as data and never as markup.
    `language`: "vi" or "en", of the frame and of all texts that exist in both. Equal arguments
    give equal bytes; the document's date is the content's `issued_on`. Opens no connection and
    takes tens of milliseconds, so never call it inside a transaction. Raises Unprintable (a
    ValueError) for a character that no vendored face has or that nobody would see, ValueError
    for another language, NotRendered for any error or warning of the typesetter: it only warns
    of a missing font, and would print in another one.
    """
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is no language of documents: {', '.join(LANGUAGES)}.")
    for character, place in _unprintable(json.loads(content), "$"):
        raise Unprintable(character, place)
    with TemporaryDirectory(prefix="document-") as folder:
        root = Path(folder)  # the typesetter reads nothing outside it
        template = root / TEMPLATE.name
        shutil.copyfile(TEMPLATE, template)
        (root / "content.json").write_bytes(content.encode("utf-8"))
        return _compiled(template, {"language": language, "sha256": canonical.sha256_hex(content)})


def _compiled(template: Path, inputs: dict[str, str]) -> bytes:
    compiler = typst.Compiler(
        template, root=template.parent, font_paths=_fonts(), sys_inputs=inputs
    )
    try:
        # To be archived with the content attached (PDF/A-2 would refuse it), read by screen readers.
        pdf, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=["a-3a", "ua-1"])
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
