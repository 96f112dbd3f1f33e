"""What hostile and honest people do to a document: each function returns the file they upload."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from asn1crypto import cms, crl, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.commitments.documents import papers
from tests.commitments.documents.authorities import NOW, Holder, cast, root
from tests.commitments.documents.papers import changed, sealed, sign, signed_again

FIELD = "undertaker-1"
OTHER_CODE = "0000000000000000Z"


def good() -> bytes:
    """Return what an honest head uploads."""
    return sign(sealed(), FIELD, cast().head)


def by(holder: Callable[[], Holder], **how: Any) -> Callable[[], bytes]:
    return lambda: sign(sealed(), FIELD, holder(), **how)


def before_signing(change: Any) -> Callable[[], bytes]:
    return lambda: sign(changed(sealed(), change), FIELD, cast().head)


def after_signing(change: Any) -> Callable[[], bytes]:
    return lambda: changed(good(), change)


# --- wrong files


def resaved() -> bytes:
    return saved_anew(good())


def saved_anew(data: bytes) -> bytes:
    """Return what a program leaves that writes the whole file anew."""
    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(data))).write(out)
    return out.getvalue()


def prepared() -> bytes:
    """Return a file of the same text, prepared before issue so that its text can be swapped later."""
    draft = changed(papers.printed().pdf, papers.add_page)
    return sign(changed(draft, papers.add_field(FIELD, (60, 60, 240, 120))), FIELD, cast().head)


# --- additions


def twice_in_two_fields() -> bytes:
    """Return a file where the new signature stands in the other field as well."""

    def repeat(writer: Any) -> None:
        value = papers.field_of(writer, FIELD).raw_get("/V")
        papers.field_of(writer, "assigner")[pdf_name("/V")] = value

    return changed(good(), repeat)


def strangers() -> bytes:
    """Return a file that somebody else signed as well, with a picture over the text."""
    spec = fields.SigFieldSpec("stamp", box=(60, 500, 300, 560))
    return sign(good(), "stamp", cast().colleague, own_field=spec)


def in_own_field() -> bytes:
    spec = fields.SigFieldSpec("Signature1", on_page=-1, box=(60, 200, 240, 260))
    return sign(sealed(), "Signature1", cast().head, own_field=spec)


def with_range(change: Callable[[list[int]], list[int]]) -> Callable[[], bytes]:
    """Return a file whose signature says to cover other bytes, signed over those."""

    def make() -> bytes:
        data = good()
        hole = papers.hole_of(data)
        found = list(re.finditer(rb"/ByteRange\s*\[([^\]]*)\]", data))[-1]
        numbers = change([int(number) for number in found.group(1).split()])
        text = b" ".join(b"%d" % number for number in numbers)
        first, end = found.span(1)
        data = data[:first] + text.ljust(end - first) + data[end:]
        start, one, second, rest = numbers
        content = data[start : start + one] + data[second : second + rest]
        return signed_again(data, content, hole=hole)

    return make


# --- the signature itself


def exchanged_seal() -> bytes:
    """Return a file whose seal was exchanged for another by an added revision, then signed."""
    other = sign(papers.rendered(), "seal", cast().colleague, certify=True)
    spare = PdfFileReader(io.BytesIO(other)).embedded_signatures[0]

    def exchange(writer: Any) -> None:
        value = papers.field_of(writer, "seal")["/V"]
        value[pdf_name("/Contents")] = generic.ByteStringObject(bytes(spare.pkcs7_content))
        writer.update_container(value)

    return sign(changed(sealed(), exchange), FIELD, cast().head)


def two_signers() -> bytes:
    def double(signed: cms.SignedData) -> None:
        info = signed["signer_infos"][0].copy()
        signed["signer_infos"].append(info)

    return signed_again(good(), change=double)


def encapsulated() -> bytes:
    def fill(signed: cms.SignedData) -> None:
        signed["encap_content_info"] = cms.ContentInfo(
            {"content_type": "data", "content": b"another text"}
        )

    return signed_again(good(), change=fill)


def no_attributes() -> bytes:
    def strip(signed: cms.SignedData) -> None:
        old = signed["signer_infos"][0]
        kept = {
            name: old[name]
            for name in ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
        }
        signed["signer_infos"] = cms.SignerInfos([cms.SignerInfo(kept)])

    return signed_again(good(), change=strip)


def without(attribute: str) -> Callable[[], bytes]:
    def drop(signed: cms.SignedData) -> None:
        info = signed["signer_infos"][0]
        kept = [row for row in info["signed_attrs"] if row["type"].native != attribute]
        info["signed_attrs"] = cms.CMSAttributes(kept)

    return lambda: signed_again(good(), change=drop)


def flipped_value() -> bytes:
    data = good()
    message = papers.cms_of(data)
    info = message["content"]["signer_infos"][0]
    value = bytearray(info["signature"].native)
    value[-1] ^= 1
    info["signature"] = bytes(value)
    return papers.with_cms(data, message.dump(force=True))


def flipped_text() -> bytes:
    """Return a file in which one byte of the signed part changed, in the stamp's own revision."""
    data = good()
    place = data.index(b"/M (D", len(sealed())) + 14
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def flipped_base() -> bytes:
    """Return a file in which one byte of what was handed out changed, in a place nobody parses."""
    data = bytearray(good())
    place = data.index(b"%", 9) + 1
    data[place] ^= 1
    return bytes(data)


