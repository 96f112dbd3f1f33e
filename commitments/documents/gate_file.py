"""Rules G10 to G20 of the gate: is this our document with one field filled and nothing else?

Runs in the child of `gate`; knows nothing of the product. Everything compares the upload with the
bytes that were handed out, so nothing rests on what the upload says of itself.
"""

import io
import re
from typing import Any, NamedTuple

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.metadata.xmp_xml import parse_xmp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from commitments.documents.gate_difference import (
    Difference,
    active_parts,
    at,
    differences,
    resolved,
)
from commitments.documents.gate_fields import (
    Field,
    Refusal,
    fields_of,
    hashed,
    open_pdf,
    pages_of,
    require_plain_pages,
)

END_MARK = b"%%EOF"
END = re.compile(rb"%%EOF[ \r\n]{0,2}\Z")
BEGIN = re.compile(rb"[\s\0]*\d+ \d+ obj\b")
# What a signing program may put at the field that it fills; the rectangle is not among them.
FIELD_KEYS = frozenset({"/V", "/AP", "/AS", "/M", "/MK", "/DA", "/P"})
FORM_KEYS = frozenset({"/SigFlags", "/DR", "/DA"})
EVIDENCE_KEYS = frozenset({"/DSS", "/Extensions"})
INFO_KEYS = frozenset({"/ModDate", "/Producer"})
XMP_CHANGES = frozenset(  # (namespace, name); Acrobat writes them with every save
    {
        ("http://ns.adobe.com/xap/1.0/", name)
        for name in ("ModifyDate", "MetadataDate", "CreatorTool")
    }
    | {("http://ns.adobe.com/xap/1.0/mm/", name) for name in ("InstanceID", "History")}
    | {("http://ns.adobe.com/pdf/1.3/", "Producer")}
)


class Signed(NamedTuple):
    """The one new signature: where it stands, and the end of what it covers, in bytes."""

    embedded: EmbeddedPdfSignature
    end: int
    evidence: list[EmbeddedPdfSignature]  # document timestamps after it
    reader: PdfFileReader


def examine(
    base: bytes, upload: bytes, *, field: str, subfilters: frozenset[str], evidence: bool
) -> Signed:
    """Return the one new signature of `upload`, which else equals `base`; raise Refusal (G10 to G20).

    `base`: the file that was handed out. `field`: name of the signature field to be filled.
    `evidence`: validation data and document timestamps may follow the signature.
    Whatever else is raised means that the file could not be read (G10).
    """
    before, after = open_pdf(base), open_pdf(upload)
    require_plain_pages(after)
    everything = _differences(before, after)
    for difference in everything:
        for part in _active_in(difference):
            raise Refusal("G12", f"{difference}: {part}")
    old, new = fields_of(before), fields_of(after)
    _require_no_copy(new)
    fresh = [
        name
        for name, found in new.items()
        if found.signature is not None
        and not found.is_timestamp
        and (name not in old or old[name].signature is None)
    ]
    if len(fresh) != 1:
        raise Refusal("G14", f"new signatures: {', '.join(sorted(fresh)) or 'none'}")
    if fresh != [field]:
        raise Refusal("G15", f"signed in {fresh[0]}, not in {field}")
    _require_no_hidden_field(old, new, after)
    try:
        embedded = EmbeddedPdfSignature(after, new[field].dictionary, field)
    except (CMSStructuralError, CMSExtractionError) as error:
        raise Refusal("G21", str(error)) from error
    end = _covered(base, upload, embedded)
    signed = after if end == len(upload) else open_pdf(upload[:end])
    if end < len(upload) and not evidence:
        raise Refusal("G17", f"{len(upload) - end} bytes follow the signature")
    if end < len(upload):
        _require_only_evidence(signed, after, upload[end:])
    for difference in _differences(before, signed):
        _require_filling(difference, before, field)
    _require_same_marks(before, signed)
    _require_no_remark(base, upload[:end])
    _require_earlier(old, after)
    embedded.compute_integrity_info()
    if not embedded.summarise_integrity_info()["docmdp_ok"]:
        raise Refusal("G17", f"after the signature: {embedded.diff_result}")
    _require_no_lock(embedded, old[field].dictionary)
    subfilter = str(at(embedded.sig_object, "/SubFilter")).lstrip("/")
    if subfilter not in subfilters:
        raise Refusal("G20", f"SubFilter {subfilter}")
    stamps = [
        EmbeddedPdfSignature(after, found.dictionary, name)
        for name, found in new.items()
        if found.is_timestamp and name not in old
    ]
    return Signed(embedded, end, stamps, after)


