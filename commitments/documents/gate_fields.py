"""What the gate reads of a PDF: pages, signature fields, within limits. Runs in the child of `gate`."""

import io
from typing import NamedTuple

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import generic_cms

from commitments.documents.gate_difference import TooComplex, at, resolved

MIB = 1024 * 1024
# Our own documents unpack to less than 4 MiB; a file of 20 MB may not ask for more than its child has.
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_ratio=200, max_output_size=32 * MIB),
    document_budget=DocumentDecodeBudget(base_allowance=96 * MIB, max_ratio=4),
)
MAX_OBJECTS = 50_000
MAX_PAGES = 2_000
ENDLESS = "startxref loop"  # how the library begins to say that the tables lead in a circle


class Refusal(Exception):
    """The gate stays shut. `rule`: "G10" and so on; `why`: for the report, in English."""

    def __init__(self, rule: str, why: str) -> None:
        self.rule, self.why = rule, why
        super().__init__(f"{rule}: {why}")


class Field(NamedTuple):
    """A signature field of a document: its own dictionary, and the signature in it or None."""

    dictionary: generic.DictionaryObject
    signature: generic.DictionaryObject | None

    @property
    def is_timestamp(self) -> bool:
        return self.signature is not None and at(self.signature, "/Type") == "/DocTimeStamp"


def open_pdf(data: bytes) -> PdfFileReader:
    """Return a strict reader; raise Refusal (G11) for an encrypted file, TooComplex for a huge one
    or one whose tables never end."""
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=True, decode_limits=LIMITS)
    except PdfReadError as error:
        if str(error).startswith(ENDLESS):
            raise TooComplex(f"tables without end: {error}") from error
        raise
    if "/Encrypt" in reader.trailer:
        raise Refusal("G11", "the trailer names an encryption")
    size = int(reader.trailer["/Size"])
    if size > MAX_OBJECTS:
        raise TooComplex(f"{size} objects")
    return reader


def require_plain_pages(reader: PdfFileReader) -> None:
    """Raise Refusal (G10) unless the page tree is a tree."""
    seen: set[tuple[int, int]] = set()
    pages = 0
    waiting = [reader.root.raw_get("/Pages")]
    while waiting:
        reference = waiting.pop()
        if not isinstance(reference, generic.IndirectObject):
            raise Refusal("G10", "a page that is no object of its own")
        key = (reference.idnum, reference.generation)
        if key in seen:
            raise Refusal("G10", "the page tree leads back to itself")
        seen.add(key)
        node = reference.get_object()
        if node["/Type"] == "/Pages":
            kids = node["/Kids"]
            waiting.extend(kids.raw_get(place) for place in range(len(kids)))
        else:
            pages += 1
        if len(seen) > MAX_PAGES:
            raise TooComplex(f"more than {MAX_PAGES} pages")
    if pages != int(reader.root["/Pages"]["/Count"]):
        raise Refusal("G10", f"{pages} pages where {reader.root['/Pages']['/Count']} are said")


def fields_of(reader: PdfFileReader) -> dict[str, Field]:
    """Return the signature fields of a document by their full name, in the order of the form.

    Raises Refusal (G10) for a form that is not flat with one dictionary for a field: ours are.
    """
    form = at(reader.root, "/AcroForm")
    found: dict[str, Field] = {}
    if form is None:
        return found
    listed = form["/Fields"]
    for place in range(len(listed)):
        dictionary = resolved(listed.raw_get(place))
        name = str(dictionary["/T"])
        if name in found:
            raise Refusal("G10", f"two fields are called {name}")
        if "/Kids" in dictionary:
            raise Refusal("G10", f"the field {name} is made of several")
        if at(dictionary, "/FT") != "/Sig":
            raise Refusal("G18", f"the field {name} is none for a signature")
        found[name] = Field(dictionary, at(dictionary, "/V"))
    return found


def pages_of(reader: PdfFileReader) -> list[generic.DictionaryObject]:
    """Return the pages of a tree that `require_plain_pages` has seen, in no order."""
    found, waiting = [], [reader.root["/Pages"]]
    while waiting:
        node = waiting.pop()
        if node["/Type"] == "/Pages":
            kids = node["/Kids"]
            waiting.extend(kids[place] for place in range(len(kids)))
        else:
            found.append(node)
    return found


def hashed(algorithm: str, data: bytes) -> bytes:
    """Return the hash of `data` by the name that a signature gives the algorithm."""
    digest = generic_cms.hashes.Hash(generic_cms.get_hash_spec_for_tst_digest(algorithm))
    digest.update(data)
    return bytes(digest.finalize())
