"""Frozen documents: their rows, and the chain of revisions by which their bytes grow.

The lock of a document is the row of its chain. It is taken after the lock of what owns the document,
and a revision is added by `append_revision` alone.
"""

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from commitments.enums import RevisionKind
from commitments.models import (
    CommitmentVersion,
    Document,
    DocumentChain,
    DocumentRevision,
    DocumentSlot,
)
from commitments.rules.commitments import told_changes
from units.errors import Conflict
from units.rules import canonical


class Addition(NamedTuple):
    """One more revision, made outside every lock: good only on the revision that it continues.

    `base_no`, `base_sha256`: that revision. `length`, `sha256`: of the whole file after it.
    """

    base_no: int
    base_sha256: str
    tail: bytes
    length: int
    sha256: str
    level_asked: str
    level_reached: str


class Frozen(NamedTuple):
    """A document ready to be stored: nothing of it is computed again under the lock."""

    uuid: uuid.UUID
    content: dict[str, Any]
    text: str
    pdf: bytes  # revision 0: the rendered file with its empty fields
    seal: Addition  # revision 1


def addition(base_no: int, base: bytes, output: bytes, *, asked: str, reached: str) -> Addition:
    """Return what makes `output` of `base`, the file of revision `base_no`."""
    return Addition(
        base_no=base_no,
        base_sha256=hashlib.sha256(base).hexdigest(),
        tail=output[len(base) :],
        length=len(output),
        sha256=hashlib.sha256(output).hexdigest(),
        level_asked=asked,
        level_reached=reached,
    )


def store(frozen: Frozen, version: CommitmentVersion, *, at: datetime) -> Document:
    """Write the document, its slots and revisions 0 and 1 inside the caller's transaction; return it."""
    document = Document.objects.create(
        uuid=frozen.uuid,
        code=frozen.content["code"],
        content=frozen.text,
        content_sha256=canonical.sha256_hex(frozen.text),
        terms_sha256=canonical.sha256_hex(canonical.text(frozen.content["terms"])),
        language=frozen.content["language"],
        created_at=at,
    )
    _store_slots(frozen, document, version)
    DocumentRevision.objects.create(
        document=document,
        no=0,
        kind=RevisionKind.RENDERED,
        tail=frozen.pdf,
        length=len(frozen.pdf),
        sha256=frozen.seal.base_sha256,
    )
    _add(document, frozen.seal, kind=RevisionKind.SEALED)
    DocumentChain.objects.create(document=document, last_no=1, last_sha256=frozen.seal.sha256)
    return document


def _store_slots(frozen: Frozen, document: Document, version: CommitmentVersion) -> None:
    offices = {
        office.ref: office
        for office in (version.first_undertaker, version.second_undertaker, version.assigner)
        if office
    }
    DocumentSlot.objects.bulk_create(
        DocumentSlot(
            document=document,
            ordinal=slot["ordinal"],
            turn=slot["turn"],
            role=slot["role"],
            office=offices[slot["office"]],
            field_name=slot["field"],
            grade_required=slot["grade"],
        )
        for slot in frozen.content["slots"]
    )


def append_revision(document: Document, added: Addition, *, kind: RevisionKind) -> DocumentRevision:
    """Add a revision inside the caller's transaction, which has locked the owner; return it.

    The chain's row is locked and compared: two parties who continue the same revision would each have
    a valid file, and only one of them enters the record. Raises Conflict (revision-moved,
    document-not-sealed).
    """
    chain = lock_chain(document)
    if (chain.last_no, chain.last_sha256) != (added.base_no, added.base_sha256):
        raise moved(document)
    row = _add(document, added, kind=kind)
    chain.last_no, chain.last_sha256 = row.no, row.sha256
    chain.save(update_fields=["last_no", "last_sha256"])
    return row


def moved(document: Document) -> Conflict:
    """Return the refusal of an act whose revision is no longer the last."""
    return Conflict(
        _(
            "Somebody signed document %(code)s meanwhile. Its text is unchanged; look and confirm again."
        )
        % {"code": document.code},
        code="revision-moved",
    )


def lock_chain(document: Document) -> DocumentChain:
    """Return the chain of `document`, locked until the transaction ends. Raises Conflict
    (document-not-sealed)."""
    chain = DocumentChain.objects.select_for_update(no_key=True).filter(document=document).first()
    if chain is None:
        raise not_sealed(document)
    return chain


def not_sealed(document: Document) -> Conflict:
    """Return the refusal of an act on a document that was issued before documents were sealed."""
    return Conflict(
        _(
            "Document %(code)s was issued before documents were sealed, so nothing signed on it would "
            "be provable. Ask the planner to amend the commitment: its next version is sealed."
        )
        % {"code": document.code},
        code="document-not-sealed",
    )


def _add(document: Document, added: Addition, *, kind: RevisionKind) -> DocumentRevision:
    return DocumentRevision.objects.create(
        document=document,
        no=added.base_no + 1,
        kind=kind,
        tail=added.tail,
        length=added.length,
        sha256=added.sha256,
        prev_sha256=added.base_sha256,
        level_asked=added.level_asked,
        level_reached=added.level_reached,
    )


def last_revision(document: Document) -> DocumentRevision:
    """Return the newest revision of `document`, without its bytes."""
    return document.revisions.defer("tail").order_by("-no")[0]


def find_revision(document: Document, no: int | None = None) -> DocumentRevision | None:
    """Return revision `no` of `document` (None: the newest) without its bytes; None: there is none."""
    rows = document.revisions.defer("tail").order_by("-no")
    return (rows if no is None else rows.filter(no=no)).first()


def bytes_of(document: Document, *, no: int | None = None) -> bytes:
    """Return the file of revision `no` (None: the newest): the tails up to it, joined.

    A number that there is not gives the newest before it.
    """
    rows = document.revisions.order_by("no")
    if no is not None:
        rows = rows.filter(no__lte=no)
    return b"".join(bytes(tail) for tail in rows.values_list("tail", flat=True))


def read_content(document: Document) -> dict[str, Any]:
    """Return the stored content as data: what pages show is this, never live tables."""
    return json.loads(document.content)


def differences_from_previous(version: CommitmentVersion) -> list[dict[str, Any]]:
    """Return what changed against the version before that had a document, as `rules.told_changes`
    does; [] if there is none. Newer contents say it themselves."""
    if version.document is None:
        return []
    content = read_content(version.sealed)
    if "changes" in content:
        return content["changes"]
    before = (
        version.commitment.versions.filter(n__lt=version.n, document__isnull=False)
        .select_related("document")
        .order_by("-n")
        .first()
    )
    return [] if before is None else told_changes(read_content(before.sealed), content)