def _require_no_lock(embedded: EmbeddedPdfSignature, field: generic.DictionaryObject) -> None:
    """Raise Refusal (G34) if the signature forbids what the field that we placed does not.

    Whoever signs after it would break it: signing programs offer to lock the file.
    """
    lock = at(field, "/Lock")
    allowed = at(lock, "/P") if lock is not None else None
    references = at(embedded.sig_object, "/Reference") or generic.ArrayObject()
    methods = {str(at(references[place], "/TransformMethod")) for place in range(len(references))}
    if (methods and lock is None) or ("/DocMDP" in methods and embedded.docmdp_level != allowed):
        raise Refusal("G34", f"the signature locks: {', '.join(sorted(methods))}")


def _differences(before: PdfFileReader, after: PdfFileReader) -> list[Difference]:
    found = differences(before.root, after.root, first=("/AcroForm",))
    empty = generic.DictionaryObject()
    old, new = (at(reader.trailer_view, "/Info") or empty for reader in (before, after))
    changed = {key for key in set(old) | set(new) if at(old, key) != at(new, key)} - INFO_KEYS
    return found + [Difference(("/Info", key), key not in old, at(new, key)) for key in changed]


def _active_in(difference: Difference) -> list[str]:
    """Return what acts in a changed or added value; what was there before was not added."""
    if difference.value is None:
        return []
    named = [str(step) for step in difference.path if isinstance(step, str)]
    carriers = {"/Names", "/AF", "/OpenAction", "/AA"} & set(named[:1])
    last = named[-1] if named else ""
    return [*carriers, *active_parts(difference.value, key=last)]


def _require_no_copy(fields: dict[str, Field]) -> None:
    """Raise Refusal (G13) if one signature stands in two fields."""
    seen: dict[Any, str] = {}
    for name, found in fields.items():
        if found.signature is None:
            continue
        cms = bytes(found.signature.raw_get("/Contents").original_bytes).rstrip(b"\0")
        covered = tuple(int(number) for number in found.signature["/ByteRange"])
        for mark in (cms, covered):
            if mark in seen:
                raise Refusal("G13", f"{name} repeats the signature of {seen[mark]}")
            seen[mark] = name


def _require_no_hidden_field(
    old: dict[str, Field], new: dict[str, Field], after: PdfFileReader
) -> None:
    """Raise Refusal (G15) for a field that was added and shows on no page.

    One that shows is content (G17, G18); a document timestamp has a field of its own.
    """
    shown = set()
    for page in pages_of(after):
        annotations = at(page, "/Annots") or generic.ArrayObject()
        for place in range(len(annotations)):
            raw = annotations.raw_get(place)
            shown.add(raw.reference if isinstance(raw, generic.IndirectObject) else id(raw))
    for name in new.keys() - old.keys():
        place_of = new[name].dictionary.container_ref
        if not new[name].is_timestamp and place_of not in shown:
            raise Refusal("G15", f"the field {name} was added")


