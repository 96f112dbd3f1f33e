"""Documents as the gate meets them: fields placed, sealed, signed; and what people do to them."""

import io
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import time_machine
from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from commitments.documents import render, seal
from tests.commitments.documents.authorities import NOW, Holder, cast
from tests.commitments.documents.contents import text_of

CODE = "7K3M9Q2XW8D4T6RZ5"


def rendered(code: str = CODE) -> bytes:
    """Return revision 0: a rendered commitment with every field that will be signed."""
    return _rendered(code)


@cache
def _rendered(code: str) -> bytes:
    made = printed(code)
    return seal.place_fields(made.pdf, made.places)


def printed(code: str = CODE, *, language: str = "vi") -> render.Rendered:
    """Return the text alone, without any field."""
    address = f"https://commitments.example.org/verify/{code}/"
    return render.render(text_of(code=code), language=language, address=address, demo_seal=True)


def sealed(code: str = CODE) -> bytes:
    """Return revision 1: certified by the organisation, form filling alone allowed."""
    return _sealed(code)


@cache
def _sealed(code: str) -> bytes:
    return sign(
        rendered(code), "seal", cast().seal, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
    )


def sign(
    data: bytes,
    field: str,
    holder: Holder,
    *,
    at: datetime = NOW,
    timestamper: Any = None,
    own_field: fields.SigFieldSpec | None = None,
    **meta: Any,
) -> bytes:
    """Return `data` with one more revision in which `holder` signs `field` at `at`."""
    wanted = {"md_algorithm": "sha256", "subfilter": SigSeedSubFilter.PADES} | meta
    with time_machine.travel(at, tick=False):
        signer = signers.PdfSigner(
            signers.PdfSignatureMetadata(field_name=field, **wanted),
            signer=holder.signer(),
            timestamper=timestamper,
            new_field_spec=own_field,
        )
        out = signer.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(data)), existing_fields_only=own_field is None
        )
    return out.getvalue()


def changed(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return `data` with one more revision that makes `change`."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def add_page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            pdf_name("/MediaBox"): generic.ArrayObject(
                [generic.NumberObject(number) for number in (0, 0, 595, 842)]
            ),
        }
    )
    pages["/Kids"].append(writer.add_object(page))
    pages[pdf_name("/Count")] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)
    writer.update_container(pages["/Kids"])


def page_of(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    return writer.find_page_for_modification(0)[0].get_object()


def add_text(writer: IncrementalPdfFileWriter) -> None:
    """Print one more line over the first page."""
    drawn = generic.StreamObject(stream_data=b"BT 60 700 Td (0) Tj ET 60 690 300 20 re f")
    page = page_of(writer)
    before = page.raw_get("/Contents")
    page[pdf_name("/Contents")] = generic.ArrayObject([before, writer.add_object(drawn)])
    writer.update_container(page)


def add_annotation(writer: IncrementalPdfFileWriter, **entries: Any) -> None:
    """Lay an annotation over the text of the first page."""
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(
                [generic.NumberObject(number) for number in (60, 500, 300, 560)]
            ),
            pdf_name("/Contents"): generic.pdf_string("5"),
        }
        | {pdf_name("/" + name): value for name, value in entries.items()}
    )
    page = page_of(writer)
    kept = list(page["/Annots"]) if "/Annots" in page else []
    kept = [page["/Annots"].raw_get(place) for place in range(len(kept))]
    page[pdf_name("/Annots")] = generic.ArrayObject([*kept, writer.add_object(note)])
    writer.update_container(page)


def add_field(name: str, box: tuple[int, int, int, int] | None) -> Callable[..., None]:
    def add(writer: IncrementalPdfFileWriter) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec(name, box=box))

    return add


def add_hidden_field(writer: IncrementalPdfFileWriter) -> None:
    """Add a field to the form that stands on no page."""
    listed = writer.root["/AcroForm"]["/Fields"]
    made = dictionary(FT=pdf_name("/Sig"), T=generic.pdf_string("x"))
    listed.append(writer.add_object(made))
    writer.update_container(listed)