# --- trust


def stamper(**other: Any) -> DummyTimeStamper:
    """Return a timestamp service in this process, of the state unless `other` says whose."""
    holder = other.pop("holder", cast().stamper)
    signer = holder.signer()
    registry = SimpleCertificateStore()
    made = other.pop("kind", DummyTimeStamper)
    return made(signer.signing_cert, signer.signing_key, certs_to_embed=registry, **other)


class WrongImprint(DummyTimeStamper):
    """A service that stamps something else than it was asked to."""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        req["message_imprint"]["hashed_message"] = bytes(32)
        return await super().async_request_tsa_response(req)


def namesake() -> Holder:
    """Return a head whose authority has the trusted root's name and another key."""
    authority = root("Gốc nhà nước", key="another root")
    return authority.issue("Trưởng đơn vị", key="head of a namesake")


def revoked(before: timedelta) -> Callable[[], dict[str, Any]]:
    return lambda: {
        "crls": [
            cast().agency.revocation_list((cast().head, NOW - before), at=NOW - timedelta(hours=1))
        ]
    }


def locking() -> bytes:
    """Return a file signed with "lock the document after signing" switched on."""

    def lock(writer: Any) -> None:
        field = papers.field_of(writer, FIELD)
        field[pdf_name("/Lock")] = papers.dictionary(
            Type=pdf_name("/SigFieldLock"), Action=pdf_name("/All"), P=generic.NumberObject(1)
        )

    return sign(changed(sealed(), lock), FIELD, cast().head)


def responding_head() -> Holder:
    """Return the head's certificate of an agency that answers, always the same one."""
    if not _RESPONDING:
        _RESPONDING.append(
            cast().agency.issue("Trưởng đơn vị", responder="http://127.0.0.1/answers")
        )
    return _RESPONDING[0]


_RESPONDING: list[Holder] = []


def with_stamp() -> bytes:
    """Return a file with text drawn in the field."""
    with time_machine.travel(NOW, tick=False):
        signer = signers.PdfSigner(
            signers.PdfSignatureMetadata(
                field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
            ),
            signer=cast().head.signer(),
            stamp_style=TextStampStyle(stamp_text="%(signer)s %(ts)s"),
        )
        out = signer.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(sealed())), existing_fields_only=True
        )
    return out.getvalue()


def with_evidence() -> bytes:
    """Return a file whose signing program added certificates and a revocation list afterwards."""
    out = io.BytesIO(good())
    DocumentSecurityStore.add_dss(
        out,
        sig_contents=None,
        certs=[asn1_x509.Certificate.load(row) for row in cast().head.chain],
        crls=[crl.CertificateList.load(cast().agency.revocation_list(at=NOW))],
    )
    return out.getvalue()


def with_document_timestamp() -> bytes:
    with time_machine.travel(NOW, tick=False):
        out = signers.PdfTimeStamper(stamper()).timestamp_pdf(
            IncrementalPdfFileWriter(io.BytesIO(good())),
            "sha256",
            validation_context=ValidationContext(
                trust_roots=[asn1_x509.Certificate.load(cast().state.der)], allow_fetching=False
            ),
        )
    return out.getvalue()