def _covered(base: bytes, upload: bytes, embedded: EmbeddedPdfSignature) -> int:
    """Return where the covered bytes end; raise Refusal (G16) unless all but the hole is covered."""
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or min(numbers) < 0:
        raise Refusal("G16", f"ByteRange {numbers}")
    start, first, second, rest = numbers
    end = second + rest
    if start != 0 or not first < second:
        raise Refusal("G16", f"ByteRange {numbers}")
    if end > len(upload):
        raise Refusal("G05", f"covers {end} bytes of {len(upload)}")
    if upload.startswith(base) and first < len(base):
        raise Refusal("G16", "the hole lies in what was handed out")
    hole = upload[first:second]
    if hole[:1] != b"<" or hole[-1:] != b">":
        raise Refusal("G16", "the hole is not the signature alone")
    try:
        inside = bytes.fromhex(hole[1:-1].decode("ascii"))
    except ValueError as error:
        raise Refusal("G16", "the hole is not the signature alone") from error
    if inside != bytes(embedded.pkcs7_content):
        raise Refusal("G16", "the hole holds something else than the signature")
    if not END.search(upload[:end]):
        raise Refusal("G16", "the covered bytes end within a revision")
    whole = open_pdf(upload[:end])
    again = fields_of(whole).get(embedded.fq_name)
    if again is None or again.signature is None:
        raise Refusal("G16", "the covered bytes do not hold the signature")
    inner = EmbeddedPdfSignature(whole, again.dictionary, embedded.fq_name)
    if inner.evaluate_signature_coverage() != SignatureCoverageLevel.ENTIRE_FILE:
        raise Refusal("G16", "the signature does not cover its revision")
    return end


def _require_only_evidence(signed: PdfFileReader, after: PdfFileReader, rest: bytes) -> None:
    """Raise Refusal (G17) unless `rest` adds validation data or document timestamps alone."""
    if not END.search(rest) or not BEGIN.match(rest):
        raise Refusal("G17", "bytes that are no revision follow the signature")
    old, new = fields_of(signed), fields_of(after)
    stamps = {
        found.dictionary.container_ref
        for name, found in new.items()
        if found.is_timestamp and name not in old and _is_invisible(found.dictionary)
    }
    for difference in _differences(signed, after):
        if difference.path[:1] and difference.path[0] in EVIDENCE_KEYS:
            continue
        if difference.path[:2] == ("/AcroForm", "/SigFlags") or _is_a_save(difference, signed):
            continue
        in_list = difference.path[:2] == ("/AcroForm", "/Fields") or "/Annots" in difference.path
        if difference.added and in_list and _are_among(difference.value, stamps):
            continue
        raise Refusal("G17", f"after the signature: {difference}")


def _are_among(value: Any, references: set[Any]) -> bool:
    """Say whether `value` is one of `references`, or a list of such alone."""
    if isinstance(value, generic.IndirectObject) and value.reference in references:
        return True
    inner = resolved(value)
    return isinstance(inner, generic.ArrayObject) and all(
        getattr(inner.raw_get(place), "reference", None) in references
        for place in range(len(inner))
    )


def _is_invisible(field: generic.DictionaryObject) -> bool:
    box = [float(number) for number in at(field, "/Rect") or (0, 0, 0, 0)]
    return len(box) == 4 and (box[0] == box[2] or box[1] == box[3]) and "/AP" not in field


def _require_filling(difference: Difference, before: PdfFileReader, field: str) -> None:
    """Raise Refusal (G18, G19) unless the difference is what filling `field` brings with it."""
    path = difference.path
    if path[0] == "/AcroForm" and len(path) > 1:
        if path[1] in FORM_KEYS:
            return
        if path[1] == "/Fields" and len(path) > 3 and isinstance(path[2], int):
            name = list(fields_of(before))[path[2]]
            at_the_key = len(path) == 4 or path[3] != "/P"  # what lies behind it is the page
            if name == field and path[3] in FIELD_KEYS and at_the_key:
                return
            if name == field and path[3] == "/Lock":
                raise Refusal("G34", "the signature locks the file")
            if name != field and path[3] == "/V":
                raise Refusal("G19", f"{difference} of {name}")
    if path[0] in EVIDENCE_KEYS or path == ("/Version",):
        return
    if path[0] == "/Perms":
        raise Refusal("G19", str(difference))
    if not _is_a_save(difference, before):
        raise Refusal("G18", str(difference))