def set_in_root(key: str, value: Callable[[IncrementalPdfFileWriter], Any]) -> Callable[..., None]:
    """Put something into the catalogue: what a reader looks at first."""

    def put(writer: IncrementalPdfFileWriter) -> None:
        writer.root[pdf_name(key)] = value(writer)
        writer.update_root()

    return put


def dictionary(**entries: Any) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {pdf_name("/" + name): value for name, value in entries.items()}
    )


def script(_writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    return dictionary(S=pdf_name("/JavaScript"), JS=generic.pdf_string("app.alert(1)"))


def launch(_writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    return dictionary(S=pdf_name("/Launch"), F=generic.pdf_string("a.exe"))


def add_xfa(writer: IncrementalPdfFileWriter) -> None:
    """Put a form of the other kind beside ours, which some readers show in its place."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/XFA")] = generic.pdf_string("<xdp/>")
    writer.update_container(form)


def attachment(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    file = generic.StreamObject(
        dict_data={pdf_name("/Type"): pdf_name("/EmbeddedFile")}, stream_data=b"MZ"
    )
    spec = dictionary(
        Type=pdf_name("/Filespec"),
        F=generic.pdf_string("a.exe"),
        EF=dictionary(F=writer.add_object(file)),
    )
    names = generic.ArrayObject([generic.pdf_string("a.exe"), writer.add_object(spec)])
    return dictionary(EmbeddedFiles=dictionary(Names=names))


def field_of(writer: IncrementalPdfFileWriter, name: str) -> generic.DictionaryObject:
    """Return a field's dictionary, to be changed."""
    listed = writer.root["/AcroForm"]["/Fields"]
    found = next(listed[place] for place in range(len(listed)) if listed[place]["/T"] == name)
    writer.update_container(found)
    return found


def hole_of(data: bytes) -> tuple[int, int]:
    """Return where the last signature's value stands: first byte after "<", and that of ">"."""
    ranges = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)
    _start, first, second, _rest = (int(number) for number in ranges[-1])
    return first + 1, second - 1


def cms_of(data: bytes, *, hole: tuple[int, int] | None = None) -> cms.ContentInfo:
    first, end = hole or hole_of(data)
    return cms.ContentInfo.load(bytes.fromhex(data[first:end].decode()))


def with_cms(data: bytes, value: bytes, *, hole: tuple[int, int] | None = None) -> bytes:
    """Return `data` with another value of its last signature; nothing covered changes."""
    first, end = hole or hole_of(data)
    return data[:first] + value.hex().encode().ljust(end - first, b"0") + data[end:]


def covered(data: bytes) -> bytes:
    """Return the bytes that the last signature covers."""
    first, end = hole_of(data)
    length = int(re.findall(rb"/ByteRange\s*\[\s*\d+\s+\d+\s+\d+\s+(\d+)", data)[-1])
    return data[: first - 1] + data[end + 1 : end + 1 + length]


def signed_again(
    data: bytes,
    content: bytes | None = None,
    change: Callable[[cms.SignedData], None] | None = None,
    *,
    hole: tuple[int, int] | None = None,
) -> bytes:
    """Return `data` with its last signature changed, then made valid again over `content`."""
    message = cms_of(data, hole=hole)
    signed = message["content"]
    content = covered(data) if content is None else content
    if change is not None:
        change(signed)
    info = signed["signer_infos"][0]
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    value = digest.finalize()
    key = cast().head.key
    if isinstance(info["signed_attrs"], core.Void):
        made = key.sign(content, ec.ECDSA(hashes.SHA256()))
    else:
        for row in info["signed_attrs"]:
            if row["type"].native == "message_digest":
                row["values"] = cms.SetOfOctetString([value])
        attributes = cms.CMSAttributes(list(info["signed_attrs"]))
        info["signed_attrs"] = attributes
        made = key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    info["signature"] = made
    return with_cms(data, message.dump(force=True), hole=hole)
