"""Every hostile upload of the design, as data: its name, the rule that must refuse it, how it is made.

Run again with every new version of the signing library.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import SigSeedSubFilter

from tests.commitments.documents import papers
from tests.commitments.documents.authorities import DAY, NOW, cast, root
from tests.commitments.documents.bombs import (
    broken_table,
    circle,
    circular_pages,
    compression_bomb,
    deep,
    encrypted,
    object_bomb,
    own_object,
    two_circles,
)
from tests.commitments.documents.hostile import (
    FIELD,
    OTHER_CODE,
    WrongImprint,
    after_signing,
    before_signing,
    by,
    encapsulated,
    exchanged_seal,
    flipped_base,
    flipped_text,
    flipped_value,
    good,
    in_own_field,
    locking,
    namesake,
    no_attributes,
    prepared,
    resaved,
    responding_head,
    revoked,
    stamper,
    strangers,
    twice_in_two_fields,
    two_signers,
    with_document_timestamp,
    with_evidence,
    with_range,
    with_stamp,
    without,
)
from tests.commitments.documents.papers import changed, sealed, sign


class Case(NamedTuple):
    """`more`: what of the question differs. `alone`: refused without the prefix rule as well, by
    `alone` if that is another rule."""

    rule: str
    make: Callable[[], bytes]
    more: Callable[[], dict[str, Any]] = dict
    alone: str = ""


CASES: dict[str, Case] = {
    # wrong file
    "unsigned copy": Case("G04", sealed),
    "cut at the revision handed out": Case("G04", lambda: good()[: len(sealed())]),
    "cut in what was handed out": Case("G05", lambda: good()[: len(sealed()) - 900]),
    "cut in the signature": Case("G05", lambda: good()[: len(sealed()) + 900]),
    "cut before the end mark": Case("G05", lambda: good()[:-6]),
    "cut by its last byte": Case("G05", lambda: good()[:-1]),
    "earlier revision": Case("G06", papers.rendered),
    "earlier revision, signed": Case("G06", lambda: sign(papers.rendered(), FIELD, cast().head)),
    "other commitment": Case("G07", lambda: sign(sealed(OTHER_CODE), FIELD, cast().head)),
    "saved anew": Case("G08", resaved),
    "printed anew": Case("G08", lambda: papers.printed(language="en").pdf),
    "prepared for swapping": Case("G08", prepared),
    "too large": Case("G02", lambda: good() + b"%" * 3 * 1024 * 1024 + b"\n%%EOF\n"),
    "a picture": Case("G03", lambda: b"\x89PNG\r\n\x1a\n" + bytes(500)),
    # parser
    "object bomb": Case("G09", object_bomb),
    "compression bomb": Case("G09", compression_bomb),
    "arrays without end": Case("G09", deep),
    "table that leads to itself": Case("G09", circle),
    "tables that lead to each other": Case("G09", two_circles),
    "object that is itself": Case("G09", own_object),
    "broken cross-reference": Case("G10", broken_table),
    "circular page tree": Case("G10", circular_pages),
    "encrypted": Case("G11", encrypted),
    # additions
    "open action": Case(
        "G12", before_signing(papers.set_in_root("/OpenAction", papers.script)), alone="G12"
    ),
    "open action after signing": Case(
        "G12", after_signing(papers.set_in_root("/OpenAction", papers.script)), alone="G12"
    ),
    "script": Case(
        "G12",
        before_signing(
            papers.set_in_root("/Names", lambda w: papers.dictionary(JavaScript=papers.script(w)))
        ),
        alone="G12",
    ),
    "attachment": Case(
        "G12", before_signing(papers.set_in_root("/Names", papers.attachment)), alone="G12"
    ),
    "attachment after signing": Case(
        "G12", after_signing(papers.set_in_root("/Names", papers.attachment)), alone="G12"
    ),
    "note with a file": Case(
        "G12",
        before_signing(
            lambda writer: papers.add_annotation(writer, Subtype=pdf_name("/FileAttachment"))
        ),
        alone="G12",
    ),
    "start of a program": Case(
        "G12", before_signing(papers.set_in_root("/OpenAction", papers.launch)), alone="G12"
    ),
    "rich media": Case(
        "G12",
        before_signing(
            lambda writer: papers.add_annotation(writer, Subtype=pdf_name("/RichMedia"))
        ),
        alone="G12",
    ),
    "XFA form": Case("G12", before_signing(papers.add_xfa), alone="G12"),
    "link over the text": Case(
        "G12",
        before_signing(
            lambda writer: papers.add_annotation(
                writer, Subtype=pdf_name("/Link"), A=papers.script(writer)
            )
        ),
        alone="G12",
    ),
    "one signature in two fields": Case("G13", twice_in_two_fields, alone="G13"),
    "no new signature": Case("G14", lambda: changed(sealed(), papers.add_text), alone="G14"),
    "two new signatures": Case("G14", lambda: sign(good(), "assigner", cast().head), alone="G14"),
    "a stranger's over the text": Case("G14", strangers, alone="G14"),
    "own field": Case("G15", in_own_field, alone="G15"),
    "other slot's field": Case("G15", lambda: sign(sealed(), "assigner", cast().head), alone="G15"),
    "gap in what is covered": Case(
        "G16", with_range(lambda r: [r[0], r[1] - 40, r[2], r[3]]), alone="G16"
    ),
    "field on no page": Case("G15", before_signing(papers.add_hidden_field), alone="G15"),
    "start not covered": Case("G16", with_range(lambda r: [9, r[1] - 9, r[2], r[3]]), alone="G16"),
    "end not covered": Case(
        "G16", with_range(lambda r: [r[0], r[1], r[2], r[3] - 20]), alone="G16"
    ),
    "overlap": Case("G16", with_range(lambda r: [r[0], r[1] + 2, r[2] - 2, r[3] + 2]), alone="G16"),
    "page after signing": Case("G17", after_signing(papers.add_page), alone="G17"),
    "text after signing": Case("G17", after_signing(papers.add_text), alone="G17"),
    "note after signing": Case("G17", after_signing(papers.add_annotation), alone="G17"),
    "visible field after signing": Case(
        "G17", after_signing(papers.add_field("x", (60, 500, 300, 560))), alone="G17"
    ),
    "comment after the end": Case("G17", lambda: good() + b"% 5\n", alone="G17"),
    "page before signing": Case("G18", before_signing(papers.add_page), alone="G18"),
    "text before signing": Case("G18", before_signing(papers.add_text), alone="G18"),
    "note before signing": Case("G18", before_signing(papers.add_annotation), alone="G18"),
    "comment before signing": Case(
        "G18", lambda: sign(sealed() + b"% 5\n", FIELD, cast().head), alone="G18"
    ),
    "visible field before signing": Case(
        "G18", before_signing(papers.add_field("x", (60, 500, 300, 560))), alone="G18"
    ),
    "field without an area before signing": Case(
        "G18", before_signing(papers.add_field("x", None)), alone="G18"
    ),
    "exchanged seal": Case("G19", exchanged_seal, alone="G19"),
    "broken earlier signature": Case("G08", flipped_base, alone="G19"),
    "locks the file for those who follow": Case("G34", lambda: locking(), alone="G34"),
    # signature
    "other subfilter": Case(
        "G20", by(lambda: cast().head, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    ),
    "two signers": Case("G21", two_signers),
    "encapsulated content": Case("G21", encapsulated),
    "no signed attributes": Case("G21", no_attributes),
    "no certificate named": Case("G21", without("signing_certificate_v2")),
    "no digest attribute": Case("G21", without("message_digest")),
    "SHA-1": Case("G22", by(lambda: cast().head, md_algorithm="sha1")),
    "RSA-1024": Case("G22", by(lambda: cast().agency.issue("Khóa ngắn", key="head-rsa-1024"))),
    "curve below P-256": Case("G22", by(lambda: cast().agency.issue("Khóa ngắn", key="head-p192"))),
    "flipped byte in the value": Case("G23", flipped_value),
    "flipped byte in the revision": Case("G23", flipped_text),
    # trust
    "unknown root": Case("G24", by(lambda: root("Gốc lạ").issue("Người lạ"))),
    "name-alike root": Case("G24", by(namesake)),
    "self-signed": Case("G24", by(lambda: root("Trưởng đơn vị", key="self-signed head"))),
    "digital signature only": Case(
        "G25", by(lambda: cast().agency.issue("Xác thực", usages=("digital_signature",)))
    ),
    "expired": Case(
        "G26", by(lambda: cast().agency.issue("Hết hạn", until=NOW - timedelta(hours=1)))
    ),
    "not yet valid": Case("G26", by(lambda: cast().agency.issue("Chưa hiệu lực", since=NOW + DAY))),
    "revoked": Case("G27", good, revoked(before=DAY)),
    "revoked by answer": Case(
        "G27",
        by(lambda: responding_head()),
        lambda: {
            "ocsps": [
                cast().agency.answer(
                    responding_head(), at=NOW - timedelta(hours=1), revoked_at=NOW - DAY
                )
            ]
        },
    ),
    "token with another imprint": Case(
        "G28", lambda: sign(sealed(), FIELD, cast().head, timestamper=stamper(kind=WrongImprint))
    ),
    "token of an unknown service": Case(
        "G28",
        lambda: sign(
            sealed(),
            FIELD,
            cast().head,
            timestamper=stamper(
                holder=root("Gốc lạ").issue(
                    "Dấu lạ", key="stranger-rsa-2048", usages=("digital_signature",), stamps=True
                )
            ),
        ),
    ),
    "back-dated": Case("G29", by(lambda: cast().head, at=NOW - timedelta(hours=2))),
    "post-dated": Case("G29", by(lambda: cast().head, at=NOW + timedelta(hours=2))),
    "back-dated token": Case(
        "G29",
        lambda: sign(
            sealed(), FIELD, cast().head, timestamper=stamper(fixed_dt=NOW - timedelta(hours=2))
        ),
    ),
}


# Every shape of file that honest programs make.
GOOD: dict[str, Callable[[], bytes]] = {
    "plain": good,
    "RSA": by(lambda: cast().agency.issue("Trưởng đơn vị", key="head-rsa-2048")),
    "with a timestamp": lambda: sign(sealed(), FIELD, cast().head, timestamper=stamper()),
    "SHA-512": by(lambda: cast().head, md_algorithm="sha512"),
    "with a stamp": lambda: with_stamp(),
    "validation data after it": lambda: with_evidence(),
    "document timestamp after it": lambda: with_document_timestamp(),
    "line end before it": lambda: sign(sealed() + b"\r\n", FIELD, cast().head),
}