def _is_a_save(difference: Difference, before: PdfFileReader) -> bool:
    """Say whether only the time and the program of a save changed in the metadata."""
    replaced = not difference.added and difference.value is not None
    return (
        difference.path == ("/Metadata",)
        and replaced
        and _marks(before) == _marks_in(difference.value)
    )


def _marks(reader: PdfFileReader) -> set[tuple[str, str, str]]:
    return _marks_in(reader.root["/Metadata"])


def _marks_in(metadata: Any) -> set[tuple[str, str, str]]:
    """Return what the metadata say, without the times and programs that every save changes."""
    return {
        (name.ns, name.local_name, str(value))
        for structure in parse_xmp(io.BytesIO(resolved(metadata).data))
        for name, value in structure
        if (str(name.ns), name.local_name) not in XMP_CHANGES
    }


def _require_same_marks(before: PdfFileReader, signed: PdfFileReader) -> None:
    if len(pages_of(before)) != len(pages_of(signed)):
        raise Refusal("G18", "the number of pages changed")


def _require_no_remark(base: bytes, signed: bytes) -> None:
    """Raise Refusal (G18) for bytes between two revisions: they show nowhere and serve nothing."""
    if not signed.startswith(base):
        return
    inner = (base_end.end() for base_end in re.finditer(END_MARK, signed[:-8]))
    for place in (len(base), *(place for place in inner if place > len(base))):
        if not BEGIN.match(signed, place):
            raise Refusal("G18", f"a remark at byte {place}, before the signature")


def _require_earlier(old: dict[str, Field], after: PdfFileReader) -> None:
    """Raise Refusal (G19) unless each earlier signature is the same, intact and permits the rest."""
    now = fields_of(after)
    for name, found in old.items():
        if found.signature is None:
            continue
        if name not in now or now[name].signature is None:
            raise Refusal("G19", f"the signature {name} is gone")
        try:
            embedded = EmbeddedPdfSignature(after, now[name].dictionary, name)
        except (CMSStructuralError, CMSExtractionError) as error:
            raise Refusal("G19", f"the signature {name}: {error}") from error
        same = bytes(embedded.pkcs7_content) == bytes(
            found.signature.raw_get("/Contents").original_bytes
        ) and [int(number) for number in embedded.byte_range] == [
            int(number) for number in found.signature["/ByteRange"]
        ]
        if not same:
            raise Refusal("G19", f"the signature {name} was exchanged")
        kind = "tst_info" if found.is_timestamp else "data"
        try:
            embedded.compute_integrity_info()
            intact, valid = generic_cms.validate_sig_integrity(
                embedded.signer_info,
                embedded.signer_cert,
                expected_content_type=kind,
                actual_digest=_digest(embedded, kind),
            )
        except (SignatureValidationError, CMSStructuralError, CMSExtractionError) as error:
            raise Refusal("G19", f"the signature {name}: {error}") from error
        facts = embedded.summarise_integrity_info()
        if not (intact and valid):
            raise Refusal("G19", f"the signature {name} is broken")
        if facts["coverage"] < SignatureCoverageLevel.ENTIRE_REVISION or not facts["docmdp_ok"]:
            raise Refusal("G19", f"the signature {name} forbids this: {facts['diff_result']}")


def _digest(embedded: EmbeddedPdfSignature, kind: str) -> bytes:
    if kind == "data":
        return embedded.compute_digest()
    # A document timestamp signs its own token, whose imprint is that of the bytes.
    content = embedded.signed_data["encap_content_info"]["content"]
    imprint = content.parsed["message_imprint"]["hashed_message"].native
    if imprint != embedded.compute_digest():
        raise Refusal("G19", f"the timestamp {embedded.fq_name} is of other bytes")
    return hashed(embedded.md_algorithm, bytes(content))
